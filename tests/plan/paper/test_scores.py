"""What a printed plan says of questionnaires: the newest score of each, what it means, when and by whom."""

from __future__ import annotations

from typing import Any

import pytest
from papers import PERSON, lines, notes, paper, section
from resources import Resource, concept, entity, goal, ours, ref

SCORE = ours("instrument-score", "well-being")
UNITS = "http://unitsofmeasure.org"


def score(id: str, value: int = 12, **elements: Any) -> Resource:
    """A score of some answers."""
    said = {} if any(name.startswith("value") for name in elements) else {"valueInteger": value}
    return entity(
        f"Observation/{id}",
        **{
            "status": "final",
            "code": SCORE,
            "subject": ref(PERSON),
            "derivedFrom": [ref("QuestionnaireResponse/answers")],
            "effectiveDateTime": "2026-11-01",
            **said,
            **elements,
        },
    )


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nl", "welbevinden: 12,5"),
        ("fr", "bien-être : 12,5"),
        ("de", "Wohlbefinden: 12,5"),
        ("en", "well-being: 12.5"),
    ],
)
def test_a_score_is_told_in_the_language_of_the_paper(language: str, expected: str) -> None:
    one = score("one", valueQuantity={"value": 12.5, "unit": "score", "code": "{score}"})
    found = next(each for each in paper(one, language=language).sections if each.code == "scores")
    assert [expected] == [each.text for each in found.lines]


def test_of_each_kind_only_the_newest_is_told() -> None:
    other = ours("instrument-score", "needs")
    found = lines(
        "scores",
        score("a", 9, effectiveDateTime="2026-11-20T23:30:00Z"),
        score("b", 7, effectiveDateTime="2026-11-20T23:45:00+02:00"),
        score("c", 5, effectiveDateTime="2026"),
        score("d", 3, code=other, effectiveDateTime="2026-11-22"),
    )
    assert ["need of help in daily life: 3", "well-being: 9"] == found


def test_what_a_score_means_and_who_answered_when_is_told() -> None:
    meaning = [ours("score-meaning", "keep-an-eye")]
    found = notes("scores", score("one", interpretation=meaning, performer=[ref(PERSON)]))
    assert ["something to keep an eye on", "1 November 2026", "said by Jet"] == found


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"valueQuantity": {"value": 30, "unit": "s", "system": UNITS, "code": "s"}}, ["well-being: 30 s"]),
        ({"valueCodeableConcept": {"text": "licht beperkt"}}, ["well-being: licht beperkt"]),
        ({"valueString": "II"}, ["well-being: II"]),
        ({"valueBoolean": True}, []),
        ({"code": {"text": "BelRAI ADL"}}, ["BelRAI ADL: 12"]),
        ({"code": concept("http://belrai.example", "adl")}, []),
        ({"effectiveDateTime": None}, ["well-being: 12"]),
        ({"status": "amended"}, ["well-being: 12"]),
        ({"status": "entered-in-error"}, []),
        ({"status": "preliminary"}, []),
        ({"derivedFrom": [ref("Observation/other")]}, []),
        ({"derivedFrom": []}, []),
    ],
)
def test_what_follows_from_answers_is_told_as_far_as_it_says_something(
    elements: Resource, expected: list[str]
) -> None:
    given = {name: each for name, each in score("one", **elements).items() if each is not None}
    assert expected == lines("scores", given)


def test_without_scores_the_section_says_so() -> None:
    assert "There is nothing to show here now." == section("scores").remark


def test_a_plan_within_another_tells_the_scores_of_its_goals() -> None:
    part = entity(
        "CarePlan/plan",
        status="active",
        subject=ref(PERSON),
        partOf=[ref("CarePlan/all")],
        goal=[ref("Goal/a")],
    )
    mine, other = score("mine", 4, focus=[ref("Goal/a")]), score("other", 8)
    assert ["well-being: 4"] == lines("scores", part, goal("Goal/a", PERSON), mine, other)
