"""Lanes: whose turn it is in the exchange with a partner, and who works for which person until when."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal,
    null,
    or_,
    select,
    update,
)

from dzop.store.generations import in_force
from dzop.store.statement import Statement, compiled
from dzop.store.tables import FOREVER, exchange_lane, grants, index_token, person

lane = exchange_lane
_INSTANT = DateTime(timezone=True)
PARTNER = bindparam("partner", type_=Text)
NOW = bindparam("now", type_=_INSTANT)
_UNTIL = bindparam("until", type_=_INSTANT)

KEY = select(person.c.key).where(person.c.patient_id == bindparam("patient", type_=Text)).scalar_subquery()
RELATED = select(grants.c.person).where(
    grants.c.generation == in_force(),
    grants.c.shape == any_(bindparam("shapes", type_=ARRAY(Text))),
    grants.c.valid_from <= NOW,
    grants.c.valid_until > NOW,
    grants.c.full.op("|")(grants.c.own) != 0,
)
"""Persons with whom the partner has a relation, and who share, at this moment."""
_RAN_OUT = lane.c.leased_until <= NOW
_SSIN = (
    select(func.min(index_token.c.code))
    .where(
        index_token.c.person == person.c.key,
        index_token.c.type == literal("Patient"),
        index_token.c.id == person.c.patient_id,
        index_token.c.parameter == literal("identifier"),
        index_token.c.system == bindparam("ssin_system", type_=Text),
    )
    .correlate(person)
    .scalar_subquery()
)


_FREE = lane.c.leased_until.is_(None)

FREE = compiled(
    update(lane)
    .where(
        lane.c.partner == PARTNER,
        lane.c.person.in_(
            select(lane.c.person).where(lane.c.partner == PARTNER, _RAN_OUT).with_for_update(skip_locked=True)
        ),
    )
    .values(leased_until=None, due_at=func.least(lane.c.due_at, NOW))
)
"""Ends the leases that ran out; what a killed worker was at is due."""


def _leased(turn: ColumnElement[bool], first: ColumnElement[Any], due_at: Any) -> Statement:
    """Leases the first lane whose turn it is, and tells all about it."""
    following = (
        select(lane.c.person)
        .where(lane.c.partner == PARTNER, turn, lane.c.person.in_(RELATED))
        .order_by(first, lane.c.person)
        .limit(1)
        .with_for_update(of=lane, skip_locked=True)
        .cte("following")
    )
    taken = (
        update(lane)
        .where(lane.c.person == following.c.person, lane.c.partner == PARTNER)
        .values(leased_until=_UNTIL, due_at=due_at, lease=lane.c.lease + 1)
        .returning(lane.c.person, lane.c.since, lane.c.failures, lane.c.lease)
        .cte("taken")
    )
    told = select(person.c.patient_id, _SSIN.label("ssin"), taken.c.since, taken.c.failures, taken.c.lease)
    return compiled(told.select_from(taken.join(person, person.c.key == taken.c.person)))


CLAIM = _leased(and_(_FREE, lane.c.due_at <= NOW), lane.c.due_at, null())
"""The next lane with something to send; `due_at` is cleared, so that a later write sets it anew."""

FOLLOW = _leased(
    and_(or_(_FREE, _RAN_OUT), lane.c.pull_at <= NOW),
    lane.c.pull_at,
    case((_RAN_OUT, func.least(lane.c.due_at, NOW)), else_=lane.c.due_at),
)
"""The next lane to ask the partner about; the delivery of a killed worker stays due."""

_IS_DUE = or_(lane.c.due_at <= NOW, lane.c.pull_at <= NOW)
_MANY = 500

UNRELATED = compiled(
    select(lane.c.person)
    .where(lane.c.partner == PARTNER, _FREE, _IS_DUE, lane.c.person.notin_(RELATED))
    .limit(_MANY)
    .with_for_update(of=lane, skip_locked=True)
)
"""Lanes due in vain, locked: a fact that changes now waits for the lock, or has been seen."""


def _parked() -> Statement:
    from_then_on = (
        select(func.min(grants.c.valid_from))
        .where(
            grants.c.person == lane.c.person,
            grants.c.generation == in_force(),
            grants.c.shape == any_(bindparam("shapes", type_=ARRAY(Text))),
            grants.c.valid_from > NOW,
            grants.c.full.op("|")(grants.c.own) != 0,
        )
        .correlate(lane)
        .scalar_subquery()
    )
    return compiled(
        update(lane)
        .where(
            lane.c.partner == PARTNER,
            lane.c.person == any_(bindparam("persons", type_=ARRAY(BigInteger))),
            lane.c.person.notin_(RELATED),
        )
        .values(
            due_at=case((lane.c.due_at <= NOW, from_then_on), else_=lane.c.due_at),
            pull_at=case((lane.c.pull_at <= NOW, func.coalesce(from_then_on, FOREVER)), else_=lane.c.pull_at),
        )
    )


PARK = _parked()
"""Behind `UNRELATED`: until a relation that is known already begins, or else until a fact changes."""

IS_HELD = and_(
    lane.c.person == KEY, lane.c.partner == PARTNER, lane.c.lease == bindparam("lease", type_=Integer)
)

RENEW = compiled(update(lane).where(IS_HELD).values(leased_until=_UNTIL).returning(lane.c.lease))

RELEASE = compiled(
    update(lane)
    .where(IS_HELD)
    .values(
        leased_until=None,
        due_at=func.least(lane.c.due_at, bindparam("due", type_=_INSTANT)),
        failures=case((bindparam("failed", type_=Boolean), lane.c.failures + 1), else_=0),
    )
)

PULLED = compiled(
    update(lane)
    .where(IS_HELD)
    .values(since=bindparam("reached", type_=BigInteger), pull_at=bindparam("again", type_=_INSTANT))
)


def _first(column: ColumnElement[Any], *where: ColumnElement[bool]) -> Any:
    return select(func.min(column)).where(lane.c.partner == PARTNER, *where).scalar_subquery()


EARLIEST = compiled(
    select(
        func.least(
            _first(lane.c.due_at, _FREE), _first(lane.c.pull_at, _FREE), _first(lane.c.leased_until), _UNTIL
        ).label("earliest")
    )
)
"""When there is something to do next, at the latest `until`."""
