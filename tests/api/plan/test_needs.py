"""Anybody around a person raises a need, and asks for a case manager; who decides accepts one."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person
from resources import DZOP, Resource, consent, entity, ours, participant, provision, ref

SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
REASON = f"{DZOP}/CodeSystem/coordination-reason"


def broken(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["issue"][0]["details"]["coding"][0]["code"]


def need(person: Person, name: str, code: str = "need", **elements: Any) -> Resource:
    return entity(
        person.ref("ServiceRequest", "need"),
        **{
            "status": "active",
            "intent": "proposal",
            "code": ours("task-kind", code),
            "subject": ref(person.patient),
            "requester": ref(person.who(name)),
            **elements,
        },
    )


def reason(code: str, text: str | None = None) -> Resource:
    concept: Resource = {"coding": [{"system": REASON, "code": code}]}
    return {"reasonCode": [{**concept, **({} if text is None else {"text": text})}]}


def bell(person: Person, name: str, **elements: Any) -> Resource:
    """A request for a case manager."""
    return need(person, name, "case-management", **{**reason("unstable-situation"), **elements})


def refusing(person: Person, **elements: Any) -> Resource:
    return bell(
        person,
        "nurse",
        **{
            **reason("self-endangering-refusal", "Laat niemand meer binnen."),
            "meta": SENSITIVE,
            "performer": [ref(person.who("gp"))],
            **elements,
        },
    )


def sent(person: Person, name: str, body: Resource) -> httpx.Response:
    return person.client(name).put(f"/ServiceRequest/{body['id']}", json=body)


def managing(person: Person) -> Resource:
    permit = provision(
        "permit", (person.who("stranger"),), period={"start": "2026-01-01", "end": "2099-01-01"}
    )
    return consent(person.ref("Consent", "managing"), "case-management", person.patient, permit)


def topics(person: Person, name: str) -> list[str]:
    answer = person.client(name).get("/Communication", params={"recipient": person.who(name)})
    found = [each["resource"] for each in answer.json().get("entry", ())]
    return [each["topic"]["coding"][0]["code"] for each in found if "topic" in each]


def coordinated(person: Person) -> Person:
    helper = participant(person.who("helper"), "welfare-professional")
    person.store(
        person.team(
            *[participant(person.who(each), "informal-network") for each in ("carer", "neighbour")],
            participant(person.who("nurse"), "health-professional"),
            helper,
            {**helper, "role": [ours("role", "care-coordinator")]},
        )
    )
    return person


# -- raising ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["need", "signal"])
@pytest.mark.parametrize("name", ["person", "gp", "nurse", "helper", "carer", "neighbour"])
def test_anybody_around_the_person_raises_a_need(person: Person, name: str, kind: str) -> None:
    assert sent(person, name, need(person, name, kind)).status_code == 201


@pytest.mark.parametrize("name", ["person", "nurse", "helper", "carer", "neighbour"])
def test_anybody_around_the_person_asks_for_a_case_manager(person: Person, name: str) -> None:
    assert sent(person, name, bell(person, name)).status_code == 201


@pytest.mark.parametrize("name", ["stranger", "cousin"])
def test_nobody_else_does(person: Person, name: str) -> None:
    assert sent(person, name, bell(person, name)).status_code == 422


def test_what_is_no_need_is_not_for_the_neighbour_to_ask(person: Person) -> None:
    body = {name: each for name, each in need(person, "neighbour").items() if name != "code"}
    assert sent(person, "neighbour", body).status_code == 403


def test_who_raised_a_need_sees_it(person: Person) -> None:
    body = need(person, "neighbour")
    sent(person, "neighbour", body)
    assert person.client("neighbour").get(f"/ServiceRequest/{body['id']}").status_code == 200


def test_nobody_raises_a_need_in_the_name_of_another_member(person: Person) -> None:
    assert sent(person, "neighbour", need(person, "carer")).status_code == 403


def test_anybody_writes_down_what_the_person_asks_for(person: Person) -> None:
    assert sent(person, "nurse", bell(person, "person", **reason("own-request"))).status_code == 201


def test_the_coordinator_is_told(person: Person) -> None:
    body = need(coordinated(person), "neighbour")
    sent(person, "neighbour", body)
    assert topics(person, "helper") == ["need-raised"]


def test_the_person_is_told_where_nobody_coordinates(person: Person) -> None:
    sent(person, "neighbour", need(person, "neighbour"))
    assert topics(person, "person") == ["need-raised"]


def test_who_is_asked_is_told_and_nobody_else(person: Person) -> None:
    sent(coordinated(person), "neighbour", need(person, "neighbour", performer=[ref(person.who("nurse"))]))
    assert [topics(person, each) for each in ("nurse", "helper")] == [["need-raised"], []]


# -- asking for a case manager ---------------------------------------------------------------------------


@pytest.mark.parametrize("elements", [{"reasonCode": []}, reason("several-professionals")], ids=str)
def test_a_case_manager_is_asked_for_with_a_reason(person: Person, elements: Resource) -> None:
    body = {name: each for name, each in (bell(person, "carer") | elements).items() if each}
    assert broken(sent(person, "carer", body)) == (422, "case-management-reason")


@pytest.mark.parametrize(
    "more",
    [
        {"note": [{"text": "Diabetes"}]},
        {"supportingInfo": [{"display": "verslag"}]},
        {"reasonReference": [{"display": "diagnose"}]},
        {"patientInstruction": "x"},
    ],
    ids=str,
)
def test_a_request_for_a_case_manager_says_no_more_than_it_must(person: Person, more: Resource) -> None:
    assert broken(sent(person, "carer", bell(person, "carer", **more))) == (422, "case-management-minimal")


def test_a_refusal_of_care_is_explained(person: Person) -> None:
    assert broken(sent(person, "nurse", refusing(person, **reason("self-endangering-refusal")))) == (
        422,
        "refusal-justified",
    )


def test_a_refusal_of_care_is_labelled(person: Person) -> None:
    body = {name: each for name, each in refusing(person).items() if name != "meta"}
    assert broken(sent(person, "nurse", body)) == (422, "refusal-sensitive")


def test_a_refusal_of_care_is_addressed(person: Person) -> None:
    body = {name: each for name, each in refusing(person).items() if name != "performer"}
    assert broken(sent(person, "nurse", body)) == (422, "refusal-addressed")


def test_a_refusal_of_care_is_seen_by_those_who_are_asked(person: Person) -> None:
    body = refusing(person)
    assert sent(person, "nurse", body).status_code == 201
    seen = {
        each: person.client(each).get(f"/ServiceRequest/{body['id']}").status_code
        for each in ("gp", "helper", "carer")
    }
    assert seen == {"gp": 200, "helper": 404, "carer": 404}


# -- what becomes of it ----------------------------------------------------------------------------------


def test_when_a_case_manager_is_admitted_the_request_is_answered(person: Person) -> None:
    body = bell(person, "carer")
    sent(person, "carer", body)
    written = person.client("person").put(f"/{person.ref('Consent', 'managing')}", json=managing(person))
    found = person.client("carer").get(f"/ServiceRequest/{body['id']}").json()
    assert (written.status_code, found["status"], topics(person, "carer")) == (
        201,
        "completed",
        ["need-ended"],
    )


def test_other_needs_are_not_answered_by_a_case_manager(person: Person) -> None:
    body = need(person, "carer")
    sent(person, "carer", body)
    person.client("person").put(f"/{person.ref('Consent', 'managing')}", json=managing(person))
    assert person.client("carer").get(f"/ServiceRequest/{body['id']}").json()["status"] == "active"


def test_who_wrote_a_request_may_still_change_it_once_it_is_answered(person: Person) -> None:
    body = {name: each for name, each in bell(person, "nurse").items() if name != "requester"}
    sent(person, "nurse", body)
    person.client("person").put(f"/{person.ref('Consent', 'managing')}", json=managing(person))
    assert sent(person, "nurse", {**body, "status": "entered-in-error"}).status_code == 200


def test_a_case_manager_is_not_accepted_by_others(person: Person) -> None:
    body = bell(person, "carer")
    sent(person, "carer", body)
    assert broken(sent(person, "carer", {**body, "status": "completed"})) == (422, "case-management-decided")


def test_the_person_declines_a_case_manager(person: Person) -> None:
    body = bell(person, "carer")
    sent(person, "carer", body)
    answer = sent(person, "person", {**body, "status": "revoked"})
    assert (answer.status_code, topics(person, "carer")) == (200, ["need-ended"])


def test_who_raised_a_need_withdraws_it(person: Person) -> None:
    body = bell(person, "carer")
    sent(person, "carer", body)
    assert sent(person, "carer", {**body, "status": "revoked"}).status_code == 200


@pytest.mark.parametrize("ended", ["completed", "revoked"])
def test_an_ended_need_is_raised_anew(person: Person, ended: str) -> None:
    body = need(person, "carer", status=ended)
    person.store(body)
    assert broken(sent(person, "carer", {**body, "status": "active"})) == (409, "need-step")
