"""What a client says besides its resource: the bearer token, the parameters of the URL."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from dzop.api.presentation import Parameters
from dzop.fhir.outcome import Invalid, Unauthenticated


def read_parameters(query: bytes) -> Parameters:
    """The parameters of the URL in order; Invalid when they are not UTF-8, or too many to mean anything."""
    if not query:
        return ()
    try:
        return tuple(parse_qsl(query.decode(), keep_blank_values=True, max_num_fields=100, errors="strict"))
    except ValueError:
        raise Invalid("the query is not UTF-8, or has more than 100 parameters") from None


def bearer(headers: Headers) -> str:
    """The token of the one `Authorization` header; Unauthenticated without."""
    given = headers.getlist("authorization")
    if len(given) != 1:
        raise Unauthenticated("send one `Authorization: Bearer` header")
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("the `Authorization` header must be `Bearer` and a token")
    return token.strip()
