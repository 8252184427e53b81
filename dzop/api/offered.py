"""Which methods a path takes: what a 405 says in `Allow`."""

from __future__ import annotations

from typing import Final

from dzop.fhir.outcome import FhirError
from dzop.interactions.exchanged import Request
from dzop.interactions.route import match

__all__ = ["METHODS", "offered"]

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
DOCUMENTS: Final = ("metadata", ".well-known/smart-configuration")


def offered(path: str) -> tuple[str, ...]:
    """The methods that lead somewhere at a path below the base, `OPTIONS` always among them."""
    if path in DOCUMENTS:
        return ("GET", "HEAD", "OPTIONS")
    if not path:
        return ("POST", "OPTIONS")
    return (*(method for method in METHODS if _leads_somewhere(method, path)), "OPTIONS")


def _leads_somewhere(method: str, path: str) -> bool:
    try:
        match(Request(method, path))
    except FhirError:
        return False
    return True
