"""The hub as a server of its own, for `dzop hub`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import uvicorn

from dzop.exchange.hub.app import hub_app
from dzop.exchange.hub.faults import Faults
from dzop.exchange.hub.state import HubState

__all__ = ["serve_hub"]


def serve_hub(port: int, faults: Faults, state: Path | None, host: str = "127.0.0.1") -> None:
    """Serve until SIGTERM or SIGINT; with a `state` file the nodes outlive the process."""
    memory = HubState() if state is None else HubState.open(state)
    # uvicorn raises the signal again when it is done; to be told to stop is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        uvicorn.run(hub_app(memory, faults), host=host, port=port, log_level="warning")
    finally:
        memory.close()
