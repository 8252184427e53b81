"""Search: every parameter that is claimed is answered; what is not understood is said."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from persons import Person, ids, refused
from resources import SSIN, goal, ours, ssin, task

from dzop.fhir.resource_types import RESOURCE_TYPES

VALUES = {
    "token": "x|y",
    "reference": "Patient/x",
    "date": "ge2020-01-01",
    "string": "x",
    "uri": "https://x.example",
    "number": "5.4",
    "quantity": "gt5.4||kg",
    "composite": "",
}
MODIFIERS = {
    "token": ("", ":not", ":missing", ":text"),
    "reference": ("", ":missing", ":identifier"),
    "date": ("", ":missing"),
    "string": ("", ":exact", ":contains", ":missing"),
    "uri": ("", ":missing", ":above", ":below"),
    "number": ("", ":missing"),
    "quantity": ("", ":missing"),
    "composite": ("",),
}
PARAMETERS = [(entry.name, parameter) for entry in RESOURCE_TYPES.values() for parameter in entry.search]


def value_of(parameter: Any, modifier: str) -> str:
    if modifier == ":missing":
        return "false"
    if modifier == ":identifier":
        return "x|y"
    if parameter.type == "reference":
        return f"{parameter.targets[0] if parameter.targets else 'Patient'}/x"
    if parameter.type == "composite":
        return "$".join(value_of(each, "") for each in parameter.components)
    return "x" if parameter.name == "_id" else VALUES[parameter.type]


@pytest.mark.parametrize(("type", "parameter"), PARAMETERS, ids=lambda value: getattr(value, "name", value))
def test_a_claimed_parameter_is_answered(known: Person, type: str, parameter: Any) -> None:
    answer = known.client("gp").get(f"/{type}", params={parameter.name: value_of(parameter, "")})
    assert (answer.status_code, answer.json()["type"]) == (200, "searchset"), answer.text


@pytest.mark.parametrize("kind", MODIFIERS)
def test_every_modifier_of_a_kind_of_parameter_is_answered(known: Person, kind: str) -> None:
    types = [
        (type, each)
        for type, each in PARAMETERS
        if each.type == kind and not each.name.startswith("_") and type != "AuditEvent"
    ]
    type, parameter = types[0]
    asked = [
        known.client("gp").get(
            f"/{type}", params={f"{parameter.name}{modifier}": value_of(parameter, modifier)}
        )
        for modifier in MODIFIERS[kind]
    ]
    assert [each.status_code for each in asked] == [200] * len(asked)


@pytest.mark.parametrize(
    "type", [name for name, entry in RESOURCE_TYPES.items() if "search-type" in entry.interactions]
)
def test_the_capability_statement_claims_what_the_table_says(known: Person, type: str) -> None:
    statement = httpx.get(f"{known.server.fhir}/metadata").json()
    resource = next(each for each in statement["rest"][0]["resource"] if each["type"] == type)
    assert sorted(each["name"] for each in resource["searchParam"]) == sorted(
        each.name for each in RESOURCE_TYPES[type].search
    )


@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "status=x",
        "_count=x",
        "_count=-1",
        "_count=",
        "_sort=colour",
        "_sort=",
        "_include=Goal:colour",
        "_include=x",
        "_include=Task:owner",
        "identifier:colour=x",
        "start-date=tomorrow",
        "start-date=2026-13-01",
        "start-date=zz2026",
        "_lastUpdated=x",
        "patient:missing=maybe",
        "_total=many",
        "_page=x",
        "_page=",
        "_has:Task:focus:colour=x",
        "_has:Task:colour:status=x",
        "_has:Task=x",
        "subject.colour=x",
        "lifecycle-status.name=x",
        "_revinclude=Task:nonsense",
        "_include:recurse=Goal:patient",
        "_filter=lifecycle-status",
        "_filter=lifecycle-status eq",
        "_filter=(lifecycle-status eq active",
        "_list=$current",
    ],
)
def test_what_is_not_understood_is_refused(known: Person, query: str) -> None:
    assert refused(known.client("gp").get(f"/Goal?{query}"))[0] == 400


def test_an_unknown_parameter_may_be_ignored_with_a_warning(known: Person) -> None:
    answer = known.client("gp").get(
        f"/Goal?patient={known.patient}&colour=red", headers={"Prefer": "handling=lenient"}
    )
    outcomes = [
        each["resource"]["issue"][0]["severity"]
        for each in answer.json()["entry"]
        if each["search"]["mode"] == "outcome"
    ]
    assert (sorted(ids(answer)), outcomes) == ([f"care-{known.mark}", f"life-{known.mark}"], ["warning"])


def test_the_self_link_shows_what_was_ignored(known: Person) -> None:
    answer = known.client("gp").get(
        f"/Goal?patient={known.patient}&colour=red", headers={"Prefer": "handling=lenient"}
    )
    own = next(link["url"] for link in answer.json()["link"] if link["relation"] == "self")
    assert dict(parse_qsl(urlsplit(own).query)) == {"patient": known.patient}


def test_a_code_outside_the_value_set_matches_nothing(known: Person) -> None:
    assert (
        ids(
            known.client("gp").get("/Goal", params={"patient": known.patient, "lifecycle-status": "blooming"})
        )
        == []
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("lifecycle-status=active", ["care", "life"]),
        ("lifecycle-status:not=active", []),
        ("lifecycle-status=completed,active", ["care", "life"]),
        ("category=life-goal", ["life"]),
        ("category=https://dzop.example/fhir/CodeSystem/goal-category|care-goal", ["care"]),
        ("category=https://dzop.example/fhir/CodeSystem/goal-category|", ["care", "life"]),
        ("category=|care-goal", []),
        ("start-date:missing=true", ["care", "life"]),
        ("start-date:missing=false", []),
        ("achievement-status:missing=true", ["care", "life"]),
    ],
)
def test_a_search_finds_what_matches(known: Person, query: str, found: list[str]) -> None:
    answer = known.client("gp").get(f"/Goal?patient={known.patient}&{query}")
    assert sorted(ids(answer)) == [f"{name}-{known.mark}" for name in found]


@pytest.mark.parametrize("name", ["patient", "subject"])
def test_a_person_is_named_in_three_ways(known: Person, name: str) -> None:
    bare = known.patient.removeprefix("Patient/")
    asked = [
        known.client("gp").get("/Goal", params={name: value})
        for value in (known.patient, bare, f"{known.server.fhir}/{known.patient}")
    ]
    assert [len(ids(each)) for each in asked] == [2, 2, 2]


def test_a_reference_is_found_by_type(known: Person) -> None:
    bare = known.who("nurse").removeprefix("Practitioner/")
    assert ids(known.client("gp").get(f"/Task?owner:Practitioner={bare}")) == [f"weigh-{known.mark}"]


def test_a_logical_reference_is_found_by_identifier(person: Person) -> None:
    owner = {"identifier": {"system": "https://other.example", "value": person.mark}}
    person.store(task(person.ref("Task", "logical"), person.patient, owner=owner))
    assert ids(person.client("gp").get(f"/Task?owner:identifier=https://other.example|{person.mark}")) == [
        f"logical-{person.mark}"
    ]


def test_a_family_name_is_found_without_accents(person: Person) -> None:
    name = f"Élysée{person.mark}"
    person.store({"resourceType": "Practitioner", "id": f"accent-{person.mark}", "name": [{"family": name}]})
    queries = [
        f"family=elysee{person.mark}",
        f"family:exact={name}",
        f"family:contains=see{person.mark}",
        f"name=ELYSEE{person.mark}",
        f"family:exact=elysee{person.mark}",
    ]
    assert [len(ids(person.client("gp").get(f"/Practitioner?{query}"))) for query in queries] == [
        1,
        1,
        1,
        1,
        0,
    ]


def test_a_date_is_found_by_its_range(person: Person) -> None:
    person.store(goal(person.ref("Goal", "dated"), person.patient, startDate="2026-05-04"))
    queries = [
        "2026-05-04",
        "2026-05",
        "ge2026-05-04",
        "lt2026-05-04",
        "sa2026-05-03",
        "eb2026-05-05",
        "ne2026-05-04",
        "gt2026-05-04",
    ]
    found = [
        bool(ids(person.client("gp").get(f"/Goal?patient={person.patient}&start-date={query}")))
        for query in queries
    ]
    assert found == [True, True, True, False, True, True, False, False]


def test_two_dates_make_a_period(person: Person) -> None:
    person.store(goal(person.ref("Goal", "dated"), person.patient, startDate="2026-05-04"))
    answer = person.client("gp").get(
        f"/Goal?patient={person.patient}&start-date=ge2026-05-01&start-date=le2026-05-31"
    )
    assert ids(answer) == [f"dated-{person.mark}"]


def test_count_limits_a_page(known: Person) -> None:
    assert len(ids(known.client("gp").get(f"/Goal?patient={known.patient}&_count=1"))) == 1


def test_count_0_gives_the_total_alone(known: Person) -> None:
    answer = known.client("gp").get(f"/Goal?patient={known.patient}&_count=0&_total=accurate").json()
    assert (answer["total"], answer.get("entry", [])) == (2, [])


def test_a_total_counts_what_may_be_seen(known: Person) -> None:
    totals = [
        known.client(name).get(f"/Goal?patient={known.patient}&_total=accurate").json()["total"]
        for name in ("gp", "neighbour", "stranger")
    ]
    assert totals == [2, 0, 0]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("start-date", "abc"), ("-start-date", "bac"), ("_id", "abc"), ("-_lastUpdated,_id", "abc")],
)
def test_matches_come_in_the_order_asked_for(person: Person, sort: str, expected: str) -> None:
    dates = {"a": {"startDate": "2026-01-01"}, "b": {"startDate": "2026-02-01"}, "c": {}}
    stored = [
        goal(person.ref("Goal", f"sort-{name}"), person.patient, "support-goal", **date)
        for name, date in dates.items()
    ]
    person.store(*stored)
    answer = person.client("gp").get(f"/Goal?patient={person.patient}&category=support-goal&_sort={sort}")
    assert ids(answer) == [f"sort-{name}-{person.mark}" for name in expected]


def test_an_include_brings_what_is_referenced(known: Person) -> None:
    answer = known.client("gp").get(
        f"/Task?patient={known.patient}&status=requested&_include=Task:focus&_include=Task:owner:Practitioner"
    )
    included = sorted(
        each["resource"]["id"] for each in answer.json()["entry"] if each["search"]["mode"] == "include"
    )
    assert included == [f"care-{known.mark}", f"nurse-{known.mark}"]


def test_an_include_does_not_show_what_is_hidden(known: Person) -> None:
    answer = known.client("neighbour").get(
        "/Task?_include=Task:patient&_include=Task:focus&_include=Task:based-on"
    )
    included = [
        each["resource"]["resourceType"]
        for each in answer.json()["entry"]
        if each["search"]["mode"] == "include"
    ]
    assert included == []


def test_a_search_by_post_answers_as_by_get(known: Person) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    by_post = known.client("gp").post(
        "/Goal/_search", data={"patient": known.patient, "_sort": "_id"}, headers=form
    )
    by_get = known.client("gp").get(f"/Goal?patient={known.patient}&_sort=_id")
    assert ids(by_post) == ids(by_get)


def test_a_search_by_post_adds_the_parameters_of_its_url(known: Person) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = known.client("gp").post(
        f"/Goal/_search?patient={known.patient}", data={"category": "life-goal"}, headers=form
    )
    assert ids(answer) == [f"life-{known.mark}"]


def test_a_match_says_where_it_is(known: Person) -> None:
    entry = known.client("gp").get(f"/Goal?_id=life-{known.mark}").json()["entry"][0]
    assert (entry["fullUrl"], entry["search"]) == (
        f"{known.server.fhir}/{known.ref('Goal', 'life')}",
        {"mode": "match"},
    )


def test_labels_tell_the_category(known: Person) -> None:
    answer = known.client("gp").get(known.ref("Goal", "life")).json()
    assert answer["meta"]["security"] == ours("data-category", "life-goal")["coding"]


def test_a_professional_s_national_number_is_never_served(person: Person) -> None:
    number = ssin()
    reference = f"Practitioner/numbered-{person.mark}"
    person.store(
        {
            "resourceType": "Practitioner",
            "id": f"numbered-{person.mark}",
            "identifier": [{"system": SSIN, "value": number}],
            "name": [{"family": person.mark}],
        }
    )
    gp = person.client("gp")
    answers = [
        gp.get(reference),
        gp.get(f"{reference}/_history"),
        gp.get(f"{reference}/_history/1"),
        gp.get(f"/Practitioner?family={person.mark}"),
    ]
    assert [(each.status_code, number in each.text) for each in answers] == [(200, False)] * 4


@pytest.mark.parametrize(
    "system", [f"{SSIN}|", "https://www.ehealth.fgov.be/standards/fhir/NamingSystem/ssin|", ""]
)
def test_a_professional_is_not_found_by_national_number(person: Person, system: str) -> None:
    number = ssin()
    person.store(
        {
            "resourceType": "Practitioner",
            "id": f"numbered-{person.mark}",
            "identifier": [{"system": SSIN, "value": number}],
            "name": [{"family": person.mark}],
        }
    )
    assert ids(person.client("gp").get(f"/Practitioner?identifier={system}{number}")) == []


def test_the_answer_of_a_search_is_never_cached(known: Person) -> None:
    assert known.client("gp").get("/Goal").headers["Cache-Control"] == "no-store"


def test_a_batch_search_answers_as_a_search(known: Person) -> None:
    query = f"Goal?patient={known.patient}&_sort=_id"
    batch = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": query}}],
    }
    inner = known.client("gp").post("/", json=batch).json()["entry"][0]["resource"]
    assert [each["resource"]["id"] for each in inner["entry"]] == ids(known.client("gp").get(f"/{query}"))


ODD = (
    "%00",
    "%ED%A0%80",
    "%FF",
    "\\",
    "%5C",
    "%5C%5C",
    "%25",
    "_",
    "'",
    "%22",
    "|",
    "||",
    "|||",
    ",",
    ",,",
    "%5C,",
    "%5C|",
    "$",
    " ",
    "*",
    "?",
    "0001",
    "9999",
    "0000",
    "0001-01-01T00:00:00-14:00",
    "9999-12-31T23:59:59.999999999Z",
    "10000",
    "2026-02-30",
    "2026-01-01T25:00Z",
    "2026-01-01T10:00:00",
    "2026-01-01T10:00%2B02:00",
    "ge9999-12-31",
    "ap0001-01-01",
    "eq",
    "1e999",
    "-1",
    "x" * 5_000,
    "%F0%9F%A6%8A",
    "e%CC%81",
    "Patient/",
    "/x",
    "Patient/x/y",
    "Patient/x/_history/1",
    "http://",
    "urn:uuid:x",
    "%23x",
)


def broken(client: httpx.Client, type: str, names: tuple[str, ...]) -> dict[tuple[str, str], int]:
    """The questions that were neither answered nor refused as they should."""
    asked = {
        (name, value): client.get(f"/{type}?{name}={value}").status_code for name in names for value in ODD
    }
    return {question: status for question, status in asked.items() if status not in (200, 400)}


@pytest.mark.parametrize("kind", VALUES)
def test_odd_values_never_break_a_parameter(known: Person, kind: str) -> None:
    type, name = next(
        (type, each.name) for type, each in PARAMETERS if each.type == kind and each.name[0] != "_"
    )
    assert broken(known.client("gp"), type, (name, f"{name}:contains")) == {}


def test_odd_values_never_break_a_search(known: Person) -> None:
    names = ("_id", "_lastUpdated", "_page", "_count", "_sort", "_include")
    assert broken(known.client("gp"), "Goal", names) == {}
