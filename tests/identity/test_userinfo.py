"""The userinfo endpoint: who somebody is, as far as the app may know."""

from __future__ import annotations

import pytest
from apps import FHIR, App, Care
from persons import Person


@pytest.fixture
def app(care: Care, jet: Person) -> App:
    return care.app().log_in(jet.who("carer"))


def info(app: App, scope: str, method: str = "GET") -> dict[str, str]:
    token = app.tokens(scope=f"{scope} patient/*.rs")["access_token"]
    answer = app.browser.request(method, "/auth/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_app_learns_who_logged_in(app: App, jet: Person, method: str) -> None:
    assert info(app, "openid", method) == {"sub": jet.who("carer")}


def test_an_app_that_may_know_learns_the_resource_and_the_name(app: App, jet: Person) -> None:
    assert info(app, "openid fhirUser profile") == {
        "sub": jet.who("carer"),
        "fhirUser": f"{FHIR}/{jet.who('carer')}",
        "name": "carer",
    }


def test_without_openid_nothing_is_told(app: App) -> None:
    token = app.tokens(scope="patient/*.rs")["access_token"]
    answer = app.browser.get("/auth/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x", "Basic x", "Bearer a.b.c"])
def test_without_a_token_that_counts_nothing_is_told(care: Care, header: str | None) -> None:
    answer = care.client().get("/auth/userinfo", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.headers["www-authenticate"].startswith("Bearer")) == (401, True)


def test_a_token_in_the_address_counts_for_nothing(app: App) -> None:
    token = app.tokens()["access_token"]
    assert app.browser.get("/auth/userinfo", params={"access_token": token}).status_code == 401


def test_a_token_of_the_sandbox_tells_nothing(care: Care, jet: Person) -> None:
    token = care.service.token(jet.patient, scope="openid")
    answer = care.client().get("/auth/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
