"""P3: Nina, 34, a severe psychiatric disorder, several teams, and a case manager for a while.

What step 7 says of the exchange with another system is in test_between_systems.py.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from journeys.scene import Scene, coordinated_by, parameter, scene
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
from serving import Clock, Server, Service, in_process

SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
A_WHILE = {"start": "2026-01-01", "end": "2030-01-01"}


@pytest.fixture
def nina(server: Server) -> Scene:
    return living_at(server)


def living_at(server: Service) -> Scene:
    made = scene(
        server,
        family={"lies": ""},
        professionals={
            "gp": "general-practitioner",
            "psychiatrist": "health-professional",
            "psychologist": "health-professional",
            "social-worker": "welfare-professional",
        },
        outside={"manager": "case-manager", "coach": "welfare-professional"},
        birth="1992-05-04",
    )
    person = made.patient
    made.store(
        goal(
            made.ref("Goal", "work"),
            person,
            "support-goal",
            description={"text": "Terug naar de bibliotheek"},
        ),
        goal(
            made.ref("Goal", "home"),
            person,
            "support-goal",
            description={"text": "Mijn appartement behouden"},
        ),
        goal(made.ref("Goal", "medicines"), person),
        task(
            made.ref("Task", "debts"),
            person,
            owner=ref(made.cast["social-worker"]),
            focus=ref(made.ref("Goal", "home")),
        ),
        task(made.ref("Task", "cv"), person, focus=ref(made.ref("Goal", "work"))),
        entity(
            made.ref("Observation", "belrai"),
            status="final",
            category=[ours("data-category", "needs-assessment")],
            code={"text": "BelRAI GGZ"},
            subject=ref(person),
            performer=[ref(made.cast["psychiatrist"])],
        ),
        communication(made.ref("Communication", "journal"), person, "journal", person),
        communication(made.ref("Communication", "journal-2"), person, "journal", person),
    )
    return made


def asked(made: Scene, author: str, reason: str, **elements: object) -> Resource:
    """A request for a case manager."""
    return entity(
        made.ref("ServiceRequest", "manager"),
        **{
            "status": "active",
            "intent": "proposal",
            "code": ours("task-kind", "case-management"),
            "subject": ref(made.patient),
            "requester": ref(made.cast[author]),
            "reasonCode": [ours("coordination-reason", reason)],
            **elements,
        },
    )


def grant(made: Scene, **period: str) -> Resource:
    given = provision("permit", (made.cast["manager"],), period=period)
    return consent(made.ref("Consent", "manager"), "case-management", made.patient, given)


def test_1_a_sister_is_kept_out_and_welfare_sees_no_notes_of_the_mind(nina: Scene) -> None:
    excluded = provision("deny", (nina.cast["lies"],))
    nina.write("person", consent(nina.ref("Consent", "lies"), "exclusion", nina.patient, excluded))
    nina.misses("lies", nina.ref("Goal", "work"), nina.ref("CarePlan", "plan"), nina.patient)
    welfare = (nina.cast["employer-social-worker"],)
    closed = {"type": "permit", "provision": [provision("deny", welfare, ("sensitive", "needs-assessment"))]}
    nina.write("person", consent(nina.ref("Consent", "settings"), "settings", nina.patient, closed))
    note = communication(
        nina.ref("Communication", "note"), nina.patient, "shared-note", nina.cast["psychiatrist"]
    )
    nina.store({**note, "meta": SENSITIVE})
    nina.sees("social-worker", nina.ref("Goal", "home"), nina.ref("Goal", "work"))
    nina.sees("social-worker", nina.ref("Task", "debts"), nina.ref("Task", "cv"))
    nina.misses("social-worker", nina.ref("Communication", "note"), nina.ref("Observation", "belrai"))
    nina.sees(
        "psychologist",
        nina.ref("Goal", "medicines"),
        nina.ref("Goal", "home"),
        nina.ref("Goal", "work"),
        nina.ref("Observation", "belrai"),
    )
    nina.sees("psychiatrist", nina.ref("Communication", "note"))


def test_2_one_page_of_the_journal_is_for_the_psychologist(nina: Scene) -> None:
    page, other = nina.ref("Communication", "journal"), nina.ref("Communication", "journal-2")
    nina.misses("psychologist", page, other)
    opened = provision(
        "permit", (nina.cast["psychologist"],), ("journal",), period=A_WHILE,
        data=[{"meaning": "instance", "reference": ref(page)}],
    )  # fmt: skip
    nina.write("person", consent(nina.ref("Consent", "page"), "grant", nina.patient, opened))
    nina.sees("psychologist", page)
    nina.misses("psychologist", other)
    for name in ("psychiatrist", "gp", "social-worker"):
        nina.misses(name, page, other)


def test_3_in_a_crisis_anybody_asks_for_a_case_manager_who_comes_for_a_while(nina: Scene) -> None:
    """Whoever appoints, it is Nina who lets the case manager in: the matrix gives nobody else that consent."""
    nina.write("social-worker", asked(nina, "social-worker", "unstable-situation"))
    nina.sees("person", nina.ref("ServiceRequest", "manager"))
    nina.misses("manager", nina.ref("Goal", "home"))
    nina.write("person", grant(nina, start="2026-01-01"), 422)
    nina.write("person", grant(nina, **A_WHILE))
    nina.sees("manager", nina.ref("Goal", "home"), nina.ref("CarePlan", "plan"), nina.ref("Task", "debts"))
    nina.misses("manager", nina.ref("Communication", "journal"))
    assert nina.read("person", nina.ref("ServiceRequest", "manager"))["status"] == "completed"
    team = nina.ref("CareTeam", "team")
    joined = participant(nina.cast["manager"], "welfare-professional")
    known = nina.read("person", team)
    nina.write("person", {**known, "participant": [*known["participant"], joined]}, 422)
    nina.ask("manager", f"{team}/$claim-coordination", answered=422)


def closing_reports(made: Scene, name: str) -> list[Resource]:
    """The tasks that ask for one, as somebody sees them."""
    asked = {"patient": made.patient, "code": "closing-report"}
    found = made.client(name).get("/Task", params=asked).json()
    return [each["resource"] for each in found.get("entry", ())]


def report_for(made: Scene, asked: Resource) -> Resource:
    """The report that a task asks for."""
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": ours("data-category", "shared-note"),
        "subject": ref(made.patient),
        "author": [ref(made.cast["manager"])],
        "content": [{"attachment": {"contentType": "text/plain", "data": "R29lZA=="}}],
        "context": {"related": [ref(f"Task/{asked['id']}")]},
    }


def overdue(made: Scene, name: str) -> list[str]:
    """The tasks whose time is over, as the overview tells somebody."""
    remarks = made.client(name).get(f"/{made.ref('CarePlan', 'plan')}/$overview").json()["parameter"]
    parts = [each["part"] for each in remarks if each["part"][0]["valueCoding"]["code"] == "task-overdue"]
    return [each["valueReference"]["reference"] for part in parts for each in part if each["name"] == "about"]


def test_4_the_case_manager_reports_and_then_has_no_access(nina: Scene) -> None:
    nina.write("person", grant(nina, **A_WHILE))
    (waiting,) = closing_reports(nina, "manager")
    written = nina.client("manager").post("/DocumentReference", json=report_for(nina, waiting))
    assert (written.status_code, nina.read("person", f"Task/{waiting['id']}")["status"]) == (201, "completed")
    nina.write("person", grant(nina, start="2026-01-01", end="2026-02-01"), 200)
    nina.misses("manager", nina.ref("Goal", "home"), nina.ref("CarePlan", "plan"), nina.patient)


def test_4_when_the_time_is_over_nothing_is_left_but_the_report_that_is_missing(
    database: str, tmp_path: Path
) -> None:
    """Nobody writes anything: the clock alone ends it."""
    clock = Clock()
    with in_process(database, tmp_path, clock) as service:
        nina, end = living_at(service), clock() + timedelta(days=2)
        hers = (nina.ref("Goal", "home"), nina.ref("CarePlan", "plan"), nina.patient)
        nina.write("person", grant(nina, start="2026-01-01", end=end.isoformat()))
        (waiting,) = closing_reports(nina, "manager")
        clock.instant = end - timedelta(seconds=1)
        nina.sees("manager", *hers)
        clock.instant = end + timedelta(seconds=1)
        nina.misses("manager", *hers, f"Task/{waiting['id']}")
        late = nina.client("manager").post("/DocumentReference", json=report_for(nina, waiting))
        assert (late.status_code, closing_reports(nina, "person")[0]["status"]) == (422, "requested")
        assert overdue(nina, "person") == [f"Task/{waiting['id']}"]


def test_5_that_she_refuses_care_is_told_to_few_and_explained(nina: Scene) -> None:
    why = {**ours("coordination-reason", "self-endangering-refusal"), "text": "Neemt al een week niets in"}
    coordinated_by(nina, "psychiatrist")
    addressed = {"reasonCode": [why], "performer": [ref(nina.cast["psychiatrist"])], "meta": SENSITIVE}
    said = asked(nina, "psychologist", "self-endangering-refusal", **addressed)
    nina.write(
        "psychologist", {**said, "reasonCode": [ours("coordination-reason", "self-endangering-refusal")]}, 422
    )
    nina.write("psychologist", {name: value for name, value in said.items() if name != "meta"}, 422)
    nina.write("psychologist", said)
    nina.sees("psychiatrist", nina.ref("ServiceRequest", "manager"))
    for name in ("social-worker", "lies", "coach"):
        nina.misses(name, nina.ref("ServiceRequest", "manager"))


def test_6_a_job_coach_sees_what_is_about_work(nina: Scene) -> None:
    """The goal, that is: the matrix lets nobody give away tasks, which are for the team."""
    work = nina.ref("Goal", "work")
    opened = provision(
        "permit", (nina.cast["coach"],), ("support-goal",), period=A_WHILE,
        data=[{"meaning": "instance", "reference": ref(work)}],
    )  # fmt: skip
    nina.write("person", consent(nina.ref("Consent", "coach"), "grant", nina.patient, opened))
    nina.sees("coach", work)
    nina.misses("coach", nina.ref("Goal", "home"), nina.ref("Goal", "medicines"), nina.ref("Task", "debts"))
    nina.misses(
        "coach", nina.ref("Observation", "belrai"), nina.ref("CarePlan", "plan"), nina.ref("CareTeam", "team")
    )


def test_7_software_of_an_organisation_she_excludes_reads_nothing_any_more(nina: Scene) -> None:
    practice, team = nina.cast["employer-gp"], nina.ref("CareTeam", "team")
    known = nina.read("person", team)
    joined = participant(practice, "general-practitioner")
    nina.write("person", {**known, "participant": [*known["participant"], joined]}, 200)
    nina.sees("employer-gp", nina.ref("Goal", "medicines"))
    excluded = provision("deny", (practice,))
    nina.write("person", consent(nina.ref("Consent", "software"), "exclusion", nina.patient, excluded))
    nina.misses("employer-gp", nina.ref("Goal", "medicines"))
    member = parameter("actor", valueReference=ref(practice))
    told = nina.ask(
        "person", f"{nina.patient}/$explain-access", member, parameter("category", valueCode="care-goal")
    )
    assert {"name": "decision", "valueCode": "deny"} in told["parameter"]
