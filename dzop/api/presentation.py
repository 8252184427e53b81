"""What an answer looks like on the wire: JSON or XML, indented or not; PDF where an operation prints.

Asked for by `_format`, else by `Accept`. Stored bytes leave as they are unless something else is asked for.
https://hl7.org/fhir/R4/http.html#mime-type
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from dzop.api.media_types import JSON, PDF, XML, MediaType, read_media_type
from dzop.fhir import verbatim, xml
from dzop.fhir.outcome import FhirError, Invalid

__all__ = ["NotAcceptable", "Parameters", "Presentation", "presentation", "presentation_of_error"]

Parameters = tuple[tuple[str, str], ...]
Format = Literal["json", "xml", "pdf"]

_TYPES: Final[dict[Format, tuple[str, ...]]] = {
    "json": ("json", *JSON),
    "xml": ("xml", *XML),
    "pdf": ("pdf", PDF),
}
_FHIR: Final[tuple[Format, ...]] = ("json", "xml")
_RANGES: Final = {"application/*": 1, "text/*": 1, "*/*": 0, "*": 0, "": 0}
_MOST: Final = 1_000  # characters of a header that are looked at, and remembered
_OFFERED: Final = "`application/fhir+json` (`json`) and `application/fhir+xml` (`xml`), of FHIR 4.0"


class NotAcceptable(FhirError):
    """The client wants a format that is not offered."""

    status, code = 406, "not-supported"


@dataclass(frozen=True, slots=True)
class Presentation:
    """A format, and whether it is indented for people."""

    format: Format = "json"
    pretty: bool = False

    @property
    def content_type(self) -> str:
        return f"application/fhir+{self.format}; charset=utf-8"

    @property
    def is_as_stored(self) -> bool:
        return self.format == "json" and not self.pretty

    def applied(self, resource: bytes) -> bytes:
        """A resource as it is sent; `resource` is its JSON."""
        if self.is_as_stored:
            return resource
        value = verbatim.read(resource)
        if self.format == "xml":
            return xml.written(value, pretty=self.pretty)
        return verbatim.written(value, pretty=self.pretty)


def presentation(parameters: Parameters, accept: str, formats: tuple[str, ...] = ()) -> Presentation:
    """What is asked for; NotAcceptable when it cannot be had, Invalid for what nobody could mean.

    `formats` are the media types that can be had here besides those of FHIR.
    """
    format = next((text for name, text in parameters if name == "_format"), None)
    pretty = next((text for name, text in parameters if name == "_pretty"), "false")
    if pretty not in ("true", "false"):
        raise Invalid("`_pretty` is `true` or `false`", expression="http._pretty")
    # In a URL a `+` stands for a blank: `application/fhir+json` is meant all the same.
    offered: tuple[Format, ...] = (*_FHIR, "pdf") if PDF in formats else _FHIR
    asked = None if format is None else format[:_MOST].replace(" ", "+")
    found = _accepted(accept[:_MOST], offered) if asked is None else _named(asked, offered)
    if found is None:
        also = "".join(f", and `{each}`" for each in formats)
        raise NotAcceptable(
            f"what can be had are {_OFFERED}{also}",
            expression="http.Accept" if format is None else "http._format",
        )
    return Presentation(found, pretty == "true")


def presentation_of_error(parameters: Parameters, accept: str) -> Presentation:
    """The same for an error, which is told in JSON rather than not at all."""
    try:
        return presentation(parameters, accept)
    except FhirError:
        return Presentation()


def _named(format: str, offered: tuple[Format, ...]) -> Format | None:
    found = _format_of(read_media_type(format))
    return found if found in offered else None


def _format_of(type: MediaType) -> Format | None:
    named = (format for format, types in _TYPES.items() if type.name in types and type.is_r4)
    return next(named, None)


@lru_cache(maxsize=256)
def _accepted(accept: str, offered: tuple[Format, ...]) -> Format | None:
    """The format of those offered that an `Accept` header likes best; JSON where it does not care.

    The most specific range decides on a format; of two formats the one of higher quality is taken, then the one
    named more exactly, then the one named first. https://www.rfc-editor.org/rfc/rfc9110#name-accept
    """
    ranges = [read_media_type(each) for each in accept.split(",")]
    liked: dict[Format, tuple[float, int, int]] = {}
    for format in offered:
        fitting = [(how, each.quality, -place) for how, each, place in _fitting(format, ranges)]
        if fitting:
            how, quality, place = max(fitting)
            liked[format] = (quality, how, place)
    possible = [format for format, (quality, _, _) in liked.items() if quality > 0]
    return max(possible, key=liked.__getitem__, default=None)


def _fitting(format: Format, ranges: Iterable[MediaType]) -> Iterable[tuple[int, MediaType, int]]:
    """(how exactly, range, its place) for each range that a format is in."""
    for place, each in enumerate(ranges):
        if _format_of(each) == format:
            yield 2, each, place
        elif each.name in _RANGES:
            yield _RANGES[each.name], each, place
