"""Request bodies: bounded in size, also when compressed, of a type we read, parsed once."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request as HttpRequest

from dzop.api.media_types import FORM, JSON, JSON_PATCH, XML, MediaType, read_media_type
from dzop.fhir import json, xml
from dzop.fhir.json import Source
from dzop.fhir.outcome import Invalid, TooLarge, UnsupportedMediaType
from dzop.fhir.primitives import shown
from dzop.interactions.beside import beside

__all__ = ["ACCEPTED", "PATCH_ACCEPTED", "Body", "read_body", "read_form"]

ACCEPTED: Final = "application/fhir+json, application/fhir+xml"
PATCH_ACCEPTED: Final = f"{JSON_PATCH}, {ACCEPTED}"
_MOST: Final = 1_000  # characters of a header that are looked at, and remembered
_GZIP: Final = ("gzip", "x-gzip")
_TYPE: Final = "http.Content-Type"
_ENCODING: Final = "http.Content-Encoding"


@dataclass(frozen=True, slots=True)
class Body:
    """A body as it was understood: a resource, or the text of a JSON Patch; neither when it is empty."""

    source: Source | None = None
    document: bytes | None = None


async def read_body(request: HttpRequest, limit: int) -> Body:
    """The body of a write or an operation, which is a resource, or of a PATCH."""
    data = await _bytes(request, limit)
    if not data:
        return Body()
    type = _type(request)
    if type.name in JSON:
        return Body(await beside(json.parse, data))
    if type.name in XML:
        return Body(await beside(xml.parse, data))
    if request.method == "PATCH" and type.name == JSON_PATCH:
        return Body(document=data)
    possible = PATCH_ACCEPTED if request.method == "PATCH" else ACCEPTED
    listed = ", ".join(f"`{each}`" for each in possible.split(", "))
    raise UnsupportedMediaType(f"{_said(type)}; possible are {listed}", expression=_TYPE)


async def read_form(request: HttpRequest, limit: int) -> tuple[tuple[str, str], ...]:
    """The parameters of a search by POST."""
    data = await _bytes(request, limit)
    if data and (type := _type(request)).name != FORM:
        raise UnsupportedMediaType(
            f"{_said(type)}; a search by POST carries its parameters as `{FORM}`", expression=_TYPE
        )
    try:
        return tuple(parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=100, errors="strict"))
    except (UnicodeDecodeError, ValueError):
        raise Invalid("the form is not UTF-8, or has more than 100 fields") from None


def _said(type: MediaType) -> str:
    if not type.name:
        return "the body has no `Content-Type`"
    return f"the `Content-Type`{shown(type.name)} is not read here"


def _type(request: HttpRequest) -> MediaType:
    type = read_media_type(request.headers.get("content-type", "")[:_MOST])
    if not type.is_utf_8:
        raise UnsupportedMediaType("the `charset` of the body must be `utf-8`", expression=_TYPE)
    if not type.is_r4:
        raise UnsupportedMediaType("the `fhirVersion` of the body must be `4.0`", expression=_TYPE)
    return type


async def _bytes(request: HttpRequest, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", *_GZIP):
        raise UnsupportedMediaType(
            "a body is sent as it is or with `Content-Encoding: gzip`", expression=_ENCODING
        )
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    data = b"".join(parts)
    return _expanded(data, limit) if encoding in _GZIP and data else data


def _expanded(data: bytes, limit: int) -> bytes:
    """What was compressed, which is never expanded beyond the limit."""
    reading = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        expanded = reading.decompress(data, limit + 1)
    except zlib.error:
        raise Invalid("the body is not gzip, as `Content-Encoding` says", expression=_ENCODING) from None
    if len(expanded) > limit:
        raise _too_large(limit)
    if not reading.eof or reading.unused_data:
        raise Invalid("the gzip of the body is cut short, or something follows it", expression=_ENCODING)
    return expanded


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"a body has at most {limit} bytes")
