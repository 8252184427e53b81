"""Accounts: passwords that nobody guesses or reads, and the commands that keep them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from browsing import App
from entering import PASSWORD, Site, site
from typer.testing import CliRunner, Result

from dzop.auth.login.accounts import Accounts
from dzop.auth.login.passwords import Passwords, objection
from dzop.cli.commands import app
from dzop.problems import Problem, WrongUse

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def here(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(database, tmp_path_factory.mktemp("accounts"), sandbox=True) as here:
        yield here


@pytest.fixture
def dzop(here: Site, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`dzop account`, with what it reads from the keyboard."""
    monkeypatch.setenv("DZOP_DATABASE_URL", here.url)
    monkeypatch.setenv("DZOP_VAR", str(here.service.var))

    def ran(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, ["account", *words], input=typed)

    return ran


class Counting(Passwords):
    """Compares passwords, and counts how often."""

    compared = 0

    async def match(self, stored: str | None, password: str) -> bool:
        self.compared += 1
        return await super().match(stored, password)


async def test_a_password_is_kept_by_argon2id_and_fits_itself_alone() -> None:
    passwords = Passwords()
    stored = await passwords.hashed(PASSWORD)
    fits = [await passwords.match(stored, each) for each in (PASSWORD, PASSWORD + " ")]
    assert (stored.startswith("$argon2id$"), fits) == (True, [True, False])


async def test_a_password_is_the_same_however_its_accents_were_typed() -> None:
    passwords = Passwords()
    assert await passwords.match(await passwords.hashed("café au lait noir"), "cafe\u0301 au lait noir")


async def test_no_password_fits_nobody() -> None:
    assert not await Passwords().match(None, PASSWORD)


async def test_what_is_longer_than_a_password_may_be_fits_none() -> None:
    passwords = Passwords()
    assert not await passwords.match(await passwords.hashed("x" * 1024), "x" * 1025)


@pytest.mark.parametrize("name", ["known", "disabled", "unknown", ""])
def test_each_name_costs_one_comparison(here: Site, name: str) -> None:
    passwords = Counting()
    if name in ("known", "disabled"):
        name = here.account(f"cost-{name}", "gp")
    if name.startswith("cost-disabled"):
        here.rows("update login_account set disabled_at = now() where name = $1", name)
    here.run(lambda database: Accounts(database, passwords).proven(name, "not the password"))
    assert passwords.compared == 1


def test_a_password_that_was_kept_by_weaker_rules_is_kept_anew_at_the_next_login(here: Site) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    name = here.account("weak", "gp")
    here.rows("update login_account set password = $1 where name = $2", weak, name)
    here.run(lambda database: Accounts(database, Passwords()).proven(name, PASSWORD))
    stored = here.rows("select password from login_account where name = $1", name)[0]["password"]
    assert not Passwords().is_outdated(stored)


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("elf letters", "at least 12"),
        ("x" * 1025, "at most 1024 bytes"),
        ("é" * 513, "at most 1024 bytes"),
        ("els.peeters", "at least 12"),
        ("Els.Peeters1", "the name"),
        ("Password1234!", "too common"),
        ("Welkom-2026-!", "too common"),
        ("qwertyuiop12", "too common"),
        ("passwordpassword", "too common"),
        ("aaaaaaaaaaaaaa", "too common"),
        ("121212121212", "too common"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str, refused: str) -> None:
    assert refused in str(objection("els.peeters", password))


@pytest.mark.parametrize("password", [PASSWORD, "drie paarden, vier", "correct horse battery"])
def test_a_sentence_is_a_good_password(password: str) -> None:
    assert objection("els", password) is None


def test_an_account_that_is_added_can_log_in(here: Site, dzop: Command) -> None:
    name = f"added-{here.person.mark}"
    dzop("add", name, "--for", here.person.who("gp"), typed=f"{PASSWORD}\n")
    browser = here.browser()
    browser.log_in(name, PASSWORD)
    assert browser.is_logged_in


def test_capitals_in_the_name_do_not_matter(here: Site) -> None:
    browser = here.browser()
    browser.log_in(here.account("case", "gp").upper(), PASSWORD)
    assert browser.is_logged_in


def test_a_password_that_is_made_up_is_shown_and_works(here: Site, dzop: Command) -> None:
    name = f"made-up-{here.person.mark}"
    shown = dzop("add", name, "--for", here.person.who("gp"), "--make-up").stdout.strip()
    browser = here.browser()
    browser.log_in(name, shown)
    assert browser.is_logged_in


def test_an_account_is_listed_without_its_password(here: Site, dzop: Command) -> None:
    name = here.account("listed", "gp", "carer")
    line = next(each for each in dzop("list").stdout.splitlines() if each.startswith(name))
    assert line.split() == [name, "enabled", here.person.who("gp"), here.person.who("carer")]


def test_a_name_that_is_taken_is_refused(here: Site, dzop: Command) -> None:
    name = here.account("taken", "gp")
    refused = dzop("add", name, "--for", here.person.who("nurse"), "--make-up").exception
    assert str(refused) == f"there is an account `{name}` already"


@pytest.mark.parametrize("reference", ["system", "Organization/x", "Patient/", "Patient/x y", "x"])
def test_an_account_is_of_a_person(dzop: Command, reference: str) -> None:
    assert isinstance(dzop("add", "wrong", "--for", reference, "--make-up").exception, WrongUse)


@pytest.mark.parametrize("name", ["", "two words", "x" * 65, "a/b", "a\x00b"])
def test_a_name_is_one_short_word(dzop: Command, name: str) -> None:
    assert isinstance(dzop("add", name, "--for", "Patient/x", "--make-up").exception, WrongUse)


@pytest.mark.parametrize("command", ["disable", "remove"])
def test_who_is_logged_in_with_an_account_that_is_taken_away_is_out(
    here: Site, dzop: Command, command: str
) -> None:
    name, browser = here.account(command, "gp"), here.browser()
    browser.log_in(name, PASSWORD)
    tokens = App(browser).tokens()
    dzop(command, name)
    refused = App(browser).is_soon_refused(tokens, here.person.who("gp"))
    assert (browser.is_logged_in, refused) == (False, True)


@pytest.mark.parametrize(("commands", "logs_in"), [(["disable"], False), (["disable", "enable"], True)])
def test_an_account_logs_in_unless_it_is_disabled(
    here: Site, dzop: Command, commands: list[str], logs_in: bool
) -> None:
    name, browser = here.account("-then-".join(["can", *commands]), "gp"), here.browser()
    for command in commands:
        dzop(command, name)
    browser.log_in(name, PASSWORD)
    assert browser.is_logged_in is logs_in


def test_a_new_password_replaces_the_old_one(here: Site, dzop: Command) -> None:
    name = here.account("changes", "gp")
    new = dzop("password", name, "--make-up").stdout.strip()
    logged_in = []
    for password in (PASSWORD, new):
        browser = here.browser()
        browser.log_in(name, password)
        logged_in.append(browser.is_logged_in)
    assert logged_in == [False, True]


@pytest.mark.parametrize("command", ["password", "disable", "enable", "remove", "unlock"])
def test_an_account_that_is_not_there_is_named(dzop: Command, command: str) -> None:
    made_up = ["--make-up"] if command == "password" else []
    assert str(dzop(command, "nobody", *made_up).exception) == "there is no account `nobody`"


def test_a_password_that_may_not_be_changes_nothing(here: Site, dzop: Command) -> None:
    name = here.account("stays", "gp")
    refused = dzop("password", name, typed="short\n").exception
    browser = here.browser()
    browser.log_in(name, PASSWORD)
    assert (isinstance(refused, Problem), browser.is_logged_in) == (True, True)
