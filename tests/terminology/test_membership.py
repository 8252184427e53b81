"""Sets of concepts held in memory: what is in them, in which order, found by which words."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from terminology_worlds import CODES, STRANGERS, concept_sets, systems, wanted

from terminology.code_system import Concepts
from terminology.concept import Concept, Designation
from terminology.concept_set import (
    NOTHING,
    AllOf,
    AnyOf,
    ConceptSet,
    Every,
    Filter,
    Listed,
    ListedConcept,
    Without,
)
from terminology.membership import matched, members
from terminology.question import Wanted
from terminology.text import words_of

ALL = Wanted()
PAINS = Concepts(
    [
        Concept("1", "severe pain in the back", designations=(Designation("nl", "zware rugpijn"),)),
        Concept("2", "pain"),
        Concept("3", "Œdème douloureux", inactive=True),
        Concept("4", "back pain", designations=(Designation("fr", "mal de dos"),)),
    ]
)


def codes(concepts: Concepts, concept_set: ConceptSet, wanted: Wanted = ALL) -> list[str]:
    return [each.code for each in matched(concepts, concept_set, wanted).concepts]


def listed(*names: str) -> Listed:
    return Listed(tuple(map(ListedConcept, names)))


def test_listed_concepts_come_first_in_the_order_of_the_lists():
    everything = AnyOf((listed("4", "2"), Every()))
    assert ["4", "2", "1", "3"] == codes(PAINS, everything)


def test_listed_codes_that_the_code_system_does_not_have_are_not_there():
    assert ["2"] == codes(PAINS, listed("9", "2"))


def test_no_set_of_any_is_nothing():
    assert [] == codes(PAINS, NOTHING)


def test_what_is_without_has_nothing_of_what_is_taken_away():
    assert ["2", "3"] == codes(PAINS, Without(Every(), listed("1", "4")))


def test_words_are_found_by_how_they_begin_in_one_text_the_shortest_first():
    assert ["4", "1"] == codes(PAINS, Every(), Wanted(words=words_of("PAI Bac")))


def test_words_are_found_in_every_language_without_accents():
    assert ["3"] == codes(PAINS, Every(), Wanted(words=words_of("oedeme")))


def test_inactive_concepts_are_left_out_when_only_active_ones_are_wanted():
    assert ["1", "2", "4"] == codes(PAINS, Every(), Wanted(active_only=True))


def test_beyond_what_is_worth_counting_there_is_no_total():
    assert (3, None) == (
        len(matched(PAINS, Every(), Wanted(count=3, most=3)).concepts),
        matched(PAINS, Every(), Wanted(count=3, most=3)).total,
    )


def test_codes_of_a_system_that_is_not_case_sensitive_are_found_in_any_case():
    concepts = Concepts([Concept("Kg"), Concept("g")], is_case_sensitive=False)
    assert frozenset({"KG", "kg"}) == members(concepts, listed("kG"), ["KG", "kg", "G"])


@given(systems(), concept_sets, st.booleans())
def test_membership_agrees_with_what_is_matched(
    system: tuple[Concept, ...], concept_set: ConceptSet, is_case_sensitive: bool
):
    concepts = held(system, is_case_sensitive)
    assert frozenset(codes(concepts, concept_set)) == frozenset(
        found.code
        for code in members(concepts, concept_set, [*CODES, *STRANGERS])
        if (found := concepts.get(code))
    )


@given(systems(), concept_sets)
def test_a_set_without_itself_is_empty(system: tuple[Concept, ...], concept_set: ConceptSet):
    assert [] == codes(Concepts(system), Without(concept_set, concept_set))


@given(systems(), st.lists(concept_sets, max_size=4))
def test_the_order_of_sets_does_not_change_what_is_in_any_or_all(
    system: tuple[Concept, ...], sets: list[ConceptSet]
):
    concepts, turned = Concepts(system), tuple(reversed(sets))
    for kind in (AnyOf, AllOf):
        assert set(codes(concepts, kind(tuple(sets)))) == set(codes(concepts, kind(turned)))


@given(systems(), concept_sets, wanted)
def test_pages_one_after_the_other_are_the_whole(
    system: tuple[Concept, ...], concept_set: ConceptSet, wanted: Wanted
):
    concepts, size = Concepts(system), max(1, wanted.count)
    pages = [
        code
        for offset in range(0, len(CODES) + 1, size)
        for code in codes(concepts, concept_set, replace(wanted, offset=offset, count=size))
    ]
    assert codes(concepts, concept_set, replace(wanted, offset=0, count=100)) == pages


@given(systems(), st.sampled_from(CODES), st.sampled_from(CODES))
def test_what_is_above_agrees_with_the_filters_of_the_hierarchy(
    system: tuple[Concept, ...], high: str, low: str
):
    concepts = Concepts(system)
    is_at_or_below = high in concepts.ancestors(low)
    assert is_at_or_below == (low in codes(concepts, Filter("concept", "is-a", high)))
    assert is_at_or_below == (high in codes(concepts, Filter("concept", "generalizes", low)))
    assert is_at_or_below == (low in concepts.descendants(high))


@given(systems(), st.sampled_from(CODES))
def test_what_is_a_concept_and_what_is_not_are_the_whole(system: tuple[Concept, ...], code: str):
    concepts = Concepts(system)
    inside = codes(concepts, Filter("concept", "is-a", code))
    outside = codes(concepts, Filter("concept", "is-not-a", code))
    assert (sorted(codes(concepts, Every())), 0) == (
        sorted([*inside, *outside]),
        len({*inside} & {*outside}),
    )


def held(system: tuple[Concept, ...], is_case_sensitive: bool) -> Concepts:
    """Of codes that are one code in any case, the first only."""
    if is_case_sensitive:
        return Concepts(system)
    one = {each.code.lower(): each for each in reversed(system)}
    return Concepts([each for each in system if each in one.values()], is_case_sensitive=False)
