"""What a path takes and gives: the methods that a 405 names in `Allow`, and formats besides those of FHIR."""

from __future__ import annotations

from typing import Final

from dzop.fhir.operations import operation_on
from dzop.fhir.outcome import FhirError
from dzop.interactions.exchanged import Request
from dzop.interactions.route import match

__all__ = ["METHODS", "formats", "offered"]

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
DOCUMENTS: Final = ("metadata", ".well-known/smart-configuration")


def offered(path: str) -> tuple[str, ...]:
    """The methods that lead somewhere at a path below the base, `OPTIONS` always among them."""
    if path in DOCUMENTS:
        return ("GET", "HEAD", "OPTIONS")
    if not path:
        return ("POST", "OPTIONS")
    return (*(method for method in METHODS if _leads_somewhere(method, path)), "OPTIONS")


def formats(path: str) -> tuple[str, ...]:
    """The media types of what is answered at a path below the base, besides those of FHIR."""
    if "$" not in path:
        return ()
    type, *ids, name = path.split("/")
    operation = operation_on(type, name.removeprefix("$"), "instance" if ids else "type")
    return () if operation is None else operation.formats


def _leads_somewhere(method: str, path: str) -> bool:
    try:
        match(Request(method, path))
    except FhirError:
        return False
    return True
