"""Operations are asked in the shapes that integrators rely on."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person
from resources import DZOP, Resource, ref

CODING = {"system": f"{DZOP}/CodeSystem/role", "code": "health-professional"}


def asked(person: Person, name: str, url: str, *given: tuple[str, str, Any]) -> httpx.Response:
    parameters = [{"name": each, f"value{type}": value} for each, type, value in given]
    body: Resource = {"resourceType": "Parameters", **({"parameter": parameters} if parameters else {})}
    return person.client(name).post(f"/{url}", json=body)


def parts(answer: httpx.Response, name: str, part: str) -> list[Any]:
    """The values of one part of each parameter of this name."""
    assert answer.status_code == 200, answer.text
    return [
        next(value for key, value in each.items() if key != "name")
        for parameter in answer.json().get("parameter", ())
        if parameter["name"] == name
        for each in parameter["part"]
        if each["name"] == part
    ]


@pytest.mark.parametrize("card", [(), (("cardNumber", "String", "591-1234567-53"),)])
def test_a_relation_is_declared_with_number_proof_and_card(person: Person, card: tuple[Any, ...]) -> None:
    given = (("ssin", "String", person.ssin), ("proof", "Code", "eid-reading"), *card)
    answer = asked(person, "stranger", "Patient/$declare-relation", *given)
    names = [each["name"] for each in answer.json()["parameter"]]
    seen = person.client("stranger").get(person.ref("CarePlan", "plan")).status_code
    assert (answer.status_code, names, seen) == (200, ["patient", "relation", "period"], 200)


def test_a_card_whose_number_cannot_be_proves_nothing(person: Person) -> None:
    given = (
        ("ssin", "String", person.ssin),
        ("proof", "Code", "eid-reading"),
        ("cardNumber", "String", "591-1234567-54"),
    )
    assert asked(person, "stranger", "Patient/$declare-relation", *given).status_code == 422


def test_a_member_is_proposed_with_a_coding_and_agreed_by_reference(person: Person) -> None:
    team = person.ref("CareTeam", "team")
    member = ("member", "Reference", ref(person.who("stranger")))
    proposed = asked(person, "nurse", f"{team}/$propose", member, ("role", "Coding", CODING))
    refused = asked(person, "gp", f"{team}/$agree", member)
    agreed = asked(person, "person", f"{team}/$agree", member)
    seen = person.client("stranger").get(person.ref("CarePlan", "plan")).status_code
    statuses = [each.status_code for each in (proposed, refused, agreed)]
    assert (statuses, proposed.json()["resourceType"], seen) == ([200, 403, 200], "CareTeam", 200)


def test_a_team_gains_nothing_but_the_agreement_of_its_members(person: Person) -> None:
    asked(
        person,
        "nurse",
        f"{person.ref('CareTeam', 'team')}/$propose",
        ("member", "Reference", ref(person.who("stranger"))),
        ("role", "Coding", CODING),
    )
    team = person.client("person").get(person.ref("CareTeam", "team")).json()
    urls = {each["url"] for entry in team["participant"] for each in entry["extension"]}
    assert urls == {f"{DZOP}/StructureDefinition/member-agreement"}


@pytest.mark.parametrize("start", [("start", "DateTime", "2026-11-22"), ("start", "Date", "2099-01-01")])
def test_coordination_is_claimed_from_a_day_with_a_reason(person: Person, start: tuple[Any, ...]) -> None:
    reason = ("reason", "String", "Ik kom er elke dag.")
    answer = asked(person, "nurse", f"{person.ref('CareTeam', 'team')}/$claim-coordination", start, reason)
    claim = answer.json()["participant"][-1]
    said = {each["url"].rpartition("/")[2]: each for each in claim["extension"]}
    assert (claim["period"]["start"], said["member-agreement"]["valueCode"]) == (start[2], "proposed")
    assert said["member-reason"]["valueString"] == reason[2]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_can_see_the_plan_needs_no_parameter(known: Person, method: str) -> None:
    answer = known.client("person").request(method, f"/{known.patient}/$who-can-see")
    actors = [each["reference"] for each in parts(answer, "party", "actor")]
    assert {known.who(name) for name in ("person", "gp", "nurse", "carer")} <= set(actors)


def test_who_can_see_it_since_a_day(known: Person) -> None:
    url = f"/{known.patient}/$who-can-see?_since=2098-01-01"
    assert parts(known.client("person").get(url), "party", "actor") == []


def test_the_log_is_narrowed_by_entry_category_and_time(person: Person) -> None:
    goal, note = person.ref("Goal", "life"), person.ref("Communication", "note")
    for each in (goal, note):
        assert person.client("nurse").get(f"/{each}").status_code == 200
    agent = {"agent": person.who("nurse")}
    narrowed: list[dict[str, str]] = [
        {"resource": goal},
        {"category": "life-goal"},
        {"category": "task"},
        {"_since": "2020-01-01"},
        {"_since": "2098-01-01T00:00:00Z"},
    ]
    client = person.client("person")
    counts = [
        len(parts(client.get(f"/{person.patient}/$access-log", params={**agent, **each}), "entry", "text"))
        for each in narrowed
    ]
    assert counts == [1, 1, 0, 2, 0]
