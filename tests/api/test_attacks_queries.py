"""Attempts to learn by queries what is somebody else's: what is linked from both sides is still two people's.

The attacker is the doctor of `known` and a stranger to `other`. A task in the plan of `known` points at a goal of
`other`, and a task and a list of `other` point at a goal of `known`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from persons import Person, ids, new_person, refused
from resources import DZOP, SSIN, bundle, entity, goal, ref, task
from serving import Server

GP = "https://gp.example"
WORD = "zeldzaamwoord"


@pytest.fixture(scope="module")
def other(server: Server) -> Person:
    """The person whose plan is attacked."""
    person = new_person(server)
    told = {"status": "additional", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{WORD}</div>'}
    marked = [{"system": GP, "value": person.mark}]
    person.store(goal(person.ref("Goal", "marked"), person.patient, identifier=marked, text=told))
    return person


@pytest.fixture(scope="module")
def known(server: Server, other: Person) -> Person:
    """The person of the attacker's own."""
    person = new_person(server)
    person.store(task(person.ref("Task", "bridge"), person.patient, focus=ref(other.ref("Goal", "marked"))))
    return person


@pytest.fixture(scope="module", autouse=True)
def _bridges(known: Person, other: Person) -> None:
    own = known.ref("Goal", "life")
    listed = {"status": "current", "mode": "working", "subject": ref(other.patient)}
    other.store(
        task(other.ref("Task", "hidden"), other.patient, focus=ref(own)),
        entity(other.ref("List", "hidden"), **listed, entry=[{"item": ref(own)}]),
    )


def asked(known: Person, other: Person, query: str) -> httpx.Response:
    """What the attacker is told; the names in braces are those of both persons."""
    names = {
        "bridge": f"bridge-{known.mark}", "own": f"life-{known.mark}", "hidden": f"marked-{other.mark}",
        "hidden_task": f"hidden-{other.mark}", "hidden_list": f"hidden-{other.mark}", "gp": GP, "mark": other.mark,
        "ssin_system": SSIN, "ssin": other.ssin, "patient": other.patient, "known": known.patient,
        "stranger": other.who("gp"), "word": WORD,
    }  # fmt: skip
    return known.client("gp").get(f"{known.server.fhir}/{query.format(**names)}")


# -- chains, `_has`, `_filter`, `_list`, texts (4, 5, 7) ----------------------------------------------

ORACLES = (
    "Task?_id={bridge}&focus:Goal._id={hidden}",
    "Task?_id={bridge}&focus:Goal._lastUpdated=gt2000",
    "Task?_id={bridge}&focus:Goal.identifier={gp}|{mark}",
    "Task?_id={bridge}&focus:Goal.lifecycle-status=active",
    "Task?_id={bridge}&focus:Goal.lifecycle-status:not=nothing",
    "Task?_id={bridge}&focus:Goal.start-date:missing=true",
    "Task?_id={bridge}&focus:Goal.start-date:missing=false",
    "Task?_id={bridge}&focus:Goal._text={word}",
    "Task?_id={bridge}&focus:Goal.patient:Patient.identifier={ssin_system}|{ssin}",
    "Task?_id={bridge}&focus:Goal.patient:Patient.birthdate=1944-03-17",
    "Task?_id={bridge}&focus:Goal.patient:Patient.name=jet",
    "Task?_id={bridge}&focus.identifier={gp}|{mark}",
    "Goal?_id={own}&_has:Task:focus:_id={hidden_task}",
    "Goal?_id={own}&_has:Task:focus:status=requested",
    "Goal?_id={own}&_has:Task:focus:status:not=nothing",
    "Goal?_id={own}&_has:Task:focus:patient={patient}",
    "Goal?_id={own}&_has:Task:focus:patient.identifier={ssin_system}|{ssin}",
    "Goal?_id={own}&_has:List:item:_id={hidden_list}",
    "Goal?_list={hidden_list}",
    "Goal?_text={word}",
    "Goal?_content={word}",
    "Goal?_filter=_id eq {hidden}",
    "Goal?_filter=identifier eq {mark}",
    "Goal?_filter=not (lifecycle-status eq active)&_id={hidden}",
    "Task?_filter=focus._id eq {hidden}",
    "Goal?_security={dzop}|care-goal&_id={hidden}".replace("{dzop}", f"{DZOP}/CodeSystem/data-category"),
    "Goal?_tag:missing=true&_id={hidden}",
    "{patient}/Goal",
    "{patient}/Goal?_id={hidden}",
    "{known}/Goal?patient={patient}",
    "{known}/Goal?_id={hidden}",
    "{stranger}/Communication",
)


@pytest.mark.parametrize("query", ORACLES)
def test_no_condition_is_met_by_what_is_hidden(known: Person, other: Person, query: str) -> None:
    answer = asked(known, other, f"{query}{'&' if '?' in query else '?'}_total=accurate")
    assert (ids(answer), answer.json()["total"]) == ([], 0)


@pytest.mark.parametrize(
    "query", ["Task?focus={hidden_url}", "Task?focus:Goal={hidden}", "Task?focus:missing=false"]
)
def test_a_reference_in_what_is_seen_is_found_as_it_stands(known: Person, other: Person, query: str) -> None:
    spelled = query.replace("{hidden_url}", other.ref("Goal", "marked"))
    assert f"bridge-{known.mark}" in ids(asked(known, other, spelled))


# -- what comes along (2, 3) -------------------------------------------------------------------------

COMING_ALONG = (
    "Task?_id={bridge}&_include=Task:focus",
    "Task?_id={bridge}&_include=Task:focus:Goal",
    "Task?_id={bridge}&_include=*",
    "Task?_id={bridge}&_include=Task:focus&_include:iterate=Goal:patient",
    "Task?_id={bridge}&_include=*&_include:iterate=*",
    "Goal?_id={own}&_revinclude=Task:focus",
    "Goal?_id={own}&_revinclude=List:item",
    "Goal?_id={own}&_revinclude=Task:focus&_include:iterate=Task:patient",
    "Goal?_id={own}&_include=Goal:patient&_revinclude:iterate=Task:patient",
    "Practitioner?_id={doctor}&_revinclude=Task:requester",
    "Practitioner?_id={doctor}&_revinclude=Patient:general-practitioner&_revinclude:iterate=Goal:patient",
    "Organization?_id={employer}&_revinclude=PractitionerRole:organization&_revinclude:iterate=Task:owner",
)


@pytest.mark.parametrize("query", COMING_ALONG)
def test_nothing_hidden_comes_along(known: Person, other: Person, query: str) -> None:
    spelled = query.replace("{doctor}", f"gp-{other.mark}").replace("{employer}", f"employer-gp-{other.mark}")
    answer = asked(known, other, spelled)
    found = [each["resource"] for each in answer.json().get("entry", ())]
    directory = ("Practitioner", "PractitionerRole", "Organization")
    theirs = [
        each["resourceType"]
        for each in found
        if other.mark in each.get("id", "") and each["resourceType"] not in directory
    ]
    assert (answer.status_code, theirs) == (200, [])


# -- order, totals, parts (6, 8, 9) ------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    ["patient.birthdate", "focus:Goal.start-date", "focus", "_has:Task:focus:status", "id;select 1", "-"],
)
def test_nothing_is_put_in_the_order_of_something_else(known: Person, other: Person, key: str) -> None:
    assert refused(asked(known, other, f"Task?_sort={key}")) == (400, "not-supported")


@pytest.mark.parametrize("look", ["_total=accurate", "_total=estimate", "_summary=count", "_count=0"])
@pytest.mark.parametrize("type", ["Goal", "Task", "List", "Patient", "Provenance"])
def test_a_total_counts_what_is_seen(known: Person, other: Person, type: str, look: str) -> None:
    seen = asked(known, other, f"{type}?_count=1000")
    assert asked(known, other, f"{type}?{look}").json()["total"] == len(ids(seen))


@pytest.mark.parametrize(
    "look", ["_summary=true", "_elements=id,meta", "_summary=text", "_pretty=true", "_format=xml"]
)
def test_no_way_to_show_a_resource_shows_a_hidden_one(known: Person, other: Person, look: str) -> None:
    hidden, free = other.ref("Goal", "marked"), "Goal/nothing"
    told = [asked(known, other, f"{each}?{look}") for each in (hidden, free)]
    texts = [each.text.replace(hidden, "X").replace(free, "X") for each in told]
    assert ([each.status_code for each in told], texts[0]) == ([404, 404], texts[1])


@pytest.mark.parametrize("look", ["_summary=true", "_elements=lifecycleStatus"])
def test_a_part_sent_back_loses_nothing(person: Person, look: str) -> None:
    gp, at = person.client("gp"), person.ref("Goal", "care")
    part = gp.get(f"/{at}?{look}").json()
    answer = gp.put(f"/{at}", json=part)
    assert (answer.status_code, gp.get(f"/{at}").headers["ETag"]) == (422, 'W/"1"')


# -- conditions (11, 12) -----------------------------------------------------------------------------

Ask = Callable[[httpx.Client, str], httpx.Response]
PATCH = {"Content-Type": "application/json-patch+json"}
SET = [{"op": "add", "path": "/language", "value": "nl"}]


def _updated(client: httpx.Client, query: str) -> httpx.Response:
    return client.put(f"/Goal?{query}", json=goal("Goal/", "Patient/nobody"))


def _patched(client: httpx.Client, query: str) -> httpx.Response:
    return client.patch(f"/Goal?{query}", json=SET, headers=PATCH)


def _deleted(client: httpx.Client, query: str) -> httpx.Response:
    return client.delete(f"/Goal?{query}")


def _referred(client: httpx.Client, query: str) -> httpx.Response:
    body = task("Task/x", "Patient/nobody", focus=ref(f"Goal?{query}"))
    entry = {"resource": body, "request": {"method": "POST", "url": "Task"}}
    return client.post("/", json=bundle("transaction", entry))


def _searched(client: httpx.Client, query: str) -> httpx.Response:
    return client.post("/", json=bundle("batch", {"request": {"method": "GET", "url": f"Goal?{query}"}}))


@pytest.mark.parametrize("ask", [_updated, _patched, _deleted, _referred])
@pytest.mark.parametrize("condition", ["identifier={gp}|{}", "_id={}"])
def test_no_condition_tells_a_hidden_resource_from_none(
    known: Person, other: Person, ask: Ask, condition: str
) -> None:
    values = (
        (other.mark, "0000000000") if "gp" in condition else (f"marked-{other.mark}", "marked-0000000000")
    )
    told = [ask(known.client("gp"), condition.replace("{gp}", GP).format(each)) for each in values]
    texts = [each.text.replace(value, "X") for each, value in zip(told, values, strict=True)]
    kept = known.server.client("system").get(f"/{other.ref('Goal', 'marked')}").headers["ETag"]
    assert (told[0].status_code, texts[0], kept) == (told[1].status_code, texts[1], 'W/"1"')


@pytest.mark.parametrize("guess", ["active", "cancelled"])
@pytest.mark.parametrize("version", ["", 'W/"1"', 'W/"7"'])
def test_a_patch_reads_nothing_of_what_is_hidden(
    known: Person, other: Person, guess: str, version: str
) -> None:
    body = [{"op": "test", "path": "/lifecycleStatus", "value": guess}]
    headers = {**PATCH, **({"If-Match": version} if version else {})}
    gp, hidden, free = known.client("gp"), other.ref("Goal", "marked"), "Goal/nothing"
    told = [gp.patch(f"/{each}", json=body, headers=headers) for each in (hidden, free)]
    texts = [each.text.replace(hidden, "X").replace(free, "X") for each in told]
    assert (told[0].status_code, texts[0]) == (told[1].status_code, texts[1])


# -- histories and operations (14, 16) ---------------------------------------------------------------


def told_of(client: httpx.Client, url: str) -> Iterator[str]:
    """What all pages of a history or a searchset name, but for the directory, which everybody sees."""
    following: str | None = url
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        named = (each["fullUrl"].partition("/fhir/")[2] for each in body.get("entry", ()))
        yield from (each for each in named if not each.startswith(("Practitioner", "Organization")))
        following = next((each["url"] for each in body["link"] if each["relation"] == "next"), None)


@pytest.mark.parametrize(
    "url",
    ["Goal/_history", "Task/_history?_count=2", "_history", "_history?_since=2020", "List/_history?_at=2099"],
)
def test_no_history_tells_of_what_is_hidden(known: Person, other: Person, url: str) -> None:
    told = list(told_of(known.client("gp"), f"{known.server.fhir}/{url}"))
    assert [each for each in told if other.mark in each] == []


def test_everything_of_a_person_is_that_person_s(known: Person, other: Person) -> None:
    told = list(told_of(known.client("gp"), f"/{known.patient}/$everything?_count=5"))
    assert (len(told) > 10, [each for each in told if other.mark in each]) == (True, [])


@pytest.mark.parametrize(
    "path",
    [
        "$everything",
        "$everything?_type=Goal",
        "$everything?_since=2020-01-01",
        "$who-can-see",
        "Goal",
        "_history",
    ],
)
def test_a_hidden_person_is_like_nobody(known: Person, other: Person, path: str) -> None:
    told = [asked(known, other, f"{each}/{path}") for each in (other.patient, "Patient/nobody-at-all")]
    texts = [
        _plain(each.text.replace(other.patient, "X").replace("Patient/nobody-at-all", "X")) for each in told
    ]
    assert (told[0].status_code, texts[0]) == (told[1].status_code, texts[1])


def _plain(text: str) -> str:
    """Without the id and the time of a Bundle."""
    start = text.find('"type":"searchset"')
    return text if start < 0 else text[start:]


def test_a_validation_looks_up_nothing_that_is_hidden(known: Person, other: Person) -> None:
    references = (other.ref("Goal", "marked"), "Goal/nothing")
    told = [
        known.client("gp").post("/Task/$validate", json=task("Task/x", known.patient, focus=ref(each)))
        for each in references
    ]
    texts = [each.text.replace(at, "X") for each, at in zip(told, references, strict=True)]
    assert (told[0].status_code, texts[0]) == (200, texts[1])


# -- pages (10) --------------------------------------------------------------------------------------

PAGED = ("Goal?_count=1", "Goal/_history?_count=1", "_history?_count=1", "{known}/Goal?_count=1",
         "{known}/$everything?_count=1", "Goal?_count=1&patient.name=jet&_sort=-start-date,category")  # fmt: skip


def next_of(answer: httpx.Response) -> str:
    return str(next(each["url"] for each in answer.json()["link"] if each["relation"] == "next"))


@pytest.mark.parametrize("url", PAGED)
def test_a_page_is_for_who_got_it_and_as_it_was_given(known: Person, other: Person, url: str) -> None:
    following = next_of(asked(known, other, url))
    end = "A" if following[-1] != "A" else "B"
    told = [
        known.client("gp").get(following),
        known.client("nurse").get(following),
        other.client("gp").get(following),
        known.client("gp").get(following[:-8] + end * 8),
    ]
    assert [each.status_code for each in told] in ([200, 400, 400, 400], [200, 400, 404, 400])


@pytest.mark.parametrize(
    "url", ["Task?", "Goal?category=life-goal&", "Goal/_history?", "{known}/Goal?", "Goal?_sort=category&"]
)
def test_a_page_is_for_the_query_it_was_made_for(known: Person, other: Person, url: str) -> None:
    token = next_of(asked(known, other, "Goal?_count=1")).partition("_page=")[2].partition("&")[0]
    assert refused(asked(known, other, f"{url}_count=1&_page={token}")) == (400, "invalid")


# -- entries of a Bundle (30, 31) --------------------------------------------------------------------

ENTRIES: tuple[tuple[str, str], ...] = (
    ("GET", "{patient}/Goal"), ("GET", "{patient}/$everything"), ("GET", "Goal/_history"), ("GET", "_history"),
    ("GET", "Task?_id={bridge}&_include=*&_include:iterate=*"), ("GET", "Goal?_id={own}&_revinclude=Task:focus"),
    ("GET", "Goal?_list={hidden_list}"), ("GET", "Goal?_filter=_id eq {hidden}"), ("HEAD", "Goal/{hidden}"),
    ("PATCH", "Goal/{hidden}"), ("DELETE", "Goal?_id={hidden}"), ("PATCH", "Goal?_id={hidden}"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "url"), ENTRIES)
def test_no_entry_of_a_batch_tells_of_what_is_hidden(
    known: Person, other: Person, method: str, url: str
) -> None:
    spelled = url.format(
        patient=other.patient, bridge=f"bridge-{known.mark}", own=f"life-{known.mark}", hidden=f"marked-{other.mark}",
        hidden_list=f"hidden-{other.mark}",
    )  # fmt: skip
    answer = known.client("gp").post(
        "/", json=bundle("batch", {"request": {"method": method, "url": spelled}})
    )
    assert (answer.status_code, WORD in answer.text, f'"hidden-{other.mark}"' in answer.text) == (
        200,
        False,
        False,
    )


# -- what is sent as text stays text (24) ------------------------------------------------------------

INJECTED = (
    "Patient?name:contains=%25", "Patient?name:contains=_", "Patient?name:exact=%25", "Patient?name=%25",
    "Patient?name:contains=%5C%25", "Patient?name=' or ''='", "Organization?name:contains=%25%25%25",
    "Goal?_text=' or 1=1 --", "Goal?_content=%26 | ! ( ) <-> :*", "Goal?_text=\"", "Goal?_text=a:*",
    "Goal?_filter=description co \"%25\"", "Goal?_filter=_id eq \"x' or '1'='1\"",
    "Observation?code-value-quantity=x' or '1'='1$5", "Observation?value-quantity=5' or '1'='1|x|y",
    "Questionnaire?url:below=%25", "Questionnaire?url:above=%25", "Patient?identifier:of-type=%25|%25|%25",
)  # fmt: skip


@pytest.mark.parametrize("query", INJECTED)
def test_no_sign_in_a_value_is_a_wildcard_or_a_command(known: Person, other: Person, query: str) -> None:
    answer = known.client("gp").get(f"{known.server.fhir}/{query}")
    found = ids(answer) if answer.is_success else refused(answer)[0]
    assert found in ([], 400)


def test_the_attack_is_one_that_somebody_who_sees_both_would_win(known: Person, other: Person) -> None:
    system = known.server.client("system")
    found = system.get(
        f"/Task?_id=bridge-{known.mark}&focus:Goal.identifier={GP}|{other.mark}&_include=Task:focus"
    )
    back = system.get(
        f"/Goal?_id=life-{known.mark}&_has:Task:focus:_id=hidden-{other.mark}&_revinclude=Task:focus"
    )
    listed = system.get(f"/Goal?_list=hidden-{other.mark}")
    told: list[Any] = [len(each.json().get("entry", ())) for each in (found, back, listed)]
    assert told == [2, 2, 1]
