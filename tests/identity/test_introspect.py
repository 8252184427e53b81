"""The introspection endpoint: what a token says, to the client it was given to and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from apps import FHIR, ISSUER, App, Care, Key
from persons import Person
from serving import eventually

SCOPE = "launch/patient openid fhirUser patient/*.rs offline_access"
NOTHING = {"active": False}


@pytest.fixture
def app(care: Care, jet: Person) -> App:
    """An app with a key of its own, in the browser of the person."""
    key = Key()
    client = care.register(method="private_key_jwt", jwks={"keys": [key.public]})
    return App(care, client, care.client(), key).log_in(jet.patient, acr="high")


def asked(app: App, token: str, **form: Any) -> dict[str, Any]:
    response = app.send("introspect", token=token, **form)
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_an_access_token_says_what_it_is_for(care: Care, app: App, jet: Person) -> None:
    now = int(care.clock().timestamp())
    told = asked(app, app.tokens(scope=SCOPE.removesuffix(" offline_access"))["access_token"])
    sid, jti = told.pop("sid"), told.pop("jti")
    assert (bool(sid), bool(jti), set(told.pop("scope").split())) == (True, True, set(SCOPE.split()[:-1]))
    assert told == {
        "active": True,
        "token_type": "Bearer",
        "client_id": app.client.client_id,
        "sub": jet.patient,
        "fhirUser": f"{FHIR}/{jet.patient}",
        "patient": jet.patient.partition("/")[2],
        "iss": ISSUER,
        "aud": FHIR,
        "iat": now,
        "exp": now + 3600,
        "acr": "high",
    }


def test_a_refresh_token_says_what_it_is_for(app: App, jet: Person) -> None:
    told = asked(app, app.tokens(scope=SCOPE)["refresh_token"])
    assert (told["active"], told["sub"], told["scope"]) == (True, jet.patient, SCOPE)


def test_a_used_refresh_token_is_not_active(app: App) -> None:
    token = app.tokens(scope=SCOPE)["refresh_token"]
    app.refresh(token)
    assert asked(app, token) == NOTHING


def test_an_expired_access_token_is_not_active(care: Care, app: App) -> None:
    token = app.tokens()["access_token"]
    care.wait(minutes=62)
    assert asked(app, token) == NOTHING


def test_a_revoked_access_token_is_not_active(app: App) -> None:
    token = app.tokens()["access_token"]
    app.send("revoke", token=token)
    eventually(lambda: asked(app.at(1), token) == NOTHING)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_of_the_token_of_another_client_nothing_is_told(care: Care, app: App, jet: Person, kind: str) -> None:
    theirs = care.app().log_in(jet.patient).tokens(scope=SCOPE)
    assert asked(app, theirs[kind]) == NOTHING


@pytest.mark.parametrize(("kind", "active"), [("access_token", True), ("refresh_token", False)])
def test_a_service_that_takes_our_tokens_asks_about_access_tokens_of_others(
    care: Care, jet: Person, kind: str, active: bool
) -> None:
    service = care.system(jet.ref("Organization", "employer-nurse"), introspects=True)
    told = asked(service, care.app().log_in(jet.patient).tokens(scope=SCOPE)[kind])
    assert (told["active"], told.get("sub")) == (active, jet.patient if active else None)


@pytest.mark.parametrize("token", ["x", "a.b.c", "a.b.c.d.e", "é", "x" * 20_000])
def test_what_is_no_token_is_not_active(app: App, token: str) -> None:
    assert asked(app, token) == NOTHING


def test_an_id_token_is_not_active(app: App) -> None:
    assert asked(app, app.tokens()["id_token"]) == NOTHING


def test_a_system_learns_what_its_own_token_says(care: Care, jet: Person) -> None:
    system = care.system(jet.ref("Organization", "employer-nurse"))
    told = asked(system, system.credentials().json()["access_token"])
    assert (told["sub"], told["scope"], "fhirUser" in told) == (
        system.client.organization,
        "system/*.rs",
        False,
    )


def test_an_app_without_a_key_may_not_ask(care: Care, jet: Person) -> None:
    app = care.app().log_in(jet.patient)
    response = app.send("introspect", token=app.tokens()["access_token"])
    assert response.json()["error"] == "invalid_client"


def test_nobody_asks_with_an_access_token(app: App) -> None:
    token = app.tokens()["access_token"]
    response = app.browser.post(
        "/auth/introspect", data={"token": token}, headers={"Authorization": f"Bearer {token}"}
    )
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_a_token_is_named(app: App) -> None:
    assert app.send("introspect").json()["error"] == "invalid_request"


def test_to_ask_is_not_to_be_had_by_get(care: Care) -> None:
    assert care.client().get("/auth/introspect", params={"token": "x"}).status_code == 405
