"""What narrow tokens learned once by a way round."""

from __future__ import annotations

from typing import Any

import pytest
from persons import Person

JSON_PATCH = {"Content-Type": "application/json-patch+json"}
CARE = "category=https://dzop.example/fhir/CodeSystem/goal-category|care-goal"


def guess(text: str) -> list[dict[str, Any]]:
    """A patch that succeeds where the goal reads so."""
    return [{"op": "test", "path": "/description/text", "value": text}]


@pytest.mark.parametrize(
    ("scope", "status"), [("user/Goal.u", 403), (f"user/Goal.u user/Goal.r?{CARE}", 404)]
)
@pytest.mark.parametrize("is_right", [True, False])
def test_a_patch_tells_nothing_of_what_may_not_be_read(
    known: Person, scope: str, status: int, is_right: bool
) -> None:
    life = known.ref("Goal", "life")
    text = known.client("person").get(life).json()["description"]["text"] if is_right else "something else"
    answer = known.client("person", scope=scope).patch(life, json=guess(text), headers=JSON_PATCH)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("scope", "status"),
    [("", 403), ("patient/AuditEvent.r", 403), ("patient/AuditEvent.s", 200)],
)
def test_who_looked_is_told_to_who_may_search_the_log(known: Person, scope: str, status: int) -> None:
    assert (
        known.client("person", scope=f"patient/Patient.r {scope}")
        .get(f"{known.patient}/$access-log")
        .status_code
        == status
    )
