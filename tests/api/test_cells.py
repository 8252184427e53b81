"""Every cell of the matrix over HTTP: read, find, create, update and delete in every category, in every role.

Each role has a person of its own, and of each category an entry that does not concern the actor, one that
the actor performs and one that the actor wrote. What the law says of them is what happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from resources import Resource, bundle, entity, put
from serving import Clock
from stores import Store, two_stores

from consent.categories import mask
from consent.law import decide
from consent.matrix import ROLES, load
from dzop.fhir.resource_types import RESOURCE_TYPES
from tests.api.test_casebook import BEFORE, MADE, completed, directory, marked
from tests.consent.casebook import NOW, read_actor, read_lines, resources
from tests.consent.test_cases import IN_ROLE

TIES = {"unconcerned": frozenset[str](), "acting": frozenset({"acting"}), "author": frozenset({"author"})}
# Done to the entries of a team, by kind of consent, by the registrar: tests of their own.
WRITTEN_OTHERWISE = ("care-team", "consent", "about-me")


class Cells:
    """One store with a person for every role."""

    def __init__(self, store: Store, run: Callable[[Any], Any], clock: Clock) -> None:
        self.store, self.run, self.clock = store, run, clock
        self.entries: dict[tuple[str, str, str], Resource] = {}
        self.removable: dict[tuple[str, str, str], Resource] = {}

    async def fill(self) -> None:
        async with self.store.client("system") as system:
            await self._enter(system, directory())
            for number, role in enumerate(ROLES):
                await self._enter(system, [*self._facts(role), *self._made(role, number)])
        for (role, _, tie), body in [*self.entries.items(), *self.removable.items()]:
            await self._tie(role, body, TIES[tie])

    async def _enter(self, system: Any, bodies: list[Resource]) -> None:
        answer = await system.post("/", json=bundle("transaction", *map(put, bodies)))
        assert answer.status_code == 200, answer.text

    def _facts(self, role: str) -> list[Resource]:
        lines = ["sharing c1", "related RelatedPerson/rita", *IN_ROLE[role][1:]]
        found = [entity("Patient/p"), *resources(dict.fromkeys(lines))]
        return [completed({**marked(role, each), "id": f"{each['id']}-{role}"}) for each in found]

    def _made(self, role: str, number: int) -> Iterator[Resource]:
        for category, make in MADE.items():
            for tie in TIES:
                body = make(f"{category}-{tie}-{number}", f"Patient/p-{role}")
                self.entries[role, category, tie] = body
                yield body
        for category, tie in _written(role, "delete"):
            body = MADE[category](f"{category}-{tie}-{number}-gone", f"Patient/p-{role}")
            self.removable[role, category, tie] = body
            yield body

    async def _tie(self, role: str, body: Resource, kinds: frozenset[str]) -> None:
        at = (body["resourceType"], body["id"])
        await self.store.direct.execute("delete from audience where type = $1 and id = $2", *at)
        await self.store.direct.executemany(
            """insert into audience select person, type, id, $3, $4, 'case', '-infinity', 'infinity'
            from resource_current where type = $1 and id = $2""",
            [(*at, self.actor(role), kind) for kind in kinds],
        )

    def actor(self, role: str) -> str:
        shape = read_actor(IN_ROLE[role][0])
        return str(marked(role, [shape.individual or shape.organisation])[0])

    def asked(self, role: str, entries: list[Resource]) -> list[Resource]:
        """The answers to these entries of a batch, in the name of the role's actor."""

        async def ask() -> list[Resource]:
            self.clock.instant = NOW
            async with self.store.client(self.actor(role), role=read_actor(IN_ROLE[role][0]).role) as client:
                answer = await client.post("/", json=bundle("batch", *entries))
                assert answer.status_code == 200, answer.text
                return list(answer.json()["entry"])

        return self.run(ask())  # type: ignore[no-any-return]

    def there(self, entries: list[Resource]) -> list[bool]:
        """Whether each of these is still there, whoever may see it."""

        async def ask() -> list[bool]:
            async with self.store.client("system") as system:
                urls = [f"/{each['resourceType']}/{each['id']}" for each in entries]
                return [(await system.get(url)).status_code == 200 for url in urls]

        return self.run(ask())  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def cells(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cells]:
    clock = Clock()
    clock.instant = BEFORE
    with two_stores(database, tmp_path_factory.mktemp("cells"), clock) as stores:
        cells = Cells(stores.first, stores.run, clock)
        stores.run(cells.fill())
        yield cells


def permitted(
    role: str, action: str, *, categories: tuple[str, ...] = tuple(MADE)
) -> dict[tuple[str, str], bool]:
    """What the law says of every entry."""
    actor, *relations = IN_ROLE[role]
    facts = read_lines(["sharing c1", "related RelatedPerson/rita", *relations])
    shape = read_actor(actor)
    return {
        (category, tie): decide(shape, facts, NOW, action, mask([category]), kinds, load()).permit
        for category in categories
        for tie, kinds in TIES.items()
    }


def request(method: str, url: str, body: Resource | None = None) -> Resource:
    return {"request": {"method": method, "url": url}} | ({"resource": body} if body else {})


def succeeded(answers: list[Resource]) -> list[bool]:
    return [each["response"]["status"][0] == "2" for each in answers]


def _written(role: str, action: str) -> list[tuple[str, str]]:
    """The entries that are written in the plain way, of types that take this."""
    return [
        (category, tie)
        for category in MADE
        for tie in TIES
        if category not in WRITTEN_OTHERWISE
        and action in RESOURCE_TYPES[MADE[category]("n", "Patient/p")["resourceType"]].interactions
    ]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reads_and_finds_what_its_cells_say(cells: Cells, role: str) -> None:
    said = permitted(role, "read")
    entries = [cells.entries[role, *each] for each in said]
    reads = [request("GET", f"{each['resourceType']}/{each['id']}") for each in entries]
    finds = [request("GET", f"{each['resourceType']}?_id={each['id']}") for each in entries]
    found = [bool(each["resource"].get("entry")) for each in cells.asked(role, finds)]
    assert (said, said) == (
        dict(zip(said, succeeded(cells.asked(role, reads)), strict=True)),
        dict(zip(said, found, strict=True)),
    )


@pytest.mark.parametrize("role", ROLES)
def test_a_role_changes_what_its_cells_say(cells: Cells, role: str) -> None:
    asked = _written(role, "update")
    said, seen = permitted(role, "update"), permitted(role, "read")
    bodies = [{**cells.entries[role, *each], "language": "nl"} for each in asked]
    puts = [request("PUT", f"{each['resourceType']}/{each['id']}", each) for each in bodies]
    changed = dict(zip(asked, succeeded(cells.asked(role, puts)), strict=True))
    assert {each: said[each] and seen[each] for each in asked} == changed


@pytest.mark.parametrize("role", ROLES)
def test_a_role_creates_what_its_cells_say(cells: Cells, role: str) -> None:
    asked = [each for each in _written(role, "create") if each[1] == "author"]  # whoever writes is the author
    said = permitted(role, "create")
    bodies = [cells.entries[role, *each] for each in asked]
    posts = [request("POST", each["resourceType"], each) for each in bodies]
    made = dict(zip(asked, succeeded(cells.asked(role, posts)), strict=True))
    assert {each: said[each] for each in asked} == made


@pytest.mark.parametrize("role", ROLES)
def test_a_role_removes_what_its_cells_say(cells: Cells, role: str) -> None:
    asked = _written(role, "delete")
    said, seen = permitted(role, "delete"), permitted(role, "read")
    entries = [cells.removable[role, *each] for each in asked]
    cells.asked(role, [request("DELETE", f"{each['resourceType']}/{each['id']}") for each in entries])
    # Of what is hidden a deletion is answered as of what is not there: whether it is gone shows to `system` only.
    gone = dict(zip(asked, [not each for each in cells.there(entries)], strict=True))
    assert {each: said[each] and seen[each] for each in asked} == gone


def test_every_cell_with_an_object_is_asked(cells: Cells) -> None:
    labels = {
        "sensitive",
        "access-log",
        "coordination",
    }  # a label, the log, a right: entries of other categories
    asked = {(category, role) for role, category, _ in cells.entries}
    assert {cell for cell in load().cells if cell[0] not in labels} == asked
