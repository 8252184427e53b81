"""A service on a clock of its own, with a person and people around them who log in with passwords."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from argon2 import PasswordHasher
from browsing import SESSION, Browser
from persons import Person, new_person
from serving import Clock, Service, in_process

from dzop.auth.login.sessions import Sessions
from dzop.store.database import Database

Answer = TypeVar("Answer")
PASSWORD = "a horse eats no cucumber"


@dataclass(frozen=True)
class Site:
    """`url` is of the database behind the service."""

    service: Service
    url: str
    clock: Clock
    person: Person

    def browser(self, **headers: str) -> Browser:
        return Browser(self.service.url, **headers)

    def account(self, name: str, *around: str) -> str:
        """An account of those around the person who are called so; its name."""
        subjects = [self.person.who(each) for each in around]
        mine = f"{name}-{self.person.mark}"
        self.rows(
            "insert into login_account (name, password, subjects, created_at) values ($1, $2, $3, $4)",
            mine, _hashed(), subjects, self.clock(),
        )  # fmt: skip
        return mine

    def logged_in(self, *around: str, name: str) -> Browser:
        """A browser in which somebody around the person logged in a moment ago, with an account of this name."""
        spans = timedelta(minutes=30), timedelta(hours=12), timedelta(hours=1)
        subjects, account = [self.person.who(each) for each in around], f"{name}-{self.person.mark}"
        started = self.run(
            lambda database: Sessions(database, *spans).start(
                subjects, self.clock(), amr=["pwd"], account=account
            )
        )
        browser = self.browser()
        browser.cookies.set(SESSION, started.cookie, domain="127.0.0.1", path="/")
        return browser

    def wait(self, **span: float) -> None:
        self.clock.instant += timedelta(**span)

    def run(self, work: Callable[[Database], Coroutine[Any, Any, Answer]]) -> Answer:
        """What some work with the database comes to."""

        async def worked() -> Answer:
            async with Database.opened(self.url, 2) as database:
                return await work(database)

        return asyncio.run(worked())

    def rows(self, query: str, *values: Any) -> list[Any]:
        """What the database holds."""

        async def asked() -> list[Any]:
            connection = await asyncpg.connect(self.url)
            try:
                return list(await connection.fetch(query, *values))
            finally:
                await connection.close()

        return asyncio.run(asked())


@cache
def _hashed() -> str:
    return PasswordHasher().hash(PASSWORD)


@contextmanager
def site(database: str, folder: Path, **settings: Any) -> Iterator[Site]:
    """The service on this database for the length of the block; passwords are among its ways to log in."""
    clock = Clock()
    with in_process(database, folder, clock, **settings) as service:
        here = Site(service, database, clock, new_person(service))
        here.account("somebody", "person")
        yield here
