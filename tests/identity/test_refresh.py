"""Refresh tokens: each works once, and what it is refreshed for goes on only as long as it was given for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from apps import App, Care, Key, pending_of
from persons import Person, new_person
from resources import entity
from serving import eventually

OFFLINE = "launch/patient openid patient/*.rs patient/Goal.cud offline_access"
ONLINE = "launch/patient openid patient/*.rs online_access"


@pytest.fixture
def app(care: Care, jet: Person) -> App:
    return care.app().log_in(jet.patient)


def is_refused(app: App, path: str, tokens: dict[str, Any]) -> bool:
    return app.read(path, tokens["access_token"]).status_code == 401


def log_out(app: App) -> None:
    """The person ends their login."""
    page = app.browser.get("/auth/logout")
    app.browser.post("/auth/logout", data={"pending": pending_of(page), "decision": "log-out"})


def test_a_refresh_token_gives_a_new_access_token(app: App, jet: Person) -> None:
    first = app.tokens(scope=OFFLINE)
    second = app.refresh(first["refresh_token"]).json()
    assert app.read(jet.patient, second["access_token"]).status_code == 200


def test_a_refresh_keeps_the_person_in_context_and_the_scopes(app: App) -> None:
    first = app.tokens(scope=OFFLINE)
    second = app.refresh(first["refresh_token"]).json()
    assert [second[name] for name in ("patient", "scope")] == [first[name] for name in ("patient", "scope")]


def test_a_refresh_token_works_at_another_worker(app: App) -> None:
    tokens = app.tokens(scope=OFFLINE)
    assert app.at(1).refresh(tokens["refresh_token"]).status_code == 200


def test_a_refresh_token_without_the_name_of_its_app_is_enough(app: App) -> None:
    tokens = app.tokens(scope=OFFLINE)
    assert app.refresh(tokens["refresh_token"], client_id=None).status_code == 200


def test_an_app_with_a_key_shows_it_to_refresh(care: Care, jet: Person) -> None:
    key = Key()
    client = care.register(method="private_key_jwt", jwks={"keys": [key.public]})
    app = App(care, client, care.client(), key).log_in(jet.patient)
    token = app.tokens(scope=OFFLINE)["refresh_token"]
    bare = {"client_assertion": None, "client_assertion_type": None}
    answers = [app.refresh(token, **bare), app.refresh(token)]
    assert [each.status_code for each in answers] == [400, 200]


def test_a_used_refresh_token_is_refused(app: App) -> None:
    tokens = app.tokens(scope=OFFLINE)
    app.refresh(tokens["refresh_token"])
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_token_that_comes_again_ends_its_successor_too(app: App) -> None:
    first = app.tokens(scope=OFFLINE)
    second = app.refresh(first["refresh_token"]).json()
    app.refresh(first["refresh_token"])
    assert app.at(1).refresh(second["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_token_that_comes_again_ends_the_access_tokens_in_every_worker(
    app: App, jet: Person
) -> None:
    first = app.tokens(scope=OFFLINE)
    second = app.refresh(first["refresh_token"]).json()
    app.refresh(first["refresh_token"])
    eventually(lambda: is_refused(app, jet.patient, second) and is_refused(app.at(1), jet.patient, first))


def test_of_twenty_refreshes_at_the_same_time_one_succeeds(app: App) -> None:
    token = app.tokens(scope=OFFLINE)["refresh_token"]
    apps = [app, app.at(1)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: apps[number % 2].refresh(token).status_code, range(20)))
    assert sorted(answers) == [200] + [400] * 19


def test_a_refresh_token_of_another_app_is_refused_and_harms_it_not(care: Care, app: App) -> None:
    token = app.tokens(scope=OFFLINE)["refresh_token"]
    theirs = care.app().refresh(token).json()
    assert (theirs["error"], app.refresh(token).status_code) == ("invalid_grant", 200)


@pytest.mark.parametrize("scope", ["patient/*.rs", "patient/Goal.r", "patient/Goal.rs?category=a|b openid"])
def test_the_scopes_of_a_refresh_may_be_fewer_or_narrower(app: App, scope: str) -> None:
    token = app.tokens(scope=OFFLINE)["refresh_token"]
    assert app.refresh(token, scope=scope).json()["scope"] == scope


def test_after_a_refresh_with_fewer_scopes_the_next_may_have_all_again(app: App) -> None:
    tokens = app.tokens(scope=OFFLINE)
    fewer = app.refresh(tokens["refresh_token"], scope="patient/*.rs").json()
    assert app.refresh(fewer["refresh_token"]).json()["scope"] == tokens["scope"]


@pytest.mark.parametrize("scope", ["patient/*.cruds", "user/*.rs", "patient/*.rs user/*.rs", "system/*.rs"])
def test_the_scopes_of_a_refresh_are_never_more(app: App, scope: str) -> None:
    token = app.tokens(scope=OFFLINE)["refresh_token"]
    assert app.refresh(token, scope=scope).json()["error"] == "invalid_scope"


def test_online_access_does_not_become_offline_access(app: App) -> None:
    token = app.tokens(scope=ONLINE)["refresh_token"]
    assert app.refresh(token, scope="offline_access").json()["error"] == "invalid_scope"


def test_offline_access_goes_on_after_its_user_logged_out(app: App, jet: Person) -> None:
    tokens = app.tokens(scope=OFFLINE)
    log_out(app)
    renewed = app.refresh(tokens["refresh_token"]).json()
    assert app.read(jet.patient, renewed["access_token"]).status_code == 200


def test_online_access_ends_when_its_user_logs_out(app: App) -> None:
    tokens = app.tokens(scope=ONLINE)
    log_out(app)
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_access_tokens_end_in_every_worker_when_their_user_logs_out(app: App, jet: Person) -> None:
    tokens = app.tokens(scope=ONLINE)
    log_out(app)
    eventually(lambda: is_refused(app, jet.patient, tokens) and is_refused(app.at(1), jet.patient, tokens))


def test_online_access_ends_with_a_login_that_shows_no_sign_of_life(care: Care, app: App) -> None:
    tokens = app.tokens(scope=ONLINE)
    care.wait(minutes=31)
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_to_refresh_is_a_sign_of_life_until_the_login_ends_in_any_case(care: Care, app: App) -> None:
    tokens, answers = app.tokens(scope=ONLINE), []
    for _ in range(25):
        care.wait(minutes=29)
        response = app.refresh(tokens["refresh_token"])
        answers.append(response.status_code)
        tokens = response.json()
        if response.status_code != 200:
            break
    assert answers == [200] * 24 + [400]


def test_an_access_token_does_not_outlive_the_login_it_ends_with(care: Care, app: App) -> None:
    tokens = app.tokens(scope=ONLINE)
    for _ in range(24):
        care.wait(minutes=29)
        tokens = app.refresh(tokens["refresh_token"]).json()
    care.wait(minutes=14)
    assert app.refresh(tokens["refresh_token"]).json()["expires_in"] == 10 * 60


def test_offline_access_ends_after_its_days(care: Care, app: App) -> None:
    tokens = app.tokens(scope=OFFLINE)
    care.wait(days=90)
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_to_refresh_does_not_make_offline_access_last_longer(care: Care, app: App) -> None:
    tokens = app.tokens(scope=OFFLINE)
    care.wait(days=89)
    renewed = app.refresh(tokens["refresh_token"]).json()
    care.wait(days=1)
    assert app.refresh(renewed["refresh_token"]).json()["error"] == "invalid_grant"


def test_with_both_kinds_of_access_it_is_for_offline(care: Care, app: App) -> None:
    tokens = app.tokens(scope=f"{OFFLINE} online_access")
    care.wait(days=2)
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_a_professional_who_was_suspended_gets_no_new_tokens(care: Care) -> None:
    person = new_person(care.service)
    nurse = person.who("nurse")
    app = care.app().log_in(nurse)
    tokens = app.tokens(scope="user/*.rs offline_access")
    person.store(entity(nurse, active=False))
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_disabled_app_gets_no_new_tokens(care: Care, app: App) -> None:
    tokens = app.tokens(scope=OFFLINE)
    care.disable(app.client)
    eventually(lambda: app.refresh(tokens["refresh_token"]).json().get("error") == "invalid_client")


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c.d.e", "x" * 20_000])
def test_what_is_no_refresh_token_gives_nothing(app: App, token: str | None) -> None:
    assert app.token(grant_type="refresh_token", refresh_token=token).status_code == 400


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
def test_another_token_is_no_refresh_token(app: App, kind: str) -> None:
    assert app.refresh(app.tokens(scope=OFFLINE)[kind]).json()["error"] == "invalid_grant"


def test_an_id_token_of_a_refresh_is_of_the_same_login(app: App) -> None:
    first = app.tokens(scope=OFFLINE)
    second = app.refresh(first["refresh_token"]).json()
    said = [jwt.decode(each["id_token"], options={"verify_signature": False}) for each in (first, second)]
    assert [said[0][name] for name in ("sub", "sid", "auth_time")] == [
        said[1][name] for name in ("sub", "sid", "auth_time")
    ]
