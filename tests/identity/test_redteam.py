"""What somebody tried who wanted more than was given: each of these worked once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from apps import JWT_BEARER, App, Care, Key, pending_of
from browsing import App as Asking
from entering import PASSWORD, Site, site
from fastapi import FastAPI
from persons import Person, new_person
from starlette.requests import Request
from typer.testing import CliRunner, Result

from dzop.api.front import Front
from dzop.auth.login.accounts import Accounts
from dzop.auth.login.passwords import Passwords
from dzop.auth.rates import RATES, Rate
from dzop.auth.resource_server.access_token import client_of
from dzop.auth.sweeping import sweep
from dzop.cli.commands import app as command_line
from dzop.fhir.outcome import Unauthenticated

OFFLINE = "launch/patient patient/*.rs offline_access"


@pytest.fixture
def app(care: Care, jet: Person) -> App:
    """An app in the browser of the person themselves."""
    return care.app().log_in(jet.patient)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize("place", [0, 1])
def test_an_assertion_that_is_nested_without_end_is_refused(app: App, place: int) -> None:
    parts = [encoded('{"alg":"ES384"}'), encoded("{}"), "AAAA"]
    parts[place] = encoded("[" * 4_000)
    form = {"client_assertion_type": JWT_BEARER, "client_assertion": ".".join(parts)}
    answer = app.browser.post("/auth/token", data={"grant_type": "client_credentials", **form})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


@pytest.mark.parametrize("way", ["everywhere", "log-out"])
def test_a_code_of_a_login_that_has_ended_gives_nothing(app: App, way: str) -> None:
    code = app.code(scope=OFFLINE)
    account = app.browser.get("/auth/account")
    app.browser.post("/auth/account", data={"pending": pending_of(account), way: "yes"})
    assert app.redeem(code).json().get("error") == "invalid_grant"


def test_a_code_of_a_login_that_has_ended_gives_nothing_at_a_second_attempt_either(app: App) -> None:
    code = app.code(scope=OFFLINE)
    account = app.browser.get("/auth/account")
    app.browser.post("/auth/account", data={"pending": pending_of(account), "log-out": "yes"})
    assert [app.redeem(code).json().get("error") for _ in range(2)] == ["invalid_grant"] * 2


def test_who_logs_out_puts_no_text_of_their_own_in_the_audit(app: App) -> None:
    page = app.browser.get("/auth/logout", params={"client_id": "\x00"})
    answer = app.browser.post("/auth/logout", data={"pending": pending_of(page), "decision": "log-out"})
    assert answer.status_code == 200


def suspend(care: Care, professional: str) -> None:
    system = care.service.client("system")
    suspended = system.get(professional).json() | {"active": False}
    assert system.put(professional, json=suspended).status_code == 200


def test_a_suspended_professional_is_nobody_for_apps_that_only_ask_who_it_is(care: Care) -> None:
    nurse = new_person(care.service).who("nurse")
    app = care.app().log_in(nurse)
    bearer = {"Authorization": f"Bearer {app.tokens(scope='openid fhirUser')['access_token']}"}
    suspend(care, nurse)
    assert app.browser.get("/auth/userinfo", headers=bearer).status_code == 401


def test_the_token_of_a_suspended_professional_is_not_active(care: Care) -> None:
    nurse, key = new_person(care.service).who("nurse"), Key()
    client = care.register(method="private_key_jwt", jwks={"keys": [key.public]})
    app = App(care, client, care.client(), key).log_in(nurse)
    token = app.tokens(scope="user/*.rs")["access_token"]
    suspend(care, nurse)
    assert app.send("introspect", token=token).json() == {"active": False}


@pytest.mark.parametrize("client_id", ["\x00", "a\nb", "x" * 257])
def test_another_issuer_names_no_client_that_the_audit_cannot_keep(client_id: str) -> None:
    with pytest.raises(Unauthenticated):
        client_of({"client_id": client_id})


# -- accounts ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def here(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(database, tmp_path_factory.mktemp("redteam")) as here:
        yield here


@pytest.fixture
def account(here: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`dzop account`."""
    monkeypatch.setenv("DZOP_DATABASE_URL", here.url)
    monkeypatch.setenv("DZOP_VAR", str(here.service.var))
    return lambda *words: CliRunner().invoke(command_line, ["account", *words])


@pytest.mark.parametrize("words", [["disable"], ["remove"], ["password", "--make-up"]])
def test_what_apps_were_given_with_an_account_ends_with_it(
    here: Site, account: Callable[..., Result], words: list[str]
) -> None:
    name, browser = here.account(f"offline-{words[0]}", "gp"), here.browser()
    browser.log_in(name, PASSWORD)
    portal = Asking(browser)
    tokens = portal.tokens(scope="user/*.rs offline_access")
    account(words[0], name, *words[1:])
    assert portal.refresh(tokens["refresh_token"]).json().get("error") == "invalid_grant"


class Slow(Passwords):
    """Compares passwords; meanwhile the operator runs this statement."""

    def __init__(self, here: Site, name: str, statement: str) -> None:
        super().__init__()
        self.here, self.name, self.statement = here, name, statement

    async def match(self, stored: str | None, password: str) -> bool:
        await asyncio.to_thread(self.here.rows, self.statement, self.name)
        return await super().match(stored, password)


@pytest.mark.parametrize(
    "change",
    [
        "update login_account set disabled_at = now() where name = $1",
        "update login_account set password = 'another' where name = $1",
        "delete from login_account where name = $1",
    ],
)
def test_who_is_just_logging_in_when_the_account_is_taken_away_is_not_let_in(here: Site, change: str) -> None:
    name = here.account(f"meanwhile-{change.split()[3]}", "gp")
    passwords = Slow(here, name, change)
    assert here.run(lambda database: Accounts(database, passwords).proven(name, PASSWORD)) is None


def test_failed_logins_that_count_no_more_are_removed(here: Site) -> None:
    here.browser().log_in("nobody-at-all", "x" * 20)
    here.wait(minutes=16)
    here.run(lambda database: sweep(database, here.clock()))
    digest = hashlib.sha256(b"account nobody-at-all").digest()
    assert here.rows("select 1 from login_failure where digest = $1", digest) == []


def test_nobody_can_try_out_what_was_typed_as_a_name(here: Site, capsys: pytest.CaptureFixture[str]) -> None:
    here.browser().log_in("hunter2hunter2", "x" * 20)
    marks = re.findall("password:([0-9a-f]+)", capsys.readouterr().out)
    tried = hashlib.sha256(b"hunter2hunter2").hexdigest()
    assert [tried.startswith(each) for each in marks] == [False]


# -- one person, many times: whatever can be taken back stands in a list that each worker keeps whole ---------


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user may log in once, and get tokens once."""
    for endpoint in ("login", "token"):
        monkeypatch.setitem(RATES, (endpoint, "user"), Rate(1, 0.001))


@pytest.mark.usefixtures("once")
def test_who_logs_in_without_end_is_told_to_wait(here: Site) -> None:
    name = here.account("without-end", "helper")
    answers = [here.browser().log_in(name, PASSWORD) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 429]


@pytest.mark.usefixtures("once")
def test_an_app_that_gets_tokens_of_a_user_without_end_is_told_to_wait(care: Care) -> None:
    app = care.app().log_in(new_person(care.service).who("carer"))
    tokens = app.tokens(scope=OFFLINE)
    assert app.refresh(tokens["refresh_token"]).status_code == 429


@pytest.mark.usefixtures("once")
def test_a_refresh_token_that_had_to_wait_is_still_good(care: Care, monkeypatch: pytest.MonkeyPatch) -> None:
    app = care.app().log_in(new_person(care.service).who("carer"))
    tokens = app.tokens(scope=OFFLINE)
    app.refresh(tokens["refresh_token"])
    monkeypatch.delitem(RATES, ("token", "user"))
    assert app.refresh(tokens["refresh_token"]).status_code == 200


# -- the log -----------------------------------------------------------------------------------------------


async def test_a_fault_of_ours_quotes_nothing_that_was_sent(capsys: pytest.CaptureFixture[str]) -> None:
    app = FastAPI()

    @app.post("/auth/token")
    async def token(request: Request) -> None:
        raise ValueError(f"cannot read {(await request.body()).decode()}")

    transport = httpx.ASGITransport(Front(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://plan.test") as client:
        answer = await client.post("/auth/token", content="password=hunter2")
    log = capsys.readouterr().out
    assert (answer.status_code, "ValueError" in log, "hunter2" in log) == (500, True, False)
