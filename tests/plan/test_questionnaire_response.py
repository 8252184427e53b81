"""Answers held against their questionnaire, without a server."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from questionnaires import SYSTEM, alone, chosen, given, group, limit, option, question
from resources import Resource

from dzop.fhir import json
from dzop.fhir.outcome import Unprocessable
from dzop.plan.questionnaire import questions
from dzop.plan.questionnaire_response import ValueSets, checked, codings_asked

ITEM = "QuestionnaireResponse.item"
COLOURS = "http://questionnaires.example/ValueSet/colours"
CHOICE = {"answerOption": [option("red", None), option("blue", None)]}
EXCLUSIVE = {"answerOption": [*CHOICE["answerOption"], alone(option("none", 0))], "repeats": True}


def _read(value: Any) -> Any:
    return json.parse(orjson.dumps({"all": value})).value["all"]


def _faults(
    items: list[Resource], answers: list[Resource], status: str = "completed", sets: ValueSets | None = None
) -> list[tuple[str, str | None]]:
    response = {"resourceType": "QuestionnaireResponse", "status": status, "item": _read(answers)}
    found = checked(questions(_read(items)), response, sets or {}).issues
    return [(each.rule, each.expression) for each in found]


_VALUES: list[tuple[str, Resource]] = [
    ("boolean", {"valueBoolean": True}),
    ("decimal", {"valueDecimal": 1.5}),
    ("integer", {"valueInteger": 1}),
    ("date", {"valueDate": "2026-11-22"}),
    ("dateTime", {"valueDateTime": "2026-11-22T10:00:00Z"}),
    ("time", {"valueTime": "10:00:00"}),
    ("string", {"valueString": "a"}),
    ("text", {"valueString": "a"}),
    ("url", {"valueUri": "http://a.example"}),
    ("choice", chosen("any")),
    ("open-choice", {"valueString": "a"}),
    ("attachment", {"valueAttachment": {"title": "a"}}),
    ("reference", {"valueReference": {"display": "a"}}),
    ("quantity", {"valueQuantity": {"value": 1}}),
]


@pytest.mark.parametrize(("type", "answer"), _VALUES, ids=[type for type, _ in _VALUES])
def test_a_question_is_answered_by_a_value_of_its_type(type: str, answer: Resource) -> None:
    assert [] == _faults([question("q", type)], [given("q", answer)])


@pytest.mark.parametrize(("type", "_"), _VALUES, ids=[type for type, _ in _VALUES])
def test_a_question_is_answered_by_no_value_of_another_type(type: str, _: Resource) -> None:
    other = {"valueTime": "10:00:00"} if type != "time" else {"valueBoolean": True}
    assert [("answer-type", f"{ITEM}[0].answer[0].value")] == _faults(
        [question("q", type)], [given("q", other)]
    )


@pytest.mark.parametrize(
    ("items", "answers", "expected"),
    [
        (
            [question("q", "string")],
            [given("x", {"valueString": "a"})],
            [("answer-item-unknown", f"{ITEM}[0].linkId")],
        ),
        (
            [question("g", "group", question("q", "string"))],
            [given("q", {"valueString": "a"})],
            [("answer-item-unknown", f"{ITEM}[0].linkId")],
        ),
        (
            [question("q", "string", repeats=True)],
            [given("q", {"valueString": "a"}), given("q", {"valueString": "b"})],
            [("answer-item-repeated", f"{ITEM}[1]")],
        ),
        (
            [question("q", "string")],
            [given("q", {"valueString": "a"}, {"valueString": "b"})],
            [("answer-number", f"{ITEM}[0].answer[1]")],
        ),
        (
            [question("g", "group", question("q", "string"))],
            [group("g"), group("g")],
            [("answer-number", f"{ITEM}[1]")],
        ),
        (
            [
                question(
                    "q", "string", repeats=True, extension=[limit("questionnaire-maxOccurs", valueInteger=1)]
                )
            ],
            [given("q", {"valueString": "a"}, {"valueString": "b"})],
            [("answer-number", f"{ITEM}[0].answer[1]")],
        ),
        (
            [
                question(
                    "q", "string", repeats=True, extension=[limit("questionnaire-minOccurs", valueInteger=2)]
                )
            ],
            [given("q", {"valueString": "a"})],
            [("answer-number", "QuestionnaireResponse")],
        ),
        ([question("q", "string", required=True)], [], [("answer-missing", "QuestionnaireResponse")]),
        ([question("q", "string", required=True)], [given("q")], [("answer-missing", f"{ITEM}[0]")]),
        (
            [question("g", "group", question("q", "string"), required=True)],
            [group("g", group("q"))],
            [("answer-missing", "QuestionnaireResponse")],
        ),
        (
            [question("g", "group", question("q", "string", required=True))],
            [],
            [("answer-missing", "QuestionnaireResponse")],
        ),
        (
            [question("g", "group", question("q", "string", required=True), repeats=True)],
            [group("g", given("q", {"valueString": "a"})), group("g")],
            [("answer-missing", f"{ITEM}[1]")],
        ),
        ([question("g", "group", question("q", "string", required=True), repeats=True)], [], []),
        (
            [question("g", "group", question("q", "string"))],
            [given("g", {"valueString": "a"})],
            [("answer-misplaced", f"{ITEM}[0].answer")],
        ),
        (
            [question("q", "string", question("r", "string"))],
            [group("q", given("r", {"valueString": "a"}))],
            [("answer-misplaced", f"{ITEM}[0].item")],
        ),
        (
            [question("d", "display")],
            [given("d", {"valueString": "a"})],
            [("answer-misplaced", f"{ITEM}[0].answer")],
        ),
        ([question("d", "display")], [group("d")], []),
        (
            [question("q", "choice", **CHOICE)],
            [given("q", chosen("green"))],
            [("answer-not-offered", f"{ITEM}[0].answer[0].value")],
        ),
        (
            [question("q", "choice", **CHOICE)],
            [given("q", chosen("red", "http://other.example"))],
            [("answer-not-offered", f"{ITEM}[0].answer[0].value")],
        ),
        (
            [question("q", "open-choice", **CHOICE)],
            [given("q", chosen("green"))],
            [("answer-not-offered", f"{ITEM}[0].answer[0].value")],
        ),
        ([question("q", "open-choice", **CHOICE)], [given("q", {"valueString": "green"})], []),
        (
            [question("q", "integer", answerOption=[{"valueInteger": 1}, {"valueInteger": 5}])],
            [given("q", {"valueInteger": 2})],
            [("answer-not-offered", f"{ITEM}[0].answer[0].value")],
        ),
        (
            [question("q", "choice", answerOption=[{"valueString": "red"}])],
            [given("q", chosen("red"))],
            [("answer-type", f"{ITEM}[0].answer[0].value")],
        ),
        (
            [question("q", "string", maxLength=3)],
            [given("q", {"valueString": "four"})],
            [("answer-length", f"{ITEM}[0].answer[0].value")],
        ),
        (
            [question("q", "string", extension=[limit("minLength", valueInteger=3)])],
            [given("q", {"valueString": "it"})],
            [("answer-length", f"{ITEM}[0].answer[0].value")],
        ),
        (
            [question("q", "integer", extension=[limit("maxValue", valueInteger=10)])],
            [given("q", {"valueInteger": 11})],
            [("answer-out-of-range", f"{ITEM}[0].answer[0].value")],
        ),
        (
            [question("q", "decimal", extension=[limit("minValue", valueDecimal=0.5)])],
            [given("q", {"valueDecimal": 0.4})],
            [("answer-out-of-range", f"{ITEM}[0].answer[0].value")],
        ),
        (
            [question("q", "date", extension=[limit("maxValue", valueDate="2026-11-22")])],
            [given("q", {"valueDate": "2026-11-23"})],
            [("answer-out-of-range", f"{ITEM}[0].answer[0].value")],
        ),
        (
            [question("q", "date", extension=[limit("maxValue", valueDate="2026-11-22")])],
            [given("q", {"valueDate": "2026"})],
            [],
        ),
        (
            [
                question(
                    "q", "dateTime", extension=[limit("minValue", valueDateTime="2026-11-22T10:00:00+01:00")]
                )
            ],
            [given("q", {"valueDateTime": "2026-11-22T09:30:00Z"})],
            [],
        ),
        (
            [question("q", "string", question("r", "string", required=True))],
            [given("q", {"valueString": "a"})],
            [("answer-missing", f"{ITEM}[0].answer[0]")],
        ),
        ([question("q", "string", question("r", "string", required=True))], [], []),
        (
            [question("q", "string", question("r", "integer"))],
            [given("q", {"valueString": "a", "item": [given("r", {"valueString": "b"})]})],
            [("answer-type", f"{ITEM}[0].answer[0].item[0].answer[0].value")],
        ),
        (
            [question("a", "string"), question("b", "string")],
            [given("b", {"valueString": "a"}), group("a")],
            [],
        ),
        (
            [question("q", "choice", **EXCLUSIVE)],
            [given("q", chosen("red"), chosen("none"))],
            [("answer-exclusive", f"{ITEM}[0].answer[1].value")],
        ),
        ([question("q", "choice", **EXCLUSIVE)], [given("q", chosen("none"))], []),
        ([question("q", "choice", **EXCLUSIVE)], [given("q", chosen("red"), chosen("blue"))], []),
    ],
)
def test_each_fault_is_told_where_it_is(
    items: list[Resource], answers: list[Resource], expected: list[tuple[str, str | None]]
) -> None:
    assert expected == _faults(items, answers)


@pytest.mark.parametrize(
    ("expression", "type", "answer", "expected"),
    [
        ("[0-9]{4}", "string", {"valueString": "9000"}, []),
        ("[0-9]{4}", "string", {"valueString": "9000 Gent"}, ["answer-format"]),
        ("^[0-9]{4}$", "text", {"valueString": "9000"}, []),
        ("[a-z]+", "open-choice", {"valueString": "Groen"}, ["answer-format"]),
        ("https://.*", "url", {"valueUri": "http://care.example"}, ["answer-format"]),
        ("[0-9]{2}", "integer", {"valueInteger": 7}, ["answer-format"]),
        (r"[0-9]+\.[0-9]{2}", "decimal", {"valueDecimal": 1.25}, []),
        ("2026-.*", "date", {"valueDate": "2025-12-31"}, ["answer-format"]),
        ("x", "choice", chosen("red"), []),
        ("true", "boolean", {"valueBoolean": False}, []),
        ("(?=a)a", "string", {"valueString": "a"}, ["answer-format-unknown"]),
        ("a" * 1001, "string", {"valueString": "a"}, ["answer-format-unknown"]),
        ("(?:[^a]{0,900}){900}", "string", {"valueString": "a"}, ["answer-format-unknown"]),
    ],
    ids=lambda value: "long" if isinstance(value, str) and len(value) > 100 else None,
)
def test_an_answer_has_the_form_that_is_asked_for(
    expression: str, type: str, answer: Resource, expected: list[str]
) -> None:
    asked = question("q", type, extension=[limit("regex", valueString=expression)])
    assert expected == [rule for rule, _ in _faults([asked], [given("q", answer)])]


def test_letters_that_are_held_against_an_expression_are_counted() -> None:
    asked = question("q", "text", extension=[limit("regex", valueString="(.*x){100}")])
    with pytest.raises(Unprocessable) as refused:
        _faults([asked], [given("q", {"valueString": "x" * 100_001})])
    assert ["answers-too-many"] == [each.rule for each in refused.value.issues]


def test_a_letter_costs_what_the_slowest_expression_takes_for_it() -> None:
    asked = question("q", "text", extension=[limit("regex", valueString="((a?b?c?){300})*d")])
    with pytest.raises(Unprocessable) as refused:
        _faults([asked], [given("q", {"valueString": "abc" * 10_000})])
    assert ["answers-too-many"] == [each.rule for each in refused.value.issues]


def _formed(expressions: list[str]) -> list[tuple[str, str | None]]:
    """The faults of an answer to each of many questions, each with its expression."""
    asked = [
        question(f"q{number}", "string", extension=[limit("regex", valueString=each)])
        for number, each in enumerate(expressions)
    ]
    return _faults(asked, [given(f"q{number}", {"valueString": "a"}) for number in range(len(expressions))])


def test_an_expression_that_many_questions_have_is_counted_once() -> None:
    assert [] == _formed(["a|" + "b" * 100] * 300)


def test_many_expressions_are_too_many() -> None:
    with pytest.raises(Unprocessable) as refused:
        _formed(["a|" + "b" * 100 + str(number) for number in range(300)])
    assert ["answers-too-many"] == [each.rule for each in refused.value.issues]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("in-progress", []),
        ("stopped", []),
        ("completed", ["answer-missing"]),
        ("amended", ["answer-missing"]),
    ],
)
def test_only_what_is_finished_has_to_be_complete(status: str, expected: list[str]) -> None:
    faults = _faults([question("q", "string", required=True)], [], status)
    assert expected == [code for code, _ in faults]


_COLOUR = question("q", "choice", answerValueSet=COLOURS)


def test_the_codings_of_value_sets_are_asked_for_once() -> None:
    answers = {"item": [given("q", chosen("red"), chosen("red"), {"valueString": "pink"})]}
    assert {COLOURS: {(SYSTEM, "red")}} == codings_asked(questions([_COLOUR]), answers)


@pytest.mark.parametrize(
    ("known", "expected"),
    [({(SYSTEM, "red")}, []), (set(), ["answer-not-offered"]), (None, ["answer-not-checked"])],
    ids=["in it", "not in it", "not held"],
)
def test_a_coding_is_of_the_value_set(known: set[tuple[str, str]] | None, expected: list[str]) -> None:
    sets: ValueSets = {COLOURS: None if known is None else frozenset(known)}
    assert expected == [code for code, _ in _faults([_COLOUR], [given("q", chosen("red"))], sets=sets)]


# -- what is asked --------------------------------------------------------------------------------------------

_ANSWERS: dict[str, tuple[str, list[Resource]]] = {
    "yes": ("boolean", [{"valueBoolean": True}]),
    "3": ("integer", [{"valueInteger": 3}]),
    "3.0": ("decimal", [{"valueDecimal": 3.0}]),
    "red": ("choice", [chosen("red")]),
    "red and blue": ("choice", [chosen("red"), chosen("blue")]),
    "3 kg": ("quantity", [{"valueQuantity": {"value": 3, "unit": "kg"}}]),
    "today": ("date", [{"valueDate": "2026-11-22"}]),
    "noon": ("time", [{"valueTime": "12:00:00"}]),
    "nothing": ("string", []),
}


@pytest.mark.parametrize(
    ("answered", "operator", "answer", "asked"),
    [
        ("yes", "=", {"answerBoolean": True}, True),
        ("yes", "!=", {"answerBoolean": True}, False),
        ("yes", "exists", {"answerBoolean": True}, True),
        ("yes", "exists", {"answerBoolean": False}, False),
        ("nothing", "exists", {"answerBoolean": False}, True),
        ("nothing", "=", {"answerString": "a"}, False),
        ("nothing", "!=", {"answerString": "a"}, True),
        ("nothing", ">", {"answerInteger": 1}, False),
        ("3", ">", {"answerInteger": 2}, True),
        ("3", ">", {"answerInteger": 3}, False),
        ("3", ">=", {"answerInteger": 3}, True),
        ("3", "<=", {"answerDecimal": 3.5}, True),
        ("3", "<", {"answerInteger": 3}, False),
        ("3.0", "=", {"answerInteger": 3}, True),
        ("3", ">", {"answerString": "2"}, False),
        ("red", "=", {"answerCoding": {"system": SYSTEM, "code": "red", "display": "Rot"}}, True),
        ("red", "=", {"answerCoding": {"system": "http://other.example", "code": "red"}}, False),
        ("red and blue", "=", {"answerCoding": {"system": SYSTEM, "code": "blue"}}, True),
        ("red and blue", "!=", {"answerCoding": {"system": SYSTEM, "code": "blue"}}, False),
        ("3 kg", ">", {"answerQuantity": {"value": 2, "unit": "kg"}}, True),
        ("3 kg", ">", {"answerQuantity": {"value": 2, "unit": "g"}}, False),
        ("today", "<", {"answerDate": "2027-01-01"}, True),
        ("noon", ">=", {"answerTime": "12:00:01"}, False),
    ],
)
def test_a_question_is_asked_when_its_condition_holds(
    answered: str, operator: str, answer: Resource, asked: bool
) -> None:
    type, answers = _ANSWERS[answered]
    items = [
        question("first", type, repeats=True),
        question("then", "string", enableWhen=[{"question": "first", "operator": operator, **answer}]),
    ]
    faults = _faults(items, [given("first", *answers), given("then", {"valueString": "a"})])
    assert ([] if asked else [("answer-not-asked", f"{ITEM}[1]")]) == faults


_YES = {"question": "a", "operator": "=", "answerBoolean": True}
_NO = {"question": "b", "operator": "=", "answerBoolean": True}


@pytest.mark.parametrize(("behavior", "asked"), [("all", False), ("any", True), (None, True)])
def test_conditions_are_alternatives_unless_all_are_needed(behavior: str | None, asked: bool) -> None:
    how = {"enableBehavior": behavior} if behavior else {}
    items = [
        question("a", "boolean"),
        question("b", "boolean"),
        question("then", "string", enableWhen=[_YES, _NO], **how),
    ]
    faults = _faults(items, [given("a", {"valueBoolean": True}), given("then", {"valueString": "a"})])
    assert ([] if asked else ["answer-not-asked"]) == [code for code, _ in faults]


def test_each_repetition_of_a_group_is_judged_by_its_own_answers() -> None:
    then = question("then", "string", enableWhen=[_YES])
    items = [question("g", "group", question("a", "boolean"), then, repeats=True)]
    asked = group("g", given("a", {"valueBoolean": True}), given("then", {"valueString": "a"}))
    not_asked = group("g", given("a", {"valueBoolean": False}), given("then", {"valueString": "a"}))
    assert [("answer-not-asked", f"{ITEM}[1].item[1]")] == _faults(items, [asked, not_asked])


def test_what_follows_on_an_answer_is_judged_by_that_answer() -> None:
    then = question("then", "string", enableWhen=[{"question": "a", "operator": ">", "answerInteger": 2}])
    follows = [given("then", {"valueString": "a"})]
    answers = given("a", {"valueInteger": 3, "item": follows}, {"valueInteger": 1, "item": follows})
    faults = _faults([question("a", "integer", then, repeats=True)], [answers])
    assert [("answer-not-asked", f"{ITEM}[0].answer[1].item[0]")] == faults


def test_what_is_within_a_group_that_is_not_asked_is_not_missed() -> None:
    inner = question("q", "string", required=True)
    assert [] == _faults([question("a", "boolean"), question("g", "group", inner, enableWhen=[_YES])], [])


def test_a_draft_may_have_answers_to_what_is_not_asked_any_more() -> None:
    items = [question("a", "boolean"), question("then", "string", enableWhen=[_YES])]
    assert [] == _faults(items, [given("then", {"valueString": "a"})], "in-progress")


def test_many_faults_are_told_in_part() -> None:
    assert 50 == len(_faults([], [given("x", {"valueString": "a"})] * 60))
