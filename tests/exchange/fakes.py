"""A store in memory that keeps the promises of `dzop.exchange.ports`, and the hub beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from dzop.exchange.adapter import Adapter
from dzop.exchange.hub import Faults, HubState, hub_app
from dzop.exchange.hub.state import Sender
from dzop.exchange.logical import SSIN, Identifier, Logical
from dzop.exchange.node_client import NodeClient
from dzop.exchange.partners import Partner
from dzop.exchange.ports import (
    Applied,
    Change,
    Conflict,
    Content,
    Deleted,
    Entry,
    Incident,
    Lane,
    Outcome,
    Placement,
    Readable,
    Refused,
    Withheld,
)

BASE = "https://dzop.example/fhir"
CBE = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/cbe"
NIHDI = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi"
OURS = f"{CBE}|0999999922"
THEIRS = f"{NIHDI}|19999816004"
MARIA, JAN = "46010599819", "12123199787"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

VITALINK = Partner(
    name="vitalink",
    mode="node",
    url="http://hub",
    sender=OURS,
    organization="Organization/vitalink",
    types=("Goal", "CareTeam", "CarePlan", "Task"),
)


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass
class HeldLane:
    lane: Lane
    due: datetime | None = None
    leased_until: datetime | None = None
    pull_at: datetime = LONG_AGO


@dataclass
class HeldEntry:
    entry: Entry
    state: str = "due"
    reason: str | None = None
    code: int | None = None


@dataclass
class Store:
    """Outbox and plans of one partner."""

    clock: Clock
    lanes: dict[str, HeldLane] = field(default_factory=dict)
    outbox: dict[str, dict[str, HeldEntry]] = field(default_factory=dict)
    versions: dict[str, list[dict[str, Any] | None]] = field(default_factory=dict)
    persons: dict[str, str] = field(default_factory=dict)
    placed: dict[str, dict[str, Placement]] = field(default_factory=dict)
    kept: list[tuple[Change, Incident, str]] = field(default_factory=list)
    told: list[str | None] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    refusal: str | None = None
    directory: dict[str, Identifier] = field(default_factory=dict)
    disclosed: list[str] = field(default_factory=list)
    something_due: asyncio.Event = field(default_factory=asyncio.Event)
    waited_for: asyncio.Event = field(default_factory=asyncio.Event)
    breaks: int = 0

    # what the rest of dzop does

    def enrol(self, person: str, ssin: str | None) -> None:
        self.lanes[person] = HeldLane(Lane("vitalink", person, ssin))
        if ssin is not None:
            self.directory[person] = Identifier(SSIN, ssin)

    def write(self, person: str, resource: dict[str, Any] | None, reference: str = "") -> str:
        """A new version, or a deletion of `reference`, with its outbox entry, in one step."""
        reference = reference or f"{(resource or {})['resourceType']}/{(resource or {})['id']}"
        self._version(person, reference, resource)
        entry = Entry(reference, len(self.versions[reference]))
        entries = self.outbox.setdefault(person, {})
        entries[reference] = HeldEntry(entry)
        self._make_due(person)
        return reference

    def facts_changed(self, person: str) -> None:
        for held in self.outbox.get(person, {}).values():
            if held.state == "withheld":
                held.state = "due"
        self._make_due(person)

    def waiting(self, person: str) -> dict[str, tuple[str, int | None]]:
        return {reference: (held.state, held.code) for reference, held in self.outbox.get(person, {}).items()}

    # Outbox

    async def claim(self, now: datetime, lease: timedelta) -> Lane | None:
        if self.breaks:
            self.breaks -= 1
            raise ConnectionError
        for held in self.lanes.values():
            ran_out = held.leased_until is not None and held.leased_until <= now
            is_due = held.due is not None and held.due <= now
            if ran_out or (held.leased_until is None and is_due):
                held.leased_until, held.due = now + lease, None
                held.lane = replace(held.lane, lease=held.lane.lease + 1)
                return held.lane
        return None

    async def follow(self, now: datetime, lease: timedelta) -> Lane | None:
        for held in self.lanes.values():
            ran_out = held.leased_until is not None and held.leased_until <= now
            if held.pull_at <= now and (held.leased_until is None or ran_out):
                held.leased_until, held.due = now + lease, now if ran_out else held.due
                held.lane = replace(held.lane, lease=held.lane.lease + 1)
                return held.lane
        return None

    async def renew(self, lane: Lane, until: datetime) -> bool:
        held = self.lanes[lane.person]
        if held.lane.lease != lane.lease:
            return False
        held.leased_until = until
        return True

    async def release(self, lane: Lane, due: datetime | None, *, failed: bool) -> None:
        held = self.lanes[lane.person]
        if held.lane.lease != lane.lease:
            return
        held.leased_until = None
        held.due = min(filter(None, (held.due, due)), default=None)
        held.lane = replace(held.lane, failures=held.lane.failures + 1 if failed else 0)

    async def entries(self, lane: Lane) -> Sequence[Entry]:
        held = self.outbox.get(lane.person, {}).values()
        return [one.entry for one in held if one.state == "due"]

    async def placements(self, lane: Lane) -> Sequence[Placement]:
        return list(self.placed.get(lane.person, {}).values())

    async def sent(self, lane: Lane, placement: Placement) -> None:
        self.placed.setdefault(lane.person, {})[placement.reference] = placement
        self._clear(lane, placement.reference, placement.version)

    async def removed(self, lane: Lane, entry: Entry) -> None:
        self.placed.get(lane.person, {}).pop(entry.reference, None)
        self._clear(lane, entry.reference, entry.version)

    async def withhold(self, lane: Lane, entry: Entry, reason: str, code: int | None) -> None:
        self._set_aside(lane, entry, "withheld", reason, code)

    async def quarantine(self, lane: Lane, entry: Entry, reason: str, code: int | None) -> None:
        self._set_aside(lane, entry, "quarantined", reason, code)

    async def keep(self, lane: Lane, change: Change, incident: Incident, reason: str) -> bool:
        known = {(kept.node, kept.hub_version) for kept, _, _ in self.kept}
        is_new = (change.node, change.hub_version) not in known
        if is_new:
            self.kept.append((change, incident, reason))
        return is_new

    async def pulled(self, lane: Lane, since: int, again: datetime) -> None:
        held = self.lanes[lane.person]
        held.lane, held.pull_at = replace(held.lane, since=since), again

    async def wait(self, until: datetime) -> None:
        self.waited_for.set()
        await self.something_due.wait()
        self.something_due.clear()

    # Plans

    async def read(self, lane: Lane, reference: str) -> Readable:
        if reference in self.hidden or lane.person in self.hidden:
            return Withheld("The person does not share this with the partner.")
        history = self.versions[reference]
        self.disclosed.append(reference)
        if history[-1] is None:
            return Deleted(len(history))
        meta = {"versionId": str(len(history)), "lastUpdated": "2026-03-02T09:00:00Z"}
        return Content(len(history), json.dumps({**history[-1], "meta": meta}).encode())

    async def identifiers(self, lane: Lane, literals: Collection[str]) -> Mapping[str, Identifier]:
        return {literal: self.directory[literal] for literal in literals if literal in self.directory}

    async def literals(self, lane: Lane, logicals: Collection[Logical]) -> Mapping[Logical, str]:
        return {
            logical: literal
            for logical in logicals
            for literal, identifier in self.directory.items()
            if identifier == logical.identifier and logical.type in (None, literal.partition("/")[0])
        }

    async def tell(self, lane: Lane, change: Change) -> None:
        self.told.append(change.reference)

    async def apply(self, lane: Lane, change: Change, resource: bytes) -> Outcome:
        if self.refusal is not None:
            return Refused(self.refusal)
        value = json.loads(resource)
        reference = change.reference or f"{value['resourceType']}/from-hub-{change.node.id}"
        current = len(self.versions.get(reference, []))
        if current != change.base:
            return Conflict(current)
        self._version(lane.person, reference, {**value, "id": reference.partition("/")[2]})
        placement = Placement(reference, change.node, change.hub_version, current + 1)
        self.placed.setdefault(lane.person, {})[reference] = placement
        return Applied(reference, current + 1)

    # inside

    def _version(self, person: str, reference: str, resource: dict[str, Any] | None) -> None:
        self.versions.setdefault(reference, []).append(resource)
        self.persons[reference] = person

    def _make_due(self, person: str) -> None:
        held = self.lanes[person]
        held.due = min(filter(None, (held.due, self.clock.now)))
        self.something_due.set()

    def _clear(self, lane: Lane, reference: str, version: int) -> None:
        held = self.outbox.get(lane.person, {}).get(reference)
        if held is not None and held.entry.version <= version:
            del self.outbox[lane.person][reference]

    def _set_aside(self, lane: Lane, entry: Entry, state: str, reason: str, code: int | None) -> None:
        held = self.outbox.get(lane.person, {}).get(entry.reference)
        if held is not None and held.entry.version == entry.version:
            held.state, held.reason, held.code = state, reason, code


class Killed(BaseException):
    """The process ends here."""


@dataclass
class World:
    """Our side, the hub, and GP software that works at the hub."""

    clock: Clock = field(default_factory=Clock)
    hub: HubState = field(default_factory=HubState)
    kill_before: Callable[[httpx.Request], bool] = lambda _: False
    kill_after: Callable[[httpx.Request], bool] = lambda _: False

    def __post_init__(self) -> None:
        self.store = Store(self.clock)
        self.app = hub_app(self.hub)
        self.requests: list[tuple[str, str]] = []
        self.store.enrol("Patient/maria", MARIA)
        for number in ("0999999922", "19999816004"):
            self.hub.consent(MARIA, given=True)
            self.hub.relation(MARIA, number, given=True)

    def faults(self, spec: str) -> None:
        self.app.state.faults = Faults.read(spec)

    def adapter(self) -> Adapter:
        """A new one, as after a start of the process."""
        client = NodeClient.to(VITALINK.url, OURS, 5, _Wire(self))
        return Adapter(VITALINK, client, self.store, self.store, self.clock, BASE)

    def notify_hub(self) -> asyncio.Event:
        """Set when the hub has answered a put."""
        arrived = asyncio.Event()

        def put(request: httpx.Request) -> bool:
            if request.method == "PUT":
                arrived.set()
            return False

        self.kill_after = put
        return arrived

    def restart(self) -> Adapter:
        """The process was killed: the leases run out and a new adapter starts."""
        self.kill_before = self.kill_after = lambda _: False
        self.clock.advance(minutes=5)
        return self.adapter()

    def hub_puts(self, type: str, resource: dict[str, Any], node: str = "", read: int = 0) -> None:
        """GP software puts something at the hub."""
        body = json.dumps({"resourceType": type, **resource}).encode()
        sender = Sender(THEIRS, f"{NIHDI}|19999816004")
        if node:
            self.hub.update((MARIA, type, node), read, sender, body, None)
        else:
            self.hub.create(MARIA, type, sender, body, None)

    def at_hub(self, type: str | None = None) -> list[tuple[str, int]]:
        """Type and newest version of each node, in the order of their last change."""
        return [(version.type, version.version) for version in self.hub.newest(MARIA, type)]

    def content(self, type: str) -> dict[str, Any]:
        """The newest content of the only node of a type."""
        (version,) = self.hub.newest(MARIA, type)
        found: dict[str, Any] = json.loads(version.body or "{}")
        return found


class _Wire(httpx.AsyncBaseTransport):
    """The network between the adapter and the hub, where a process can die."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._hub = httpx.ASGITransport(world.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._world.kill_before(request):
            raise Killed
        response = await self._hub.handle_async_request(request)
        self._world.requests.append((request.method, request.url.path))
        if self._world.kill_after(request):
            raise Killed
        return response


ABOUT_MARIA = {"identifier": {"system": SSIN, "value": MARIA}}


def goal(id: str = "walk", text: str = "Terug naar de markt", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Goal",
        "id": id,
        "lifecycleStatus": "active",
        "description": {"text": text},
        "subject": {"reference": "Patient/maria"},
        **more,
    }


def plan(*goals: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "CarePlan",
        "id": "plan",
        "status": "active",
        "intent": "plan",
        "subject": {"reference": "Patient/maria"},
        "goal": [{"reference": reference} for reference in goals],
        **more,
    }
