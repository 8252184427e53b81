"""Requests with tokens of an identity provider: each is of somebody who may act now, in one capacity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from issuing import Issuer, issuing
from persons import Person, new_person, refused
from resources import CBE, SSIN, Resource, cbe, consent, entity, practitioner, provision, ref, ssin
from serving import Service, in_process

ASSURED = '[issuer.assurance]\npersons = ["substantial", "high"]\nprofessionals = ["high"]'


@dataclass(frozen=True)
class Elsewhere:
    """A service that trusts an issuer under two names: `plain`, and `assured`, whose tokens must say an `acr`."""

    service: Service
    issuer: Issuer

    def client(self, name: str = "plain", **claims: Any) -> httpx.Client:
        """A client whose every request has one and the same token, with these claims."""
        token = self.issuer.token(name, self.service.fhir, **claims)
        return httpx.Client(base_url=self.service.fhir, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def elsewhere(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    folder = tmp_path_factory.mktemp("acting")
    with issuing(lambda: datetime.now(UTC)) as issuer:
        issuers = folder / "issuers.toml"
        issuers.write_text(issuer.table("plain") + issuer.table("assured", ASSURED))
        with in_process(database, folder, issuers=issuers) as service:
            yield Elsewhere(service, issuer)


@pytest.fixture(scope="module")
def person(elsewhere: Elsewhere) -> Person:
    return new_person(elsewhere.service)


def numbered(resource: Resource, number: str) -> Resource:
    return {**resource, "identifier": [{"system": SSIN, "value": number}]}


def professional(person: Person, name: str, number: str, **of_role: Any) -> list[Resource]:
    """The professional of this person who is called `name`, now with a number."""
    employer = person.ref("Organization", f"employer-{name}")
    who, role = practitioner(person.who(name), "health-professional", employer)
    return [numbered(who, number), {**role, **of_role}]


def plan(person: Person) -> str:
    return f"/{person.ref('CarePlan', 'plan')}"


def test_a_professional_who_is_a_carer_too_changes_capacity_with_the_token(
    elsewhere: Elsewhere, person: Person
) -> None:
    number = ssin()
    carer = entity(person.who("carer"), active=True, patient=ref(person.patient), name=[{"text": "carer"}])
    person.store(*professional(person, "nurse", number), numbered(carer, number))
    burden = f"/{person.ref('Observation', 'burden')}"
    as_nurse = elsewhere.client(ssin=number, discipline="persnurse").get(burden).status_code
    as_carer = elsewhere.client(ssin=number, mandator=person.ssin).get(burden).status_code
    assert (404, 200) == (as_nurse, as_carer)


def test_a_professional_first_seen_is_known_once_the_directory_has_them(elsewhere: Elsewhere) -> None:
    person, number = new_person(elsewhere.service), ssin()
    client = elsewhere.client(ssin=number, discipline="persnurse")
    before = client.get(plan(person)).status_code
    person.store(*professional(person, "nurse", number))
    assert (403, 200) == (before, client.get(plan(person)).status_code)


def test_who_is_suspended_is_refused_at_the_next_request(elsewhere: Elsewhere) -> None:
    person, number = new_person(elsewhere.service), ssin()
    known, role = professional(person, "nurse", number)
    person.store(known, role)
    client = elsewhere.client(ssin=number, discipline="persnurse")
    before = client.get(plan(person)).status_code
    person.store({**known, "active": False})
    assert (200, (403, "forbidden")) == (before, refused(client.get(plan(person))))


@pytest.mark.parametrize("ended", [{"active": False}, {"period": {"end": "2026-01-31"}}], ids=str)
def test_whose_role_ends_is_refused_at_the_next_request(elsewhere: Elsewhere, ended: Resource) -> None:
    person, number = new_person(elsewhere.service), ssin()
    person.store(*professional(person, "nurse", number))
    client = elsewhere.client(ssin=number, discipline="persnurse")
    before = client.get(plan(person)).status_code
    person.store(*professional(person, "nurse", number, **ended))
    assert (200, (403, "forbidden")) == (before, refused(client.get(plan(person))))


def test_a_mandate_that_ends_in_the_law_ends_for_the_token(elsewhere: Elsewhere) -> None:
    person, number = new_person(elsewhere.service), ssin()
    cousin = entity(person.who("cousin"), active=True, patient=ref(person.patient))
    mandate = consent(
        person.ref("Consent", "mandate"),
        "mandate",
        person.patient,
        provision("permit", (person.who("cousin"),)),
        sourceReference={"display": "Zorgvolmacht"},
    )
    person.store(numbered(cousin, number), mandate)
    client = elsewhere.client(ssin=number, mandator=person.ssin)
    before = client.get(plan(person)).status_code
    person.store({**mandate, "status": "inactive"})
    assert (200, 404) == (before, client.get(plan(person)).status_code)


def test_a_mandate_that_only_the_token_knows_opens_nothing(elsewhere: Elsewhere) -> None:
    person, number = new_person(elsewhere.service), ssin()
    cousin = entity(person.who("cousin"), active=True, patient=ref(person.patient))
    person.store(numbered(cousin, number))
    assert 404 == elsewhere.client(ssin=number, mandator=person.ssin).get(plan(person)).status_code


def test_the_software_of_an_organisation_acts_for_it(elsewhere: Elsewhere, person: Person) -> None:
    number = cbe()
    employer = entity(person.ref("Organization", "by-cbe"), identifier=[{"system": CBE, "value": number}])
    person.store(employer)
    answer = elsewhere.client(organization=f"cbe-{number}").get(f"/{person.ref('Organization', 'by-cbe')}")
    assert 200 == answer.status_code


def test_nobody_who_is_not_known_here_acts(elsewhere: Elsewhere, person: Person) -> None:
    answer = elsewhere.client(ssin=ssin()).get(plan(person))
    assert ((403, "forbidden"), False) == (refused(answer), "WWW-Authenticate" in answer.headers)


def test_the_refusal_of_who_is_not_known_is_in_the_log_of_the_person(elsewhere: Elsewhere) -> None:
    person = new_person(elsewhere.service)
    elsewhere.client(ssin=ssin()).get(f"/{person.patient}")
    log = person.client("person").get("/AuditEvent", params={"patient": person.patient}).json()
    refusals = [each["resource"] for each in log["entry"] if each["resource"]["outcome"] == "4"]
    assert [{"display": "unknown"}] == [each["agent"][0]["who"] for each in refusals]


def test_a_claim_of_another_shape_makes_the_token_a_bad_one(elsewhere: Elsewhere) -> None:
    answer = elsewhere.client(ssin=[ssin()]).get("/Patient")
    assert (401, 'Bearer realm="dzop", error="invalid_token"') == (
        answer.status_code,
        answer.headers["WWW-Authenticate"],
    )


@pytest.mark.parametrize(
    ("who", "acr", "sufficient"),
    [("nurse", None, "high"), ("nurse", "substantial", "high"), ("person", "low", "substantial high")],
)
def test_who_logged_in_too_weakly_is_told_what_would_suffice(
    elsewhere: Elsewhere, who: str, acr: str | None, sufficient: str
) -> None:
    answer = _assured(elsewhere, who, acr)
    challenge = f'error="insufficient_user_authentication", acr_values="{sufficient}"'
    assert (401, f'Bearer realm="dzop", {challenge}') == (
        answer.status_code,
        answer.headers["WWW-Authenticate"],
    )


@pytest.mark.parametrize(("who", "acr"), [("nurse", "high"), ("person", "substantial"), ("person", "high")])
def test_who_logged_in_strongly_enough_is_served(elsewhere: Elsewhere, who: str, acr: str) -> None:
    assert 200 == _assured(elsewhere, who, acr).status_code


def _assured(elsewhere: Elsewhere, who: str, acr: str | None) -> httpx.Response:
    """A new token, as after a login by which the assurance rose."""
    person, number = new_person(elsewhere.service), ssin()
    person.store(*professional(person, "nurse", number))
    said = {"nurse": {"ssin": number, "discipline": "persnurse"}, "person": {"ssin": person.ssin}}
    told = {} if acr is None else {"acr": acr}
    return elsewhere.client("assured", **said[who], **told).get(plan(person))


@pytest.mark.parametrize(
    ("who", "status"), [("gp", 403), ("carer", 403), ("person", 200), ("system", 200)]
)  # fmt: skip
def test_by_whose_number_somebody_logs_in_is_changed_by_the_person_or_the_registry_only(
    elsewhere: Elsewhere, who: str, status: int
) -> None:
    person = new_person(elsewhere.service)
    neighbour = entity(person.who("neighbour"), active=True, patient=ref(person.patient))
    person.store(numbered(neighbour, ssin()))
    changed = numbered(neighbour, ssin())
    assert status == person.client(who).put(f"/{person.who('neighbour')}", json=changed).status_code
