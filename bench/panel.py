"""Search over everybody an actor may see, beside the same search when the persons are given as an array."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, any_, bindparam, func, literal, select

from consent.matrix import load
from dzop.access import guarded
from dzop.access.actors import actor_of
from dzop.access.gateway import Gateway
from dzop.actor import Actor, Call
from dzop.fhir.search.query import read_query
from dzop.loading import Loader, from_bytes
from dzop.store import search
from dzop.store.audit import Writer
from dzop.store.database import Database
from dzop.store.embedded import embedded
from dzop.store.migrations import migrate_async
from dzop.store.reading import read_whole
from dzop.store.statement import Statement, compiled
from dzop.store.tables import metadata
from dzop.store.tables import resource_current as current

PERSONS, PANEL, RESOURCES, TIMES = 2_000, 1_500, 10, 60
NURSE, DZOP = "Practitioner/nurse", "https://dzop.example/fhir"
BASE = "http://bench/fhir"
_OF_PLANS = ("resource_", "index_", "audience", "grants")
_HL7 = "http://terminology.hl7.org"

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One search: milliseconds with the access law inside, and with an array of persons instead.

    Both at best, for other work on the machine only adds.
    """

    name: str
    guarded: float
    given: float

    @property
    def ratio(self) -> float:
        return self.guarded / self.given


def lines() -> list[Line]:
    """All searches, on a database of their own that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="dzop-panel-") as name:
        folder = Path(name)
        # Under root the embedded database runs as `nobody`, who must be able to get there.
        folder.chmod(0o755)
        with embedded(folder) as url:
            return asyncio.run(_measured(url))


async def _measured(url: str) -> list[Line]:
    async with _world(url) as database:
        now = datetime.now(UTC)
        call = Call(await actor_of(database, NURSE, None, Actor("", ""), now, sandbox=True), now)
        return [await _line(database, call, *each) for each in _searches().items()]


def _searches() -> Mapping[str, tuple[str, Statement]]:
    """Query strings, and the same statement with `persons` instead of the visibility predicate."""
    newest = _given(21, current.c.last_updated.desc(), current.c.id)
    by_id = _given(51, current.c.id)
    counted = select(func.count()).select_from(current).where(*_of_persons())
    return {
        "newest 20": ("_sort=-_lastUpdated&_count=20", compiled(newest)),
        "first 50 by id": ("_count=50", compiled(by_id)),
        "how many": ("_summary=count", compiled(counted)),
    }


def _of_persons() -> tuple[ColumnElement[bool], ...]:
    persons = any_(bindparam("persons", type_=ARRAY(BigInteger)))
    return current.c.type == literal("Goal"), ~current.c.deleted, current.c.person == persons


def _given(limit: int, *order: ColumnElement[Any]) -> Select[Any]:
    at = (current.c.person, current.c.type, current.c.id, current.c.version, current.c.mask)
    found = select(*at).where(*_of_persons()).order_by(*order).limit(literal(limit)).subquery("found")
    return read_whole(found)


async def _line(database: Database, call: Call, name: str, compared: tuple[str, Statement]) -> Line:
    text, given = compared
    parameters = [tuple(each.split("=")) for each in text.split("&")]
    query = read_query("Goal", parameters, base=BASE, lenient=False)  # type: ignore[arg-type]
    if query.count == 0:
        statement, values = search.counted(query, guarded.seeing(call.actor))
    else:
        statement, values = search.page(query, guarded.seeing(call.actor), after=None)
        values["limit"] = (query.count or 0) + 1
    values |= guarded.binds(call)
    persons = list(range(1, PANEL + 1))
    found = len(await database.rows(statement, **values)), len(await database.rows(given, persons=persons))
    if not found[0] == found[1] > 0:
        raise SystemExit(f"{name}: {found[0]} and {found[1]} rows are not the same search")
    taken: tuple[list[float], list[float]] = [], []
    for _ in range(TIMES):
        taken[0].append(await _milliseconds(database, statement, values))
        taken[1].append(await _milliseconds(database, given, {"persons": persons}))
    return Line(name, min(taken[0]), min(taken[1]))


async def _milliseconds(database: Database, statement: Statement, values: Mapping[str, Any]) -> float:
    start = time.perf_counter()
    await database.rows(statement, **values)
    return 1000 * (time.perf_counter() - start)


@asynccontextmanager
async def _world(url: str) -> AsyncIterator[Database]:
    """`PERSONS` persons with `RESOURCES` each; the nurse is in the team of the first `PANEL`."""
    await migrate_async(url)
    async with Database.opened(url, 2) as database:
        async with Writer.running(database) as audit:
            loader = Loader(Gateway(database, audit, load(), BASE), datetime.now(UTC))
            for resource in (*_directory(), *_person(1, NURSE), *_person(2, "Practitioner/other")):
                for piece in from_bytes(resource["id"], orjson.dumps(resource)):
                    await loader.load(piece)
        if loader.report.faults:
            raise SystemExit(f"the world could not be made: {loader.report.faults[0]}")
        connection = await asyncpg.connect(url)
        keys = [
            await connection.fetchval("select key from person where patient_id = $1", id)
            for id in ("p1", "p2")
        ]
        moved = [*_moved(keys[1], PERSONS), *_moved(keys[0], 1)]
        for statement in [*moved, *_copied(1, 2, PANEL), *_copied(PERSONS, PANEL + 1, PERSONS - 1)]:
            await connection.execute(statement)
        await connection.execute("analyze")
        await connection.close()
        yield database


def _moved(key: int, to: int) -> Iterator[str]:
    yield f"update person set key = {to} where key = {key}"  # noqa: S608 - numbers of ours
    for table in metadata.sorted_tables:
        if "person" in table.c:
            yield f'update "{table.name}" set person = {to} where person = {key}'  # noqa: S608 - names of ours


def _copied(template: int, first: int, last: int) -> Iterator[str]:
    """Statements that make persons `first` to `last` like the template, with ids and times of their own."""
    number = f"generate_series({first}, {last}) as n"
    yield f"insert into person (key, patient_id) select n, 'copy' || n from {number}"  # noqa: S608 - numbers of ours
    for table in metadata.sorted_tables:
        if "person" in table.c and table.name.startswith(_OF_PLANS):
            columns = ", ".join(f'"{each.name}"' for each in table.columns)
            values = ", ".join(_own(each.name) for each in table.columns)
            yield f'insert into "{table.name}" ({columns}) select {values} from "{table.name}" t, {number} where person = {template}'  # noqa: S608, E501


def _own(column: str) -> str:
    own = {
        "person": "n",
        "id": "id || '-' || n",
        "last_updated": "last_updated + (n * 7919 % 5000) * interval '1 s'",
    }
    return own.get(column, f't."{column}"')


def _directory() -> Iterator[Resource]:
    yield {"resourceType": "Organization", "id": "practice", "name": "Praktijk", "active": True}
    for name in ("nurse", "other"):
        yield {"resourceType": "Practitioner", "id": name, "active": True, "name": [{"text": name}]}
        yield {
            "resourceType": "PractitionerRole", "id": name, "active": True,
            "practitioner": {"reference": f"Practitioner/{name}"},
            "organization": {"reference": "Organization/practice"},
            "code": [_coded("role", "health-professional")],
        }  # fmt: skip


def _person(number: int, member: str) -> Iterator[Resource]:
    patient = {"reference": f"Patient/p{number}"}
    yield {"resourceType": "Patient", "id": f"p{number}", "name": [{"text": "Jet"}]}
    yield {
        "resourceType": "Consent", "id": f"sharing{number}", "status": "active", "patient": patient,
        "performer": [patient], "category": [_coded("consent-kind", "sharing")],
        "scope": _coded("consentscope", "patient-privacy", _HL7),
        "policyRule": _coded("v3-ActCode", "OPTIN", _HL7),
        "provision": {"type": "permit"},
    }  # fmt: skip
    yield {
        "resourceType": "CareTeam", "id": f"team{number}", "status": "active", "subject": patient,
        "participant": [{"member": {"reference": member}, "role": [_coded("role", "health-professional")]}],
    }  # fmt: skip
    for each in range(RESOURCES):
        yield {
            "resourceType": "Goal", "id": f"goal{number}-{each}", "lifecycleStatus": "active", "subject": patient,
            "description": {"text": "Walks to the corner and back each day."},
            "category": [_coded("goal-category", "care-goal")],
        }  # fmt: skip


def _coded(system: str, code: str, base: str = DZOP) -> Resource:
    return {"coding": [{"system": f"{base}/CodeSystem/{system}", "code": code}]}


if __name__ == "__main__":
    for line in lines():
        print(f"{line.name:20}{line.guarded:8.2f} ms{line.given:8.2f} ms{line.ratio:6.2f}")  # noqa: T201
