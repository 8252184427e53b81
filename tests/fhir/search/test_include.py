"""Reading `_include` and `_revinclude`."""

import pytest

from dzop.fhir.outcome import Invalid
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.include import Include, includable, revincludable
from dzop.fhir.search.query import read_query

BASE = "https://dzop.example/fhir"


def _includes(type, *parameters):
    return read_query(type, parameters, base=BASE, lenient=False).includes


FOCUS = RESOURCE_TYPES["Task"].parameter("focus")


@pytest.mark.parametrize(
    ("type", "name", "text", "expected"),
    [
        ("Task", "_include", "Task:focus", Include("Task", FOCUS, None)),
        ("Task", "_include", "Task:focus:Goal", Include("Task", FOCUS, "Goal")),
        ("Goal", "_include:iterate", "Task:focus", Include("Task", FOCUS, None, iterate=True)),
        ("Goal", "_revinclude", "Task:focus", Include("Task", FOCUS, None, reverse=True)),
        ("Goal", "_revinclude", "Task:focus:Goal", Include("Task", FOCUS, "Goal", reverse=True)),
        ("Patient", "_revinclude:iterate", "Task:focus", Include("Task", FOCUS, None, True, True)),
    ],
)
def test_an_include_is_read(type, name, text, expected):
    assert (expected,) == _includes(type, (name, text))


def test_a_star_is_every_reference_of_the_type():
    names = [each.name for each in RESOURCE_TYPES["Task"].search if each.type == "reference"]

    assert names == [each.parameter.name for each in _includes("Task", ("_include", "*"))]
    assert names == [each.parameter.name for each in _includes("Task", ("_include", "Task:*"))]


def test_a_reverse_star_is_every_reference_that_may_lead_here():
    sources = {each.source for each in _includes("Goal", ("_revinclude", "*"))}

    assert {"CarePlan", "Goal", "Task"} <= sources
    assert sources.isdisjoint({"AuditEvent", "CodeSystem"})


def test_the_same_include_is_asked_once():
    assert 1 == len(_includes("Task", ("_include", "Task:focus"), ("_include", "Task:focus")))


@pytest.mark.parametrize(
    ("type", "name", "text", "named"),
    [
        ("Task", "_include", "focus", "`focus`; possible are `Task:patient`"),
        ("Task", "_include", "Task:status", "`Task:status`"),
        ("Task", "_include", "Goal:patient", "`Goal:patient`"),
        ("Task", "_include", "Task:focus:Foo", "cannot target `Foo`"),
        ("Task", "_include", "Task:owner:Goal", "cannot target `Goal`"),
        ("Task", "_include", "", "no value"),
        ("Task", "_include:recurse", "Task:focus", "`:recurse` is called `:iterate`"),
        ("Task", "_include:foo", "Task:focus", "`:foo`"),
        ("Task", "_include:", "Task:focus", "`:`"),
        ("Goal", "_revinclude", "Task:owner", "`Task:owner`"),
        ("Goal", "_revinclude", "Task:focus:Patient", "cannot target `Patient`"),
        ("Goal", "_revinclude", "Goal", "`Goal`"),
        ("Patient", "_revinclude", "AuditEvent:entity", "`AuditEvent:entity`"),
    ],
)
def test_what_cannot_be_included_is_refused(type, name, text, named):
    with pytest.raises(Invalid) as refused:
        _includes(type, (name, text))

    assert named in refused.value.issues[0].text


@pytest.mark.parametrize("text", ["*", "Practitioner:*"])
def test_every_reference_of_what_has_none_is_nothing(text):
    assert () == _includes("Practitioner", ("_include", text))


@pytest.mark.parametrize("type", list(RESOURCE_TYPES))
def test_everything_offered_can_be_asked(type):
    entry = RESOURCE_TYPES[type]
    forward = [_includes(type, ("_include", each)) for each in includable(entry)]
    backward = [_includes(type, ("_revinclude", each)) for each in revincludable(entry)]

    assert all(len(includes) == 1 for includes in forward + backward)
