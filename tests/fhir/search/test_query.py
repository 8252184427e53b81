"""Reading the parameters of a search."""

from datetime import UTC, datetime, timedelta

import pytest
from answering import TERMINOLOGY
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.outcome import Invalid
from dzop.fhir.references import SSIN
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.date import DateRange
from dzop.fhir.search.query import Include, Sort, modifiers, read_query, sortable
from dzop.fhir.search.reference import ReferenceTarget
from dzop.fhir.search.string import Text
from dzop.fhir.search.token import Token

BASE = "https://dzop.example/fhir"


def _read(type, *parameters, lenient=False):
    return read_query(type, parameters, base=BASE, lenient=lenient, answers=TERMINOLOGY)


def _values(type, name, text):
    (criterion,) = _read(type, (name, text)).criteria
    return criterion.values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wash", (Token(None, "wash"),)),
        ("http://s|wash", (Token("http://s", "wash"),)),
        ("|wash", (Token("", "wash"),)),
        ("http://s|", (Token("http://s", None),)),
        ("a,b", (Token(None, "a"), Token(None, "b"))),
        ("a,a", (Token(None, "a"),)),
        (r"a\,b", (Token(None, "a,b"),)),
        (r"s|a\|b", (Token("s", "a|b"),)),
        (r"a\\,b", (Token(None, "a\\"), Token(None, "b"))),
        (r"a\,,b", (Token(None, "a,"), Token(None, "b"))),
    ],
)
def test_a_token_has_a_system_and_a_code(text, expected):
    assert expected == _values("Task", "code", text)


def test_an_identifier_is_asked_for_under_its_canonical_system():
    legacy = "https://www.ehealth.fgov.be/standards/fhir/NamingSystem/ssin"

    assert (Token(SSIN, "1"),) == _values("Patient", "identifier", f"{legacy}|1")
    assert (Token(SSIN, "1"),) == _values("Task", "owner:identifier", f"{legacy}|1")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("patient", "p", ReferenceTarget(("Patient",), "p")),
        ("patient", "Patient/p", ReferenceTarget(("Patient",), "p")),
        ("focus", "g", ReferenceTarget((), "g")),
        ("focus", f"{BASE}/Goal/g", ReferenceTarget(("Goal",), "g")),
        ("focus", "Goal/g/_history/2", ReferenceTarget(url="Goal/g/_history/2")),
        ("focus:Goal", "g", ReferenceTarget(("Goal",), "g")),
        ("focus:MedicationRequest", "m", ReferenceTarget(("MedicationRequest",), "m")),
        ("focus:Goal", "Goal/g", ReferenceTarget(("Goal",), "g")),
        ("focus", "https://x.example/Goal/g", ReferenceTarget(url="https://x.example/Goal/g")),
        ("focus", "urn:uuid:1", ReferenceTarget(url="urn:uuid:1")),
    ],
)
def test_a_reference_is_asked_for_here_or_by_url(name, text, expected):
    assert (expected,) == _values("Task", name, text)


def _hour(hour):
    return datetime(2026, 1, 1, hour, tzinfo=UTC)


@pytest.mark.parametrize("prefix", ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"])
def test_a_date_has_a_prefix_and_a_range(prefix):
    expected = DateRange(prefix, _hour(9), _hour(9) + timedelta(minutes=1))

    assert (expected,) == _values("Task", "modified", f"{prefix}2026-01-01T10:00")


def test_a_date_without_prefix_is_equal():
    assert (DateRange("eq", _hour(9), _hour(9) + timedelta(seconds=1)),) == _values(
        "Task", "modified", "2026-01-01T10:00:00 01:00"
    )


def test_approximately_widens_a_date_by_its_own_precision():
    expected = DateRange("ap", _hour(9) - timedelta(minutes=1), _hour(9) + timedelta(minutes=2))

    assert (expected,) == _values("Task", "modified", "ap2026-01-01T10:00")


def test_a_string_is_asked_for_normalised_and_as_written():
    assert (Text("van eyck", "Van Éyck"),) == _values("Patient", "name:exact", "Van Éyck")


def test_a_uri_is_asked_for_as_it_is():
    assert (Token(None, "https://x.example/q|1"),) == _values("Questionnaire", "url", "https://x.example/q|1")


@pytest.mark.parametrize(
    ("type", "name", "expected"),
    [
        ("Task", "status:not", "not"),
        ("Task", "status:missing", "missing"),
        ("Task", "owner:identifier", "identifier"),
        ("Task", "owner:Practitioner", None),
        ("Task", "status", None),
        ("Patient", "name:contains", "contains"),
    ],
)
def test_a_modifier_is_kept_with_its_criterion(type, name, expected):
    (criterion,) = _read(type, (name, "true")).criteria

    assert expected == criterion.modifier


def test_repeated_parameters_must_all_hold():
    query = _read("Task", ("code", "a"), ("code", "b"))

    assert [(Token(None, "a"),), (Token(None, "b"),)] == [criterion.values for criterion in query.criteria]


def test_sorting_is_by_several_keys_each_way():
    task = RESOURCE_TYPES["Task"]

    assert (
        Sort(task.parameter("_lastUpdated"), True),
        Sort(task.parameter("status"), False),
        Sort(task.parameter("_id"), False),
    ) == _read("Task", ("_sort", "-_lastUpdated,status"), ("_sort", "_id")).sort


def test_an_include_names_a_reference_of_the_searched_type():
    focus = RESOURCE_TYPES["Task"].parameter("focus")

    assert (Include("Task", focus, None), Include("Task", focus, "Goal")) == _read(
        "Task", ("_include", "Task:focus"), ("_include", "Task:focus:Goal"), ("_include", "Task:focus")
    ).includes


@pytest.mark.parametrize(
    ("parameters", "count", "total"),
    [
        ([], None, False),
        ([("_count", "20")], 20, False),
        ([("_total", "none")], None, False),
        ([("_total", "accurate")], None, True),
        ([("_total", "estimate")], None, True),
        ([("_count", "0"), ("_total", "none")], 0, True),
        ([("_summary", "count"), ("_count", "7")], 0, True),
        ([("_summary", "false")], None, False),
        ([("_count", "1000")], 1000, False),
    ],
)
def test_count_and_total_are_as_asked(parameters, count, total):
    query = _read("Task", *parameters)

    assert (count, total) == (query.count, query.total)


def test_a_page_is_passed_on_as_it_is():
    assert "a|b,c" == _read("Task", ("_page", "a|b,c")).page


def test_presentation_is_kept_in_the_links_but_asks_nothing_of_a_resource():
    asked = (("_format", "json"), ("_pretty", "true"), ("_elements", "id"), ("_summary", "text"))
    query = _read("Task", *asked)

    assert ((), False, None, asked) == (query.criteria, query.total, query.count, query.used)


BAD = [
    ("foo", "1", "`foo`"),
    ("status:exact", "x", "`:exact`"),
    ("status:", "x", "`:`"),
    ("status:not:in", "x", "`:not:in`"),
    ("owner:Goal", "x", "`:Goal`"),
    ("focus:Goals", "x", "`:Goals`"),
    ("_id:missing", "true", "`:missing`"),
    ("status:missing", "maybe", "`maybe`"),
    ("status", "", "`status`"),
    ("status", "a,,b", "`status`"),
    ("code", "a|b|c", "`code`"),
    ("code", "|", "`code`"),
    ("modified", "2026-13", "`2026-13`"),
    ("modified", "xx2026", "`xx`"),
    ("modified", "tomorrow", "`modified`"),
    ("focus", "not a reference", "`focus`"),
    ("focus:Goal", "Task/t", "`Task/t`"),
    ("_count", "-1", "`_count`"),
    ("_count", "1001", "`_count`"),
    ("_count", "ten", "`_count`"),
    ("_count", "٣", "`_count`"),
    ("_sort", "owner", "`owner`"),
    ("_sort", "", "`_sort`"),
    ("_sort", "status,", "``"),
    ("_sort", "--status", "`--status`"),
    ("_sort", ",".join(["status"] * 9), "`_sort`"),
    ("_include", "Goal:subject", "`Goal:subject`"),
    ("_include", "Task:status", "`Task:status`"),
    ("_include", "Task:owner:Goal", "`Goal`"),
    ("_total", "all", "`all`"),
    ("_summary", "some", "`some`"),
    ("_type", "Task", "`_type`"),
    ("_query", "mine", "`_query`"),
    ("_contained", "true", "`_contained`"),
    ("_containedType", "container", "`_containedType`"),
    ("near", "50|4", "`near`"),
    ("_tag:of-type", "a|b|c", "`:of-type`"),
    ("_security:missing", "true", "`:missing`"),
    ("code:above", "wash", "`system|code`"),
    ("code:in", "https://x.example/ValueSet/none", "`https://x.example/ValueSet/none`"),
    ("code:below", "http://x.example|wash", "`http://x.example`"),
    ("_source:below", "urn:uuid:1", "`urn:uuid:1`"),
    ("identifier:of-type", "http://t|MR", "`system|code|value`"),
]


@pytest.mark.parametrize(("name", "text", "named"), BAD)
def test_what_cannot_be_used_is_refused_with_its_name(name, text, named):
    with pytest.raises(Invalid) as refused:
        _read("Task", ("status", "requested"), (name, text))

    assert [True] == [named in issue.text for issue in refused.value.issues]


@pytest.mark.parametrize(("name", "text", "named"), BAD)
def test_lenient_handling_leaves_out_what_cannot_be_used_and_says_so(name, text, named):
    query = _read("Task", ("priority", "urgent"), (name, text), lenient=True)

    assert (_read("Task", ("priority", "urgent")).criteria, (("priority", "urgent"),), [True]) == (
        query.criteria,
        query.used,
        [named in sentence for sentence in query.ignored],
    )


@pytest.mark.parametrize("name", ["_count", "_total", "_summary", "_page"])
def test_what_can_hold_once_is_refused_twice(name):
    text = {"_count": "1", "_total": "none", "_summary": "count", "_page": "x"}[name]

    with pytest.raises(Invalid, match="more than once"):
        _read("Task", (name, text), (name, text))


def test_each_mistake_has_its_own_issue():
    with pytest.raises(Invalid) as refused:
        _read("Task", ("foo", "1"), ("_count", "x"))

    assert 2 == len(refused.value.issues)


@pytest.mark.parametrize(
    "parameters",
    [
        [("status", "a")] * 51,
        [("focus.focus.focus.focus._id", "a")],
        [("_filter", "(" * 17 + "status eq a" + ")" * 17)],
        [("status", ",".join(map(str, range(101))))],
        [("status", "a" * 4097)],
        [("a" * 257, "b")],
        [("status", "a\0b")],
        [("status", "\ud800")],
        [("a\0b", "c")],
    ],
)
def test_an_absurd_query_is_refused_even_when_lenient(parameters):
    with pytest.raises(Invalid):
        _read("Task", *parameters, lenient=True)


def test_an_error_does_not_repeat_a_long_value():
    with pytest.raises(Invalid) as refused:
        _read("Task", ("_sort", "x" * 4000))

    assert "x" * 65 not in refused.value.issues[0].text


USABLE = {
    "missing": "true", "identifier": "http://s.example|1", "of-type": "http://t.example|MR|1",
    "in": f"{BASE}/ValueSet/goal-category", "not-in": "ValueSet/goal-category",
    "above": f"{BASE}/CodeSystem/goal-category|life-goal", "below": f"{BASE}/CodeSystem/goal-category|life-goal",
}  # fmt: skip


@pytest.mark.parametrize("type", list(RESOURCE_TYPES))
def test_every_offered_modifier_can_be_used(type):
    asked = [
        (f"{each.name}:{modifier}", USABLE.get(modifier, "http://x.example/a"))
        for each in RESOURCE_TYPES[type].search
        for modifier in modifiers(each)
    ]
    asked = [(name, "http://x.example/a") if _is_uri(type, name) else (name, text) for name, text in asked]

    assert [] == [sentence for each in asked for sentence in _read(type, each, lenient=True).ignored]


def _is_uri(type, name):
    code, _, modifier = name.partition(":")
    return modifier in ("above", "below") and RESOURCE_TYPES[type].parameter(code).type != "token"


@pytest.mark.parametrize("type", list(RESOURCE_TYPES))
def test_every_offered_sort_key_can_be_used(type):
    keys = sortable(RESOURCE_TYPES[type])

    assert list(keys) == [_read(type, ("_sort", key)).sort[0].parameter.name for key in keys]


names = st.sampled_from(
    ["status", "code", "focus", "modified", "_sort", "_include", "_count", "patient:x", "focus:Goal"]
)


@given(st.lists(st.tuples(names | st.text(max_size=20), st.text(max_size=40)), max_size=6))
def test_whatever_is_asked_is_read_or_refused(parameters):
    try:
        query = _read("Task", *parameters, lenient=True)
    except Invalid:
        return

    assert len(parameters) == len(query.used) + len(query.ignored)
