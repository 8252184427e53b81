"""How FHIR resources become facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from consent.categories import UNTOUCHED, mask
from consent.facts import Facts, Party, read_facts
from consent.periods import Period, read_period
from consent.relations import childhood
from tests.consent.worlds import PERSON, consent, participant, provision, resolve, team


def facts_of(*resources: dict[str, Any]) -> Facts:
    return read_facts(PERSON, resources, resolve)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("element", "period"),
    [
        (None, Period()),
        ({"start": "2024-06-03"}, Period(at(2024, 6, 2, 22))),
        ({"end": "2024-01-31"}, Period(None, at(2024, 1, 31, 23))),
        ({"start": "2024", "end": "2024"}, Period(at(2023, 12, 31, 23), at(2024, 12, 31, 23))),
        ({"start": "2024-02", "end": "2024-02"}, Period(at(2024, 1, 31, 23), at(2024, 2, 29, 23))),
        ({"start": "2024-06-03T10:00:00+02:00"}, Period(at(2024, 6, 3, 8))),
        ({"end": "2024-06-03T10:00:00.5Z"}, Period(None, datetime(2024, 6, 3, 10, 0, 0, 500_000, UTC))),
        ({"start": "2024-03-31", "end": "2024-03-31"}, Period(at(2024, 3, 30, 23), at(2024, 3, 31, 22))),
        ({"start": "0001-01-01", "end": "9999-12-31"}, Period()),
    ],
)
def test_a_date_is_a_day_in_brussels(element: dict[str, str] | None, period: Period) -> None:
    assert period == read_period(element)


def test_what_is_no_date_is_refused() -> None:
    with pytest.raises(ValueError, match="soon"):
        read_period({"start": "soon"})


def test_team_and_participant_periods_both_count() -> None:
    entry = participant("Practitioner/a", period={"start": "2024-01-01", "end": "2024-12-31"})
    (relation,) = facts_of(team("t", entry, period={"start": "2024-06-03"})).relations
    assert Period(at(2024, 6, 2, 22), at(2024, 12, 31, 23)) == relation.period


def test_contradictory_agreements_are_none() -> None:
    entry = participant("Practitioner/a")
    entry["extension"] += participant("Practitioner/a", agreement="declined")["extension"]
    assert facts_of(team("t", entry)).relations == ()


@pytest.mark.parametrize(
    "role",
    [{"text": "healthcare-actor"}, {"coding": [{"system": "http://snomed.info/sct", "code": "224535009"}]}],
)
@pytest.mark.parametrize("member", ["Practitioner/a", "Organization/o"])
def test_a_role_that_nobody_can_tell_is_void(member: str, role: dict[str, Any]) -> None:
    entry = participant(member) | {"role": [role]}
    assert facts_of(team("t", entry)).relations == ()


def test_a_member_without_a_role_has_that_of_the_profession() -> None:
    (relation,) = facts_of(team("t", participant("Practitioner/a"))).relations
    assert relation.roles == ()


def test_a_profession_as_role_is_that_of_the_profession() -> None:
    nurse = {
        "system": "https://www.ehealth.fgov.be/standards/fhir/core/CodeSystem/cd-hcparty",
        "code": "persnurse",
    }
    entry = participant("Practitioner/a") | {"role": [{"coding": [nurse]}]}
    (relation,) = facts_of(team("t", entry)).relations
    assert relation.roles == ()


def test_an_unknown_code_of_our_own_is_void() -> None:
    assert facts_of(team("t", participant("Practitioner/a", "nurse"))).relations == ()


def test_a_consent_of_another_kind_changes_nothing() -> None:
    assert Facts(PERSON) == facts_of(consent("c", "patient-will", provision("permit")))


def test_a_provision_without_class_leaves_four_categories_alone() -> None:
    (line,) = facts_of(settings(provision("deny"))).settings
    assert (line.classes & UNTOUCHED, line.named) == (0, False)


def test_a_provision_is_bounded_by_its_root() -> None:
    root = {"type": "permit", "period": {"end": "2024-12-31"}, "provision": [provision("deny")]}
    (line,) = facts_of(consent("s", "settings", root)).settings
    assert Period(None, at(2024, 12, 31, 23)) == line.period


def test_a_root_that_denies_is_a_provision_too() -> None:
    (line,) = facts_of(consent("s", "settings", provision("deny"))).settings
    assert (line.rule, line.permit) == ("setting:Consent/s#0", False)


def test_a_permit_in_unknown_words_permits_nothing() -> None:
    line = provision("permit", classes=["poems"], actions=["sing"])
    (read,) = facts_of(settings(line)).settings
    assert (0, frozenset()) == (read.classes, read.actions)


def test_a_deny_in_unknown_words_denies_all() -> None:
    line = provision("deny", classes=["poems", "sensitive"], actions=["sing"])
    (read,) = facts_of(settings(line)).settings
    assert (mask(["task", "sensitive"]), 5) == (
        read.classes & mask(["task", "sensitive", "consent"]),
        len(read.actions),
    )


def test_a_provision_for_somebody_unknown_is_not_for_everyone() -> None:
    line = provision("permit") | {"actor": [{"reference": {"display": "Somebody"}}]}
    (read,) = facts_of(settings(line)).settings
    assert None is read.rank("Practitioner/a", None, frozenset())


def test_a_provision_for_research_does_not_concern_care() -> None:
    research = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HRESCH"}
    assert facts_of(settings(provision("deny") | {"purpose": [research]})).settings == ()


def test_sharing_single_resources_is_no_setting() -> None:
    data = [{"meaning": "instance", "reference": {"reference": "Goal/g"}}]
    assert facts_of(settings(provision("permit") | {"data": data})).settings == ()


def test_an_exclusion_in_one_capacity_is_of_the_professional() -> None:
    (exclusion,) = facts_of(consent("x", "exclusion", provision("deny", ["PractitionerRole/a-o"]))).exclusions
    assert Party("Practitioner/a", None) == exclusion.party


def settings(*lines: dict[str, Any]) -> dict[str, Any]:
    return consent("s", "settings", {"type": "permit", "provision": list(lines)})


def test_a_grant_of_single_resources_is_a_share_and_no_relation() -> None:
    data = [{"meaning": "dependents", "reference": {"reference": "Goal/g"}}]
    period = {"end": "2024-12-31"}
    facts = facts_of(
        consent("g", "grant", provision("permit", ["Practitioner/a"], period=period) | {"data": data})
    )
    expected = Party("Practitioner/a", None), {"reference": "Goal/g"}, True, "share:Consent/g"
    assert ([], [expected]) == (
        list(facts.relations),
        [(share.party, share.data, share.dependents, share.rule) for share in facts.shares],
    )


@pytest.mark.parametrize(
    ("birth_date", "end"),
    [
        ("2006-06-04", at(2024, 6, 3, 22)),
        ("2008-02-29", at(2026, 2, 27, 23)),
        ("2006-06", at(2024, 5, 31, 22)),
        ("2006", at(2023, 12, 31, 23)),
    ],
)
def test_a_childhood_ends_with_the_18th_birthday(birth_date: str, end: datetime) -> None:
    assert Period(None, end) == childhood({"birthDate": birth_date})


def test_of_an_unknown_birth_date_there_is_no_childhood() -> None:
    assert childhood({}) is None
