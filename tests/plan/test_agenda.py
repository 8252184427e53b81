"""From when on a Task is on somebody's list, until when, and on whose."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from dzop.fhir.search.date import EARLIEST, LATEST
from dzop.plan.agenda import at_hand, on_the_list
from dzop.plan.task_states import CLOSED, OPEN

BASE = "https://dzop.example/fhir"
NURSE = {"reference": "Practitioner/nurse"}
OFFERED = [
    {
        "url": "http://hl7.org/fhir/StructureDefinition/task-candidateList",
        "valueReference": {"reference": "CareTeam/x"},
    }
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, (EARLIEST, LATEST)),
        (
            {"restriction": {"period": {"end": "2027-01-13"}}},
            (at("2027-01-13T00:00+01:00"), at("2027-01-14T00:00+01:00")),
        ),
        (
            {"restriction": {"period": {"end": "2027-01-13T10:00:00Z"}}},
            (at("2027-01-13T00:00+01:00"), at("2027-01-13T10:00:01Z")),
        ),
        (
            {"restriction": {"period": {"start": "2027-01-10", "end": "2027-01-13"}}},
            (at("2027-01-10T00:00+01:00"), at("2027-01-14T00:00+01:00")),
        ),
        ({"executionPeriod": {"start": "2027-01-10"}}, (at("2027-01-10T00:00+01:00"), LATEST)),
        (
            {"status": "in-progress", "restriction": {"period": {"end": "2027-01-13"}}},
            (EARLIEST, at("2027-01-14T00:00+01:00")),
        ),
        ({"restriction": {"period": {"end": "one day"}}}, (EARLIEST, LATEST)),
    ],
    ids=str,
)
def test_an_open_task_is_listed_from_its_day_on(
    elements: dict[str, Any], expected: tuple[datetime, datetime]
) -> None:
    assert on_the_list({"status": "requested", **elements}) == expected


@pytest.mark.parametrize("status", CLOSED)
def test_what_is_closed_is_on_no_list(status: str) -> None:
    task = {"status": status, "owner": NURSE}
    assert (on_the_list(task), at_hand(task, BASE)) == (None, ())


@pytest.mark.parametrize("status", OPEN)
def test_what_is_open_is_the_owners(status: str) -> None:
    task = {"status": status, "owner": NURSE, "extension": OFFERED}
    assert at_hand(task, BASE) == ("Practitioner/nurse",)


def test_what_nobody_has_is_on_the_list_of_those_it_is_offered_to() -> None:
    task = {"status": "requested", "extension": OFFERED, "restriction": {"recipient": [NURSE]}}
    assert at_hand(task, BASE) == ("CareTeam/x", "Practitioner/nurse")
