"""Short-lived sealed texts: what the server hands out and gets back, unread and unchanged.

https://www.rfc-editor.org/rfc/rfc7516 (direct encryption, A256GCM). Every process that has the
secret (`dzop.auth.keys.seal_key`) can open what another has sealed, so nothing needs to be kept on the server;
a rotation of the signing keys does not touch it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

__all__ = ["Seal"]

HEADER = {"alg": "dir", "enc": "A256GCM"}
MAX_LENGTH = 16 * 1024


class Seal:
    """Seals for one purpose: what is sealed for another purpose does not open."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._key = OctKey.import_key(HKDF(SHA256(), 32, None, f"dzop {purpose}".encode()).derive(secret))

    def close(self, content: Mapping[str, Any], expires: datetime) -> str:
        """The sealed text of `content`, which must be JSON."""
        plain = json.dumps({"content": content, "expires": expires.timestamp()})
        return jwe.encrypt_compact(HEADER, plain, self._key)

    def open(self, text: str, now: datetime) -> Mapping[str, Any] | None:
        """What was sealed, or None when the text is not ours, was changed, or has expired."""
        if len(text) > MAX_LENGTH:
            return None
        try:
            plain = jwe.decrypt_compact(text, self._key, ["dir", "A256GCM"]).plaintext
        except (JoseError, ValueError, TypeError):
            return None
        sealed = json.loads(plain or b"null")
        content: Mapping[str, Any] | None = sealed["content"]
        return content if now.timestamp() < sealed["expires"] else None
