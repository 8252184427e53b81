"""Reading chains, `_has` and `_list`."""

import pytest

from dzop.fhir.outcome import Invalid
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.clause import Chain, Criterion, Reverse
from dzop.fhir.search.query import read_query
from dzop.fhir.search.string import Text
from dzop.fhir.search.token import Token

BASE = "https://dzop.example/fhir"


def _parameter(type, name):
    return RESOURCE_TYPES[type].parameter(name)


def _clause(type, name, text):
    (clause,) = read_query(type, [(name, text)], base=BASE, lenient=False).criteria
    return clause


def _name(type, text="Jet", modifier=None):
    return Criterion(_parameter(type, "name"), modifier, (Text(text.lower(), text),))


STATUS = Criterion(_parameter("Task", "status"), None, (Token(None, "requested"),))


def test_a_chain_asks_of_what_is_referenced():
    assert Chain(_parameter("Task", "patient"), (("Patient", _name("Patient")),)) == _clause(
        "Task", "patient.name", "Jet"
    )


def test_a_chain_may_name_the_type():
    assert Chain(_parameter("Task", "subject"), (("Patient", _name("Patient")),)) == _clause(
        "Task", "subject:Patient.name", "Jet"
    )


def test_a_chain_without_type_is_followed_to_each_type_that_has_the_parameter():
    chain = _clause("CarePlan", "performer.name", "Jet")

    assert {"Practitioner", "Organization", "HealthcareService", "RelatedPerson", "Patient"} == {
        type for type, _ in chain.targets
    }


def test_the_last_parameter_of_a_chain_takes_a_modifier():
    assert Chain(
        _parameter("Task", "patient"), (("Patient", _name("Patient", modifier="exact")),)
    ) == _clause("Task", "patient.name:exact", "Jet")


def test_a_chain_is_followed_over_several_hops():
    team = Chain(_parameter("CareTeam", "participant"), (("Practitioner", _name("Practitioner")),))

    assert Chain(_parameter("CarePlan", "care-team"), (("CareTeam", team),)) == _clause(
        "CarePlan", "care-team.participant:Practitioner.name", "Jet"
    )


def test_has_asks_of_what_references_it():
    assert Reverse("Task", _parameter("Task", "focus"), STATUS) == _clause(
        "Goal", "_has:Task:focus:status", "requested"
    )


def test_has_is_nested():
    inner = Reverse("Task", _parameter("Task", "focus"), STATUS)

    assert Reverse("Goal", _parameter("Goal", "patient"), inner) == _clause(
        "Patient", "_has:Goal:patient:_has:Task:focus:status", "requested"
    )


def test_has_and_chains_are_mixed():
    owner = Chain(_parameter("Task", "owner"), (("Practitioner", _name("Practitioner")),))
    of_a_task = Reverse("Task", _parameter("Task", "focus"), STATUS)

    assert Reverse("Task", _parameter("Task", "focus"), owner) == _clause(
        "Goal", "_has:Task:focus:owner:Practitioner.name", "Jet"
    )
    assert Chain(_parameter("CarePlan", "goal"), (("Goal", of_a_task),)) == _clause(
        "CarePlan", "goal._has:Task:focus:status", "requested"
    )


@pytest.mark.parametrize("text", ["l", "List/l", f"{BASE}/List/l"])
def test_what_is_in_a_list_is_referenced_by_it(text):
    named = Criterion(_parameter("List", "_id"), None, (Token(None, "l"),))

    assert Reverse("List", _parameter("List", "item"), named) == _clause("Goal", "_list", text)


def test_four_hops_are_followed():
    clause = _clause("Task", "part-of.part-of.part-of.part-of.status", "requested")
    for _ in range(4):
        clause = dict(clause.targets)["Task"]

    assert STATUS == clause


@pytest.mark.parametrize(
    ("type", "name", "text", "named"),
    [
        ("Task", "patient.foo", "x", "Patient has no search parameter `foo`"),
        ("Task", "foo.name", "x", "Task has no search parameter `foo`"),
        ("Task", "status.name", "x", "`status` of Task is no reference"),
        ("Task", "patient:Practitioner.name", "x", "`patient` does not lead to `Practitioner`"),
        ("Task", "patient:.name:foo", "x", "`:foo`"),
        ("Task", "patient.", "x", "no search parameter ``"),
        ("Task", "patient.birthdate", "2026-13", "`2026-13` is not a date"),
        ("Task", "part-of.part-of.part-of.part-of.part-of.status", "x", "at most 4 hops"),
        ("Appointment", "slot.status", "x", "Nothing that `slot` references"),
        ("Goal", "_has", "x", "no search parameter `_has`"),
        ("Goal", "_has:Task", "x", "_has:Observation:patient:code"),
        ("Goal", "_has:Task:focus", "x", "_has:Observation:patient:code"),
        ("Goal", "_has:Foo:focus:status", "x", "`_has` cannot look at `Foo`"),
        ("Goal", "_has:AuditEvent:entity:type", "x", "`_has` cannot look at `AuditEvent`"),
        ("Goal", "_has:Task:patient:status", "x", "`patient` of Task does not lead to Goal"),
        ("Goal", "_has:Task:foo:status", "x", "Task has no search parameter `foo`"),
        ("Goal", "_has:Task:focus:foo", "x", "Task has no search parameter `foo`"),
        ("Goal", "_list", "$current-problems", "`$current-problems`"),
        ("Goal", "_list", "Goal/x", "`_list`"),
        ("Goal", "_list", "https://x.example/List/1", "`_list`"),
        ("AuditEvent", "agent.name", "x", "AuditEvent follows no references"),
        ("CodeSystem", "_list", "l", "CodeSystem follows no references"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(type, name, text, named):
    with pytest.raises(Invalid) as refused:
        _clause(type, name, text)

    assert named in refused.value.issues[0].text


def test_lenient_handling_leaves_out_a_chain_that_leads_nowhere():
    query = read_query("Task", [("patient.foo", "x"), ("status", "requested")], base=BASE, lenient=True)

    assert ((STATUS,), 1) == (query.criteria, len(query.ignored))
