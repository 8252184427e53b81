"""The keys of the service: files that all its processes share, outside the database.

https://www.rfc-editor.org/rfc/rfc7517. What signs tokens can be rotated (`dzop keys rotate`); secrets that only this
service reads again are kept as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, OctKey, RSAKey

from dzop.auth.key_files import kept
from dzop.auth.key_ring import KeyRing

__all__ = [
    "ALGORITHM", "IDENTITY_ALGORITHM", "audit_key", "identity_key", "identity_ring", "issuer_ring", "known_audit_key",
    "page_key", "proof_key", "public_jwks", "seal_key", "signing_key",
]  # fmt: skip

ALGORITHM = "ES256"
IDENTITY_ALGORITHM = "RS256"  # what every OpenID provider must offer: OpenID Connect Core, 15.1
_AUDIT = "audit-seal.jwk.json"


def _now() -> datetime:
    return datetime.now(UTC)


def issuer_ring(folder: Path, clock: Callable[[], datetime] = _now) -> KeyRing[ECKey]:
    """The keys in `folder` of access tokens."""
    return KeyRing(folder / "issuer.jwks.json", ECKey.import_key, _new_signing_key, clock)


def identity_ring(folder: Path, clock: Callable[[], datetime] = _now) -> KeyRing[RSAKey]:
    """The keys in `folder` of the id tokens of OpenID Connect."""
    return KeyRing(folder / "identity.jwks.json", RSAKey.import_key, _new_identity_key, clock)


def signing_key(folder: Path) -> ECKey:
    """The private key in `folder` that signs access tokens at this moment."""
    return issuer_ring(folder).current(_now())


def identity_key(folder: Path) -> RSAKey:
    """The private key in `folder` that signs id tokens at this moment."""
    return identity_ring(folder).current(_now())


def proof_key(folder: Path) -> ECKey:
    """The private key in `folder` of the sandbox's evidence of a relation of care."""
    return ECKey.import_key(json.loads(kept(folder / "sandbox-proofs.jwk.json", _new(_new_signing_key))))


def seal_key(folder: Path) -> bytes:
    """The secret in `folder` for what is handed out and comes back (`dzop.auth.seals`)."""
    return _secret(folder / "seals.jwk.json")


def page_key(folder: Path) -> bytes:
    """The secret in `folder` that signs page links."""
    return _secret(folder / "page-links.jwk.json")


def audit_key(folder: Path) -> bytes:
    """The secret in `folder` that seals the audit."""
    return _secret(folder / _AUDIT)


def known_audit_key(folder: Path) -> bytes | None:
    """The same for who checks the audit and must not make a new one; None when it is not there."""
    return audit_key(folder) if (folder / _AUDIT).exists() else None


def public_jwks(*keys: ECKey | RSAKey) -> dict[str, list[dict[str, Any]]]:
    """The JWK Set that others verify with; it holds no private member."""
    return {"keys": [dict(key.as_dict(private=False)) for key in keys]}


def _secret(path: Path) -> bytes:
    key = OctKey.import_key(json.loads(kept(path, _new(lambda: OctKey.generate_key(256)))))
    return bytes(key.raw_value)


def _new(make: Callable[[], ECKey | OctKey]) -> Callable[[], str]:
    return lambda: json.dumps(make().as_dict(private=True))


def _new_signing_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)


def _new_identity_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": IDENTITY_ALGORITHM}, auto_kid=True)
