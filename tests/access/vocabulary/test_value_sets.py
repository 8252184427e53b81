"""Value sets over several code systems: composed, expanded page by page, asked for members."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vocabulary_worlds import CARE, FRUIT, FRUITS, PARTS, SNOMED, code_system, importing, listing, value_set

from dzop.access.vocabulary.answers import Expansion
from dzop.access.vocabulary.in_memory import InMemory
from dzop.access.vocabulary.vocabulary import Vocabulary
from terminology.fault import Fault
from terminology.question import SystemVersion, Wanted
from terminology.text import words_of

ALL = Wanted()
HELD = Vocabulary(InMemory(FRUITS))


async def expanded(name: str, wanted: Wanted = ALL, *, whole: bool = False) -> Expansion:
    return await HELD.expansion(await HELD.composed(f"http://vs.example/{name}"), wanted, whole=whole)


def codes(expansion: Expansion) -> str:
    return " ".join(each.concept.code for each in expansion.contained)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fruit", "apple elstar pear plum"),
        ("old-fruit", "quince"),
        ("both", "apple elstar pear plum dress Wash"),
        ("active", "apple elstar plum"),
        ("less", "apple plum dress Wash"),
        ("diamond", "apple elstar pear plum dress Wash"),
        ("parts", "unknown known"),
        ("snomed", "73211009"),
        ("all-fruit", "apple elstar pear plum"),
        ("fruit|0.1", "plum"),
        ("expanded", "plum"),
    ],
)
async def test_an_expansion_is_all_that_the_value_set_means(name: str, expected: str):
    assert expected == codes(await expanded(name))


async def test_a_value_set_is_found_by_its_id():
    assert "apple elstar pear plum" == codes(await HELD.expansion(await HELD.composed("ValueSet/fruit"), ALL))


async def test_a_value_set_that_is_sent_along_may_import_those_that_are_held():
    sent = value_set("sent", importing("both"), exclude=[{"system": FRUIT}])
    assert "dress Wash" == codes(await HELD.expansion(await HELD.composed(sent), ALL))


async def test_what_is_sent_beside_goes_before_what_is_held():
    vocabulary = HELD.beside(code_system(FRUIT, {"code": "medlar"}))
    assert "medlar" == codes(
        await vocabulary.expansion(await vocabulary.composed("http://vs.example/fruit"), ALL)
    )


@given(st.integers(0, 8), st.integers(0, 8))
async def test_a_page_is_the_part_of_the_whole_across_code_systems(offset: int, count: int):
    whole = (await expanded("both")).contained
    page = await expanded("both", Wanted(offset=offset, count=count))
    assert (whole[offset : offset + count], 6) == (page.contained, page.total)


async def test_beyond_what_is_worth_counting_there_is_a_page_and_no_total():
    page = await expanded("both", Wanted(count=5, most=4))
    assert ("apple elstar pear plum dress", None) == (codes(page), page.total)


async def test_asking_for_all_of_too_many_is_too_costly():
    with pytest.raises(Fault) as refused:
        await expanded("both", Wanted(count=5, most=5), whole=True)
    assert "too-costly" == refused.value.code


async def test_an_expansion_tells_the_versions_it_used():
    expected = (SystemVersion(FRUIT, "1"), SystemVersion(CARE, "1"))
    assert expected == (await expanded("both", Wanted(count=1))).used


@pytest.mark.parametrize(("words", "expected"), [("pom", "apple"), ("Pruim", ""), ("APPEL", "apple")])
async def test_words_find_concepts_in_any_language(words: str, expected: str):
    assert expected == codes(await expanded("both", Wanted(words=words_of(words))))


async def test_words_find_what_the_value_set_itself_calls_a_concept():
    assert "plum" == codes(await expanded("named", Wanted(words=words_of("pruim"))))


async def test_a_concept_is_called_as_the_value_set_calls_it():
    found = (await expanded("named")).contained[0]
    assert ("Prune", "pruim") == (found.display(), found.display(["nl"]))


async def test_listed_codes_that_a_fragment_does_not_have_are_called_as_listed():
    assert ["Own", "Known"] == [each.display() for each in (await expanded("parts")).contained]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ring-a", "processing"),
        ("nowhere", "not-found"),
        ("missing", "not-found"),
        ("fruit|7", "not-found"),
        ("below", "not-found"),
    ],
)
async def test_what_cannot_be_expanded_is_told_why(name: str, code: str):
    with pytest.raises(Fault) as refused:
        await expanded(name)
    assert code == refused.value.code


async def test_a_ring_of_imports_is_told_by_name():
    with pytest.raises(Fault) as refused:
        await HELD.composed("http://vs.example/ring-a")
    ring = " imports ".join(f"`http://vs.example/ring-{each}|1`" for each in "aba")
    assert f"the value set {ring}; take one of the imports out" == refused.value.text


async def test_a_value_set_that_is_sent_along_and_imports_itself_is_refused():
    with pytest.raises(Fault) as refused:
        await HELD.composed(value_set("sent", importing("sent")))
    assert "processing" == refused.value.code


async def test_too_many_imports_are_too_costly():
    chain = [value_set(f"n{n}", importing(f"n{n + 1}")) for n in range(30)]
    with pytest.raises(Fault) as refused:
        await HELD.beside(*chain).composed("http://vs.example/n0")
    assert "too-costly" == refused.value.code


async def test_more_filters_than_can_be_compared_are_too_costly():
    many = code_system("http://many.example", *({"code": str(number)} for number in range(1_500)))
    filters = [{"property": "code", "op": "not-in", "value": str(number)} for number in range(1_500)]
    composed = await HELD.composed(value_set("sent", {"system": "http://many.example", "filter": filters}))
    with pytest.raises(Fault) as refused:
        await HELD.beside(many).expansion(composed, ALL)
    assert "too-costly" == refused.value.code


async def test_many_regular_expressions_are_too_costly():
    filters = [{"property": "code", "op": "regex", "value": f"{number}.*"} for number in range(25)]
    with pytest.raises(Fault) as refused:
        await HELD.composed(value_set("sent", {"system": FRUIT, "filter": filters}))
    assert "too-costly" == refused.value.code


async def test_value_sets_that_double_with_each_import_are_too_costly():
    twice = [value_set(f"n{n}", importing(f"n{n + 1}"), importing(f"n{n + 1}")) for n in range(15)]
    with pytest.raises(Fault) as refused:
        await HELD.beside(*twice, value_set("n15", {"system": FRUIT})).composed("http://vs.example/n0")
    assert "too-costly" == refused.value.code


@pytest.mark.parametrize(
    ("name", "system", "version", "code", "expected"),
    [
        ("both", FRUIT, "", "apple", "apple"),
        ("both", FRUIT, "1", "apple", "apple"),
        ("both", FRUIT, "0.9", "quince", "quince"),
        ("both", FRUIT, "", "quince", None),
        ("both", CARE, "", "wash", "Wash"),
        ("both", CARE, "", "apple", None),
        ("both", None, "", "DRESS", "dress"),
        ("both", "http://other.example", "", "apple", None),
        ("less", FRUIT, "", "pear", None),
        ("old-fruit", FRUIT, "1", "apple", None),
        ("parts", PARTS, "", "unknown", "unknown"),
        ("parts", PARTS, "", "other", None),
        ("snomed", SNOMED, "", "73211009", "73211009"),
        ("snomed", SNOMED, "", "1", None),
        ("snomed", None, "", "73211009", "73211009"),
    ],
)
async def test_a_member_is_what_is_in_the_value_set(
    name: str, system: str | None, version: str, code: str, expected: str | None
):
    composed = await HELD.composed(f"http://vs.example/{name}")
    found = await HELD.member(composed, system, version, code)
    assert expected == (found and found.concept.code)


@pytest.mark.parametrize(
    ("name", "system", "version"), [("both", FRUIT, "7"), ("below", SNOMED, "")], ids=["version", "filter"]
)
async def test_a_member_is_not_told_of_a_code_system_that_is_not_held(name: str, system: str, version: str):
    composed = await HELD.composed(f"http://vs.example/{name}")
    with pytest.raises(Fault) as refused:
        await HELD.member(composed, system, version, "x")
    assert "not-found" == refused.value.code


async def test_a_listed_member_is_called_as_listed():
    found = await HELD.member(await HELD.composed("http://vs.example/snomed"), SNOMED, "", "73211009")
    assert "Diabetes" == (found and found.display(["nl"]))


async def test_among_many_codings_those_in_the_value_set_are_told():
    codings = [(FRUIT, "plum"), (FRUIT, "quince"), (CARE, "wash"), ("http://other.example", "plum")]
    composed = await HELD.composed("http://vs.example/both")
    assert {(FRUIT, "plum"), (CARE, "wash")} == await HELD.among(composed, codings)


async def test_all_members_are_told_as_codings():
    expected = ((FRUIT, "apple"), (FRUIT, "plum"), (CARE, "dress"), (CARE, "Wash"))
    assert expected == await HELD.members("http://vs.example/less", 4)


async def test_more_members_than_wanted_are_too_costly():
    with pytest.raises(Fault) as refused:
        await HELD.members("http://vs.example/less", 3)
    assert "too-costly" == refused.value.code


_includes = st.lists(
    st.sampled_from(
        (
            {"system": FRUIT},
            {"system": FRUIT, "version": "0.9"},
            listing(FRUIT, "plum", "apple", "none"),
            listing(CARE, "WASH"),
            {"system": FRUIT, "filter": [{"property": "concept", "op": "is-a", "value": "apple"}]},
            importing("less"),
            importing("both", "fruit"),
            {"system": CARE, **importing("both")},
            listing(SNOMED, "73211009"),
        )
    ),
    min_size=1,
    max_size=3,
)


CODES = ("apple", "elstar", "plum", "quince", "Wash", "73211009")


async def inside(
    *include: dict[str, Any], exclude: Iterable[dict[str, Any]] = ()
) -> set[tuple[str, str, str]]:
    composed = await HELD.composed(value_set("sent", *include, exclude=list(exclude)))
    found = (await HELD.expansion(composed, ALL)).contained
    return {(each.system, each.version, each.concept.code) for each in found}


@given(_includes)
async def test_the_order_of_includes_does_not_change_what_is_in(include: list[dict[str, Any]]):
    assert await inside(*include) == await inside(*reversed(include))


@given(_includes)
async def test_a_value_set_that_excludes_all_it_includes_is_empty(include: list[dict[str, Any]]):
    assert set() == await inside(*include, exclude=include)


@given(_includes, _includes)
async def test_membership_agrees_with_expansion(include: list[dict[str, Any]], exclude: list[dict[str, Any]]):
    composed = await HELD.composed(value_set("sent", *include, exclude=exclude))
    found = (await HELD.expansion(composed, ALL)).contained
    asked = {(system, code) for system in (FRUIT, CARE, SNOMED) for code in CODES}
    expected = {(each.system, each.concept.code) for each in found} & asked
    assert expected == await HELD.among(composed, asked)


@given(_includes, st.integers(1, 3))
async def test_pages_one_after_the_other_are_the_whole(include: list[dict[str, Any]], count: int):
    composed = await HELD.composed(value_set("sent", *include))
    whole = await HELD.expansion(composed, ALL)
    pages = [
        await HELD.expansion(composed, replace(ALL, offset=offset, count=count))
        for offset in range(0, len(whole.contained), count)
    ]
    assert whole.contained == tuple(each for page in pages for each in page.contained)
