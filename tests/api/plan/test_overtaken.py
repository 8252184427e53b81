"""An update that somebody else came before: whoever may read both versions gets both changes together."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from goals import acceptance
from persons import Person, refused
from resources import DZOP, Resource, goal

from dzop.fhir.validation import validate

PLAN = ("CarePlan", "plan")


def stored(person: Person, name: str = "person", *key: str) -> Resource:
    found: Resource = person.client(name).get(f"/{person.ref(*(key or PLAN))}").json()
    return found


def put(person: Person, name: str, resource: Resource, match: str | None = None) -> httpx.Response:
    headers = {"If-Match": match} if match else {}
    url = f"/{resource['resourceType']}/{resource['id']}"
    return person.client(name).put(url, json=resource, headers=headers)


def overtaken(person: Person, mine: dict[str, Any], theirs: dict[str, Any]) -> httpx.Response:
    """The answer to the second of two changes of the first version of the plan."""
    base = stored(person)
    assert put(person, "person", {**base, **theirs}).status_code == 200
    return put(person, "person", {**base, **mine}, 'W/"1"')


def interactions(person: Person, name: str) -> set[str]:
    """What the person's log says that somebody did."""
    log = person.client("person").get(f"/{person.patient}/$access-log?agent={person.who(name)}").json()
    return {
        part["valueString"]
        for each in log["parameter"]
        for part in each.get("part", ())
        if part["name"] == "interaction"
    }


def issues(answer: httpx.Response) -> list[tuple[str, str, list[str]]]:
    return [
        (each["severity"], each["code"], each.get("expression", each.get("location")))
        for each in answer.json()["issue"]
    ]


def proposal(answer: httpx.Response) -> Resource:
    outcome = answer.json()
    (contained,), (extension,) = outcome["contained"], outcome["extension"]
    assert extension == {
        "url": f"{DZOP}/StructureDefinition/merge-proposal",
        "valueReference": {"reference": f"#{contained['id']}"},
    }
    found: Resource = contained
    return found


def test_two_changes_that_do_not_contradict_come_together_in_a_proposal(person: Person) -> None:
    answer = overtaken(person, {"title": "Thuis wonen"}, {"description": "Samen"})
    found = proposal(answer)
    assert (answer.status_code, issues(answer), found["title"], found["description"]) == (
        412,
        [("error", "conflict", ["http.If-Match"]), ("information", "informational", None)],
        "Thuis wonen",
        "Samen",
    )


def test_the_proposal_can_be_sent_as_it_is(person: Person) -> None:
    found = proposal(overtaken(person, {"title": "Thuis wonen"}, {"description": "Samen"}))
    answer = put(person, "person", found, 'W/"2"')
    assert (answer.status_code, answer.json()["title"], answer.json()["description"]) == (
        200,
        "Thuis wonen",
        "Samen",
    )


def test_each_contradiction_has_an_issue_at_its_path_and_stays_as_it_is_stored(person: Person) -> None:
    answer = overtaken(
        person,
        {"title": "Thuis", "description": "Mijn", "status": "on-hold"},
        {"title": "Zee", "description": "Hun"},
    )
    found = proposal(answer)
    assert (issues(answer)[1:], found["title"], found["status"]) == (
        [("error", "conflict", ["CarePlan.title"]), ("error", "conflict", ["CarePlan.description"])],
        "Zee",
        "on-hold",
    )


def test_no_issue_repeats_what_anybody_wrote(person: Person) -> None:
    answer = overtaken(person, {"title": "Geheimpje"}, {"title": "Ander geheimpje"})
    assert "eheimpje" not in str(answer.json()["issue"])


def test_the_answer_is_valid_r4(person: Person) -> None:
    answer = overtaken(person, {"title": "Thuis"}, {"title": "Zee"})
    assert validate(answer.json()) == []


def test_it_is_there_in_xml_too(person: Person) -> None:
    base = stored(person)
    put(person, "person", {**base, "title": "Zee"})
    headers = {"If-Match": 'W/"1"', "Accept": "application/fhir+xml"}
    url = f"/{person.ref(*PLAN)}"
    answer = person.client("person").put(url, json={**base, "description": "Samen"}, headers=headers)
    assert (answer.status_code, '<description value="Samen"/>' in answer.text) == (412, True)


def test_in_a_batch_the_entry_has_it(person: Person) -> None:
    base = stored(person)
    put(person, "person", {**base, "title": "Zee"})
    entry = {
        "resource": {**base, "description": "Samen"},
        "request": {"method": "PUT", "url": person.ref(*PLAN), "ifMatch": 'W/"1"'},
    }
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
    (answer,) = person.client("person").post("/", json=bundle).json()["entry"]
    (contained,) = answer["response"]["outcome"]["contained"]
    assert (contained["title"], contained["description"]) == ("Zee", "Samen")


def test_the_log_says_that_both_versions_were_shown(person: Person) -> None:
    base = stored(person)
    put(person, "person", {**base, "title": "Zee"})
    put(person, "gp", {**base, "title": "Thuis"}, 'W/"1"')
    assert {"read", "vread"} <= interactions(person, "gp")


def of_the_goal(person: Person, name: str, **mine: Any) -> httpx.Response:
    """The answer to somebody's change of a goal of the nurse's, which the nurse changed meanwhile."""
    aim = goal(person.ref("Goal", "aim"), person.patient)
    assert put(person, "nurse", aim).status_code == 201
    base = stored(person, "nurse", "Goal", "aim")
    assert put(person, "nurse", {**base, "startDate": "2026-11-01"}).status_code == 200
    return put(person, name, {**base, **mine}, 'W/"1"')


def test_who_may_not_make_the_change_gets_the_plain_refusal(person: Person) -> None:
    answer = of_the_goal(person, "gp", description={"text": "Thuis"})
    assert (refused(answer), len(answer.json()["issue"]), "contained" in answer.json()) == (
        (412, "conflict"), 1, False,
    )  # fmt: skip


def test_the_log_does_not_say_that_anything_was_shown_with_it(person: Person) -> None:
    of_the_goal(person, "gp", description={"text": "Thuis"})
    assert "vread" not in interactions(person, "gp")


def test_who_may_make_that_change_alone_gets_the_proposal(person: Person) -> None:
    answer = of_the_goal(person, "gp", extension=[acceptance(person.who("gp"), "agree")])
    found = put(person, "gp", proposal(answer), 'W/"2"').json()
    assert (found["startDate"], len(found["extension"])) == ("2026-11-01", 1)


SENSITIVE = {"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}


def labelled(person: Person, operation: str) -> None:
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "meta", "valueMeta": {"security": [SENSITIVE]}}],
    }
    person.client("person").post(f"/{person.ref(*PLAN)}/${operation}", json=body).raise_for_status()


def test_who_may_not_read_the_version_that_the_change_names_gets_the_plain_refusal(person: Person) -> None:
    base = stored(person)
    labelled(person, "meta-add")
    labelled(person, "meta-delete")
    answer = put(person, "helper", {**base, "title": "Thuis"}, 'W/"2"')
    plain = put(person, "helper", {**base, "title": "Thuis"}, 'W/"9"')
    assert (refused(answer), answer.text) == ((412, "conflict"), plain.text.replace("`9`", "`2`"))


@pytest.mark.parametrize("name", ["neighbour", "stranger"])
def test_who_may_not_read_the_plan_cannot_tell_it_from_one_that_is_free(person: Person, name: str) -> None:
    base = stored(person)
    put(person, "person", {**base, "title": "Zee"})
    hidden = put(person, name, base, 'W/"1"')
    free = put(person, name, {**base, "id": f"{base['id']}x"}, 'W/"1"')
    assert (hidden.status_code, hidden.text) == (free.status_code, free.text)


def test_a_version_that_never_was_gets_the_plain_refusal(known: Person) -> None:
    answer = put(known, "person", stored(known), 'W/"9"')
    assert (refused(answer), "contained" in answer.json()) == ((412, "conflict"), False)
