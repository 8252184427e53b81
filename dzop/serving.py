"""What `dzop serve` and `dzop demo` do: the demo data, and the server until it is told to stop."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import uvicorn
from rich.console import Console

from dzop import demo
from dzop.demo.people import PEOPLE
from dzop.here import announced
from dzop.loading import Loader, from_bytes
from dzop.operator import opened
from dzop.problems import Problem
from dzop.settings import Settings


def run(settings: Settings) -> None:
    """Serves until told to stop."""
    given = settings.model_dump(exclude_none=True).items()
    os.environ.update({f"DZOP_{name.upper()}": str(value) for name, value in given})
    with announced(settings):
        uvicorn.run(
            "dzop.app:from_environment", factory=True, host=settings.host, port=settings.port,
            workers=settings.workers if settings.workers > 1 else None, log_level="warning", access_log=False,
            server_header=False, timeout_graceful_shutdown=10, **proxying(settings),
        )  # fmt: skip


def proxying(settings: Settings) -> dict[str, Any]:
    """Whose word about the client's address uvicorn takes: that of the proxies that are trusted, or nobody's."""
    trusted = settings.trusted_proxies
    return {"proxy_headers": bool(trusted), "forwarded_allow_ips": trusted or ""}


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
