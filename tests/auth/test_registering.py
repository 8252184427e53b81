"""Apps that register themselves, and what they cannot get that way (attacks, group 46)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from starlette.applications import Starlette

from dzop.auth import registry
from dzop.auth.events import Happened
from dzop.auth.metadata import INTROSPECTS, ORGANIZATION
from dzop.auth.rates import Rate, Rates
from dzop.auth.registering import RegistrationEndpoint, rules_for_itself
from dzop.store.database import Database

ORIGIN = "https://plan.test"
ISSUER, REGISTER = f"{ORIGIN}/auth", f"{ORIGIN}/auth/register"
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
EC = ECKey.generate_key("P-384", {"kid": "one"})
PUBLIC = {"keys": [EC.as_dict(private=False)]}
WEAK = "1" * 171  # a modulus of 1026 bits
WEB = {"client_name": "Wondzorg", "redirect_uris": ["https://app.test/cb"]}
SYSTEM = {
    "client_name": "Practice software",
    "grant_types": ["client_credentials"],
    "jwks": PUBLIC,
    "scope": "system/*.cruds",
    ORGANIZATION: "Organization/practice",
}


@dataclass
class Events:
    """What would be recorded."""

    happened: list[Happened] = field(default_factory=list)

    async def record(self, event: Happened) -> None:
        self.happened.append(event)


@dataclass(frozen=True)
class World:
    """An authorization server at which apps may register themselves, as in production."""

    endpoint: RegistrationEndpoint
    events: Events

    def browser(self, **changed: Any) -> httpx.AsyncClient:
        app = Starlette(routes=replace(self.endpoint, **changed).routes())
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)

    async def register(self, metadata: object, *, sandbox: bool = False, **changed: Any) -> httpx.Response:
        async with self.browser(
            rules=rules_for_itself(ORIGIN, "Organization/demo" if sandbox else None), **changed
        ) as browser:
            return await browser.post(REGISTER, json=metadata)

    async def ask(self, method: str, answer: httpx.Response, token: str | None = None) -> httpx.Response:
        """What the configuration endpoint of a registration answers."""
        given = answer.json()
        bearer = {"Authorization": f"Bearer {token or given['registration_access_token']}"}
        async with self.browser() as browser:
            return await browser.request(method, given["registration_client_uri"], headers=bearer)


@pytest.fixture
async def world(database: str) -> AsyncIterator[World]:
    async with Database.opened(database, 2) as opened:
        events = Events()
        endpoint = RegistrationEndpoint(
            ISSUER, True, rules_for_itself(ORIGIN, None), opened, events, Rates(), lambda: NOW
        )
        yield World(endpoint, events)


async def test_an_app_registers_itself(world: World) -> None:
    answer = await world.register(WEB)
    given = answer.json()
    assert (answer.status_code, given["client_id_issued_at"], given["redirect_uris"]) == (
        201,
        int(NOW.timestamp()),
        ["https://app.test/cb"],
    )


async def test_what_it_registered_is_a_client_from_then_on(world: World) -> None:
    client_id = (await world.register(WEB)).json()["client_id"]
    found = await registry.find(world.endpoint.database, client_id)
    assert (found and (found.client.name, found.client.method, found.is_dynamic)) == (
        "Wondzorg",
        "none",
        True,
    )


async def test_an_answer_with_a_registration_token_is_kept_by_no_cache(world: World) -> None:
    assert (await world.register(WEB)).headers["Cache-Control"] == "no-store"


async def test_the_registration_token_is_kept_as_a_digest_only(world: World) -> None:
    given = (await world.register(WEB)).json()
    found = await registry.find(world.endpoint.database, given["client_id"])
    digest = hashlib.sha256(given["registration_access_token"].encode()).digest()
    assert (found and found.token) == digest


async def test_a_registration_is_recorded(world: World) -> None:
    client_id = (await world.register(WEB)).json()["client_id"]
    assert world.events.happened == [Happened("register", 201, NOW, client=client_id)]


async def test_an_app_with_a_key_proves_itself_with_it(world: World) -> None:
    given = (await world.register(WEB | {"jwks": PUBLIC})).json()
    assert (given["token_endpoint_auth_method"], given["jwks"]) == ("private_key_jwt", PUBLIC)


async def test_members_that_mean_nothing_here_are_left_out(world: World) -> None:
    given = (await world.register(WEB | {"is_first_party": True, "software_id": "x"})).json()
    assert not {"is_first_party", "software_id"} & set(given)


async def test_where_the_operator_registers_apps_nobody_registers_itself(world: World) -> None:
    answer = await world.register(WEB, is_open=False)
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")


async def test_an_app_reads_its_registration(world: World) -> None:
    registered = await world.register(WEB)
    assert (await world.ask("GET", registered)).json() == registered.json()


async def test_an_app_removes_its_registration(world: World) -> None:
    registered = await world.register(WEB)
    removed = await world.ask("DELETE", registered)
    assert (removed.status_code, (await world.ask("GET", registered)).status_code) == (204, 401)


async def test_a_registration_cannot_be_rewritten(world: World) -> None:
    answer = await world.ask("PUT", await world.register(WEB))
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"GET", "HEAD", "DELETE"})


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_the_registration_of_another_app_is_out_of_reach(world: World, method: str) -> None:
    own, other = await world.register(WEB), await world.register(WEB)
    answer = await world.ask(method, other, own.json()["registration_access_token"])
    assert (answer.status_code, (await world.ask("GET", other)).status_code) == (401, 200)


async def test_who_guesses_does_not_learn_which_clients_there_are(world: World) -> None:
    async with world.browser() as browser:
        bearer = {"Authorization": "Bearer x"}
        client_id = (await world.register(WEB)).json()["client_id"]
        answers = [
            await browser.get(f"/auth/register/{each}", headers=bearer)
            for each in (client_id, "unknown", "a%00b", "dzop-portal")
        ]
    assert len({(each.status_code, each.content, each.headers["WWW-Authenticate"]) for each in answers}) == 1


async def test_a_disabled_app_can_do_nothing_with_its_registration(world: World) -> None:
    registered = await world.register(WEB)
    await registry.disable(world.endpoint.database, registered.json()["client_id"], NOW)
    assert [(await world.ask(method, registered)).status_code for method in ("GET", "DELETE")] == [403, 403]


async def test_an_address_cannot_register_apps_without_end(world: World) -> None:
    rates = Rates(lambda: 0.0, {("register", "address"): Rate(2, 0.01)})
    answers = [await world.register(WEB, rates=rates) for _ in range(3)]
    assert [(each.status_code, "Retry-After" in each.headers) for each in answers] == [
        (201, False), (201, False), (429, True),
    ]  # fmt: skip


async def test_registration_tokens_cannot_be_guessed_without_end(world: World) -> None:
    rates = Rates(lambda: 0.0, {("register", "address"): Rate(2, 0.01)})
    async with world.browser(rates=rates) as browser:
        bearer = {"Authorization": "Bearer guess"}
        answers = [await browser.get("/auth/register/x", headers=bearer) for _ in range(3)]
    assert [each.status_code for each in answers] == [401, 401, 429]


# Where a browser may be sent to.


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "https://127.0.0.1/cb",
        "https://localhost./cb",
        "https://app.localhost/cb",
        "https://[::1]/cb",
        "https://[::ffff:127.0.0.1]/cb",
        "https://127.1/cb",
        "https://2130706433/cb",
        "https://0x7f.0.0.1/cb",
        "https://0.0.0.0/cb",
        "http://app.test/cb",
        "https://app.test/cb#part",
        "https://app.test/cb#",
        "https://*.app.test/cb",
        "https://app.test/*",
        "https://plan.test@evil.test/cb",
        "https://app.test\\@plan.test/cb",
        "https://app.test/cb\r\nX: y",
        "https://app.test/ cb",
        "https://äpp.test/cb",
        "https:///cb",
        "https://app.test:port/cb",
        "https://app.test:99999/cb",
        "//app.test/cb",
        "/portal/",
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "com.example.app:/cb",
        "https://plan.test/portal/",
        "https://PLAN.test:443/portal/",
        "https://app.test/" + "x" * 500,
    ],
)
async def test_a_browser_is_sent_nowhere_but_to_an_app_on_the_web(world: World, address: str) -> None:
    answer = await world.register(WEB | {"redirect_uris": ["https://app.test/cb", address]})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


async def test_in_the_sandbox_an_app_may_listen_on_its_developers_machine(world: World) -> None:
    answer = await world.register(WEB | {"redirect_uris": ["http://localhost:3000/cb"]}, sandbox=True)
    assert answer.status_code == 201


async def test_after_logging_out_too_a_browser_goes_to_the_app_only(world: World) -> None:
    answer = await world.register(WEB | {"post_logout_redirect_uris": ["http://evil.test/"]})
    assert answer.json()["error"] == "invalid_redirect_uri"


# Keys.


def jwks(*keys: ECKey | RSAKey | OctKey | OKPKey, private: bool = False) -> dict[str, Any]:
    return {
        "jwks": {"keys": [{**key.as_dict(private=private), "kid": str(at)} for at, key in enumerate(keys)]}
    }


@pytest.mark.parametrize(
    "given",
    [
        jwks(EC, private=True),
        {"jwks": {"keys": [{"kty": "RSA", "kid": "one", "e": "AQAB", "n": WEAK}]}},
        jwks(ECKey.generate_key("secp256k1")),
        jwks(OKPKey.generate_key("X25519")),
        jwks(*[EC] * 11),
        {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}]}},
        {"jwks": {"keys": [{**EC.as_dict(private=False), "use": "enc"}]}},
        {"jwks": {"keys": [{**EC.as_dict(private=False), "x": "AAAA"}]}},
        {"jwks": {"keys": [{**EC.as_dict(private=False), "kty": ["EC"]}]}},
        {"jwks": {"keys": [{**EC.as_dict(private=False), "kid": None}]}},
        {"jwks": {"keys": [*PUBLIC["keys"], *PUBLIC["keys"]]}},
        {"jwks": {"keys": []}},
        {"jwks": "keys"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "none", "jwks": PUBLIC},
        {"token_endpoint_auth_method": "client_secret_basic"},
    ],
    ids=[
        "private", "weak RSA", "odd curve", "for encryption", "too many", "secret", "of another use", "no point",
        "odd type", "no kid", "one kid twice", "empty", "a text", "promised but missing", "given but not used",
        "client secret",
    ],
)  # fmt: skip
async def test_only_public_keys_that_hold_are_registered(world: World, given: dict[str, Any]) -> None:
    answer = await world.register(WEB | given)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_who_sends_a_private_key_is_told_that_it_is_lost(world: World) -> None:
    answer = await world.register(WEB | jwks(EC, private=True))
    assert "private key" in answer.json()["error_description"]


async def test_what_points_elsewhere_in_a_key_is_not_kept(world: World) -> None:
    key = {**EC.as_dict(private=False), "x5u": "https://evil.test/", "jku": "https://evil.test/"}
    assert (await world.register(WEB | {"jwks": {"keys": [key]}})).json()["jwks"] == PUBLIC


async def test_no_address_of_keys_is_taken_from_an_app(world: World) -> None:
    answer = await world.register(WEB | {"jwks_uri": "https://169.254.169.254/keys"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


# Who it says it is, and what it may do.


@pytest.mark.parametrize(
    "name",
    [
        "dzop", "DZOP", "d z o p", "dz0p", "dzоp", "ｄｚｏｐ", "My dzop portal", "ԁzop", "d\u0301zop",
    ],
)  # fmt: skip
async def test_no_app_takes_our_name_or_one_that_looks_like_it(world: World, name: str) -> None:
    answer = await world.register(WEB | {"client_name": name})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * 81, "a\nb", "a\u202eb", "a\u200bb", "a\0b", 7, None, ["a"]],
    ids=repr,
)
async def test_a_name_can_be_read(world: World, name: object) -> None:
    answer = await world.register(WEB | {"client_name": name})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_an_app_may_have_a_name_of_any_language(world: World) -> None:
    assert (await world.register(WEB | {"client_name": "Ménage à l'Élan – Größe"})).status_code == 201


@pytest.mark.parametrize(
    "given",
    [
        {"grant_types": ["implicit"]},
        {"grant_types": ["refresh_token"]},
        {"grant_types": "authorization_code"},
        {"grant_types": ["authorization_code", "client_credentials"], "scope": "system/*.rs"},
        {"response_types": ["token"]},
        {"scope": "system/*.rs"},
        {"scope": 'user/*.rs "'},
        {"scope": "x" * 2_001},
        {"redirect_uris": []},
        {"redirect_uris": "https://app.test/cb"},
        {"redirect_uris": [7]},
        {"redirect_uris": [f"https://app.test/{number}" for number in range(11)]},
        {"logo_uri": "javascript:alert(1)"},
        {"logo_uri": "http://app.test/logo.png"},
        {"policy_uri": "https://user@app.test/"},
        {"launch_uri": "data:text/html,x"},
    ],
    ids=str,
)
async def test_what_makes_no_sense_is_refused(world: World, given: dict[str, Any]) -> None:
    answer = await world.register(WEB | given)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.parametrize(
    "given",
    [SYSTEM, WEB | {ORGANIZATION: "Organization/practice"}, WEB | {"jwks": PUBLIC, INTROSPECTS: True}],
    ids=["system", "app", "introspects"],
)
async def test_nobody_makes_itself_what_the_operator_must(world: World, given: dict[str, Any]) -> None:
    answer = await world.register(given)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_in_the_sandbox_software_that_names_no_organisation_acts_for_one_of_the_demo(
    world: World,
) -> None:
    given = (await world.register(SYSTEM | {ORGANIZATION: None}, sandbox=True)).json()
    assert given[ORGANIZATION] == "Organization/demo"


async def test_in_the_sandbox_software_registers_itself_for_an_organisation(world: World) -> None:
    given = (await world.register(SYSTEM, sandbox=True)).json()
    found = await registry.find(world.endpoint.database, given["client_id"])
    assert (given[ORGANIZATION], found and found.client.organization) == ("Organization/practice",) * 2


@pytest.mark.parametrize(
    "changed",
    [{ORGANIZATION: "Practitioner/x"}, {"jwks": None}, {"scope": ""}],
    ids=["a person", "no key", "no scope"],
)
async def test_a_system_names_its_key_and_its_scopes_and_acts_for_no_person(
    world: World, changed: dict[str, Any]
) -> None:
    answer = await world.register(SYSTEM | changed, sandbox=True)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


# What comes in.


@pytest.mark.parametrize(
    ("body", "type"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff", "application/json"),
        (b'{"client_name": "' + b"x" * 40_000 + b'"}', "application/json"),
        (json.dumps(WEB).encode(), "text/plain"),
        (b"client_name=x", "application/x-www-form-urlencoded"),
    ],
    ids=["cut off", "a list", "deep", "no text", "too long", "what any page can send", "a form"],
)
async def test_what_is_no_registration_is_refused(world: World, body: bytes, type: str) -> None:
    async with world.browser() as browser:
        answer = await browser.post(REGISTER, content=body, headers={"Content-Type": type})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
