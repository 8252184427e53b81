"""Sessions: a cookie that nobody else can set, send or keep alive, and that ends in time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from browsing import SESSION, App, Browser, form_in
from entering import PASSWORD, Site, site
from resources import SINCE, consent, provision
from serving import free_port, in_process


@pytest.fixture(scope="module")
def here(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(database, tmp_path_factory.mktemp("sessions")) as here:
        yield here


def test_without_https_the_cookie_is_one_that_any_client_sends_back(here: Site) -> None:
    answer = here.browser().log_in(here.account("cookie", "gp"), PASSWORD)
    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{SESSION}="))
    assert {each.strip().lower() for each in cookie.split(";")[1:]} == {"httponly", "path=/", "samesite=lax"}


def test_at_another_address_without_https_no_browser_keeps_the_cookie(database: str, tmp_path: Path) -> None:
    port = free_port()
    with in_process(database, tmp_path, base_url="http://care.example", production=False, port=port):
        cookie = httpx.get(f"http://127.0.0.1:{port}/auth/account").headers["set-cookie"]
    assert (cookie.partition("-dzop")[0], "Secure" in cookie) == ("__Host", True)


def test_the_database_keeps_only_a_digest_of_the_cookie(here: Site) -> None:
    browser = here.logged_in("person", name="digest")
    digest = hashlib.sha256(browser.session.encode()).digest()
    rows = here.rows("select l::text as row from login_session l where digest = $1", digest)
    assert [browser.session in each["row"] for each in rows] == [False]


def test_a_value_planted_before_the_login_is_worth_nothing_after_it(here: Site) -> None:
    planted = here.logged_in("stranger", name="fixing").session
    victim = here.browser()
    victim.cookies.set(SESSION, planted, domain="127.0.0.1", path="/")
    name = here.account("fixed", "gp")
    log_in_again(here, victim, name)
    assert (victim.session != planted, with_cookie(here, planted).is_logged_in) == (True, False)


def test_the_value_is_new_after_each_login_of_the_same_person(here: Site) -> None:
    browser = here.browser()
    name = here.account("again", "gp")
    browser.log_in(name, PASSWORD)
    first = browser.session
    log_in_again(here, browser, name)
    assert (browser.session != first, with_cookie(here, first).is_logged_in) == (True, False)


def test_who_logs_in_again_keeps_the_session_that_apps_rest_on(here: Site) -> None:
    browser, name = here.browser(), here.account("keeps", "gp")
    browser.log_in(name, PASSWORD)
    before = here.rows("select id from login_session where account = $1", name)
    log_in_again(here, browser, name)
    assert here.rows("select id from login_session where account = $1 and ended_at is null", name) == before


def test_another_person_in_the_same_browser_ends_the_login_before(here: Site) -> None:
    browser = here.browser()
    browser.log_in(here.account("before", "gp"), PASSWORD)
    tokens = App(browser).tokens()
    log_in_again(here, browser, here.account("after", "nurse"))
    assert App(browser).is_soon_refused(tokens, here.person.who("gp"))


def test_a_login_ends_after_the_idle_time(here: Site) -> None:
    browser = here.logged_in("gp", name="idle")
    here.wait(minutes=30)
    assert not browser.is_logged_in


def test_a_sign_of_life_starts_the_idle_time_anew(here: Site) -> None:
    browser = here.logged_in("gp", name="alive")
    here.wait(minutes=29)
    browser.open("/auth/account")
    here.wait(minutes=29)
    assert browser.is_logged_in


def test_a_login_ends_in_any_case_after_its_longest_time(here: Site) -> None:
    browser = here.logged_in("gp", name="absolute")
    alive = []
    for _ in range(36):
        here.wait(minutes=20)
        alive.append(browser.is_logged_in)
    assert alive == [True] * 35 + [False]


def test_a_sign_of_life_is_written_once_a_minute_at_most(here: Site) -> None:
    browser = here.logged_in("gp", name="seen")
    digest, began = hashlib.sha256(browser.session.encode()).digest(), here.clock()
    seen = []
    for _ in range(3):
        here.wait(seconds=40)
        browser.open("/auth/account")
        row = here.rows("select seen_at from login_session where digest = $1", digest)[0]
        seen.append((row["seen_at"] - began).total_seconds())
    assert seen == [0, 80, 80]


def test_the_use_of_an_online_refresh_token_is_a_sign_of_life(here: Site) -> None:
    browser = here.logged_in("gp", name="online")
    tokens = App(browser).tokens(scope="openid online_access user/*.cruds")
    here.wait(minutes=29)
    App(browser).refresh(tokens["refresh_token"])
    here.wait(minutes=29)
    assert browser.is_logged_in


def test_who_works_in_an_app_is_not_thrown_out_of_it(here: Site) -> None:
    app = App(here.logged_in("gp", name="works"))
    tokens = app.tokens(scope="openid online_access user/*.cruds")
    statuses = []
    for _ in range(6):
        here.wait(seconds=tokens["expires_in"])
        answer = app.refresh(tokens["refresh_token"])
        statuses.append(answer.status_code)
        tokens = answer.json()
    assert statuses == [200] * 6


def test_an_online_refresh_token_ends_with_the_idle_time(here: Site) -> None:
    browser = here.logged_in("gp", name="offline")
    tokens = App(browser).tokens(scope="openid online_access user/*.cruds")
    here.wait(minutes=31)
    assert App(browser).refresh(tokens["refresh_token"]).status_code == 400


def test_a_session_that_is_long_over_is_forgotten(here: Site) -> None:
    browser = here.logged_in("gp", name="old")
    digest = hashlib.sha256(browser.session.encode()).digest()
    here.wait(days=2)
    here.logged_in("nurse", name="tidies")
    assert here.rows("select from login_session where digest = $1", digest) == []


def test_a_made_up_cookie_is_nobodys(here: Site) -> None:
    assert not with_cookie(here, "x" * 43).is_logged_in


def test_a_form_made_for_one_browser_logs_nobody_in_in_another(here: Site) -> None:
    attacker, victim = here.browser(), here.browser()
    name = here.account("csrf", "gp")
    action, fields = form_in(attacker.login_page("password"))
    victim.login_page("password")
    answer = victim.http.post(action, data={**fields, "name": name, "password": PASSWORD})
    assert (answer.status_code, victim.session) == (400, "")


def test_a_login_form_without_what_was_begun_is_refused(here: Site) -> None:
    browser, name = here.browser(), here.account("bare", "gp")
    browser.login_page("password")
    answer = browser.http.post("/auth/login", data={"name": name, "password": PASSWORD})
    assert (answer.status_code, browser.session) == (400, "")


def test_a_login_page_counts_for_ten_minutes(here: Site) -> None:
    browser, name = here.browser(), here.account("late", "gp")
    page = browser.login_page("password")
    here.wait(minutes=11)
    assert browser.send(page, name=name, password=PASSWORD).status_code == 400


def test_a_form_of_another_login_ends_nothing(here: Site) -> None:
    browser = here.logged_in("gp", name="ends")
    _, fields = form_in(here.logged_in("nurse", name="others").open("/auth/account"))
    answer = browser.http.post("/auth/account", data={**fields, "everywhere": "yes"})
    assert (answer.status_code, browser.is_logged_in) == (400, True)


def test_a_logout_without_the_page_that_asks_ends_nothing(here: Site) -> None:
    browser = here.logged_in("gp", name="asked")
    answer = browser.http.post("/auth/logout", data={"decision": "log-out"})
    assert (answer.status_code, browser.is_logged_in) == (400, True)


def test_two_capacities_of_one_login_work_side_by_side_and_each_sees_its_own(here: Site) -> None:
    browser = here.logged_in("gp", "cousin", name="both")
    tokens = {}
    for name in ("gp", "cousin"):
        page = App(browser).ask()
        tokens[name] = App(browser).redeem(browser.send(page, subject=here.person.who(name))).json()
    plan = here.person.ref("CarePlan", "plan")
    assert {name: App(browser).read(each, plan) for name, each in tokens.items()} == {
        "gp": 200,
        "cousin": 404,
    }


def test_a_capacity_that_is_not_in_the_login_cannot_be_chosen(here: Site) -> None:
    browser = here.logged_in("gp", "cousin", name="third")
    answer = browser.send(App(browser).ask(), subject=here.person.who("nurse"))
    assert "code=" not in answer.headers.get("location", "")


def test_a_mandate_that_expires_opens_nothing_more_to_who_is_still_logged_in(here: Site) -> None:
    person, plan = here.person, here.person.ref("CarePlan", "plan")
    ends = (here.clock() + timedelta(minutes=10)).isoformat()
    permit = provision("permit", (person.who("cousin"),), period={"start": SINCE, "end": ends})
    document = {"sourceReference": {"display": "Zorgvolmacht"}}
    person.store(consent(person.ref("Consent", "mandate"), "mandate", person.patient, permit, **document))
    browser = here.logged_in("cousin", name="mandate")
    tokens = App(browser).tokens()
    before = App(browser).read(tokens, plan)
    here.wait(minutes=11)
    assert (before, App(browser).read(tokens, plan), browser.is_logged_in) == (200, 404, True)


def with_cookie(here: Site, value: str) -> Browser:
    browser = here.browser()
    browser.cookies.set(SESSION, value, domain="127.0.0.1", path="/")
    return browser


def log_in_again(here: Site, browser: Browser, name: str) -> None:
    """Logs in with another login behind it, as an app may ask."""
    here.wait(seconds=1)
    page = browser.login_page("password", "/auth/authorize", **App(browser).asked(prompt="login"))
    browser.send(page, name=name, password=PASSWORD)
