"""Regular expressions of value sets mean the same in PostgreSQL as in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.expression import fitting, read, written

_atoms = st.sampled_from(
    (
        "a",
        "b",
        "é",
        ".",
        "[ab]",
        "[^a]",
        r"\d",
        r"\W",
        r"\.",
        "[a-c-]",
        r"[\]\-^\[:]",
        r"\\",
        r"\S",
        "()",
        r"\t",
    )
)
_bounds = st.sampled_from(("", "?", "*", "+", "{2}", "{0,2}", "{1,}", "{0}"))
_flat = st.lists(st.builds(str.__add__, _atoms, _bounds), max_size=3).map("".join)
_groups = st.builds(
    lambda choices, bound: f"({'|'.join(choices)}){bound}",
    st.lists(_flat, min_size=1, max_size=3),
    st.sampled_from(("", "?")),
)
expressions = st.lists(_flat | _groups, max_size=3).map("".join)
texts = st.text(st.sampled_from("abcé1.-]^[:\\\n\t "), max_size=6)

Fits = Callable[[str, str], bool]


@pytest.fixture(scope="module")
def in_postgres(database: str) -> Iterator[Fits]:
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(database))
        yield lambda pattern, text: bool(
            runner.run(connection.fetchval("select $1::text ~ $2::text", text, pattern))
        )
        runner.run(connection.close())


@given(expressions, texts)
def test_an_expression_means_the_same_in_the_database(in_postgres: Fits, expression: str, text: str):
    tree = read(expression)
    assert fitting(tree)(text) == in_postgres(written(tree), text)


@pytest.mark.parametrize(
    "expression", ["(a|a)*b", "a*a*a*a*a*a*a*a*b", "(a{0,50}b?){0,1}(ab|a){0,250}c", ".*.*.*x{255}"]
)
def test_an_expression_that_keeps_other_engines_busy_for_ages_is_answered(in_postgres: Fits, expression: str):
    assert not in_postgres(written(read(expression)), "a" * 2_000)
