"""Requests that are wrong in one way each, and what they must be told: in tables, asked of the running service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
from persons import Person
from serving import Service

from dzop.store.embedded import embedded

# What speaks of Python or of the database, and what no user sent.
_FOREIGN = (
    "Traceback",
    "Error(",
    "pydantic",
    "dzop/",
    ".py",
    "<class",
    "sqlalchemy",
    "asyncpg",
    "None",
    "dict",
)


@dataclass(frozen=True)
class Malformed:
    """A request, and the status, issue code and place it must be told.

    `{patient}`, `{mark}` and `{goal}` in the URL, a header and the body are those of the person asked about.
    `body` is sent as JSON unless it is text or bytes. `at` is the `expression` or `location` of the first issue.
    """

    request: str
    status: int
    code: str
    at: str | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    actor: str = "gp"

    def asked(self, person: Person) -> httpx.Response:
        """The answer to the request, about this person."""
        method, _, url = self.request.partition(" ")
        content = self.body if isinstance(self.body, bytes | str | None) else json.dumps(self.body)
        if isinstance(content, str):
            content = _filled(content, person).encode("utf-8", "surrogatepass")
        with person.client(self.actor) as client:
            headers = {name: _filled(value, person) for name, value in self.headers.items()}
            return client.request(
                method, person.server.fhir + _filled(url, person), content=content, headers=headers
            )


Told = tuple[int, str | None, str | None]


def told(answer: httpx.Response) -> Told:
    """(status, code, place) of the first issue of an answer."""
    body = answer.json() if answer.content else {}
    issue = (body.get("issue") or [{}])[0]
    places = issue.get("expression") or issue.get("location") or [None]
    return answer.status_code, issue.get("code"), places[0]


def foreign(answer: httpx.Response) -> list[str]:
    """The words in what is said that no user of FHIR should read."""
    body = answer.json() if answer.content else {}
    said = " ".join(issue.get("details", {}).get("text", "") for issue in body.get("issue", ()))
    return [word for word in _FOREIGN if word in said]


class Versions:
    """Counts all versions of all resources that a running service keeps, behind its back."""

    def __init__(self, runner: asyncio.Runner, connection: asyncpg.Connection) -> None:
        self._runner, self._connection = runner, connection

    def count(self) -> int:
        return int(self._runner.run(self._connection.fetchval("select count(*) from resource_version")))


@contextmanager
def versions_of(server: Service) -> Iterator[Versions]:
    """A connection to the database of the service."""
    with embedded(server.var) as url, asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url))
        try:
            yield Versions(runner, connection)
        finally:
            runner.run(connection.close())


def _filled(text: str, person: Person) -> str:
    names = {"patient": person.patient, "mark": person.mark, "goal": person.ref("Goal", "care")}
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text
