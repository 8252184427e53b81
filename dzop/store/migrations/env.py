"""Runs the migrations on one connection, one process at a time."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from dzop.store.audit_position import align
from dzop.store.migrations.declared import metadata

_LOCK = 0x647A6F70  # "dzop": two processes that start together migrate one after the other


def _run(connection: Connection) -> None:
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
    with context.begin_transaction():
        context.run_migrations()
    if context.get_head_revision() == context.get_context().get_current_revision():
        align(connection)


async def _migrate() -> None:
    engine = create_async_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


asyncio.run(_migrate())
