"""Access tokens: issuing those of the sandbox, and verifying those of any trusted issuer.

https://www.rfc-editor.org/rfc/rfc9068 (typ `at+jwt`), https://www.rfc-editor.org/rfc/rfc8725
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections import OrderedDict
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from dzop.auth import scopes
from dzop.auth.claims import Claims
from dzop.auth.keys import ALGORITHM
from dzop.fhir.outcome import Unauthenticated

__all__ = ["Verifier", "issue"]

TYPE = "at+jwt"
MAX_LENGTH = 8 * 1024
MAX_LEEWAY = timedelta(seconds=60)
_USER = re.compile(r"(?:Practitioner|PractitionerRole|RelatedPerson|Patient)/[A-Za-z0-9\-.]{1,64}")
_SUBJECT = re.compile(rf"system|{_USER.pattern}|Organization/[A-Za-z0-9\-.]{{1,64}}")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_ROLE = re.compile(r"[a-z][a-z0-9-]{0,63}")


def issue(
    key: ECKey,
    *,
    issuer: str,
    audience: str,
    subject: str,
    scope: str,
    role: str | None = None,
    ttl: int,
    now: datetime,
    client_id: str | None = None,
    patient: str | None = None,
    grant: str | None = None,
    session: str | None = None,
    acr: str | None = None,
) -> str:
    """A signed access token that lasts `ttl` seconds; a negative `ttl` gives one that has expired.

    `audience` is the FHIR base URL. Raises ValueError when `subject`, `role` or `patient` has not
    the shape that `Verifier` accepts.
    """
    _require_shape("subject", _SUBJECT, subject)
    _require_shape("role", _ROLE, role)
    _require_shape("patient", _ID, patient)
    issued = min(now, now + timedelta(seconds=ttl))
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": int(issued.timestamp()),
        "nbf": int(issued.timestamp()),
        "exp": int(now.timestamp()) + ttl,
        "jti": secrets.token_urlsafe(16),
        "client_id": client_id,
        "scope": scope,
        "fhirUser": f"{audience}/{subject}" if _USER.fullmatch(subject) else None,
        "role": role,
        "patient": patient,
        "grant": grant,
        "sid": session,
        "acr": acr,
    }
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": TYPE}
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(header, present, key, [ALGORITHM])


class Verifier:
    """Accepts the access tokens of these issuers for any of these audiences, and remembers them.

    `keys` are public keys with a `kid`; `algorithms` may name asymmetric signatures only, so that a
    public key can never serve as a shared secret. Header members that point to keys (`jwk`, `jku`,
    `x5u`, `x5c`) are never used. Remembering saves the signature check, for at most five minutes
    and never beyond the expiry of the token.
    """

    def __init__(
        self,
        keys: KeySet,
        issuers: tuple[str, ...],
        audiences: tuple[str, ...],
        algorithms: Collection[str] = (ALGORITHM,),
        leeway: timedelta = timedelta(0),
        remember: int = 4096,
    ) -> None:
        symmetric = [name for name in algorithms if not re.fullmatch(r"(ES|RS|PS)\d{3}|Ed\w+", name)]
        if symmetric or not algorithms:
            raise ValueError(f"not an asymmetric signature: {symmetric}")
        if not timedelta(0) <= leeway <= MAX_LEEWAY:
            raise ValueError("the leeway is between 0 and 60 seconds")
        self._keys = {key.kid: key for key in keys.keys if key.kid is not None}
        self._issuers, self._audiences = issuers, audiences
        self._algorithms, self._leeway = tuple(algorithms), leeway
        self._verified = _Verified(remember)

    def verify(self, token: str, now: datetime) -> Claims:
        """The claims of a valid token; raises Unauthenticated, in words that repeat nothing of it."""
        remembered = self._verified.get(token, now)
        if remembered is not None:
            return remembered
        payload = self._signed_payload(token)
        self._check_parties(payload)
        expires = self._check_times(payload, now)
        claims = _claims(payload, expires)
        self._verified.add(token, claims, now)
        return claims

    def _signed_payload(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_LENGTH:
            raise Unauthenticated("The access token is too long.")
        header = _header(token)
        if header.get("typ") not in (TYPE, f"application/{TYPE}"):
            raise Unauthenticated("The token is not an access token: its `typ` must be `at+jwt`.")
        if header.get("alg") not in self._algorithms:
            raise Unauthenticated("The access token is signed with an algorithm that is not accepted.")
        kid = header.get("kid")
        key = self._keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise Unauthenticated("The access token is signed with an unknown key.")
        try:
            return jwt.decode(token, key, self._algorithms, decoder_cls=_StrictDecoder).claims
        except (JoseError, ValueError, TypeError, RecursionError):
            raise Unauthenticated("The signature of the access token is not valid.") from None

    def _check_parties(self, payload: Mapping[str, Any]) -> None:
        if payload.get("iss") not in self._issuers:
            raise Unauthenticated("The access token comes from another issuer.")
        audience = payload.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if not any(each in self._audiences for each in named):
            raise Unauthenticated("The access token is meant for another service.")

    def _check_times(self, payload: Mapping[str, Any], now: datetime) -> datetime:
        expires = _instant(payload, "exp")
        if expires is None:
            raise Unauthenticated("The access token has no expiry.")
        if now >= expires + self._leeway:
            raise Unauthenticated("The access token has expired.")
        for name in ("nbf", "iat"):
            start = _instant(payload, name)
            if start is not None and now < start - self._leeway:
                raise Unauthenticated("The access token is not valid yet.")
        return expires


class _Verified:
    """Tokens verified lately, the oldest forgotten first."""

    LASTS = timedelta(minutes=5)

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[str, tuple[datetime, datetime, Claims]] = OrderedDict()

    def get(self, token: str, now: datetime) -> Claims | None:
        entry = self._entries.get(token)
        if entry is None:
            return None
        since, until, claims = entry
        return claims if since <= now < until else None

    def add(self, token: str, claims: Claims, now: datetime) -> None:
        self._entries[token] = (now, min(claims.expires, now + self.LASTS), claims)
        self._entries.move_to_end(token)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is repeated")
    return members


class _StrictDecoder(json.JSONDecoder):
    """Refuses repeated members: two readers of one token must never see two different claims."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_unique)


def _header(token: str) -> Mapping[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        raise Unauthenticated("The access token is not a JSON Web Token.")
    try:
        padded = parts[0] + "=" * (-len(parts[0]) % 4)
        header = json.loads(base64.b64decode(padded, b"-_", validate=True), cls=_StrictDecoder)
    except (binascii.Error, ValueError, RecursionError):
        raise Unauthenticated("The access token is not a JSON Web Token.") from None
    if not isinstance(header, dict):
        raise Unauthenticated("The access token is not a JSON Web Token.")
    return header


def _instant(payload: Mapping[str, Any], name: str) -> datetime | None:
    value = payload.get(name)
    if value is None:
        return None
    unusable = Unauthenticated("A time in the access token is not a number of seconds.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise unusable
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise unusable from None


def _claims(payload: Mapping[str, Any], expires: datetime) -> Claims:
    subject = _text(payload, "sub", _SUBJECT)
    if subject is None:
        raise Unauthenticated("The access token does not say whom it is for.")
    scope = payload.get("scope", "")
    if not isinstance(scope, str):
        raise Unauthenticated("The `scope` of the access token is not a text.")
    return Claims(
        subject=subject,
        scopes=scopes.parse(scope),
        issuer=payload["iss"],
        expires=expires,
        token_id=_text(payload, "jti", None),
        client_id=_text(payload, "client_id", None),
        role=_text(payload, "role", _ROLE),
        patient=_text(payload, "patient", _ID),
        issued=_instant(payload, "iat"),
        grant=_text(payload, "grant", None),
        session=_text(payload, "sid", None),
        acr=_text(payload, "acr", None),
    )


def _text(payload: Mapping[str, Any], name: str, shape: re.Pattern[str] | None) -> str | None:
    value = payload.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or (shape is not None and not shape.fullmatch(value)):
        raise Unauthenticated(f"The `{name}` of the access token has not the expected shape.")
    return value


def _require_shape(name: str, shape: re.Pattern[str], value: str | None) -> None:
    if value is not None and not shape.fullmatch(value):
        raise ValueError(f"`{value}` cannot be the {name} of a token")
