"""P2: Raymond, 69, palliative care at home, with his wife as carer and representative."""

from __future__ import annotations

from typing import Any

import pytest
from journeys.scene import Scene, coordinated_by, mandate, parameter, scene
from resources import (
    DZOP,
    Resource,
    communication,
    concept,
    consent,
    entity,
    goal,
    ours,
    participant,
    provision,
    ref,
    task,
)
from serving import Server

SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
CLASS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


@pytest.fixture
def raymond(server: Server) -> Scene:
    made = scene(
        server,
        family={"mia": "informal-carer", "guido": "informal-network"},
        professionals={
            "gp": "general-practitioner",
            "nurse": "health-professional",
            "psychologist": "health-professional",
            "palliative-nurse": "health-professional",
        },
        outside={"night-nurse": "health-professional"},
    )
    made.store(
        *mandate(made, "mia"),
        goal(made.ref("Goal", "home"), made.patient, "life-goal", expressedBy=ref(made.patient)),
    )
    return made


def wishes(made: Scene) -> Resource:
    return entity(
        made.ref("DocumentReference", "wishes"),
        meta=SENSITIVE,
        status="current",
        type=ours("document-kind", "advance-directive"),
        subject=ref(made.patient),
        author=[ref(made.cast["gp"])],
        content=[{"attachment": {"contentType": "text/plain", "data": "VGh1aXM="}}],
    )


def tasks_of_kind(made: Scene, name: str, kind: str) -> list[dict[str, Any]]:
    found = made.client(name).get("/Task", params={"patient": made.patient, "code": kind}).json()
    return [each["resource"] for each in found.get("entry", ())]


def test_1_what_he_wishes_for_later_is_for_few_until_he_opens_it(raymond: Scene) -> None:
    """The scenario would have the nurse read it from the start; the matrix leaves that to him."""
    letter = raymond.ref("DocumentReference", "wishes")
    raymond.write("gp", wishes(raymond))
    for name in ("gp", "person", "mia"):
        raymond.sees(name, letter)
    for name in ("nurse", "psychologist", "guido"):
        raymond.misses(name, letter)
    opened = provision(
        "permit", (raymond.cast["nurse"],), ("document", "sensitive"),
        period={"start": "2026-01-01", "end": "2030-01-01"},
        data=[{"meaning": "instance", "reference": ref(letter)}],
    )  # fmt: skip
    raymond.write("person", consent(raymond.ref("Consent", "wishes"), "grant", raymond.patient, opened))
    raymond.sees("nurse", letter)
    raymond.misses("psychologist", letter)


def test_2_his_wife_writes_in_his_journal_and_it_says_so(raymond: Scene) -> None:
    page = raymond.ref("Communication", "pain")
    raymond.write("mia", communication(page, raymond.patient, "journal", raymond.patient))
    found = raymond.client("person").get("/Provenance", params={"target": page}).json()
    (agent,) = found["entry"][0]["resource"]["agent"]
    assert (agent["who"]["reference"], agent["onBehalfOf"]["reference"]) == (
        raymond.cast["mia"],
        raymond.patient,
    )
    own = raymond.ref("Communication", "nausea")
    raymond.write("person", communication(own, raymond.patient, "journal", raymond.patient))
    for name in ("person", "mia"):
        raymond.sees(name, page, own)
    for name in ("nurse", "gp", "guido"):
        raymond.misses(name, page, own)


def test_3_a_change_of_setting_asks_the_coordinator_for_a_consultation_with_him_and_his_wife(
    raymond: Scene,
) -> None:
    coordinated_by(raymond, "nurse")
    moved = raymond.ref("Encounter", "unit")
    raymond.write(
        "gp",
        entity(
            moved,
            status="in-progress",
            subject=ref(raymond.patient),
            reasonCode=[ours("pivotal-moment", "change-of-setting")],
            **{"class": {"system": CLASS, "code": "IMP"}},
        ),
    )
    (asked,) = tasks_of_kind(raymond, "nurse", "team-consultation")
    assert (asked["owner"]["reference"], asked["status"], asked["focus"]["reference"]) == (
        raymond.cast["nurse"], "requested", moved,
    )  # fmt: skip
    assert "end" in asked["restriction"]["period"]
    meeting = entity(
        raymond.ref("Appointment", "meeting"),
        status="booked",
        appointmentType=ours("meeting-kind", "mdo"),
        start="2030-02-03T14:00:00+01:00",
        end="2030-02-03T15:00:00+01:00",
        participant=[
            {"actor": ref(raymond.cast[name]), "status": "accepted"}
            for name in ("person", "mia", "gp", "nurse")
        ],
    )
    raymond.write("nurse", meeting)
    report = entity(
        raymond.ref("Composition", "report"),
        status="final",
        type=ours("document-kind", "mdo-report"),
        category=[ours("data-category", "shared-note")],
        subject=ref(raymond.patient),
        date="2030-02-03",
        author=[ref(raymond.cast["nurse"])],
        title="Overleg",
        section=[
            {
                "title": code,
                "code": ours("report-section", code),
                "text": {"status": "generated", "div": text},
            }
            for code, text in (
                ("attendees", '<div xmlns="http://www.w3.org/1999/xhtml">Raymond, Mia</div>'),
                ("decisions", '<div xmlns="http://www.w3.org/1999/xhtml">Thuis blijven</div>'),
                ("plain-words", '<div xmlns="http://www.w3.org/1999/xhtml">U blijft thuis.</div>'),
            )
        ],
    )
    raymond.write("nurse", report)
    for name in ("person", "mia", "gp"):
        raymond.sees(name, raymond.ref("Composition", "report"), raymond.ref("Appointment", "meeting"))
    raymond.misses("guido", raymond.ref("Composition", "report"), raymond.ref("Appointment", "meeting"))


def test_4_a_nurse_of_the_night_reads_with_his_grant_and_only_then(raymond: Scene) -> None:
    home = raymond.ref("Goal", "home")
    raymond.misses("night-nurse", home, raymond.ref("CarePlan", "plan"))
    opened = provision(
        "permit",
        (raymond.cast["night-nurse"],),
        ("life-goal",),
        period={"start": "2026-01-01", "end": "2030-01-01"},
    )
    given = consent(raymond.ref("Consent", "night"), "grant", raymond.patient, opened)
    raymond.write("person", given)
    raymond.sees("night-nurse", home)
    raymond.misses("night-nurse", raymond.ref("CarePlan", "plan"))
    raymond.write("person", {**given, "status": "inactive"}, 200)
    raymond.misses("night-nurse", home)


def test_5_when_he_dies_all_is_closed_but_aftercare_and_what_weighs_on_his_wife(raymond: Scene) -> None:
    visit, burden = raymond.ref("Task", "visit"), raymond.ref("Observation", "burden")
    page = raymond.ref("Communication", "late")
    raymond.write("nurse", task(visit, raymond.patient, owner=ref(raymond.cast["nurse"])))
    own = entity(
        burden,
        status="final",
        category=[ours("data-category", "carer-burden")],
        code=concept("http://loinc.org", "72133-2"),
        subject=ref(raymond.patient),
        focus=[ref(raymond.cast["mia"])],
        performer=[ref(raymond.cast["mia"])],
    )
    raymond.write("mia", own)
    died = {**raymond.read("system", raymond.patient), "deceasedDateTime": "2026-11-01T05:00:00+01:00"}
    raymond.write("system", died, 200)

    plan, home = raymond.ref("CarePlan", "plan"), raymond.ref("Goal", "home")
    ended = {each: raymond.read("nurse", each)["status"] for each in (visit, plan)}
    assert ended == {visit: "cancelled", plan: "completed"}
    raymond.write("gp", goal(raymond.ref("Goal", "late"), raymond.patient), 403)
    raymond.write("mia", communication(page, raymond.patient, "journal", raymond.patient), 403)
    raymond.change("gp", raymond.patient, answered=403, gender="male")
    raymond.change("mia", raymond.ref("Consent", "sharing"), answered=403, status="inactive")
    for name in ("mia", "gp", "nurse"):
        raymond.sees(name, plan, home, visit)
    raymond.sees("mia", burden)
    raymond.misses("gp", burden)
    aftercare = task(
        raymond.ref("Task", "aftercare"),
        raymond.patient,
        code=ours("task-kind", "aftercare"),
        owner=ref(raymond.cast["mia"]),
    )
    raymond.write("nurse", aftercare)
    raymond.sees("mia", raymond.ref("Task", "aftercare"))
    raymond.change("mia", raymond.ref("Task", "aftercare"), status="accepted")


def test_6_what_is_billed_is_an_organisation_its_time_and_the_day_of_the_consultation(raymond: Scene) -> None:
    """Also when he has died, and nothing is written any more."""
    coordinated_by(raymond, "nurse")
    there = ("person", "mia", "gp", "palliative-nurse")
    held = entity(
        raymond.ref("Appointment", "held"),
        status="fulfilled",
        appointmentType=ours("meeting-kind", "mdo"),
        description="Over thuis sterven",
        start="2026-09-03T14:00:00+02:00",
        end="2026-09-03T15:00:00+02:00",
        participant=[{"actor": ref(raymond.cast[name]), "status": "accepted"} for name in there],
    )
    raymond.write("palliative-nurse", held)
    died = {**raymond.read("system", raymond.patient), "deceasedDateTime": "2026-11-01T05:00:00+01:00"}
    raymond.write("system", died, 200)

    asked = f"/{raymond.ref('CarePlan', 'plan')}/$billing-facts?start=2026-09-01&end=2026-09-30"
    told = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "organization", "valueReference": ref(raymond.cast["employer-palliative-nurse"])},
            {"name": "involvement", "valuePeriod": {"start": "2026-09-01", "end": "2026-09-30"}},
            {"name": "consultation", "valueDate": "2026-09-03"},
        ],
    }
    assert raymond.client("palliative-nurse").get(asked).json() == told
    assert raymond.client("night-nurse").get(asked).status_code == 404


def test_a_volunteer_joins_when_he_agrees(raymond: Scene) -> None:
    team = raymond.ref("CareTeam", "team")
    cousin = entity(f"RelatedPerson/cousin-{raymond.mark}", active=True, patient=ref(raymond.patient))
    raymond.store(cousin)
    entry = participant(f"RelatedPerson/{cousin['id']}", "informal-network")
    known = raymond.read("nurse", team)
    raymond.write("nurse", {**known, "participant": [*known["participant"], entry]}, 200)
    joining = raymond.server.client(f"RelatedPerson/{cousin['id']}")
    before = joining.get(f"/{team}").status_code
    member = parameter("member", valueReference=ref(f"RelatedPerson/{cousin['id']}"))
    raymond.ask("person", f"{team}/$agree", member)
    assert (before, joining.get(f"/{team}").status_code) == (404, 200)
