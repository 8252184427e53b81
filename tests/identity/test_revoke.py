"""The revocation endpoint: an app gives back what it has, and nobody gives back what is another's."""

from __future__ import annotations

from typing import Any

import pytest
from apps import App, Care
from persons import Person
from serving import eventually

SCOPE = "launch/patient patient/*.rs offline_access"


@pytest.fixture
def app(care: Care, jet: Person) -> App:
    return care.app().log_in(jet.patient)


def is_refused(app: App, path: str, tokens: dict[str, Any]) -> bool:
    return app.read(path, tokens["access_token"]).status_code == 401


def test_a_revoked_access_token_is_refused_by_every_worker(app: App, jet: Person) -> None:
    tokens = app.tokens()
    assert app.send("revoke", token=tokens["access_token"]).status_code == 200
    eventually(lambda: is_refused(app, jet.patient, tokens) and is_refused(app.at(1), jet.patient, tokens))


def test_a_revoked_access_token_leaves_the_others_alone(app: App, jet: Person) -> None:
    first = app.tokens(scope=SCOPE)
    second = app.refresh(first["refresh_token"]).json()
    app.send("revoke", token=first["access_token"])
    eventually(lambda: is_refused(app, jet.patient, first))
    assert app.read(jet.patient, second["access_token"]).status_code == 200


@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token", "nonsense"])
def test_a_revoked_refresh_token_gives_nothing_more(app: App, hint: str | None) -> None:
    tokens = app.tokens(scope=SCOPE)
    app.send("revoke", token=tokens["refresh_token"], token_type_hint=hint)
    assert app.at(1).refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_with_a_refresh_token_its_access_tokens_are_revoked(app: App, jet: Person) -> None:
    tokens = app.tokens(scope=SCOPE)
    app.send("revoke", token=tokens["refresh_token"])
    eventually(lambda: is_refused(app, jet.patient, tokens))


def test_an_older_refresh_token_revokes_as_well_as_the_newest(app: App) -> None:
    first = app.tokens(scope=SCOPE)
    second = app.refresh(first["refresh_token"]).json()
    app.send("revoke", token=first["refresh_token"])
    assert app.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("token", ["x", "a.b.c", "a.b.c.d.e", "é"])
def test_what_is_no_token_is_revoked_without_a_word(app: App, token: str) -> None:
    assert app.send("revoke", token=token).status_code == 200


def test_to_revoke_twice_is_as_good_as_once(app: App) -> None:
    token = app.tokens(scope=SCOPE)["refresh_token"]
    assert [app.send("revoke", token=token).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_the_token_of_another_app_cannot_be_revoked(care: Care, app: App, jet: Person, kind: str) -> None:
    tokens = app.tokens(scope=SCOPE)
    assert care.app().send("revoke", token=tokens[kind]).json()["error"] == "invalid_grant"
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_a_system_shows_its_key_to_revoke(care: Care, jet: Person) -> None:
    system = care.system(jet.ref("Organization", "employer-nurse"))
    token = system.credentials().json()["access_token"]
    bare = {"client_id": system.client.client_id, "client_assertion": None}
    assert system.send("revoke", token=token, **bare).json()["error"] == "invalid_client"


def test_a_system_revokes_its_token(care: Care, jet: Person) -> None:
    system = care.system(jet.ref("Organization", "employer-nurse"))
    tokens = system.credentials().json()
    system.send("revoke", token=tokens["access_token"])
    eventually(lambda: is_refused(system, "Organization", tokens))


@pytest.mark.parametrize("form", [{}, {"token": ["a", "b"]}])
def test_one_token_is_named(app: App, form: dict[str, Any]) -> None:
    assert app.send("revoke", **form).json()["error"] == "invalid_request"


def test_an_unknown_client_revokes_nothing(app: App) -> None:
    assert app.send("revoke", token="x", client_id="unknown").json()["error"] == "invalid_client"
