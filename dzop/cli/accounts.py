"""dzop account: who logs in with a name and a password, where there is no identity provider."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from dzop.cli.options import Database, ready_database, settings_of
from dzop.problems import Problem, WrongUse

if TYPE_CHECKING:
    from dzop.auth.login.accounts import Account, Accounts
    from dzop.auth.login.sessions import Sessions

Answer = TypeVar("Answer")
Name = Annotated[str, typer.Argument(help="The name to log in with; capitals do not matter.")]
MakeUp = Annotated[bool, typer.Option("--make-up", help="Make up a password and print it, once.")]
commands = typer.Typer(
    no_args_is_help=True,
    help="Who logs in with a name and a password. A password is asked, or read from stdin.",
)


@commands.command("add")
def add_account(
    name: Name,
    references: Annotated[
        list[str],
        typer.Option("--for", help="As whom they act: Practitioner/x, Patient/x, ...; may be repeated."),
    ],
    make_up: MakeUp = False,
    database: Database = None,
) -> None:
    """Adds an account of one person; several capacities are chosen from at each login."""
    from dzop.auth.login.accounts import is_capacity

    known = _name(name)
    for each in references:
        if not is_capacity(each):
            raise WrongUse(
                "--for takes TYPE/ID of a Practitioner, PractitionerRole, RelatedPerson or Patient"
            )
    password = _password(known, make_up)
    capacities = list(dict.fromkeys(references))

    async def add(accounts: Accounts, sessions: Sessions) -> bool:
        return await accounts.add(known, capacities, password, datetime.now(UTC))

    if not _on_accounts(database, add):
        raise Problem(f"there is an account `{known}` already")
    typer.echo(password if make_up else f"Account `{known}` is there.")


@commands.command("list")
def list_accounts(database: Database = None) -> None:
    """Lists the accounts, as whom they act, and whether they are disabled."""

    async def all(accounts: Accounts, sessions: Sessions) -> list[Account]:
        return list(await accounts.all())

    for each in _on_accounts(database, all):
        state = "disabled" if each.disabled else "enabled"
        typer.echo(f"{each.name:32} {state:9} {' '.join(each.subjects)}")


@commands.command("password")
def set_password(name: Name, make_up: MakeUp = False, database: Database = None) -> None:
    """Gives an account another password, logs it out everywhere, and disconnects its apps."""
    known = _name(name)
    password = _password(known, make_up)
    _ended(database, known, lambda accounts: accounts.set_password(known, password))
    typer.echo(password if make_up else f"Account `{known}` has the new password.")


@commands.command("disable")
def disable_account(name: Name, database: Database = None) -> None:
    """Nobody can log in with it any more; who is logged in is logged out, and apps are disconnected."""
    known = _name(name)
    _ended(database, known, lambda accounts: accounts.disable(known, datetime.now(UTC)))
    typer.echo(f"Account `{known}` is disabled.")


@commands.command("enable")
def enable_account(name: Name, database: Database = None) -> None:
    """Lets a disabled account log in again."""
    known = _name(name)

    async def enable(accounts: Accounts, sessions: Sessions) -> bool:
        return await accounts.enable(known)

    _require(_on_accounts(database, enable), known)
    typer.echo(f"Account `{known}` is enabled.")


@commands.command("remove")
def remove_account(name: Name, database: Database = None) -> None:
    """Removes an account; who is logged in with it is logged out, and apps are disconnected."""
    known = _name(name)
    _ended(database, known, lambda accounts: accounts.remove(known))
    typer.echo(f"Account `{known}` is removed.")


@commands.command("unlock")
def unlock_account(name: Name, database: Database = None) -> None:
    """Forgets the wrong passwords of an account, which then need not wait a quarter of an hour."""
    from dzop.auth.login.failures import unlock

    known = _name(name)

    async def unlocked(accounts: Accounts, sessions: Sessions) -> bool:
        await unlock(sessions.database, known)
        return known in {each.name for each in await accounts.all()}

    _require(_on_accounts(database, unlocked), known)
    typer.echo(f"Account `{known}` is not locked.")


def _name(text: str) -> str:
    from dzop.auth.login.accounts import account_name

    name = account_name(text)
    if not name:
        raise WrongUse("a name has at most 64 letters, digits and the signs . _ @ + -")
    return name


def _password(name: str, make_up: bool) -> str:
    """Made up, asked for twice at a terminal, or the first line of what is piped in."""
    from dzop.auth.login.passwords import made_up, objection

    if make_up:
        return made_up()
    if sys.stdin.isatty():
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if (refused := objection(name, password)) is not None:
        raise Problem(refused)
    return password


def _ended(url: str | None, name: str, change: Callable[[Accounts], Awaitable[bool]]) -> None:
    """Changes an account, ends its logins and what apps were given in them; a Problem when there is no such account."""
    from dzop.auth.login.allowed import disconnect

    async def changed(accounts: Accounts, sessions: Sessions) -> bool:
        subjects = [
            subject for each in await accounts.all() if each.name == name for subject in each.subjects
        ]
        if not await change(accounts):
            return False
        now = datetime.now(UTC)
        await sessions.end_of_account(name, now)
        await disconnect(sessions.database, subjects, now, sessions.token_lasts)
        return True

    _require(_on_accounts(url, changed), name)


def _require(found: bool, name: str) -> None:
    if not found:
        raise Problem(f"there is no account `{name}`")


def _on_accounts(url: str | None, work: Callable[[Accounts, Sessions], Awaitable[Answer]]) -> Answer:
    from dzop.auth.login.accounts import Accounts
    from dzop.auth.login.passwords import Passwords
    from dzop.auth.login.sessions import Sessions
    from dzop.store.database import Database as Opened

    with ready_database(settings_of(database_url=url)) as settings:

        async def answered() -> Answer:
            async with Opened.opened(str(settings.database_url), 2) as database:
                sessions = Sessions(
                    database,
                    idle=timedelta(minutes=settings.login_idle_minutes),
                    lasts=timedelta(hours=settings.login_hours),
                    token_lasts=timedelta(minutes=settings.token_minutes),
                )
                return await work(Accounts(database, Passwords()), sessions)

        return asyncio.run(answered())
