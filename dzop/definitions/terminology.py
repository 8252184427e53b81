"""What a search may ask of the terminology that dzop publishes: its value sets and code systems.

https://hl7.org/fhir/R4/terminology-service.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dzop.definitions.published import ALWAYS
from dzop.fhir.references import canonical_system
from dzop.fhir.search.terminology import Coding, Terminology

__all__ = ["TERMINOLOGY", "Published"]

Resource = Mapping[str, Any]


class Published:
    """A `Terminology` over value sets and code systems held in memory."""

    def __init__(self, value_sets: Sequence[Resource], code_systems: Sequence[Resource]) -> None:
        self._value_sets = {
            name: each for each in value_sets for name in (each["url"], f"ValueSet/{each['id']}")
        }
        # system -> code -> what is right above it
        self._systems = {
            canonical_system(each["url"]): dict(_concepts(each.get("concept", ()), None))
            for each in code_systems
        }

    def members(self, value_set: str) -> tuple[Coding, ...] | None:
        """All codes of a value set, by canonical or `ValueSet/id`; None if it, or a system in it, is unknown."""
        url, _, version = value_set.partition("|")
        found = self._value_sets.get(url)
        if found is None or version not in ("", found.get("version")):
            return None
        compose = found.get("compose", {})
        included = [self._codes(each) for each in compose.get("include", ())]
        excluded = [self._codes(each) for each in compose.get("exclude", ())]
        if any(each is None for each in (*included, *excluded)):
            return None
        without = {coding for codes in excluded for coding in codes or ()}
        return tuple(
            dict.fromkeys(coding for codes in included for coding in codes or () if coding not in without)
        )

    def descendants(self, coding: Coding) -> tuple[Coding, ...] | None:
        """The code and all below it; None if the code system is unknown."""
        system, code = coding
        if system not in self._systems:
            return None
        below = [each for each in self._systems[system] if code in self._upwards(system, each)]
        return (coding, *((system, each) for each in below))

    def ancestors(self, coding: Coding) -> tuple[Coding, ...] | None:
        """The code and all above it; None if the code system is unknown."""
        system, code = coding
        if system not in self._systems:
            return None
        return (coding, *((system, each) for each in self._upwards(system, code)))

    def _upwards(self, system: str, code: str) -> Iterator[str]:
        above = self._systems[system].get(code)
        while above is not None:
            yield above
            above = self._systems[system].get(above)

    def _codes(self, include: Resource) -> tuple[Coding, ...] | None:
        """The codes that one `include` or `exclude` names; None when that cannot be told from here."""
        system = canonical_system(str(include.get("system")))
        if include.get("valueSet") or include.get("filter"):
            return None
        if include.get("concept"):
            return tuple((system, each["code"]) for each in include["concept"])
        codes = self._systems.get(system)
        return None if codes is None else tuple((system, code) for code in codes)


def _concepts(concepts: Sequence[Resource], above: str | None) -> Iterator[tuple[str, str | None]]:
    for each in concepts:
        yield each["code"], above
        yield from _concepts(each.get("concept", ()), each["code"])


TERMINOLOGY: Final[Terminology] = Published(
    tuple(ALWAYS["ValueSet"].values()), tuple(ALWAYS["CodeSystem"].values())
)
"""Of what this version of dzop always publishes."""
