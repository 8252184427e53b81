"""How FHIR resources become facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from consent.categories import ALL, UNTOUCHED, mask
from consent.facts import CarerShare, Facts, Party, read_facts
from consent.periods import Period, read_period
from consent.relations import Relation, childhood
from tests.consent.worlds import (
    PERSON,
    consent,
    extension,
    opening,
    participant,
    patient,
    provision,
    related_person,
    resolve,
    team,
)


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
        ({"end": "2023"}, Period(None, at(2023, 12, 31, 23))),
        ({"end": "2024-01"}, Period(None, at(2024, 1, 31, 23))),
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


@pytest.mark.parametrize("code", ["educator", "liaison", "oncology-coordinator", "reference-person"])
def test_who_has_a_function_in_the_team_is_there_in_the_own_profession(code: str) -> None:
    system = "https://dzop.example/fhir/CodeSystem/team-function"
    entry = participant("Practitioner/a") | {"role": [{"coding": [{"system": system, "code": code}]}]}
    (relation,) = facts_of(team("t", entry)).relations
    assert (relation.roles, relation.coordinates) == ((), False)


def test_a_professional_who_is_called_a_volunteer_is_none() -> None:
    system = "https://dzop.example/fhir/CodeSystem/team-function"
    entry = participant("Practitioner/a") | {"role": [{"coding": [{"system": system, "code": "volunteer"}]}]}
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


REASONS = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


@pytest.mark.parametrize(
    ("type", "purposes", "concerns"),
    [
        ("deny", [], True),
        ("permit", [], True),
        ("permit", [(REASONS, "TREAT")], True),
        ("permit", [(REASONS, "HRESCH"), (REASONS, "COC")], True),
        ("permit", [(REASONS, "HRESCH")], False),
        ("deny", [(REASONS, "HRESCH")], False),
        ("permit", [("urn:other", "CARE")], False),
        ("deny", [("urn:other", "CARE")], True),
        ("deny", [(REASONS, "HRESCH"), ("urn:other", "CARE")], True),
    ],
)
def test_a_provision_is_about_care_or_might_be(
    type: str, purposes: list[tuple[str, str]], concerns: bool
) -> None:
    codings = [{"system": system, "code": code} for system, code in purposes]
    line = provision(type) | ({"purpose": codings} if codings else {})
    assert concerns == bool(facts_of(settings(line)).settings)


def test_a_deny_that_knows_some_of_its_words_names_them() -> None:
    (one,) = facts_of(settings(provision("deny", classes=["poems", "sensitive"]))).settings
    (none,) = facts_of(settings(provision("deny", classes=["poems"]))).settings
    assert (True, False) == (one.named, none.named)


def carer_share(
    *performers: str, type: str = "permit", actors: tuple[str, ...] = ("Practitioner/a",)
) -> Facts:
    body = provision(type, list(actors), period={"end": "2024-12-31"})
    given = {"performer": [{"reference": each} if each else {} for each in performers]}
    return facts_of(related_person("r"), related_person("s"), consent("c", "carer-share", body) | given)


def test_a_carer_shares_with_professionals_for_a_while() -> None:
    shares = carer_share("RelatedPerson/r", actors=("Organization/o", PERSON, "Practitioner/a")).carer_shares
    period = Period(None, at(2024, 12, 31, 23))
    party = Party("Practitioner/a", None)
    assert (CarerShare("RelatedPerson/r", party, period, "carer-share:Consent/c"),) == shares


def test_every_carer_who_signs_shares_and_nobody_else() -> None:
    signed = carer_share(
        "", PERSON, "Organization/o", "RelatedPerson/stranger", "RelatedPerson/r", "RelatedPerson/s"
    )
    assert ["RelatedPerson/r", "RelatedPerson/s"] == [each.carer for each in signed.carer_shares]


def test_a_carer_who_denies_shares_nothing() -> None:
    assert () == carer_share("RelatedPerson/r", type="deny").carer_shares


@pytest.mark.parametrize(
    "grounds", [("designated", "parenthood"), ("parenthood", "designated"), ("parenthood",)]
)
def test_parenthood_is_the_ground_wherever_it_is_told(grounds: tuple[str, ...]) -> None:
    told = {"extension": [extension("mandate-ground", each) for each in grounds]}
    (found,) = mandated(told)
    assert ("parenthood", at(2024, 6, 3, 22)) == (found.ground, found.period.end)


@pytest.mark.parametrize("ground", ["guardianship", "designated"])
def test_another_ground_is_told_and_lasts(ground: str) -> None:
    (found,) = mandated({"extension": [extension("mandate-ground", ground)]})
    assert (ground, None) == (found.ground, found.period.end)


def test_a_mandate_may_tell_no_ground() -> None:
    assert [None] == [each.ground for each in mandated({})]


def test_a_mandate_that_denies_is_none() -> None:
    assert () == mandated({}, "deny")


def mandated(elements: dict[str, Any], type: str = "permit") -> tuple[Relation, ...]:
    document = {"sourceReference": {"reference": "DocumentReference/d"}}
    body = consent("m", "mandate", provision(type, ["RelatedPerson/r"])) | document | elements
    return facts_of(patient(birthDate="2006-06-04"), related_person("r"), body).relations


LASTING = {"start": "2024-01-01", "end": "2024-12-31"}
LASTS = Period(at(2023, 12, 31, 23), at(2024, 12, 31, 23))


@pytest.mark.parametrize(
    ("kind", "actor", "proof", "expected"),
    [
        ("therapeutic-relation", "Practitioner/a", "referral", ("professional", (), ALL)),
        ("therapeutic-relation", "Practitioner/a", "gmd", ("gmd-holder", ("general-practitioner",), ALL)),
        ("therapeutic-relation", "Organization/o", "gmd", ("organisation", (), ALL)),
        ("therapeutic-relation", "RelatedPerson/r", "gmd", None),
        ("therapeutic-relation", PERSON, "referral", None),
        ("case-management", "Practitioner/a", None, ("case-manager", ("case-manager",), ALL)),
        ("case-management", "Organization/o", None, None),
        ("grant", "Practitioner/a", None, ("grant", (), mask(["task"]))),
        ("grant", "Organization/o", None, ("grant", (), mask(["task"]))),
        ("grant", "RelatedPerson/r", None, ("informal-grant", (), mask(["task"]))),
        ("grant", "RelatedPerson/stranger", None, None),
        ("grant", PERSON, None, None),
    ],
)
def test_a_consent_makes_a_relation(
    kind: str, actor: str, proof: str | None, expected: tuple[str, tuple[str, ...], int] | None
) -> None:
    told = {"extension": [extension("proof", proof)]} if proof else {}
    body = consent("c", kind, provision("permit", [actor], ["task"], period=LASTING)) | told
    found = [(r.kind, r.roles, r.classes, r.period) for r in facts_of(related_person("r"), body).relations]
    assert ([] if expected is None else [(*expected, LASTS)]) == found


def test_a_grant_of_entries_names_no_category() -> None:
    body = provision("permit", ["Practitioner/a"], ["task"], period=LASTING) | opening("Goal/g")
    (relation,) = facts_of(consent("g", "grant", body)).relations
    assert (0, ()) == (relation.classes, relation.roles)


def test_a_broken_glass_has_no_role_of_its_own() -> None:
    body = provision(
        "permit", ["Practitioner/a"], period={"start": "2024-06-03T10:00:00Z", "end": "2024-06-05"}
    )
    (relation,) = facts_of(consent("b", "break-glass", body)).relations
    assert ((), Period(at(2024, 6, 3, 10), at(2024, 6, 3, 11))) == (relation.roles, relation.period)


def test_sharing_single_resources_is_no_setting() -> None:
    data = [{"meaning": "instance", "reference": {"reference": "Goal/g"}}]
    assert facts_of(settings(provision("permit") | {"data": data})).settings == ()


def test_an_exclusion_in_one_capacity_is_of_the_professional() -> None:
    (exclusion,) = facts_of(consent("x", "exclusion", provision("deny", ["PractitionerRole/a-o"]))).exclusions
    assert Party("Practitioner/a", None) == exclusion.party


def twice(reference: Any) -> list[Party]:
    """Two records of one professional."""
    party = resolve(reference)
    return [] if party is None else [party, Party("Practitioner/again", party.organisation)]


def test_an_exclusion_is_of_every_record_of_the_professional() -> None:
    exclusion = consent("x", "exclusion", provision("deny", ["PractitionerRole/a-o"]))
    facts = read_facts(PERSON, [exclusion], resolve, twice)
    expected = [Party("Practitioner/a", None), Party("Practitioner/again", None)]
    assert expected == [each.party for each in facts.exclusions]


def test_a_deny_is_for_every_record_and_a_permit_for_the_one_named() -> None:
    lines = provision("deny", ["Practitioner/a"]), provision("permit", ["Practitioner/a", "care-coordinator"])
    deny, permit = read_facts(PERSON, [settings(*lines)], resolve, twice).settings
    assert (
        (Party("Practitioner/a", None), Party("Practitioner/again", None)),
        (Party("Practitioner/a", None), "care-coordinator"),
    ) == (deny.actors, permit.actors)


def settings(*lines: dict[str, Any]) -> dict[str, Any]:
    return consent("s", "settings", {"type": "permit", "provision": list(lines)})


def test_a_grant_of_single_resources_is_a_relation_and_a_share() -> None:
    data = [{"meaning": "instance", "reference": {"reference": "Goal/g"}}]
    period = {"end": "2024-12-31"}
    facts = facts_of(
        consent("g", "grant", provision("permit", ["Practitioner/a"], period=period) | {"data": data})
    )
    expected = Party("Practitioner/a", None), {"reference": "Goal/g"}, "share:Consent/g"
    assert ([("grant", 0)], [expected]) == (
        [(relation.kind, relation.classes) for relation in facts.relations],
        [(share.party, share.data, share.rule) for share in facts.shares],
    )


@pytest.mark.parametrize("meaning", ["dependents", "related", "authoredby"])
def test_nothing_is_opened_but_the_entries_that_are_named(meaning: str) -> None:
    data = [{"meaning": meaning, "reference": {"reference": "Goal/g"}}]
    assert (
        () == facts_of(consent("g", "grant", provision("permit", ["Practitioner/a"]) | {"data": data})).shares
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
