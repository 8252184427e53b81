"""What a service and the commands started beside it share in one folder: a database, an address, the sandbox."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from dzop.settings import Settings

__all__ = ["announced", "beside", "database", "remove_embedded", "sandbox_is_on"]

_SANDBOX_SIGN = "sandbox-is-on"
_ADDRESS = "address"


@contextmanager
def database(settings: Settings) -> Iterator[Settings]:
    """The settings with a database that is there and has the newest schema."""
    # Imported late: a command that only makes a token needs no database.
    from dzop.store.embedded import embedded
    from dzop.store.migrations import migrate

    # Told to stop, we leave this block and stop the database too; uvicorn sends itself the signal again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    source = nullcontext(settings.database_url) if settings.database_url else embedded(settings.var)
    with source as url:
        migrate(str(url))
        yield settings.model_copy(update={"database_url": url})


def remove_embedded(settings: Settings) -> None:
    """Removes the embedded database and all that is in it."""
    shutil.rmtree(settings.var / "postgres", ignore_errors=True)


@contextmanager
def announced(settings: Settings) -> Iterator[None]:
    """For the length of the block, files tell commands beside it where the service is and that the sandbox is on."""
    sign = settings.var / _SANDBOX_SIGN
    settings.var.mkdir(parents=True, exist_ok=True)
    (settings.var / _ADDRESS).write_text(settings.public_url)
    if settings.sandbox:
        sign.touch()
    try:
        yield
    finally:
        sign.unlink(missing_ok=True)


def beside(settings: Settings) -> Settings:
    """The settings with the address of the service in this folder, that runs or last ran; one that is set wins.

    References by URL to the service itself mean the same to it and to the commands only at the same address.
    """
    address = settings.var / _ADDRESS
    if settings.base_url is not None or not address.exists():
        return settings
    return settings.model_copy(update={"base_url": address.read_text()})


def sandbox_is_on(settings: Settings) -> bool:
    """By the settings, or because a service with the sandbox runs in this folder."""
    return settings.sandbox or (settings.var / _SANDBOX_SIGN).exists()
