"""That a goal changed is told to those around the person who see it, and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from goals import acceptance
from persons import Person, refused
from resources import DZOP, Resource, communication, goal, ours, participant, provision, ref, task

WORDS = ("een doel is gewijzigd", "un objectif a changé", "ein Ziel wurde geändert", "a goal has changed")
TOPIC = f"{DZOP}/CodeSystem/message-kind|goal-changed"


@pytest.fixture
def aimed(person: Person) -> Person:
    """A person of whom the general practitioner wrote a goal, `aim`."""
    aim = goal(person.ref("Goal", "aim"), person.patient)
    answer = person.client("gp").put(f"/Goal/{aim['id']}", json=aim)
    assert answer.status_code == 201, answer.text
    return person


def changed(person: Person, name: str = "gp", goal_name: str = "aim", **elements: Any) -> None:
    """Somebody changes a goal; without more, in other words."""
    reference = person.ref("Goal", goal_name)
    now = {**person.client("person").get(f"/{reference}").json(), **elements}
    if not elements:
        now["description"] = {"text": f"in the words of {name}"}
    answer = person.client(name).put(f"/{reference}", json=now)
    assert answer.status_code == 200, answer.text


def agrees(person: Person, name: str) -> None:
    """Somebody stands behind the goal."""
    changed(person, name, extension=[acceptance(person.who(name), "agree")])


def notices(person: Person, name: str, goal_name: str = "aim") -> list[Resource]:
    """What somebody finds told of a goal."""
    asked = {"topic": TOPIC, "about": person.ref("Goal", goal_name)}
    found = person.client(name).get("/Communication", params=asked)
    assert found.status_code == 200, found.text
    return [each["resource"] for each in found.json().get("entry", ())]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("person", 1), ("nurse", 1), ("helper", 1), ("carer", 1),
        ("gp", 0), ("neighbour", 0), ("stranger", 0), ("cousin", 0),
    ],
)  # fmt: skip
def test_who_sees_the_goal_and_did_not_change_it_is_told(aimed: Person, name: str, told: int) -> None:
    changed(aimed, "gp")
    assert told == len(notices(aimed, name))


def test_members_are_told_of_what_the_person_changes(aimed: Person) -> None:
    changed(aimed, "person")
    assert ["recipient" in each for each in notices(aimed, "nurse")] == [False]


@pytest.mark.parametrize(
    ("elements", "told"),
    [
        ({"description": {"text": "Naar zee"}}, 1),
        ({"lifecycleStatus": "on-hold"}, 1),
        ({"achievementStatus": {"text": "bijna"}}, 1),
        ({"target": [{"dueDate": "2027-01-01"}]}, 1),
        ({"statusDate": "2026-11-01"}, 0),
        ({"note": [{"text": "Besproken."}]}, 0),
    ],
)
def test_only_what_the_goal_says_and_where_it_stands_is_news(
    aimed: Person, elements: Resource, told: int
) -> None:
    changed(aimed, **elements)
    assert told == len(notices(aimed, "nurse"))


def test_it_is_news_who_stands_behind_a_goal(aimed: Person) -> None:
    changed(aimed, extension=[acceptance(aimed.who("gp"), "disagree")])
    assert 1 == len(notices(aimed, "nurse"))


def test_a_new_goal_is_no_change_of_one(aimed: Person) -> None:
    new = goal(aimed.ref("Goal", "new"), aimed.patient)
    assert aimed.client("gp").put(f"/Goal/{new['id']}", json=new).status_code == 201
    assert [] == notices(aimed, "nurse", "new")


def test_the_message_says_which_goal_and_nothing_of_it(aimed: Person) -> None:
    changed(aimed, description={"text": "Zelf naar de markt"})
    (found,) = notices(aimed, "nurse")
    assert (found["recipient"], found["about"], found["payload"]) == (
        [ref(aimed.patient)],
        [ref(aimed.ref("Goal", "aim"))],
        [{"contentString": "\n".join(WORDS)}],
    )


def test_the_same_message_comes_anew_with_the_next_change(aimed: Person) -> None:
    changed(aimed, "gp")
    (first,) = notices(aimed, "nurse")
    agrees(aimed, "helper")
    (second,) = notices(aimed, "nurse")
    assert (second["id"], second["meta"]["versionId"], second["sent"] > first["sent"]) == (
        first["id"],
        "2",
        True,
    )


def test_who_changes_the_goal_next_has_nothing_more_to_read(aimed: Person) -> None:
    changed(aimed, "gp")
    agrees(aimed, "nurse")
    assert (len(notices(aimed, "nurse")), len(notices(aimed, "gp"))) == (0, 1)


def test_it_is_marked_as_read_and_read_anew(aimed: Person) -> None:
    def receipt() -> Resource:
        found = notices(aimed, "nurse")[0]
        answer = aimed.client("nurse").post(f"/Communication/{found['id']}/$mark-read")
        assert answer.status_code == 200, answer.text
        marked: Resource = answer.json()
        return marked

    changed(aimed, "gp")
    first = receipt()
    agrees(aimed, "helper")
    assert first != receipt()


def test_what_somebody_wrote_about_the_goal_stays_as_it_is(aimed: Person) -> None:
    about = {"topic": ours("message-kind", "goal-changed"), "about": [ref(aimed.ref("Goal", "aim"))]}
    said = communication(
        aimed.ref("Communication", "said"), aimed.patient, "message", aimed.who("nurse"), aimed.who("gp")
    )
    answer = aimed.client("nurse").put(f"/Communication/{said['id']}", json={**said, **about})
    assert answer.status_code == 201, answer.text
    agrees(aimed, "helper")
    there = aimed.client("nurse").get(f"/Communication/{said['id']}").json()
    assert (there["meta"]["versionId"], len(notices(aimed, "nurse"))) == ("1", 2)


# -- what is hidden ------------------------------------------------------------------------------------------


def test_who_does_a_task_for_the_goal_sees_it_and_is_told(aimed: Person) -> None:
    aimed.store(
        task(
            aimed.ref("Task", "walk"),
            aimed.patient,
            owner=ref(aimed.who("neighbour")),
            focus=ref(aimed.ref("Goal", "aim")),
        )
    )
    changed(aimed)
    assert 1 == len(notices(aimed, "neighbour"))


def hidden_goal(person: Person) -> None:
    """A goal that the general practitioner keeps for few."""
    label = {"security": [ours("data-category", "sensitive")["coding"][0]]}
    hidden = goal(person.ref("Goal", "hidden"), person.patient, meta=label)
    answer = person.client("gp").put(f"/Goal/{hidden['id']}", json=hidden)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("name", ["person", "carer", "nurse", "helper", "neighbour"])
def test_of_a_sensitive_goal_only_those_hear_who_see_it(aimed: Person, name: str) -> None:
    hidden_goal(aimed)
    changed(aimed, "gp", "hidden")
    sees = aimed.client(name).get(f"/{aimed.ref('Goal', 'hidden')}").status_code == 200
    assert sees == bool(notices(aimed, name, "hidden"))


def test_a_goal_that_becomes_sensitive_takes_its_message_along(aimed: Person) -> None:
    changed(aimed)
    label = {"security": [ours("data-category", "sensitive")["coding"][0]]}
    meta = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": label}]}
    reference = aimed.ref("Goal", "aim")
    assert aimed.client("person").post(f"/{reference}/$meta-add", json=meta).status_code == 200
    assert ([], 1) == (notices(aimed, "carer"), len(notices(aimed, "person")))


def test_a_goal_that_a_setting_closes_is_not_heard_of(aimed: Person) -> None:
    deny = provision("deny", (aimed.who("nurse"),), classes=("care-goal",))
    aimed.store(aimed.settings(deny))
    changed(aimed)
    assert [] == notices(aimed, "nurse")


def test_a_setting_closes_what_was_told_before(aimed: Person) -> None:
    changed(aimed)
    (told,) = notices(aimed, "nurse")
    aimed.store(aimed.settings(provision("deny", (aimed.who("nurse"),), classes=("care-goal",))))
    answer = aimed.client("nurse").get(f"/Communication/{told['id']}")
    assert (404, "not-found") == refused(answer)


def test_somebody_alone_with_a_plan_is_told_nothing(aimed: Person) -> None:
    aimed.store(aimed.team(participant(aimed.patient, "person")))
    changed(aimed, "person")
    assert [] == notices(aimed, "person")
