"""P4: Yassine, 19, a physical disability, on his way to a home of his own, and his own coordinator."""

from __future__ import annotations

from typing import Any

import pytest
from journeys.scene import Scene, mandate, parameter, scene
from resources import (
    DZOP,
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

ROLE = parameter("role", valueCoding={"system": f"{DZOP}/CodeSystem/role", "code": "care-coordinator"})
GROUND = f"{DZOP}/StructureDefinition/mandate-ground"
BORN = "2007-05-04"  # so he turned eighteen in May 2025
EXPORTED = ("Patient", "CarePlan", "Goal", "CareTeam")


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


def everything(made: Scene, name: str) -> dict[str, Any]:
    """All that somebody sees of him, by reference."""
    found = made.client(name).get(f"/{made.patient}/$everything").json()
    matches = (each["resource"] for each in found["entry"] if each["search"]["mode"] == "match")
    return {f"{each['resourceType']}/{each['id']}": each for each in matches}


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


def test_2_he_coordinates_himself(yassine: Scene) -> None:
    team = yassine.ref("CareTeam", "team")
    known = yassine.read("person", team)
    himself = participant(yassine.patient, "person")
    yassine.write("person", {**known, "participant": [*known["participant"], himself]}, 200)
    known = yassine.read("person", team)
    coordinates = participant(yassine.patient, "care-coordinator")
    yassine.write("person", {**known, "participant": [*known["participant"], coordinates]}, 200)
    agreed = [
        each["member"]["reference"]
        for each in yassine.read("gp", team)["participant"]
        if each["role"][0]["coding"][0]["code"] == "care-coordinator"
    ]
    assert agreed == [yassine.patient]
    yassine.ask("gp", f"{team}/$claim-coordination")
    member = parameter("member", valueReference=ref(yassine.cast["gp"]))
    yassine.ask("person", f"{team}/$agree", member, ROLE, answered=409)


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


def test_5_what_he_takes_with_him_is_the_same_when_it_is_brought_back(yassine: Scene) -> None:
    taken = everything(yassine, "person")
    brought = [
        {name: value for name, value in each.items() if name != "meta"}
        for each in taken.values()
        if each["resourceType"] in EXPORTED
    ]
    yassine.store(*brought)
    again = everything(yassine, "person")
    without_meta = [
        {key: {name: value for name, value in each.items() if name != "meta"} for key, each in found.items()}
        for found in (taken, again)
    ]
    assert without_meta[0] == without_meta[1]


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
    for number, score in enumerate((12, 15, 19)):
        yassine.write(
            "person",
            entity(
                yassine.ref("Observation", f"prom-{number}"),
                status="final",
                category=[ours("data-category", "prom")],
                code={"text": "Welbevinden"},
                subject=ref(yassine.patient),
                focus=[ref(alone)],
                performer=[ref(yassine.patient)],
                effectiveDateTime=f"2026-0{number + 1}-01",
                valueInteger=score,
            ),
        )
    found = yassine.client("gp").get("/Observation", params={"focus": alone, "_sort": "date"}).json()
    assert [each["resource"]["valueInteger"] for each in found["entry"]] == [12, 15, 19]
    yassine.misses("father", yassine.ref("Observation", "prom-0"))
