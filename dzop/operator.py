"""What an operator asks of the database directly: to load, to explain, to verify."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from consent.law import Decision
from consent.matrix import load
from dzop.access import verification
from dzop.access.actors import actor_of
from dzop.access.gateway import Gateway
from dzop.actor import Actor, Call
from dzop.app import partner_types
from dzop.loading import Loader, Report, files, is_skipped, pieces
from dzop.settings import Settings
from dzop.store.audit import Writer
from dzop.store.database import Database


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Gateway]:
    """The gateway on the database of these settings, for the length of a command."""
    async with Database.opened(str(settings.database_url), 2) as database, Writer.running(database) as audit:
        yield Gateway(database, audit, load(), settings.fhir_base, partner_types(settings))


async def load_files(
    settings: Settings, paths: Sequence[Path], shown: Callable[[list[Path]], Iterable[Path]]
) -> Report:
    """Loads all that is at these paths; `shown` passes the files on and shows how far it is."""
    async with opened(settings) as gateway:
        loader = Loader(gateway, datetime.now(UTC))
        for path in shown(list(files(paths))):
            if is_skipped(path):
                loader.report.skipped.append(str(path))
                continue
            for piece in pieces(path):
                await loader.load(piece)
    return loader.report


async def explain(settings: Settings, who: str, what: str, action: str) -> Decision | None:
    """The law's decision on one resource; None when there is no such resource."""
    async with Database.opened(str(settings.database_url), 2) as database:
        now = datetime.now(UTC)
        actor = await actor_of(database, who, None, Actor("", ""), now, sandbox=True)
        type, _, id = what.partition("/")
        return await verification.explained(
            database, Call(actor, now), load(), settings.fhir_base, type, id, action
        )


async def differences(settings: Settings) -> list[str]:
    """Where the store disagrees with itself or with the law, one line each."""
    async with Database.opened(str(settings.database_url), 2) as database:
        return [each async for each in verification.differences(database, load(), settings.fhir_base)]
