"""The keys of the sandbox issuer: files that all processes of this machine share.

https://www.rfc-editor.org/rfc/rfc7517
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, OctKey, RSAKey

__all__ = [
    "ALGORITHM", "IDENTITY_ALGORITHM", "audit_key", "identity_key", "known_audit_key", "page_key", "public_jwks",
    "signing_key",
]  # fmt: skip

ALGORITHM = "ES256"
IDENTITY_ALGORITHM = "RS256"  # what every OpenID provider must offer: OpenID Connect Core, 15.1
_AUDIT = "audit-seal.jwk.json"


def signing_key(folder: Path) -> ECKey:
    """The private key in `folder` that signs access tokens, made on first use."""
    path = folder / "sandbox-issuer.jwk.json"
    if not path.exists():
        _keep(ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True), path)
    return ECKey.import_key(json.loads(path.read_text("utf-8")))


def identity_key(folder: Path) -> RSAKey:
    """The private key in `folder` that signs the id tokens of OpenID Connect, made on first use."""
    path = folder / "sandbox-identity.jwk.json"
    if not path.exists():
        _keep(RSAKey.generate_key(2048, {"use": "sig", "alg": IDENTITY_ALGORITHM}, auto_kid=True), path)
    return RSAKey.import_key(json.loads(path.read_text("utf-8")))


def page_key(folder: Path) -> bytes:
    """The secret in `folder` that signs page links, made on first use."""
    path = folder / "page-links.jwk.json"
    if not path.exists():
        _keep(OctKey.generate_key(256), path)
    return OctKey.import_key(json.loads(path.read_text("utf-8"))).raw_value


def audit_key(folder: Path) -> bytes:
    """The secret in `folder` that seals the audit, made on first use."""
    path = folder / _AUDIT
    if not path.exists():
        _keep(OctKey.generate_key(256), path)
    return OctKey.import_key(json.loads(path.read_text("utf-8"))).raw_value


def known_audit_key(folder: Path) -> bytes | None:
    """The same for who checks the audit and must not make a new one; None when it is not there."""
    return audit_key(folder) if (folder / _AUDIT).exists() else None


def public_jwks(*keys: ECKey | RSAKey) -> dict[str, list[dict[str, Any]]]:
    """The JWK Set that others verify with; it holds no private member."""
    return {"keys": [dict(key.as_dict(private=False)) for key in keys]}


def _keep(key: ECKey | RSAKey | OctKey, path: Path) -> None:
    """Writes the key unless another process was first; then that one's key is the one.

    A file appears under its name only when it is complete, and the first link to the name wins.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-key-")  # created with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(key.as_dict(private=True), file)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(name)
