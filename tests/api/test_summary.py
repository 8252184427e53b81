"""`_summary` and `_elements`: parts of resources, tagged as such, that nobody can store by mistake."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person, new_person
from resources import DZOP, Resource, bundle, goal, post, put
from serving import Server

SUBSETTED = ("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED")
NARRATIVE = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Naar de markt</div>'}
ALWAYS = {"resourceType", "id", "meta", "lifecycleStatus", "description", "subject"}


@pytest.fixture(scope="module")
def told(server: Server) -> Person:
    """A person whose goal `told` has a narrative, a note, a start and an expresser."""
    person = new_person(server)
    person.store(
        goal(
            person.ref("Goal", "told"),
            person.patient,
            "life-goal",
            text=NARRATIVE,
            startDate="2026-01-05",
            note=[{"text": "Met de fiets"}],
            extension=[{"url": f"{DZOP}/x", "valueString": "y"}],
        )
    )
    return person


def asked(person: Person, query: str, path: str = "", **headers: str) -> httpx.Response:
    local = path or person.ref("Goal", "told")
    return person.client("person").get(f"{local}?{query}", headers=headers)


def names(resource: Resource) -> set[str]:
    return set(resource)


def is_tagged(resource: Resource) -> bool:
    return SUBSETTED in [(tag.get("system"), tag["code"]) for tag in resource["meta"].get("tag", ())]


def resources(answer: httpx.Response) -> list[Resource]:
    return [entry["resource"] for entry in answer.json()["entry"] if "resource" in entry]


PARTS = {
    "_summary=true": ALWAYS | {"category", "startDate"},
    "_summary=text": ALWAYS | {"text"},
    "_summary=data": ALWAYS | {"category", "startDate", "note", "extension"},
    "_elements=note": ALWAYS | {"note"},
    "_elements=note,startDate": ALWAYS | {"note", "startDate"},
    "_elements=note&_elements=startDate": ALWAYS | {"note", "startDate"},
    "_elements=Goal.note,%20Goal.startDate": ALWAYS | {"note", "startDate"},
    "_elements=start": ALWAYS | {"startDate"},
    "_elements=start%5Bx%5D": ALWAYS | {"startDate"},
    "_elements=id": ALWAYS,
}


@pytest.mark.parametrize(("query", "expected"), PARTS.items())
@pytest.mark.parametrize("path", ["", "/_history/1"], ids=["read", "vread"])
def test_a_resource_is_shown_in_part_and_says_so(
    told: Person, path: str, query: str, expected: set[str]
) -> None:
    answer = asked(told, query, told.ref("Goal", "told") + path)
    assert (answer.status_code, names(answer.json()), is_tagged(answer.json())) == (200, expected, True)


@pytest.mark.parametrize("query", ["_summary=false", "", "_elements=Patient.name"])
def test_what_is_shown_whole_is_not_tagged(told: Person, query: str) -> None:
    assert asked(told, query).content == asked(told, "").content


@pytest.mark.parametrize("path", ["Goal", "{goal}/_history", "Patient/{patient}/$preview-as?actor={nurse}"])
def test_the_resources_of_a_bundle_are_shown_in_part(told: Person, path: str) -> None:
    url = path.format(goal=told.ref("Goal", "told"), patient=told.patient[8:], nurse=told.who("nurse"))
    url += "&" if "?" in url else "?"
    answer = told.client("person").get(f"{url}_elements=subject")
    goals = [each for each in resources(answer) if each["resourceType"] == "Goal"]
    assert (bool(goals), {frozenset(each) for each in goals}) == (True, {frozenset(ALWAYS)})


def test_included_resources_have_elements_of_their_own(told: Person) -> None:
    query = f"_id={told.ref('Goal', 'told')[5:]}&_include=Goal:subject&_elements=Patient.birthDate,Goal.note"
    found, patient = resources(asked(told, query, "Goal"))
    assert ("note" in found, "startDate" in found, "birthDate" in patient, "name" in patient) == (
        True,
        False,
        True,
        False,
    )


def test_an_entry_of_a_batch_is_shown_in_part(told: Person) -> None:
    entry = {"request": {"method": "GET", "url": f"{told.ref('Goal', 'told')}?_elements=note"}}
    answer = told.client("person").post("", json=bundle("batch", entry))
    assert [names(each) for each in resources(answer)] == [ALWAYS | {"note"}]


def test_the_answer_to_a_write_is_shown_in_part_too(person: Person) -> None:
    body = goal(person.ref("Goal", "new"), person.patient, "life-goal", startDate="2026-01-05")
    answer = person.client("person").put(f"{person.ref('Goal', 'new')}?_elements=id", json=body)
    stored = person.client("person").get(person.ref("Goal", "new")).json()
    assert (names(answer.json()), stored["startDate"]) == (ALWAYS, "2026-01-05")


@pytest.mark.parametrize("path", ["Goal", "{goal}/_history"])
def test_a_count_has_a_total_and_no_entries(told: Person, path: str) -> None:
    answer = asked(told, "_summary=count", path.format(goal=told.ref("Goal", "told"))).json()
    links = [each["relation"] for each in answer["link"]]
    assert ("entry" in answer, answer["total"] > 0, links) == (False, True, ["self"])


def test_the_capability_statement_is_shown_in_part(server: Server) -> None:
    answer = httpx.get(f"{server.fhir}/metadata?_summary=true").json()
    assert (answer["fhirVersion"], is_tagged(answer)) == ("4.0.1", True)


@pytest.mark.parametrize("etag", ['W/"1"', "*"])
def test_a_part_that_the_client_has_is_not_sent_again(told: Person, etag: str) -> None:
    answer = asked(told, "_summary=true", **{"If-None-Match": etag})
    assert (answer.status_code, answer.headers["etag"]) == (304, 'W/"1"')


REFUSED = (
    "_summary=some",
    "_summary=",
    "_summary=count",
    "_summary=true&_summary=true",
    "_summary=true&_elements=note",
    "_elements=",
    "_elements=colour",
    "_elements=note,,startDate",
    "_elements=note.text",
    "_elements=Goal.colour",
    "_elements=Nothing.note",
    "_elements=Goal",
)


@pytest.mark.parametrize("query", REFUSED)
def test_a_part_that_there_is_not_is_refused(told: Person, query: str) -> None:
    assert asked(told, query).status_code == 400


@pytest.mark.parametrize(
    "include", ["_include=Goal:subject", "_revinclude=Task:focus", "_include:iterate=Goal:subject"]
)
def test_the_text_alone_is_not_had_with_includes(told: Person, include: str) -> None:
    assert asked(told, f"_summary=text&{include}", "Goal").status_code == 400


def test_a_refused_part_of_an_answer_means_that_nothing_is_written(person: Person) -> None:
    body = goal(person.ref("Goal", "new"), person.patient, "life-goal")
    client, path = person.client("person"), person.ref("Goal", "new")
    assert (client.put(f"{path}?_elements=colour", json=body).status_code, client.get(path).status_code) == (
        400,
        404,
    )


def test_who_is_lenient_gets_what_there_is_and_a_warning(told: Person) -> None:
    answer = asked(told, "_elements=note,colour", "Goal", Prefer="handling=lenient")
    said = [
        each["issue"][0]["diagnostics"]
        for each in resources(answer)
        if each["resourceType"] == "OperationOutcome"
    ]
    assert ["`colour`" in text for text in said] == [True]


def subsetted(person: Person, **elements: Any) -> Resource:
    tag = dict(zip(("system", "code"), SUBSETTED, strict=True))
    return goal(person.ref("Goal", "told"), person.patient, "life-goal", meta={"tag": [tag]}, **elements)


def test_a_part_is_not_stored_over_the_whole(told: Person) -> None:
    part = asked(told, "_summary=true").json()
    answer = told.client("person").put(told.ref("Goal", "told"), json=part)
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["expression"], "`SUBSETTED`" in issue["diagnostics"]) == (
        422,
        ["Goal.meta.tag"],
        True,
    )


@pytest.mark.parametrize("who", ["person", "system"])
def test_a_part_is_not_created(told: Person, who: str) -> None:
    assert told.client(who).post("Goal", json=subsetted(told)).status_code == 422


@pytest.mark.parametrize("entry", [put, post])
def test_a_part_is_not_stored_by_a_transaction(told: Person, entry: Any) -> None:
    answer = told.client("person").post("", json=bundle("transaction", entry(subsetted(told))))
    assert (answer.status_code, asked(told, "").headers["etag"]) == (422, 'W/"1"')


def test_a_patch_makes_no_part_of_the_whole(told: Person) -> None:
    """Neither the tag itself nor a resource that would carry it is stored."""
    tag = dict(zip(("system", "code"), SUBSETTED, strict=True))
    patch = [{"op": "add", "path": "/meta/tag", "value": [tag]}]
    headers = {"Content-Type": "application/json-patch+json"}
    answer = told.client("person").patch(told.ref("Goal", "told"), json=patch, headers=headers)
    assert answer.status_code == 422


def test_the_tag_of_a_part_is_not_added_to_the_whole(told: Person) -> None:
    tag = dict(zip(("system", "code"), SUBSETTED, strict=True))
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": {"tag": [tag]}}]}
    answer = told.client("person").post(f"{told.ref('Goal', 'told')}/$meta-add", json=parameters)
    assert answer.status_code == 422


def test_what_is_not_seen_is_no_part_either(told: Person) -> None:
    """`_elements` is no way past the access of the actor."""
    client = told.client("stranger")
    paths = (told.ref("Goal", "told"), told.ref("Goal", "nowhere"))
    answers = [client.get(f"{path}?_elements=note") for path in paths]
    assert [(each.status_code, each.json()["issue"][0]["code"]) for each in answers] == [
        (404, "not-found")
    ] * 2
