"""A changed matrix becomes law for everybody at once, while the service goes on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from goals import link
from matrices import changed
from persons import Person, ids, new_person
from resources import entity, goal, ours, participant, practitioner, ref, task
from serving import Service, eventually, in_process, launched, ran

from consent.matrix import load, read
from dzop.access.generations import announce, step, use
from dzop.access.matrices import Matrices
from dzop.access.verification import differences
from dzop.store.database import Database
from dzop.store.migrations import migrate

SHIPPED = load().version


@dataclass
class Direct:
    """A connection that goes around the service."""

    url: str
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def __post_init__(self) -> None:
        self.connection = self.runner.run(self._connected())

    async def _connected(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.url)

    def __call__(self, sql: str, *values: Any) -> Any:
        """The first value of the first row."""
        return self.runner.run(self.connection.fetchval(sql, *values))

    def close(self) -> None:
        self.runner.run(self.connection.close())
        self.runner.close()

    @property
    def in_force(self) -> str:
        return str(self("select matrix_version from generation"))

    def has_compiled(self, number: int) -> bool:
        """Whether the next generation is there for this many persons."""
        return bool(
            self(
                "select next is not null and (select count(*) from person where key <= compiled_to) >= $1"
                " from generation",
                number,
            )
        )

    def becomes(self, matrix: Path) -> None:
        """Waits until this matrix is in force."""
        eventually(lambda: self.in_force == version_of(matrix))


@pytest.fixture
def url(database: str) -> str:
    """A database of the test's own, with the newest schema."""
    name = f"generations_{uuid4().hex[:8]}"
    with direct_to(database) as direct:
        direct(f"create database {name}")
    own = database.replace("/dzop?", f"/{name}?")
    migrate(own)
    return own


@contextmanager
def direct_to(url: str) -> Iterator[Direct]:
    direct = Direct(url)
    try:
        yield direct
    finally:
        direct.close()


@pytest.fixture
def direct(url: str) -> Iterator[Direct]:
    with direct_to(url) as direct:
        yield direct


@pytest.fixture
def matrix(tmp_path: Path) -> Path:
    """A matrix in which informal carers read documents, and nurses make no goals any more."""
    return changed(
        tmp_path / "matrix.csv",
        document__informal_carer={"read": "all", "read_ceiling": "all"},
        care_goal__health_professional={"create": "none"},
    )


def version_of(path: Path) -> str:
    return read(path.read_text()).version


@contextmanager
def held_up(direct: Direct, person: Person) -> Iterator[None]:
    """For the length of the block nobody gets on with this person, as if a write about them took long."""
    direct("begin")
    direct("select 1 from person where patient_id = $1 for update", person.patient.removeprefix("Patient/"))
    try:
        yield
    finally:
        direct("rollback")


def document_read(service: Service, person: Person, who: str = "carer") -> int:
    """The status of somebody's reading of a document."""
    reference = person.ref("DocumentReference", "report")
    return service.client(person.who(who)).get(f"/{reference}").status_code


def goal_made(service: Service, person: Person) -> int:
    """The status of the nurse's making of a goal."""
    made = goal("Goal/x", person.patient, expressedBy=ref(person.who("nurse")))
    return service.client(person.who("nurse")).post("/Goal", json=made).status_code


def both(services: tuple[Service, Service], person: Person) -> list[tuple[int, int]]:
    """What either service lets the carer read and the nurse make."""
    return [(document_read(each, person), goal_made(each, person)) for each in services]


def grown(service: Service, person: Person) -> None:
    """The cousin joins the team, as an informal carer."""
    usual = person.team()
    cousin = participant(person.who("cousin"), "informal-carer")
    person.store({**usual, "participant": [*usual["participant"], cousin]})


def test_an_empty_database_has_the_matrix_of_whoever_comes_first(
    url: str, direct: Direct, tmp_path: Path, matrix: Path
) -> None:
    with in_process(url, tmp_path, matrix=matrix):
        assert (direct.in_force, direct("select next from generation")) == (version_of(matrix), None)


def test_the_old_law_answers_everywhere_until_the_switch_and_the_new_one_after_it(
    url: str, direct: Direct, tmp_path: Path, matrix: Path
) -> None:
    with in_process(url, tmp_path) as old, ExitStack() as later:
        early, late = new_person(old), new_person(old)
        with held_up(direct, late):
            new = later.enter_context(in_process(url, tmp_path, matrix=matrix))
            eventually(lambda: direct.has_compiled(1))
            services = (old, new)
            before = both(services, early)
            grown(new, early)
            joined = document_read(old, early, "cousin")
        direct.becomes(matrix)
        after = [both(services, each) for each in (early, late)]
        assert (before, joined, after, document_read(old, early, "cousin")) == (
            [(404, 201)] * 2, 404, [[(200, 403)] * 2] * 2, 200,
        )  # fmt: skip
    report = ran(tmp_path, "verify", "--database", url, DZOP_VAR=str(tmp_path))
    assert report.stdout.strip() == "No differences."


def test_no_answer_mixes_two_laws(url: str, direct: Direct, tmp_path: Path) -> None:
    matrix = changed(
        tmp_path / "matrix.csv", document__health_professional={"read": "none", "read_ceiling": "none"}
    )
    with in_process(url, tmp_path) as old:
        people = [new_person(old) for _ in range(4)]
        common = people[0].ref("Practitioner", "common")
        employer = people[0].ref("Organization", "common")
        people[0].store(
            entity(employer, active=True, name="Praktijk"),
            *practitioner(common, "health-professional", employer),
        )
        for each in people:
            each.store(each.team(participant(common, "health-professional")))
        client, seen = old.client(common), [len(people)]
        with in_process(url, tmp_path, matrix=matrix):

            def is_seen_by_nobody() -> bool:
                seen.append(len(ids(client.get("/DocumentReference?_count=100"))))
                return seen[-1] == 0

            eventually(is_seen_by_nobody)
            assert (set(seen), direct.in_force) == ({len(people), 0}, version_of(matrix))


def test_a_service_killed_on_the_way_goes_on_where_it_was(
    url: str, direct: Direct, tmp_path: Path, matrix: Path
) -> None:
    with in_process(url, tmp_path) as old:
        early, late = new_person(old), new_person(old)
    settings = {"DZOP_DATABASE_URL": url, "DZOP_SANDBOX": "1", "DZOP_MATRIX": str(matrix)}
    with held_up(direct, late):
        killed = launched(tmp_path, "serve", **settings)
        eventually(lambda: direct.has_compiled(1))
        killed.process.kill()
        killed.process.wait()
    stopped_at = direct("select compiled_to from generation"), direct("select next from generation")
    with in_process(url, tmp_path) as again:
        direct.becomes(matrix)
        reads = [document_read(again, each) for each in (early, late)]
    assert (stopped_at, direct("select active from generation"), reads) == ((1, 2), 2, [200, 200])


def test_an_older_service_that_starts_again_does_not_take_the_law_back(
    url: str, direct: Direct, tmp_path: Path, matrix: Path
) -> None:
    with in_process(url, tmp_path):
        pass
    with in_process(url, tmp_path, matrix=matrix):
        direct.becomes(matrix)

    async def announced() -> bool:
        async with Database.opened(url, 1) as database:
            return await announce(database, load())

    assert (asyncio.run(announced()), direct("select next from generation")) == (False, None)


def test_a_matrix_that_was_in_force_before_can_be_used_again(
    url: str, direct: Direct, tmp_path: Path, matrix: Path
) -> None:
    with in_process(url, tmp_path) as old:
        person = new_person(old)
    with in_process(url, tmp_path, matrix=matrix) as new:
        direct.becomes(matrix)
        used = ran(tmp_path, "matrix", "use", SHIPPED, "--database", url)
        eventually(lambda: direct.in_force == SHIPPED)
        assert (used.returncode, both((new, new), person)) == (0, [(404, 201)] * 2)


def test_what_is_in_force_can_be_compiled_again(url: str, direct: Direct, tmp_path: Path) -> None:
    with in_process(url, tmp_path) as service:
        person = new_person(service)
        direct('update grants set own = 0, authored = 0, "full" = 0')
        broken = document_read(service, person, "gp")
        ran(tmp_path, "matrix", "use", SHIPPED, "--again", "--database", url)
        eventually(lambda: direct("select active from generation") == 2)
        assert (broken, document_read(service, person, "gp")) == (404, 200)


def compiled(url: str, base: str) -> None:
    """All that is to be compiled is, without a service."""

    async def work() -> None:
        async with Database.opened(url, 1) as database:
            while await step(database, Matrices(load()), base):
                pass

    asyncio.run(work())


def is_verified(url: str, base: str) -> bool:
    """Whether `dzop verify` would find nothing."""

    async def found() -> list[str]:
        async with Database.opened(url, 1) as database:
            return [each async for each in differences(database, load(), base)]

    return asyncio.run(found()) == []


def test_a_law_that_changed_with_a_release_is_compiled_for_what_older_ones_left(
    url: str, direct: Direct, tmp_path: Path
) -> None:
    with in_process(url, tmp_path) as older:
        person = new_person(older)
        nurse = person.who("nurse")
        person.store(person.team({"role": [ours("team-function", "educator")], "member": ref(nurse)}))
    direct("delete from grants where position($1 in shape) > 0", nurse)
    direct("update alembic_version set version_num = '0008'")
    migrate(url)
    before = is_verified(url, older.fhir)
    compiled(url, older.fhir)
    assert (before, is_verified(url, older.fhir)) == (False, True)


def test_goals_that_older_rules_opened_by_a_link_are_closed_when_all_is_compiled_again(
    url: str, direct: Direct, tmp_path: Path
) -> None:
    with in_process(url, tmp_path) as service:
        person = new_person(service)
        top, care, own = (person.ref(*each) for each in (("Goal", "top"), ("Goal", "care"), ("Task", "own")))
        person.store(
            goal(top, person.patient),
            goal(care, person.patient, extension=[link(top, "milestone")]),
            task(own, person.patient, owner=ref(person.who("neighbour")), focus=ref(care)),
        )
    direct(
        "insert into audience select person, type, $1, actor, kind, via, valid_from, valid_until from audience"
        " where via = $2 and id = $3",
        *(top.partition("/")[2], own, care.partition("/")[2]),
    )
    direct("update generation set next = last + 1, last = last + 1, next_matrix_version = matrix_version")
    compiled(url, service.fhir)
    opened = direct("select array_agg(id) from audience where kind = 'derived' and via = $1", own)
    assert opened == [care.partition("/")[2]]


def test_what_is_on_its_way_can_be_called_off(url: str, direct: Direct, tmp_path: Path, matrix: Path) -> None:
    with in_process(url, tmp_path) as old:
        person = new_person(old)
        with held_up(direct, person):
            with in_process(url, tmp_path, matrix=matrix):
                eventually(lambda: direct("select next from generation") is not None)

            async def called_off() -> bool:
                async with Database.opened(url, 1) as database:
                    return await use(database, SHIPPED)

            known = asyncio.run(called_off())
        assert (known, direct("select next from generation"), direct.in_force) == (True, None, SHIPPED)


def test_grants_that_no_longer_count_are_removed(
    url: str, direct: Direct, tmp_path: Path, matrix: Path
) -> None:
    with in_process(url, tmp_path) as old:
        new_person(old)
    with in_process(url, tmp_path, matrix=matrix):
        direct.becomes(matrix)
        eventually(lambda: direct("select min(generation) from grants") == 2)
    assert direct("select count(distinct generation) from grants") == 1


def test_grants_from_before_there_were_generations_count_until_they_are_compiled_anew(
    url: str, direct: Direct, tmp_path: Path
) -> None:
    with in_process(url, tmp_path) as old:
        person = new_person(old)
    direct("delete from generation")
    direct("update grants set generation = 0")
    with held_up(direct, person), in_process(url, tmp_path) as again:
        before = document_read(again, person, "gp"), direct("select active from generation")
    with in_process(url, tmp_path) as again:
        eventually(lambda: direct("select active from generation") == 1)
        assert (before, document_read(again, person, "gp")) == ((200, 0), 200)


def test_every_matrix_that_was_law_is_kept_with_its_text(
    url: str, direct: Direct, tmp_path: Path, matrix: Path
) -> None:
    with in_process(url, tmp_path):
        pass
    with in_process(url, tmp_path, matrix=matrix):
        direct.becomes(matrix)
    kept = [
        direct("select text from matrix_version where version = $1", each)
        for each in (SHIPPED, version_of(matrix))
    ]
    assert kept == [load().text, matrix.read_text()]


def test_the_matrix_in_force_is_the_one_published(
    url: str, direct: Direct, tmp_path: Path, matrix: Path
) -> None:
    with in_process(url, tmp_path), in_process(url, tmp_path, matrix=matrix) as new:
        direct.becomes(matrix)
        published = new.client("system").get("/CodeSystem/access-matrix").json()
    documents = next(each for each in published["concept"] if each["code"] == "document")
    carer = next(each for each in documents["concept"] if each["code"] == "document.informal-carer")
    reads = [each["valueCoding"]["code"] for each in carer["property"] if each["code"] == "read"]
    assert (published["version"], reads) == (version_of(matrix), ["all"])


def test_the_status_says_what_is_in_force_and_what_is_coming(
    url: str, direct: Direct, tmp_path: Path, matrix: Path
) -> None:
    with in_process(url, tmp_path) as old:
        person = new_person(old)
        with held_up(direct, person), in_process(url, tmp_path, matrix=matrix):
            eventually(lambda: direct("select next from generation") is not None)
            said = ran(tmp_path, "matrix", "status", "--database", url).stdout
    now, coming, *known = said.splitlines()
    assert (now.split()[:3], coming, len(known)) == (
        ["in", "force", SHIPPED],
        f"coming    {version_of(matrix)}  compiled for 0 of 1 persons",
        2,
    )


def test_a_faulty_matrix_of_ones_own_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "matrix.csv"
    path.write_text(re.sub("^plan,person,all", "plan,person,some", load().text, flags=re.MULTILINE))
    refusal = ran(tmp_path, "serve", DZOP_MATRIX=str(path))
    assert (refusal.returncode, refusal.stderr.strip()) == (
        1, f"dzop: {path} is no access matrix: `plan` x `person`: `some` is no value of read.",
    )  # fmt: skip
