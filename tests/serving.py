"""A dzop of our own: started as a user starts it, asked over HTTP, stopped when the tests are done."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import httpx
import uvicorn

from dzop.app import application
from dzop.auth.keys import signing_key
from dzop.auth.tokens import issue
from dzop.serving import proxying
from dzop.settings import Settings

Found = TypeVar("Found")
PROJECT = str(Path(__file__).parents[1])
EVERYTHING = "user/*.cruds patient/*.cruds"
# Made once: it takes longer than a request.
TLS = ssl.create_default_context()
EVERYTHING_BY_ITSELF = "system/*.cruds"


def everything_for(reference: str) -> str:
    """The widest scopes: software acts by itself, everybody else as a user."""
    by_itself = reference == "system" or reference.startswith("Organization/")
    return EVERYTHING_BY_ITSELF if by_itself else EVERYTHING


def eventually(look: Callable[[], Found | None], within: float = 30) -> Found:
    """What `look` finds, asked again and again until it finds something or the time is up."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing was found within {within} seconds")


@dataclass(frozen=True)
class Service:
    """A service that answers: `url` is its root, `fhir` its FHIR base, `var` its folder, `now` its clock."""

    url: str
    var: Path
    transport: httpx.BaseTransport = field(
        default_factory=lambda: httpx.HTTPTransport(verify=TLS), repr=False
    )
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)

    @property
    def fhir(self) -> str:
        return f"{self.url}/fhir"

    def token(
        self,
        reference: str,
        *,
        role: str | None = None,
        scope: str | None = None,
        patient: str | None = None,
        ttl: int = 3600,
    ) -> str:
        """A bearer token, as `dzop token` makes them."""
        settings = Settings()
        return issue(
            signing_key(self.var / "keys"),
            issuer=settings.issuer,
            audience=settings.audience,
            subject=reference,
            scope=scope or everything_for(reference),
            role=role,
            patient=patient,
            ttl=ttl,
            now=self.now(),
            client_id="tests",
        )

    def client(self, reference: str, **options: Any) -> httpx.Client:
        """An HTTP client of the FHIR base in the name of `reference`; `options` are those of the token."""
        return httpx.Client(
            base_url=self.fhir,
            headers={
                "Content-Type": "application/fhir+json",
                "Authorization": f"Bearer {self.token(reference, **options)}",
            },
            transport=self.transport,
            timeout=30,
        )


@dataclass(frozen=True)
class Server(Service):
    """A service in a process of its own."""

    process: subprocess.Popen[bytes] = field(kw_only=True, repr=False)

    @property
    def log(self) -> str:
        """What the process has written so far, tracebacks included."""
        return (self.var.parent / "server.log").read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**given: str) -> dict[str, str]:
    """The environment without settings of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DZOP_")} | given


def launched(folder: Path, *arguments: str, **settings: str) -> Server:
    """`dzop ARGUMENTS` in `folder`, when it is ready."""
    port = free_port()
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dzop", *arguments, "--port", str(port)],
            cwd=folder,
            env=environment(PYTHONPATH=PROJECT, **settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    server = Server(f"http://127.0.0.1:{port}", folder / "var", process=process)

    def ready() -> bool:
        if process.poll() is not None:
            raise AssertionError(f"the service ended at once:\n{server.log}")
        try:
            return httpx.get(f"{server.url}/health/ready", verify=TLS).is_success
        except httpx.TransportError:
            return False

    try:
        eventually(ready, within=180)
    except BaseException:
        process.kill()
        raise
    return server


def stopped(server: Server) -> int:
    """Asks the service to stop; its exit code."""
    server.process.send_signal(signal.SIGTERM)
    try:
        return server.process.wait(20)
    except subprocess.TimeoutExpired:
        server.process.kill()
        return server.process.wait()


@contextmanager
def serving(folder: Path, *arguments: str, **settings: str) -> Iterator[Server]:
    """`dzop ARGUMENTS` in `folder` for the length of the block; its database ends with it."""
    server = launched(folder, *arguments, **settings)
    try:
        yield server
    finally:
        stopped(server)


def ran(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What `dzop ARGUMENTS` does in `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "dzop", *arguments],
        cwd=folder,
        env=environment(PYTHONPATH=PROJECT, COLUMNS="200", **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.instant = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.instant


@contextmanager
def in_process(
    database: str, folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC), **given: Any
) -> Iterator[Service]:
    """The application on this database, in a thread of this process, with a clock and settings of one's own."""
    usual = {"sandbox": True, "client_ids": "any", "pool_size": 2, "port": free_port()}
    settings = Settings(database_url=database, var=folder, **{**usual, **given})
    app, heard = application(settings, clock), proxying(settings)
    config = uvicorn.Config(app, port=settings.port, log_level="warning", **heard)
    answering = uvicorn.Server(config)
    thread = Thread(target=answering.run)
    thread.start()
    try:
        eventually(lambda: answering.started or not thread.is_alive())
        yield Service(settings.public_url, folder, now=clock)
    finally:
        answering.should_exit = True
        thread.join()
