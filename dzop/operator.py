"""What an operator asks of the database directly: to load, to explain, to verify."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from consent.decisions import DECISIONS
from dzop.access import generations, reviewing, verification
from dzop.access.explaining import reasons
from dzop.access.explaining.inquiry import About, Inquiry, Question
from dzop.access.explaining.reasons import AskedAccess, Explained
from dzop.access.gateway import Gateway
from dzop.access.generations import Progress
from dzop.access.persons import patient_of
from dzop.access.reindexing import announce, reindex, waiting
from dzop.access.reviewing import BrokenGlass
from dzop.access.supplying import supply
from dzop.actor import SYSTEM, Actor, Call
from dzop.app import partner_types, sealed_as, shipped_matrix
from dzop.auth.keys import known_audit_key
from dzop.loading import Loader, Report, files, is_skipped, pieces
from dzop.settings import Settings
from dzop.store import audit_check
from dzop.store.audit import Writer
from dzop.store.audit_check import Expected
from dzop.store.audit_seal import is_ours, kept_since, sealing
from dzop.store.database import Database


async def indexed_anew(settings: Settings, begun: Callable[[int], Callable[[int], None]]) -> int:
    """Indexes what older rules have indexed; how many are still waiting.

    `begun` is told how many there are, when there are any, and returns what is told how many are done.
    """
    async with Database.opened(str(settings.database_url), 2) as database:
        number = await waiting(database) if await announce(database) else 0
        return await reindex(database, settings.fhir_base, begun(number)) if number else 0


async def supplied(settings: Settings) -> tuple[str, ...]:
    """Brings what dzop ships as resources into the database; `Type/id` of each that was missing or older."""
    async with opened(settings) as gateway:
        return await supply(gateway, datetime.now(UTC))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Gateway]:
    """The gateway on the database of these settings, for the length of a command; it seals what it records."""
    url, how = str(settings.database_url), sealed_as(settings, lambda: datetime.now(UTC))
    async with Database.opened(url, 2) as database, AsyncExitStack() as beside:
        # Whoever has not the service's keys here leaves the sealing to the service.
        if await is_ours(database, how.key):
            await beside.enter_async_context(sealing(url, how))
        audit = await beside.enter_async_context(Writer.running(database))
        yield Gateway(database, audit, shipped_matrix(settings), settings.fhir_base, partner_types(settings))


async def load_files(
    settings: Settings, paths: Sequence[Path], shown: Callable[[list[Path]], Iterable[Path]]
) -> Report:
    """Loads all that is at these paths; `shown` passes the files on and shows how far it is."""
    async with opened(settings) as gateway:
        # What is loaded may refer to it, and has its data categories from there.
        await supply(gateway, datetime.now(UTC))
        loader = Loader(gateway, datetime.now(UTC))
        for path in shown(list(files(paths))):
            if is_skipped(path):
                loader.report.skipped.append(str(path))
                continue
            for piece in pieces(path):
                await loader.load(piece)
    return loader.report


async def explain(
    settings: Settings, asked: AskedAccess, patient: str | None, language: str
) -> Explained | None:
    """Why somebody may or may not, as recorded as when it is asked over HTTP; None when there is no such entry.

    `patient` is the id of the person whose plan a category is of; that of an entry is found.
    """
    if patient is None:
        async with Database.opened(str(settings.database_url), 2) as database:
            patient = await patient_of(database, asked.resource)
    if patient is None:
        return None
    call = Call(Actor(SYSTEM, SYSTEM), asked.at)

    async def work(inquiry: Inquiry) -> tuple[Explained, list[About]]:
        explained = await reasons.explain(inquiry, asked)
        return explained, [explained.about]

    async with opened(settings) as gateway:
        return await gateway.explain(call, Question("explain-access", patient, language), work)


async def broken_glass(settings: Settings) -> list[BrokenGlass]:
    """Every emergency that was declared, the newest first."""
    async with Database.opened(str(settings.database_url), 2) as database:
        return await reviewing.broken_glass(database)


async def differences(settings: Settings) -> list[str]:
    """Where the store disagrees with itself, with the law, or with the chain of the audit: one line each."""
    async with Database.opened(str(settings.database_url), 2) as database:
        law, base, chain = shipped_matrix(settings), settings.fhir_base, _chain(settings)
        found = [each async for each in verification.differences(database, law, base)]
        return found + [each async for each in audit_check.faults(database, chain)]


def _chain(settings: Settings) -> Expected:
    now = datetime.now(UTC)
    kept = kept_since(now, DECISIONS.log_years)
    return Expected(known_audit_key(settings.keys), settings.anchor_folder, now, kept)


async def matrix_progress(settings: Settings) -> Progress:
    """Which access matrix is in force, and how far the next one is."""
    async with Database.opened(str(settings.database_url), 2) as database:
        return await generations.progress(database, shipped_matrix(settings))


async def use_matrix(settings: Settings, version: str, *, again: bool) -> bool:
    """Makes a known matrix the next one; False when it is not known."""
    async with Database.opened(str(settings.database_url), 2) as database:
        return await generations.use(database, version, again=again)
