"""What the entries of a transaction are about: which resources they mean, and what their links point at.

An entry may mean a resource by id, by a condition, or as a new one; no two may change the same. Conditional
creates that are alike make one resource. A link may name an entry by its `fullUrl`, or a resource by a condition,
which is held against what the actor sees and against what the entries will make of it.

https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

import re
from asyncio import sleep
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dzop.access.shown import Shown
from dzop.access.unit import Unit
from dzop.fhir.json import Source
from dzop.fhir.links import Link, links, relinked
from dzop.fhir.outcome import Invalid, PreconditionFailed, Unprocessable
from dzop.fhir.references import person_references
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.clause import AllOf
from dzop.fhir.search.match import Undecidable, matches
from dzop.fhir.search.query import Query
from dzop.interactions.conditional import codes_of, held, matching, read_condition, require_reach
from dzop.interactions.entry import Entry, Placed
from dzop.interactions.exchanged import parameters_in

_URN: Final = ("urn:uuid:", "urn:oid:")
_RESTFUL: Final = re.compile(r"(?P<root>https?://.+)/[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")
_CHANGES: Final = ("update", "patch")


@dataclass(frozen=True, slots=True)
class Meant:
    """The resource that an entry is about: its id and the version that it will have.

    `found` is what the condition of a create met: there is nothing to make. `twin` is the place of the entry that
    makes the same resource. `is_there` says that the condition of an update has found it.
    """

    entry: Entry
    id: str
    version: int = 1
    found: Shown | None = None
    twin: int | None = None
    is_there: bool = False

    @property
    def local(self) -> str:
        return f"{self.entry.ask.type}/{self.id}"


async def expected(unit: Unit, entries: Sequence[Entry]) -> dict[tuple[str, str], int]:
    """The current versions, locked, of the resources that the entries name by id; their persons are locked too."""
    written = [each for each in entries if each.code != "read"]
    named = [(each.ask.type, each.ask.id) for each in written if each.ask.id]
    _refuse_twice((each.place, f"{each.ask.type}/{each.ask.id}") for each in written if each.ask.id)
    made = {
        each.full_url: each.new_id
        for each in written
        if each.code == "create" and each.condition is None and each.ask.type == "Patient"
    }
    patients = {found for each in written if (found := _patient(each, made)) is not None}
    return await unit.locks.expect(patients, named, {each.ask.type for each in written})


def _patient(entry: Entry, made: Mapping[str, str]) -> str | None:
    """The id of the one Patient that an entry says it is about."""
    value, ask = entry.body, entry.ask
    if value is None or value.get("resourceType") != ask.type:
        return None
    if ask.type == "Patient":
        return ask.id or (None if entry.condition else entry.new_id)
    references = person_references(value, ask.type, ask.service.base)
    only = references[0] if len(references) == 1 else None
    if only is None or only.id is None:
        return made.get(only.url or "") if only is not None else None
    return only.id if only.type == "Patient" else None


# -- which resources -----------------------------------------------------------------------------------


async def meant(
    unit: Unit, entries: Sequence[Entry], gone: Mapping[str, int], versions: Mapping[tuple[str, str], int]
) -> dict[int, Meant]:
    """By place what each create, update and patch is about; Invalid when two change the same resource."""
    found: dict[int, Meant] = {}
    creates = [each for each in entries if each.code == "create"]
    for entry in sorted(creates, key=lambda each: each.condition is not None):
        with Placed(entry.place):
            found[entry.place] = await _created(unit, entry, found)
    for entry in entries:
        if entry.code in _CHANGES:
            with Placed(entry.place):
                found[entry.place] = await _changed(unit, entry, found, versions)
    changed = [(place, local) for local, place in gone.items()]
    changed += [(each.entry.place, each.local) for each in found.values() if each.entry.code in _CHANGES]
    _refuse_twice(changed)
    return found


def _refuse_twice(changed: Iterable[tuple[int, str]]) -> None:
    first: dict[str, int] = {}
    for place, local in changed:
        if first.setdefault(local, place) != place:
            raise Invalid(
                f"`{local}` is changed by entry {first[local]} too; a transaction changes it once",
                expression=f"Bundle.entry[{place}]",
            )


async def _created(unit: Unit, entry: Entry, made: Mapping[int, Meant]) -> Meant:
    condition = entry.condition
    if condition is None:
        return Meant(entry, entry.new_id)
    match = await matching(unit, condition)
    if match is not None:
        return Meant(entry, match.id, match.version, found=match)
    twins = _alike(made.values(), condition)
    if len(twins) > 1:
        raise PreconditionFailed("several entries match the condition; use one that only one can meet")
    return Meant(entry, twins[0].id, twin=twins[0].entry.place) if twins else Meant(entry, entry.new_id)


async def _changed(
    unit: Unit, entry: Entry, made: Mapping[int, Meant], versions: Mapping[tuple[str, str], int]
) -> Meant:
    type, condition = entry.ask.type, entry.condition
    if condition is None:
        return Meant(entry, entry.ask.id, versions.get((type, entry.ask.id), 0) + 1)
    for each in _alike(made.values(), condition):
        raise Invalid(f"entry {each.entry.place} is about the same resource; a transaction changes it once")
    match = await held(unit, condition)
    if match is not None:
        return Meant(entry, match.id, match.version + 1, is_there=True)
    own = (entry.body or {}).get("id")
    return Meant(entry, own if isinstance(own, str) else entry.new_id)


def _alike(made: Iterable[Meant], condition: Query) -> list[Meant]:
    """The entries that make what this condition looks for, or look for the same."""
    codes = codes_of(condition)
    return [
        each
        for each in made
        if each.found is None
        and each.twin is None
        and each.entry.ask.type == condition.type
        and (_asks_the_same(each, condition) or _makes(each, condition, codes))
    ]


def _asks_the_same(meant: Meant, condition: Query) -> bool:
    own = meant.entry.condition
    return own is not None and own.used == condition.used


def _makes(meant: Meant, condition: Query, codes: frozenset[str] | None) -> bool:
    ask, code = meant.entry.ask, meant.entry.code
    return code in ("create", "update") and _meets(ask.request.body, condition, codes, ask.service.base)


def _meets(source: Source | None, condition: Query, codes: frozenset[str] | None, base: str) -> bool:
    if source is None or source.value.get("resourceType") != condition.type:
        return False
    # Most do not even contain the code: that is seen without looking at each element.
    if codes is not None and "\\" not in source.text and not any(code in source.text for code in codes):
        return False
    try:
        return matches(source.value, AllOf(condition.criteria), base)
    except Undecidable:
        return False  # what asks for neighbours is asked of the store alone


# -- what links point at -------------------------------------------------------------------------------


async def linked(unit: Unit, found: Mapping[int, Meant]) -> dict[int, Source]:
    """By place the bodies of all writes, their links to entries and their conditional references resolved."""
    places = _places(found.values())
    bodies: dict[int, Source] = {}
    asked: dict[str, tuple[int, Link]] = {}
    for place, each in found.items():
        body = each.entry.ask.request.body
        if body is not None and body.value.get("resourceType") != "Binary":
            if places or _may_hold(body, *_URN):
                with Placed(place):
                    body = relinked(body, _to_entry(each.entry, places))
            bodies[place] = body
            if _may_hold(body, "?"):
                asked |= {link.text: (place, link) for link in links(body.value) if _is_conditional(link)}
    resolved: dict[str, str] = {}
    for text, (place, link) in asked.items():
        await sleep(0)
        with Placed(place):
            resolved[text] = await _resolved(unit, link, found, bodies)
    if resolved:
        bodies = {
            place: relinked(body, lambda link: resolved.get(link.text) if link.is_reference else None)
            for place, body in bodies.items()
        }
    return bodies


def _may_hold(body: Source, *signs: str) -> bool:
    """Whether a link in it can hold one of these: seen without looking at each element."""
    return "\\u" in body.text or any(sign in body.text for sign in signs)


def _places(found: Iterable[Meant]) -> dict[str, Meant]:
    """What each `fullUrl` stands for."""
    places: dict[str, Meant] = {}
    for each in found:
        if not (url := each.entry.full_url):
            continue
        if url in places:
            raise Invalid(
                f"entry {places[url].entry.place} has the same `fullUrl`; give each its own",
                expression=f"Bundle.entry[{each.entry.place}].fullUrl",
            )
        places[url] = each
    return places


def _to_entry(entry: Entry, places: Mapping[str, Meant]) -> Callable[[Link], str | None]:
    """What stands in place of a link to an entry; Unprocessable when there should be one and is not."""
    restful, base = _RESTFUL.fullmatch(entry.full_url), entry.ask.service.base

    def target(link: Link) -> str | None:
        url, _, version = link.text.partition("/_history/")
        each = places.get(url)
        if each is None and restful is not None and link.is_reference:
            each = places.get(f"{restful['root']}/{url}")
        if each is None:
            if link.is_reference and link.text.startswith(_URN):
                raise Unprocessable(
                    f"no entry has the `fullUrl` `{link.text[:64]}`", expression=f"resource.{link.expression}"
                )
            return None
        if each.entry.full_url == f"{base}/{each.local}":
            return None  # it says already where that is
        return f"{each.local}/_history/{each.version}" if version else each.local

    return target


def _is_conditional(link: Link) -> bool:
    return link.is_reference and "?" in link.text and link.text.partition("?")[0] in RESOURCE_TYPES


async def _resolved(unit: Unit, link: Link, found: Mapping[int, Meant], bodies: Mapping[int, Source]) -> str:
    type, _, query = link.text.partition("?")
    service = next(iter(found.values())).entry.ask.service.within(unit)
    where = f"resource.{link.expression}"
    try:
        condition = await read_condition(service, type, parameters_in(query, where))
    except Invalid as error:
        raise Invalid(*[replace(issue, expression=where) for issue in error.issues]) from None
    require_reach(unit, condition)
    made = {each.local: place for place, each in found.items() if each.found is None and each.twin is None}
    # As many may fall away as the entries change.
    changed = sum(each.entry.code in _CHANGES for each in found.values())
    seen = await unit.matching(condition, most=changed + 2)
    there = {f"{type}/{each.id}" for each in seen}
    # What an entry changes is what it will be; of what a patch will make of it the store knows only the past.
    there = {local for local in there if local not in made or found[made[local]].entry.code == "patch"}
    codes = codes_of(condition)
    there |= {
        local
        for local, place in made.items()
        if found[place].entry.ask.type == type
        and found[place].entry.code != "patch"
        and _meets(bodies.get(place), condition, codes, service.base)
    }
    if len(there) != 1:
        raise PreconditionFailed(
            f"`{type}?...` must match exactly one resource that you may see",
            expression=where,
        )
    return there.pop()
