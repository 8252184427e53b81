"""What a code is elsewhere, by the concept maps that are held.

https://hl7.org/fhir/R4/conceptmap-operation-translate.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dzop.access.vocabulary.answers import Translation
from dzop.access.vocabulary.choosing import concept_map, concept_maps, is_between
from dzop.access.vocabulary.library import HeldMap, Library
from terminology.concept import Coding
from terminology.concept_map import INVERTED, Group, MapRow
from terminology.fault import Fault

__all__ = ["Translating"]

_DEEPEST: Final = 10
_MOST: Final = 1_000
_UNMAPPED: Final = "relatedto"
"""Of a code that is not mapped the map says what to take, not what it means."""


@dataclass(frozen=True, slots=True)
class Translating:
    """A question about one code: `target_system` is empty for any, `reverse` reads maps from target to source."""

    libraries: Sequence[Library]
    coding: Coding
    target_system: str
    reverse: bool
    asked: list[int] = field(default_factory=list, compare=False)
    """How much was found in each of the maps that were asked."""

    async def by(self, url: str, version: str, source: str, target: str) -> tuple[Translation, ...]:
        """By the map with this canonical, if it is between these value sets; Fault `not-found`."""
        found = concept_map(self.libraries, url, version)
        return await self.by_these([found] if is_between(found[0], source, target) else [])

    async def by_all(self, source: str, target: str) -> tuple[Translation, ...]:
        """By all maps between these value sets that have something to say of the code system."""
        return await self.by_these(
            [each for each in concept_maps(self.libraries, source, target) if self._concerns(each[0])]
        )

    async def by_these(
        self, maps: Sequence[tuple[HeldMap, Library]], above: tuple[str, ...] = ()
    ) -> tuple[Translation, ...]:
        """By these maps; `above` are the canonicals of those whose `unmapped` leads to them."""
        found: list[Translation] = []
        for library in self.libraries:
            own = [each for each, holder in maps if holder is library]
            rows = await library.mapped(own, self.coding, reverse=self.reverse) if own else ()
            for each in own:
                of_map = [row for held, row in rows if held == each]
                silent = self._silent(each, of_map)
                self._require_few(len(of_map) + len(silent))
                groups = {(one.source, one.target): one for one in reversed(each.outline.groups)}
                found += [self._read(each, groups, row) for row in of_map if self._is_wanted(row)]
                found += [one for group in silent for one in await self._unmapped(each, group, above)]
        return tuple(dict.fromkeys(found))  # fmt: skip

    def _require_few(self, number: int) -> None:
        """Fault `too-costly` when with these the code has been asked for too often; maps can lead to many others."""
        self.asked.append(number)
        if sum(self.asked) + len(self.asked) > _MOST:
            raise Fault("too-costly", f"the concept maps say more than {_MOST} things of `{self.coding[1]}`")

    def _concerns(self, held: HeldMap) -> bool:
        system = self.coding[0]
        return any(
            system in ("", each.target if self.reverse else each.source)
            and self.target_system in ("", each.source if self.reverse else each.target)
            for each in held.outline.groups
        )

    def _is_wanted(self, row: MapRow) -> bool:
        return self.target_system in ("", row.source_system if self.reverse else row.target_system)

    def _read(self, held: HeldMap, groups: Mapping[tuple[str, str], Group], row: MapRow) -> Translation:
        ends = (row.source_system, row.target_system)
        group = groups.get(ends, Group(*ends))
        if self.reverse:
            coding, version, display = (row.source_system, row.source_code), group.source_version, ""
            equivalence = INVERTED.get(row.equivalence, row.equivalence)
        else:
            coding, version, display = (
                (row.target_system, row.target_code),
                group.target_version,
                row.target_display,
            )
            equivalence = row.equivalence
        return Translation(equivalence, coding, version, display, row.comment, _canonical(held))

    def _silent(self, held: HeldMap, rows: Sequence[MapRow]) -> Sequence[Group]:
        """The groups from this code system that do not name the code, and say what to take then."""
        named = {(row.source_system, row.target_system) for row in rows}
        return [
            each
            for each in ([] if self.reverse else held.outline.groups)
            if each.unmapped
            and self.coding[0] == each.source
            and self.target_system in ("", each.target)
            and (each.source, each.target) not in named
        ]

    async def _unmapped(self, held: HeldMap, group: Group, above: tuple[str, ...]) -> tuple[Translation, ...]:
        unmapped = group.unmapped
        assert unmapped is not None  # noqa: S101 - only such are asked
        if unmapped.mode == "other-map":
            return await self._by_other(held, unmapped.url, above)
        fixed = (unmapped.code, unmapped.display)
        code, display = fixed if unmapped.mode == "fixed" else (self.coding[1], "")
        return (
            Translation(_UNMAPPED, (group.target, code), group.target_version, display, "", _canonical(held)),
        )

    async def _by_other(
        self, held: HeldMap, canonical: str, above: tuple[str, ...]
    ) -> tuple[Translation, ...]:
        path = (*above, _canonical(held))
        url, _, version = canonical.partition("|")
        other = concept_map(self.libraries, url, version)
        if _canonical(other[0]) in path or len(path) > _DEEPEST:
            raise Fault(
                "processing",
                f"the concept map `{path[0]}` leads in a ring, by its `unmapped`; take one of them out",
            )
        return await self.by_these([other], path)


def _canonical(held: HeldMap) -> str:
    defined = held.defined
    return f"{defined.url}|{defined.version}" if defined.version else defined.url
