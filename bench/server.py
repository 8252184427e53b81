"""A service of its own for the benchmark: one worker, the embedded database and the demo data in a temporary folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import httpx

_READY_WITHIN = 60


@dataclass(frozen=True, slots=True)
class Server:
    """Where the service listens, its process, and the folder it runs in."""

    port: int
    pid: int
    folder: Path

    def token(self, reference: str) -> str:
        return _dzop(self.folder, "token", "--for", reference).strip()

    def client(self, reference: str) -> httpx.Client:
        """A client with the token of this actor, on the FHIR base."""
        headers = {
            "Authorization": f"Bearer {self.token(reference)}",
            "Content-Type": "application/fhir+json",
        }
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/fhir", headers=headers, timeout=30)

    def cpu_seconds(self) -> float:
        """Processor time the worker has used so far."""
        user, system = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def resident_megabytes(self) -> float:
        """Memory of the worker that is in use, without that of the database."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextmanager
def running() -> Iterator[Server]:
    """The service with the demo data, stopped and removed afterwards."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="dzop-bench-") as name:
        folder = Path(name)
        # Under root the embedded database runs as `nobody`, who must be able to get there.
        folder.chmod(0o755)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*_COMMAND, "serve", "--port", str(port)],
                cwd=folder,
                env=environment(),
                stdout=log,
                stderr=log,
            )
            try:
                wait_until_ready(port, process, folder / "log")
                _dzop(folder, "load", "--as-system", str(files("dzop.demo").joinpath("data")))
                yield Server(port, process.pid, folder)
            finally:
                process.terminate()
                process.wait(timeout=30)


_COMMAND = [sys.executable, "-m", "dzop"]


def environment() -> dict[str, str]:
    """Settings of the benchmark alone, none of whoever runs it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("DZOP_")}
    here = str(Path(__file__).resolve().parent.parent)
    return own | {"DZOP_SANDBOX": "1", "DZOP_CLIENT_IDS": "any", "PYTHONPATH": here}


def _dzop(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [*_COMMAND, *arguments], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"`dzop {arguments[0]}` failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when the service answers; ends the benchmark with what its log says when it does not."""
    until = time.monotonic() + _READY_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit(f"the service did not start: {log.read_text()[-500:]}")


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
