"""The two seams of the exchange: the outbox it works off, and the plans it reads and changes.

Both are kept by the store behind the gateway; what they promise is said here, because order, nothing
lost and nothing doubled hang on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from dzop.exchange.logical import Identifier, Logical
from dzop.exchange.node import Node

__all__ = [
    "Applied", "Change", "Conflict", "Content", "Deleted", "Entry", "Incident", "Lane", "Merged", "Outbox", "Outcome",
    "Placement", "Plans", "Readable", "Refused", "Withheld",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lane:
    """All exchange of one person with one partner; leased whole, so only one worker is in it.

    `person` is the literal of the Patient, `since` the hub sequence pulled up to, `failures` the passes
    in a row that got no answer, `lease` a number that grows with every lease of the lane.
    """

    partner: str
    person: str
    ssin: str | None
    since: int = 0
    failures: int = 0
    lease: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource of which the partner lacks `version` (the newest written); a deletion is a version too."""

    reference: str
    version: int


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a resource is at the hub, and which local version the hub's version equals (0: unknown).

    `unplaced` are the references that left by URL because their targets had no node yet.
    """

    reference: str
    node: Node
    hub_version: int
    version: int
    unplaced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Content:
    """The current version, as the partner may read it at this moment: served JSON."""

    version: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Deleted:
    """The current version is a deletion, and the partner may know."""

    version: int


@dataclass(frozen=True, slots=True)
class Withheld:
    """The law or the person does not let this resource leave now; `reason` names no content."""

    reason: str


Readable = Content | Deleted | Withheld


@dataclass(frozen=True, slots=True)
class Change:
    """A version that somebody else put at the hub; `body` exactly as there, None when it was removed.

    `reference` and `base` are the resource and its version that the change was made on, None and 0 for a
    new one. `organization` and `professional` (`system|value`) are whom the hub certifies as sender.
    """

    node: Node
    hub_version: int
    sequence: int
    organization: str
    professional: str | None
    body: bytes | None
    reference: str | None = None
    base: int = 0


@dataclass(frozen=True, slots=True)
class Applied:
    """The change is now a version here."""

    reference: str
    version: int


@dataclass(frozen=True, slots=True)
class Merged:
    """The resource went on here since, and nothing contradicts: a version here has both, which the hub lacks."""

    reference: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The resource went on here since, and the two contradict, or what they were made of cannot be compared."""

    version: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The law, a plan rule or validation says no; `reason` is one sentence."""

    reason: str


Outcome = Applied | Merged | Conflict | Refused
Incident = Literal["conflict", "refused", "removed", "malformed"]


class Outbox(Protocol):
    """What is due for one partner, and what both sides last agreed on."""

    async def claim(self, now: datetime, lease: timedelta) -> Lane | None:
        """Lease the next lane with something to send, or whose lease ran out; None when there is none.

        What is written while the lane is leased makes it due again after its release.
        """

    async def follow(self, now: datetime, lease: timedelta) -> Lane | None:
        """Lease the next lane that is to be pulled by now; None when there is none.

        Persons whom the partner may not exchange with at this moment are passed over.
        """

    async def renew(self, lane: Lane, until: datetime) -> bool:
        """Prolong the lease; False when it ran out and somebody else has the lane."""

    async def release(self, lane: Lane, due: datetime | None, *, failed: bool) -> None:
        """End the lease if it is still ours; `due` never delays what was written since the claim."""

    async def entries(self, lane: Lane) -> Sequence[Entry]:
        """The due entries in the order in which the resources were first written since last sent."""

    async def placements(self, lane: Lane) -> Sequence[Placement]:
        """Every resource of the person that is at the hub."""

    async def sent(self, lane: Lane, placement: Placement) -> None:
        """Keep the placement and, in the same transaction, clear the entry up to `placement.version`."""

    async def removed(self, lane: Lane, entry: Entry) -> None:
        """Forget the placement and clear the entry up to its version, in one transaction."""

    async def withhold(self, lane: Lane, entry: Entry, reason: str, code: int | None) -> None:
        """Set the entry aside until the person's facts change, a newer version is written, or a retry."""

    async def quarantine(self, lane: Lane, entry: Entry, reason: str, code: int | None) -> None:
        """Set the entry aside until a newer version is written or somebody retries it."""

    async def keep(self, lane: Lane, change: Change, incident: Incident, reason: str) -> bool:
        """Keep a change that could not be applied, whole; False when it was kept already."""

    async def pulled(self, lane: Lane, since: int, again: datetime) -> None:
        """The hub's changes up to `since` are dealt with; ask again at `again`."""

    async def wait(self, until: datetime) -> None:
        """Return when something became due, at the latest at `until`; may return early."""


class Plans(Protocol):
    """The person's plan, through the law, with the partner as actor."""

    async def read(self, lane: Lane, reference: str) -> Readable:
        """The resource as the partner may read it at this moment, audited as a disclosure."""

    async def identifiers(self, lane: Lane, literals: Collection[str]) -> Mapping[str, Identifier]:
        """The business identifier of each literal that has one: SSIN of the person, NIHDI, CBE.

        A professional's SSIN does not leave.
        """

    async def literals(self, lane: Lane, logicals: Collection[Logical]) -> Mapping[Logical, str]:
        """Whom of the directory, or of the person's own compartment, each logical reference means."""

    async def apply(self, lane: Lane, change: Change, resource: bytes) -> Outcome:
        """Write the change as the partner; an id in `resource` is ours, without one it is a creation.

        One transaction: compare `change.base` with the current version, decide, write, and keep the
        Placement (`change.node`, `change.hub_version`, the new version). A change the hub tells twice
        is thereby applied once. What went on here since is merged with it where nothing contradicts; its
        Placement has version 0, so that both changes leave for the hub.
        """

    async def tell(self, lane: Lane, change: Change) -> None:
        """Let those who coordinate the plan know that the change contradicts one made here."""
