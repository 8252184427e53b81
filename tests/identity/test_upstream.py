"""Logging in at an identity provider: a real one, and one that lies."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import pytest
from browsing import App, Browser, told
from entering import PASSWORD, Site, site
from forging import Forger, forging
from joserfc.jwk import ECKey, OctKey, RSAKey
from providers import SECRET, Provider
from serving import free_port

from dzop.auth.resource_server.issuers import read_issuers

TABLES = """
[[issuer]]
name = "idp"
issuer = "{provider}"
[issuer.claims]
ssin = "ssin"
[issuer.login]
client_id = "{client}"
key_file = "key.json"
[issuer.login.display]
nl = "Inloggen met eHealth"

[[issuer]]
name = "forger"
issuer = "{forger}"
[issuer.claims]
ssin = "ssin"
[issuer.assurance]
persons = ["high"]
[issuer.login]
client_id = "dzop"
secret_file = "secret"
userinfo = true
"""


@dataclass(frozen=True)
class Elsewhere:
    """A service whose people may log in at `provider`, or at `forger`."""

    here: Site
    provider: Provider
    forger: Forger

    def known(self, **claims: Any) -> str:
        """Somebody who can log in at the provider as the person of this service; their login there."""
        login = f"jet-{self.here.person.mark}"
        self.provider.account(login, ssin=self.here.person.ssin, **claims)
        return login

    def logged_in(
        self, browser: Browser, login: str, start: str = "/auth/account", **query: Any
    ) -> httpx.Response:
        """The last answer of a login at the provider, when it leads on no more or leads to an app."""
        there = browser.login_page("idp", start, **query)
        return self.filled_in(browser, there, login)

    def filled_in(self, browser: Browser, page: httpx.Response, login: str) -> httpx.Response:
        while True:
            if "<form" in page.text and "Log in elsewhere" in page.text:
                page = browser.http.post(page.url, data={"login": login, "password": "any"})
            elif "location" in page.headers and "//app.example" not in page.headers["location"]:
                address = page.url.join(page.headers["location"])
                if address.path == "/portal/":
                    return page
                page = browser.http.get(address)
            else:
                return page

    def lied(self, browser: Browser, **claims: Any) -> dict[str, str]:
        """A login that was begun at the forger, who will say that it was the person: what it was sent."""
        there = browser.login_page("forger")
        sent = dict(parse_qsl(urlsplit(there.headers["location"]).query))
        self.forger.begin(sent["nonce"], **{"ssin": self.here.person.ssin, "acr": "high", **claims})
        return sent

    def back(
        self, browser: Browser, sent: dict[str, str], name: str = "forger", **answer: str
    ) -> httpx.Response:
        """What answers the browser that comes from a provider."""
        usual = {"state": sent["state"], "code": "code"}
        return browser.open(f"/auth/login/from/{name}", **{**usual, **answer})


@pytest.fixture(scope="module")
def world(database: str, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    folder = tmp_path_factory.mktemp("upstream")
    port = free_port()
    key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
    client = provider.client(
        grant_types=["authorization_code"],
        response_types=["code"],
        redirect_uris=[f"http://127.0.0.1:{port}/auth/login/from/idp"],
        post_logout_redirect_uris=[f"http://127.0.0.1:{port}/auth/logout/done"],
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
        jwks={"keys": [key.as_dict(private=False)]},
    )
    with forging() as forger:
        issuers = written(folder, key, provider=provider.issuer, client=client, forger=forger.issuer)
        with site(database, folder, issuers=issuers, base_url=f"http://127.0.0.1:{port}", port=port) as here:
            yield Elsewhere(here, provider, forger)


@pytest.fixture(autouse=True)
def anew(world: Elsewhere) -> None:
    """The providers have a clock of their own, which is right; and nothing is wrong with them yet."""
    world.here.clock.instant = datetime.now(UTC)
    world.forger.begin("")


def written(folder: Path, key: ECKey, **places: str) -> Path:
    (folder / "key.json").write_text(json.dumps(key.as_dict(private=True)))
    (folder / "secret").write_text(SECRET)
    (folder / "issuers.toml").write_text(TABLES.format(**places))
    return folder / "issuers.toml"


def test_who_logs_in_there_is_logged_in_here_as_who_they_are(world: Elsewhere) -> None:
    browser = world.here.browser()
    world.logged_in(browser, world.known())
    digest = hashlib.sha256(browser.session.encode()).digest()
    rows = world.here.rows("select subjects from login_session where digest = $1", digest)
    assert (browser.is_logged_in, rows[0]["subjects"]) == (True, [world.here.person.patient])


def test_who_logs_in_there_for_an_app_goes_on_to_it(world: Elsewhere) -> None:
    browser = world.here.browser()
    answer = world.logged_in(browser, world.known(), "/auth/authorize", **App(browser).asked())
    assert App(browser).redeem(answer).status_code == 200


def test_the_provider_is_named_on_the_page_in_its_language(world: Elsewhere) -> None:
    browser = world.here.browser(**{"Accept-Language": "nl"})
    assert "Inloggen met eHealth" in browser.followed(browser.open("/auth/account")).text


def test_the_provider_is_asked_with_a_challenge_a_nonce_and_a_state(world: Elsewhere) -> None:
    sent = told(world.here.browser().login_page("idp"))
    assert (sent["code_challenge_method"], len(sent["nonce"]), len(sent["state"])) == ("S256", 43, 43)


def test_no_two_logins_share_a_state_a_nonce_or_a_challenge(world: Elsewhere) -> None:
    first, second = (told(world.here.browser().login_page("idp")) for _ in range(2))
    names = ("state", "nonce", "code_challenge")
    assert [first[name] == second[name] for name in names] == [False] * 3


def test_who_is_unknown_here_is_not_logged_in(world: Elsewhere) -> None:
    world.provider.account("stranger", ssin="85073003328")
    browser = world.here.browser()
    answer = world.logged_in(browser, "stranger")
    assert (answer.status_code, browser.session) == (403, "")


def test_who_is_invited_takes_it_up_with_a_login_elsewhere(world: Elsewhere) -> None:
    world.provider.account("neighbour-louis", ssin="85073003328")
    person = world.here.person
    name = {"resourceType": "Parameters", "parameter": [{"name": "name", "valueString": "Louis"}]}
    invited = person.client("person").post(f"/{person.ref('CareTeam', 'team')}/$invite", json=name).json()
    browser = world.here.browser()
    link = re.search(r'href="(/auth/login\?[^"]+)"', browser.open("/auth/invitation").text)
    assert link is not None
    page = world.logged_in(browser, "neighbour-louis", link[1].replace("&amp;", "&"))
    browser.send(
        page, code=next(each["valueString"] for each in invited["parameter"] if each["name"] == "code")
    )
    later = world.here.browser()
    world.logged_in(later, "neighbour-louis")
    assert (page.status_code, later.is_logged_in) == (200, True)


def test_who_stops_there_is_sent_back_to_the_app(world: Elsewhere) -> None:
    browser = world.here.browser()
    answer = world.logged_in(browser, "nobody", "/auth/authorize", **App(browser).asked())
    assert told(answer)["error"] == "access_denied"


def test_the_assurance_of_the_login_stands_in_the_tokens(world: Elsewhere) -> None:
    browser = world.here.browser()
    answer = world.logged_in(browser, world.known(acr="high"), "/auth/authorize", **App(browser).asked())
    token = App(browser).redeem(answer).json()["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["acr"] == "high"


def test_an_app_that_asks_for_more_assurance_makes_them_log_in_again(world: Elsewhere) -> None:
    browser = world.here.browser()
    world.logged_in(browser, world.known(acr="low"))
    world.here.wait(seconds=1)
    page = browser.login_page("idp", "/auth/authorize", **App(browser).asked(acr_values="high"))
    assert told(page)["acr_values"] == "high"


def test_a_stronger_login_satisfies_the_app(world: Elsewhere) -> None:
    browser = world.here.browser()
    world.logged_in(browser, world.known(acr="low"))
    stronger = world.known(acr="high")
    world.here.wait(seconds=1)
    asked = App(browser).asked(acr_values="high", prompt="login")
    assert "code" in told(world.logged_in(browser, stronger, "/auth/authorize", **asked))


def test_a_login_that_stays_weak_tells_the_app_instead_of_going_round(world: Elsewhere) -> None:
    browser = world.here.browser()
    asked = App(browser).asked(acr_values="high")
    answer = world.logged_in(browser, world.known(acr="low"), "/auth/authorize", **asked)
    assert told(answer)["error"] == "unmet_authentication_requirements"


def test_a_password_does_not_make_up_for_assurance(world: Elsewhere) -> None:
    browser = world.here.browser()
    page = browser.login_page("password", "/auth/authorize", **App(browser).asked(acr_values="high"))
    answer = browser.send(page, name=f"somebody-{world.here.person.mark}", password=PASSWORD)
    assert told(answer)["error"] == "unmet_authentication_requirements"


def test_an_app_that_asks_for_a_new_login_gets_one_there_too(world: Elsewhere) -> None:
    browser = world.here.browser()
    page = browser.login_page("idp", "/auth/authorize", **App(browser).asked(prompt="login", max_age="60"))
    assert (told(page)["prompt"], told(page)["max_age"]) == ("login", "60")


def test_who_logs_out_here_logs_out_there_too(world: Elsewhere) -> None:
    browser = world.here.browser()
    world.logged_in(browser, world.known())
    there = browser.send(browser.open("/auth/account"), **{"log-out": "yes"})
    address = there.headers["refresh"].removeprefix("0; url=")
    answer = browser.http.get(address)
    assert (address.startswith(world.provider.issuer), answer.status_code) == (True, 200)


def test_who_comes_back_from_logging_out_there_goes_on_to_the_app(world: Elsewhere) -> None:
    browser = world.here.browser()
    world.logged_in(browser, world.known())
    portal = f"{world.here.service.url}/portal/"
    page = browser.open("/auth/logout", client_id="dzop-portal", post_logout_redirect_uri=portal)
    there = browser.send(page, decision="log-out").headers["refresh"]
    sent = dict(parse_qsl(urlsplit(there.removeprefix("0; url=")).query))
    answer = browser.http.get(sent["post_logout_redirect_uri"], params={"state": sent["state"]})
    assert answer.headers["location"] == portal


def test_a_provider_that_does_not_answer_gets_a_page_that_says_so(world: Elsewhere) -> None:
    browser = world.here.browser()
    choice = browser.followed(browser.open("/auth/account"))
    with world.provider.outage():
        answer = browser.http.get(choice.url.copy_set_param("means", "idp"))
    assert answer.status_code == 502


def test_the_table_on_the_page_for_operators_is_understood(tmp_path: Path) -> None:
    (tmp_path / "dzop.jwk.json").write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=True)))
    page = (Path(__file__).parents[2] / "docs" / "operators.md").read_text()
    (table,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (issuer,) = read_issuers(f'[[issuer]]\nname = "x"\nissuer = "https://idp.example"\n{table}', tmp_path)
    assert (issuer.login and issuer.login.display["en"]) == "Log in with eHealth"


@pytest.mark.parametrize(
    ("login", "wrong"),
    [
        ('client_id = "dzop"', "`key_file` or `secret_file`"),
        ('client_id = "dzop"\nsecret_file = "absent"', "cannot be read"),
        ('client_id = "dzop"\nsecret_file = "secret"\nscope = "profile"', "must have `openid`"),
        ('client_id = "dzop"\nsecret_file = "secret"\nleeway = 600', "leeway"),
        ('client_id = "dzop"\nsecret_file = "secret"\ndisplay = { es = "x" }', "nl, fr, de and en"),
        ('client_id = "dzop"\nsecret_file = "secret"\nresponse_type = "token"', "response_type"),
    ],
)
def test_a_table_that_is_not_understood_is_told(tmp_path: Path, login: str, wrong: str) -> None:
    (tmp_path / "secret").write_text(SECRET)
    with pytest.raises(ValueError, match=wrong):
        read_issuers(
            f'[[issuer]]\nname = "x"\nissuer = "https://idp.example"\n[issuer.login]\n{login}', tmp_path
        )


def test_what_the_other_provider_says_is_believed_when_it_is_right(world: Elsewhere) -> None:
    browser = world.here.browser()
    world.back(browser, world.lied(browser))
    assert browser.is_logged_in


WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "somebody-else"},
    "no audience": {"aud": None},
    "an audience among others without saying who asked": {"aud": ["dzop", "somebody-else"]},
    "another party": {"azp": "somebody-else"},
    "the nonce of another login": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "that it has expired": {"exp": 1},
    "no expiry": {"exp": None},
    "a time to come": {"iat": 9_999_999_999},
    "that it begins later": {"nbf": 9_999_999_999},
    "no subject": {"sub": None},
    "a list for a subject": {"sub": ["somebody"]},
    "the digest of another access token": {"at_hash": "x" * 22},
    "a login in no time there is": {"auth_time": 1e300},
    "a login that is no time": {"auth_time": "now"},
}


@pytest.mark.parametrize("wrong", WRONG_CLAIMS)
def test_an_id_token_is_refused_that_says(world: Elsewhere, wrong: str) -> None:
    browser = world.here.browser()
    answer = world.back(browser, world.lied(browser, **WRONG_CLAIMS[wrong]))
    assert (answer.status_code, browser.session) == (400, "")


def forged(forger: Forger, how: str) -> str:
    match how:
        case "by somebody else":
            return forger.id_token(ECKey.generate_key("P-256", {"kid": forger.key.kid}))
        case "with an unknown key":
            return forger.id_token(kid="unknown")
        case "with a public key as a secret":
            secret = OctKey.import_key(json.dumps(forger.key.as_dict(private=False)))
            return forger.id_token(secret, alg="HS256")
        case "by no one":
            _, payload, _ = forger.id_token().split(".")
            return f"eyJhbGciOiJub25lIn0.{payload}."
        case "with an algorithm that is not its own":
            return forger.id_token(RSAKey.generate_key(2048, {"kid": forger.key.kid}), alg="PS512")
    return "not a token"


@pytest.mark.parametrize(
    "how",
    [
        "by somebody else", "with an unknown key", "with a public key as a secret", "by no one",
        "with an algorithm that is not its own", "not at all",
    ],
)  # fmt: skip
def test_an_id_token_is_refused_that_is_signed(world: Elsewhere, how: str) -> None:
    browser = world.here.browser()
    sent = world.lied(browser)
    world.forger.tokens = {"id_token": forged(world.forger, how)}
    assert (world.back(browser, sent).status_code, browser.session) == (400, "")


@pytest.mark.parametrize(
    ("status", "tokens"),
    [(200, {"id_token": None}), (200, {"id_token": 7}), (200, {"id_token": "x" * 20_000})],
)
def test_tokens_without_an_id_token_are_refused(
    world: Elsewhere, status: int, tokens: dict[str, Any]
) -> None:
    browser = world.here.browser()
    sent = world.lied(browser)
    world.forger.tokens, world.forger.status = tokens, status
    assert (world.back(browser, sent).status_code, browser.session) == (400, "")


@pytest.mark.parametrize("status", [400, 401, 500, 302])
def test_a_token_endpoint_that_refuses_logs_nobody_in(world: Elsewhere, status: int) -> None:
    browser = world.here.browser()
    sent = world.lied(browser)
    world.forger.status = status
    assert (world.back(browser, sent).status_code, browser.session) == (502, "")


def test_userinfo_of_somebody_else_is_refused(world: Elsewhere) -> None:
    browser = world.here.browser()
    sent = world.lied(browser)
    world.forger.userinfo = {"sub": "somebody-else", "ssin": world.here.person.ssin}
    assert (world.back(browser, sent).status_code, browser.session) == (400, "")


def test_what_only_userinfo_says_counts(world: Elsewhere) -> None:
    browser = world.here.browser()
    sent = world.lied(browser, ssin=None)
    world.forger.userinfo = {"sub": "somebody", "ssin": world.here.person.ssin}
    world.back(browser, sent)
    assert browser.is_logged_in


def test_userinfo_does_not_raise_the_assurance_of_the_id_token(world: Elsewhere) -> None:
    browser = world.here.browser()
    sent = world.lied(browser, acr="low")
    world.forger.userinfo = {"sub": "somebody", "acr": "high"}
    assert (world.back(browser, sent).status_code, browser.session) == (403, "")


def test_userinfo_does_not_say_who_it_is_where_the_id_token_does(world: Elsewhere) -> None:
    browser = world.here.browser()
    sent = world.lied(browser)
    world.forger.userinfo = {"sub": "somebody", "ssin": "85073003328"}
    world.back(browser, sent)
    assert browser.is_logged_in


def test_a_provider_that_does_not_say_when_somebody_logged_in_did_not_do_so_lately(world: Elsewhere) -> None:
    browser = world.here.browser()
    there = browser.login_page("forger", "/auth/authorize", **App(browser).asked(max_age="60"))
    sent = dict(parse_qsl(urlsplit(there.headers["location"]).query))
    world.forger.begin(sent["nonce"], ssin=world.here.person.ssin, acr="high")
    assert (world.back(browser, sent).status_code, browser.session) == (400, "")


def test_metadata_in_the_name_of_another_are_not_believed(world: Elsewhere) -> None:
    browser = world.here.browser()
    sent = world.lied(browser)
    world.forger.metadata = {"issuer": world.provider.issuer}
    assert (world.back(browser, sent).status_code, browser.session) == (502, "")


@pytest.mark.parametrize("acr", [None, "low", ""])
def test_a_login_below_the_assurance_that_is_required_here_is_nobodys(
    world: Elsewhere, acr: str | None
) -> None:
    browser = world.here.browser()
    answer = world.back(browser, world.lied(browser, acr=acr))
    assert (answer.status_code, browser.session) == (403, "")


def test_an_old_login_there_is_not_the_new_one_that_the_app_asked_for(world: Elsewhere) -> None:
    browser = world.here.browser()
    there = browser.login_page("forger", "/auth/authorize", **App(browser).asked(prompt="login"))
    sent = told(there)
    old = int(datetime.now(UTC).timestamp()) - 3600
    world.forger.begin(sent["nonce"], ssin=world.here.person.ssin, acr="high", auth_time=old)
    assert told(world.back(browser, sent))["error"] == "unmet_authentication_requirements"


def test_an_answer_counts_once(world: Elsewhere) -> None:
    browser = world.here.browser()
    sent = world.lied(browser)
    cookies = list(browser.cookies.jar)
    world.back(browser, sent)
    again = world.here.browser()
    for cookie in cookies:
        again.cookies.jar.set_cookie(cookie)
    assert (world.back(again, sent).status_code, again.session) == (400, "")


def test_an_answer_counts_in_the_browser_that_asked_alone(world: Elsewhere) -> None:
    attacker, victim = world.here.browser(), world.here.browser()
    sent = world.lied(attacker)
    victim.login_page("forger")
    assert (world.back(victim, sent).status_code, victim.session) == (400, "")


def test_the_answer_of_one_provider_does_not_count_for_another(world: Elsewhere) -> None:
    browser = world.here.browser()
    sent = world.lied(browser)
    assert (world.back(browser, sent, "idp").status_code, browser.session) == (400, "")


def test_an_answer_that_names_another_issuer_is_refused(world: Elsewhere) -> None:
    browser = world.here.browser()
    answer = world.back(browser, world.lied(browser), iss=world.provider.issuer)
    assert (answer.status_code, browser.session) == (400, "")


def test_an_answer_without_the_issuer_is_refused_where_the_provider_names_it(world: Elsewhere) -> None:
    browser = world.here.browser()
    sent = world.lied(browser)
    world.forger.metadata = {"authorization_response_iss_parameter_supported": True}
    assert (world.back(browser, sent).status_code, browser.session) == (400, "")


@pytest.mark.parametrize(
    "answer",
    [{"error": "server_error"}, {"error": "access_denied", "iss": "https://evil.example"}, {"code": ""}],
)
def test_an_answer_without_a_code_logs_nobody_in(world: Elsewhere, answer: dict[str, str]) -> None:
    browser = world.here.browser()
    assert "code" not in world.back(browser, world.lied(browser), **answer).headers.get("location", "")


@pytest.mark.parametrize("state", ["", "x", "x" * 43, "../../x", "\x00"])
def test_an_answer_that_nobody_asked_for_is_refused(world: Elsewhere, state: str) -> None:
    browser = world.here.browser()
    world.lied(browser)
    assert world.back(browser, {"state": state}).status_code == 400


def test_an_answer_after_ten_minutes_is_refused(world: Elsewhere) -> None:
    browser = world.here.browser()
    sent = world.lied(browser)
    world.here.wait(minutes=11)
    assert (world.back(browser, sent).status_code, browser.session) == (400, "")
