"""What a client accepts and says: the format, the bearer token, the parameters of the URL."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from dzop.fhir.outcome import FhirError, Invalid, Unauthenticated

_FORMATS = ("json", "application/fhir+json", "application/json", "text/json", "application/json+fhir")
_RANGES = (*_FORMATS, "*/*", "application/*", "text/*", "")

Parameters = tuple[tuple[str, str], ...]


class NotAcceptable(FhirError):
    """The client wants a format that is not offered."""

    status, code = 406, "not-supported"


def read_parameters(query: bytes) -> Parameters:
    """The parameters of the URL in order; Invalid when they are not UTF-8, or too many to mean anything."""
    if not query:
        return ()
    try:
        return tuple(parse_qsl(query.decode(), keep_blank_values=True, max_num_fields=100, errors="strict"))
    except ValueError:
        raise Invalid("the query is not UTF-8, or has more than 100 parameters") from None


def require_json(headers: Headers, parameters: Parameters) -> None:
    """NotAcceptable unless JSON will do; `_format` goes before the `Accept` header."""
    wanted = next((value for name, value in parameters if name == "_format"), None)
    if wanted is not None:
        if wanted.partition(";")[0].strip() not in _FORMATS:
            raise NotAcceptable("only `json` can be had here")
    elif not _accepts_json(headers.get("accept", "*/*")):
        raise NotAcceptable("only `application/fhir+json` can be had here")


@lru_cache(maxsize=256)
def _accepts_json(accept: str) -> bool:
    return any(each.partition(";")[0].strip() in _RANGES for each in accept.split(","))


def bearer(headers: Headers) -> str:
    """The token of the one `Authorization` header; Unauthenticated without."""
    given = headers.getlist("authorization")
    if len(given) != 1:
        raise Unauthenticated("send one `Authorization: Bearer` header")
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("the `Authorization` header must be `Bearer` and a token")
    return token.strip()
