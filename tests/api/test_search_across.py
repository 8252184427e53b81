"""Search across references: chains, `_has`, lists, filters, compartments, and what comes along."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person, ids, refused
from resources import SSIN, entity, goal, ref, task

from dzop.access.including import MOST_INCLUDED


@pytest.fixture
def family(person: Person) -> Person:
    """The usual person, with a third goal, tasks of tasks, a list, and answers to a questionnaire."""
    m = person.mark
    url = f"https://forms.example/{m}"
    person.store(
        goal(person.ref("Goal", "walk"), person.patient, "support-goal", startDate="2026-02-01"),
        task(person.ref("Task", "sub"), person.patient, owner=ref(person.who("gp")),
             partOf=[ref(person.ref("Task", "weigh"))], focus=ref(person.ref("Goal", "walk"))),
        task(person.ref("Task", "subsub"), person.patient, partOf=[ref(person.ref("Task", "sub"))]),
        entity(person.ref("List", "chosen"), status="current", mode="working", subject=ref(person.patient),
               entry=[{"item": ref(person.ref("Goal", name))} for name in ("walk", "care")]),
        entity(person.ref("Questionnaire", "form"), status="active", url=url, title=f"Formulier {m}"),
        entity(person.ref("QuestionnaireResponse", "form"), status="completed", subject=ref(person.patient),
               questionnaire=f"{url}|1.0", author=ref(person.who("nurse"))),
        entity(person.ref("QuestionnaireResponse", "forms"), status="completed", subject=ref(person.patient),
               questionnaire=url, author=ref(person.who("nurse"))),
    )  # fmt: skip
    return person


def names(answer: httpx.Response, mode: str = "match") -> list[str]:
    """What was found, or came along, as type/name without the mark of the person."""
    return [
        f"{each['resource']['resourceType']}/{each['resource']['id'].rpartition('-')[0]}"
        for each in answer.json().get("entry", ())
        if each["search"]["mode"] == mode
    ]


def found(person: Person, query: str, who: str = "gp") -> list[str]:
    """What is found, `{}` being the mark of the person."""
    answer = person.client(who).get(f"/{query.replace('{}', person.mark)}")
    assert answer.status_code == 200, answer.text
    return sorted(names(answer))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Task?focus:Goal.category=support-goal&patient=person-{}", ["Task/sub"]),
        ("Task?focus.start-date=2026-02-01&patient=person-{}", ["Task/sub"]),
        ("Task?part-of.focus:Goal._id=care-{}", ["Task/sub"]),
        ("Task?part-of:Task.part-of:Task.owner=Practitioner/nurse-{}", ["Task/subsub"]),
        ("Task?owner:Practitioner._id=gp-{}&patient.birthdate=1944-03-17", ["Task/sub"]),
        ("Task?owner._id=nowhere-{}", []),
        ("Goal?_has:Task:focus:owner=Practitioner/nurse-{}", ["Goal/care"]),
        ("Goal?_has:Task:focus:_has:Task:part-of:_id=subsub-{}", ["Goal/walk"]),
        ("Goal?_has:Task:focus:part-of.owner=Practitioner/nurse-{}", ["Goal/walk"]),
        ("Patient?_has:Goal:patient:_id=walk-{}", ["Patient/person"]),
        ("Practitioner?_has:Task:owner:_has:Task:part-of:_id=sub-{}", ["Practitioner/nurse"]),
        ("Goal?_list=chosen-{}", ["Goal/care", "Goal/walk"]),
        ("Goal?_list=chosen-{}&category=support-goal", ["Goal/walk"]),
        ("Goal?_list=free-{}", []),
        ("QuestionnaireResponse?questionnaire.title=Formulier {}", ["QuestionnaireResponse/forms"]),
        ("Questionnaire?_has:QuestionnaireResponse:questionnaire:_id=forms-{}", ["Questionnaire/form"]),
        ("Goal?_filter=_id eq walk-{} or _id eq care-{}", ["Goal/care", "Goal/walk"]),
        ("Goal?_filter=patient eq Patient/person-{} and not (_id eq life-{})", ["Goal/care", "Goal/walk"]),
        ("Task?_filter=focus[_id eq walk-{}].lifecycle-status eq active", ["Task/sub"]),
    ],
)
def test_what_is_found_over_references(family: Person, query: str, expected: list[str]) -> None:
    if "questionnaire.title" in query:
        expected = ["QuestionnaireResponse/form", "QuestionnaireResponse/forms"]
    assert found(family, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "Task?focus:Goal._id=care-{}",
        "Task?part-of:Task.owner=Practitioner/nurse-{}",
        "Task?_has:Task:part-of:_id=sub-{}",
        "Task?owner:RelatedPerson._has:Task:owner:_id=weigh-{}",
    ],
)
def test_what_is_hidden_leads_nowhere(family: Person, query: str) -> None:
    assert found(family, query, "neighbour") == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Patient/person-{}/Goal", ["Goal/care", "Goal/life", "Goal/walk"]),
        ("Patient/person-{}/Goal?category=support-goal", ["Goal/walk"]),
        ("Patient/person-{}/Patient", ["Patient/person"]),
        ("Patient/free-{}/Goal", []),
        ("Practitioner/nurse-{}/QuestionnaireResponse?status=completed",
         ["QuestionnaireResponse/answers", "QuestionnaireResponse/form", "QuestionnaireResponse/forms"]),
        ("Practitioner/gp-{}/Practitioner", ["Practitioner/gp"]),
    ],
)  # fmt: skip
def test_a_compartment_is_searched(family: Person, path: str, expected: list[str]) -> None:
    assert found(family, path) == expected


def test_a_compartment_keeps_its_path_in_the_links(family: Person) -> None:
    page = family.client("gp").get(f"/{family.patient}/Goal?_count=2&_sort=_id").json()
    links = {link["relation"]: link["url"] for link in page["link"]}
    assert (links["self"], links["next"].partition("&_page=")[0]) == (
        f"{family.server.fhir}/{family.patient}/Goal?_count=2&_sort=_id",
    ) * 2


def test_a_compartment_goes_on_to_its_next_page(family: Person) -> None:
    client = family.client("gp")
    page = client.get(f"/{family.patient}/Goal?_count=2&_sort=_id").json()
    following = next(link["url"] for link in page["link"] if link["relation"] == "next")
    assert names(client.get(following)) == ["Goal/walk"]


def test_a_compartment_is_searched_by_post(family: Person) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = family.client("gp").post(
        f"/{family.patient}/Goal/_search", data={"category": "support-goal"}, headers=form
    )
    assert names(answer) == ["Goal/walk"]


def test_the_compartment_of_a_hidden_person_is_that_of_nobody(family: Person) -> None:
    stranger = family.client("stranger")
    hidden, free = (stranger.get(f"/Patient/{id}/Goal") for id in (f"person-{family.mark}", "nobody"))
    assert (hidden.status_code, hidden.json().get("entry"), hidden.json()["total"]) == (
        free.status_code,
        free.json().get("entry"),
        free.json()["total"],
    )


@pytest.mark.parametrize("type", ["Organization", "CodeSystem", "SearchParameter"])
def test_a_type_outside_the_compartment_is_not_there(family: Person, type: str) -> None:
    assert refused(family.client("gp").get(f"/{family.patient}/{type}"))[0] == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("Task?focus.subject.name=x", 200),
        ("List?item.subject.general-practitioner.name=x", 400),
        ("Task?focus.focus.focus.focus.status=x", 400),
        ("Task?part-of.part-of.part-of.part-of.part-of.status=x", 400),
    ],
)
def test_a_chain_without_types_is_followed_to_all_or_refused(person: Person, query: str, status: int) -> None:
    assert person.client("gp").get(f"/{query}").status_code == status


# -- what comes along --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Goal?_id=walk-{}&_revinclude=Task:focus", ["Task/sub"]),
        ("Goal?_id=walk-{}&_revinclude=Task:focus&_include:iterate=Task:part-of", ["Task/sub", "Task/weigh"]),
        ("Task?_id=weigh-{}&_revinclude:iterate=Task:part-of", ["Task/sub", "Task/subsub"]),
        ("Task?_id=weigh-{}&_revinclude=Task:part-of", ["Task/sub"]),
        ("Task?_id=sub-{}&_include=Task:focus", ["Goal/walk"]),
        ("Task?_id=sub-{}&_include=Task:focus:Task", []),
        ("Task?_id=subsub-{}&_include:iterate=Task:part-of", ["Task/sub", "Task/weigh"]),
        ("Task?_id=sub-{},weigh-{}&_include=Task:part-of", []),
        ("QuestionnaireResponse?_id=form-{}&_include=QuestionnaireResponse:questionnaire", ["Questionnaire/form"]),
        ("Questionnaire?_id=form-{}&_revinclude=QuestionnaireResponse:questionnaire",
         ["QuestionnaireResponse/form", "QuestionnaireResponse/forms"]),
        ("Task?_id=sub-{}&_include=*", ["Goal/walk", "Patient/person", "Practitioner/gp", "Task/weigh"]),
        ("Task?_id=free-{}&_include=*", []),
    ],
)  # fmt: skip
def test_what_comes_along(family: Person, query: str, expected: list[str]) -> None:
    answer = family.client("gp").get(f"/{query.replace('{}', family.mark)}")
    assert sorted(names(answer, "include")) == expected


def test_what_references_a_match_comes_along_only_when_it_may_be_seen(family: Person) -> None:
    answer = family.client("neighbour").get(
        f"/Task?_id=market-{family.mark}&_include=*&_revinclude=Provenance:target&_revinclude:iterate=Task:patient"
    )
    assert names(answer, "include") == []


def test_a_token_for_one_type_brings_no_other_along(family: Person) -> None:
    client = family.client("gp", scope="user/Task.rs user/Goal.rs")
    answer = client.get(f"/Task?_id=sub-{family.mark}&_include=*")
    assert names(answer, "include") == ["Goal/walk", "Task/weigh"]


@pytest.mark.parametrize(
    "query", ["Task?owner:Practitioner._id=gp-{}", "Task?_has:Provenance:target:_lastUpdated=gt2000"]
)
def test_a_token_for_one_type_looks_at_no_other(family: Person, query: str) -> None:
    client = family.client("gp", scope="user/Task.rs")
    assert ids(client.get(f"/{query.replace('{}', family.mark)}")) == []


def chain_of_tasks(person: Person, length: int) -> list[Any]:
    refs = [person.ref("Task", f"link{number}") for number in range(length)]
    return [
        task(refs[number], person.patient, partOf=[ref(refs[number - 1])] if number else [])
        if number
        else task(refs[0], person.patient)
        for number in range(length)
    ]


def outcomes(answer: httpx.Response) -> list[tuple[str, str]]:
    return [
        (issue["severity"], issue["code"])
        for each in answer.json().get("entry", ())
        if each["search"]["mode"] == "outcome"
        for issue in each["resource"]["issue"]
    ]


@pytest.mark.parametrize(("length", "warned"), [(6, []), (7, [("warning", "too-costly")])])
def test_iterating_ends_after_five_rounds_and_says_so(
    person: Person, length: int, warned: list[tuple[str, str]]
) -> None:
    person.store(*chain_of_tasks(person, length))
    answer = person.client("gp").get(f"/Task?_id=link0-{person.mark}&_revinclude:iterate=Task:part-of")
    assert (len(names(answer, "include")), outcomes(answer)) == (5, warned)


def test_no_more_than_a_thousand_come_along_and_it_is_said(person: Person) -> None:
    for start in range(0, MOST_INCLUDED, 250):
        person.store(
            *[
                task(person.ref("Task", f"many{start + number}"), person.patient)
                for number in range(251 if start == 750 else 250)
            ]
        )
    answer = person.client("gp").get(f"/Patient?_id=person-{person.mark}&_revinclude=Task:patient")
    assert (len(names(answer, "include")), outcomes(answer)) == (1_000, [("warning", "too-costly")])


# -- who is told -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        f"Goal?patient.identifier={SSIN}|{{ssin}}",
        f"Patient?_has:Goal:patient:patient.identifier={SSIN}|{{ssin}}",
        f"Goal?_filter=patient.identifier eq {SSIN}|{{ssin}} or _id eq x",
        "Goal?patient._id=person-{mark}",
        "Patient/person-{mark}/Goal",
    ],
)
def test_a_person_is_told_of_who_asked_for_them_over_references(person: Person, query: str) -> None:
    stranger = person.client("stranger")
    answer = stranger.get(f"/{query.format(ssin=person.ssin, mark=person.mark)}")
    log = person.client("person").get("/AuditEvent", params={"patient": person.patient, "_count": "200"})
    asked = [
        each["resource"]["subtype"][0]["code"]
        for each in log.json().get("entry", ())
        if each["resource"]["agent"][0]["who"].get("reference") == person.who("stranger")
    ]
    assert (answer.status_code, ids(answer), asked) == (200, [], ["search-type"])
