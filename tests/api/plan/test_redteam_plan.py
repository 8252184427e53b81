"""What a hostile reader of the plan tried: work without end, and what is hidden told by what the server writes."""

from __future__ import annotations

from typing import Any

from persons import Person, ids, refused
from questionnaires import chosen, given, group, option, question, questionnaire
from resources import DZOP, Resource, goal, participant, ref, task

REVIEW = {"coding": [{"system": f"{DZOP}/CodeSystem/task-kind", "code": "review"}]}
SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}


def _refused(person: Person, asked: Resource, *items: Resource) -> tuple[int, str]:
    """How answers to a questionnaire that they contain are refused, by which rule."""
    response = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": "#asked",
        "contained": [{"id": "asked", **asked}],
        "status": "completed",
        "subject": ref(person.patient),
        "author": ref(person.who("nurse")),
        "item": list(items),
    }
    answer = person.client("nurse").post("/QuestionnaireResponse", json=response)
    return answer.status_code, answer.json()["issue"][0]["details"]["coding"][0]["code"]


def test_many_answers_among_many_options_are_refused_before_each_is_held_against_each(person: Person) -> None:
    options = [option(str(number), None) for number in range(900)]
    asked = questionnaire(question("all", "choice", repeats=True, answerOption=options))
    answers = given("all", *[chosen("899")] * 900)
    assert (422, "answers-too-many") == _refused(person, asked, answers)


def test_many_conditions_on_many_answers_are_refused_before_each_is_compared(person: Person) -> None:
    condition = {"question": "all", "operator": "=", "answerInteger": -1}
    asked = questionnaire(
        question("all", "integer", repeats=True),
        question("then", "integer", enableBehavior="any", enableWhen=[condition] * 900),
    )
    answers = given("all", *[{"valueInteger": number} for number in range(900)])
    assert (422, "answers-too-many") == _refused(person, asked, answers)


def test_many_repetitions_of_a_long_group_are_refused(person: Person) -> None:
    within = [question(str(number), "integer") for number in range(900)]
    asked = questionnaire(question("group", "group", *within, repeats=True))
    assert (422, "answers-too-many") == _refused(person, asked, *[group("group")] * 900)


def test_more_items_than_any_assessment_has_are_refused(person: Person) -> None:
    asked = questionnaire(question("one", "integer"))
    assert (422, "answers-too-many") == _refused(person, asked, *[given("one")] * 5_001)


def _on_leaving(person: Person, **elements: Any) -> list[str]:
    """The tasks that the coordinator, a nurse, is told of when the neighbour who has one leaves."""
    usual = person.team()["participant"]
    person.store(
        person.team(*usual, participant(person.who("nurse"), "care-coordinator")),
        task(person.ref("Task", "market"), person.patient, owner=ref(person.who("gp"))),
    )
    body = task("Task/", person.patient, owner=ref(person.who("neighbour")), status="requested", **elements)
    made = person.client("person").post("/Task", json={k: v for k, v in body.items() if k != "id"})
    assert made.status_code == 201, made.text
    leaving = person.client("neighbour").post(f"/{person.ref('CareTeam', 'team')}/$leave", json=None)
    assert leaving.status_code == 200, leaving.text
    told = person.client("nurse").get("/Communication", params={"topic": "tasks-unassigned"})
    return ids(told)


def test_a_coordinator_is_told_of_tasks_that_a_leaving_member_leaves_behind(person: Person) -> None:
    assert 1 == len(_on_leaving(person))


def test_a_coordinator_is_not_told_of_a_hidden_task_that_a_leaving_member_leaves_behind(
    person: Person,
) -> None:
    assert [] == _on_leaving(person, meta=SENSITIVE)


def _reviewed(person: Person, who: str) -> str:
    """The version of the plan after somebody completed a review of it that they had made up themselves."""
    due = {"url": f"{DZOP}/StructureDefinition/review-due", "valueDate": "2027-01-01"}
    plan, client = person.ref("CarePlan", "plan"), person.client(who)
    stated = person.client("person").get(f"/{plan}").json()
    person.client("person").put(f"/{plan}", json={**stated, "extension": [due]})
    body = task(
        "Task/",
        person.patient,
        owner=ref(person.who(who)),
        status="in-progress",
        code=REVIEW,
        focus=ref(plan),
    )
    made = client.post("/Task", json={k: v for k, v in body.items() if k != "id"}).json()
    done = client.put(f"/Task/{made['id']}", json={**made, "status": "completed"})
    assert done.status_code == 200, done.text
    version = person.client("person").get(f"/{plan}").json()["meta"]["versionId"]
    return str(version)


def test_who_may_not_change_a_plan_does_not_change_it_by_a_review_of_their_own(person: Person) -> None:
    assert "2" == _reviewed(person, "carer")


def test_who_may_change_a_plan_moves_its_review_by_one_of_their_own(person: Person) -> None:
    assert "3" == _reviewed(person, "person")


def test_the_review_that_a_hidden_plan_asks_for_is_hidden_too(person: Person) -> None:
    due = {"url": f"{DZOP}/StructureDefinition/review-due", "valueDate": "2027-01-01"}
    plan = {
        "resourceType": "CarePlan",
        "meta": SENSITIVE,
        "status": "active",
        "intent": "plan",
        "subject": ref(person.patient),
        "extension": [due],
    }
    assert 201 == person.client("person").post("/CarePlan", json=plan).status_code
    reviews = {name: ids(person.client(name).get("/Task?code=review")) for name in ("person", "nurse")}
    assert (1, 0) == (len(reviews["person"]), len(reviews["nurse"]))


def test_a_plan_of_more_than_a_million_letters_is_not_printed(person: Person) -> None:
    words = "woord " * 90_000
    goals = [
        goal(person.ref("Goal", f"long-{number}"), person.patient, description={"text": words})
        for number in range(2)
    ]
    person.store(*goals)
    asked = f"/{person.ref('CarePlan', 'plan')}/$document"
    answer = person.client("person").get(asked, headers={"Accept": "application/pdf"})
    assert (422, "too-costly") == refused(answer)


def test_nobody_writes_what_the_server_would_take_for_a_score_of_its_own(person: Person) -> None:
    answers = person.ref("QuestionnaireResponse", "answers")
    answer = person.client("nurse").post(
        "/Observation",
        json={
            "resourceType": "Observation",
            "identifier": [{"system": f"{DZOP}/NamingSystem/score", "value": "x"}],
            "status": "final",
            "code": {"text": "Score"},
            "subject": ref(person.patient),
            "performer": [ref(person.who("nurse"))],
            "derivedFrom": [ref(answers)],
        },
    )
    told = answer.json()["issue"][0]
    assert (422, "score-identifier", ["Observation.identifier"]) == (
        answer.status_code, told["details"]["coding"][0]["code"], told["expression"],
    )  # fmt: skip
