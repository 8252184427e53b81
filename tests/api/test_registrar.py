"""A registrar: software that enters persons, who is related to them, and mandates, and is shown nothing for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from persons import Person, new_person, refused
from resources import SSIN, Resource, bundle, consent, entity, goal, post, provision, ref, ssin
from serving import in_process

REGISTRAR = "Organization/registrar"
OTHER = "Organization/other"


@pytest.fixture
def person(database: str, tmp_path: Path) -> Iterator[Person]:
    """A person of a service with a registrar, which has no relation with the person."""
    with in_process(database, tmp_path, registrars=REGISTRAR, client_ids="uuid") as service:
        registers = [entity(each, active=True, name="Register") for each in (REGISTRAR, OTHER)]
        found = new_person(service)
        found.store(*registers)
        yield found


def registrar(person: Person, who: str = REGISTRAR, **options: Any) -> httpx.Client:
    return person.server.client(who, **options)


def patient(number: str) -> Resource:
    return {"resourceType": "Patient", "identifier": [{"system": SSIN, "value": number}]}


def related(person: Person, **elements: Any) -> Resource:
    return {"resourceType": "RelatedPerson", "active": True, "patient": ref(person.patient), **elements}


def mandate(person: Person, who: str, **elements: Any) -> Resource:
    document = {"sourceReference": {"display": "Zorgvolmacht van 5 januari 2026"}}
    wanted = consent(
        "Consent/x",
        "mandate",
        person.patient,
        provision("permit", (who,)),
        performer=[ref(REGISTRAR)],
        **document,
    )
    return {name: value for name, value in {**wanted, **elements}.items() if name != "id"}


def id_of(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].split("/fhir/")[1].partition("/_history")[0]


def test_it_enters_a_person_and_is_shown_nothing(person: Person) -> None:
    answer = registrar(person).post("/Patient", json=patient(ssin()))
    again = registrar(person).get(f"/{id_of(answer)}").status_code
    assert (201, b"", 404) == (answer.status_code, answer.content, again)


def test_it_enters_who_is_related_to_somebody_it_has_no_relation_with(person: Person) -> None:
    answer = registrar(person).post("/RelatedPerson", json=related(person))
    found = person.client("person").get(f"/{id_of(answer)}").json()
    assert (b"", ref(person.patient)) == (answer.content, found["patient"])


def test_it_names_the_person_by_number_as_well(person: Person) -> None:
    by_number = {"identifier": {"system": SSIN, "value": person.ssin}}
    answer = registrar(person).post("/RelatedPerson", json=related(person, patient=by_number))
    assert 200 == person.client("person").get(f"/{id_of(answer)}").status_code


def test_a_mandate_it_registers_makes_a_representative(person: Person) -> None:
    before = person.client("cousin").get(f"/{person.ref('CarePlan', 'plan')}").status_code
    answer = registrar(person).post("/Consent", json=mandate(person, person.who("cousin")))
    after = person.client("cousin").get(f"/{person.ref('CarePlan', 'plan')}").status_code
    assert (404, 201, b"", 200) == (before, answer.status_code, answer.content, after)


def test_a_person_with_representative_is_entered_in_one_transaction(person: Person) -> None:
    new, relative = f"urn:uuid:{uuid4()}", f"urn:uuid:{uuid4()}"
    wanted = mandate(person, relative, patient=ref(new))
    entries = [
        post(patient(ssin()), new),
        post({"resourceType": "RelatedPerson", "active": True, "patient": ref(new)}, relative),
        post(wanted),
    ]
    answer = registrar(person).post("/", json=bundle("transaction", *entries))
    assert (200, ["201"] * 3) == (
        answer.status_code,
        [each["response"]["status"][:3] for each in answer.json().get("entry", ())],
    )


def test_what_it_enters_is_in_the_log_of_the_person(person: Person) -> None:
    entered = id_of(registrar(person).post("/RelatedPerson", json=related(person)))
    events = person.client("person").get(f"/AuditEvent?patient={person.patient}&_count=50").json()["entry"]
    made = [
        each["resource"]["agent"][0]["who"]["reference"]
        for each in events
        if any(
            entered in what["what"].get("reference", "")
            for what in each["resource"]["entity"]
            if "what" in what
        )
        and each["resource"]["action"] == "C"
    ]
    assert [REGISTRAR] == made


# -- and no more -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [OTHER, "gp", "stranger", "person"])
def test_nobody_else_enters_a_person(person: Person, who: str) -> None:
    client = registrar(person, who) if "/" in who else person.client(who)
    known, new = (
        client.post("/Patient", json=patient(person.ssin)),
        client.post("/Patient", json=patient(ssin())),
    )
    assert [(422, "processing")] * 2 == [refused(each) for each in (known, new)]
    assert known.content == new.content


def test_other_software_is_refused_alike_for_persons_known_and_unknown(person: Person) -> None:
    client = registrar(person, OTHER)
    known = client.post("/RelatedPerson", json=related(person))
    unknown = client.post("/RelatedPerson", json=related(person, patient=ref("Patient/nobody")))
    assert (422, known.content) == (known.status_code, unknown.content)


def test_for_somebody_unknown_it_is_refused_like_everybody(person: Person) -> None:
    mine = registrar(person).post("/RelatedPerson", json=related(person, patient=ref("Patient/nobody")))
    others = registrar(person, OTHER).post("/RelatedPerson", json=related(person))
    assert (422, others.content) == (mine.status_code, mine.content)


@pytest.mark.parametrize("kind", ["sharing", "settings", "grant", "exclusion", "case-management"])
def test_it_writes_no_other_consent(person: Person, kind: str) -> None:
    wanted = mandate(person, person.who("cousin"))
    wanted["category"] = consent("Consent/x", kind, person.patient, {})["category"]
    assert 422 == registrar(person).post("/Consent", json=wanted).status_code


def test_a_mandate_that_is_something_else_too_is_no_mandate(person: Person) -> None:
    wanted = mandate(person, person.who("cousin"))
    wanted["category"] += consent("Consent/x", "sharing", person.patient, {})["category"]
    assert 422 == registrar(person).post("/Consent", json=wanted).status_code


def test_it_writes_nothing_of_the_plan(person: Person) -> None:
    wanted = {name: value for name, value in goal("Goal/x", person.patient).items() if name != "id"}
    assert 422 == registrar(person).post("/Goal", json=wanted).status_code


@pytest.mark.parametrize("type", ["Patient", "RelatedPerson"])
def test_it_changes_and_removes_nothing(person: Person, type: str) -> None:
    id = person.patient if type == "Patient" else person.who("cousin")
    client = registrar(person)
    changed = entity(id, **({"active": False} if type == "Patient" else {"patient": ref(person.patient)}))
    answers = [client.put(f"/{id}", json=changed), client.delete(f"/{id}"), client.get(f"/{id}")]
    same = person.client("person").get(f"/{id}").json()["meta"]["versionId"]
    assert (False, 405, 404, "1") == (
        answers[0].is_success,
        answers[1].status_code,
        answers[2].status_code,
        same,
    )


def test_a_condition_tells_it_nothing(person: Person) -> None:
    known, new = ({"If-None-Exist": f"identifier={SSIN}|{number}"} for number in (person.ssin, ssin()))
    client = registrar(person)
    answers = [client.post("/Patient", json=patient(ssin()), headers=each) for each in (known, new)]
    assert [(201, b"")] * 2 == [(each.status_code, each.content) for each in answers]


def test_an_id_of_its_own_tells_it_nothing(person: Person) -> None:
    client = registrar(person)
    free, taken = str(uuid4()), id_of(client.post("/Patient", json=patient(ssin()))).partition("/")[2]
    answers = [client.put(f"/Patient/{id}", json=patient(ssin()) | {"id": id}) for id in (free, taken)]
    assert (422, answers[0].content) == (answers[0].status_code, answers[1].content)


def test_its_token_needs_the_scope(person: Person) -> None:
    client = registrar(person, scope="system/Patient.rs")
    assert 403 == client.post("/Patient", json=patient(ssin())).status_code


def test_a_person_may_be_its_registrars_colleague_without_being_one(person: Person) -> None:
    role = entity(
        person.ref("PractitionerRole", "clerk"), active=True, practitioner=ref(person.ref("Practitioner", "clerk")),
        organization=ref(REGISTRAR),
    )  # fmt: skip
    person.store(entity(person.ref("Practitioner", "clerk"), active=True, name=[{"text": "Clerk"}]), role)
    answer = person.server.client(person.ref("Practitioner", "clerk")).post("/Patient", json=patient(ssin()))
    assert 422 == answer.status_code
