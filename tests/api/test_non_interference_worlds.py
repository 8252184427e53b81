"""What an actor is told depends on what the actor may see, and on nothing else (access law, "Disclosure").

Each generated store is asked beside one that holds only what the actor may see, with the same versions, and
whose law is the actor's own grants. The answers are the same to the byte.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from plan_worlds import ACTORS, IDENTIFIER, OTHER, PERSON, World, entries, worlds
from resources import Resource, bundle, entity, goal, put, ref, task
from serving import Clock
from sight import Sight, cut_down, sight
from stores import BASE, Stores, add, build, two_stores

from dzop.fhir.resource_types import RESOURCE_TYPES, SearchParameter
from dzop.fhir.search.index import index
from dzop.fhir.search.query import modifiers, sortable

TYPES = tuple(RESOURCE_TYPES)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_EXAMPLES = max(1, int(os.environ.get("DZOP_EXAMPLES", "27")) // len(ACTORS))
# To shrink a whole store takes long and shows little more than the first question that differs.
few = settings(
    max_examples=_EXAMPLES,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Question:
    """One request; `changes`: it may leave a store other than it was."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Resource | None = None
    changes: bool = False


Told = tuple[str, int, dict[str, str], str]


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def stores(database: str, tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Stores]:
    with two_stores(database, tmp_path_factory.mktemp("stores"), clock) as stores:
        yield stores


async def told(client: httpx.AsyncClient, question: Question) -> list[Told]:
    """What is answered, with every page that follows."""
    found, url = [], question.url
    while url:
        answer = await client.request(question.method, url, headers=question.headers, json=question.body)
        found.append(_without_what_may_differ(question, answer))
        links = (
            answer.json().get("link", ()) if question.method == "GET" and answer.status_code == 200 else ()
        )
        url = next((each["url"] for each in links if each["relation"] == "next"), "")
    return found


def _without_what_may_differ(question: Question, answer: httpx.Response) -> Told:
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    text = answer.text
    if question.method in ("GET", "HEAD"):
        text = re.sub(r'^(\{"resourceType":"Bundle"),"id":"[^"]*"', r"\1", text)
    else:
        text = _UUID.sub("NEW", text)
        headers = {name: _UUID.sub("NEW", value) for name, value in headers.items()}
    return f"{question.method} {question.url}", answer.status_code, headers, text


# -- questions ---------------------------------------------------------------------------------------

_chance = st.sampled_from
_DATES = ("2026-06-01", "2026", "2027-01-11", "2026-01-05", "2026-06-01T08:01:00Z")
_PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")


def _values(world: World, type: str, parameter: SearchParameter) -> list[str]:
    """Values that something in this world has, seen or hidden, and one that nothing has."""
    if parameter.name == "_id":
        return [each["id"] for each in world.resources if each["resourceType"] == type] + ["free"]
    if parameter.type == "date":
        return list(_DATES)
    found = ["nothing"]
    for each in world.resources:
        if each["resourceType"] != type:
            continue
        rows = index(each, type, BASE)
        found += [f"{system}|{code}" for name, system, code in rows.tokens if name == parameter.name]
        found += [code for name, _, code in rows.tokens if name == parameter.name]
        found += [
            text
            for name, target, id, *_ in rows.references
            if name == parameter.name and id
            for text in (f"{target}/{id}", str(id), f"{BASE}/{target}/{id}")
        ]
        found += [text[:3] for name, text, _ in rows.strings if name == parameter.name and text]
    if parameter.type == "reference":
        found += world.references
    return list(dict.fromkeys(each for each in found if each))


@st.composite
def _criterion(draw: st.DrawFn, world: World, type: str) -> str:
    parameter = draw(_chance(RESOURCE_TYPES[type].search))
    modifier = draw(_chance(("", *modifiers(parameter))))
    if modifier == "missing":
        return f"{parameter.name}:missing={draw(_chance(('true', 'false')))}"
    value = draw(_chance(_values(world, type, parameter)))
    if parameter.type == "date":
        value = draw(_chance(_PREFIXES)) + value
    return f"{parameter.name}{':' if modifier else ''}{modifier}={value}"


@st.composite
def searches(draw: st.DrawFn, world: World) -> str:
    """A query of any type, parameter, modifier, order, total, size and include, sometimes a wrong one."""
    type = draw(_chance(TYPES))
    keys = sortable(RESOURCE_TYPES[type])
    references = [each.name for each in RESOURCE_TYPES[type].search if each.type == "reference"]
    parts = draw(st.lists(_criterion(world, type), max_size=2))
    if keys and draw(st.booleans()):
        parts.append("_sort=" + draw(_chance(("", "-"))) + draw(_chance(keys)))
    parts += draw(
        st.lists(
            _chance(("_total=accurate", "_count=1", "_summary=count", "_total=none")), max_size=2, unique=True
        )
    )
    if references and draw(st.booleans()):
        parts += [
            f"_include={type}:{each}" for each in draw(st.lists(_chance(references), min_size=1, max_size=2))
        ]
    if draw(_chance((False,) * 9 + (True,))):
        parts.append(
            draw(
                _chance(
                    (
                        "_has:Task:focus:owner=x",
                        "nonsense=1",
                        "_sort=nonsense",
                        "patient.name=Jet",
                        "_count=-1",
                        "_page=x",
                    )
                )
            )
        )
    return f"{type}?{'&'.join(parts)}"


@st.composite
def reads(draw: st.DrawFn, world: World) -> str:
    """An id that is free, hidden, seen or deleted; now, as it was, and all it ever was."""
    reference = draw(_chance((*world.references, "Goal/free", "Communication/free")))
    return reference + draw(
        _chance(("", "", "/_history", "/_history/1", "/_history/2", "/_history/3", "/_history?_count=1"))
    )


@st.composite
def questions(draw: st.DrawFn, world: World) -> Question:
    """Any request that reads."""
    asked = searches(world) | reads(world)
    match draw(_chance(("search", "search", "read", "read", "batch", "transaction"))):
        case "search":
            headers = {"Prefer": "handling=lenient"} if draw(_chance((False, False, True))) else {}
            return Question("GET", f"/{draw(searches(world))}", headers)
        case "read":
            headers = {"If-None-Match": 'W/"1"'} if draw(_chance((False, False, True))) else {}
            return Question(draw(_chance(("GET", "GET", "HEAD"))), f"/{draw(reads(world))}", headers)
        case "batch":
            urls = draw(st.lists(asked, min_size=1, max_size=3))
            return Question("POST", "/", body=bundle("batch", *[_get(url) for url in urls]))
        case _:
            urls = draw(st.lists(_chance((*world.references, "Goal/free")), min_size=1, max_size=3))
            return Question("POST", "/", body=bundle("transaction", *[_get(url) for url in urls]))


def _get(url: str) -> Resource:
    return {"request": {"method": "GET", "url": url}}


def sweep(world: World) -> Question:
    """Every type with all it includes, every id in every way, every reference and identifier as a condition."""
    urls = []
    for type, entry in RESOURCE_TYPES.items():
        if type != "AuditEvent":
            includes = [f"_include={type}:{each.name}" for each in entry.search if each.type == "reference"]
            urls.append("&".join([f"{type}?_total=accurate&_count=100", *includes]))
    for each in world.resources:
        rows = index(each, each["resourceType"], BASE)
        urls += [
            f"{each['resourceType']}?{name}={target}/{id}" for name, target, id, *_ in rows.references if id
        ]
        urls += [f"{each['resourceType']}?{name}={code}" for name, _, code in rows.tokens]
    urls += [f"{each}{path}" for each in world.references for path in ("", "/_history", "/_history/1")]
    known = [{"request": {**_get(each)["request"], "ifNoneMatch": 'W/"1"'}} for each in world.references]
    return Question("POST", "/", body=bundle("batch", *[_get(url) for url in dict.fromkeys(urls)], *known))


def probes(world: World, hidden: frozenset[str]) -> Question:
    """What may not go through: changes of the versions that something hidden has or has not."""
    bodies = {f"{each['resourceType']}/{each['id']}": each for each in world.resources}
    entries = []
    for at in sorted(hidden):
        for version in "123":
            request = {"method": "DELETE", "url": at, "ifMatch": f'W/"{version}"'}
            entries.append({"request": request})
            entries.append({"resource": bodies[at], "request": {**request, "method": "PUT"}})
    return Question("POST", "/", body=bundle("batch", *entries))


@st.composite
def changes(draw: st.DrawFn, world: World, actor: str, hidden: frozenset[str]) -> Question:
    """Any request that writes, also about what is hidden; a creating PUT on a hidden id is a declared exception."""
    match draw(_chance(("delete", "put", "conditional", "reference", "transaction", "batch"))):
        case "delete":
            at = draw(_chance((*world.references, "Communication/free", "Goal/free")))
            return Question("DELETE", f"/{at}", _matching(draw(_chance(("", "1", "2", "9")))), changes=True)
        case "put":
            body = draw(_chance(world.resources))
            at = f"{body['resourceType']}/{body['id']}"
            versions = ("1", "2", "9") if at in hidden else ("", "1", "2", "9")
            changed = {**body, "language": "fr"} | (
                {"subject": ref(OTHER)} if draw(_chance((False, False, False, True))) else {}
            )
            return Question("PUT", f"/{at}", _matching(draw(_chance(versions))), changed, changes=True)
        case "conditional":
            condition = draw(_condition(world, "Goal"))
            about = draw(_chance((PERSON, OTHER, "Patient/nobody")))
            return Question(
                "POST", "/Goal", {"If-None-Exist": condition}, goal("Goal/x", about), changes=True
            )
        case "reference":
            return _of(draw(_linked(world, actor)))
        case "transaction":
            conditional = task("Task/x", PERSON, focus=ref("Goal?" + draw(_condition(world, "Goal"))))
            entry = {"resource": conditional, "request": {"method": "POST", "url": "Task"}}
            return Question(
                "POST",
                "/",
                body=bundle("transaction", entry, _get(draw(_chance(world.references)))),
                changes=True,
            )
        case _:
            linked = draw(_linked(world, actor))
            entry = {"resource": linked, "request": {"method": "POST", "url": linked["resourceType"]}}
            return Question("POST", "/", body=bundle("batch", entry, _get(draw(reads(world)))), changes=True)


def _of(body: Resource) -> Question:
    return Question("POST", f"/{body['resourceType']}", body=body, changes=True)


def _matching(version: str) -> dict[str, str]:
    return {"If-Match": f'W/"{version}"'} if version else {}


@st.composite
def _condition(draw: st.DrawFn, world: World, type: str) -> str:
    return draw(_chance((f"identifier={IDENTIFIER}|1", f"identifier={IDENTIFIER}|2"))) + draw(
        _chance(("", "&subject=" + PERSON, "&_id=1"))
    )


@st.composite
def _linked(draw: st.DrawFn, world: World, actor: str) -> Resource:
    """A new resource that refers to something seen, hidden or free."""
    target = draw(_chance((*world.references, "Goal/free", "Consent/free")))
    number = draw(st.integers(0, 2))
    about = draw(_chance((PERSON, PERSON, OTHER)))
    if number == 0:
        return entity(
            "Provenance/x",
            target=[ref(target)],
            recorded="2026-01-05T14:00:00+01:00",
            agent=[{"who": ref(actor)}],
        )
    if number == 1:
        return task("Task/x", about, focus=ref(target), owner=ref(actor), basedOn=[ref(target)])
    return entity("QuestionnaireResponse/x", status="completed", subject=ref(target), author=ref(actor))


# -- the property ------------------------------------------------------------------------------------


async def cut(stores: Stores, seen: Sight, **options: Any) -> None:
    """The second store becomes the first, as far as it is seen."""
    await stores.second.become(stores.first)
    await cut_down(stores.second, seen, **options)


async def differences(stores: Stores, actor: str, asked: list[Question]) -> list[tuple[Any, ...]]:
    """Where the answers of both stores differ, or are none, until a write goes through."""
    found: list[tuple[Any, ...]] = []
    async with stores.first.client(actor) as first, stores.second.client(actor) as second:
        for question in asked:
            answers = await told(first, question), await told(second, question)
            found += [
                _apart(*pair)
                for pair in zip(*answers, strict=False)
                if pair[0] != pair[1] or pair[0][1] >= 500
            ]
            if len(answers[0]) != len(answers[1]):
                found.append((question.url, "pages", len(answers[0]), len(answers[1])))
            if question.changes and answers[0][0][1] < 300:
                break
    return found


def _apart(first: Told, second: Told) -> tuple[Any, ...]:
    """The question, and what both answers say from just before the place where they part."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first[3], second[3], strict=False))
    place = max(0, sum(1 for _ in alike) - 200)
    return first[0], first[1:3], second[1:3], first[3][place:][:400], second[3][place:][:400]


@few
@pytest.mark.parametrize("actor", ACTORS)
@given(data=st.data())
def test_answers_are_those_of_a_store_with_only_what_is_seen(
    stores: Stores, clock: Clock, actor: str, data: st.DataObject
) -> None:
    world = data.draw(worlds(actor))

    async def both() -> None:
        await build(stores.first, world, clock)
        await cut(stores, await sight(stores.first, actor, clock.instant))
        asked = [sweep(world), *data.draw(st.lists(questions(world), min_size=8, max_size=8))]
        assert await differences(stores, actor, asked) == []

    stores.run(both())


@few
@pytest.mark.parametrize("actor", ACTORS)
@given(data=st.data())
def test_what_is_written_is_answered_as_by_a_store_with_only_what_is_seen(
    stores: Stores, clock: Clock, actor: str, data: st.DataObject
) -> None:
    world = data.draw(worlds(actor))

    async def both() -> None:
        await build(stores.first, world, clock)
        seen = await sight(stores.first, actor, clock.instant)
        await cut(stores, seen, keeping_facts=True)
        hidden = frozenset(f"{type}/{id}" for _, type, id in seen.hidden)
        drawn = data.draw(st.lists(changes(world, actor, hidden), min_size=8, max_size=8))
        asked = [probes(world, hidden), *drawn]
        assert await differences(stores, actor, asked) == []

    stores.run(both())


@few
@pytest.mark.parametrize("actor", ACTORS)
@given(data=st.data())
def test_what_is_added_unseen_changes_no_byte(
    stores: Stores, clock: Clock, actor: str, data: st.DataObject
) -> None:
    world = data.draw(worlds(actor))
    more = data.draw(entries(range(30, 36)))
    elsewhere = data.draw(entries(range(40, 44), OTHER))

    async def both() -> None:
        await build(stores.first, world, clock)
        await stores.second.become(stores.first)
        await add(stores.first, [put(each) for each in (*more, *elsewhere)], clock=clock)
        before = await sight(stores.second, actor, clock.instant)
        after = await sight(stores.first, actor, clock.instant)
        await stores.first.forget(after.resources - before.resources)
        await stores.first.forget_events(after.events - before.events)
        asked = [sweep(world), *data.draw(st.lists(questions(world), min_size=8, max_size=8))]
        assert await differences(stores, actor, asked) == []

    stores.run(both())
