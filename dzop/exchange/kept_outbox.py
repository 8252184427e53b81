"""The outbox of one partner, kept in the store: what `ports.Outbox` promises, statement by statement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from dzop.access.guarded import fitting_shapes
from dzop.actor import Actor
from dzop.exchange.logical import SSIN
from dzop.exchange.node import Node
from dzop.exchange.partners import Partner
from dzop.exchange.ports import Change, Entry, Incident, Lane, Placement
from dzop.store import exchange, exchange_lanes
from dzop.store.database import Database, Row
from dzop.store.statement import Statement

__all__ = ["KeptOutbox", "actor_of_partner", "held"]

_LOOKS_EVERY = 1.0  # seconds: as long as a write in another process may go unnoticed


def actor_of_partner(partner: Partner) -> Actor:
    """The partner's own software, before the directory is asked about it."""
    return Actor(partner.organization, "system-client", partner.organization, client=partner.name)


def held(lane: Lane) -> dict[str, Any]:
    """What identifies a lane, and the lease under which it is ours."""
    return {"patient": lane.person.partition("/")[2], "partner": lane.partner, "lease": lane.lease}


class KeptOutbox:
    """Lanes of persons whom the partner may not exchange with now are not worked on; they wait as they are."""

    def __init__(self, database: Database, partner: Partner, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._partner = partner.name
        self._shapes = fitting_shapes(actor_of_partner(partner))
        self._clock = clock

    async def claim(self, now: datetime, lease: timedelta) -> Lane | None:
        await self._database.run(exchange_lanes.FREE, partner=self._partner, now=now)
        return await self._lease(exchange_lanes.CLAIM, now, lease)

    async def follow(self, now: datetime, lease: timedelta) -> Lane | None:
        return await self._lease(exchange_lanes.FOLLOW, now, lease)

    async def _lease(self, statement: Statement, now: datetime, lease: timedelta) -> Lane | None:
        row = await self._database.row(
            statement,
            partner=self._partner,
            shapes=self._shapes,
            now=now,
            until=now + lease,
            ssin_system=SSIN,
        )
        if row is None:
            return None
        person = f"Patient/{row['patient_id']}"
        return Lane(self._partner, person, row["ssin"], row["since"], row["failures"], row["lease"])

    async def renew(self, lane: Lane, until: datetime) -> bool:
        return await self._database.row(exchange_lanes.RENEW, until=until, **held(lane)) is not None

    async def release(self, lane: Lane, due: datetime | None, *, failed: bool) -> None:
        await self._database.run(exchange_lanes.RELEASE, due=due, failed=failed, **held(lane))

    async def entries(self, lane: Lane) -> Sequence[Entry]:
        """In order of writing; what was written at once so that a reference follows its target."""
        rows = await self._database.rows(exchange.ENTRIES, **held(lane))
        return [
            Entry(_reference(row), row["version"])
            for _, together in groupby(rows, key=lambda row: row["written_at"])
            for row in _targets_first(list(together))
        ]

    async def placements(self, lane: Lane) -> Sequence[Placement]:
        rows = await self._database.rows(exchange.PLACEMENTS, **held(lane))
        return [
            Placement(_reference(row), node, row["hub_version"], row["version"], frozenset(row["unplaced"]))
            for row in rows
            if (node := Node.read(row["node"])) is not None
        ]

    async def sent(self, lane: Lane, placement: Placement) -> None:
        await self._database.run(
            exchange.SENT,
            **_named(placement.reference),
            node=str(placement.node),
            hub_version=placement.hub_version,
            version=placement.version,
            unplaced=sorted(placement.unplaced),
            **held(lane),
        )

    async def removed(self, lane: Lane, entry: Entry) -> None:
        await self._database.run(
            exchange.REMOVED, **_named(entry.reference), version=entry.version, **held(lane)
        )

    async def withhold(self, lane: Lane, entry: Entry, reason: str, code: int | None) -> None:
        await self._set_aside(exchange.WITHHOLD, lane, entry, reason, code)

    async def quarantine(self, lane: Lane, entry: Entry, reason: str, code: int | None) -> None:
        await self._set_aside(exchange.QUARANTINE, lane, entry, reason, code)

    async def _set_aside(
        self, statement: Statement, lane: Lane, entry: Entry, reason: str, code: int | None
    ) -> None:
        named = _named(entry.reference)
        await self._database.run(
            statement, **named, version=entry.version, reason=reason, code=code, **held(lane)
        )

    async def keep(self, lane: Lane, change: Change, incident: Incident, reason: str) -> bool:
        named = (
            {"type": change.node.type, "id": None} if change.reference is None else _named(change.reference)
        )
        row = await self._database.row(
            exchange.KEEP,
            **named,
            node=str(change.node),
            hub_version=change.hub_version,
            sequence=change.sequence,
            kind=incident,
            reason=reason,
            sender=" ".join(filter(None, (change.organization, change.professional))),
            body=change.body,
            now=self._clock(),
            **held(lane),
        )
        return row is not None

    async def pulled(self, lane: Lane, since: int, again: datetime) -> None:
        await self._database.run(exchange_lanes.PULLED, reached=since, again=again, **held(lane))

    async def wait(self, until: datetime) -> None:
        """Looks once a second, for a write may have come from another process."""
        while (now := self._clock()) < until:
            await self._park(now)
            row = await self._database.row(exchange_lanes.EARLIEST, partner=self._partner, until=until)
            pause = ((until if row is None else row["earliest"]) - now).total_seconds()
            # A short rest even when something is due, lest a partner that is down be asked without end.
            await asyncio.sleep(min(max(pause, 0.05), _LOOKS_EVERY))
            if pause <= _LOOKS_EVERY:
                return

    async def _park(self, now: datetime) -> None:
        """Takes lanes of persons who do not share with the partner now out of the turn; writes do not know."""
        asked = {"partner": self._partner, "shapes": self._shapes, "now": now}
        async with self._database.transaction() as transaction:
            rows = await transaction.rows(exchange_lanes.UNRELATED, **asked)
            if rows:
                await transaction.run(exchange_lanes.PARK, persons=[row["person"] for row in rows], **asked)


def _reference(row: Row) -> str:
    return f"{row['type']}/{row['id']}"


def _named(reference: str) -> dict[str, str]:
    type, _, id = reference.partition("/")
    return {"type": type, "id": id}


def _targets_first(rows: Sequence[Row]) -> Iterable[Row]:
    """Each row behind the rows it refers to, else in the order given; circles are cut where they close."""
    waiting = {_reference(row): row for row in rows}
    ordered: list[Row] = []

    def take(reference: str) -> None:
        row = waiting.pop(reference, None)
        if row is not None:
            for target in sorted(row["targets"]):
                take(target)
            ordered.append(row)

    for row in rows:
        take(_reference(row))
    return ordered
