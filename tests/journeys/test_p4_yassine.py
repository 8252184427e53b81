"""P4: Yassine, 19, a physical disability, on his way to a home of his own, and his own coordinator.

Step 5, what he takes with him, is in test_between_systems.py.
"""

from __future__ import annotations

import pytest
from journeys.scene import COORDINATOR, Scene, mandate, parameter, remarks, scene
from resources import (
    DZOP,
    Resource,
    communication,
    consent,
    entity,
    goal,
    participant,
    provision,
    ref,
)
from serving import Server

PERTAINS = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
A_WHILE = {"start": "2026-01-01", "end": "2030-01-01"}
GROUND = f"{DZOP}/StructureDefinition/mandate-ground"
BORN = "2007-05-04"  # so he turned eighteen in May 2025


@pytest.fixture
def yassine(server: Server) -> Scene:
    made = scene(
        server,
        family={"father": ""},
        professionals={
            "gp": "general-practitioner",
            "therapist": "health-professional",
            "assistant": "welfare-professional",
        },
        outside={"housing": "welfare-professional"},
        birth=BORN,
    )
    parenthood = [{"url": GROUND, "valueCode": "parenthood"}]
    made.store(
        *mandate(made, "father", "2010-01-01", extension=parenthood),
        goal(made.ref("Goal", "alone"), made.patient, "life-goal", expressedBy=ref(made.patient)),
        goal(made.ref("Goal", "flat"), made.patient, "support-goal"),
        goal(made.ref("Goal", "skin"), made.patient),
    )
    return made


def test_1_his_father_speaks_for_him_no_longer_and_keeps_what_he_gives(yassine: Scene) -> None:
    flat = yassine.ref("Goal", "flat")
    yassine.misses("father", flat, yassine.ref("CarePlan", "plan"), yassine.ref("Consent", "sharing"))
    opened = provision(
        "permit",
        (yassine.cast["father"],),
        ("support-goal",),
        period={"start": "2026-01-01", "end": "2030-01-01"},
    )
    yassine.write("person", consent(yassine.ref("Consent", "for-father"), "grant", yassine.patient, opened))
    yassine.sees("father", flat)
    yassine.misses("father", yassine.ref("Goal", "alone"), yassine.ref("CarePlan", "plan"))
    yassine.change("father", flat, answered=403, lifecycleStatus="completed")
    named = provision("permit", (yassine.cast["father"],), ("life-goal",), period=A_WHILE)
    wanted = consent(yassine.ref("Consent", "more"), "grant", yassine.patient, named)
    yassine.write("father", {**wanted, "performer": [ref(yassine.cast["father"])]}, 403)


def test_2_he_coordinates_himself(yassine: Scene) -> None:
    team = yassine.ref("CareTeam", "team")
    known = yassine.read("person", team)
    himself = participant(yassine.patient, "person")
    yassine.write("person", {**known, "participant": [*known["participant"], himself]}, 200)
    known = yassine.read("person", team)
    unpaid = [{"url": f"{DZOP}/StructureDefinition/remunerated", "valueBoolean": False}]
    coordinates = participant(yassine.patient, "care-coordinator", extension=unpaid)
    yassine.write("person", {**known, "participant": [*known["participant"], coordinates]}, 200)
    (agreed,) = (
        each
        for each in yassine.read("gp", team)["participant"]
        if each["role"][0]["coding"][0]["code"] == "care-coordinator"
    )
    assert (agreed["member"], unpaid[0] in agreed["extension"]) == (ref(yassine.patient), True)
    assert "no-coordinator" not in remarks(yassine, "gp")
    yassine.ask("gp", f"{team}/$claim-coordination")
    member = parameter("member", valueReference=ref(yassine.cast["gp"]))
    yassine.ask("person", f"{team}/$agree", member, COORDINATOR, answered=409)


def test_3_an_occupational_therapist_reports_to_the_whole_team(yassine: Scene) -> None:
    report = yassine.ref("Communication", "report")
    yassine.write(
        "therapist", communication(report, yassine.patient, "shared-note", yassine.cast["therapist"])
    )
    for name in ("person", "gp", "assistant"):
        yassine.sees(name, report)
    yassine.misses("father", report)
    yassine.misses("housing", report)


def test_4_a_housing_office_reads_the_support_goals_for_a_while(yassine: Scene) -> None:
    flat = yassine.ref("Goal", "flat")
    given = provision(
        "permit", (yassine.cast["employer-housing"],), ("support-goal",),
        period={"start": "2026-01-01", "end": "2030-01-01"},
    )  # fmt: skip
    shared = consent(yassine.ref("Consent", "housing"), "grant", yassine.patient, given)
    yassine.write("person", {**shared, "provision": {**given, "period": {"start": "2026-01-01"}}}, 422)
    yassine.write("person", shared)
    yassine.sees("housing", flat)
    yassine.misses(
        "housing", yassine.ref("Goal", "alone"), yassine.ref("Goal", "skin"), yassine.ref("CarePlan", "plan")
    )
    yassine.change("housing", flat, answered=403, lifecycleStatus="completed")


@pytest.mark.parametrize(
    ("language", "word"),
    [("nl", "levensdoel"), ("fr", "objectif de vie"), ("de", "Lebensziel"), ("en", "life goal")],
)
def test_6_the_same_goal_in_his_language(yassine: Scene, language: str, word: str) -> None:
    shown = yassine.client("person").get(
        f"/{yassine.ref('Goal', 'alone')}?_display=all", headers={"Accept-Language": language}
    )
    assert shown.json()["category"][0]["coding"][0]["display"] == word


def test_7_how_he_does_is_told_with_the_goal_it_is_about(yassine: Scene) -> None:
    alone = yassine.ref("Goal", "alone")
    days = {"2026-01-01": "never", "2026-02-01": "now-and-then", "2026-03-01": "often"}
    for day, good in days.items():
        yassine.write("person", _well_being(yassine, day, good))
    found = yassine.client("gp").get("/Observation", params={"focus": alone, "_sort": "date"}).json()
    scores = [each["resource"] for each in found["entry"]]
    told = [(each["effectiveDateTime"][:10], each["valueInteger"]) for each in scores]
    assert told == list(zip(days, (4, 10, 13), strict=True))
    for name in ("father", "housing"):
        yassine.misses(name, *(f"Observation/{each['id']}" for each in scores))


def _well_being(made: Scene, day: str, good: str) -> Resource:
    """How he says that he does, for a goal: what is good `good`, what is bad now and then."""
    said = dict.fromkeys(("good-days", "what-counts", "people"), good)
    said |= dict.fromkeys(("body", "worries"), "now-and-then")
    system = f"{DZOP}/CodeSystem/instrument-answer"
    return entity(
        made.ref("QuestionnaireResponse", f"prom-{day}"),
        extension=[{"url": PERTAINS, "valueReference": ref(made.ref("Goal", "alone"))}],
        questionnaire=f"{DZOP}/Questionnaire/well-being",
        status="completed",
        subject=ref(made.patient),
        author=ref(made.patient),
        authored=f"{day}T10:00:00+01:00",
        item=[
            {"linkId": name, "answer": [{"valueCoding": {"system": system, "code": code}}]}
            for name, code in said.items()
        ],
    )
