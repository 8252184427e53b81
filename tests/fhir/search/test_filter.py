"""Reading `_filter`."""

from contextlib import suppress

import pytest
from answering import TERMINOLOGY
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.outcome import Invalid
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.clause import AllOf, AnyOf, Chain, Criterion, Not
from dzop.fhir.search.date import DateRange, date_range, read_date
from dzop.fhir.search.filter import OPERATORS
from dzop.fhir.search.query import read_query
from dzop.fhir.search.reference import ReferenceTarget
from dzop.fhir.search.string import Text
from dzop.fhir.search.token import Codes, Token

BASE = "https://dzop.example/fhir"
CATEGORY = f"{BASE}/CodeSystem/goal-category"


def _filter(type, text):
    query = read_query(type, [("_filter", text)], base=BASE, lenient=False, answers=TERMINOLOGY)
    return query.criteria[0]


def _criterion(type, name, value, modifier=None):
    return Criterion(RESOURCE_TYPES[type].parameter(name), modifier, (value,))


def _code(code):
    return _criterion("Task", "status", Token(None, code))


@pytest.mark.parametrize(
    ("type", "text", "expected"),
    [
        ("Task", "status eq a", _code("a")),
        ("Task", 'status eq "a"', _code("a")),
        ("Task", "status ne a", _criterion("Task", "status", Token(None, "a"), "unequal")),
        ("Task", "status pr true", _criterion("Task", "status", Token(None, "false"), "missing")),
        ("Task", "status pr false", _criterion("Task", "status", Token(None, "true"), "missing")),
        ("Task", "code eq http://s|a", _criterion("Task", "code", Token("http://s", "a"))),
        ("Task", "focus re Goal/g", _criterion("Task", "focus", ReferenceTarget(("Goal",), "g"))),
        ("Task", "modified ge 2026-01", _criterion("Task", "modified", read_date("ge2026-01"))),
        ("Task", "period po 2026", _criterion("Task", "period", DateRange("ap", *date_range("2026")))),
        ("Patient", 'name co "P, t"', _criterion("Patient", "name", Text("p, t", "P, t"), "contains")),
        ("Patient", 'name eq "Pet"', _criterion("Patient", "name", Text("pet", "Pet"), "equals")),
        ("Patient", 'name ne "Pet"', _criterion("Patient", "name", Text("pet", "Pet"), "unequal")),
        ("Patient", 'name sw "Pet"', _criterion("Patient", "name", Text("pet", "Pet"))),
        ("Patient", 'name ew "P\\"t"', _criterion("Patient", "name", Text('p"t', 'P"t'), "ends")),
        ("Patient", "id eq p", _criterion("Patient", "_id", Token(None, "p"))),
        (
            "Goal",
            f"category ss {CATEGORY}|life-goal",
            _criterion("Goal", "category", Codes(CATEGORY, frozenset({"life-goal"}))),
        ),
    ],
)
def test_a_test_is_a_criterion(type, text, expected):
    assert expected == _filter(type, text)


def test_a_value_set_is_read_into_its_codes():
    codes = frozenset({"life-goal", "care-goal", "support-goal"})

    assert (Codes(CATEGORY, codes),) == _filter("Goal", f"category in {BASE}/ValueSet/goal-category").values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status eq a and status eq b", AllOf((_code("a"), _code("b")))),
        ("status eq a or status eq b", AnyOf((_code("a"), _code("b")))),
        ("status eq a or status eq b and status eq c", AllOf((AnyOf((_code("a"), _code("b"))), _code("c")))),
        (
            "status eq a or (status eq b and status eq c)",
            AnyOf((_code("a"), AllOf((_code("b"), _code("c"))))),
        ),
        ("not (status eq a)", Not(_code("a"))),
        ("not(status eq a)and status eq b", AllOf((Not(_code("a")), _code("b")))),
        (" ( ( status eq a ) ) ", _code("a")),
    ],
)
def test_logic_is_read_from_left_to_right(text, expected):
    assert expected == _filter("Task", text)


def test_a_path_is_a_chain():
    name = _criterion("Patient", "name", Text("pet", "pet"), "contains")

    assert Chain(RESOURCE_TYPES["Task"].parameter("patient"), (("Patient", name),)) == _filter(
        "Task", 'patient.name co "pet"'
    )


def test_what_a_path_leads_to_may_be_filtered():
    goal = RESOURCE_TYPES["Goal"]
    active = Criterion(goal.parameter("lifecycle-status"), None, (Token(None, "active"),))
    jet = Criterion(goal.parameter("patient"), None, (ReferenceTarget(("Patient",), "jet"),))

    assert Chain(RESOURCE_TYPES["CarePlan"].parameter("goal"), (("Goal", AllOf((active, jet))),)) == _filter(
        "CarePlan", "goal[lifecycle-status eq active].patient eq jet"
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("status", "the end at character 7"),
        ("status eq", "the end at character 10"),
        ("status eq ", "the end at character 11"),
        ('status eq"a"', '`"a"` at character 10'),
        ("status is a", "cannot be asked with `is`"),
        ("status gt a", "cannot be asked with `gt`"),
        ("status co a", "cannot be asked with `co`"),
        ("modified co 2026", "cannot be asked with `co`"),
        ("foo eq a", "no search parameter `foo`"),
        ("patient.foo eq a", "Patient has no search parameter `foo`"),
        ("status.foo eq a", "`status` of Task is no reference"),
        ("status eq a and", "the end at character 16"),
        ("status eq a status eq b", "`status eq b` at character 13"),
        ("(status eq a", "the end at character 13 where `)`"),
        ("status eq a)", "`)` at character 12"),
        ("patient[name eq a] eq b", "`eq b` at character 20 where `.`"),
        ('status eq "a', '`"a`'),
        ('status eq "\\ud800"', "a JSON string"),
        ('status eq "\\u0000"', "a JSON string"),
        ('status eq "\\x"', "a JSON string"),
        ("status pr maybe", "`maybe`"),
        ("modified ge soon", "`soon` is not a date"),
        ("code in https://x.example/none", "`https://x.example/none` is not held here"),
        ("part-of.part-of.part-of.part-of.part-of.status eq a", "at most 4 hops"),
        ("()", "`)` at character 2"),
        ("not status eq a", "`status eq a` at character 5 where `(`"),
        ("\u0660 eq a", "at character 1"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, named):
    with pytest.raises(Invalid) as refused:
        _filter("Task", text)

    assert named in refused.value.issues[0].text


def test_it_is_at_most_sixteen_parentheses_deep():
    with pytest.raises(Invalid, match="16 parentheses"):
        _filter("Task", "(" * 17 + "status eq a" + ")" * 17)


R4 = {
    "eq",
    "ne",
    "co",
    "sw",
    "ew",
    "gt",
    "lt",
    "ge",
    "le",
    "ap",
    "sa",
    "eb",
    "pr",
    "po",
    "ss",
    "sb",
    "in",
    "re",
}


@pytest.mark.parametrize("type", list(OPERATORS))
def test_every_operator_is_one_of_r4(type):
    assert set(OPERATORS[type]) <= R4


words = st.sampled_from(
    [
        "status",
        "patient",
        "eq",
        "and",
        "or",
        "not",
        "(",
        ")",
        "[",
        "]",
        ".",
        '"a"',
        '"',
        "pr",
        "true",
        "2026",
        " ",
    ]
)


@given(st.lists(words, max_size=24).map(" ".join) | st.text(max_size=60))
def test_whatever_is_written_is_read_or_refused(text):
    with suppress(Invalid):
        _filter("Task", text)
