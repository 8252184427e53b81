"""What RFC 9700 asks of an authorization server, and attacks on codes, redirects, launches and refresh tokens.

https://www.rfc-editor.org/rfc/rfc9700. Points that other files show are listed in docs/security-checklist.md.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from apps import BASE, CALLBACK, ISSUER, VERIFIER, App, Care, answer_of, pending_of
from persons import Person
from serving import eventually

OFFLINE = "launch/patient patient/*.rs offline_access"
EHR = "launch openid fhirUser patient/*.rs"


@pytest.fixture
def app(care: Care, jet: Person) -> App:
    return care.app().log_in(jet.patient)


def is_refused(app: App, path: str, tokens: dict[str, Any]) -> bool:
    return app.read(path, tokens["access_token"]).status_code == 401


# --- Codes: 2.1.1, 4.5, 4.8 ---


def test_a_code_that_comes_again_gives_nothing(app: App) -> None:
    code = app.code()
    app.redeem(code)
    assert app.redeem(code).json()["error"] == "invalid_grant"


def test_a_code_that_comes_again_at_another_worker_gives_nothing(app: App) -> None:
    code = app.code()
    app.redeem(code)
    assert app.at(1).redeem(code).json()["error"] == "invalid_grant"


def test_a_code_that_comes_again_ends_the_access_token_it_gave_in_every_worker(app: App, jet: Person) -> None:
    code = app.code()
    tokens = app.redeem(code).json()
    app.redeem(code)
    eventually(lambda: is_refused(app, jet.patient, tokens) and is_refused(app.at(1), jet.patient, tokens))


def test_a_code_that_comes_again_ends_the_refresh_token_it_gave(app: App) -> None:
    code = app.code(scope=OFFLINE)
    tokens = app.redeem(code).json()
    app.redeem(code)
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_of_ten_uses_of_a_code_at_the_same_time_one_gets_tokens_and_none_keeps_them(app: App) -> None:
    code, apps = app.code(scope=OFFLINE), [app, app.at(1)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: apps[number % 2].redeem(code), range(10)))
    given = [each.json()["refresh_token"] for each in answers if each.status_code == 200]
    assert [app.refresh(each).json()["error"] for each in given] == ["invalid_grant"]


def test_a_stolen_code_without_its_verifier_gives_nothing(app: App) -> None:
    assert app.redeem(app.code(), code_verifier="w" * 43).json()["error"] == "invalid_grant"


def test_a_wrong_attempt_leaves_the_code_to_its_app(care: Care, app: App) -> None:
    code = app.code()
    app.redeem(code, code_verifier="w" * 43)
    care.app().redeem(code)
    assert app.redeem(code).status_code == 200


def test_who_only_saw_a_used_code_cannot_end_what_it_gave(app: App) -> None:
    code = app.code(scope=OFFLINE)
    tokens = app.redeem(code).json()
    app.redeem(code, code_verifier="w" * 43)
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_a_code_that_is_put_into_another_session_of_the_app_does_not_fit_its_verifier(
    care: Care, app: App, jet: Person
) -> None:
    stolen = app.code(code_challenge="x" * 43)
    attacker = App(care, app.client, care.client()).log_in(jet.who("carer"))
    assert attacker.redeem(stolen, code_verifier=VERIFIER).json()["error"] == "invalid_grant"


def test_a_code_of_one_app_is_worth_nothing_to_another(care: Care, app: App) -> None:
    assert care.app().redeem(app.code()).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("changes", [{"code_challenge": None}, {"code_challenge_method": "plain"}])
def test_pkce_can_be_neither_left_out_nor_weakened(app: App, changes: dict[str, Any]) -> None:
    assert answer_of(app.ask(**changes))["error"] == "invalid_request"


# --- Redirects: 2.1, 4.1, 4.11, 4.12 ---


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/back",
        f"{CALLBACK}/../evil",
        f"{CALLBACK}%2f",
        f"{CALLBACK}?next=https://evil.example",
        f"{CALLBACK}#fragment",
        "https://app.example.evil.example/back",
        "https://app.example:444/back",
        "http://app.example/back",
        "//app.example/back",
        "javascript:alert(1)",
        "",
    ],
)
def test_the_service_redirects_to_registered_addresses_alone(app: App, address: str) -> None:
    response = app.ask(redirect_uri=address)
    assert (response.status_code, "location" in response.headers) == (400, False)


def test_a_registered_address_with_a_fragment_is_not_redirected_to(care: Care, jet: Person) -> None:
    app = care.app(redirect_uris=(f"{CALLBACK}#x",)).log_in(jet.patient)
    assert app.ask().status_code == 400


@pytest.mark.parametrize("page", ["login", "authorize", "logout"])
def test_no_page_sends_a_browser_where_its_address_says(app: App, page: str) -> None:
    asked = dict.fromkeys(
        ("next", "redirect", "redirect_uri", "return", "post_logout_redirect_uri"), "https://e.example"
    )
    response = app.browser.get(f"/auth/{page}", params=asked)
    assert "e.example" not in response.headers.get("location", "")


def test_a_form_is_never_sent_again_at_another_address(app: App) -> None:
    assert app.allow(app.ask()).status_code == 303


# --- Mix-up and CSRF: 2.1, 4.4, 4.7 ---


@pytest.mark.parametrize("changes", [{}, {"aud": None}, {"prompt": "none"}, {"scope": "nonsense"}])
def test_every_answer_to_an_app_names_the_server_that_gives_it(app: App, changes: dict[str, Any]) -> None:
    assert answer_of(app.authorized(**changes))["iss"] == ISSUER


def test_a_refusal_names_the_server_that_gives_it(app: App) -> None:
    assert answer_of(app.post(app.ask(), decision="refuse"))["iss"] == ISSUER


def test_nobody_gives_consent_in_the_name_of_another_browser(care: Care, app: App) -> None:
    victim_less = care.client()
    response = victim_less.post(
        "/auth/authorize", data={"pending": pending_of(app.ask()), "decision": "allow"}
    )
    assert response.status_code == 400


def test_a_request_that_an_attacker_began_cannot_be_finished_by_a_victim(care: Care, jet: Person) -> None:
    attacker = care.app()
    pending = answer_of(attacker.ask())["pending"]
    victim = App(care, attacker.client, care.client()).log_in(jet.patient)
    victim.ask()
    assert victim.browser.get("/auth/authorize", params={"pending": pending}).status_code == 400


def test_the_cookies_are_of_this_host_alone_and_unseen_by_scripts(care: Care) -> None:
    cookie = care.app().ask().headers["set-cookie"]
    assert cookie.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_over_https_a_login_that_another_host_could_have_planted_is_nobodys(care: Care, jet: Person) -> None:
    app = care.app()
    app.browser.cookies.set("dzop-session", care.session(jet.patient), domain="care.example")
    assert answer_of(app.ask(prompt="none"))["error"] == "login_required"


def test_the_nonce_of_the_app_comes_back_in_the_id_token(app: App) -> None:
    token = app.tokens(nonce="mine")["id_token"]
    assert jwt.decode(token, options={"verify_signature": False})["nonce"] == "mine"


# --- What is not offered: 2.1.2, 2.4, 2.5 ---


@pytest.mark.parametrize("response_type", ["token", "id_token", "id_token token", "code token", "none"])
def test_no_token_is_handed_out_in_a_redirect(app: App, response_type: str) -> None:
    assert answer_of(app.ask(response_type=response_type))["error"] == "unsupported_response_type"


def test_nobody_gives_a_password_to_an_app(app: App) -> None:
    response = app.token(grant_type="password", username="jet", password="secret")
    assert response.json()["error"] == "unsupported_grant_type"


# --- Access tokens: 2.3, 4.15 ---


def test_a_token_is_for_this_service_alone_and_says_to_whom_it_was_given(app: App) -> None:
    said = jwt.decode(app.tokens()["access_token"], options={"verify_signature": False})
    assert (said["aud"], said["client_id"], said["iss"]) == (f"{BASE}/fhir", app.client.client_id, ISSUER)


def test_a_system_is_its_organisation_and_never_a_person(care: Care, jet: Person) -> None:
    system = care.system(jet.ref("Organization", "employer-nurse"))
    said = jwt.decode(system.credentials().json()["access_token"], options={"verify_signature": False})
    assert (said["sub"], "fhirUser" in said) == (system.client.organization, False)


# --- Refresh tokens: 2.2.2, 4.14 ---


def test_what_was_on_a_stolen_device_is_worth_nothing_once_the_app_is_disconnected(app: App) -> None:
    device = app.tokens(scope=OFFLINE)
    page = app.browser.get("/auth/account")
    form = {"pending": pending_of(page), "forget": app.client.client_id}
    assert app.browser.post("/auth/account", data=form).status_code in (200, 303)
    assert app.refresh(device["refresh_token"]).json()["error"] == "invalid_grant"


def test_logged_out_everywhere_no_device_goes_on(care: Care, app: App, jet: Person) -> None:
    other = App(care, app.client, care.client()).log_in(jet.patient)
    tokens = [each.tokens(scope="launch/patient patient/*.rs online_access") for each in (app, other)]
    page = app.browser.get("/auth/account")
    app.browser.post("/auth/account", data={"pending": pending_of(page), "everywhere": "yes"})
    assert [app.refresh(each["refresh_token"]).json()["error"] for each in tokens] == ["invalid_grant"] * 2


def test_a_thief_who_refreshes_first_is_found_out_when_the_app_does(app: App, jet: Person) -> None:
    mine = app.tokens(scope=OFFLINE)
    stolen = app.at(1).refresh(mine["refresh_token"]).json()
    app.refresh(mine["refresh_token"])
    eventually(lambda: is_refused(app, jet.patient, stolen))
    assert app.refresh(stolen["refresh_token"]).json()["error"] == "invalid_grant"


# --- Pages: 4.16 ---


@pytest.mark.parametrize("path", ["/auth/authorize", "/auth/login", "/auth/logout", "/auth/account"])
def test_no_page_of_the_server_may_be_framed(app: App, path: str) -> None:
    headers = app.browser.get(path, follow_redirects=True).headers
    assert ("frame-ancestors 'none'" in headers["content-security-policy"], headers["x-frame-options"]) == (
        True,
        "DENY",
    )


# --- Launches by an EHR ---


@pytest.fixture
def nurse(care: Care, jet: Person) -> App:
    return care.app().log_in(jet.who("nurse"))


def launch(care: Care, jet: Person, **said: Any) -> str:
    """What the software of the nurse tells before it opens an app."""
    token = care.service.token(jet.who("nurse"), scope="launch user/*.rs")
    response = care.client().post(
        "/auth/launch",
        json={"patient": jet.patient.partition("/")[2], **said},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert response.status_code == 201, response.text
    return str(response.json()["launch"])


def test_a_launch_opens_the_plan_that_the_software_has_open(care: Care, nurse: App, jet: Person) -> None:
    said = {"intent": "plan", "encounter": "visit", "need_patient_banner": False}
    tokens = nurse.tokens(scope=EHR, launch=launch(care, jet, **said))
    expected = {"patient": jet.patient.partition("/")[2], **said}
    assert {name: tokens.get(name) for name in expected} == expected


def test_a_launch_of_another_app_is_refused(care: Care, nurse: App, jet: Person) -> None:
    text = launch(care, jet, client_id=care.app().client.client_id)
    assert answer_of(nurse.ask(scope=EHR, launch=text))["error"] == "invalid_request"


def test_a_launch_lasts_five_minutes(care: Care, nurse: App, jet: Person) -> None:
    text = launch(care, jet)
    care.wait(minutes=5)
    assert answer_of(nurse.ask(scope=EHR, launch=text))["error"] == "invalid_request"


def test_a_launch_gives_one_code_over_all_workers(care: Care, nurse: App, jet: Person) -> None:
    text = launch(care, jet)
    answers = [answer_of(each.authorized(scope=EHR, launch=text)) for each in (nurse, nurse.at(1))]
    assert ["code" in each for each in answers] == [True, False]


@pytest.mark.parametrize("text", ["x", "a.b.c.d.e", "é"])
def test_a_launch_cannot_be_made_up(nurse: App, text: str) -> None:
    assert answer_of(nurse.ask(scope=EHR, launch=text))["error"] == "invalid_request"


def test_a_sealed_text_of_another_kind_is_no_launch(nurse: App) -> None:
    assert answer_of(nurse.ask(scope=EHR, launch=nurse.code(scope="user/*.rs")))["error"] == "invalid_request"


def test_a_launch_for_one_user_has_another_one_log_in(care: Care, jet: Person) -> None:
    text = launch(care, jet, user=jet.who("nurse"))
    care.wait(seconds=1)
    app = care.app().log_in(jet.who("gp"))
    care.wait(seconds=1)
    assert urlsplit(app.ask(scope=EHR, launch=text).headers["location"]).path == "/auth/login"


def test_a_launch_for_one_user_is_for_them_in_whatever_capacity_they_log_in(care: Care, jet: Person) -> None:
    role = jet.ref("PractitionerRole", "nurse")
    app = care.app().log_in(role, jet.who("carer"))
    tokens = app.tokens(scope=EHR, launch=launch(care, jet, user=jet.who("nurse")))
    assert tokens["fhirUser"] == f"{BASE}/fhir/{role}"


def test_a_launch_opens_no_plan_that_its_user_may_not_open(care: Care, jet: Person) -> None:
    stranger = care.app().log_in(jet.who("stranger"))
    assert answer_of(stranger.ask(scope=EHR, launch=launch(care, jet)))["error"] == "access_denied"


def test_the_scope_of_a_launch_without_a_launch_gives_nothing(nurse: App) -> None:
    assert nurse.tokens(scope="launch user/*.rs")["scope"] == "user/*.rs"
