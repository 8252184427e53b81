"""Paths through FHIR JSON."""

import pytest

from dzop.fhir.paths import steps, values

TASK = {
    "resourceType": "Task",
    "for": {"reference": "Patient/p"},
    "note": [{"text": "a"}, {"text": "b"}],
    "restriction": {"recipient": [{"reference": "CareTeam/t"}]},
    "executionPeriod": {"start": "2026"},
    "extension": [
        {"url": "http://x.example/a.b", "valueReference": {"reference": "Practitioner/1"}},
        {"url": "http://x.example/other", "valueReference": {"reference": "Practitioner/2"}},
    ],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("for.reference", ("Patient/p",)),
        ("note.text", ("a", "b")),
        ("restriction.recipient.reference", ("CareTeam/t",)),
        ("extension(http://x.example/a.b).valueReference.reference", ("Practitioner/1",)),
        ("extension[url=http://x.example/other].valueReference.reference", ("Practitioner/2",)),
        ("note[text=b].text", ("b",)),
        ("note[text=c].text", ()),
        ("execution[x]", ({"start": "2026"},)),
        ("note.text.deeper", ()),
        ("absent.text", ()),
    ],
)
def test_a_path_leads_to_its_nodes_with_arrays_flattened(path, expected):
    assert expected == values(TASK, path)


def test_a_choice_takes_only_members_that_go_on_with_a_type():
    value = {"value": 1, "valued": 2, "valueString": "a", "valuePeriod": {}}

    assert ("a", {}) == values(value, "value[x]")


def test_an_absent_element_of_an_array_of_primitives_is_left_out():
    assert ("A", "C") == values({"given": ["A", None, "C"]}, "given")


def test_false_is_a_node():
    assert (False,) == values({"active": False}, "active")


@pytest.mark.parametrize(
    "path", ["", ".", "a.", ".a", "a..b", "a[0]", "a[b=]", "a[b=c", "a b", "extension(x", "where(a='b')x"]
)
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="is not a path"):
        steps(path)
