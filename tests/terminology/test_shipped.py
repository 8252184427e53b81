"""The codes of shipped value sets as plain sets, and of which they cannot be told."""

from __future__ import annotations

import pytest

from terminology.shipped import codes

R4 = "http://hl7.org/fhir"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0131"


def test_all_codes_of_a_code_system_are_told() -> None:
    assert codes(f"{R4}/ValueSet/list-mode") == {f"{R4}/list-mode": {"working", "snapshot", "changes"}}


def test_the_version_of_a_canonical_is_left_out_of_account() -> None:
    assert codes(f"{R4}/ValueSet/list-mode|4.0.1") == codes(f"{R4}/ValueSet/list-mode")


def test_codes_that_are_named_are_told_by_code_system() -> None:
    assert codes(f"{R4}/ValueSet/task-intent") == {
        f"{R4}/task-intent": {"unknown"},
        f"{R4}/request-intent": {
            "proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option",
        },
    }  # fmt: skip


def test_a_code_that_only_groups_others_may_not_be_used() -> None:
    assert "question" not in (codes(f"{R4}/ValueSet/item-type") or {})[f"{R4}/item-type"]


def test_a_filter_leaves_codes_out() -> None:
    told = (codes(f"{R4}/ValueSet/patient-contactrelationship") or {})[V2]
    assert ("N" in told, "O" in told) == (True, False)


def test_what_is_excluded_is_left_out() -> None:
    told = codes(f"{R4}/ValueSet/encounter-participant-type") or {}
    assert "_ParticipationAncillary" not in told["http://terminology.hl7.org/CodeSystem/v3-ParticipationType"]


@pytest.mark.parametrize(
    "value_set",
    [
        "https://example.org/ValueSet/unknown",
        f"{R4}/ValueSet/mimetypes",
        "http://terminology.hl7.org/ValueSet/v3-PurposeOfUse",
        f"{R4}/ValueSet/consent-category",
    ],
    ids=["not shipped", "of a standard", "of a fragment", "importing one of a fragment"],
)
def test_codes_that_are_not_all_shipped_are_not_told(value_set: str) -> None:
    assert codes(value_set) is None
