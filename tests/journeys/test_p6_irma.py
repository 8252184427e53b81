"""P6: Irma, 87, dementia; her son speaks for her, her daughter sees it otherwise; she moves to a care home."""

from __future__ import annotations

import pytest
from journeys.scene import Scene, mandate, remarks, scene
from resources import (
    DZOP,
    Resource,
    communication,
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
def irma(server: Server) -> Scene:
    made = scene(
        server,
        family={"tom": "", "els": "informal-carer"},
        professionals={
            "gp": "general-practitioner",
            "nurse": "health-professional",
            "clinic": "health-professional",
        },
        outside={"head-nurse": "health-professional", "manager": "case-manager"},
        birth="1939-02-03",
    )
    made.store(
        goal(made.ref("Goal", "music"), made.patient, "life-goal", expressedBy=ref(made.patient)),
        goal(made.ref("Goal", "memory"), made.patient),
        communication(
            made.ref("Communication", "to-els"), made.patient, "message", made.cast["nurse"], made.cast["els"]
        ),
    )
    return made


def without(made: Scene, team: Resource, name: str) -> Resource:
    return {
        **team,
        "participant": [
            each for each in team["participant"] if each["member"]["reference"] != made.cast[name]
        ],
    }


def test_1_nobody_speaks_for_her_until_her_son_does_by_a_document(irma: Scene) -> None:
    irma.misses("tom", irma.ref("Goal", "music"), irma.ref("Consent", "sharing"))
    flagged = "no-representation" in remarks(irma, "gp")
    asked = entity(
        irma.ref("ServiceRequest", "manager"),
        status="active",
        intent="proposal",
        code=ours("task-kind", "case-management"),
        subject=ref(irma.patient),
        requester=ref(irma.cast["gp"]),
        reasonCode=[ours("coordination-reason", "no-representation")],
    )
    irma.write("gp", asked)
    irma.store(*mandate(irma, "tom"))
    assert (flagged, "no-representation" in remarks(irma, "tom")) == (True, False)
    irma.sees("tom", irma.ref("Goal", "music"), irma.ref("Consent", "sharing"), irma.ref("CareTeam", "team"))
    irma.sees("tom", irma.ref("ServiceRequest", "manager"))
    known = irma.read("tom", irma.ref("CareTeam", "team"))
    himself = participant(irma.cast["tom"], "informal-carer")
    irma.change("tom", irma.ref("CareTeam", "team"), participant=[*known["participant"], himself])
    irma.change("tom", irma.ref("Consent", "sharing"), status="inactive")
    irma.misses("els", irma.ref("Goal", "music"))


def test_2_he_keeps_a_nurse_out_but_deletes_nothing_of_others(irma: Scene) -> None:
    irma.store(*mandate(irma, "tom"))
    note, burden = irma.ref("Communication", "note"), irma.ref("Observation", "burden")
    irma.write("nurse", communication(note, irma.patient, "shared-note", irma.cast["nurse"]))
    irma.write(
        "els",
        entity(
            burden,
            status="final",
            category=[ours("data-category", "carer-burden")],
            code={"text": "Draaglast"},
            subject=ref(irma.patient),
            focus=[ref(irma.cast["els"])],
            performer=[ref(irma.cast["els"])],
        ),
    )
    excluded = provision("deny", (irma.cast["nurse"],))
    irma.write(
        "tom",
        consent(
            irma.ref("Consent", "nurse"),
            "exclusion",
            irma.patient,
            excluded,
            performer=[ref(irma.cast["tom"])],
        ),
    )
    irma.misses("nurse", irma.ref("Goal", "music"), irma.ref("CarePlan", "plan"), note)
    assert irma.client("tom").delete(f"/{note}").status_code == 403
    irma.sees("tom", note)
    irma.misses("tom", burden)


def test_3_her_daughter_sees_the_plan_and_not_who_may_see_it(irma: Scene) -> None:
    """That her brother changed the team is told to her, and without a word on whom he removed."""
    irma.store(*mandate(irma, "tom"))
    team, walk, visit = (
        irma.ref("CareTeam", "team"),
        irma.ref("Task", "walk"),
        irma.ref("Appointment", "visit"),
    )
    appointment = entity(
        visit,
        status="booked",
        start="2030-02-03T10:00:00+01:00",
        end="2030-02-03T11:00:00+01:00",
        participant=[{"actor": ref(irma.cast[each]), "status": "accepted"} for each in ("person", "clinic")],
    )
    irma.store(task(walk, irma.patient, owner=ref(irma.cast["nurse"])), appointment)
    irma.write("tom", without(irma, irma.read("tom", team), "nurse"), 200)
    asked = {"patient": irma.patient, "topic": f"{DZOP}/CodeSystem/message-kind|team-changed"}
    (found,) = irma.client("els").get("/Communication", params=asked).json()["entry"]
    told = found["resource"]
    changed = f"Communication/{told['id']}"
    assert (told["about"], told["recipient"], "sender" in told) == ([ref(team)], [ref(team)], False)
    irma.sees("els", irma.ref("Goal", "music"), irma.ref("Goal", "memory"), team, walk, visit)
    irma.sees("els", irma.ref("Communication", "to-els"), changed)
    irma.misses("nurse", changed, team)
    irma.misses("els", irma.ref("Consent", "sharing"), irma.ref("Consent", "mandate-tom"))
    irma.change("els", irma.ref("CarePlan", "plan"), answered=403, title="Ander plan")
    excluded = consent(
        irma.ref("Consent", "tom"), "exclusion", irma.patient, provision("deny", (irma.cast["gp"],))
    )
    irma.write("els", {**excluded, "performer": [ref(irma.cast["els"])]}, 403)


def test_4_her_own_voice_is_heard_whoever_writes_it_down(irma: Scene) -> None:
    irma.store(*mandate(irma, "tom"))
    own, his = irma.ref("Goal", "rosa"), irma.ref("Goal", "safe")
    irma.write(
        "nurse",
        goal(
            own,
            irma.patient,
            "life-goal",
            description={"text": "Bij Rosa op bezoek"},
            expressedBy=ref(irma.patient),
        ),
    )
    found = irma.client("person").get("/Provenance", params={"target": own}).json()
    (agent,) = found["entry"][0]["resource"]["agent"][:1]
    assert (agent["who"]["reference"], agent["onBehalfOf"]["reference"]) == (irma.cast["nurse"], irma.patient)
    irma.write("tom", goal(his, irma.patient, "life-goal", expressedBy=ref(irma.cast["tom"])))
    said = irma.client("els").get("/Goal", params={"expressed-by": irma.cast["tom"]}).json()
    assert [each["resource"]["id"] for each in said["entry"]] == [his.partition("/")[2]]
    irma.change("nurse", own, answered=422, description={"text": "Bij Rosa logeren"})


def test_5_when_she_moves_the_team_at_home_ends_and_another_begins(irma: Scene) -> None:
    irma.store(*mandate(irma, "tom"))
    team, stay = irma.ref("CareTeam", "team"), irma.ref("Encounter", "home")
    irma.write(
        "gp",
        entity(
            stay,
            status="in-progress",
            subject=ref(irma.patient),
            reasonCode=[ours("pivotal-moment", "move-to-care-home")],
            **{"class": {"system": CLASS, "code": "NONAC"}},
        ),
    )
    asked = (
        irma.client("tom").get("/Task", params={"patient": irma.patient, "code": "team-consultation"}).json()
    )
    assert [each["resource"]["focus"]["reference"] for each in asked["entry"]] == [stay]

    known = without(irma, irma.read("tom", team), "nurse")
    joined = participant(irma.cast["head-nurse"], "health-professional")
    irma.write("tom", {**known, "participant": [*known["participant"], joined]}, 200)
    irma.misses("nurse", irma.ref("Goal", "music"), irma.ref("CarePlan", "plan"))
    irma.sees("head-nurse", irma.ref("Goal", "music"), irma.ref("CarePlan", "plan"))

    score = irma.ref("Observation", "belrai")
    irma.write(
        "head-nurse",
        entity(
            score,
            status="final",
            category=[ours("data-category", "needs-assessment")],
            code={"text": "BelRAI LTCF, cognitie"},
            subject=ref(irma.patient),
            focus=[ref(irma.ref("Goal", "memory"))],
            performer=[ref(irma.cast["head-nurse"])],
            valueInteger=3,
        ),
    )
    irma.sees("els", score)
    found = irma.client("gp").get("/Observation", params={"focus": irma.ref("Goal", "memory")}).json()
    assert [each["resource"]["id"] for each in found["entry"]] == [score.partition("/")[2]]


def test_5_a_measure_that_restricts_her_is_for_few_and_is_looked_at_again(irma: Scene) -> None:
    irma.store(*mandate(irma, "tom"))
    measure = entity(
        irma.ref("CarePlan", "measure"),
        meta=SENSITIVE,
        status="active",
        intent="plan",
        title="Deur op slot in de nacht",
        subject=ref(irma.patient),
        partOf=[ref(irma.ref("CarePlan", "plan"))],
        extension=[{"url": f"{DZOP}/StructureDefinition/review-due", "valueDate": "2030-01-15"}],
    )
    irma.write("gp", measure)
    asked = {"patient": irma.patient, "code": "review"}
    (review,) = irma.client("gp").get("/Task", params=asked).json()["entry"]
    again = review["resource"]
    assert (again["focus"], again["restriction"]["period"]["end"]) == (
        ref(irma.ref("CarePlan", "measure")),
        "2030-01-15",
    )
    for name in ("person", "tom", "gp"):
        irma.sees(name, irma.ref("CarePlan", "measure"), f"Task/{again['id']}")
    for name in ("els", "nurse", "clinic"):
        irma.misses(name, irma.ref("CarePlan", "measure"), f"Task/{again['id']}")


def test_6_a_case_manager_mediates_and_his_note_is_for_those_to_whom_it_is_addressed(irma: Scene) -> None:
    """The matrix lets nobody open what others wrote to them: the case manager names for whom it is."""
    irma.store(*mandate(irma, "tom"))
    given = provision("permit", (irma.cast["manager"],), period={"start": "2026-01-01", "end": "2030-01-01"})
    irma.write(
        "tom",
        consent(
            irma.ref("Consent", "manager"),
            "case-management",
            irma.patient,
            given,
            performer=[ref(irma.cast["tom"])],
        ),
    )
    irma.sees("manager", irma.ref("Goal", "music"), irma.ref("CareTeam", "team"))
    note = irma.ref("Communication", "mediation")
    message = communication(
        note, irma.patient, "message", irma.cast["manager"], irma.cast["tom"], irma.cast["els"]
    )
    irma.write("manager", message)
    irma.sees("tom", note)
    irma.sees("els", note)
    for name in ("nurse", "gp", "clinic"):
        irma.misses(name, note)
    irma.misses("manager", irma.ref("Communication", "to-els"))
