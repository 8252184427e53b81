"""P1: Jet, 82, several illnesses, at home with a daughter who cares and a neighbour who helps."""

from __future__ import annotations

from typing import Any

import pytest
from journeys.scene import COORDINATOR, Scene, coordinated_by, events, parameter, remarks, scene
from resources import (
    DZOP,
    Resource,
    bundle,
    communication,
    concept,
    consent,
    entity,
    goal,
    ours,
    post,
    practitioner,
    provision,
    ref,
    task,
)
from serving import Server

RELATIONSHIP = "http://hl7.org/fhir/StructureDefinition/goal-relationship"
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
        family={"an": "informal-carer", "bart": "informal-carer", "louis": "informal-network"},
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
        goal(made.ref("Goal", "weekend"), person, "support-goal", extension=[_for(made.cast["an"])]),
        task(
            made.ref("Task", "physio"),
            person,
            owner=ref(made.cast["physio"]),
            focus=ref(made.ref("Goal", "walking")),
        ),
        task(made.ref("Task", "pills"), person, owner=ref(made.cast["pharmacy"])),
        task(made.ref("Task", "market"), person, owner=ref(made.cast["louis"]), focus=ref(life)),
        _appointment(made, "visit", "nurse"),
        _appointment(made, "market-day", "louis"),
        _letter(made),
        _needs(made),
    )
    return made


def _for(carer: str) -> dict[str, Any]:
    """That a goal is for somebody near the person."""
    return {"url": f"{DZOP}/StructureDefinition/goal-for", "valueReference": ref(carer)}


def _appointment(made: Scene, name: str, whom: str) -> Resource:
    return entity(
        made.ref("Appointment", name),
        status="booked",
        start="2030-02-03T10:00:00+01:00",
        end="2030-02-03T11:00:00+01:00",
        participant=[{"actor": ref(each), "status": "accepted"} for each in (made.patient, made.cast[whom])],
    )


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


def test_1_software_that_sends_goals_twice_makes_them_once(jet: Scene) -> None:
    system = "https://gp.example/goal"
    sent = [
        post(
            {
                "resourceType": "Goal",
                "identifier": [{"system": system, "value": f"{name}-{jet.mark}"}],
                "lifecycleStatus": "proposed",
                "category": [ours("goal-category", "care-goal")],
                "description": {"text": name},
                "subject": ref(jet.patient),
                **serving_goal(jet.ref("Goal", "market")),
            },
            ifNoneExist=f"identifier={system}|{name}-{jet.mark}",
        )
        for name in ("suiker", "wandelen")
    ]
    answers = [jet.client("gp").post("/", json=bundle("transaction", *sent)).json() for _ in range(2)]
    told = [[each["response"]["status"][:3] for each in answer["entry"]] for answer in answers]
    assert told == [["201"] * 2, ["200"] * 2]
    made = [f"Goal/{each['resource']['id']}" for each in answers[0]["entry"]]
    for name in ("person", "an", "fatima", "nurse"):
        jet.sees(name, *made)
    jet.misses("louis", *made)


def test_2_the_nurse_coordinates_from_when_jet_agrees(jet: Scene) -> None:
    team, weekend = jet.ref("CareTeam", "team"), jet.ref("Goal", "weekend")
    jet.ask("nurse", f"{team}/$claim-coordination")
    jet.change("nurse", weekend, answered=403, lifecycleStatus="active", note=[{"text": "Eens per maand"}])
    member = parameter("member", valueReference=ref(jet.cast["nurse"]))
    for name in ("nurse", "gp", "fatima"):
        jet.ask(name, f"{team}/$agree", member, COORDINATOR, answered=403)
    jet.ask("person", f"{team}/$agree", member, COORDINATOR)
    jet.change("nurse", weekend, lifecycleStatus="active", note=[{"text": "Eens per maand"}])
    jet.ask("gp", f"{team}/$claim-coordination")
    member = parameter("member", valueReference=ref(jet.cast["gp"]))
    jet.ask("person", f"{team}/$agree", member, COORDINATOR, answered=409)


def test_3_the_daughter_sees_the_plan_and_writes_but_reads_no_documents(jet: Scene) -> None:
    letter, question, answer = (
        jet.ref("DocumentReference", "letter"),
        jet.ref("Communication", "question"),
        jet.ref("Communication", "answer"),
    )
    jet.write("an", communication(question, jet.patient, "message", jet.cast["an"], jet.cast["nurse"]))
    jet.write("nurse", communication(answer, jet.patient, "message", jet.cast["nurse"], jet.cast["an"]))
    jet.sees("nurse", question)
    jet.sees(
        "an",
        *(jet.ref("Goal", name) for name in ("market", "walking", "weekend")),
        *(jet.ref("Task", name) for name in ("physio", "pills", "market")),
        *(jet.ref("Appointment", name) for name in ("visit", "market-day")),
        *(jet.ref("CareTeam", "team"), jet.ref("CarePlan", "plan"), question, answer),
    )
    own = jet.ref("Task", "drive")
    jet.write("an", task(own, jet.patient, owner=ref(jet.cast["an"])))
    for status in ("accepted", "completed"):
        jet.change("an", own, status=status)
    jet.misses("an", letter)
    assert events(jet, "an") == []
    jet.write("person", opened(jet, letter, "an"))
    jet.sees("an", letter)


def opened(made: Scene, document: str, name: str) -> Resource:
    """The consent by which a document is for one member more."""
    given = provision(
        "permit", (made.cast[name],), ("document",),
        period={"start": "2026-01-01", "end": "2030-01-01"},
        data=[{"meaning": "instance", "reference": ref(document)}],
    )  # fmt: skip
    return consent(made.ref("Consent", f"letter-for-{name}"), "grant", made.patient, given)


def test_4_the_neighbour_sees_what_he_does_and_what_it_is_for(jet: Scene) -> None:
    jet.sees(
        "louis", jet.ref("Task", "market"), jet.ref("Goal", "market"), jet.ref("Appointment", "market-day")
    )
    message = jet.ref("Communication", "between")
    jet.write("an", communication(message, jet.patient, "message", jet.cast["an"], jet.cast["nurse"]))
    jet.misses(
        "louis",
        jet.ref("Task", "physio"),
        jet.ref("Goal", "walking"),
        jet.ref("Goal", "weekend"),
        jet.ref("Appointment", "visit"),
        jet.ref("Observation", "needs"),
        jet.ref("DocumentReference", "letter"),
        jet.ref("CarePlan", "plan"),
        message,
    )


def test_5_family_help_sees_goals_and_signals_but_reads_the_letter_when_jet_opens_it(jet: Scene) -> None:
    letter, signal = jet.ref("DocumentReference", "letter"), jet.ref("Communication", "signal")
    jet.sees(
        "fatima",
        *(jet.ref("Goal", name) for name in ("market", "walking", "weekend")),
        *(jet.ref("Task", name) for name in ("physio", "pills", "market")),
        *(jet.ref("CareTeam", "team"), jet.ref("Appointment", "visit"), jet.ref("Observation", "needs")),
    )
    jet.write("fatima", communication(signal, jet.patient, "shared-note", jet.cast["fatima"]))
    jet.sees("nurse", signal)
    jet.misses("louis", signal)
    jet.misses("fatima", letter)
    jet.write("person", opened(jet, letter, "fatima"))
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
    answers, score = strain_of(jet, "an")
    his, his_score = strain_of(jet, "bart")
    jet.sees("an", answers, score)
    jet.misses("an", his, his_score)
    jet.misses("nurse", answers, score)
    coordinated_by(jet, "nurse")
    jet.misses("nurse", answers, score)
    chosen = tuple(jet.cast[name] for name in ("nurse", "gp"))
    shared = provision("permit", chosen, period={"start": "2026-01-01"})
    mine = {"performer": [ref(jet.cast["an"])]}
    jet.write("an", consent(jet.ref("Consent", "burden"), "carer-share", jet.patient, shared, **mine))
    for name in ("an", "nurse", "gp"):
        jet.sees(name, answers, score)
    respite = jet.ref("Task", "respite")
    asked = {"owner": ref(jet.cast["fatima"]), "requester": ref(jet.cast["nurse"])}
    jet.write("nurse", task(respite, jet.patient, focus=ref(jet.ref("Goal", "weekend")), **asked))
    for name in ("person", "fatima", "an"):
        jet.sees(name, respite)
    for name in ("person", "fatima", "louis", "physio", "bart"):
        jet.misses(name, answers, score, jet.ref("Consent", "burden"))


def strain_of(made: Scene, name: str) -> tuple[str, str]:
    """What a carer answers about the strain of caring, and the score that the service makes of it."""
    system = f"{DZOP}/CodeSystem/instrument-answer"
    asked = ("own-things", "nights", "back", "others", "on-my-own", "satisfaction")
    answers = entity(
        made.ref("QuestionnaireResponse", f"strain-of-{name}"),
        questionnaire=f"{DZOP}/Questionnaire/carer-strain",
        status="completed",
        subject=ref(made.patient),
        author=ref(made.cast[name]),
        authored="2026-11-01T10:00:00+01:00",
        item=[
            {"linkId": each, "answer": [{"valueCoding": {"system": system, "code": "often"}}]}
            for each in asked
        ],
    )
    made.write(name, answers)
    reference = f"QuestionnaireResponse/{answers['id']}"
    found = made.client(name).get("/Observation", params={"derived-from": reference}).json()
    (score,) = (each["resource"] for each in found["entry"])
    return reference, f"Observation/{score['id']}"


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


def test_the_plan_has_a_life_goal_and_every_care_goal_serves_one(jet: Scene) -> None:
    loose = jet.ref("Goal", "sugar")
    before = remarks(jet, "nurse")
    jet.write("gp", goal(loose, jet.patient))
    assert ("no-life-goal" in before, before.get("goal-without-life-goal")) == (
        False, [jet.ref("Goal", "weekend")],
    )  # fmt: skip
    assert sorted(remarks(jet, "nurse")["goal-without-life-goal"]) == sorted(
        [loose, jet.ref("Goal", "weekend")]
    )
