"""All that is kept of one person, or belongs to one plan, as far as the actor may see it; and what that references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_

import orjson

from consent.categories import BURDEN
from dzop.access.events import disclosure, disclosures, event
from dzop.access.guarded import binds
from dzop.access.reach import Bounds, sight
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.fhir.outcome import Issue, Unprocessable
from dzop.fhir.referenced import referenced
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.date import EARLIEST
from dzop.plan.belonging import TYPES, belonging
from dzop.store import everything as statements
from dzop.store.audit import Event
from dzop.store.database import Connection, Row
from dzop.store.reading import read_many

MOST = 10_000
_PERSONS = ("Patient", "RelatedPerson")
_DIRECTORY = tuple(name for name, entry in RESOURCE_TYPES.items() if entry.compartment == "directory")

CARE_DATES = (
    "Appointment.date", "CarePlan.date", "CareTeam.date", "Communication.received", "Communication.sent",
    "CommunicationRequest.occurrence", "DocumentReference.period", "Encounter.date", "Observation.date",
    "Provenance.when", "QuestionnaireResponse.authored", "ServiceRequest.occurrence", "Task.due", "Task.period",
)  # fmt: skip
"""When care took place, or is to, as `Type.parameter`: not when it was recorded, nor since when there is a goal or
a diagnosis, which lasts."""


@dataclass(frozen=True, slots=True)
class AskedWhole:
    """What of a person is asked for: of these types, changed at `since` or later, with a date of care in `care`."""

    types: frozenset[str]
    since: datetime = EARLIEST
    care: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """What was asked for: `matches` of `total` (None: not known) of one person, `included` what they name, whoever
    that is; a page ends behind `after`.
    """

    matches: tuple[Shown, ...]
    included: tuple[Shown, ...]
    total: int | None
    after: tuple[str, str] | None = None


async def of_person(
    connection: Connection,
    call: Call,
    base: str,
    person: int,
    asked: AskedWhole,
    after: tuple[str, str] | None,
    size: int,
) -> Whole:
    """A page of the person of this key, behind (type, id)."""
    rows = await _now(connection, call, person, asked, after, size)
    matches = tuple(Shown.of(row) for row in rows[:size])
    more = bool(rows) and rows[0]["found"] > len(matches)
    following = (matches[-1].type, matches[-1].id) if more else None
    included = await of_directory(connection, call, base, matches, asked.types, None)
    # What was there when a later page was promised may be gone.
    nothing = 0 if after is None else None
    return Whole(matches, included, rows[0]["total"] if rows else nothing, following)


async def of_plan(
    connection: Connection,
    call: Call,
    base: str,
    plan: Shown,
    types: frozenset[str],
    at: datetime | None,
) -> Whole | None:
    """The plan, what belongs to it, and whom that names; None where the plan was not there at that instant."""
    found = await _of_compartment(connection, call, base, plan.person, types, at)
    root = f"CarePlan/{plan.id}"
    if root not in found:
        return None
    parsed = {key: orjson.loads(each.body) for key, each in found.items() if each.type in TYPES}
    mine = belonging(root, parsed, base)
    # The plan comes first.
    keys = sorted(mine, key=lambda key: (key != root, key))
    matches = tuple(found[key] for key in keys)
    named = _named(matches, base)
    persons = [each for each in found.values() if each.type in _PERSONS and (each.type, each.id) in named]
    directory = await of_directory(connection, call, base, (*matches, *persons), types, at)
    return Whole(matches, (*persons, *directory), len(matches))


def of_whole(call: Call, shown: Shown, whole: Whole, interaction: str = "$everything") -> list[Event]:
    """That this call was shown all this of one person: one event, and one for each entry on a carer's burden.

    `shown` is what was asked about, the person or the plan: all else of the person was judged by the same grant.
    """
    own = [each for each in (*whole.matches, *whole.included) if each.person == shown.person]
    mask = reduce(or_, (each.mask for each in own if not each.mask & BURDEN), 0)
    told = event(
        call, interaction, 200, shown.type, shown.id, person=shown.person, mask=mask,
        rules=shown.rules, matrix_version=shown.matrix_version,
    )  # fmt: skip
    burdens = [
        disclosure(call, interaction, replace(each, rules=shown.rules, matrix_version=shown.matrix_version))
        for each in own
        if each.mask & BURDEN
    ]
    others = [each for each in whole.included if each.person != shown.person]
    return [told, *burdens, *disclosures(call, interaction, others)]


async def _of_compartment(
    connection: Connection, call: Call, base: str, person: int, types: frozenset[str], at: datetime | None
) -> dict[str, Shown]:
    """What may belong to a plan and who may be named, by key."""
    wanted = [each for each in (*TYPES, *_PERSONS) if each in types]
    if at is None:
        rows = await _now(connection, call, person, AskedWhole(frozenset(wanted)), None, MOST)
    else:
        rows = await connection.rows(
            statements.then(sight(call.actor, "r", *wanted)),
            person=person,
            types=wanted,
            at=at,
            **binds(call),
        )
        rows = await _reached(connection, call, base, rows)
    if len(rows) > MOST or (at is None and rows and rows[0]["found"] > len(rows)):
        text = f"around this plan there is too much to go through at once: at most {MOST} resources of 20 MB in all"
        raise Unprocessable(Issue("too-costly", text))
    return {f"{row['type']}/{row['id']}": Shown.of(row) for row in rows}


async def _now(
    connection: Connection,
    call: Call,
    person: int,
    asked: AskedWhole,
    after: tuple[str, str] | None,
    size: int,
) -> list[Row]:
    """The rows of a page, and of one more that tells whether another follows."""
    low, high = asked.care or (EARLIEST, EARLIEST)
    type, id = after or ("", "")
    return await connection.rows(
        statements.now(sight(call.actor, "r", *sorted(asked.types)), asked.care is not None),
        person=person, types=list(asked.types), since=asked.since, care=list(CARE_DATES), low=low, high=high,
        count=size + 1, after_type=type, after_id=id, after_rank=int(type not in ("", "Patient")), **binds(call),
    )  # fmt: skip


async def _reached(connection: Connection, call: Call, base: str, rows: list[Row]) -> list[Row]:
    """Of versions of resources within reach of the token, those that are within it too."""
    bounds = Bounds(connection, call, base)
    return [row for row in rows if await bounds.reach_version(Shown.of(row), "r")]


async def of_directory(
    connection: Connection,
    call: Call,
    base: str,
    found: Sequence[Shown],
    types: frozenset[str],
    at: datetime | None,
) -> tuple[Shown, ...]:
    """The care providers and organisations that these name, and whom a PractitionerRole among those joins."""
    named = await _looked_up(connection, call, base, _named(found, base), types, at)
    roles = [each for each in named if each.type == "PractitionerRole"]
    known = {(each.type, each.id) for each in named}
    joined = await _looked_up(connection, call, base, _named(roles, base) - known, types, at)
    return tuple(sorted((*named, *joined), key=lambda each: (each.type, each.id)))


async def _looked_up(
    connection: Connection,
    call: Call,
    base: str,
    wanted: set[tuple[str, str]],
    types: frozenset[str],
    at: datetime | None,
) -> list[Shown]:
    """Those of the directory, which everybody sees."""
    found = sorted(each for each in wanted if each[0] in _DIRECTORY and each[0] in types)
    if not found:
        return []
    where = {"types": [type for type, _ in found], "ids": [id for _, id in found], **binds(call)}
    looking = sight(call.actor, "r", *dict.fromkeys(where["types"]))
    if at is None:
        rows = await connection.rows(read_many(looking), **where)
    else:
        rows = await connection.rows(statements.directory_then(looking), at=at, **where)
        rows = await _reached(connection, call, base, rows)
    return [Shown.of(row) for row in rows]


def _named(found: Sequence[Shown], base: str) -> set[tuple[str, str]]:
    return {target for each in found for target in referenced(each.body, base)}
