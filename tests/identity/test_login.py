"""The login page: the ways to log in, what each takes, and where it leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from browsing import App, told
from entering import PASSWORD, Site, site
from resources import bundle, entity, practitioner, put, ref

JET, GP = "Patient/jet-peeters", "Practitioner/dr-van-acker"


@pytest.fixture(scope="module")
def here(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(database, tmp_path_factory.mktemp("login")) as here:
        store(
            here,
            entity(JET, name=[{"text": "Jet"}]),
            *practitioner(GP, "general-practitioner", here.person.ref("Organization", "employer-gp")),
        )
        yield here


def store(here: Site, *resources: dict[str, Any]) -> None:
    answer = here.service.client("system").post(
        "/", json=bundle("transaction", *[put(each) for each in resources])
    )
    assert answer.status_code == 200, answer.text


def audited(here: Site, interaction: str) -> list[Any]:
    query = "select * from audit where interaction = $1 order by seq desc limit 1"
    return here.rows(query, interaction)


def test_who_is_asked_to_log_in_chooses_how(here: Site) -> None:
    browser = here.browser()
    page = browser.followed(browser.open("/auth/account"))
    assert [f"means={each}" in page.text for each in ("password", "sandbox")] == [True, True]


def test_a_way_that_is_not_there_is_refused(here: Site) -> None:
    assert here.browser().login_page("itsme").status_code == 400


def test_who_logs_in_goes_on_to_the_app(here: Site) -> None:
    browser = here.browser()
    page = browser.login_page("sandbox", "/auth/authorize", **App(browser).asked())
    answer = browser.send(page, person=JET)
    while "/auth/" in answer.headers["location"]:
        answer = browser.open(answer.headers["location"])
    assert (told(answer)["state"], App(browser).redeem(answer).status_code) == ("st", 200)


def test_who_is_logged_in_is_not_asked_again(here: Site) -> None:
    browser = here.browser()
    browser.log_in_as(JET)
    assert "code" in told(App(browser).ask())


def test_who_would_rather_not_log_in_is_sent_back_to_the_app(here: Site) -> None:
    browser = here.browser()
    page = browser.login_page("sandbox", "/auth/authorize", **App(browser).asked())
    answer = told(browser.send(page, cancel="yes"))
    assert answer == {"error": "access_denied", "state": "st", "iss": f"{here.service.url}/auth"}


def test_who_would_rather_not_log_in_for_themselves_goes_home(here: Site) -> None:
    browser = here.browser()
    answer = browser.send(browser.login_page("sandbox"), cancel="yes")
    assert answer.headers["location"] == "/portal/"


def test_nobody_but_the_made_up_people_logs_in_without_a_password(here: Site) -> None:
    browser = here.browser()
    answer = browser.send(browser.login_page("sandbox"), person=here.person.who("gp"))
    assert (answer.status_code, browser.session) == (400, "")


def test_software_does_not_log_in_with_a_browser(here: Site) -> None:
    browser = here.browser()
    answer = browser.send(browser.login_page("sandbox"), person="Organization/practice-de-linde")
    assert (answer.status_code, browser.session) == (400, "")


def test_who_is_not_there_any_more_is_not_logged_in(here: Site) -> None:
    browser = here.browser()
    answer = browser.send(browser.login_page("sandbox"), person="RelatedPerson/an-peeters")
    assert (answer.status_code, browser.session) == (403, "")


def test_a_suspended_professional_does_not_log_in(here: Site) -> None:
    suspended = f"Practitioner/suspended-{here.person.mark}"
    staff = practitioner(suspended, "general-practitioner", here.person.ref("Organization", "employer-gp"))
    store(here, *[{**each, "active": False} for each in staff])
    here.rows(
        "update login_account set subjects = $1 where name = $2", [suspended], here.account("susp", "gp")
    )
    browser = here.browser()
    answer = browser.log_in(f"susp-{here.person.mark}", PASSWORD)
    assert (answer.status_code, browser.session) == (403, "")


def test_a_capacity_that_has_ended_is_not_among_those_to_choose(here: Site) -> None:
    name, cousin = here.account("ended", "gp", "cousin"), here.person.who("cousin")
    store(here, entity(cousin, active=False, patient=ref(here.person.patient), name=[{"text": "cousin"}]))
    browser = here.browser()
    browser.log_in(name, PASSWORD)
    assert "code" in told(App(browser).ask())


def test_a_name_without_a_password_is_not_a_wrong_password(here: Site) -> None:
    browser = here.browser(**{"Accept-Language": "en"})
    page = browser.send(browser.login_page("password"), name=here.account("empty", "gp"), password="")
    assert (page.status_code, "fill in both" in page.text) == (400, True)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ],
)
@pytest.mark.parametrize("means", ["choice", "password", "sandbox"])
def test_a_page_to_log_in_on_stands_alone_and_is_not_kept(
    here: Site, means: str, header: str, value: str
) -> None:
    browser = here.browser()
    page = browser.followed(browser.open("/auth/account"))
    shown = page if means == "choice" else browser.login_page(means)
    assert shown.headers[header] == value


def test_no_page_may_frame_the_login(here: Site) -> None:
    policy = here.browser().login_page("password").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "address",
    [
        "/auth/login",
        "/auth/login?pending=x",
        "/auth/login?pending=a&pending=b",
        "/auth/login?pending=%ff",
        "/auth/login?pending=%00",
        "/auth/login/from/%00?state=%00&code=y",
        "/auth/login?" + "x=1&" * 100,
        "/auth/login/from/nowhere?state=x&code=y",
    ],
)
def test_an_address_that_means_nothing_gets_a_page_that_says_so(here: Site, address: str) -> None:
    answer = here.browser().open(address)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("body", "type"),
    [
        (b"pending=x&pending=y", "application/x-www-form-urlencoded"),
        (b"pending=%ff", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"x" * 40_000, "application/x-www-form-urlencoded"),
    ],
)
@pytest.mark.parametrize("path", ["login", "account", "logout"])
def test_a_form_that_means_nothing_is_refused(here: Site, path: str, body: bytes, type: str) -> None:
    answer = httpx.post(f"{here.service.url}/auth/{path}", content=body, headers={"Content-Type": type})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "name", ["\x00", "els\x00", "\u202eels", "x" * 20_000, "'; drop table login_account; --"]
)
def test_an_odd_name_is_a_wrong_one(here: Site, name: str) -> None:
    assert here.browser().log_in(name, "wrong\x00password").status_code == 403


def test_a_login_stands_in_the_audit(here: Site) -> None:
    here.browser().log_in(here.account("audited", "gp"), PASSWORD)
    row = audited(here, "$login")[0]
    assert (row["actor"], row["outcome"]) == (here.person.who("gp"), 200)


def test_a_failed_login_stands_in_the_audit_without_a_name(here: Site) -> None:
    here.browser().log_in("els@example.org", "wrong password")
    row = audited(here, "$login")[0]
    assert (row["outcome"], "els@example.org" in str(row)) == (401, False)
