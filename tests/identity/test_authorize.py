"""The authorization endpoint: what is refused, what is asked of a person, and what goes back to the app."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from apps import CALLBACK, CHALLENGE, FHIR, ISSUER, App, Care, answer_of, pending_of
from persons import Person, new_person
from resources import entity


@pytest.fixture
def app(care: Care, jet: Person) -> App:
    """An app in the browser of the person themselves."""
    return care.app().log_in(jet.patient)


@pytest.fixture
def nurse(care: Care, jet: Person) -> App:
    """An app in the browser of a nurse of the person's team."""
    return care.app().log_in(jet.who("nurse"))


def refused(app: App, **changes: Any) -> str:
    return answer_of(app.ask(**changes))["error"]


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "unknown"},
        {"client_id": ["dzop-portal", "other"]},
        {"redirect_uri": None},
        {"redirect_uri": f"{CALLBACK}/x"},
        {"redirect_uri": f"{CALLBACK}?x"},
        {"redirect_uri": f"{CALLBACK}#x"},
        {"redirect_uri": CALLBACK[:-1]},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": "https://app.example@evil.example/back"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": [CALLBACK, "https://evil.example/"]},
        {"state": ["a", "b"]},
        {"response_type": 'to"ken'},
        {"scope": "x" * 40_000},
    ],
)
def test_a_request_that_cannot_be_trusted_is_answered_with_a_page_and_no_redirect(
    app: App, changes: dict[str, Any]
) -> None:
    response = app.ask(**changes)
    assert (response.status_code, response.headers.get("location")) == (400, None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token code"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": [CHALLENGE, CHALLENGE]}, "invalid_request"),
        ({"nonce": ["a", "b"]}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"aud": "https://evil.example/fhir"}, "invalid_request"),
        ({"aud": [FHIR, FHIR]}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "nonsense system/*.rs"}, "invalid_scope"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "dance"}, "invalid_request"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"request_uri": "https://app.example/request"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"scope": "launch patient/*.rs", "launch": "made-up"}, "invalid_request"),
    ],
)
def test_what_is_wrong_with_the_request_of_a_known_app_is_told_to_the_app(
    app: App, changes: dict[str, Any], error: str
) -> None:
    answer = answer_of(app.ask(**changes))
    assert (error, ISSUER) == (answer["error"], answer["iss"])


def test_an_error_goes_back_with_the_state_that_the_app_sent(app: App) -> None:
    assert answer_of(app.ask(aud=None, state="mine"))["state"] == "mine"


def test_the_fhir_base_may_be_named_with_a_slash(app: App) -> None:
    assert app.ask(aud=f"{FHIR}/").status_code == 200


def test_who_is_not_logged_in_is_sent_to_log_in_first(care: Care) -> None:
    response = care.app().ask()
    assert (response.status_code, urlsplit(response.headers["location"]).path) == (303, "/auth/login")


def test_after_the_login_the_request_goes_on_where_it_was(care: Care, jet: Person) -> None:
    app = care.app()
    pending = answer_of(app.ask())["pending"]
    app.log_in(jet.patient)
    page = app.browser.get("/auth/authorize", params={"pending": pending})
    assert answer_of(app.allow(page)).keys() == {"code", "state", "iss"}


def test_the_answer_leads_to_the_app_with_a_code_its_state_and_the_issuer(app: App) -> None:
    response = app.authorized()
    answer = answer_of(response)
    location = response.headers["location"].split("?")[0]
    assert (303, CALLBACK, "st", ISSUER) == (response.status_code, location, answer["state"], answer["iss"])


def test_a_redirect_uri_with_a_query_keeps_it(care: Care, jet: Person) -> None:
    app = care.app(redirect_uris=("https://app.example/back?tenant=1",)).log_in(jet.patient)
    assert answer_of(app.authorized())["tenant"] == "1"


@pytest.mark.parametrize("fields", [{"decision": "refuse"}, {"decision": "maybe"}, {"cancel": "yes"}])
def test_who_refuses_sends_the_app_back_without_a_code(app: App, fields: dict[str, str]) -> None:
    answer = answer_of(app.post(app.ask(), **fields))
    assert (answer["error"], answer["state"], answer.get("code")) == ("access_denied", "st", None)


def test_only_the_browser_that_saw_a_page_can_answer_it(care: Care, app: App, jet: Person) -> None:
    page = app.ask()
    other = App(care, app.client, care.client()).log_in(jet.patient)
    other.ask()
    assert other.allow(page).status_code == 400


def test_a_page_of_ten_minutes_old_cannot_be_answered(care: Care, app: App) -> None:
    page = app.ask()
    care.wait(minutes=10)
    assert app.allow(page).status_code == 400


@pytest.mark.parametrize("pending", ["", "x", "a.b.c.d.e", "é"])
def test_an_answer_without_a_page_is_refused(app: App, pending: str) -> None:
    app.ask()
    response = app.browser.post("/auth/authorize", data={"pending": pending, "decision": "allow"})
    assert response.status_code == 400


def test_a_link_to_the_page_answers_nothing(app: App) -> None:
    pending = pending_of(app.ask())
    response = app.browser.get("/auth/authorize", params={"pending": pending, "decision": "allow"})
    assert response.status_code == 200


def test_what_one_person_was_asked_another_cannot_answer(app: App, jet: Person) -> None:
    page = app.ask()
    app.log_in(jet.who("carer"))
    assert 'name="decision"' in app.allow(page).text


def test_a_page_runs_nothing_and_nobody_may_frame_it(app: App) -> None:
    page = app.ask()
    policy = page.headers["content-security-policy"]
    assert ("default-src 'none'" in policy, "frame-ancestors 'none'" in policy) == (True, True)


def test_a_page_leads_nowhere_but_here_and_to_the_app(app: App) -> None:
    policy = app.ask().headers["content-security-policy"]
    assert "form-action 'self' https://app.example" in policy.split("; ")


def test_a_page_and_a_redirect_tell_nobody_where_the_browser_came_from(app: App) -> None:
    page = app.ask()
    assert [page.headers["referrer-policy"], app.allow(page).headers["referrer-policy"]] == [
        "no-referrer"
    ] * 2


def test_the_pages_speak_the_language_that_the_app_asks_for(app: App) -> None:
    assert '<html lang="fr">' in app.ask(ui_locales="fr").text


def test_the_portal_need_not_ask_whether_it_may(care: Care, jet: Person) -> None:
    assert "code" in answer_of(care.portal().log_in(jet.patient).ask())


def test_what_was_allowed_before_is_not_asked_again(app: App) -> None:
    app.authorized()
    assert "code" in answer_of(app.ask())


def test_an_app_that_wants_more_than_before_is_asked_about_again(app: App) -> None:
    app.authorized()
    assert app.ask(scope="launch/patient openid fhirUser patient/*.rs patient/Goal.cud").status_code == 200


def test_an_app_may_want_to_be_asked_about_again(app: App) -> None:
    app.authorized()
    assert app.ask(prompt="consent").status_code == 200


def test_an_app_on_the_users_machine_is_asked_about_each_time(care: Care, jet: Person) -> None:
    app = care.app(redirect_uris=("http://127.0.0.1:9/back",)).log_in(jet.patient)
    app.authorized()
    assert app.ask().status_code == 200


def test_who_allows_reading_alone_gives_no_writing(app: App) -> None:
    page = app.ask(scope="launch/patient patient/Goal.cruds")
    code = answer_of(app.post(page, decision="allow"))["code"]
    assert app.redeem(code).json()["scope"] == "launch/patient patient/Goal.rs"


def test_who_does_not_allow_offline_access_gives_no_refresh_token(app: App) -> None:
    page = app.ask(scope="launch/patient patient/Goal.rs offline_access")
    code = answer_of(app.post(page, decision="allow"))["code"]
    assert "refresh_token" not in app.redeem(code).json()


@pytest.mark.parametrize(
    ("prepared", "error"),
    [("nobody", "login_required"), ("person", "consent_required"), ("nurse", "interaction_required")],
)
def test_where_no_page_may_be_shown_the_app_is_told_what_is_needed(
    care: Care, jet: Person, prepared: str, error: str
) -> None:
    app = care.app()
    if prepared != "nobody":
        app.log_in(jet.who(prepared))
    assert refused(app, prompt="none") == error


def test_where_no_page_is_needed_none_is_shown(app: App) -> None:
    app.authorized()
    assert "code" in answer_of(app.ask(prompt="none"))


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "60"}, {"prompt": "select_account"}])
def test_an_app_may_want_a_new_login(care: Care, app: App, changes: dict[str, str]) -> None:
    care.wait(minutes=2)
    assert urlsplit(app.ask(**changes).headers["location"]).path == "/auth/login"


def test_a_login_that_is_recent_enough_will_do(care: Care, app: App) -> None:
    care.wait(seconds=30)
    assert app.ask(max_age="60").status_code == 200


def test_a_login_that_is_not_sure_enough_leads_to_another_one(care: Care, app: App) -> None:
    care.wait(seconds=1)
    assert urlsplit(app.ask(acr_values="high").headers["location"]).path == "/auth/login"


def test_when_no_login_is_sure_enough_the_app_is_told(care: Care, jet: Person) -> None:
    app = care.app()
    pending = answer_of(app.ask(acr_values="high"))["pending"]
    app.log_in(jet.patient, acr="low")
    response = app.browser.get("/auth/authorize", params={"pending": pending})
    assert answer_of(response)["error"] == "unmet_authentication_requirements"


def test_a_login_that_is_sure_enough_will_do(care: Care, jet: Person) -> None:
    assert care.app().log_in(jet.patient, acr="high").ask(acr_values="highest high").status_code == 200


def test_who_acts_in_several_capacities_chooses_one(care: Care, jet: Person) -> None:
    app = care.app().log_in(jet.who("nurse"), jet.who("carer"))
    chosen = app.post(app.ask(scope="openid user/*.rs"), subject=jet.who("carer"))
    code = answer_of(app.allow(chosen))["code"]
    assert app.browser.get("/auth/userinfo", headers=bearer(app.redeem(code).json())).json()[
        "sub"
    ] == jet.who("carer")


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_a_professional_who_was_suspended_after_the_login_gets_no_code(care: Care) -> None:
    person = new_person(care.service)
    app = care.app().log_in(person.who("nurse"))
    person.store(entity(person.who("nurse"), active=False))
    assert refused(app, scope="user/*.rs") == "access_denied"


def test_nobody_chooses_a_capacity_that_is_not_theirs(care: Care, jet: Person) -> None:
    app = care.app().log_in(jet.who("nurse"), jet.who("carer"))
    page = app.ask()
    assert 'name="subject"' in app.post(page, subject=jet.who("gp")).text


def test_a_relative_gets_the_person_they_are_related_to(care: Care, jet: Person) -> None:
    tokens = care.app().log_in(jet.who("carer")).tokens()
    assert f"Patient/{tokens['patient']}" == jet.patient


def test_a_professional_chooses_whose_plan_it_is(nurse: App, jet: Person) -> None:
    page = nurse.post(nurse.ask(), patient=jet.patient.partition("/")[2])
    tokens = nurse.redeem(answer_of(nurse.allow(page))["code"]).json()
    assert f"Patient/{tokens['patient']}" == jet.patient


def test_a_professional_may_look_for_a_person_by_name(nurse: App) -> None:
    page = nurse.post(nurse.ask(), text="zzz nobody")
    assert (page.status_code, 'name="patient"' in page.text) == (200, False)


def test_a_plan_that_one_may_not_open_cannot_be_chosen(care: Care, jet: Person) -> None:
    app = care.app().log_in(jet.who("nurse"))
    answer = app.post(app.ask(), patient="somebody-else")
    assert answer_of(answer)["error"] == "access_denied"


def test_a_professional_who_is_not_asked_whose_plan_gets_no_scope_that_needs_one(nurse: App) -> None:
    tokens = nurse.tokens(scope="openid patient/*.rs user/*.rs")
    assert (tokens.get("patient"), tokens["scope"]) == (None, "openid user/*.rs")


def test_an_app_that_could_get_nothing_is_told_so(nurse: App) -> None:
    assert refused(nurse, scope="patient/*.rs") == "access_denied"


def test_scopes_that_mean_nothing_here_are_left_out_and_the_app_is_told(app: App) -> None:
    tokens = app.tokens(scope="launch/patient patient/*.rs unknown system/*.rs patient/Goal.sr")
    assert tokens["scope"] == "launch/patient patient/*.rs"


def test_an_app_gets_no_more_than_it_is_registered_for(care: Care, jet: Person) -> None:
    app = care.app(scope="launch/patient patient/Goal.rs").log_in(jet.patient)
    assert (
        app.tokens(scope="launch/patient patient/Goal.r patient/*.rs")["scope"]
        == "launch/patient patient/Goal.r"
    )


def test_a_system_that_is_no_app_gets_no_code(care: Care, jet: Person) -> None:
    system = care.app(grant_types=("client_credentials",)).log_in(jet.patient)
    assert refused(system) == "unauthorized_client"


def test_an_app_may_ask_by_a_form_too(app: App) -> None:
    page = app.browser.post("/auth/authorize", data=app.asked())
    assert "code" in answer_of(app.allow(page))


def test_an_app_without_refresh_tokens_gets_no_offline_access(care: Care, jet: Person) -> None:
    app = care.app(grant_types=("authorization_code",)).log_in(jet.patient)
    tokens = app.tokens(scope="launch/patient patient/*.rs offline_access")
    assert ("refresh_token" in tokens, tokens["scope"]) == (False, "launch/patient patient/*.rs")


def test_a_disabled_app_is_answered_as_an_unknown_one(care: Care) -> None:
    app = care.app()
    care.disable(app.client)
    assert app.ask().status_code == 400
