"""Logging out: of one app's login, everywhere, and what an app may not do with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from browsing import App, Browser
from entering import Site, site
from joserfc import jwt
from joserfc.jwk import RSAKey

from dzop.auth import keys, registry
from dzop.auth.client import Client

BACK = "https://app.example/bye"
OFFLINE = "openid offline_access user/*.cruds"
NATIVE = "https://app.example/back"


@pytest.fixture(scope="module")
def here(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(database, tmp_path_factory.mktemp("logout")) as here:
        app = Client(
            f"app-{here.person.mark}",
            (NATIVE,),
            "An app",
            grant_types=("authorization_code", "refresh_token"),
            post_logout_redirect_uris=(BACK,),
        )
        here.run(lambda database: registry.add(database, app, here.clock()))
        yield here


def app_in(here: Site, browser: Browser) -> App:
    """An app of somebody else, with which who is logged in there works."""
    return App(browser, f"app-{here.person.mark}", NATIVE)


def allowed(here: Site, browser: Browser, scope: str = "openid user/*.cruds") -> dict[str, Any]:
    """The tokens that the app gets when it is allowed what it asks."""
    app = app_in(here, browser)
    answer = app.ask(scope=scope)
    if answer.status_code == 200:
        answer = browser.send(answer, decision="allow", change="yes", offline="yes")
    tokens: dict[str, Any] = app.redeem(answer).json()
    return tokens


def works(here: Site, browser: Browser, tokens: dict[str, Any]) -> bool:
    return App(browser).read(tokens, here.person.who("gp")) == 200


def ends(here: Site, browser: Browser, tokens: dict[str, Any]) -> bool:
    return App(browser).is_soon_refused(tokens, here.person.who("gp"))


def test_an_app_logs_out_with_its_id_token_and_gets_the_browser_back(here: Site) -> None:
    browser = here.logged_in("gp", name="hinted")
    tokens = allowed(here, browser)
    answer = browser.open(
        "/auth/logout", id_token_hint=tokens["id_token"], post_logout_redirect_uri=BACK, state="s"
    )
    assert (answer.headers["location"], browser.is_logged_in) == (f"{BACK}?state=s", False)


def test_the_cookie_is_taken_away(here: Site) -> None:
    browser = here.logged_in("gp", name="cookie-gone")
    browser.open("/auth/logout", id_token_hint=allowed(here, browser)["id_token"])
    assert browser.session == ""


def test_after_a_logout_its_access_tokens_are_refused(here: Site) -> None:
    browser = here.logged_in("gp", name="tokens")
    tokens = allowed(here, browser)
    browser.open("/auth/logout", id_token_hint=tokens["id_token"])
    assert ends(here, browser, tokens)


def test_after_a_logout_its_refresh_tokens_are_refused(here: Site) -> None:
    browser = here.logged_in("gp", name="refresh")
    tokens = App(browser).tokens(scope="openid online_access user/*.cruds")
    browser.open("/auth/logout", id_token_hint=tokens["id_token"])
    assert App(browser).refresh(tokens["refresh_token"]).status_code == 400


def test_an_app_that_may_go_on_without_its_user_goes_on_after_a_logout(here: Site) -> None:
    browser = here.logged_in("gp", name="offline")
    online, offline = App(browser).tokens(), allowed(here, browser, OFFLINE)
    browser.open("/auth/logout", id_token_hint=online["id_token"])
    assert (ends(here, browser, online), works(here, browser, offline)) == (True, True)


def test_an_id_token_that_has_expired_still_logs_out(here: Site) -> None:
    browser = here.logged_in("gp", name="expired")
    tokens = allowed(here, browser)
    here.wait(minutes=20)
    browser.open("/auth/logout", id_token_hint=tokens["id_token"])
    assert not browser.is_logged_in


def test_an_id_token_logs_out_where_the_browser_sends_no_cookie_along(here: Site) -> None:
    browser = here.logged_in("gp", name="cross-site")
    hint = allowed(here, browser)["id_token"]
    httpx.post(f"{here.service.url}/auth/logout", data={"id_token_hint": hint})
    assert not browser.is_logged_in


def test_the_id_token_of_another_login_only_asks(here: Site) -> None:
    first, second = here.logged_in("gp", name="first"), here.logged_in("nurse", name="second")
    page = second.open("/auth/logout", id_token_hint=allowed(here, first)["id_token"])
    assert (page.status_code, first.is_logged_in, second.is_logged_in) == (200, True, True)


@pytest.mark.parametrize("hint", ["", "x.y.z", "x" * 20_000])
def test_without_an_id_token_of_ours_a_page_asks_first(here: Site, hint: str) -> None:
    browser = here.logged_in("gp", name=f"unhinted-{len(hint)}")
    page = browser.open("/auth/logout", **({"id_token_hint": hint} if hint else {}))
    assert ("decision" in page.text, browser.is_logged_in) == (True, True)


def test_an_id_token_that_somebody_else_signed_ends_nothing(here: Site) -> None:
    browser = here.logged_in("gp", name="forged")
    key = RSAKey.generate_key(2048, {"kid": keys.identity_key(here.service.var / "keys").kid})
    claims = jwt.decode(
        allowed(here, browser)["id_token"], keys.identity_key(here.service.var / "keys"), ["RS256"]
    ).claims
    forged = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
    browser.open("/auth/logout", id_token_hint=forged)
    assert browser.is_logged_in


def test_an_access_token_is_no_id_token(here: Site) -> None:
    browser = here.logged_in("gp", name="access")
    browser.open("/auth/logout", id_token_hint=allowed(here, browser)["access_token"])
    assert browser.is_logged_in


def test_who_answers_yes_is_logged_out(here: Site) -> None:
    browser = here.logged_in("gp", name="yes")
    browser.send(browser.open("/auth/logout"), decision="log-out")
    assert not browser.is_logged_in


def test_who_answers_no_stays(here: Site) -> None:
    browser = here.logged_in("gp", name="no")
    browser.send(browser.open("/auth/logout"), decision="stay")
    assert browser.is_logged_in


def test_who_answers_yes_goes_back_to_the_app_that_asked(here: Site) -> None:
    browser = here.logged_in("gp", name="yes-back")
    client = f"app-{here.person.mark}"
    page = browser.open("/auth/logout", client_id=client, post_logout_redirect_uri=BACK, state="s")
    assert browser.send(page, decision="log-out").headers["location"] == f"{BACK}?state=s"


@pytest.mark.parametrize(
    "address",
    [BACK + "/", BACK + "?x=1", "https://app.example/", "https://evil.example/", "//evil.example", "x"],
)
def test_nobody_is_sent_where_the_app_did_not_register(here: Site, address: str) -> None:
    browser = here.logged_in("gp", name=f"open-{len(address)}")
    hint = allowed(here, browser)["id_token"]
    answer = browser.open("/auth/logout", id_token_hint=hint, post_logout_redirect_uri=address)
    assert (answer.status_code, browser.is_logged_in) == (200, False)


def test_an_app_does_not_log_out_with_the_id_token_of_another(here: Site) -> None:
    browser = here.logged_in("gp", name="mixed")
    hint = allowed(here, browser)["id_token"]
    answer = browser.open("/auth/logout", id_token_hint=hint, client_id="dzop-portal")
    assert (answer.status_code, browser.is_logged_in) == (400, True)


def test_who_is_not_logged_in_is_told_so(here: Site) -> None:
    assert here.browser(**{"Accept-Language": "en"}).open("/auth/logout").status_code == 200


def test_everywhere_ends_each_login_of_the_person(here: Site) -> None:
    one, other = here.logged_in("gp", name="one"), here.logged_in("gp", name="other")
    one.send(one.open("/auth/account"), everywhere="yes")
    assert (one.is_logged_in, other.is_logged_in) == (False, False)


def test_everywhere_ends_what_works_without_a_login_too(here: Site) -> None:
    browser = here.logged_in("gp", name="lost-device")
    tokens = allowed(here, browser, OFFLINE)
    browser.send(browser.open("/auth/account"), everywhere="yes")
    app = app_in(here, browser)
    assert (ends(here, browser, tokens), app.refresh(tokens["refresh_token"]).status_code) == (True, 400)


def test_everywhere_leaves_others_alone(here: Site) -> None:
    browser, other = here.logged_in("gp", name="mine"), here.logged_in("nurse", name="theirs")
    browser.send(browser.open("/auth/account"), everywhere="yes")
    assert other.is_logged_in


def test_one_other_login_can_be_ended(here: Site) -> None:
    browser, other = here.logged_in("helper", name="kept"), here.logged_in("helper", name="gone")
    session = here.rows("select id from login_session where account = $1", f"gone-{here.person.mark}")
    browser.send(browser.open("/auth/account"), end=session[0]["id"])
    assert (browser.is_logged_in, other.is_logged_in) == (True, False)


def test_the_login_of_another_person_cannot_be_ended(here: Site) -> None:
    browser, other = here.logged_in("helper", name="tries"), here.logged_in("nurse", name="safe")
    session = here.rows("select id from login_session where account = $1", f"safe-{here.person.mark}")
    browser.send(browser.open("/auth/account"), end=session[0]["id"])
    assert other.is_logged_in


def test_an_app_loses_all_it_was_allowed(here: Site) -> None:
    browser = here.logged_in("gp", name="forgets")
    tokens = allowed(here, browser, OFFLINE)
    browser.send(browser.open("/auth/account"), forget=f"app-{here.person.mark}")
    assert ends(here, browser, tokens)


def test_an_app_that_lost_what_it_was_allowed_asks_again(here: Site) -> None:
    browser = here.logged_in("gp", name="asks-again")
    allowed(here, browser)
    browser.send(browser.open("/auth/account"), forget=f"app-{here.person.mark}")
    assert "decision" in app_in(here, browser).ask(scope="openid user/*.cruds").text


def test_another_app_keeps_what_it_was_allowed(here: Site) -> None:
    browser = here.logged_in("gp", name="keeps-app")
    its, others = allowed(here, browser), App(browser).tokens()
    browser.send(browser.open("/auth/account"), forget=f"app-{here.person.mark}")
    assert (ends(here, browser, its), works(here, browser, others)) == (True, True)


def test_an_app_that_was_allowed_something_is_listed_until_it_is_taken_away(here: Site) -> None:
    browser = here.logged_in("neighbour", name="listed")
    allowed(here, browser)
    listed = ["An app" in browser.open("/auth/account").text]
    browser.send(browser.open("/auth/account"), forget=f"app-{here.person.mark}")
    assert [*listed, "An app" in browser.open("/auth/account").text] == [True, False]


@pytest.mark.parametrize("field", ["forget", "end"])
@pytest.mark.parametrize("value", ["\x00", "unknown", "x" * 2_000])
def test_what_is_not_there_cannot_be_ended(here: Site, field: str, value: str) -> None:
    browser = here.logged_in("gp", name=f"odd-{field}-{len(value)}")
    answer = browser.send(browser.open("/auth/account"), **{field: value})
    assert (answer.status_code, browser.is_logged_in) == (303, True)


def test_a_logout_stands_in_the_audit(here: Site) -> None:
    browser = here.logged_in("gp", name="audited")
    browser.send(browser.open("/auth/account"), **{"log-out": "yes"})
    query = "select actor, outcome from audit where interaction = '$logout' order by seq desc limit 1"
    row = here.rows(query)[0]
    assert (row["actor"], row["outcome"]) == (here.person.who("gp"), 200)
