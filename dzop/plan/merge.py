"""Two changes of one resource brought together, element by element: what both may keep, and where they contradict.

What only one side changed is as that side has it, what both changed alike is so, lists keep what either added. Where
both changed one thing in two ways it is as `theirs` has it, or as the other has it where they took it out, and is a
conflict. Values are those of `dzop.fhir.verbatim`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dzop.fhir.structure import Element, Structure, structure_of_resource
from dzop.fhir.verbatim import canonical
from dzop.plan.alignment import paired
from dzop.plan.fields import UNITS, Group, Path, fields, inside, is_list, plain, same, structure_behind

__all__ = ["Conflict", "Merged", "merge"]

Three = tuple[Any, Any, Any]
"""What was, what one side made of it, and what the other did."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """What both sides changed in two ways, at a path of the merged resource; None where there is nothing."""

    path: Path
    base: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of it; `conflicts` in the order of the elements."""

    value: Any
    conflicts: tuple[Conflict, ...] = ()


def merge(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Merged:
    """Two versions of a resource that were made of the same one, as one."""
    versions, structure = (base, mine, theirs), structure_of_resource(str(theirs.get("resourceType")))
    return _settled(versions) or _objects(versions, structure)


def _settled(versions: Three) -> Merged | None:
    """Where at most one side changed anything, or both the same."""
    base, mine, theirs = versions
    if same(mine, theirs) or same(base, theirs):
        return Merged(mine)
    return Merged(theirs) if same(base, mine) else None


def _values(versions: Three, structure: Structure | None, element: Element | None) -> Merged:
    """One value, each None where it is absent."""
    if settled := _settled(versions):
        return settled
    base, mine, theirs = versions
    if is_list(*versions):
        return _lists(tuple(each or () for each in versions), element)
    if not (isinstance(mine, Mapping) and isinstance(theirs, Mapping)):
        return Merged(mine if theirs is None else theirs, (Conflict((), *versions),))
    if structure is not None and structure.name in UNITS:
        return Merged(theirs, (_narrowed(Conflict((), *versions), structure),))
    return _objects((base if isinstance(base, Mapping) else {}, mine, theirs), structure)


# -- objects ---------------------------------------------------------------------------------------------


def _objects(versions: Three, structure: Structure | None) -> Merged:
    base, mine, theirs = (fields(each, structure) for each in versions)
    value: dict[str, Any] = {}
    conflicts: list[Conflict] = []
    for name in {**theirs, **mine}:
        merged = _groups((base.get(name, {}), mine.get(name, {}), theirs.get(name, {})), structure)
        value |= merged.value
        conflicts += _deeper(name, merged.conflicts)
    return Merged(value, tuple(conflicts))


def _groups(groups: tuple[Group, Group, Group], structure: Structure | None) -> Merged:
    """One element, each an empty group where it is absent."""
    if settled := _settled(groups):
        return settled
    member = plain(*groups)
    if member is None:
        base, mine, theirs = (dict(each) or None for each in groups)
        return Merged(theirs or mine, (Conflict((), base, mine, theirs),))
    base, mine, theirs = (each.get(member) for each in groups)
    element = inside(structure, member)
    merged = _values((base, mine, theirs), structure_behind(element, theirs, mine), element)
    # FHIR has no empty lists.
    return replace(merged, value={} if merged.value in (None, []) else {member: merged.value})


def _narrowed(conflict: Conflict, structure: Structure | None) -> Conflict:
    """The same in the one element in which both sides differ from what was, where there is only one."""
    versions = (conflict.base, conflict.mine, conflict.theirs)
    if not all(isinstance(each, Mapping) for each in versions):
        return conflict
    of_each = [fields(each, structure) for each in versions]
    base, mine, theirs = of_each
    changed = [
        name
        for name in {**base, **mine, **theirs}
        if not same(mine.get(name), base.get(name)) or not same(theirs.get(name), base.get(name))
    ]
    groups = [each.get(changed[0], {}) for each in of_each]
    member = plain(*groups)
    if len(changed) > 1 or member is None:
        return conflict
    inside_of = structure_behind(inside(structure, member), *versions)
    inner = _narrowed(Conflict((), *(each.get(member) for each in groups)), inside_of)
    return replace(inner, path=(changed[0], *inner.path))


def _deeper(step: str | int, conflicts: Iterable[Conflict]) -> Iterator[Conflict]:
    return (replace(each, path=(step, *each.path)) for each in conflicts)


# -- lists -----------------------------------------------------------------------------------------------

Entry = tuple[int | None, int | None, int | None]
"""One element by its places in base, mine and theirs; None where it is not."""


def _lists(versions: Sequence[Sequence[Any]], element: Element | None) -> Merged:
    base, mine, theirs = versions
    merged: dict[Entry, Merged] = {}
    for entry in _entries(base, mine, theirs, "" if element is None else element.type):
        then, my, their = (None if at is None else each[at] for at, each in zip(entry, versions, strict=True))
        found = _values((then, my, their), structure_behind(element, their, my), None)
        if found.value is not None:
            merged[entry] = found
    ordered, is_contradictory = _ordered(merged, mine, theirs)
    conflicts = [each for at, entry in enumerate(ordered) for each in _deeper(at, merged[entry].conflicts)]
    if is_contradictory:
        conflicts.append(Conflict((), list(base), list(mine), list(theirs)))
    return Merged([merged[entry].value for entry in ordered], tuple(conflicts))


def _entries(base: Sequence[Any], mine: Sequence[Any], theirs: Sequence[Any], type: str) -> list[Entry]:
    """Every element of any of the three; what both added and is about the same is one."""
    to_mine, to_theirs = paired(base, mine, type), paired(base, theirs, type)
    my_new, their_new = _rest(mine, to_mine), _rest(theirs, to_theirs)
    both = paired([mine[at] for at in my_new], [theirs[at] for at in their_new], type, by_place=False)
    known = [(at, to_mine.get(at), to_theirs.get(at)) for at in range(len(base))]
    added = [(None, at, their_new[both[n]] if n in both else None) for n, at in enumerate(my_new)]
    return [*known, *added, *((None, None, their_new[n]) for n in _rest(their_new, both))]


def _rest(elements: Sequence[Any], found: Mapping[int, int]) -> list[int]:
    """The places of what was not found."""
    taken = set(found.values())
    return [at for at in range(len(elements)) if at not in taken]


def _ordered(
    entries: Iterable[Entry], mine: Sequence[Any], theirs: Sequence[Any]
) -> tuple[list[Entry], bool]:
    """The entries in the order of who moved them, and whether both did, each in another way.

    What not all three have comes behind what it came behind; where both sides have something there, that with the
    smaller text is first, so that it does not matter which side is which.
    """
    entries = list(entries)
    common = [entry for entry in entries if None not in entry]
    by_mine, by_theirs = (sorted(common, key=lambda entry: entry[side] or 0) for side in (1, 2))
    order = by_theirs if by_mine == common else by_mine if by_theirs == common else by_theirs
    places = {entry: place for place, entry in enumerate(order)}
    behind: dict[Entry, int] = {}
    blocks: dict[tuple[int, int], list[Entry]] = {}
    for side in (1, 2):
        for entry, place in _followers(entries, side, places):
            behind[entry] = min(place, behind.get(entry, place))
            blocks.setdefault((place, side), []).append(entry)
    return _laid(order, behind, blocks, (mine, theirs)), len({*map(tuple, (common, by_mine, by_theirs))}) == 3


def _followers(
    entries: Iterable[Entry], side: int, places: Mapping[Entry, int]
) -> Iterator[tuple[Entry, int]]:
    """What not all have, in the order of this side, with the place of what it comes behind; -1 at the beginning."""
    place = -1
    for entry in sorted(
        (each for each in entries if each[side] is not None), key=lambda each: each[side] or 0
    ):
        if entry in places:
            place = places[entry]
        else:
            yield entry, place


def _laid(
    order: Sequence[Entry],
    behind: Mapping[Entry, int],
    blocks: Mapping[tuple[int, int], list[Entry]],
    sides: tuple[Sequence[Any], Sequence[Any]],
) -> list[Entry]:
    laid: dict[Entry, None] = {}
    for place in range(-1, len(order)):
        if place >= 0:
            laid[order[place]] = None
        there = [(blocks.get((place, side), []), side) for side in (1, 2)]
        texts = {
            side: canonical([sides[side - 1][entry[side] or 0] for entry in block]) for block, side in there
        }
        for block, _ in sorted(there, key=lambda each: texts[each[1]]):
            laid |= dict.fromkeys(entry for entry in block if behind[entry] == place)
    return list(laid)
