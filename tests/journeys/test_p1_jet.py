"""P1: Jet, 82, several illnesses, at home with a daughter who cares and a neighbour who helps."""

from __future__ import annotations

from typing import Any

import pytest
from journeys.scene import Scene, parameter, scene
from resources import (
    DZOP,
    Resource,
    communication,
    concept,
    consent,
    entity,
    goal,
    ours,
    practitioner,
    provision,
    ref,
    task,
)
from serving import Server

RELATIONSHIP = "http://hl7.org/fhir/StructureDefinition/goal-relationship"
ROLE = parameter("role", valueCoding={"system": f"{DZOP}/CodeSystem/role", "code": "care-coordinator"})
EXERCISE = concept("http://snomed.info/sct", "229065009")


def serving_goal(above: str) -> dict[str, Any]:
    """The extension by which a goal serves the one above it."""
    parts = [
        {"url": "type", "valueCodeableConcept": {"text": "draagt bij aan"}},
        {"url": "target", "valueReference": ref(above)},
    ]
    return {"extension": [{"url": RELATIONSHIP, "extension": parts}]}


@pytest.fixture
def jet(server: Server) -> Scene:
    made = scene(
        server,
        family={"an": "informal-carer", "louis": "informal-network"},
        professionals={
            "gp": "general-practitioner",
            "nurse": "health-professional",
            "physio": "health-professional",
            "fatima": "welfare-professional",
        },
        organisations={"pharmacy": "health-professional"},
    )
    pharmacist = f"Practitioner/pharmacist-{made.mark}"
    made.store(*practitioner(pharmacist, "health-professional", made.cast["pharmacy"]))
    made = Scene(made.server, made.mark, {**made.cast, "pharmacist": pharmacist}, made.roles)
    person, life = made.patient, made.ref("Goal", "market")
    made.store(
        goal(
            life,
            person,
            "life-goal",
            description={"text": "Elke zondag naar de markt"},
            expressedBy=ref(person),
        ),
        goal(made.ref("Goal", "walking"), person, **serving_goal(life)),
        goal(made.ref("Goal", "weekend"), person, "support-goal"),
        task(
            made.ref("Task", "physio"),
            person,
            owner=ref(made.cast["physio"]),
            focus=ref(made.ref("Goal", "walking")),
        ),
        task(made.ref("Task", "pills"), person, owner=ref(made.cast["pharmacy"])),
        task(made.ref("Task", "market"), person, owner=ref(made.cast["louis"]), focus=ref(life)),
        _letter(made),
        _needs(made),
    )
    return made


def _letter(made: Scene) -> Resource:
    return entity(
        made.ref("DocumentReference", "letter"),
        status="current",
        subject=ref(made.patient),
        author=[ref(made.cast["gp"])],
        content=[{"attachment": {"contentType": "text/plain", "data": "R29lZA=="}}],
    )


def _needs(made: Scene) -> Resource:
    return entity(
        made.ref("Observation", "needs"),
        status="final",
        category=[ours("data-category", "needs-assessment")],
        code={"text": "Zelfstandig stappen"},
        subject=ref(made.patient),
        performer=[ref(made.cast["nurse"])],
    )


def test_1_software_that_sends_a_goal_twice_makes_it_once(jet: Scene) -> None:
    sent = {
        "resourceType": "Goal",
        "identifier": [{"system": "https://gp.example/goal", "value": jet.mark}],
        "lifecycleStatus": "proposed",
        "category": [ours("goal-category", "care-goal")],
        "description": {"text": "Suiker in evenwicht"},
        "subject": ref(jet.patient),
        **serving_goal(jet.ref("Goal", "market")),
    }
    once = {"If-None-Exist": f"identifier=https://gp.example/goal|{jet.mark}"}
    answers = [jet.client("gp").post("/Goal", json=sent, headers=once) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_2_the_nurse_coordinates_from_when_jet_agrees(jet: Scene) -> None:
    team, weekend = jet.ref("CareTeam", "team"), jet.ref("Goal", "weekend")
    jet.ask("nurse", f"{team}/$claim-coordination")
    jet.change("nurse", weekend, answered=403, lifecycleStatus="active", note=[{"text": "Eens per maand"}])
    jet.ask("person", f"{team}/$agree", parameter("member", valueReference=ref(jet.cast["nurse"])), ROLE)
    jet.change("nurse", weekend, lifecycleStatus="active", note=[{"text": "Eens per maand"}])
    jet.ask("gp", f"{team}/$claim-coordination")
    member = parameter("member", valueReference=ref(jet.cast["gp"]))
    jet.ask("person", f"{team}/$agree", member, ROLE, answered=409)


def test_3_the_daughter_sees_the_plan_and_writes_but_reads_no_documents(jet: Scene) -> None:
    jet.sees("an", jet.ref("Goal", "market"), jet.ref("Goal", "walking"), jet.ref("Goal", "weekend"))
    jet.sees("an", jet.ref("Task", "physio"), jet.ref("CareTeam", "team"), jet.ref("CarePlan", "plan"))
    message = jet.ref("Communication", "question")
    jet.write("an", communication(message, jet.patient, "message", jet.cast["an"], jet.cast["nurse"]))
    jet.sees("nurse", message)
    jet.change("an", jet.ref("Task", "market"), note=[{"text": "Ik rij mee"}])
    jet.misses("an", jet.ref("DocumentReference", "letter"))
    log = jet.client("an").get("/AuditEvent", params={"patient": jet.patient}).json()
    assert log.get("entry", []) == []


def test_4_the_neighbour_sees_what_he_does_and_what_it_is_for(jet: Scene) -> None:
    jet.sees("louis", jet.ref("Task", "market"), jet.ref("Goal", "market"))
    message = jet.ref("Communication", "between")
    jet.write("an", communication(message, jet.patient, "message", jet.cast["an"], jet.cast["nurse"]))
    jet.misses(
        "louis",
        jet.ref("Task", "physio"),
        jet.ref("Goal", "walking"),
        jet.ref("Goal", "weekend"),
        jet.ref("Observation", "needs"),
        jet.ref("DocumentReference", "letter"),
        jet.ref("CarePlan", "plan"),
        message,
    )


def test_5_family_help_sees_goals_and_signals_but_reads_the_letter_when_jet_opens_it(jet: Scene) -> None:
    letter, signal = jet.ref("DocumentReference", "letter"), jet.ref("Communication", "signal")
    jet.sees("fatima", jet.ref("Goal", "weekend"), jet.ref("Task", "physio"), jet.ref("Observation", "needs"))
    jet.write("fatima", communication(signal, jet.patient, "shared-note", jet.cast["fatima"]))
    jet.sees("nurse", signal)
    jet.misses("fatima", letter)
    for_a_while = {"start": "2026-01-01", "end": "2030-01-01"}
    data = [{"meaning": "instance", "reference": ref(letter)}]
    opened = provision("permit", (jet.cast["fatima"],), ("document",), period=for_a_while, data=data)
    jet.write("person", consent(jet.ref("Consent", "letter"), "grant", jet.patient, opened))
    jet.sees("fatima", letter)


def test_6_what_jet_closes_is_closed_at_once_and_opens_again(jet: Scene) -> None:
    message = jet.ref("Communication", "pills")
    jet.write("gp", communication(message, jet.patient, "message", jet.cast["gp"], jet.cast["pharmacist"]))
    jet.sees("pharmacist", message)
    closed = {"type": "permit", "provision": [provision("deny", (jet.cast["pharmacy"],), ("message",))]}
    settings = consent(jet.ref("Consent", "settings"), "settings", jet.patient, closed)
    jet.write("person", settings)
    jet.misses("pharmacist", message)
    jet.write("person", {**settings, "status": "inactive"}, 200)
    jet.sees("pharmacist", message)


def test_7_how_heavy_it_is_for_the_daughter_is_hers_to_share(jet: Scene) -> None:
    score = jet.ref("Observation", "burden")
    jet.write(
        "an",
        entity(
            score,
            status="final",
            category=[ours("data-category", "carer-burden")],
            code={"text": "Draaglast"},
            subject=ref(jet.patient),
            focus=[ref(jet.cast["an"])],
            performer=[ref(jet.cast["an"])],
            valueInteger=31,
        ),
    )
    jet.misses("nurse", score)
    shared = provision("permit", (jet.cast["nurse"],), period={"start": "2026-01-01"})
    share = consent(
        jet.ref("Consent", "burden"), "carer-share", jet.patient, shared, performer=[ref(jet.cast["an"])]
    )
    jet.write("an", share)
    jet.sees("an", score)
    jet.sees("nurse", score)
    for name in ("person", "gp", "fatima", "louis"):
        jet.misses(name, score)
    respite = task(
        jet.ref("Task", "respite"),
        jet.patient,
        owner=ref(jet.cast["fatima"]),
        requester=ref(jet.cast["nurse"]),
    )
    jet.write("nurse", respite)
    jet.sees("person", jet.ref("Task", "respite"))


def test_8_the_same_exercise_in_two_care_pathways_is_remarked_on(jet: Scene) -> None:
    def pathway(name: str) -> Resource:
        return entity(
            jet.ref("CarePlan", name),
            status="active",
            intent="plan",
            category=[ours("plan-kind", "care-pathway")],
            subject=ref(jet.patient),
            partOf=[ref(jet.ref("CarePlan", "plan"))],
            activity=[{"detail": {"status": "in-progress", "code": EXERCISE}}],
        )

    jet.write("gp", pathway("heart"))
    answer = jet.client("gp").put(
        f"/{jet.ref('CarePlan', 'diabetes')}",
        json=pathway("diabetes"),
        headers={"Prefer": "return=OperationOutcome"},
    )
    said = {code["code"] for each in answer.json()["issue"] for code in each["details"].get("coding", ())}
    assert (answer.status_code, "duplicate-activity" in said) == (201, True)
