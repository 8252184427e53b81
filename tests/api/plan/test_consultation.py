"""Pivotal moments ask the team to meet; what is missing at a consultation or in its report is told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from persons import DZOP, Person
from resources import Resource, bundle, concept, entity, ours, participant, post, provision, ref

TOLD = {"Prefer": "return=OperationOutcome"}
VIRTUAL_SERVICE = f"{DZOP}/StructureDefinition/virtual-service"
INPATIENT = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
IN_FOUR_LANGUAGES = [
    "Overleg met het hele team: thuiskomst uit het ziekenhuis",
    "Concertation avec toute l'équipe : retour de l'hôpital",
    "Besprechung mit dem ganzen Team: Rückkehr aus dem Krankenhaus",
    "Talk it over with the whole team: coming home from hospital",
]


def encounter(person: Person, *moments: str, status: str = "planned", **elements: Any) -> Resource:
    """A stay that tells these pivotal moments."""
    reasons = [ours("pivotal-moment", each) for each in moments]
    told = {"reasonCode": reasons} if reasons else {}
    return {
        "resourceType": "Encounter",
        "status": status,
        "class": INPATIENT,
        "subject": ref(person.patient),
        **told,
        **elements,
    }


def appointment(person: Person, *names: str, kind: str = "mdo", **elements: Any) -> Resource:
    """A consultation at which these people take part."""
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "appointmentType": ours("meeting-kind", kind),
        "start": "2027-03-01T10:00:00+01:00",
        "end": "2027-03-01T11:00:00+01:00",
        "participant": [{"actor": ref(person.who(each)), "status": "accepted"} for each in names],
        **elements,
    }


def report(person: Person, *sections: str, category: str = "shared-note", **elements: Any) -> Resource:
    """The nurse's report of a consultation."""
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Jet was erbij.</div>'}
    return {
        "resourceType": "Composition",
        "status": "final",
        "type": ours("document-kind", "mdo-report"),
        "category": [ours("data-category", category)],
        "subject": ref(person.patient),
        "date": "2027-03-01",
        "author": [ref(person.who("nurse"))],
        "title": "Verslag",
        "section": [{"code": ours("report-section", each), "text": text} for each in sections],
        **elements,
    }


def rules(answer: Any) -> list[str]:
    """The rules of which the answer tells."""
    issues = answer.json().get("issue", ())
    return [each["details"]["coding"][0]["code"] for each in issues if "coding" in each["details"]]


def told(person: Person, name: str, resource: Resource) -> list[str]:
    """What is remarked on when this is stored in the name of somebody."""
    answer = person.client(name).post(f"/{resource['resourceType']}", json=resource, headers=TOLD)
    assert answer.status_code == 201, answer.text
    return rules(answer)


def asked(person: Person, **parameters: str) -> list[Resource]:
    """The Tasks that a pivotal moment brought about, the consultation first."""
    about = {"patient": person.patient, "_sort": "_lastUpdated", **parameters}
    found = person.client("person").get("/Task", params=about).json().get("entry", ())
    tasks = [each["resource"] for each in found if "reasonCode" in each["resource"]]
    return sorted(tasks, key=lambda each: "partOf" in each)


def kinds(tasks: list[Resource]) -> list[str]:
    return [each["code"]["coding"][0]["code"] for each in tasks]


def stored(person: Person, resource: Resource, name: str = "gp") -> Resource:
    answer = person.client(name).post(f"/{resource['resourceType']}", json=resource)
    assert answer.status_code == 201, answer.text
    found: Resource = answer.json()
    return found


# -- pivotal moments -----------------------------------------------------------------------------------------


def test_a_pivotal_moment_asks_the_person_where_nobody_coordinates(person: Person) -> None:
    stay = stored(person, encounter(person, "crisis"))
    (task,) = asked(person)
    assert (task["status"], task["owner"], task["focus"], kinds([task])) == (
        "requested",
        ref(person.patient),
        ref(f"Encounter/{stay['id']}"),
        ["team-consultation"],
    )


def test_a_pivotal_moment_asks_the_coordinator(person: Person) -> None:
    usual = person.team()["participant"]
    person.store(person.team(*usual, participant(person.who("nurse"), "care-coordinator")))
    stored(person, encounter(person, "crisis"))
    assert [each["owner"] for each in asked(person)] == [ref(person.who("nurse"))]


def test_an_appointment_may_tell_a_pivotal_moment_too(person: Person) -> None:
    reason = [ours("pivotal-moment", "move-to-care-home")]
    stored(person, appointment(person, "person", "gp", kind="visit", reasonCode=reason))
    assert kinds(asked(person)) == ["team-consultation"]


def test_a_consultation_about_a_pivotal_moment_asks_for_no_other(person: Person) -> None:
    reason = [ours("pivotal-moment", "move-to-care-home")]
    stored(person, appointment(person, "person", "gp", reasonCode=reason))
    assert asked(person) == []


def test_the_task_belongs_to_the_plan(person: Person) -> None:
    stored(person, encounter(person, "crisis"))
    assert asked(person)[0]["basedOn"] == [ref(person.ref("CarePlan", "plan"))]


def test_a_task_says_in_four_languages_why_the_team_meets(person: Person) -> None:
    stored(person, encounter(person, "hospital-discharge"))
    assert asked(person)[0]["description"].split("\n") == IN_FOUR_LANGUAGES


@pytest.mark.parametrize(
    ("period", "within"),
    [({}, 7), ({"period": {"start": "2026-01-01", "end": "2026-01-08"}}, 7)],
    ids=["no day told", "told afterwards"],
)
def test_the_days_to_meet_within_count_from_today_for_what_has_happened(
    person: Person, period: Resource, within: int
) -> None:
    stored(person, encounter(person, "hospital-discharge", **period))
    due = person.server.now().astimezone(ZoneInfo("Europe/Brussels")).date() + timedelta(days=within)
    assert date.fromisoformat(asked(person)[0]["restriction"]["period"]["end"]) == due


@pytest.mark.parametrize(
    ("day", "due"),
    [("2099-03-01", "2099-03-08"), ("2099-03", "2099-03-08"), ("9999-12-31", "9999-01-07")],
)
def test_the_days_to_meet_within_count_from_the_moment_that_is_to_come(
    person: Person, day: str, due: str
) -> None:
    stored(person, encounter(person, "hospital-discharge", period={"end": day}))
    assert asked(person)[0]["restriction"]["period"]["end"] == due


def test_who_comes_home_from_hospital_is_seen_to(person: Person) -> None:
    stored(person, encounter(person, "hospital-discharge"))
    assert set(kinds(asked(person))) == {
        "team-consultation",
        "medication-review",
        "aid-request",
        "home-visit",
    }


def test_what_is_seen_to_is_part_of_the_consultation(person: Person) -> None:
    stored(person, encounter(person, "hospital-discharge"))
    first, *others = asked(person)
    assert [each["partOf"] for each in others] == [[ref(f"Task/{first['id']}")]] * 3


def test_a_stay_in_hospital_that_ends_is_a_pivotal_moment_without_any_code(person: Person) -> None:
    stay = stored(person, encounter(person, status="in-progress"))
    before = asked(person)
    person.client("gp").put(f"/Encounter/{stay['id']}", json={**stay, "status": "finished"})
    assert (before, len(asked(person))) == ([], 4)


def test_a_stay_in_hospital_of_long_ago_is_no_news(person: Person) -> None:
    stored(person, encounter(person, status="finished", period={"start": "2019-01-01", "end": "2019-01-08"}))
    assert asked(person) == []


def test_of_several_moments_the_most_urgent_is_asked_about(person: Person) -> None:
    stored(person, encounter(person, "diagnosis", "crisis"))
    assert [each["reasonCode"]["coding"][0]["code"] for each in asked(person)] == ["crisis"]


def test_a_moment_is_asked_about_once(person: Person) -> None:
    stay = stored(person, encounter(person, "crisis"))
    person.client("gp").put(f"/Encounter/{stay['id']}", json={**stay, "status": "in-progress"})
    stored(person, encounter(person, "crisis"))
    assert len(asked(person)) == 1


def test_other_codes_are_no_pivotal_moments(person: Person) -> None:
    reason = concept("http://snomed.info/sct", "crisis")
    stored(person, encounter(person, "unheard-of", reasonCode=[reason, ours("pivotal-moment", "nothing")]))
    assert asked(person) == []


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_what_does_not_take_place_is_not_asked_about(person: Person, status: str) -> None:
    stored(person, encounter(person, "crisis", status=status))
    assert asked(person) == []


def test_what_nobody_took_up_is_cancelled_with_the_moment(person: Person) -> None:
    stay = stored(person, encounter(person, "hospital-discharge"))
    person.client("gp").put(f"/Encounter/{stay['id']}", json={**stay, "status": "cancelled"})
    assert {each["status"] for each in asked(person)} == {"cancelled"}


def test_what_somebody_else_asked_for_is_not_cancelled_with_the_moment(person: Person) -> None:
    stay = stored(person, encounter(person, "crisis"))
    own = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "focus": ref(f"Encounter/{stay['id']}"),
        "reasonCode": ours("pivotal-moment", "crisis"),
        "for": ref(person.patient),
    }
    task = stored(person, own, "nurse")
    person.client("gp").put(f"/Encounter/{stay['id']}", json={**stay, "status": "cancelled"})
    assert person.client("nurse").get(f"/Task/{task['id']}").json()["status"] == "requested"


def test_what_the_operator_enters_asks_nobody(person: Person) -> None:
    person.store(entity(person.ref("Encounter", "loaded"), **encounter(person, "crisis")))
    assert asked(person) == []


def test_who_is_asked_gets_a_message_without_content(person: Person) -> None:
    stored(person, encounter(person, "crisis"))
    query = {"patient": person.patient, "topic": f"{DZOP}/CodeSystem/message-kind|consultation-asked"}
    (entry,) = person.client("person").get("/Communication", params=query).json()["entry"]
    message = entry["resource"]
    assert (message["about"], message["payload"][0]["contentString"].split("\n")) == (
        [ref(f"Task/{asked(person)[0]['id']}")],
        [
            "het team wordt gevraagd om te overleggen",
            "l'équipe est invitée à se concerter",
            "das Team soll sich besprechen",
            "the team is asked to meet",
        ],
    )


# -- the hospital ---------------------------------------------------------------------------------------------


def letter(person: Person, author: str) -> Resource:
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": ours("document-kind", "discharge-letter"),
        "subject": ref(person.patient),
        "author": [ref(author)],
        "content": [{"attachment": {"contentType": "application/pdf", "data": "JVBERi0="}}],
    }


@pytest.fixture
def with_hospital(person: Person) -> Person:
    """A person in whose team the stranger is who sends from hospital."""
    usual = person.team()["participant"]
    person.store(person.team(*usual, participant(person.who("stranger"), "hospital-sender")))
    return person


@pytest.mark.parametrize("type", ["Encounter", "DocumentReference"])
def test_a_hospital_sends_and_does_not_read(with_hospital: Person, type: str) -> None:
    person = with_hospital
    sent = {
        "Encounter": encounter(person, "hospital-discharge"),
        "DocumentReference": letter(person, person.who("stranger")),
    }
    client = person.client("stranger")
    answer = client.post(f"/{type}", json=sent[type])
    id = answer.headers["Location"].split("/")[-3]
    assert (answer.status_code, answer.content, client.get(f"/{type}/{id}").status_code) == (201, b"", 404)


def test_a_discharge_letter_from_hospital_reaches_the_general_practitioner(with_hospital: Person) -> None:
    person = with_hospital
    answer = person.client("stranger").post("/DocumentReference", json=letter(person, person.who("stranger")))
    id = answer.headers["Location"].split("/")[-3]
    readers = {
        name: person.client(name).get(f"/DocumentReference/{id}").status_code
        for name in ("person", "gp", "nurse", "helper", "carer")
    }
    assert readers == {"person": 200, "gp": 200, "nurse": 200, "helper": 404, "carer": 404}


def test_coming_home_that_the_hospital_tells_is_seen_to(with_hospital: Person) -> None:
    stay = encounter(with_hospital, status="finished")
    with_hospital.client("stranger").post("/Encounter", json=stay)
    assert len(asked(with_hospital)) == 4


def test_the_hospital_sends_all_at_once(with_hospital: Person) -> None:
    person = with_hospital
    stay = encounter(person, status="finished")
    sent = bundle("transaction", post(stay, "urn:uuid:0f4d"), post(letter(person, person.who("stranger"))))
    answer = person.client("stranger").post("/", json=sent)
    assert (answer.status_code, len(asked(person))) == (200, 4)


# -- consultations --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (("person", "gp", "carer", "nurse"), []),
        (("person", "carer", "nurse"), ["consultation-without-gp"]),
        (("person", "gp"), ["consultation-without-carer"]),
        (("person",), ["consultation-without-gp", "consultation-without-carer"]),
    ],
)
def test_who_is_missing_at_a_consultation_is_told(
    person: Person, names: tuple[str, ...], missing: list[str]
) -> None:
    assert told(person, "nurse", appointment(person, *names)) == missing


@pytest.mark.parametrize("absent", [{"status": "declined"}, {"required": "information-only"}])
def test_a_consultation_without_the_person_is_told(person: Person, absent: Resource) -> None:
    meeting = appointment(person, "person", "gp", "carer")
    meeting["participant"][0].update(absent)
    assert told(person, "nurse", meeting) == ["consultation-without-person"]


def test_a_general_practitioner_may_be_named_by_the_role(person: Person) -> None:
    meeting = appointment(person, "person", "carer")
    role = person.who("gp").replace("Practitioner/", "PractitionerRole/")
    meeting["participant"].append({"actor": ref(role), "status": "accepted"})
    assert told(person, "nurse", meeting) == []


def test_who_is_the_persons_general_practitioner_may_stand_with_the_person(person: Person) -> None:
    patient = person.client("person").get(person.patient).json()
    person.store({**patient, "generalPractitioner": [ref(person.who("stranger"))]})
    assert told(person, "nurse", appointment(person, "person", "carer", "stranger")) == []


def test_where_there_is_no_informal_carer_none_is_missing(person: Person) -> None:
    person.store(person.team(*[each for each in person.team()["participant"] if "carer" not in str(each)]))
    assert told(person, "nurse", appointment(person, "person", "gp")) == []


@pytest.mark.parametrize(
    "elements", [{"status": "fulfilled"}, {"appointmentType": ours("meeting-kind", "visit")}]
)
def test_nobody_is_missed_at_what_is_no_consultation_to_come(person: Person, elements: Resource) -> None:
    assert told(person, "nurse", appointment(person, "person", **elements)) == []


def test_an_informal_carer_whom_the_writer_does_not_see_is_not_missed(person: Person) -> None:
    person.store(person.settings(provision("deny", (person.who("helper"),), ("care-team",))))
    found = told(person, "helper", appointment(person, "person", "gp"))
    assert found == ["consultation-without-gp"]


def test_an_appointment_does_not_end_before_it_begins(person: Person) -> None:
    meeting = appointment(person, "person", "gp", end="2027-03-01T09:59:59+01:00")
    answer = person.client("nurse").post("/Appointment", json=meeting)
    assert (answer.status_code, rules(answer)) == (422, ["appointment-ends-first"])


@pytest.mark.parametrize(
    ("link", "status"),
    [
        ({"valueUrl": "https://meet.example/jet"}, 201),
        ({"valueUrl": "HTTPS://meet.example/jet"}, 201),
        ({"valueUrl": "http://meet.example/jet"}, 422),
        ({"valueUrl": "javascript:alert(1)"}, 422),
    ],
    ids=str,
)
def test_a_link_to_meet_by_leads_to_a_safe_page(person: Person, link: Resource, status: int) -> None:
    extension = [{"url": VIRTUAL_SERVICE, **link}]
    meeting = appointment(person, "person", "gp", "carer", extension=extension)
    answer = person.client("nurse").post("/Appointment", json=meeting)
    expected = ["virtual-service-not-safe"] if status == 422 else []
    assert (answer.status_code, rules(answer)) == (status, expected)


@pytest.mark.parametrize(
    "link",
    [{"valueString": "javascript:alert(1)"}, {"valueReference": {"display": "https://meet.example/jet"}}],
)
def test_a_link_to_meet_by_is_an_address(person: Person, link: Resource) -> None:
    extension = [{"url": VIRTUAL_SERVICE, **link}]
    meeting = appointment(person, "person", "gp", "carer", extension=extension)
    assert person.client("nurse").post("/Appointment", json=meeting).status_code == 422


# -- reports --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sections", "category", "missing"),
    [
        (("attendees", "decisions", "plain-words"), "shared-note", []),
        (("decisions", "plain-words"), "shared-note", ["report-without-attendees"]),
        (("attendees", "plain-words"), "shared-note", ["report-without-decisions"]),
        (("attendees", "decisions"), "shared-note", ["report-without-plain-words"]),
        (("attendees", "decisions", "plain-words"), "document", ["report-not-shared"]),
    ],
)
def test_what_a_report_lacks_is_told(
    person: Person, sections: tuple[str, ...], category: str, missing: list[str]
) -> None:
    assert told(person, "nurse", report(person, *sections, category=category)) == missing


def test_other_compositions_need_no_such_sections(person: Person) -> None:
    bilan = report(person, "attendees", type=ours("document-kind", "overall-assessment"))
    assert told(person, "nurse", bilan) == []


def test_an_informal_carer_reads_the_report(person: Person) -> None:
    written = stored(person, report(person, "decisions"), "nurse")
    assert person.client("carer").get(f"/Composition/{written['id']}").status_code == 200


def test_the_report_of_a_consultation_is_found_by_it_and_belongs_to_its_plan(person: Person) -> None:
    plan = person.ref("CarePlan", "plan")
    held = stored(person, appointment(person, "person", "gp", supportingInformation=[ref(plan)]))
    reference = f"Appointment/{held['id']}"
    written = stored(person, report(person, "decisions", event=[{"detail": [ref(reference)]}]), "nurse")
    client, along = person.client("carer"), {"_id": held["id"], "_revinclude": "Composition:event-detail"}
    asked = [
        client.get("/Composition", params={"event-detail": reference}),
        client.get("/Appointment", params=along),
        client.get(f"/{plan}/$everything"),
    ]
    found = [{each["resource"]["id"] for each in answer.json()["entry"]} for answer in asked]
    assert (found[:2], {written["id"], held["id"]} <= found[2]) == (
        [{written["id"]}, {written["id"], held["id"]}],
        True,
    )


def about(task: Resource) -> dict[str, Any]:
    """The element of a report by which it answers a Task."""
    return {"event": [{"detail": [ref(f"Task/{task['id']}")]}]}


def test_a_report_completes_the_task_that_asked_for_the_consultation(person: Person) -> None:
    stored(person, encounter(person, "crisis"))
    written = stored(person, report(person, "decisions", **about(asked(person)[0])), "nurse")
    (task,) = asked(person)
    outputs = [each["valueReference"] for each in task["output"]]
    assert (task["status"], outputs) == ("completed", [ref(f"Composition/{written['id']}")])


def test_what_is_to_be_seen_to_besides_stays_open(person: Person) -> None:
    stored(person, encounter(person, "hospital-discharge"))
    detail = [ref(f"Task/{each['id']}") for each in asked(person)]
    stored(person, report(person, "decisions", event=[{"detail": detail}]), "nurse")
    assert [each["status"] for each in asked(person)] == ["completed", *["requested"] * 3]


@pytest.mark.parametrize(
    "elements", [{"status": "preliminary"}, {"type": ours("document-kind", "overall-assessment")}]
)
def test_what_is_no_finished_report_completes_nothing(person: Person, elements: Resource) -> None:
    stored(person, encounter(person, "crisis"))
    stored(person, report(person, "decisions", **about(asked(person)[0]), **elements), "nurse")
    assert asked(person)[0]["status"] == "requested"


def test_a_report_completes_nothing_that_somebody_else_asked_for(person: Person) -> None:
    own = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": ours("task-kind", "team-consultation"),
        "for": ref(person.patient),
    }
    task = stored(person, own, "gp")
    stored(person, report(person, "decisions", **about(task)), "nurse")
    assert person.client("gp").get(f"/Task/{task['id']}").json()["status"] == "requested"
