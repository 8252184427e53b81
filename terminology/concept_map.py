"""What a ConceptMap says: from which code to which, and what of codes that it does not name.

https://hl7.org/fhir/R4/conceptmap.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from terminology.fault import Fault

__all__ = [
    "INVERTED", "Equivalence", "Group", "MapOutline", "MapRow", "Unmapped", "is_translation", "outline", "rows",
]  # fmt: skip

Equivalence = Literal[
    "relatedto", "equivalent", "equal", "wider", "subsumes", "narrower", "specializes", "inexact", "unmatched",
    "disjoint",
]  # fmt: skip
"""https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html"""

INVERTED: Final[Mapping[str, str]] = {
    "wider": "narrower", "narrower": "wider", "subsumes": "specializes", "specializes": "subsumes",
}  # fmt: skip
"""What an equivalence is when read from target to source; those that are not here stay what they are."""

_NONE: Final = frozenset({"unmatched", "disjoint"})


@dataclass(frozen=True, slots=True)
class Unmapped:
    """What becomes of a code that the group does not name: `mode` is `provided`, `fixed` or `other-map`."""

    mode: str
    code: str = ""
    display: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """From one code system to another, each with its version where the map names one."""

    source: str
    target: str
    source_version: str = ""
    target_version: str = ""
    unmapped: Unmapped | None = None


@dataclass(frozen=True, slots=True)
class MapOutline:
    """A concept map without its elements. `source` and `target` are the canonicals of the value sets it is between."""

    url: str
    version: str
    source: str
    target: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class MapRow:
    """One target of one element; `target_code` is empty where the map says that there is none (`unmatched`)."""

    source_system: str
    source_code: str
    target_system: str
    target_code: str
    target_display: str
    equivalence: str
    comment: str = ""


def is_translation(equivalence: str) -> bool:
    """Whether a target with this equivalence means what the source means, at least in part."""
    return equivalence not in _NONE


def outline(resource: Mapping[str, Any]) -> MapOutline:
    """A ConceptMap without its elements; they may be missing from the resource."""
    return MapOutline(
        resource.get("url", ""),
        resource.get("version", ""),
        resource.get("sourceCanonical") or resource.get("sourceUri", ""),
        resource.get("targetCanonical") or resource.get("targetUri", ""),
        tuple(_group(each) for each in resource.get("group", ())),
    )


def rows(resource: Mapping[str, Any]) -> Iterator[MapRow]:
    """The elements of a ConceptMap in order; Fault `not-supported` for a target that depends on other elements."""
    for group in resource.get("group", ()):
        source, target = group.get("source", ""), group.get("target", "")
        for element in group.get("element", ()):
            for each in element.get("target") or ({"equivalence": "unmatched"},):
                yield _row(source, element.get("code", ""), target, each)


def _row(source: str, code: str, target: str, given: Mapping[str, Any]) -> MapRow:
    if given.get("dependsOn"):
        raise Fault(
            "not-supported", f"the target of `{code}` has `dependsOn`; give it a concept map of its own"
        )
    equivalence, comment = given.get("equivalence", "relatedto"), given.get("comment", "")
    return MapRow(source, code, target, given.get("code", ""), given.get("display", ""), equivalence, comment)


def _group(given: Mapping[str, Any]) -> Group:
    return Group(
        given.get("source", ""),
        given.get("target", ""),
        given.get("sourceVersion", ""),
        given.get("targetVersion", ""),
        _unmapped(given["unmapped"]) if "unmapped" in given else None,
    )


def _unmapped(given: Mapping[str, Any]) -> Unmapped:
    return Unmapped(
        given.get("mode", ""), given.get("code", ""), given.get("display", ""), given.get("url", "")
    )
