"""Request bodies: bounded in size, of a type we read, parsed once."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request as HttpRequest

from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.outcome import Invalid, TooLarge, UnsupportedMediaType

_JSON = ("application/fhir+json", "application/json", "text/json", "application/json+fhir")
_FORM = "application/x-www-form-urlencoded"


async def read_source(request: HttpRequest, limit: int) -> Source | None:
    """The JSON of a body; None without one."""
    data = await _bytes(request, limit)
    if not data:
        return None
    if _media_type(request) not in _JSON:
        raise UnsupportedMediaType("the body must be `application/fhir+json`; XML is not read yet")
    return json.parse(data)


async def read_form(request: HttpRequest, limit: int) -> tuple[tuple[str, str], ...]:
    """The parameters of a search by POST."""
    data = await _bytes(request, limit)
    if data and _media_type(request) != _FORM:
        raise UnsupportedMediaType(f"a search by POST carries its parameters as `{_FORM}`")
    try:
        return tuple(parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=100))
    except (UnicodeDecodeError, ValueError):
        raise Invalid("the form is not UTF-8, or has more than 100 fields") from None


async def _bytes(request: HttpRequest, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"a body has at most {limit} bytes")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType("a compressed body is not read; send it as it is")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(f"a body has at most {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def _media_type(request: HttpRequest) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
