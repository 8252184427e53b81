"""Rules of goals by themselves: circles, words, agreements, scales, and what is told in order of time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from goals import acceptance, level, link, scale
from hypothesis import given
from hypothesis import strategies as st
from resources import Resource, goal, ours, ref

from dzop.fhir import json
from dzop.plan import goal_acceptance
from dzop.plan.goal_attainment import is_rating, level_words, rating_of, scale_fault
from dzop.plan.goal_progress import measured, named, progress
from dzop.plan.goals import in_a_circle, links, reworded

BASE = "https://care.example/fhir"
PERSON, CARER, NURSE = "Patient/p", "RelatedPerson/an", "Practitioner/nurse"

NODES = st.integers(0, 5).map(str)
LINKS = st.sets(st.tuples(NODES, NODES), max_size=12)


def leads(linked: set[tuple[str, str]], start: str) -> set[str]:
    """All that can be reached from a goal in one step or more."""
    found: set[str] = set()
    while more := {above for lower, above in linked if lower in found | {start}} - found:
        found |= more
    return found


@given(LINKS, st.sets(NODES))
def test_a_circle_is_found_where_a_goal_among_these_leads_to_one(
    linked: set[tuple[str, str]], among: set[str]
) -> None:
    reached = among | {above for each in among for above in leads(linked, each)}
    assert in_a_circle(linked, among) == any(each in leads(linked, each) for each in reached)


def test_a_long_chain_is_no_circle() -> None:
    chain = list(pairwise(str(number) for number in range(20_000)))
    assert in_a_circle(chain, {"0"}) is False


@pytest.mark.parametrize(
    ("type", "expected"),
    [
        ("other", ("a", "b")),
        ("successor", ("a", "b")),
        ("replacement", ("a", "b")),
        ("predecessor", ("b", "a")),
        ("milestone", ("b", "a")),
    ],
)
def test_a_relationship_says_which_goal_comes_first(type: str, expected: tuple[str, str]) -> None:
    assert list(links(goal("Goal/a", PERSON, extension=[link("Goal/b", type)]), BASE)) == [expected]


@pytest.mark.parametrize("reference", [f"{BASE}/Goal/b", "Goal/b/_history/3"])
def test_a_goal_is_meant_however_it_is_named(reference: str) -> None:
    assert list(links(goal("Goal/a", PERSON, extension=[link(reference)]), BASE)) == [("a", "b")]


@pytest.mark.parametrize("reference", ["https://elsewhere.example/Goal/b", "urn:uuid:x", "Task/b"])
def test_what_is_no_goal_here_stands_in_no_order(reference: str) -> None:
    assert list(links(goal("Goal/a", PERSON, extension=[link(reference)]), BASE)) == []


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"lifecycleStatus": "on-hold", "note": [{"text": "x"}]}, None),
        ({"description": {"text": "x"}}, "description"),
        ({"category": [ours("goal-category", "care-goal")]}, "category"),
        ({"expressedBy": ref(NURSE)}, "expressedBy"),
    ],
)
def test_the_words_of_a_goal_are_its_description_category_and_speaker(
    elements: Resource, expected: str | None
) -> None:
    before = goal("Goal/a", PERSON, "life-goal", expressedBy=ref(PERSON))
    assert reworded(before, {**before, **elements}) == expected


# -- agreement ---------------------------------------------------------------------------------------------


def said(text: str, who: str, status: str = "agree") -> str:
    """The text of a goal in which somebody says so."""
    source = json.parse(text.encode())
    return goal_acceptance.accepted(source, BASE, ref(who), {who}, status, None).text


def test_what_is_said_leaves_every_other_character_as_it_was() -> None:
    text = '{ "resourceType":"Goal",  "target":[{"detailQuantity":{"value":1.10}}] }'
    mine = '[{"url":"http://hl7.org/fhir/StructureDefinition/goal-acceptance","extension":['
    mine += '{"url":"individual","valueReference":{"reference":"RelatedPerson/an"}},'
    mine += '{"url":"status","valueCode":"agree"}]}]'
    assert said(text, CARER) == f'{text[:-2]},"extension":{mine} }}'


@given(st.lists(st.tuples(st.sampled_from([PERSON, CARER, NURSE]), st.sampled_from(["agree", "disagree"]))))
def test_of_each_individual_the_last_word_counts(spoken: list[tuple[str, str]]) -> None:
    text = '{"resourceType":"Goal"}'
    for who, status in spoken:
        text = said(text, who, status)
    found = json.parse(text.encode()).value.get("extension", [])
    last = dict(spoken)
    order = [who for number, (who, _) in enumerate(spoken) if who not in dict(spoken[number + 1 :])]
    assert found == [acceptance(who, last[who]) for who in order]


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        ([link("Goal/b"), acceptance(NURSE, "agree")], None),
        ([link("Goal/b"), acceptance(NURSE)], 1),
        ([acceptance(NURSE, "agree"), acceptance(CARER, "agree"), acceptance(NURSE, "agree")], 0),
        ([acceptance(NURSE, "maybe")], 0),
    ],
    ids=["whole", "without status", "twice", "unknown word"],
)
def test_the_first_agreement_that_cannot_be_is_told(extension: list[Resource], expected: int | None) -> None:
    assert goal_acceptance.first_fault(None, {"extension": extension}, BASE) == expected


def test_an_agreement_that_was_there_before_is_not_looked_at() -> None:
    old = {"extension": [acceptance(NURSE, "maybe")]}
    assert goal_acceptance.first_fault(old, {**old, "language": "nl"}, BASE) is None


# -- scale -------------------------------------------------------------------------------------------------


def test_the_words_of_a_scale_are_told_by_level() -> None:
    assert list(level_words({"extension": [scale()]})) == [-2, -1, 0, 1, 2]


@pytest.mark.parametrize("levels", [[], [level(0, "x")], [level(each, "x") for each in (-2, -1, 0, 1, True)]])
def test_a_scale_that_is_not_whole_is_told(levels: list[Resource]) -> None:
    assert scale_fault({"extension": [{**scale(), "extension": levels}]}) == 0


@pytest.mark.parametrize("value", [-3, 3, 1.0, True, "1", None])
def test_what_is_no_level_is_no_rating(value: Any) -> None:
    assert rating_of({"valueInteger": value}) is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [(ours("observation-kind", "goal-attainment"), True), (ours("journal-kind", "goal-attainment"), False)],
)
def test_a_rating_is_told_by_its_code_and_system(code: Resource, expected: bool) -> None:
    assert is_rating({"code": code}) is expected


# -- in order of time --------------------------------------------------------------------------------------


def version(number: int, status: str) -> Resource:
    meta = {"versionId": str(number), "lastUpdated": f"2026-01-0{number}T10:00:00Z"}
    return {**goal("Goal/a", PERSON, lifecycleStatus=status), "meta": meta}


def test_states_and_results_stand_in_one_order() -> None:
    result = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "effectiveDateTime": "2026-01-02",
        "code": {"text": "x"},
        "meta": {"lastUpdated": "2026-09-01T10:00:00Z"},
    }
    found = progress([version(1, "proposed"), version(3, "active")], [result], BASE)
    assert [each.kind for each in found] == ["status", "score", "status"]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_results_that_are_taken_back_are_left_out(status: str) -> None:
    result = {"id": "o", "status": status, "meta": {"lastUpdated": "2026-09-01T10:00:00Z"}}
    assert progress([], [result], BASE) == []


def test_of_very_many_results_that_a_goal_names_the_last_ones_are_looked_up() -> None:
    many = [ref(f"Observation/{number}") for number in range(80)]
    found = named({"outcomeReference": many}, "Observation", BASE)
    assert (len(found), found[-1]) == (50, "79")


def test_a_measure_is_asked_for_whatever_characters_it_has() -> None:
    coding = {"system": "urn:a", "code": "a,b$c|d\\e"}
    assert measured({"target": [{"measure": {"coding": [coding]}}]}) == ("urn:a|a\\,b\\$c\\|d\\\\e",)
