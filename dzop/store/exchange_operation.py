"""What an operator asks and changes of the exchange: how it stands, what was set aside, and to try again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Text,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from dzop.store.exchange_lanes import NOW, PARTNER, RELATED
from dzop.store.statement import compiled
from dzop.store.tables import (
    DIRECTORY,
    exchange_lane,
    exchange_node,
    exchange_quarantine,
    outbox,
    person,
    resource_current,
)

lane, node, incoming, current = exchange_lane, exchange_node, exchange_quarantine, resource_current
_HAS_DUE = exists(
    select(literal(1))
    .where(outbox.c.person == lane.c.person, outbox.c.partner == lane.c.partner, outbox.c.state == "due")
    .correlate(lane)
)

LANES = compiled(
    select(
        func.count().label("persons"),
        func.count().filter(lane.c.person.in_(RELATED)).label("exchanging"),
        func.count().filter(_HAS_DUE, lane.c.person.in_(RELATED)).label("due"),
        func.count().filter(_HAS_DUE, lane.c.person.notin_(RELATED)).label("waiting"),
        func.count().filter(lane.c.leased_until > NOW).label("leased"),
        func.count().filter(lane.c.failures > 0).label("failing"),
    ).where(lane.c.partner == PARTNER)
)
"""Persons of a partner: all, those it has a relation with, and of how many something is under way."""

ENTRIES = compiled(
    select(outbox.c.state, outbox.c.code, outbox.c.reason, func.count().label("entries"))
    .where(outbox.c.partner == PARTNER)
    .group_by(outbox.c.state, outbox.c.code, outbox.c.reason)
    .order_by(outbox.c.state, outbox.c.code, outbox.c.reason)
)

INCIDENTS = compiled(
    select(incoming.c.kind, func.count().label("changes"))
    .where(incoming.c.partner == PARTNER)
    .group_by(incoming.c.kind)
    .order_by(incoming.c.kind)
)

SET_ASIDE = compiled(
    select(outbox.c.type, outbox.c.id, outbox.c.version, outbox.c.code, outbox.c.reason, outbox.c.written_at)
    .where(outbox.c.partner == PARTNER, outbox.c.state == "quarantined")
    .order_by(outbox.c.sequence)
)

KEPT = compiled(
    select(
        incoming.c.kind, incoming.c.type, incoming.c.id, incoming.c.hub_version, incoming.c.sequence,
        incoming.c.reason, incoming.c.sender, incoming.c.received_at, person.c.patient_id,
    )
    .select_from(incoming.join(person, person.c.key == incoming.c.person))
    .where(incoming.c.partner == PARTNER)
    .order_by(incoming.c.received_at, incoming.c.sequence)
)  # fmt: skip
"""Incoming changes that were not applied; the node is not told, for its address holds the person's number."""

# -- to try again: in this order, in one transaction ---------------------------------------------------

LOCK_LANES = compiled(
    select(lane.c.person).where(lane.c.partner == PARTNER).order_by(lane.c.person).with_for_update()
)

_UPSERT = ("person", "partner", "type", "id")

AGAIN = compiled(
    update(outbox)
    .where(outbox.c.partner == PARTNER, outbox.c.state != "due")
    .values(state="due", reason=None, code=None)
    .returning(outbox.c.person)
)

_IN_CONFLICT = and_(
    incoming.c.person == node.c.person,
    incoming.c.partner == node.c.partner,
    incoming.c.node == node.c.node,
    incoming.c.kind == literal("conflict"),
)
_NEWEST = select(func.max(incoming.c.hub_version)).where(_IN_CONFLICT).correlate(node).scalar_subquery()

OURS_STANDS = compiled(
    update(node)
    .where(node.c.partner == PARTNER, exists(select(literal(1)).where(_IN_CONFLICT).correlate(node)))
    .values(hub_version=func.greatest(node.c.hub_version, _NEWEST), version=0)
)
"""After a conflict our version shall be the partner's next: it is put upon the one that we did not take."""


def _offered(*where: Any) -> Any:
    row = postgresql.insert(outbox).from_select(
        [*_UPSERT, "version", "written_at"],
        select(
            current.c.person,
            PARTNER,
            current.c.type,
            current.c.id,
            current.c.version,
            current.c.last_updated,
        )
        .where(*where)
        .order_by(current.c.last_updated, current.c.type, current.c.id),
    )
    return row.on_conflict_do_update(
        index_elements=_UPSERT,
        set_={"version": row.excluded.version, "state": "due", "reason": None, "code": None},
    ).returning(outbox.c.person)


CONFLICTED = compiled(
    _offered(
        exists(
            select(literal(1)).where(
                incoming.c.person == current.c.person,
                incoming.c.partner == PARTNER,
                incoming.c.type == current.c.type,
                incoming.c.id == current.c.id,
                incoming.c.kind == literal("conflict"),
            )
        )
    )
)

_TO_TAKE = and_(
    incoming.c.person == lane.c.person,
    incoming.c.partner == lane.c.partner,
    or_(incoming.c.kind == literal("refused"), incoming.c.kind == literal("malformed")),
)
_OLDEST = select(func.min(incoming.c.sequence)).where(_TO_TAKE).correlate(lane).scalar_subquery()

PULL_AGAIN = compiled(
    update(lane)
    .where(lane.c.partner == PARTNER, exists(select(literal(1)).where(_TO_TAKE).correlate(lane)))
    # Whoever is in the lane now loses it, lest the place be set back to where it was.
    .values(
        since=func.least(lane.c.since, _OLDEST - 1), pull_at=NOW, leased_until=None, lease=lane.c.lease + 1
    )
)

SETTLED = compiled(
    delete(incoming)
    .where(incoming.c.partner == PARTNER, incoming.c.kind != literal("removed"))
    .returning(incoming.c.person)
)

OFFER = compiled(
    _offered(
        current.c.person > literal(DIRECTORY, BigInteger),
        current.c.type == any_(bindparam("types", type_=ARRAY(Text))),
        ~current.c.deleted,
        *[
            ~exists(
                select(literal(1)).where(
                    table.c.person == current.c.person,
                    table.c.partner == PARTNER,
                    table.c.type == current.c.type,
                    table.c.id == current.c.id,
                )
            )
            for table in (node, outbox)
        ],
    )
)
"""What was written before the partner was there, and so never entered the outbox."""

LANES_DUE = compiled(
    (
        _lanes := postgresql.insert(lane).from_select(
            ["person", "partner", "due_at", "pull_at"],
            select(outbox.c.person, outbox.c.partner, NOW, NOW)
            .where(outbox.c.partner == PARTNER, outbox.c.state == "due")
            .distinct(),
        )
    ).on_conflict_do_update(
        index_elements=["person", "partner"],
        set_={"due_at": func.least(lane.c.due_at, _lanes.excluded.due_at)},
    )
)
