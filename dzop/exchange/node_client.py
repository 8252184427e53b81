"""The node protocol from our side: every answer, and the lack of one, is a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx
import stamina

from dzop.exchange.node import Node

__all__ = [
    "Accepted", "Changes", "Denied", "Fetched", "HubVersion", "NodeClient", "Stale", "Unavailable",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Accepted:
    """The hub has it. `digest` is of what it keeps, which after a repeated put may be older content."""

    node: Node
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody put a newer version since: `current`."""

    current: int


@dataclass(frozen=True, slots=True)
class Denied:
    """The hub says no, and saying it again would not help."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No answer that can be relied on: it may have been done or not. `retry_after` is seconds."""

    reason: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class HubVersion:
    """One version at the hub, without content; `key` is what its sender put it under."""

    node: Node
    version: int
    sequence: int
    organization: str
    professional: str | None
    key: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """The newest version of each node behind a sequence, oldest first, and the sequence reached."""

    sequence: int
    versions: tuple[HubVersion, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A version with its content, exactly as the hub keeps it."""

    version: HubVersion
    body: bytes


class NodeClient:
    """Speaks with one hub. Reads are tried three times; a put is not.

    Whoever puts must first ask the law again, so sending again is up to the caller.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    @classmethod
    def to(
        cls, url: str, sender: str, timeout: float, transport: httpx.AsyncBaseTransport | None = None
    ) -> Self:
        """A client of the hub at `url` as `sender` (`system|value`); `timeout` in seconds."""
        headers = {"Hub-Organization": sender}
        return cls(httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout, transport=transport))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def create(self, ssin: str, type: str, body: bytes, key: str) -> Accepted | Denied | Unavailable:
        """Put a new node."""
        answer = await self._put(f"/subject/{ssin}/{type}", body, key)
        if isinstance(answer, Stale):
            return Unavailable("a new node was answered as stale")
        if isinstance(answer, Accepted) and (answer.node.ssin, answer.node.type) != (ssin, type):
            return Unavailable("the new node is about somebody or something else")
        return answer

    async def update(
        self, node: Node, read: int, body: bytes, key: str
    ) -> Accepted | Stale | Denied | Unavailable:
        """Put the version behind `read`."""
        return await self._put(node.version(read), body, key)

    async def remove(self, node: Node, read: int, key: str) -> Accepted | Stale | Denied | Unavailable:
        """Remove the node, having read that version."""
        return await self._change("DELETE", node.version(read), b"", key)

    async def changes(self, ssin: str, since: int) -> Changes | Denied | Unavailable:
        """What is new of a person behind the sequence `since`."""
        answer = await self._get(f"/subject/{ssin}", {"since": since})
        if not isinstance(answer, httpx.Response):
            return answer
        try:
            told = answer.json()
            changes = Changes(int(told["sequence"]), tuple(map(_listed, told["nodes"])))
        except (ValueError, KeyError, TypeError, RecursionError):
            return Unavailable("the list of changes cannot be read")
        if any(version.node.ssin != ssin for version in changes.versions):
            return Unavailable("the list of changes names somebody else")
        return changes

    async def get(self, node: Node, version: int) -> Fetched | Denied | Unavailable:
        """One version of a node."""
        answer = await self._get(node.version(version), {})
        if not isinstance(answer, httpx.Response):
            return answer
        try:
            told = HubVersion(
                node=node,
                version=version,
                sequence=int(answer.headers["Hub-Sequence"]),
                organization=answer.headers["Hub-Organization"],
                professional=answer.headers.get("Hub-Professional"),
                key=answer.headers["Hub-Key"],
            )
        except (KeyError, ValueError):
            return Unavailable("a version came without its headers")
        return Fetched(told, answer.content)

    async def _put(self, uri: str, body: bytes, key: str) -> Accepted | Stale | Denied | Unavailable:
        return await self._change("PUT", uri, body, key)

    async def _change(
        self, method: str, uri: str, body: bytes, key: str
    ) -> Accepted | Stale | Denied | Unavailable:
        headers = {"Content-Type": "application/fhir+json", "Idempotency-Key": key}
        try:
            response = await self._http.request(method, uri, content=body, headers=headers)
        except httpx.HTTPError as error:
            return _silent(error)
        if not response.is_success:
            return _negative(response)
        try:
            told = response.json()
            node = _node(told)
            return Accepted(node, int(told["version"]), str(told["digest"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            return Unavailable("the answer to a put cannot be read")

    async def _get(self, uri: str, params: Mapping[str, int]) -> httpx.Response | Denied | Unavailable:
        try:
            async for attempt in stamina.retry_context(on=_Silence, attempts=3, wait_max=1.0):
                with attempt:
                    return await self._read(uri, params)
        except _Silence as silence:
            return silence.answer
        raise AssertionError("the last attempt neither returned nor raised")

    async def _read(self, uri: str, params: Mapping[str, int]) -> httpx.Response | Denied:
        try:
            response = await self._http.get(uri, params=dict(params))
        except httpx.HTTPError as error:
            raise _Silence(_silent(error)) from None
        answer = None if response.is_success else _negative(response)
        if isinstance(answer, Denied):
            return answer
        if answer is not None:
            raise _Silence(answer if isinstance(answer, Unavailable) else Unavailable("a read was stale"))
        return response


class _Silence(Exception):
    """No answer to a read; retries are logged with what is raised, so it names no address."""

    def __init__(self, answer: Unavailable) -> None:
        super().__init__(answer)
        self.answer = answer


# Our certificate or token, our address, our pace: nothing that is wrong with what is sent.
_NOT_ABOUT_CONTENT = (401, 407, 408, 425, 429)
# What a proxy before the hub may say of a body, without the hub's own code.
_ABOUT_CONTENT = (413, 415, 422)


def _silent(error: httpx.HTTPError) -> Unavailable:
    return Unavailable(type(error).__name__)


def _negative(response: httpx.Response) -> Stale | Denied | Unavailable:
    if response.is_server_error or response.is_redirect or response.status_code in _NOT_ABOUT_CONTENT:
        return Unavailable(f"HTTP {response.status_code}", _retry_after(response))
    try:
        told = response.json()
        if response.status_code == 409 and "current" in told:
            return Stale(int(told["current"]))
        return Denied(int(told["code"]), str(told["text"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        if response.status_code in _ABOUT_CONTENT:
            return Denied(response.status_code, "The hub does not take this content.")
        return Unavailable(f"HTTP {response.status_code} without a readable body")


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


def _listed(told: Mapping[str, Any]) -> HubVersion:
    professional = told["professional"]
    return HubVersion(
        node=_node(told),
        version=int(told["version"]),
        sequence=int(told["sequence"]),
        organization=str(told["organization"]),
        professional=None if professional is None else str(professional),
        key=str(told["key"]),
        removed=bool(told["removed"]),
    )


def _node(told: Mapping[str, Any]) -> Node:
    node = Node.read(told["uri"])
    if node is None:
        raise ValueError("no node")
    return node
