"""P6: Irma, 87, dementia; her son speaks for her, her daughter sees it otherwise; she moves to a care home."""

from __future__ import annotations

import pytest
from journeys.scene import Scene, mandate, scene
from resources import (
    Resource,
    communication,
    consent,
    entity,
    goal,
    ours,
    participant,
    provision,
    ref,
)
from serving import Server

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


def test_1_her_son_speaks_for_her_from_when_the_document_is_there(irma: Scene) -> None:
    irma.misses("tom", irma.ref("Goal", "music"), irma.ref("Consent", "sharing"))
    irma.store(*mandate(irma, "tom"))
    irma.sees("tom", irma.ref("Goal", "music"), irma.ref("Consent", "sharing"), irma.ref("CareTeam", "team"))


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
    irma.sees("els", irma.ref("Goal", "music"), irma.ref("Goal", "memory"), irma.ref("CareTeam", "team"))
    irma.sees("els", irma.ref("Communication", "to-els"))
    irma.misses("els", irma.ref("Consent", "sharing"))


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


def test_6_a_case_manager_mediates_and_his_note_is_for_those_to_whom_it_is_opened(irma: Scene) -> None:
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
    irma.misses("nurse", note)
