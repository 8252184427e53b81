"""Who was in a team, by its versions; and who has left it by a change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from dzop.fhir import json
from dzop.plan.departure import departed, unassigned
from dzop.plan.membership import Member, Past, Version, members, past
from dzop.plan.team import MEMBER_AGREEMENT, ROLE_SYSTEM, Entry, entries

BASE = "https://plan.example/fhir"
ALWAYS = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return datetime(2026, 1, number, 12, tzinfo=UTC)


def entry(name: str, role: str = "informal-carer", state: str = "agreed", **elements: Any) -> dict[str, Any]:
    return {
        "extension": [{"url": MEMBER_AGREEMENT, "valueCode": state}],
        "role": [{"coding": [{"system": ROLE_SYSTEM, "code": role}]}],
        "member": {"reference": f"RelatedPerson/{name}"},
        **elements,
    }


def version(number: int, *participants: dict[str, Any]) -> Version:
    return Version(day(number), read(*participants))


def read(*participants: dict[str, Any]) -> tuple[Entry, ...]:
    return entries(json.parse(orjson.dumps({"participant": participants})), BASE, {})


def told(*versions: Version) -> list[tuple[str, str, int | None, int | None, int | None]]:
    """Of each entry who, its state, and the days on which it was proposed, agreed and taken out."""
    return [(each.member["reference"].partition("/")[2], each.state, *_days(each)) for each in past(versions)]  # type: ignore[misc]


def _days(each: Past) -> list[int | None]:
    return [None if at is None else at.day for at in (each.proposed, each.agreed, each.removed)]


def test_who_is_proposed_and_then_agreed_is_one_entry() -> None:
    found = told(version(1, entry("an", state="proposed")), version(2, entry("an")))
    assert found == [("an", "agreed", 1, 2, None)]


def test_who_is_taken_out_stays_known() -> None:
    assert told(version(1, entry("an")), version(3)) == [("an", "agreed", None, 1, 3)]


def test_who_comes_back_is_another_entry() -> None:
    found = told(version(1, entry("an")), version(2), version(3, entry("an")))
    assert found == [("an", "agreed", None, 1, 2), ("an", "agreed", None, 3, None)]


def test_another_role_is_another_entry() -> None:
    found = told(version(1, entry("an")), version(2, entry("an"), entry("an", "care-coordinator")))
    assert [each[3] for each in found] == [1, 2]


def test_two_entries_of_the_same_role_are_told_apart() -> None:
    early = entry("an", period={"end": "2026-01-01"})
    assert len(told(version(1, early, entry("an")))) == 2


def test_a_changed_period_is_that_of_the_same_entry() -> None:
    (found,) = past([version(1, entry("an")), version(2, entry("an", period={"end": "2026-01-02"}))])
    assert found.period == {"end": "2026-01-02"}


def test_an_entry_ends_when_it_is_taken_out() -> None:
    (found,) = past([version(1, entry("an", period={"end": "2026-06-30"})), version(2)])
    assert found.until() == day(2)


def member(name: str, *others: str, state: str = "agreed", until: datetime = ALWAYS[1]) -> Member:
    return Member(name, frozenset({name, *others}), frozenset(), state, ALWAYS[0], until)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([member("a")], [], {"a"}),
        ([member("a")], [member("a", until=day(1))], {"a"}),
        ([member("a")], [member("a", state="declined")], {"a"}),
        ([member("a")], [member("a")], set()),
        ([member("a", "role")], [member("role", "a")], set()),
        ([member("a", state="proposed")], [], set()),
        ([member("a", until=day(1))], [], set()),
        ([member("a"), member("b")], [member("b")], {"a"}),
    ],
)
def test_who_was_a_member_and_is_none_has_left(
    before: list[Member], after: list[Member], expected: set[str]
) -> None:
    assert departed(before, after, day(2)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [("accepted", "requested"), ("on-hold", "requested"), ("draft", "draft"), ("requested", "requested")],
)
def test_an_open_task_waits_for_somebody_else(status: str, expected: str) -> None:
    task = {"resourceType": "Task", "status": status, "owner": {"reference": "Practitioner/a"}}
    assert unassigned(task, "now") == {"resourceType": "Task", "status": expected, "lastModified": "now"}


@pytest.mark.parametrize("status", ["completed", "cancelled", "rejected", "failed", "entered-in-error"])
def test_a_closed_task_stays_as_it_is(status: str) -> None:
    assert unassigned({"resourceType": "Task", "status": status}, "now") is None


def test_who_is_named_by_words_only_is_no_member() -> None:
    unknown = entry("x") | {"member": {"display": "An"}}
    assert list(members(read(unknown), {}, BASE)) == []
