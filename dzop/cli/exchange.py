"""dzop exchange: what partners still have to get, and what was set aside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import typer

from dzop.cli.options import Database, Partners, partners_of, ready_database, settings_of
from dzop.problems import Problem

Answer = TypeVar("Answer")
commands = typer.Typer(no_args_is_help=True, help="The exchange with partners.")


@commands.command("status")
def exchange_status(partners: Partners = None, database: Database = None) -> None:
    """What each partner still has to get, and what was set aside."""
    from dzop.exchange.operation import status

    for lines in _with_partners(
        partners, database, lambda store, partner: status(store, partner, datetime.now(UTC))
    ):
        for line in lines:
            typer.echo(line)


@commands.command("retry")
def exchange_retry(partners: Partners = None, database: Database = None) -> None:
    """Tries again all that was set aside; after a conflict our own version is sent upon theirs."""
    from dzop.exchange.operation import retry

    again = _with_partners(
        partners, database, lambda store, partner: retry(store, partner, datetime.now(UTC))
    )
    typer.echo(f"{sum(again)} to be tried again.")


@commands.command("quarantine")
def exchange_quarantine(partners: Partners = None, database: Database = None) -> None:
    """Lists what somebody must look at; exit 1 when there is anything."""
    from dzop.exchange.operation import quarantine

    found = [line for lines in _with_partners(partners, database, quarantine) for line in lines]
    for line in found:
        typer.echo(line)
    typer.echo(f"{len(found)} in quarantine" if found else "Nothing is in quarantine.")
    raise typer.Exit(1 if found else 0)


@commands.command("offer")
def exchange_offer(partners: Partners = None, database: Database = None) -> None:
    """Enters what was written before a partner was configured."""
    from dzop.exchange.operation import offer

    entered = _with_partners(
        partners, database, lambda store, partner: offer(store, partner, datetime.now(UTC))
    )
    typer.echo(f"{sum(entered)} resources entered.")


def _with_partners(
    partners: Path | None, url: str | None, ask: Callable[[Any, Any], Coroutine[Any, Any, Answer]]
) -> list[Answer]:
    """What `ask(database, partner)` answers for each configured partner."""
    from dzop.store.database import Database as Opened

    with ready_database(settings_of(partners=partners, database_url=url)) as settings:
        known = partners_of(settings)
        if not known:
            raise Problem("no partners are configured: give --partners FILE or set DZOP_PARTNERS")

        async def answers() -> list[Answer]:
            async with Opened.opened(str(settings.database_url), 2) as database:
                return [await ask(database, partner) for partner in known]

        return asyncio.run(answers())
