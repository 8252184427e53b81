"""Access tokens of our own: their shape, and issuing them. `dzop.auth.resource_server` verifies them.

https://www.rfc-editor.org/rfc/rfc9068 (typ `at+jwt`)
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey

from dzop.auth.keys import ALGORITHM

__all__ = ["ID", "ROLE", "SUBJECT", "issue"]

TYPE: Final = "at+jwt"
_USER: Final = re.compile(r"(?:Practitioner|PractitionerRole|RelatedPerson|Patient)/[A-Za-z0-9\-.]{1,64}")
SUBJECT: Final = re.compile(rf"system|{_USER.pattern}|Organization/[A-Za-z0-9\-.]{{1,64}}")
ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
ROLE: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")


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
    the shape that is accepted.
    """
    _require_shape("subject", SUBJECT, subject)
    _require_shape("role", ROLE, role)
    _require_shape("patient", ID, patient)
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


def _require_shape(name: str, shape: re.Pattern[str], value: str | None) -> None:
    if value is not None and not shape.fullmatch(value):
        raise ValueError(f"`{value}` cannot be the {name} of a token")
