"""CareTeam/[id]/$invite: who may invite whom, what it makes, and to whom no code is given."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person
from resources import DZOP, SSIN, Resource, consent, entity, participant, provision, ref, ssin

PROPOSED, AGREED = "proposed", "agreed"
PERIOD = {"start": "2020-01-01", "end": "2100-01-01"}


def invite(person: Person, actor: str, **given: Any) -> httpx.Response:
    """What answers an invitation; by name unless told otherwise."""
    named = given or {"name": {"valueString": "An"}}
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": key, **value} for key, value in named.items()],
    }
    return person.client(actor).post(f"/{person.ref('CareTeam', 'team')}/$invite", json=body)


def told(answer: httpx.Response) -> dict[str, Any]:
    """The parameters of the answer by name."""
    assert answer.status_code == 200, answer.text
    return {
        each["name"]: next(value for key, value in each.items() if key != "name")
        for each in answer.json()["parameter"]
    }


def related(answer: httpx.Response) -> str:
    reference: str = told(answer)["relatedPerson"]["reference"]
    return reference


def entry(person: Person, reference: str) -> Resource:
    """The entry of a member, as the person sees it."""
    team = person.client("person").get(person.ref("CareTeam", "team")).json()
    (found,) = [each for each in team["participant"] if each["member"]["reference"] == reference]
    return found  # type: ignore[no-any-return]


def state(person: Person, reference: str) -> str:
    said = entry(person, reference)["extension"]
    return next(each["valueCode"] for each in said if each["url"].endswith("member-agreement"))


def coordinated(person: Person) -> None:
    """The nurse coordinates."""
    team = person.team()
    entries = [*team["participant"], participant(person.who("nurse"), "care-coordinator")]
    person.store(person.team(*entries))


def broken(answer: httpx.Response) -> tuple[int, str]:
    """The status, and the rule that is broken."""
    return answer.status_code, answer.json()["issue"][0]["details"]["coding"][0]["code"]


def cousin(person: Person) -> dict[str, Any]:
    return {"relatedPerson": {"valueReference": ref(person.who("cousin"))}}


def test_who_decides_invites_a_member_who_is_agreed_at_once(person: Person) -> None:
    assert state(person, related(invite(person, "person"))) == AGREED


def test_whom_the_coordinator_invites_waits_for_who_decides(person: Person) -> None:
    coordinated(person)
    assert state(person, related(invite(person, "nurse"))) == PROPOSED


def test_a_representative_invites(person: Person) -> None:
    mandate = provision("permit", (person.who("cousin"),), period={"start": "2020-01-01"})
    document = ref(person.ref("DocumentReference", "report"))
    person.store(
        consent(
            person.ref("Consent", "mandate"), "mandate", person.patient, mandate, sourceReference=document
        )
    )
    assert state(person, related(invite(person, "cousin"))) == AGREED


def test_an_invited_carer_is_an_informal_carer_unless_said_otherwise(person: Person) -> None:
    role = entry(person, related(invite(person, "person")))["role"][0]["coding"][0]
    assert role == {"system": f"{DZOP}/CodeSystem/role", "code": "informal-carer"}


def test_name_and_relationship_make_the_related_person(person: Person) -> None:
    daughter = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "DAU"}
    answer = invite(person, "person", name={"valueString": "An"}, relationship={"valueCoding": daughter})
    made = person.client("person").get(related(answer)).json()
    assert (made["name"], made["relationship"], made["patient"], made["active"]) == (
        [{"text": "An"}], [{"coding": [daughter]}], ref(person.patient), True,
    )  # fmt: skip


def test_the_page_to_print_is_in_four_languages(person: Person) -> None:
    answer = invite(person, "person")
    pages = [each["part"] for each in answer.json()["parameter"] if each["name"] == "page"]
    code, address = told(answer)["code"], told(answer)["address"]
    said = [(language["valueCode"], code in text["valueString"], address in text["valueString"])
            for language, text in pages]  # fmt: skip
    assert sorted(said) == [(each, True, True) for each in ("de", "en", "fr", "nl")]


def test_the_page_names_who_is_invited_and_whose_plan_it_is(person: Person) -> None:
    pages = [each["part"] for each in invite(person, "person").json()["parameter"] if each["name"] == "page"]
    (text,) = [text["valueString"] for language, text in pages if language["valueCode"] == "en"]
    assert ("Dear An," in text, "care plan of Jet" in text) == (True, True)


def test_a_relative_who_was_never_near_is_invited(person: Person) -> None:
    assert related(invite(person, "person", **cousin(person))) == person.who("cousin")


def test_a_lost_code_is_given_anew_without_a_second_entry(person: Person) -> None:
    first = related(invite(person, "person"))
    invite(person, "person", relatedPerson={"valueReference": ref(first)})
    assert state(person, first) == AGREED


def test_a_coordinator_gives_a_lost_code_anew(person: Person) -> None:
    coordinated(person)
    first = related(invite(person, "nurse"))
    assert related(invite(person, "nurse", relatedPerson={"valueReference": ref(first)})) == first


def test_a_coordinator_gets_no_code_for_whom_somebody_else_invited(person: Person) -> None:
    coordinated(person)
    first = {"relatedPerson": {"valueReference": ref(related(invite(person, "person")))}}
    assert broken(invite(person, "nurse", **first)) == (422, "invitation-taken")


def test_no_code_is_given_for_a_member(person: Person) -> None:
    carer = {"relatedPerson": {"valueReference": ref(person.who("carer"))}}
    assert broken(invite(person, "person", **carer)) == (422, "invitation-taken")


def test_no_code_is_given_for_who_was_a_member_once(person: Person) -> None:
    usual = person.team()["participant"]
    person.store(person.team(*usual, participant(person.who("cousin"), "informal-carer")))
    person.store(person.team(*usual))
    assert broken(invite(person, "person", **cousin(person))) == (422, "invitation-taken")


def test_no_code_is_given_for_who_was_named_in_a_consent(person: Person) -> None:
    deny = provision("deny", (person.who("cousin"),))
    exclusion = person.ref("Consent", "exclusion")
    person.store(consent(exclusion, "exclusion", person.patient, deny))
    person.store(consent(exclusion, "exclusion", person.patient, deny, status="inactive"))
    assert broken(invite(person, "person", **cousin(person))) == (422, "invitation-taken")


def test_no_code_is_given_for_who_logs_in_by_number(person: Person) -> None:
    number = [{"system": SSIN, "value": ssin()}]
    person.store(entity(person.who("cousin"), active=True, patient=ref(person.patient), identifier=number))
    assert broken(invite(person, "person", **cousin(person))) == (422, "invitation-taken")


def test_a_coordinator_gets_no_code_for_a_relative_who_is_there_already(person: Person) -> None:
    coordinated(person)
    assert broken(invite(person, "nurse", **cousin(person))) == (422, "invitation-taken")


def named_in(person: Person, kind: str, reference: str, **elements: Any) -> None:
    """A consent of this kind names the RelatedPerson."""
    given = provision("permit", (reference,), ("document",) if kind == "grant" else (), period=PERIOD)
    document = ref(person.ref("DocumentReference", "report"))
    resource = person.ref("Consent", kind)
    person.store(consent(resource, kind, person.patient, given, sourceReference=document, **elements))


def again(person: Person, actor: str, reference: str) -> httpx.Response:
    return invite(person, actor, relatedPerson={"valueReference": ref(reference)})


def test_the_coordinator_gets_no_new_code_for_who_was_given_more_since(person: Person) -> None:
    coordinated(person)
    first = related(invite(person, "nurse"))
    named_in(person, "grant", first)
    assert broken(again(person, "nurse", first)) == (422, "invitation-taken")


def test_the_person_gets_a_new_code_for_who_was_given_more_since(person: Person) -> None:
    first = related(invite(person, "person"))
    named_in(person, "grant", first)
    assert related(again(person, "person", first)) == first


def test_the_person_gets_a_code_for_who_has_a_mandate(person: Person) -> None:
    first = related(invite(person, "person"))
    named_in(person, "mandate", first)
    assert related(again(person, "person", first)) == first


def test_a_representative_gets_no_code_for_another_one(person: Person) -> None:
    first = related(invite(person, "person"))
    named_in(person, "mandate", first)
    both = provision("permit", (person.who("carer"),), period=PERIOD)
    document = ref(person.ref("DocumentReference", "report"))
    own = person.ref("Consent", "own-mandate")
    person.store(consent(own, "mandate", person.patient, both, sourceReference=document))
    assert broken(again(person, "carer", first)) == (422, "invitation-representative")


def test_who_is_under_guardianship_gets_no_code_for_the_guardian(person: Person) -> None:
    first = related(invite(person, "person"))
    ground = f"{DZOP}/StructureDefinition/mandate-ground"
    named_in(person, "mandate", first, extension=[{"url": ground, "valueCode": "guardianship"}])
    assert broken(again(person, "person", first)) == (422, "invitation-representative")


@pytest.mark.parametrize("sign", ["202e", "2066", "200b", "feff", "00ad", "3164", "e0041"])
def test_a_name_has_no_sign_that_is_not_seen(person: Person, sign: str) -> None:
    name = f"An{chr(int(sign, 16))}Peeters"
    assert broken(invite(person, "person", name={"valueString": name})) == (422, "invitation-name")


def test_nor_has_the_name_of_a_relative_who_is_there_already(person: Person) -> None:
    called = [{"text": "An\u202eretteeP"}]
    person.store(entity(person.who("cousin"), active=True, patient=ref(person.patient), name=called))
    assert broken(invite(person, "person", **cousin(person))) == (422, "invitation-name")


@pytest.mark.parametrize(
    "name", ["Zoë O'Brien-Van den Bossche", "محمد أمين", "王小明", "Łukasz Ñandú", "ไพลิน"]
)
def test_a_name_is_in_any_script(person: Person, name: str) -> None:
    assert invite(person, "person", name={"valueString": name}).status_code == 200


def test_nobody_is_invited_as_a_professional(person: Person) -> None:
    nurse = {"system": f"{DZOP}/CodeSystem/role", "code": "health-professional"}
    answer = invite(person, "person", name={"valueString": "An"}, role={"valueCoding": nurse})
    assert broken(answer) == (422, "invitation-role")


def during(person: Person, end: str) -> httpx.Response:
    """What answers an invitation that ends then."""
    return invite(person, "person", name={"valueString": "An"}, period={"valuePeriod": {"end": end}})


def test_nobody_is_invited_for_a_time_that_has_passed(person: Person) -> None:
    assert broken(during(person, "2020-12-31")) == (422, "invitation-period")


def test_who_is_invited_until_a_day_is_a_member_from_now_until_then(person: Person) -> None:
    period = entry(person, related(during(person, "2099-12-31")))["period"]
    assert (period["end"], period["start"] > "2026") == ("2099-12-31", True)


@pytest.mark.parametrize("name", ["gp", "nurse", "carer", "neighbour"])
def test_who_neither_decides_nor_coordinates_invites_nobody(person: Person, name: str) -> None:
    assert invite(person, name).status_code == 403


def test_a_refused_invitation_makes_nobody(person: Person) -> None:
    invite(person, "gp")
    found = person.client("person").get("/RelatedPerson").json()["entry"]
    assert len(found) == 3


@pytest.mark.parametrize(("name", "status"), [(" ", 422), ("x" * 201, 400)])
def test_a_name_is_neither_empty_nor_endless(person: Person, name: str, status: int) -> None:
    assert invite(person, "person", name={"valueString": name}).status_code == status


def test_either_a_name_or_a_related_person_is_given(person: Person) -> None:
    both = invite(person, "person", name={"valueString": "An"}, **cousin(person)).status_code
    neither = invite(person, "person", role={"valueCoding": {"code": "x"}}).status_code
    assert (both, neither) == (400, 400)


def test_a_relative_of_somebody_else_is_not_known(person: Person, known: Person) -> None:
    other = {"relatedPerson": {"valueReference": ref(known.who("cousin"))}}
    assert invite(person, "person", **other).status_code == 422


def test_who_invites_too_often_waits(person: Person) -> None:
    statuses = [invite(person, "person").status_code for _ in range(21)]
    assert statuses[-2:] == [200, 429]
