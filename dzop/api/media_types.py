"""Media types and their parameters. https://hl7.org/fhir/R4/http.html#mime-type"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

__all__ = ["FORM", "JSON", "JSON_PATCH", "PDF", "XML", "MediaType", "read_media_type"]

JSON: Final = ("application/fhir+json", "application/json", "text/json", "application/json+fhir")
XML: Final = ("application/fhir+xml", "application/xml", "text/xml", "application/xml+fhir")
JSON_PATCH: Final = "application/json-patch+json"
PDF: Final = "application/pdf"
FORM: Final = "application/x-www-form-urlencoded"
_R4: Final = ("4.0", "4.0.1")
_UTF_8: Final = ("utf-8", "utf8", "us-ascii")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type or range in lower case, and what its parameters say."""

    name: str
    quality: float = 1
    is_r4: bool = True
    is_utf_8: bool = True


@lru_cache(maxsize=256)
def read_media_type(text: str) -> MediaType:
    """The media type of a `Content-Type`, or one range of an `Accept` header."""
    name, *parameters = text.split(";")
    given = {
        key.strip().lower(): value.strip().strip('"').lower()
        for key, _, value in (each.partition("=") for each in parameters)
    }
    return MediaType(
        name.strip().lower(),
        _quality(given.get("q", "1")),
        given.get("fhirversion", "4.0") in _R4,
        given.get("charset", "utf-8") in _UTF_8,
    )


def _quality(text: str) -> float:
    """From 0 to 1; what is no number is taken for 0."""
    try:
        quality = float(text)
    except ValueError:
        return 0
    return quality if 0 <= quality <= 1 else 0
