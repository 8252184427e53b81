"""The public keys with which a client proves who it is, as they are registered.

https://www.rfc-editor.org/rfc/rfc7517, https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from authlib.oauth2.rfc7591 import InvalidClientMetadataError
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

__all__ = ["public_key_set"]

_MOST: Final = 10
_BITS: Final = range(2048, 8193)
_CURVES: Final = ("P-256", "P-384", "P-521")
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_PUBLIC: Final = ("kty", "use", "key_ops", "alg", "kid", "n", "e", "crv", "x", "y")
_KINDS: Final[Mapping[object, type[RSAKey] | type[ECKey]]] = {"RSA": RSAKey, "EC": ECKey}


def public_key_set(jwks: object) -> Mapping[str, Any]:
    """The set with what is needed of each key; InvalidClientMetadataError when one of them will not do."""
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST:
        raise InvalidClientMetadataError(f"`jwks` is a JSON Web Key Set with 1 to {_MOST} keys.")
    checked = [_public_key(each) for each in keys]
    if len({key["kid"] for key in checked}) < len(checked):
        raise InvalidClientMetadataError("Two keys have the same `kid`.")
    return {"keys": checked}


def _public_key(jwk: object) -> dict[str, Any]:
    if not isinstance(jwk, Mapping) or not isinstance(jwk.get("kid"), str) or not 0 < len(jwk["kid"]) <= 200:
        raise InvalidClientMetadataError("Each key has a `kid`.")
    if _PRIVATE & set(jwk):
        raise InvalidClientMetadataError(
            "This is a private key. It is a secret no more: make a new one, and register its public part only."
        )
    kept = {name: jwk[name] for name in _PUBLIC if name in jwk}
    try:
        key = _KINDS[jwk.get("kty")].import_key(kept)
        strong = key.raw_value.key_size in _BITS if isinstance(key, RSAKey) else jwk["crv"] in _CURVES
    except (JoseError, ValueError, TypeError, KeyError):
        strong = False
    if not strong or jwk.get("use", "sig") != "sig":
        raise InvalidClientMetadataError(
            f"A key is RSA of at least {_BITS[0]} bits, or on one of the curves {', '.join(_CURVES)}, for signatures."
        )
    return kept
