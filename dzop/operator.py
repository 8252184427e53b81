"""What an operator asks of the database directly: to load, to explain, to verify."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from consent.law import Decision
from consent.matrix import load
from dzop.access.gateway import Gateway
from dzop.settings import Settings
from dzop.store.audit import Writer
from dzop.store.database import Database


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Gateway]:
    """The gateway on the database of these settings, for the length of a command."""
    from dzop.app import partner_types

    async with Database.opened(str(settings.database_url), 2) as database, Writer.running(database) as audit:
        yield Gateway(database, audit, load(), settings.fhir_base, partner_types(settings))
