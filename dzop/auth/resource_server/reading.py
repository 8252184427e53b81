"""The claims of an access token that was verified, as `Claims`.

Our own tokens name a `subject` here. Those of others say who somebody is in the words of their issuer; what such a
token calls `sub`, `role` or `sid` means nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from dzop.auth import scopes
from dzop.auth.claims import Claims
from dzop.auth.resource_server.access_token import client_of, instant
from dzop.auth.resource_server.issuers import TrustedIssuer
from dzop.auth.tokens import ID, ROLE, SUBJECT
from dzop.fhir.outcome import Unauthenticated

__all__ = ["of_another", "of_our_own"]

_SMART: Final = ("patient/", "user/", "system/")


def of_our_own(payload: Mapping[str, Any], expires: datetime) -> Claims:
    """The claims of a token that this service issued."""
    subject = _text(payload, "sub", SUBJECT)
    if subject is None:
        raise Unauthenticated("The access token does not say whom it is for.")
    return Claims(
        subject=subject,
        scopes=_scopes(payload),
        issuer=payload["iss"],
        expires=expires,
        token_id=_text(payload, "jti"),
        client_id=client_of(payload),
        role=_text(payload, "role", ROLE),
        patient=_text(payload, "patient", ID),
        issued=instant(payload, "iat"),
        grant=_text(payload, "grant"),
        session=_text(payload, "sid"),
        acr=_text(payload, "acr"),
    )


def of_another(issuer: TrustedIssuer, payload: Mapping[str, Any], expires: datetime) -> Claims:
    """The claims of a token of this issuer, with whom it is about still to be found here."""
    granted = _scopes(payload)
    if not any(each.startswith(_SMART) for each in granted):
        granted |= scopes.parse(issuer.scope)
    return Claims(
        subject="",
        scopes=granted,
        issuer=payload["iss"],
        expires=expires,
        token_id=_text(payload, "jti"),
        client_id=client_of(payload),
        patient=_text(payload, "patient", ID),
        identity=issuer.identity.identity(payload),
        issued=instant(payload, "iat"),
        acr=_text(payload, "acr"),
    )


def _scopes(payload: Mapping[str, Any]) -> frozenset[str]:
    """`scope` is one text (RFC 9068, 2.2.3); some issuers write `scp`, a list, instead."""
    listed = payload.get("scp", [])
    text = payload.get("scope", " ".join(listed) if _is_list_of_texts(listed) else None)
    if not isinstance(text, str):
        raise Unauthenticated("The `scope` of the access token is not a text.")
    return scopes.parse(text)


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _text(payload: Mapping[str, Any], name: str, shape: re.Pattern[str] | None = None) -> str | None:
    value = payload.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or (shape is not None and not shape.fullmatch(value)):
        raise Unauthenticated(f"The `{name}` of the access token has not the expected shape.")
    return value
