"""What the authorization server tells about itself, and that it is so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from dzop.auth import keys
from dzop.auth.discovery import Discovery, oauth_uris, routes, smart_configuration
from dzop.auth.key_ring import PUBLISHED_BEFORE

ISSUER = "https://plan.test/auth"
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


@pytest.fixture
def discovery(tmp_path: Path) -> Discovery:
    def clock() -> datetime:
        return NOW

    return Discovery(
        ISSUER, keys.issuer_ring(tmp_path, clock), keys.identity_ring(tmp_path, clock), registration=True
    )


@pytest.fixture
async def browser(discovery: Discovery) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=routes(discovery)))
    async with httpx.AsyncClient(transport=transport, base_url="https://plan.test") as client:
        yield client


def test_the_smart_configuration_says_what_the_contract_promises() -> None:
    assert set(smart_configuration(ISSUER)) >= {
        "issuer", "jwks_uri", "authorization_endpoint", "token_endpoint", "introspection_endpoint",
        "revocation_endpoint", "scopes_supported", "token_endpoint_auth_methods_supported", "grant_types_supported",
        "code_challenge_methods_supported", "capabilities", "management_endpoint",
    }  # fmt: skip


def test_the_capabilities_are_those_the_contract_promises() -> None:
    assert set(smart_configuration(ISSUER)["capabilities"]) >= {
        "launch-ehr", "launch-standalone", "client-public", "client-confidential-asymmetric", "permission-v2",
        "permission-patient", "permission-user", "permission-offline", "context-standalone-patient",
        "sso-openid-connect",
    }  # fmt: skip


def test_the_only_code_challenge_is_s256() -> None:
    assert smart_configuration(ISSUER)["code_challenge_methods_supported"] == ["S256"]


def test_no_client_secret_is_on_offer() -> None:
    assert smart_configuration(ISSUER)["token_endpoint_auth_methods_supported"] == ["none", "private_key_jwt"]


@pytest.mark.parametrize(
    ("is_open", "told"), [(True, f"{ISSUER}/register"), (False, None)], ids=["open", "closed"]
)
def test_the_registration_endpoint_is_told_when_it_is_open(is_open: bool, told: str | None) -> None:
    assert smart_configuration(ISSUER, registration=is_open).get("registration_endpoint") == told


def test_a_capability_statement_has_the_addresses_under_their_short_names() -> None:
    assert oauth_uris(smart_configuration(ISSUER, registration=True)) == {
        "authorize": f"{ISSUER}/authorize",
        "token": f"{ISSUER}/token",
        "introspect": f"{ISSUER}/introspect",
        "revoke": f"{ISSUER}/revoke",
        "register": f"{ISSUER}/register",
        "manage": f"{ISSUER}/account",
    }


@pytest.mark.parametrize(
    "place",
    [
        "/auth/.well-known/openid-configuration",
        "/.well-known/openid-configuration/auth",
        "/auth/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/auth",
    ],
)
async def test_the_metadata_are_at_every_well_known_place(browser: httpx.AsyncClient, place: str) -> None:
    assert (await browser.get(place)).json()["issuer"] == ISSUER


async def test_openid_connect_tells_where_to_log_out(browser: httpx.AsyncClient) -> None:
    document = (await browser.get("/auth/.well-known/openid-configuration")).json()
    assert document["end_session_endpoint"] == f"{ISSUER}/logout"


async def test_the_key_set_holds_the_keys_of_access_and_id_tokens(
    browser: httpx.AsyncClient, discovery: Discovery
) -> None:
    published = {key["kid"]: key["alg"] for key in (await browser.get("/auth/jwks")).json()["keys"]}
    signing = {
        discovery.access_keys.current(NOW).kid: "ES256",
        discovery.identity_keys.current(NOW).kid: "RS256",
    }
    assert published == signing


async def test_the_key_set_holds_no_private_member(browser: httpx.AsyncClient) -> None:
    members = {name for key in (await browser.get("/auth/jwks")).json()["keys"] for name in key}
    assert members <= {"kty", "use", "alg", "kid", "crv", "x", "y", "n", "e"}


async def test_a_key_that_will_sign_is_in_the_key_set_before(
    browser: httpx.AsyncClient, discovery: Discovery
) -> None:
    waiting = discovery.access_keys.rotate(NOW).kid
    assert waiting in {key["kid"] for key in (await browser.get("/auth/jwks")).json()["keys"]}


async def test_the_key_set_may_be_kept_no_longer_than_a_new_key_waits(browser: httpx.AsyncClient) -> None:
    cached = (await browser.get("/auth/jwks")).headers["Cache-Control"]
    assert (cached, timedelta(seconds=300) < PUBLISHED_BEFORE) == ("max-age=300", True)


async def test_who_has_the_key_set_gets_304(browser: httpx.AsyncClient) -> None:
    etag = (await browser.get("/auth/jwks")).headers["ETag"]
    assert (await browser.get("/auth/jwks", headers={"If-None-Match": etag})).status_code == 304


async def test_who_has_an_older_key_set_gets_the_new_one(
    browser: httpx.AsyncClient, discovery: Discovery
) -> None:
    etag = (await browser.get("/auth/jwks")).headers["ETag"]
    discovery.access_keys.rotate(NOW)
    assert (await browser.get("/auth/jwks", headers={"If-None-Match": etag})).status_code == 200


async def test_an_app_of_any_origin_may_read_the_documents(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/auth/jwks")).headers["Access-Control-Allow-Origin"] == "*"
