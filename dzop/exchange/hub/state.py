"""What the hub remembers: consents, relations, and nodes whose versions never change.

With a file, every change is one line there before it is answered, so a killed hub comes back whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from dzop.exchange.hub.errors import AlreadyRemoved, NoConsent, NoNode, NoRelation, Stale

__all__ = ["HubState", "Sender", "Version"]

NodeKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, each as `system|value`: an organisation, and for a person the professional."""

    organization: str
    professional: str | None = None

    @property
    def providers(self) -> Iterator[str]:
        """The numbers under which relations of this sender may be registered."""
        for identifier in filter(None, (self.organization, self.professional)):
            yield provider(identifier.rpartition("|")[2])


def provider(number: str) -> str:
    """The part of a number that stays: of a NIHDI the first 8 digits."""
    return number[:8] if len(number) == 11 else number


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a node; `body` is the resource exactly as sent, None when the node was removed."""

    ssin: str
    type: str
    node: str
    version: int
    sequence: int
    organization: str
    professional: str | None
    key: str
    digest: str
    body: str | None

    @property
    def uri(self) -> str:
        return f"/subject/{self.ssin}/{self.type}/{self.node}/{self.version}"

    def listing(self) -> dict[str, Any]:
        """All but the body, as it appears in lists and answers."""
        return {
            "uri": self.uri,
            "type": self.type,
            "node": self.node,
            "version": self.version,
            "sequence": self.sequence,
            "organization": self.organization,
            "professional": self.professional,
            "key": self.key,
            "digest": self.digest,
            "removed": self.body is None,
        }


class HubState:
    """The memory of one hub; every method is one step that happens whole or not at all."""

    def __init__(self) -> None:
        self._consents: set[str] = set()
        self._relations: set[tuple[str, str]] = set()
        self._nodes: dict[NodeKey, list[Version]] = {}
        self._answers: dict[tuple[str, str, str, str], Version] = {}
        self._sequence = 0
        self._log: IO[bytes] | None = None

    @classmethod
    def open(cls, path: Path) -> HubState:
        """The state kept in `path`, and kept there from now on; a half-written last line is cut off."""
        state = cls()
        known = path.read_bytes() if path.exists() else b""
        whole = known[: known.rfind(b"\n") + 1]
        for line in whole.splitlines():
            state._remember(json.loads(line))
        state._log = path.open("ab")
        state._log.truncate(len(whole))
        return state

    def close(self) -> None:
        """Let go of the file."""
        if self._log is not None:
            self._log.close()

    def consent(self, ssin: str, given: bool) -> None:
        """The subject gives or withdraws consent."""
        self._record({"consent": ssin, "given": given})

    def relation(self, ssin: str, number: str, given: bool) -> None:
        """A relation between the subject and a provider starts or ends."""
        self._record({"relation": ssin, "provider": provider(number), "given": given})

    def has_consent(self, ssin: str) -> bool:
        return ssin in self._consents

    def has_relation(self, ssin: str, number: str) -> bool:
        return (ssin, provider(number)) in self._relations

    def admit(self, ssin: str, sender: Sender) -> None:
        """Raise NoConsent or NoRelation when the sender may not come near the subject."""
        if ssin not in self._consents:
            raise NoConsent
        if not any((ssin, number) in self._relations for number in sender.providers):
            raise NoRelation

    def newest(self, ssin: str, type: str | None = None, since: int = 0) -> list[Version]:
        """The newest version of each node of the subject behind sequence `since`, oldest change first."""
        versions = (
            history[-1]
            for (owner, kind, _), history in self._nodes.items()
            if owner == ssin and type in (None, kind) and history[-1].sequence > since
        )
        return sorted(versions, key=lambda version: version.sequence)

    def get(self, key: NodeKey, version: int | None = None) -> Version:
        """One version, or the newest; raises NoNode, also when it is one that removed the node."""
        history = self._nodes.get(key, [])
        number = len(history) if version is None else version
        if not 1 <= number <= len(history) or history[number - 1].body is None:
            raise NoNode
        return history[number - 1]

    def create(self, ssin: str, type: str, sender: Sender, body: bytes, key: str | None) -> Version:
        """Version 1 of a new node; a repeated key (or, without keys, content) gives the first one again.

        Unless that node was removed since.
        """
        digest = _digest(body)
        return self._put((ssin, type, ""), 0, sender, body, key or f"{digest}@", digest)

    def update(
        self, node: NodeKey, read: int, sender: Sender, body: bytes | None, key: str | None
    ) -> Version:
        """The version behind `read`, without a body the removal; raises NoNode, Stale, AlreadyRemoved."""
        digest = _digest(body or b"")
        return self._put(node, read, sender, body, key or f"{digest}@{node[2]}/{read}", digest)

    def _put(
        self, node: NodeKey, read: int, sender: Sender, body: bytes | None, key: str, digest: str
    ) -> Version:
        ssin, type, id = node
        answered = self._answers.get((ssin, type, sender.organization, key))
        if answered is not None and (id or self._is_alive(answered)):
            return answered
        if id:
            self._refuse_change(node, read, removes=body is None)
        version = Version(
            ssin=ssin,
            type=type,
            node=id or str(len(self._nodes) + 1),
            version=read + 1,
            sequence=self._sequence + 1,
            organization=sender.organization,
            professional=sender.professional,
            key=key,
            digest=digest,
            body=None if body is None else body.decode(),
        )
        self._record({"version": asdict(version)})
        return version

    def _is_alive(self, version: Version) -> bool:
        return self._nodes[version.ssin, version.type, version.node][-1].body is not None

    def _refuse_change(self, node: NodeKey, read: int, *, removes: bool) -> None:
        history = self._nodes.get(node)
        if history is None:
            raise NoNode
        if history[-1].body is None:
            raise AlreadyRemoved if removes else NoNode
        if history[-1].version != read:
            raise Stale(current=history[-1].version)

    def _record(self, record: dict[str, Any]) -> None:
        if self._log is not None:
            self._log.write(json.dumps(record).encode() + b"\n")
            self._log.flush()
        self._remember(record)

    def _remember(self, record: dict[str, Any]) -> None:
        if "version" in record:
            self._keep(Version(**record["version"]))
        elif "consent" in record:
            _switch(self._consents, record["consent"], record["given"])
        else:
            _switch(self._relations, (record["relation"], record["provider"]), record["given"])

    def _keep(self, version: Version) -> None:
        self._nodes.setdefault((version.ssin, version.type, version.node), []).append(version)
        self._answers[version.ssin, version.type, version.organization, version.key] = version
        self._sequence = version.sequence


def _switch(members: set[Any], member: Any, present: bool) -> None:
    if present:
        members.add(member)
    else:
        members.discard(member)


def _digest(body: bytes) -> str:
    return f"sha-256={hashlib.sha256(body).hexdigest()}"
