"""Questionnaires as chance makes them, and answers given as they ask."""

from __future__ import annotations

from hypothesis import given as for_all
from hypothesis import strategies as st
from questionnaires import chosen, group, option, question
from resources import Resource

from dzop.plan.questionnaire import questions
from dzop.plan.questionnaire_response import checked

_ANSWERS: dict[str, Resource] = {
    "boolean": {"valueBoolean": True},
    "integer": {"valueInteger": 3},
    "string": {"valueString": "a"},
    "choice": chosen("red"),
}


@st.composite
def _items(draw: st.DrawFn, depth: int = 2, path: str = "q") -> list[Resource]:
    """Items, some of which are asked only if the first, which every list has, is answered yes or no."""
    found = [question(f"{path}-first", "boolean", required=True)]
    for number in range(draw(st.integers(0, 3))):
        type = draw(st.sampled_from(["group", *_ANSWERS] if depth else [*_ANSWERS]))
        link_id = f"{path}-{number}"
        inner = draw(_items(depth - 1, link_id)) if type == "group" or (draw(st.booleans()) and depth) else []
        more: Resource = {"required": draw(st.booleans()), "repeats": draw(st.booleans())}
        if draw(st.booleans()):
            more["enableWhen"] = [
                {"question": f"{path}-first", "operator": "=", "answerBoolean": draw(st.booleans())}
            ]
        if type == "choice":
            more["answerOption"] = [option("red", 1), option("blue", 2)]
        found.append(question(link_id, type, *inner, **more))
    return found


def _answered(items: list[Resource]) -> list[Resource]:
    """Answers to all that is asked when every yes or no is answered with yes; twice what repeats."""
    return [
        each
        for item in items
        if all(condition["answerBoolean"] for condition in item.get("enableWhen", ()))
        for each in _item(item)
    ]


def _item(item: Resource) -> list[Resource]:
    times, inner = 2 if item.get("repeats") else 1, _answered(item.get("item", []))
    if item["type"] == "group":
        return [group(item["linkId"], *inner)] * times
    answer = {**_ANSWERS[item["type"]], **({"item": inner} if inner else {})}
    return [{"linkId": item["linkId"], "answer": [answer] * times}]


def _rules(items: list[Resource], answers: list[Resource], status: str = "completed") -> list[str]:
    found = checked(questions(items), {"status": status, "item": answers}, {}).issues
    return [each.rule for each in found]


@for_all(_items())
def test_answers_given_as_asked_fit(items: list[Resource]) -> None:
    assert [] == _rules(items, _answered(items))


@for_all(_items(), st.data())
def test_whatever_is_left_out_only_answers_can_be_missing(items: list[Resource], data: st.DataObject) -> None:
    answers = _answered(items)
    kept = [each for each in answers if data.draw(st.booleans())]
    assert {*_rules(items, kept)} <= {"answer-missing", "answer-not-asked"}


@for_all(_items(), _items())
def test_answers_to_another_questionnaire_are_told_and_break_nothing(
    items: list[Resource], others: list[Resource]
) -> None:
    strange = [{**each, "linkId": f"other-{each['linkId']}"} for each in _answered(others)]
    assert ["answer-item-unknown"] * len(strange) == _rules(items, strange, "in-progress")
