"""The edge cases E1 to E12 of the field's requirements, each over HTTP. E10, the export of populations, comes later."""

from __future__ import annotations

import pytest
from journeys.scene import COORDINATOR, Scene, mandate, parameter, scene
from resources import SSIN, consent, entity, goal, ours, participant, provision, ref, ssin, task
from serving import Server


def usual(server: Server) -> Scene:
    return scene(
        server,
        family={"an": "informal-carer"},
        professionals={"gp": "general-practitioner", "nurse": "health-professional"},
        outside={"stranger": "general-practitioner", "manager": "case-manager"},
    )


def managed(made: Scene) -> dict[str, object]:
    """The grant of a case manager."""
    given = provision("permit", (made.cast["manager"],), period={"start": "2026-01-01", "end": "2030-01-01"})
    return consent(made.ref("Consent", "manager"), "case-management", made.patient, given)


def test_e1_a_general_practitioner_outside_the_team_is_told_nothing_and_the_log_says_so(
    server: Server,
) -> None:
    made = usual(server)
    made.misses("stranger", made.ref("CarePlan", "plan"), made.patient)
    log = made.client("person").get("/AuditEvent", params={"patient": made.patient, "outcome": "4"}).json()
    who = {each["resource"]["agent"][0]["who"]["reference"] for each in log.get("entry", ())}
    assert made.cast["stranger"] in who


@pytest.mark.parametrize("role", ["health-professional", "case-manager", "informal-network"])
def test_e2_a_case_manager_is_no_member_of_the_team(server: Server, role: str) -> None:
    made = usual(server)
    made.write("person", managed(made))
    team = made.read("person", made.ref("CareTeam", "team"))
    joined = participant(made.cast["manager"], role)
    refused = {**team, "participant": [*team["participant"], joined]}
    made.write("person", refused, 422)


def test_e3_a_plan_has_one_coordinator(server: Server) -> None:
    made = usual(server)
    team = made.ref("CareTeam", "team")
    claims = []
    for name in ("nurse", "gp"):
        claimed = made.client(name).post(f"/{team}/$claim-coordination", json={"resourceType": "Parameters"})
        agreed = made.client("person").post(
            f"/{team}/$agree",
            json={
                "resourceType": "Parameters",
                "parameter": [parameter("member", valueReference=ref(made.cast[name])), COORDINATOR],
            },
        )
        claims.append((claimed.status_code, agreed.status_code))
    assert claims == [(200, 200), (200, 409)]


def test_e4_a_coordinator_without_agreement_waits(server: Server) -> None:
    made = usual(server)
    team = made.ref("CareTeam", "team")
    made.ask("nurse", f"{team}/$claim-coordination")
    entry = made.read("person", team)["participant"][-1]
    agreement = next(each for each in entry["extension"] if each["url"].endswith("/member-agreement"))
    assert agreement["valueCode"] == "proposed"


def test_e5_a_person_without_relatives_has_a_whole_plan(server: Server) -> None:
    made = scene(server, professionals={"gp": "general-practitioner"})
    life, care = made.ref("Goal", "life"), made.ref("Goal", "care")
    made.write("person", goal(life, made.patient, "life-goal", expressedBy=ref(made.patient)))
    made.write("gp", goal(care, made.patient))
    made.write(
        "gp", task(made.ref("Task", "visit"), made.patient, focus=ref(care), owner=ref(made.cast["gp"]))
    )
    made.sees("person", life, care, made.ref("Task", "visit"))
    made.sees("gp", life, care, made.ref("Task", "visit"))


def test_e8_a_goal_without_target_or_code_is_a_goal(server: Server) -> None:
    made = usual(server)
    written = {
        "resourceType": "Goal",
        "id": made.ref("Goal", "bare").partition("/")[2],
        "lifecycleStatus": "proposed",
        "description": {"text": "Nog eens naar zee"},
        "subject": ref(made.patient),
    }
    made.write("person", written)
    made.sees("an", made.ref("Goal", "bare"))


def test_e11_a_token_of_before_a_change_of_consent_keeps_no_access(server: Server) -> None:
    made = usual(server)
    plan, gp = made.ref("CarePlan", "plan"), made.client("gp")
    found = {"patient": made.patient}
    before = gp.get(f"/{plan}").status_code, gp.get("/CarePlan", params=found).json()["total"]
    made.change("person", made.ref("Consent", "sharing"), status="inactive")
    after = [
        gp.get(f"/{plan}{path}").status_code for path in ("", "/_history", "/_history/1", "/$everything")
    ]
    assert (before, after, gp.get("/CarePlan", params=found).json()["total"]) == ((200, 1), [404] * 4, 0)
    made.misses("gp", plan, made.ref("CareTeam", "team"), made.patient)


def test_e12_a_person_without_an_address_has_a_plan(server: Server) -> None:
    made = scene(
        server, professionals={"street-worker": "welfare-professional", "gp": "general-practitioner"}
    )
    made.store(entity(made.patient, identifier=[{"system": SSIN, "value": ssin()}], name=[{"text": "Sam"}]))
    made.write("street-worker", goal(made.ref("Goal", "roof"), made.patient, "support-goal"))
    made.sees("gp", made.ref("Goal", "roof"), made.patient)


def test_e7_a_consultation_without_a_general_practitioner_is_only_remarked_on(server: Server) -> None:
    made = usual(server)
    meeting = {
        "resourceType": "Appointment",
        "status": "booked",
        "appointmentType": ours("meeting-kind", "mdo"),
        "start": "2030-02-03T14:00:00+01:00",
        "end": "2030-02-03T15:00:00+01:00",
        "participant": [
            {"actor": ref(made.cast[name]), "status": "accepted"} for name in ("person", "an", "nurse")
        ],
    }
    answer = made.client("nurse").post(
        "/Appointment", json=meeting, headers={"Prefer": "return=OperationOutcome"}
    )
    said = [
        (each["severity"], each["details"].get("coding", [{}])[0].get("code"))
        for each in answer.json()["issue"]
    ]
    assert (answer.status_code, [each for each in said if each[1]]) == (
        201, [("warning", "consultation-without-gp")],
    )  # fmt: skip


def test_e6_a_person_who_never_logs_in_agrees_on_paper(server: Server) -> None:
    """Somebody who speaks for the person enters what was agreed, and the plan says who did."""
    made = scene(
        server,
        family={"tom": ""},
        professionals={"gp": "general-practitioner", "nurse": "health-professional"},
    )
    team = made.ref("CareTeam", "team")
    made.store(*mandate(made, "tom"))
    made.ask("nurse", f"{team}/$claim-coordination")
    made.ask(
        "tom", f"{team}/$agree", parameter("member", valueReference=ref(made.cast["nurse"])), COORDINATOR
    )
    wish = made.ref("Goal", "wish")
    made.write("nurse", goal(wish, made.patient, "life-goal", expressedBy=ref(made.patient)))
    found = made.client("tom").get("/Provenance", params={"target": wish}).json()
    assert found["entry"][0]["resource"]["agent"][0]["onBehalfOf"]["reference"] == made.patient


def test_e9_when_the_last_professional_is_taken_out_the_plan_stays_and_the_tasks_are_nobodys(
    server: Server,
) -> None:
    made = scene(server, professionals={"nurse": "health-professional"})
    team, weigh = made.ref("CareTeam", "team"), made.ref("Task", "weigh")
    made.write("nurse", task(weigh, made.patient, owner=ref(made.cast["nurse"]), status="accepted"))
    ended = [
        {**each, "period": {"start": "2020-01-01", "end": "2026-01-31"}}
        for each in made.read("person", team)["participant"]
    ]
    made.change("person", team, participant=ended)
    made.sees("person", made.ref("CarePlan", "plan"), weigh)
    made.misses("nurse", made.ref("CarePlan", "plan"), weigh)
    left = made.read("person", weigh)
    assert (left["status"], left.get("owner")) == ("requested", None)
