"""A hub over HTTP that can go down and come up again, and the partners file of who exchanges with it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import uvicorn
from serving import eventually, free_port
from starlette.types import ASGIApp, Receive, Scope, Send

from dzop.exchange.hub import HubState, hub_app
from dzop.exchange.hub.state import Sender
from tests.exchange.fakes import NIHDI, OURS, THEIRS

PARTNERS = """
[hub]
mode = "node"
url = "http://127.0.0.1:{port}"
sender = "{sender}"
organization = "Organization/hub"
types = ["Goal", "CareTeam", "CarePlan", "Task"]
timeout = 1.0
poll = 0.5
"""


class Hub:
    """A hub that can go down and come up again with its nodes."""

    def __init__(self) -> None:
        self.state = HubState()
        self.port = free_port()
        self.app = hub_app(self.state)
        self.wrapped: ASGIApp = self.app

    def up(self) -> None:
        config = uvicorn.Config(
            self._serve, port=self.port, interface="asgi3", log_level="error", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        eventually(lambda: self._server.started)

    def down(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def partners(self, folder: Path) -> Path:
        """The file, in `folder`, by which a service exchanges with this hub."""
        file = folder / "partners.toml"
        file.write_text(PARTNERS.format(port=self.port, sender=OURS))
        return file

    def knows(self, ssin: str) -> None:
        """From now on this person consents at the hub, and both sides have a relation with them."""
        self.state.consent(ssin, given=True)
        for number in (OURS, THEIRS):
            self.state.relation(ssin, number.rpartition("|")[2], given=True)

    def goals(self, ssin: str) -> list[dict[str, Any]]:
        """The content of the goals there, in the order of their last change."""
        return [json.loads(each.body or "{}") for each in self.state.newest(ssin, "Goal")]

    def has(self, ssin: str, *texts: str) -> bool:
        """Whether these are the texts of the goals there, in the order of their last change."""
        return [each.get("description", {}).get("text") for each in self.goals(ssin)] == list(texts)

    def changed(self, ssin: str, professional: str, **elements: Any) -> None:
        """Somebody with this number changes, in another system, elements of the only goal there."""
        (there,) = self.state.newest(ssin, "Goal")
        body = json.dumps({**json.loads(there.body or "{}"), **elements}).encode()
        by = Sender(THEIRS, f"{NIHDI}|{professional}")
        self.state.update((ssin, "Goal", there.node), there.version, by, body, None)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.wrapped(scope, receive, send)
