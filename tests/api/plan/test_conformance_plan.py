"""What the contract says of the plan, read strictly: `system` is spared the law, and no validation."""

from __future__ import annotations

import httpx
import pytest
from persons import Person
from resources import DZOP, ours, ref, task


def broken(answer: httpx.Response) -> tuple[int, str]:
    """(status, code of the rule) of a refusal."""
    return answer.status_code, answer.json()["issue"][0]["details"]["coding"][0]["code"]


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [("completed", "requested", "task-closed"), ("accepted", "received", "task-step")],
)
def test_the_steps_of_a_task_hold_for_the_operator_too(
    person: Person, was: str, now: str, expected: str
) -> None:
    body = task(person.ref("Task", "step"), person.patient, owner=ref(person.who("nurse")), status=was)
    person.store(body)
    answer = person.client("system").put(f"/Task/{body['id']}", json={**body, "status": now})
    assert (409, expected) == broken(answer)


def test_answers_are_held_against_their_questionnaire_for_the_operator_too(person: Person) -> None:
    answers = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{DZOP}/Questionnaire/well-being",
        "status": "in-progress",
        "subject": ref(person.patient),
        "item": [{"linkId": "good-days", "answer": [{"valueInteger": 3}]}],
    }
    assert (422, "answer-type") == broken(
        person.client("system").post("/QuestionnaireResponse", json=answers)
    )


def test_what_the_server_asks_for_stands_on_paper_once_and_in_the_language_of_the_reader(
    person: Person,
) -> None:
    words = "opnieuw bekijken: past het nog?\nrevoir ensemble : est-ce encore bon ?"
    review = {"code": ours("task-kind", "review"), "description": words}
    person.store(task(person.ref("Task", "review"), person.patient, owner=ref(person.who("nurse")), **review))
    path = f"/{person.ref('CarePlan', 'plan')}/$document?language=fr"
    sections = person.client("person").get(path).json()["entry"][0]["resource"]["section"]
    tasks = next(each for each in sections if each["code"]["coding"][0]["code"] == "tasks")["text"]["div"]
    assert (1, 0) == (tasks.count("revoir ensemble"), tasks.count("opnieuw bekijken"))
