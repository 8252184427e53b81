"""What is different between two versions of a resource: element by element, and enough to make one of the other.

`difference(a, b)` is a tree; `applied(a, difference(a, b))` is b, and `changes` lists it as somebody reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from dzop.fhir.structure import Element, Structure, structure_of_resource
from dzop.plan.alignment import paired
from dzop.plan.fields import Group, Path, fields, inside, is_list, plain, same, structure_behind

__all__ = [
    "Change", "Difference", "Elements", "Exchanged", "Fields", "Kept", "New", "Replaced", "Within", "applied",
    "changes", "difference",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Replaced:
    """A value that is another one now."""

    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Within:
    """An element in whose one member something is different."""

    member: str
    found: Difference


@dataclass(frozen=True, slots=True)
class Exchanged:
    """An element that is different as a whole: the members that were there, and those that are; perhaps none."""

    before: Group
    after: Group


@dataclass(frozen=True, slots=True)
class Fields:
    """Of an object: its elements that are different, by name."""

    parts: Mapping[str, Within | Exchanged]


@dataclass(frozen=True, slots=True)
class Kept:
    """An element that was at place `at`, perhaps with something different in it."""

    at: int
    within: Difference | None


@dataclass(frozen=True, slots=True)
class New:
    """An element that was not there."""

    value: Any


@dataclass(frozen=True, slots=True)
class Elements:
    """Of a list: its elements as they are now, and those that are gone, by their place."""

    now: tuple[Kept | New, ...]
    gone: Mapping[int, Any]


Difference = Replaced | Fields | Elements


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different, at a path of the newer state, or of the older one where it was removed.

    `before` and `after` are None where there was, or is, nothing. A list that is only in another order is one change.
    """

    what: Literal["added", "changed", "removed", "moved"]
    path: Path
    before: Any = None
    after: Any = None


def difference(older: Mapping[str, Any], newer: Mapping[str, Any]) -> Difference | None:
    """What is different between two resources of a type, as `verbatim.read` gives them; None if nothing."""
    return _between(older, newer, structure_of_resource(str(newer.get("resourceType"))), None)


def applied(value: Any, found: Difference | None) -> Any:
    """The newer value, made of the older one and the difference."""
    match found:
        case Replaced():
            return found.after
        case Fields():
            return _with(value, found)
        case Elements():
            older = value or ()
            return [
                each.value if isinstance(each, New) else applied(older[each.at], each.within)
                for each in found.now
            ]
        case None:
            return value


def _with(value: Mapping[str, Any], found: Fields) -> dict[str, Any]:
    result = dict(value)
    for part in found.parts.values():
        if isinstance(part, Within):
            result[part.member] = applied(value.get(part.member), part.found)
        else:
            result = {name: each for name, each in result.items() if name not in part.before}
            result.update(part.after)
    # FHIR has no empty lists.
    return {member: each for member, each in result.items() if each != []}


def changes(found: Difference | None) -> tuple[Change, ...]:
    """The difference as a list, in the order of the elements."""
    return () if found is None else tuple(_changes(found))


# -- finding ---------------------------------------------------------------------------------------------


def _between(
    older: Any, newer: Any, structure: Structure | None, element: Element | None
) -> Difference | None:
    if same(older, newer):
        return None
    if is_list(older, newer):
        return _between_lists(older or (), newer or (), element)
    if isinstance(older, Mapping) and isinstance(newer, Mapping):
        return _between_objects(older, newer, structure)
    return Replaced(older, newer)


def _between_objects(
    older: Mapping[str, Any], newer: Mapping[str, Any], structure: Structure | None
) -> Fields:
    then, now = fields(older, structure), fields(newer, structure)
    names = [name for name in {**now, **then} if not same(then.get(name), now.get(name))]
    return Fields({name: _part(then.get(name, {}), now.get(name, {}), structure) for name in names})


def _part(before: Group, after: Group, structure: Structure | None) -> Within | Exchanged:
    member = plain(before, after) or ""
    older, newer = before.get(member), after.get(member)
    if member and ((before and after) or is_list(older, newer)):
        element = inside(structure, member)
        found = _between(older, newer, structure_behind(element, newer, older), element)
        if found is not None:
            return Within(member, found)
    return Exchanged(before, after)


def _between_lists(older: Sequence[Any], newer: Sequence[Any], element: Element | None) -> Elements:
    found = paired(older, newer, "" if element is None else element.type)
    came = {place: at for at, place in found.items()}
    now: list[Kept | New] = []
    for place, value in enumerate(newer):
        if place in came:
            at = came[place]
            now.append(Kept(at, _between(older[at], value, structure_behind(element, value), None)))
        else:
            now.append(New(value))
    return Elements(tuple(now), {at: value for at, value in enumerate(older) if at not in found})


# -- listing ---------------------------------------------------------------------------------------------


def _changes(found: Difference) -> Iterator[Change]:
    match found:
        case Replaced(before, after):
            yield Change("changed", (), before, after)
        case Fields(parts):
            for name, part in parts.items():
                if isinstance(part, Within):
                    yield from (_deeper(name, each) for each in _changes(part.found))
                else:
                    yield _of_groups(name, part.before, part.after)
        case Elements():
            yield from _of_elements(found)


def _of_elements(found: Elements) -> Iterator[Change]:
    for at, value in found.gone.items():
        yield Change("removed", (at,), value)
    for place, each in enumerate(found.now):
        if isinstance(each, New):
            yield Change("added", (place,), None, each.value)
        elif each.within is not None:
            yield from (_deeper(place, inner) for inner in _changes(each.within))
    kept = [each.at for each in found.now if isinstance(each, Kept)]
    if kept != sorted(kept):
        yield Change("moved", ())


def _of_groups(name: str, before: Group, after: Group) -> Change:
    what: Literal["added", "changed", "removed"] = (
        "added" if not before else "changed" if after else "removed"
    )
    return Change(what, (name,), _said(before), _said(after))


def _said(group: Group) -> Any:
    """The value of an element; where it has an id or extensions too, its members."""
    if not group:
        return None
    (member, *more) = group
    return dict(group) if more or member.startswith("_") else group[member]


def _deeper(step: str | int, change: Change) -> Change:
    return replace(change, path=(step, *change.path))
