"""What `dzop serve` and `dzop demo` do: a database, the demo data, and the server until it is told to stop."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime

import uvicorn
from rich.console import Console

from dzop import demo
from dzop.demo.people import PEOPLE
from dzop.loading import Loader, from_bytes
from dzop.operator import opened
from dzop.problems import Problem
from dzop.settings import Settings
from dzop.store.embedded import embedded
from dzop.store.migrations import migrate

_SANDBOX_SIGN = "sandbox-is-on"
_ADDRESS = "address"


@contextmanager
def database(settings: Settings) -> Iterator[Settings]:
    """The settings with a database that is there and has the newest schema."""
    # Told to stop, we leave this block and stop the database too; uvicorn sends itself the signal again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    source = nullcontext(settings.database_url) if settings.database_url else embedded(settings.var)
    with source as url:
        migrate(str(url))
        yield settings.model_copy(update={"database_url": url})


def run(settings: Settings) -> None:
    """Serves until told to stop; files tell the commands started beside it where, and that the sandbox is on."""
    sign = settings.var / _SANDBOX_SIGN
    settings.var.mkdir(parents=True, exist_ok=True)
    (settings.var / _ADDRESS).write_text(settings.public_url)
    if settings.sandbox:
        sign.touch()
    given = settings.model_dump(exclude_none=True).items()
    os.environ.update({f"DZOP_{name.upper()}": str(value) for name, value in given})
    try:
        uvicorn.run(
            "dzop.app:from_environment", factory=True, host=settings.host, port=settings.port,
            workers=settings.workers if settings.workers > 1 else None, log_level="warning", access_log=False,
            server_header=False, proxy_headers=False, timeout_graceful_shutdown=10,
        )  # fmt: skip
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


def remove_embedded(settings: Settings) -> None:
    """Removes the embedded database and all that is in it."""
    shutil.rmtree(settings.var / "postgres", ignore_errors=True)


async def load_demo(settings: Settings) -> None:
    """Loads the demo persons once; what was changed since stays changed."""
    async with opened(settings) as gateway:
        loader = Loader(gateway, datetime.now(UTC))
        if await loader.is_loaded("Patient", "jet-peeters"):
            return
        for document in demo.documents():
            for piece in from_bytes(document.name, document.read_bytes()):
                await loader.load(piece)
    if loader.report.faults:
        raise Problem(f"the demo data could not be loaded: {loader.report.faults[0]}")


def welcome(settings: Settings) -> None:
    """Says where the portal is and who can log in."""
    lines = [
        "", "dzop is ready.", "",
        f"  Portal   {settings.public_url}/portal/",
        f"  FHIR     {settings.fhir_base}",
        f"  Docs     {settings.public_url}/docs", "",
        "Who can log in (also `.venv/bin/dzop token --for REFERENCE`):", "",
        *(f"  {each.reference:45} {each.name}, {each.role['en']}" for each in PEOPLE), "",
        "Stop with Ctrl-C.",
    ]  # fmt: skip
    Console().print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
