"""Everybody who is invited answers for themselves; what is another answer than there was, and what is none."""

from __future__ import annotations

from typing import Any

import pytest
from resources import Resource, ref

from dzop.plan.participation import answers, only_answered

BASE = "https://care.example/fhir"
JET, LOUIS, NURSE = "Patient/jet", "RelatedPerson/louis", "Practitioner/nurse"


def meeting(*answered: tuple[str, str], **elements: Any) -> Resource:
    """At which these people take part, each with an answer."""
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "start": "2027-03-01T10:00:00+01:00",
        "end": "2027-03-01T11:00:00+01:00",
        "participant": [{"actor": ref(who), "status": status} for who, status in answered],
        **elements,
    }


def found(before: Resource, now: Resource) -> list[tuple[int, list[str]]]:
    return [(each.place, sorted(each.before)) for each in answers(now, before, BASE)]


USUAL = meeting((JET, "declined"), (NURSE, "accepted"))
LATER = {"start": "2027-03-02T10:00:00+01:00"}
SAME_INSTANT = {"start": "2027-03-01T09:00:00Z"}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (USUAL, []),
        (meeting((NURSE, "accepted"), (JET, "declined")), []),
        (meeting((NURSE, "accepted")), []),
        (meeting((JET, "accepted"), (NURSE, "accepted")), [(0, ["declined"])]),
        (meeting((JET, "needs-action"), (NURSE, "accepted")), [(0, ["declined"])]),
        (meeting((JET, "needs-action"), (NURSE, "accepted"), **SAME_INSTANT), [(0, ["declined"])]),
        (meeting((JET, "needs-action"), (NURSE, "accepted"), **LATER), []),
        (meeting((JET, "accepted"), (NURSE, "accepted"), **LATER), [(0, ["declined"])]),
        (meeting((JET, "declined"), (NURSE, "accepted"), (LOUIS, "needs-action")), []),
        (meeting((JET, "declined"), (NURSE, "accepted"), (LOUIS, "tentative")), [(2, [])]),
        (meeting((JET, "declined"), (NURSE, "accepted"), (JET, "accepted")), [(2, ["declined"])]),
        (meeting((JET, "declined"), (f"{BASE}/{NURSE}", "accepted")), []),
        (meeting((JET, "declined"), (NURSE, "accepted"), ("Location/kitchen", "accepted")), []),
    ],
)
def test_an_answer_that_is_not_as_it_was_is_found(
    now: Resource, expected: list[tuple[int, list[str]]]
) -> None:
    assert found(USUAL, now) == expected


def test_the_person_is_one_however_named() -> None:
    numbered = {"type": "Patient", "identifier": {"system": "https://x.example", "value": "1"}}
    now = meeting((NURSE, "accepted"))
    now["participant"].append({"actor": numbered, "status": "accepted"})
    assert found(USUAL, now) == [(1, ["declined"])]


def test_of_a_new_appointment_all_answers_are_found() -> None:
    now = meeting((JET, "needs-action"), (NURSE, "accepted"), (LOUIS, "declined"))
    assert found({}, now) == [(1, []), (2, [])]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (meeting((JET, "declined"), (NURSE, "tentative")), True),
        (meeting((JET, "accepted"), (NURSE, "tentative")), False),
        (meeting((JET, "accepted"), (NURSE, "accepted")), False),
        (meeting((JET, "declined"), (NURSE, "tentative"), description="Anders"), False),
        (meeting((JET, "declined"), (LOUIS, "tentative")), False),
        (meeting((JET, "declined")), False),
        (meeting((JET, "declined"), (NURSE, "tentative"), (LOUIS, "needs-action")), False),
        ({**meeting((JET, "declined"), (NURSE, "tentative")), "meta": {"versionId": "2"}}, True),
        (USUAL, False),
    ],
)
def test_who_only_answers_changes_nothing_else(now: Resource, expected: bool) -> None:
    assert only_answered(USUAL, now, {NURSE}, BASE) is expected
