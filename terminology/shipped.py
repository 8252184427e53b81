"""The codes of the value sets that are shipped, as plain sets: for checks that are made on every write.

https://hl7.org/fhir/R4/terminologies.html#required
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Final

from terminology.code_system import Concepts
from terminology.concept import Concept
from terminology.content import CONTENT, CodeSystem, Include
from terminology.filters import kept_by

__all__ = ["Codes", "codes"]

Codes = Mapping[str, frozenset[str]]
"""The codes that may be used, by code system."""

_SYSTEMS: Final[Mapping[str, CodeSystem]] = {each.url: each for each in CONTENT.code_systems.values()}


@cache
def codes(value_set: str) -> Codes | None:
    """The codes of a value set by its canonical, a version left out of account, without those that only group others.

    None when it is not shipped, or when they cannot all be told from what is: those of a code system that is not
    shipped, or only in part.
    """
    found = CONTENT.value_sets.get(value_set.partition("|")[0])
    if found is None:
        return None
    included, excluded = _united(found.include), _united(found.exclude)
    if included is None or excluded is None:
        return None
    return {
        system: kept for system, all in included.items() if (kept := all - excluded.get(system, frozenset()))
    }


def _united(parts: Iterable[Include]) -> Codes | None:
    """What is in any of the parts."""
    found: dict[str, frozenset[str]] = {}
    for each in parts:
        own = _part(each)
        if own is None:
            return None
        for system, some in own.items():
            found[system] = found.get(system, frozenset()) | some
    return found


def _part(part: Include) -> Codes | None:
    """What the part says of its system, as far as it is in each of its value sets too."""
    several = [_own(part)] if part.system else []
    several += [codes(each) for each in part.value_sets]
    told = [each for each in several if each is not None]
    if len(told) < len(several):
        return None
    first, *others = told
    return {
        system: some.intersection(*(each.get(system, ()) for each in others))
        for system, some in first.items()
    }


def _own(part: Include) -> Codes | None:
    """Those named, or those of the code system that every filter keeps."""
    if part.concepts:
        return {part.system: frozenset(each.code for each in part.concepts)}
    system = _SYSTEMS.get(part.system)
    if system is None or system.content == "fragment":
        return None
    is_kept = _test(part, system)
    usable = (each for each in system.concepts.values() if not each.abstract)
    return {part.system: frozenset(each.code for each in usable if is_kept(each))}


def _test(part: Include, system: CodeSystem) -> Callable[[Concept], bool]:
    concepts = Concepts(system.concepts.values(), is_case_sensitive=system.case_sensitive)
    tests = [kept_by(each, concepts) for each in part.filters]
    return lambda concept: all(is_kept(concept) for is_kept in tests)
