"""Regular expressions of value sets: the same everywhere, and never long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.expression import fitting, read, written
from terminology.fault import Fault

_atoms = st.sampled_from(("a", "b", "é", ".", "[ab]", "[^a]", r"\d", r"\W", r"\.", "[a-c-]", r"[\d\-]"))
_bounds = st.sampled_from(("", "?", "*", "+", "{2}", "{0,2}", "{1,}"))
_flat = st.lists(st.builds(str.__add__, _atoms, _bounds), max_size=3).map("".join)
_once = st.sampled_from(("", "?"))
_groups = st.builds(
    lambda choices, bound: f"({'|'.join(choices)}){bound}", st.lists(_flat, min_size=1, max_size=3), _once
)
expressions = st.lists(_flat | _groups, max_size=3).map("".join)
texts = st.text(st.sampled_from("abcé1.-\n "), max_size=6)


def fits(expression: str, text: str) -> bool:
    return fitting(read(expression))(text)


def said_of(expression: str, text: str) -> str:
    try:
        return "fits" if fits(expression, text) else "does not fit"
    except Fault as fault:
        return fault.code


@given(expressions, texts)
def test_an_expression_means_what_it_means_in_other_engines(expression: str, text: str):
    assert bool(re.fullmatch(expression, text, re.ASCII)) == fits(expression, text)


@given(expressions, texts)
def test_what_is_written_for_the_database_means_the_same(expression: str, text: str):
    assert fits(expression, text) == bool(re.fullmatch(written(read(expression)), text))


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(a|a)*b", "a" * 5_000),
        ("a*a*a*a*a*a*a*a*b", "a" * 5_000),
        ("(a|ab|aba)*c", "ab" * 2_000),
        ("(.|[a-z]|a)+[0-9]", "a" * 5_000),
    ],
    ids=["same choices", "stars in turn", "choices that overlap", "classes that overlap"],
)
def test_an_expression_that_keeps_other_engines_busy_for_ages_is_answered(expression: str, text: str):
    assert not fits(expression, text)


@given(st.text(st.sampled_from("ab()[]{}|?*+.^$\\-,:12d"), max_size=12), texts)
def test_any_text_is_either_an_expression_or_refused(expression: str, text: str):
    assert said_of(expression, text) in ("fits", "does not fit", "invalid")


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+", "(a*b)*", "(a{2,3}){4}", "((a+)?){2}", r"(a)\1", "(?=a)", "(?!a)", "(?<=a)b", "(?i)a", "a+?", "a*+",
        "a{256}", "a{3,2}", "a{x}", "a{", "(a", "a)", "[a", "[]", "[z-a]", "[[:alpha:]]", r"\bа", r"\p{L}", "*a", "a^b",
        "a$b", "\\", "x" * 501, "(" * 30 + "a" + ")" * 30, "(abcdefghijklmnop|q){250}",
    ],
    ids=lambda each: each[:20],
)  # fmt: skip
def test_what_is_not_in_the_subset_is_refused(expression: str):
    with pytest.raises(Fault) as refused:
        read(expression)
    assert "invalid" == refused.value.code


@pytest.mark.parametrize("expression", ["^a.c$", "a.c", "(?:a.c)", "^(a.c)$"])
def test_the_whole_text_has_to_fit_with_or_without_anchors(expression: str):
    assert (True, False, False) == (
        fits(expression, "abc"),
        fits(expression, "abcd"),
        fits(expression, "xabc"),
    )


def test_an_expression_with_very_many_ways_is_answered():
    text = "".join(f"{number:b}" for number in range(10_000))
    assert fits("(0|1)*1(0|1){250}", text) == (text[-251] == "1")


def test_a_refusal_names_the_expression_and_how_to_mend_it():
    with pytest.raises(Fault) as refused:
        read("(a+)+")
    assert "the regular expression `(a+)+` repeats what repeats itself; write the repetition once" == (
        refused.value.text
    )
