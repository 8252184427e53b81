"""An entry of a transaction, understood; and where in the Bundle a fault is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import uuid4

from dzop.fhir.outcome import FhirError
from dzop.fhir.search.query import Query
from dzop.interactions.exchanged import Ask

_ROOT: Final = re.compile(r"\A(?:[A-Z][A-Za-z]*|resource)(?:\.|$)")
# What is a header of a request is an element of an entry; every other `http.` place is in its URL.
_REQUESTED: Final = {
    "http.If-Match": "ifMatch",
    "http.If-None-Match": "ifNoneMatch",
    "http.If-None-Exist": "ifNoneExist",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Where it stands, what it asks (`code` of the interaction; `read` for all that changes nothing), on which
    condition, and the id that it will give to what is new.
    """

    place: int
    full_url: str
    code: str
    ask: Ask
    condition: Query | None = None
    new_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def body(self) -> Mapping[str, Any] | None:
        """The resource it brings."""
        source = self.ask.request.body
        return None if source is None or self.code not in ("create", "update") else source.value


class Placed:
    """Adds to every issue of a fault which entry it is about."""

    def __init__(self, place: int) -> None:
        self._where = f"Bundle.entry[{place}]"

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, FhirError):
            error.issues = tuple(
                replace(each, expression=self._placed(each.expression)) for each in error.issues
            )

    def _placed(self, expression: str | None) -> str:
        if expression is None or expression.startswith("Bundle"):
            return expression or self._where
        if expression.startswith("http."):
            return f"{self._where}.request.{_REQUESTED.get(expression, 'url')}"
        within = _ROOT.sub("", expression, count=1)
        return f"{self._where}.resource.{within}".rstrip(".")
