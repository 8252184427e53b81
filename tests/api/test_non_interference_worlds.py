"""What an actor is told depends on what the actor may see, and on nothing else (access law, "Disclosure").

Each generated store is asked beside one that holds only what the actor may see, with the same versions, and
whose law is the actor's own grants. The answers are the same to the byte.
"""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import takewhile
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from plan_worlds import ACTORS, IDENTIFIER, OTHER, PERSON, World, entries, worlds
from reached import scopes
from resources import Resource, bundle, entity, goal, put, ref, task
from serving import Clock
from sight import Sight, cut_down, sight, within
from stores import BASE, Stores, add, build, two_stores

from dzop.fhir.resource_types import RESOURCE_TYPES, SearchParameter
from dzop.fhir.search.index import index
from dzop.fhir.search.query import modifiers, sortable

TYPES = tuple(RESOURCE_TYPES)
# The types of which something is stored; what dzop publishes and the log follow no references.
HELD = tuple(type for type, entry in RESOURCE_TYPES.items() if "create" in entry.interactions)
# Software acts by `system/` scopes, which are about no person.
PEOPLE = ("Practitioner/a", "RelatedPerson/r", PERSON, OTHER)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_BUNDLE_ID = re.compile(
    r'^(\{\s*"resourceType":\s*"Bundle",\s*"id":\s*"|(?:<\?xml[^>]*>\s*)?<Bundle[^>]*>\s*<id value=")[^"]*'
)
# Who may see the plan is told, to those who may ask, from the rows of others too: a declared exception.
_WHO_MAY_SEE = re.compile(
    r'\{"title":"[^"]*","code":\{"coding":\[\{"system":"[^"]*/document-section","code":"who-may-see"\}\]\},'
    r'"text":\{"status":"[a-z]+","div":"(?:[^"\\]|\\.)*"\}\},?'
)
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
    body: Any = None
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
        is_bundle = question.method == "GET" and answer.status_code == 200 and answer.text.startswith("{")
        links = answer.json().get("link", ()) if is_bundle else ()
        url = next((each["url"] for each in links if each["relation"] == "next"), "")
    return found


def _without_what_may_differ(question: Question, answer: httpx.Response) -> Told:
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    text = answer.text
    if question.method in ("GET", "HEAD"):
        text = re.sub(_BUNDLE_ID, r"\1", text)
    else:
        text = _without_chance(_UUID.sub("NEW", text))
        headers = {name: _UUID.sub("NEW", value) for name, value in headers.items()}
        text, found = _WHO_MAY_SEE.subn("", text)
        headers = {name: value for name, value in headers.items() if name != "content-length" or not found}
    return f"{question.method} {question.url}", answer.status_code, headers, text


def _without_chance(text: str) -> str:
    """Where what is found in a batch has an id that the server has just made, its place is chance: the order goes."""
    if '"fullUrl"' not in text or "/NEW" not in text or not text.startswith("{"):
        return text
    answer = json.loads(text)
    for each in answer.get("entry", ()):
        inner = each.get("resource", {})
        found = inner.get("entry", []) if inner.get("type") == "searchset" else []
        if "/NEW" in json.dumps(found):
            found.sort(key=json.dumps)
    return json.dumps(answer)


# -- questions ---------------------------------------------------------------------------------------

_chance = st.sampled_from
_ID = SearchParameter("_id", "token", ("id",))
_DATES = ("2026-06-01", "2026", "2027-01-11", "2026-01-05", "2026-06-01T08:01:00Z")
_PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_WORDS = ("note", "prom", "journal", "team", "jet", "goedendag", "wegen", "markt", "nothing")
_WRONG = (
    "nonsense=1", "_sort=nonsense", "patient.nonsense=Jet", "_count=-1", "_page=x", "_has:Task:focus:nonsense=x",
    "_filter=status", "_include=nonsense", "_elements=nonsense", "_summary=nonsense",
    "_display=nonsense",
)  # fmt: skip
_LOOKS = (
    "_summary=true",
    "_summary=text",
    "_summary=data",
    "_elements=id,status",
    "_pretty=true",
    "_format=xml",
    "_display=missing",
    "_displayLanguage=nl",
)
_HISTORIES = (
    "_count=1",
    "_count=3",
    "_since=2026-06-01T08:01:30Z",
    "_at=2026-06-01T08:01:00Z",
    "_summary=true",
)


def _values(world: World, type: str, parameter: SearchParameter) -> list[str]:
    """Values that something in this world has, seen or hidden, and one that nothing has."""
    if parameter.name == "_id":
        return [each["id"] for each in world.resources if each["resourceType"] == type] + ["free"]
    if parameter.name in ("_text", "_content"):
        return list(_WORDS)
    if parameter.type == "date":
        return list(_DATES)
    if parameter.type in ("number", "quantity"):
        return ["1", "gt0", "7||kg"]
    if parameter.type == "composite":
        return ["x$1", "prom$x"]
    found = ["nothing"]
    for each in world.resources:
        if each["resourceType"] != type:
            continue
        rows = index(each, type, BASE)
        found += [f"{system}|{code}" for name, system, code, *_ in rows.tokens if name == parameter.name]
        found += [code for name, _, code, *_ in rows.tokens if name == parameter.name]
        found += [
            text
            for name, target, id, *_ in rows.references
            if name == parameter.name and id
            for text in (f"{target}/{id}", str(id), f"{BASE}/{target}/{id}")
        ]
        found += [text[:3] for name, text, *_ in rows.strings if name == parameter.name and text]
    if parameter.type == "reference":
        found += world.references
    return list(dict.fromkeys(each for each in found if each))


def _references(type: str) -> list[SearchParameter]:
    """The reference parameters of a type."""
    return [each for each in RESOURCE_TYPES[type].search if each.type == "reference"]


def _to(parameter: SearchParameter) -> list[str]:
    """The types it leads to of which a world holds something."""
    return [each for each in HELD if not parameter.targets or each in parameter.targets]


@cache
def _referring(type: str) -> list[tuple[str, SearchParameter]]:
    """The types and parameters that lead to this type."""
    return [(source, each) for source in HELD for each in _references(source) if type in _to(each)]


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


def _restriction(world: World, type: str) -> st.SearchStrategy[tuple[str, str]]:
    return _criterion(world, type).map(lambda each: (each.partition("=")[0], each.partition("=")[2]))


@st.composite
def _across(draw: st.DrawFn, world: World, type: str, hops: int = 2) -> str:
    """A criterion on what a resource references, on what references it, or on itself."""
    onward = [(each, target) for each in _references(type) for target in _to(each)]
    backward = _referring(type)
    way = (
        draw(_chance(("itself", *["chain"] * bool(onward), *["has"] * bool(backward)))) if hops else "itself"
    )
    if way == "chain":
        parameter, target = draw(_chance(onward))
        named = draw(_chance((f":{target}", f":{target}", "")))
        return f"{parameter.name}{named}.{draw(_across(world, target, hops - 1))}"
    if way == "has":
        source, parameter = draw(_chance(backward))
        return f"_has:{source}:{parameter.name}:{draw(_across(world, source, hops - 1))}"
    return draw(_criterion(world, type))


@st.composite
def _filter(draw: st.DrawFn, world: World, type: str) -> str:
    """A `_filter` of up to two terms, over a reference too."""
    terms = []
    for _ in range(draw(st.integers(1, 2))):
        own = [each for each in RESOURCE_TYPES[type].search if each.type in ("token", "reference", "string")]
        parameter = draw(_chance(own))
        value = draw(_chance(_values(world, type, parameter))).rpartition("|")[2]
        term = f'{parameter.name} eq "{value}"'
        targets = _to(parameter) if parameter.type == "reference" else []
        if targets and draw(st.booleans()):
            term = f'{parameter.name}._id eq "{value.rpartition("/")[2]}"'
        terms.append(f"not ({term})" if draw(_chance((False, False, True))) else term)
    return "_filter=" + quote(draw(_chance((" and ", " or "))).join(terms))


@st.composite
def _includes(draw: st.DrawFn, type: str) -> str:
    """`_include` or `_revinclude`, of the matches or of what is included too, of one parameter or of all."""
    backward = _referring(type)
    match draw(_chance(("_include", "_revinclude", "_include:iterate", "_revinclude:iterate"))):
        case "_include" if _references(type):
            return f"_include={draw(_chance(('*', *[f'{type}:{each.name}' for each in _references(type)])))}"
        case "_revinclude" if backward:
            source, parameter = draw(_chance(backward))
            return f"_revinclude={source}:{parameter.name}"
        case "_include:iterate" if _references(type):
            further = draw(_chance([each for each in HELD if _references(each)]))
            return f"_include={type}:*&_include:iterate={further}:{draw(_chance(_references(further))).name}"
        case _ if backward:
            source, parameter = draw(_chance(backward))
            further = draw(_chance([each for each in HELD if _references(each)]))
            again = f"{further}:{draw(_chance(_references(further))).name}"
            return f"_revinclude={source}:{parameter.name}&_revinclude:iterate={again}"
        case _:
            return "_total=accurate"


@st.composite
def searches(draw: st.DrawFn, world: World) -> str:
    """A query of any type, parameter, modifier, order, total, size and include, sometimes a wrong one."""
    type = draw(_chance(TYPES))
    kept = type in HELD
    one = _criterion(world, type) if not kept else st.one_of(
        _criterion(world, type), _across(world, type), _across(world, type), _filter(world, type),
        _chance(_WORDS).map("_text={}".format), _chance(_WORDS).map("_content={}".format),
        _chance(_values(world, "List", _ID)).map("_list={}".format),
    )  # fmt: skip
    parts = draw(st.lists(one, max_size=2))
    if (keys := sortable(RESOURCE_TYPES[type])) and draw(st.booleans()):
        chosen = draw(st.lists(_chance(keys), min_size=1, max_size=3, unique=True))
        parts.append("_sort=" + ",".join(draw(_chance(("", "-"))) + each for each in chosen))
    totals = ("_total=accurate", "_count=1", "_summary=count", "_total=none", "_count=0")
    parts += draw(st.lists(_chance(totals), max_size=2, unique_by=lambda each: each.partition("=")[0]))
    if kept and draw(st.booleans()):
        parts += draw(st.lists(_includes(type), min_size=1, max_size=2))
    if draw(_chance((False,) * 3 + (True,))):
        parts.append(draw(_chance(_LOOKS)))
    if draw(_chance((False,) * 9 + (True,))):
        parts.append(draw(_chance(_WRONG)))
    about = draw(_chance(("", "", "", f"{PERSON}/", f"{OTHER}/", "Patient/free/")))
    return f"{about}{type}?{'&'.join(parts)}"


@st.composite
def reads(draw: st.DrawFn, world: World) -> str:
    """An id that is free, hidden, seen or deleted; now, as it was, all it ever was; and all of a person."""
    reference = draw(_chance((*world.references, "Goal/free", "Communication/free")))
    look = draw(_chance(("", "", "", *_LOOKS)))
    match draw(_chance(("read",) * 5 + ("history",) * 2 + ("everything", "mine"))):
        case "mine":
            total = draw(_chance(("none", "accurate")))
            return f"Task/$mine?date=2099-01-01&_count={draw(_chance((1, 20)))}&_total={total}"
        case "read":
            paths = ("", "", "/_history", "/_history/1", "/_history/2", "/_history/3", "/_history?_count=1")
            path = draw(_chance(paths))
            return f"{reference}{path}{'&' if '?' in path else '?' if look else ''}{look}"
        case "history":
            whose = draw(_chance(("", f"{draw(_chance(TYPES))}/", f"{reference}/")))
            asked = draw(
                st.lists(_chance(_HISTORIES), max_size=2, unique_by=lambda each: each.partition("=")[0])
            )
            return f"{whose}_history?{'&'.join(asked)}"
        case _:
            plans = [each for each in world.references if each.startswith("CarePlan/")]
            whose = draw(_chance((PERSON, PERSON, OTHER, "Patient/free", *plans)))
            wanted = draw(_chance(("", "_count=2", "_type=Goal,Task", "_since=2026-06-01T08:01:30Z")))
            return f"{whose}/$everything?{wanted}"


@st.composite
def questions(draw: st.DrawFn, world: World) -> Question:
    """Any request that reads."""
    asked = searches(world) | reads(world)
    match draw(_chance(("search", "search", "read", "read", "batch", "transaction"))):
        case "search":
            headers = {"Prefer": "handling=lenient"} if draw(_chance((False, False, True))) else {}
            return Question("GET", f"/{draw(searches(world))}", headers)
        case "read":
            conditions = (
                {},
                {},
                {"If-None-Match": 'W/"1"'},
                {"If-Modified-Since": "Mon, 01 Jun 2026 08:01:30 GMT"},
            )
            headers = draw(_chance(conditions))
            return Question(draw(_chance(("GET", "GET", "HEAD"))), f"/{draw(reads(world))}", headers)
        case "batch":
            urls = draw(st.lists(asked, min_size=1, max_size=3))
            return Question("POST", "/", body=bundle("batch", *[_get(url) for url in urls]))
        case _:
            urls = draw(st.lists(_chance((*world.references, "Goal/free")), min_size=1, max_size=3))
            return Question("POST", "/", body=bundle("transaction", *[_get(url) for url in urls]))


def _get(url: str) -> Resource:
    return {"request": {"method": "GET", "url": url}}


def sweep(world: World) -> list[Question]:
    """Every type with all that comes along, every id in every way, every link as a condition from both ends."""
    urls = [*_all_that_comes_along(world), *_all_links(world), *_all_histories(world)]
    urls += [f"{each}{path}" for each in world.references for path in ("", "/_history", "/_history/1")]
    known = [{"request": {**_get(each)["request"], "ifNoneMatch": 'W/"1"'}} for each in world.references]
    entries = [*[_get(url) for url in dict.fromkeys(urls)], *known]
    parts = [entries[start : start + _MOST] for start in range(0, len(entries), _MOST)]
    return [Question("POST", "/", body=bundle("batch", *part)) for part in parts]


_MOST = 500  # entries of one batch


def _all_that_comes_along(world: World) -> Iterator[str]:
    """Each type, and each resource, with what it references, what references it, and what comes along with those."""
    for type in TYPES:
        along = "&_include=*&_revinclude=*" if type in HELD else ""
        if type != "AuditEvent":
            yield f"{type}?_total=accurate&_count=100{along}"
    for each in world.references:
        type, _, id = each.partition("/")
        yield f"{type}?_id={id}&_include=*&_include:iterate=*"
        yield f"{type}?_id={id}&_revinclude=*&_revinclude:iterate=*"


def _all_links(world: World) -> Iterator[str]:
    """Each reference and code as a condition; each reference as a chain, and back as `_has`."""
    for each in world.resources:
        type, id = each["resourceType"], each["id"]
        rows = index(each, type, BASE)
        for name, target, other, *_ in rows.references:
            if other and target in HELD and ":" not in name:
                yield f"{type}?{name}={target}/{other}"
                yield f"{type}?{name}:{target}._id={other}"
                yield f"{target}?_has:{type}:{name}:_id={id}"
                yield f"{target}?_has:{type}:{name}:_lastUpdated=gt2000&_summary=count"
        yield from (f"{type}?{name}={code}" for name, _, code, *_ in rows.tokens if ":" not in name)


def _all_histories(world: World) -> Iterator[str]:
    yield from (f"{type}/_history?_count=100" for type in HELD)
    yield from ("_history?_count=100", f"{PERSON}/$everything", f"{OTHER}/$everything")
    for operation, type in (
        ("everything", "CarePlan"), ("overview", "CarePlan"), ("members", "CareTeam"),
        ("diff?from=2020-01-01", "CarePlan"), ("document", "CarePlan"),
        ("billing-facts?start=2020-01-01&end=2026-05-31&organization=Organization/o", "CarePlan"),
    ):  # fmt: skip
        yield from (f"{each}/${operation}" for each in world.references if each.startswith(f"{type}/"))


def probes(world: World, hidden: frozenset[str]) -> Question:
    """What may not go through: changes of the versions that something hidden has or has not."""
    bodies = {f"{each['resourceType']}/{each['id']}": each for each in world.resources}
    entries = []
    for at in sorted(hidden):
        for version in "123":
            request = {"method": "DELETE", "url": at, "ifMatch": f'W/"{version}"'}
            entries.append({"request": request})
            entries.append({"resource": bodies[at], "request": {**request, "method": "PUT"}})
        entries.append({"resource": _TESTED, "request": {"method": "PATCH", "url": at}})
        query = f"{at.partition('/')[0]}?_id={at.partition('/')[2]}"
        entries += [{"request": {"method": "DELETE", "url": query}}]
    return Question("POST", "/", body=bundle("batch", *entries))


# A JSON patch that changes nothing, as an entry carries it.
_TESTED = {
    "resourceType": "Binary",
    "contentType": "application/json-patch+json",
    "data": b64encode(b'[{"op":"test","path":"/resourceType","value":"Wish"}]').decode(),
}


@st.composite
def changes(draw: st.DrawFn, world: World, actor: str, hidden: frozenset[str]) -> Question:
    """Any request that writes, also about what is hidden; a creating PUT on a hidden id is a declared exception."""
    kinds = ("delete", "put", "conditional", "by condition", "patch", "reference", "transaction", "batch")
    match draw(_chance(kinds)):
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
        case "by condition":
            return draw(_by_condition(world))
        case "patch":
            at = draw(_chance((*world.references, "Communication/free", "Goal/free")))
            patch = draw(_patches(at.partition("/")[0]))
            return Question(
                "PATCH",
                f"/{at}",
                {**patch[0], **_matching(draw(_chance(("", "1", "9"))))},
                patch[1],
                changes=True,
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


@st.composite
def _by_condition(draw: st.DrawFn, world: World) -> Question:
    """An update, patch or deletion of what a query finds, on a type of which the person has something."""
    type = draw(_chance(("Goal", "Task", "Communication", "Observation", "Condition")))
    query = draw(_condition(world, type) | _across(world, type))
    method = draw(_chance(("PUT", "PATCH", "DELETE")))
    headers, body = draw(_patches(type)) if method == "PATCH" else ({}, None)
    if method == "PUT":
        bodies = [each for each in world.resources if each["resourceType"] == type] or [
            goal("Goal/x", PERSON)
        ]
        body = {name: value for name, value in draw(_chance(bodies)).items() if name != "id"}
    return Question(method, f"/{type}?{query}", headers, body, changes=True)


@st.composite
def _patches(draw: st.DrawFn, type: str) -> tuple[dict[str, str], Any]:
    """The headers and body of a JSON or FHIRPath patch that tests, or sets the language."""
    if draw(st.booleans()):
        parts = [
            {"name": "type", "valueCode": "add"},
            {"name": "path", "valueString": type},
            {"name": "name", "valueString": "language"},
            {"name": "value", "valueCode": "fr"},
        ]
        return {}, {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    operation = draw(
        _chance(
            (
                {"op": "test", "path": "/subject/reference", "value": PERSON},
                {"op": "test", "path": "/meta/versionId", "value": "1"},
                {"op": "add", "path": "/language", "value": "fr"},
                {"op": "replace", "path": "/subject/reference", "value": OTHER},
                {"op": "remove", "path": "/nothing"},
            )
        )
    )
    return {"Content-Type": "application/json-patch+json"}, [operation]


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


async def differences(
    stores: Stores, actor: str, asked: list[Question], **options: Any
) -> list[tuple[Any, ...]]:
    """Where the answers of both stores differ, or are none, until a write goes through."""
    found: list[tuple[Any, ...]] = []
    async with (
        stores.first.client(actor, **options) as first,
        stores.second.client(actor, **options) as second,
    ):
        for question in asked:
            answers = await told(first, question), await told(second, question)
            found += [
                _apart(question, *pair)
                for pair in zip(*answers, strict=False)
                if pair[0] != pair[1] or pair[0][1] >= 500
            ]
            if len(answers[0]) != len(answers[1]):
                found.append((question.url, "pages", len(answers[0]), len(answers[1])))
            if question.changes and answers[0][0][1] < 300:
                break
    return found


def _apart(question: Question, first: Told, second: Told) -> tuple[Any, ...]:
    """The question, or the first entry of a batch told otherwise, and both answers from just before they part."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first[3], second[3], strict=False))
    place = max(0, sum(1 for _ in alike) - 200)
    return (
        _asked(question, first, second),
        first[1:3],
        second[1:3],
        first[3][place:][:400],
        second[3][place:][:400],
    )


def _asked(question: Question, first: Told, second: Told) -> str:
    entries = question.body.get("entry", ()) if isinstance(question.body, dict) else ()
    if not entries or first[1] != 200 or second[1] != 200:
        return first[0]
    answers = zip(entries, *(json.loads(each[3])["entry"] for each in (first, second)), strict=False)
    return next((f"entry {entry['request']}" for entry, *told in answers if told[0] != told[1]), first[0])


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
        asked = [*sweep(world), *data.draw(st.lists(questions(world), min_size=8, max_size=8))]
        assert await differences(stores, actor, asked) == []

    stores.run(both())


@few
@pytest.mark.parametrize("actor", PEOPLE)
@given(data=st.data())
def test_answers_are_those_of_a_store_with_only_what_the_scopes_reach(
    stores: Stores, clock: Clock, actor: str, data: st.DataObject
) -> None:
    world = data.draw(worlds(actor))
    patient = data.draw(st.sampled_from((PERSON, OTHER))).partition("/")[2]
    granted = data.draw(scopes(HELD, partial(_restriction, world), ("rs",)))

    async def both() -> None:
        await build(stores.first, world, clock)
        seen = await sight(stores.first, actor, clock.instant)
        await cut(stores, await within(stores.first, seen, granted, patient, BASE))
        asked = [*sweep(world), *data.draw(st.lists(questions(world), min_size=8, max_size=8))]
        options = {"scope": " ".join(("openid", *granted)), "patient": patient}
        assert await differences(stores, actor, asked, **options) == []

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
        asked = [*sweep(world), *data.draw(st.lists(questions(world), min_size=8, max_size=8))]
        assert await differences(stores, actor, asked) == []

    stores.run(both())
