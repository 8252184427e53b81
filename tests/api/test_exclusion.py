"""Who is kept out is kept out whole: under every number, in every record and in every capacity."""

from __future__ import annotations

import pytest
from persons import Person
from resources import NIHDI, Resource, consent, entity, nihdi, participant, practitioner, provision, ref


def record(reference: str, number: str) -> Resource:
    return entity(reference, active=True, identifier=[{"system": NIHDI, "value": number}])


def exclusion(person: Person, reference: Resource) -> Resource:
    refused = provision("deny", ("x",))
    refused["actor"][0]["reference"] = reference
    return consent(person.ref("Consent", "exclusion"), "exclusion", person.patient, refused)


def status(person: Person, actor: str = "stranger") -> int:
    return person.client(actor).get(person.ref("CarePlan", "plan")).status_code


@pytest.fixture
def joined(person: Person) -> Person:
    """A person in whose team the stranger is."""
    person.store(person.team(participant(person.who("stranger"), "general-practitioner")))
    return person


def double(person: Person) -> str:
    return person.ref("Practitioner", "double")


def test_who_is_not_kept_out_is_in(joined: Person) -> None:
    assert 200 == status(joined)


def test_keeping_out_one_record_keeps_out_the_others_with_its_number(joined: Person) -> None:
    number = nihdi()
    joined.store(record(joined.who("stranger"), number), record(double(joined), number + "004"))
    joined.store(exclusion(joined, ref(double(joined))))
    assert 404 == status(joined)


def test_so_does_keeping_out_one_capacity_of_it(joined: Person) -> None:
    number = nihdi()
    known, role = practitioner(
        double(joined), "health-professional", joined.ref("Organization", "employer-nurse")
    )
    joined.store(record(joined.who("stranger"), number), {**known, **record(double(joined), number)}, role)
    joined.store(exclusion(joined, ref(f"PractitionerRole/{role['id']}")))
    assert 404 == status(joined)


def test_a_number_that_two_carry_keeps_out_both(joined: Person) -> None:
    number = nihdi()
    joined.store(record(joined.who("stranger"), number), record(double(joined), number))
    joined.store(exclusion(joined, {"identifier": {"system": NIHDI, "value": number}}))
    assert 404 == status(joined)


def test_a_record_that_becomes_known_later_is_kept_out_too(joined: Person) -> None:
    number = nihdi()
    joined.store(record(double(joined), number), exclusion(joined, ref(double(joined))))
    before = status(joined)
    joined.store(record(joined.who("stranger"), number))
    assert (200, 404) == (before, status(joined))


def test_a_setting_that_denies_by_a_number_that_two_carry_denies_both(joined: Person) -> None:
    number = nihdi()
    denied = provision("deny", ("x",), ("plan",))
    denied["actor"][0]["reference"] = {"identifier": {"system": NIHDI, "value": number}}
    joined.store(record(joined.who("stranger"), number), record(double(joined), number))
    joined.store(joined.settings(denied))
    assert 404 == status(joined)
