"""Whatever is asked becomes a query or an error that says why, in time that does not explode."""

from contextlib import suppress
from urllib.parse import parse_qsl

import pytest
from answering import TERMINOLOGY
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.outcome import Invalid
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.clause import AllOf
from dzop.fhir.search.match import matches, needs_neighbours, needs_store
from dzop.fhir.search.query import modifiers, read_query

BASE = "https://dzop.example/fhir"


def _read(type, parameters, lenient=False):
    return read_query(type, parameters, base=BASE, lenient=lenient, answers=TERMINOLOGY)


TYPES = st.sampled_from(sorted(RESOURCE_TYPES))
VALUES = st.sampled_from(
    [
        "a", "http://s|a", "|a", "a|", "a|b|c", "5.4", "gt5.4|http://u|mg", "1e2", "ap2026-01", "2026-02-30", "true",
        "Patient/p", f"{BASE}/Goal/g/_history/2", "urn:uuid:1", "a$b", "a$gt5", "a\\,b,c", "\\", "$", "|", ",", "*",
        "ValueSet/role", f"{BASE}/CodeSystem/role|nurse", "status eq a", "not (a eq b)", "Task:focus", "-_id", "é%_",
    ]
) | st.text(max_size=30)  # fmt: skip


@st.composite
def names(draw, type):
    """A parameter of the type with a modifier, a chain, `_has`, a special name, or anything."""
    parameter = draw(st.sampled_from(RESOURCE_TYPES[type].search))
    plain = f"{parameter.name}{draw(st.sampled_from(['', *[f':{each}' for each in modifiers(parameter)]]))}"
    other = draw(st.sampled_from(RESOURCE_TYPES[draw(TYPES)].search)).name
    has = f"_has:{draw(TYPES)}:{other}:{plain}"
    special = draw(
        st.sampled_from(["_filter", "_list", "_sort", "_include", "_revinclude:iterate", "_count"])
    )
    return draw(st.sampled_from([plain, f"{plain}.{other}", f"{parameter.name}.{other}", has, special]))


@st.composite
def queries(draw):
    type = draw(TYPES)
    parameters = st.tuples(names(type) | st.text(max_size=20), VALUES)
    return type, draw(st.lists(parameters, max_size=5))


QUERIES = queries()


@given(QUERIES, st.booleans())
def test_a_query_is_read_or_refused(query, lenient):
    with suppress(Invalid):
        _read(*query, lenient=lenient)


@given(QUERIES)
def test_lenient_handling_uses_or_reports_every_parameter(query):
    with suppress(Invalid):
        read = _read(*query, lenient=True)
        assert len(query[1]) == len(read.used) + len(read.ignored)


@given(QUERIES)
def test_what_is_read_can_be_told_apart_and_asked_of_a_resource(query):
    with suppress(Invalid):
        clause = AllOf(_read(*query, lenient=True).criteria)
        if not needs_neighbours(clause) and not needs_store(clause):
            matches({"resourceType": query[0], "id": "x"}, clause, BASE)
        assert {clause} == {AllOf(_read(*query, lenient=True).criteria)}


@given(TYPES, st.text(max_size=200))
def test_any_query_string_is_read_or_refused(type, text):
    with suppress(Invalid):
        _read(type, parse_qsl(text, keep_blank_values=True))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_filter", '"' + "\\" * 4095),
        ("_filter", "status eq " + '"' + "\\x" * 2000),
        ("_filter", "status eq a and " * 200 + "status eq a"),
        ("_filter", "focus[" * 600),
        ("_filter", "focus." * 600),
        ("_filter", " " * 4096),
        ("code", "\\" * 4095),
        ("code", "|" * 4096),
        ("code", "$" * 4096),
        ("code", "," * 4096),
        ("based-on", "https://" + "/" * 4000),
        ("based-on", "a" * 4096),
        ("_source:above", "https://x.example" + "/a" * 2000),
        ("_source:below", "https://x.example" + "/" * 4000),
        ("authored-on", "2026-01-01T10:00:00." + "1" * 4000),
        ("_has:" * 50, "x"),
        ("focus." * 40 + "x", "x"),
        ("focus:" * 40 + "x", "x"),
        ("code:text", "\u0345" * 4000),
    ],
)
def test_the_longest_of_its_kind_is_read_or_refused(name, text):
    with suppress(Invalid):
        _read("Task", [(name, text)] * 50)


@pytest.mark.parametrize("text", ["1" * 4000, "1." + "1" * 4000, "1e" + "9" * 4000, "-" * 4000])
def test_the_longest_number_is_refused(text):
    with pytest.raises(Invalid):
        _read("Observation", [("value-quantity", text)])
