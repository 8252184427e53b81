"""The schema's history; `migrate` brings a database to the newest."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url


def migrate(url: str) -> None:
    """Brings the database to the newest schema; safe to run twice and from two processes at once."""
    command.upgrade(configuration(url), "head")


def configuration(url: str) -> Config:
    """What Alembic needs to know to work on this database."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = make_url(url).set(drivername="postgresql+asyncpg")
    return config


async def migrate_async(url: str) -> None:
    """The same from within an event loop."""
    await asyncio.to_thread(migrate, url)
