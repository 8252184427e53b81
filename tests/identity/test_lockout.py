"""Lock-out: whoever guesses passwords is stopped, and learns nothing, not even who has an account."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest
from browsing import Browser
from entering import PASSWORD, Site, site

from dzop.auth.login.failures import Failures, unlock
from dzop.store.database import Database


@pytest.fixture(scope="module")
def here(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(database, tmp_path_factory.mktemp("lockout"), trusted_proxies="127.0.0.1") as here:
        yield here


def test_wrong_passwords_lock_an_account(here: Site) -> None:
    name, visitor = here.account("locked", "gp"), here.browser()
    page = visitor.login_page("password")
    for _ in range(5):
        visitor.send(page, name=name, password="wrong password")
    assert not logs_in(here, name)


def test_one_less_locks_nothing(here: Site) -> None:
    name = here.account("nearly", "gp")
    fail(here, name, 4)
    assert logs_in(here, name)


def test_an_account_is_open_again_after_a_quarter_of_an_hour(here: Site) -> None:
    name = here.account("waits", "gp")
    fail(here, name, 5)
    here.wait(minutes=15)
    assert logs_in(here, name)


def test_tries_on_a_locked_account_do_not_keep_it_locked(here: Site) -> None:
    name = here.account("attacked", "gp")
    fail(here, name, 5)
    here.wait(minutes=10)
    fail(here, name, 5)
    here.wait(minutes=5)
    assert logs_in(here, name)


def test_a_login_forgives_the_wrong_passwords_before_it(here: Site) -> None:
    name = here.account("forgiven", "gp")
    fail(here, name, 4)
    logs_in(here, name)
    fail(here, name, 4)
    assert logs_in(here, name)


def test_the_operator_unlocks_an_account(here: Site) -> None:
    name = here.account("unlocked", "gp")
    fail(here, name, 5)
    here.run(lambda database: unlock(database, name))
    assert logs_in(here, name)


def test_many_tries_from_one_address_lock_it_whatever_the_names(here: Site) -> None:
    exhausted(here, "203.0.113.7")
    assert not logs_in(here, here.account("behind", "gp"), "203.0.113.7")


def test_another_address_is_not_locked_with_it(here: Site) -> None:
    exhausted(here, "203.0.113.8")
    assert logs_in(here, here.account("beside", "gp"), "203.0.113.9")


def test_a_login_does_not_forgive_the_address(here: Site) -> None:
    name = here.account("own", "gp")
    here.run(lambda database: attempts(database, "203.0.113.10", 48, here.clock()))
    here.wait(seconds=1)
    logs_in(here, name, "203.0.113.10")
    here.wait(seconds=1)
    here.run(lambda database: attempts(database, "203.0.113.10", 2, here.clock()))
    assert not logs_in(here, name, "203.0.113.10")


def test_logins_that_succeed_lock_no_address(here: Site) -> None:
    name = here.account("often", "gp")
    here.run(lambda database: attempts(database, "203.0.113.11", 49, here.clock()))
    for _ in range(2):
        here.wait(seconds=1)
        logs_in(here, name, "203.0.113.11")
    assert logs_in(here, name, "203.0.113.11")


def test_a_network_of_ipv6_counts_as_one_address(here: Site) -> None:
    exhausted(here, "2001:db8:1:2::1")
    assert not logs_in(here, here.account("six", "gp"), "2001:db8:1:2:ffff::9")


def test_a_locked_address_is_told_when_to_come_back(here: Site) -> None:
    exhausted(here, "203.0.113.12")
    page = here.browser(**{"X-Forwarded-For": "203.0.113.12"}).log_in("anybody", PASSWORD)
    assert (page.status_code, page.headers["retry-after"]) == (429, "900")


def test_whoever_goes_on_from_a_locked_address_adds_nothing_to_the_audit(here: Site) -> None:
    exhausted(here, "203.0.113.13")
    counted = []
    for _ in range(2):
        counted += here.rows("select count(*) from audit where interaction = '$login'")
        here.browser(**{"X-Forwarded-For": "203.0.113.13"}).log_in("anybody", PASSWORD)
    assert counted[0] == counted[1]


def test_who_is_not_a_trusted_proxy_cannot_choose_their_address(
    database: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with site(database, tmp_path_factory.mktemp("direct")) as direct:
        exhausted(direct, "127.0.0.1")
        page = browser(direct, "198.51.100.99").log_in("anybody", PASSWORD)
        direct.rows("delete from login_failure")
    assert page.status_code == 429


async def test_of_many_tries_at_once_no_more_than_allowed_are_looked_at(here: Site) -> None:
    async with Database.opened(here.url, 10) as one, Database.opened(here.url, 10) as other:
        workers = [Failures(one, 5), Failures(other, 5)]
        now = here.clock()
        admitted = await asyncio.gather(
            *(workers[number % 2].admits_account("parallel", now) for number in range(40))
        )
    assert sum(admitted) == 5


def test_what_is_over_is_forgotten(here: Site) -> None:
    name = here.account("tidied", "gp")
    fail(here, name, 1)
    here.wait(minutes=16)
    logs_in(here, here.account("tidies", "gp"))
    digest = hashlib.sha256(f"account {name}".encode()).digest()
    assert here.rows("select from login_failure where digest = $1", digest) == []


def test_the_table_of_failures_holds_no_names_and_no_addresses(here: Site) -> None:
    name = here.account("named", "gp")
    browser(here, "203.0.113.13").log_in(name, "wrong password")
    rows = " ".join(each["row"] for each in here.rows("select f::text as row from login_failure f"))
    assert [each in rows for each in (name, "203.0.113.13")] == [False, False]


@pytest.mark.parametrize("why", ["unknown", "locked", "disabled", "impossible"])
def test_no_account_answers_as_a_wrong_password_does(here: Site, why: str) -> None:
    known = here.account(f"compared-{why}", "gp")
    name = {"unknown": known + "x", "impossible": known + "/x"}.get(why, known)
    wrong = without_what_is_sent_along(here.browser().log_in(known, "wrong password"))
    if why == "locked":
        fail(here, known, 5)
    if why == "disabled":
        here.rows("update login_account set disabled_at = now() where name = $1", known)
    password = PASSWORD if why in ("locked", "disabled") else "wrong password"
    assert without_what_is_sent_along(here.browser().log_in(name, password)) == wrong


def test_the_answer_tells_that_too_many_tries_lock_any_name(here: Site) -> None:
    page = here.browser(**{"Accept-Language": "en"}).log_in("nobody", "wrong password")
    assert "15 minutes" in page.text


def browser(here: Site, address: str) -> Browser:
    return here.browser(**{"X-Forwarded-For": address})


def fail(here: Site, name: str, times: int) -> None:
    """As if so many wrong passwords had been tried with this name just now."""

    async def failed(database: Database) -> None:
        for _ in range(times):
            await Failures(database, 5).admits_account(name, here.clock())

    here.run(failed)


def logs_in(here: Site, name: str, address: str = "192.0.2.2") -> bool:
    visitor = browser(here, address)
    visitor.log_in(name, PASSWORD)
    return visitor.session != ""


def exhausted(here: Site, address: str) -> None:
    """As if this address had tried as often as it may."""
    here.run(lambda database: attempts(database, address, 50, here.clock()))


async def attempts(database: Database, address: str, times: int, now: datetime) -> None:
    for _ in range(times):
        await Failures(database, 5).admits_address(address, now)


def without_what_is_sent_along(page: httpx.Response) -> tuple[int, str]:
    return page.status_code, re.sub(r'(value|href)="[^"]*"', "", page.text)
