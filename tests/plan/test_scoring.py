"""Scores by what a questionnaire says itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest
from questionnaires import band, chosen, given, option, question, questionnaire, score_of

from dzop.definitions.questionnaires import questionnaires
from dzop.fhir import json
from dzop.plan.questionnaire import questions
from dzop.plan.questionnaire_response import checked
from dzop.plan.scoring import computed, definition_issues, scores

RESTED = question("rested", "choice", answerOption=[option("never", 0), option("often", 3)])
NUMBER = question("number", "integer")
YES = question("yes", "boolean")


def _read(resource: dict[str, Any]) -> dict[str, Any]:
    return json.parse(orjson.dumps(resource)).value


def _scored(form: dict[str, Any], *items: dict[str, Any]) -> list[Decimal | None]:
    form, response = _read(form), _read({"status": "completed", "item": list(items)})
    asked = questions(form["item"])
    not_asked = checked(asked, response, {}).not_asked
    return [computed(each, asked, response, not_asked) for each in scores(form, asked)]


def test_options_numbers_and_yes_count() -> None:
    form = questionnaire(RESTED, NUMBER, YES, scores=[score_of("all")])
    items = (
        given("rested", chosen("often")),
        given("number", {"valueInteger": 4}),
        given("yes", {"valueBoolean": True}),
    )
    assert [Decimal(8)] == _scored(form, *items)


def test_the_number_may_stand_with_the_code_of_an_option_too() -> None:
    offered = option("often", 3)
    offered["valueCoding"]["extension"] = offered.pop("extension")
    form = questionnaire(question("q", "choice", answerOption=[offered]), scores=[score_of("all")])
    assert [Decimal(3)] == _scored(form, given("q", chosen("often")))


def test_a_quantity_counts_by_its_value() -> None:
    form = questionnaire(question("q", "quantity"), scores=[score_of("all")])
    assert [Decimal(7)] == _scored(form, given("q", {"valueQuantity": {"value": 7, "unit": "kg"}}))


def test_only_the_items_of_a_score_count() -> None:
    form = questionnaire(RESTED, NUMBER, scores=[score_of("number", "number")])
    assert [Decimal(4)] == _scored(form, given("number", {"valueInteger": 4}))


@pytest.mark.parametrize(("weight", "expected"), [(2, "8"), (-1, "-4"), (0, "0"), (0.5, "2")])
def test_a_number_is_multiplied_by_its_weight(weight: float, expected: str) -> None:
    form = questionnaire(NUMBER, scores=[score_of("weighed", ("number", weight))])
    assert [Decimal(expected)] == _scored(form, given("number", {"valueInteger": 4}))


@pytest.mark.parametrize(
    ("decimals", "expected"), [(None, "3"), (0, "3"), (1, "2.5"), (2, "2.50")], ids=["none", "0", "1", "2"]
)
def test_a_score_is_rounded_half_up(decimals: int | None, expected: str) -> None:
    form = questionnaire(NUMBER, scores=[score_of("half", ("number", 0.5), decimals=decimals)])
    assert [expected] == [str(each) for each in _scored(form, given("number", {"valueInteger": 5}))]


def test_all_answers_to_a_question_that_repeats_are_added() -> None:
    form = questionnaire({**NUMBER, "repeats": True}, scores=[score_of("all")])
    assert [Decimal(5)] == _scored(form, given("number", {"valueInteger": 2}, {"valueInteger": 3}))


def test_a_missing_answer_leaves_no_score() -> None:
    assert [None] == _scored(
        questionnaire(NUMBER, YES, scores=[score_of("all")]), given("number", {"valueInteger": 2})
    )


def test_an_option_without_a_number_leaves_no_score() -> None:
    form = questionnaire(
        question("rested", "choice", answerOption=[option("never", 0), option("unknown", None)]),
        scores=[score_of("all", "rested")],
    )
    assert [None] == _scored(form, given("rested", chosen("unknown")))


def test_a_question_that_is_not_asked_counts_nothing() -> None:
    condition = {"question": "yes", "operator": "=", "answerBoolean": True}
    form = questionnaire(
        YES, {**NUMBER, "enableWhen": [condition]}, scores=[score_of("all", "number", "yes")]
    )
    assert [Decimal(0)] == _scored(form, given("yes", {"valueBoolean": False}))


def test_a_number_beyond_all_measure_leaves_no_score() -> None:
    form = questionnaire(question("number", "decimal"), scores=[score_of("all", ("number", 1e300))])
    assert [None] == _scored(form, given("number", {"valueDecimal": 1e300}))


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "low"), (4, "low"), (5, "high"), (99, "high"), (-1, None)]
)
def test_a_band_has_both_its_bounds(value: int, expected: str | None) -> None:
    form = _read(
        questionnaire(NUMBER, scores=[score_of("all", bands=[band("low", 0, 4), band("high", 5, None)])])
    )
    (score,) = scores(form, questions(form["item"]))
    meaning = score.interpretation(Decimal(value))
    assert expected == (meaning["coding"][0]["code"] if meaning is not None else None)


@pytest.mark.parametrize(
    ("score", "part"),
    [
        ({**score_of("all"), "extension": []}, "code"),
        (score_of("all", "nowhere"), "item"),
        (score_of("all", "number", "number"), "item"),
        (score_of("all", decimals=7), "decimals"),
        (score_of("all", decimals=-1), "decimals"),
        (score_of("all", bands=[band("low", 4, 0)]), "band"),
    ],
    ids=["no code", "no such item", "item twice", "many decimals", "less than none", "turned round"],
)
def test_a_score_that_makes_no_sense_is_told_by_the_part(score: dict[str, Any], part: str) -> None:
    form = _read(questionnaire(NUMBER, scores=[score]))
    issues = definition_issues(form, questions(form["item"]))
    assert [("score-definition", "Questionnaire.extension[0]", f"`{part}`")] == [
        (each.rule, each.expression, f"`{each.text.split('`')[1]}`") for each in issues
    ]


def test_a_score_that_makes_no_sense_is_not_computed() -> None:
    form = questionnaire(NUMBER, scores=[score_of("all", "nowhere")])
    assert [] == _scored(form, given("number", {"valueInteger": 1}))


def test_two_scores_have_two_codes() -> None:
    form = _read(questionnaire(NUMBER, scores=[score_of("all"), score_of("all", "number")]))
    assert ["score-definition"] == [each.rule for each in definition_issues(form, questions(form["item"]))]


@pytest.mark.parametrize("form", questionnaires(), ids=lambda each: str(each["id"]))
def test_the_bands_of_our_questionnaires_cover_every_score_once(form: dict[str, Any]) -> None:
    asked = questions(_read(form)["item"])
    for score in scores(_read(form), asked):
        most = 3 if form["id"] in ("needs-screener", "care-experience") else 4
        reached = [Decimal(each) for each in range(most * len(score.weights) + 1)]
        assert [1] * len(reached) == [sum(band.covers(each) for band in score.bands) for each in reached]
