"""`dzop exchange`: how the exchange stands, what was set aside, and to try it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dzop.access.guarded import fitting_shapes
from dzop.exchange.kept_outbox import actor_of_partner
from dzop.exchange.partners import Partner
from dzop.store import exchange_operation as statements
from dzop.store.database import Database, Row

__all__ = ["offer", "quarantine", "retry", "status"]


async def status(database: Database, partner: Partner, now: datetime) -> Sequence[str]:
    """One line a count."""
    shapes = fitting_shapes(actor_of_partner(partner))
    row = await database.row(statements.LANES, partner=partner.name, shapes=shapes, now=now)
    entries = await database.rows(statements.ENTRIES, partner=partner.name)
    incidents = await database.rows(statements.INCIDENTS, partner=partner.name)
    assert row is not None  # noqa: S101 - a count is always there
    return [
        f"{partner.name} at {partner.url}",
        f"  persons: {row['persons']}, exchanging {row['exchanging']}, due {row['due']}, "
        f"waiting for relation or consent {row['waiting']}, at work {row['leased']}, failing {row['failing']}",
        *[f"  to send: {each['entries']} {_state(each)}" for each in entries],
        *[f"  not taken: {each['changes']} {each['kind']}" for each in incidents],
    ]


async def quarantine(database: Database, partner: Partner) -> Sequence[str]:
    """What waits for somebody to look: entries that the partner refused, changes that we did not take."""
    leaving = await database.rows(statements.SET_ASIDE, partner=partner.name)
    kept = await database.rows(statements.KEPT, partner=partner.name)
    return [
        *[
            f"to {partner.name}: {each['type']}/{each['id']} version {each['version']}, {_state(each)}"
            for each in leaving
        ],
        *[
            f"from {partner.name}: {each['kind']}, Patient/{each['patient_id']} {_name(each)}, "
            f"version {each['hub_version']} there by {each['sender']}: {each['reason']}"
            for each in kept
        ],
    ]


async def retry(database: Database, partner: Partner, now: datetime) -> int:
    """Puts everything set aside back in its turn; how much that was. What was removed there stays listed."""
    async with database.transaction() as transaction:
        await transaction.rows(statements.LOCK_LANES, partner=partner.name)
        again = await transaction.rows(statements.AGAIN, partner=partner.name)
        await transaction.run(statements.OURS_STANDS, partner=partner.name)
        await transaction.run(statements.CONFLICTED, partner=partner.name)
        await transaction.run(statements.PULL_AGAIN, partner=partner.name, now=now)
        settled = await transaction.rows(statements.SETTLED, partner=partner.name)
        await transaction.run(statements.LANES_DUE, partner=partner.name, now=now)
    return len(again) + len(settled)


async def offer(database: Database, partner: Partner, now: datetime) -> int:
    """Enters what was written before the partner was configured; how many resources that are."""
    async with database.transaction() as transaction:
        await transaction.rows(statements.LOCK_LANES, partner=partner.name)
        entered = await transaction.rows(statements.OFFER, partner=partner.name, types=list(partner.types))
        await transaction.run(statements.LANES_DUE, partner=partner.name, now=now)
    return len(entered)


def _state(row: Row) -> str:
    state = row.get("state", "quarantined")
    because = " ".join(str(each) for each in (row["code"], row["reason"]) if each is not None)
    return f"{state}: {because}" if because else str(state)


def _name(row: Row) -> str:
    return f"{row['type']}/{row['id']}" if row["id"] else f"a new {row['type']}"
