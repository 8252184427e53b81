"""Tokens of an identity provider that is not ours, at the running service: keys that change, outages, opaque tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from issuers import segment
from jwt.utils import base64url_decode
from persons import Person, new_person
from providers import SECRET, Provider, providing
from serving import Service, in_process

from dzop.auth.keys import signing_key
from dzop.auth.resource_server.introspection import REMEMBERED, RETRY_AFTER
from dzop.auth.resource_server.jwks import AGAIN, REFRESHED
from dzop.auth.tokens import issue
from dzop.cli.options import ready_database
from dzop.problems import Problem
from dzop.settings import Settings


@dataclass
class Clock:
    """The clock of the machine, and then some."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class World:
    """A service that trusts a provider which only this module uses, and a person both know."""

    service: Service
    provider: Provider
    clock: Clock
    person: Person

    def later(self, span: timedelta) -> None:
        self.clock.ahead += span

    def token(self, **token: Any) -> str:
        """A token of the provider for the person."""
        usual: dict[str, Any] = {
            "scope": "user/*.rs",
            "lasts": 86400,
            "claims": {"fhirUser": self.person.patient},
        }
        return self.provider.token(self.service.fhir, **(usual | token))

    def read(self, token: str | None = None, **options: Any) -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{self.service.fhir}/{self.person.patient}", headers=headers, **options)

    def status(self, token: str) -> int:
        return self.read(token).status_code


def header_with_kid(header: str, kid: str) -> str:
    return segment(json.loads(base64url_decode(header)) | {"kid": kid})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[World]:
    folder, clock = tmp_path_factory.mktemp("resource-server"), Clock()
    with providing(folder / "log") as provider:
        (folder / "secret").write_text(SECRET)
        asking = provider.client(client_id="dzop")
        (folder / "issuers.toml").write_text(
            f"""
[[issuer]]
name = "iam"
issuer = "{provider.issuer}"

[issuer.claims]
fhir_user = "fhirUser"

[issuer.introspection]
client_id = "{asking}"
secret_file = "secret"
"""
        )
        with in_process(database, folder, clock, issuers=folder / "issuers.toml") as service:
            yield World(service, provider, clock, new_person(service))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_signed_token_of_the_provider_is_believed(world: World, algorithm: str) -> None:
    assert world.status(world.token(alg=algorithm)) == 200


def test_an_opaque_token_of_the_provider_is_believed(world: World) -> None:
    assert world.status(world.token(format="opaque")) == 200


def test_our_own_tokens_are_believed_beside_them(world: World) -> None:
    assert world.status(world.service.token(world.person.patient)) == 200


def test_a_token_reaches_no_more_than_its_scopes(world: World) -> None:
    assert world.status(world.token(scope="launch")) == 403


def test_a_client_that_is_called_system_is_not_the_system(world: World) -> None:
    client = world.provider.client(client_id="system", token={"claims": {"fhirUser": "system"}})
    token = world.provider.token(world.service.fhir, scope="system/*.cruds", client_id=client)
    assert world.status(token) in (401, 403)


def test_a_client_that_is_named_like_a_person_here_is_not_that_person(world: World) -> None:
    client = world.provider.client(client_id=world.person.patient)
    token = world.provider.token(world.service.fhir, scope="user/*.rs", client_id=client)
    assert world.status(token) == 403


@pytest.mark.parametrize("format", ["jwt", "opaque"])
def test_a_token_for_another_service_is_refused(world: World, format: str) -> None:
    token = world.provider.token("https://other.example/fhir", scope="user/*.rs", format=format)
    assert world.status(token) == 401


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Service]:
    """A service without the sandbox, and without another issuer than itself."""
    with in_process(database, tmp_path_factory.mktemp("lonely"), sandbox=False) as service:
        yield service


def status_at(service: Service, token: str) -> int:
    return httpx.get(f"{service.fhir}/Goal", headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.mark.parametrize("format", ["jwt", "opaque"])
def test_a_service_that_trusts_nobody_else_refuses_the_token(
    world: World, lonely: Service, format: str
) -> None:
    token = world.provider.token(lonely.fhir, scope="user/*.rs", format=format)
    assert status_at(lonely, token) == 401


def test_a_token_of_the_sandbox_is_refused_where_it_is_off(world: World, lonely: Service) -> None:
    assert status_at(lonely, lonely.token(world.person.patient)) == 401


def test_a_token_of_our_own_server_is_believed_without_the_sandbox(world: World, lonely: Service) -> None:
    token = issue(
        signing_key(lonely.var / "keys"), issuer=f"{lonely.url}/auth", audience=lonely.fhir,
        subject=world.person.patient, scope="user/*.rs", ttl=60, now=lonely.now(),
    )  # fmt: skip
    assert status_at(lonely, token) == 200


def test_our_own_server_names_no_system_without_the_sandbox(lonely: Service) -> None:
    token = issue(
        signing_key(lonely.var / "keys"), issuer=f"{lonely.url}/auth", audience=lonely.fhir,
        subject="system", scope="system/*.rs", ttl=60, now=lonely.now(),
    )  # fmt: skip
    assert status_at(lonely, token) == 401


def test_an_expired_token_of_the_provider_is_refused(world: World) -> None:
    token = world.token(lasts=60)
    world.later(timedelta(seconds=91))
    assert world.status(token) == 401


def test_a_token_of_the_next_key_is_believed_soon_and_one_of_the_last_still(world: World) -> None:
    old = world.token()
    assert world.status(old) == 200
    world.provider.rotate(keep=True)
    world.later(AGAIN)
    assert [world.status(world.token()), world.status(old)] == [200, 200]


def test_a_token_of_a_key_that_was_taken_away_is_refused(world: World) -> None:
    old = world.token()
    assert world.status(old) == 200
    world.provider.rotate(keep=False)
    world.later(AGAIN)
    assert [world.status(world.token()), world.status(old)] == [200, 401]


def test_a_key_that_was_taken_away_is_noticed_without_a_new_one(world: World) -> None:
    old = world.token()
    assert world.status(old) == 200
    world.provider.rotate(keep=False)
    world.later(REFRESHED)
    world.status(old)  # what starts the refreshing goes on
    assert world.status(world.token()) == 200
    assert world.status(old) == 401


def test_known_keys_go_on_while_the_provider_is_out(world: World) -> None:
    known, fresh = world.token(), world.token()
    assert world.status(known) == 200
    with world.provider.outage():
        world.later(REFRESHED)
        assert [world.status(known), world.status(fresh)] == [200, 200]


def test_whether_an_opaque_token_holds_cannot_be_said_while_the_provider_is_out(world: World) -> None:
    token = world.token(format="opaque")
    with world.provider.outage():
        answer = world.read(token)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(RETRY_AFTER))
    assert answer.json()["issue"][0]["code"] == "transient"


def test_an_opaque_token_works_again_when_the_provider_is_back(world: World) -> None:
    token = world.token(format="opaque")
    with world.provider.outage():
        world.read(token)
    assert world.status(token) == 200


def test_an_opaque_token_that_is_revoked_is_refused_within_a_second(world: World) -> None:
    client = world.provider.client(token={"format": "opaque", "claims": {"fhirUser": world.person.patient}})
    token = world.provider.token(world.service.fhir, scope="user/*.rs", client_id=client)
    assert world.status(token) == 200
    world.provider.revoke(token, client)
    world.later(REMEMBERED)
    assert world.status(token) == 401


def test_many_unknown_keys_make_no_load_at_the_provider(world: World) -> None:
    header, payload, signature = world.token().split(".")
    world.status(world.token())
    before = world.provider.requests("/jwks")
    for number in range(5):
        forged = header_with_kid(header, f"forged-{number}")
        world.status(f"{forged}.{payload}.{signature}")
    assert world.provider.requests("/jwks") - before <= 1


def test_a_bad_token_is_told_so_as_the_rfc_says(world: World) -> None:
    answer = world.read("nonsense.at.all")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (
        401, 'Bearer realm="dzop", error="invalid_token"',
    )  # fmt: skip


def test_who_sends_no_token_is_not_told_that_it_was_a_bad_one(world: World) -> None:
    answer = world.read()
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="dzop"')


def test_two_authorization_headers_are_refused(world: World) -> None:
    bearer = f"Bearer {world.token()}"
    answer = httpx.get(
        f"{world.service.fhir}/Goal", headers=[("Authorization", bearer), ("Authorization", bearer)]
    )
    assert answer.status_code == 401


def test_two_tokens_in_one_header_are_refused(world: World) -> None:
    assert world.status(f"{world.token()}, Bearer {world.token()}") == 401


def test_a_token_in_the_query_is_refused(world: World) -> None:
    assert world.read(params={"access_token": world.token()}).status_code == 401


def test_a_token_in_the_query_beside_one_in_the_header_is_refused(world: World) -> None:
    token = world.token()
    answer = httpx.get(
        f"{world.service.fhir}/Goal",
        params={"access_token": token},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 400


def test_a_token_in_a_form_is_refused(world: World) -> None:
    answer = httpx.post(f"{world.service.fhir}/Goal/_search", data={"access_token": world.token()})
    assert answer.status_code == 401


WRONG = {
    "of an issuer by http": 'issuer = "http://idp.example"',
    "of this service itself": 'issuer = "http://127.0.0.1:8000/auth"',
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_told_before_anything_starts(tmp_path: Path, name: str) -> None:
    path = tmp_path / "issuers.toml"
    path.write_text(f'[[issuer]]\nname = "iam"\n{WRONG[name]}')
    with pytest.raises(Problem, match=r"^DZOP_ISSUERS: .*issuers\.toml"):
        ready_database(Settings(var=tmp_path / "var", issuers=path))
    assert list(tmp_path.iterdir()) == [path]
