"""Reading the log: the events an actor may see, newest first.

An event about the burden of a carer is seen by the author of that entry and by nobody else; every other
event by those whose grant covers the log and what the event is about.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    SmallInteger,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
)

from dzop.store.reading import KEPT
from dzop.store.sight import Sight
from dzop.store.statement import Statement, compiled
from dzop.store.tables import audience, audit, person
from dzop.store.visibility import KEYS, NOW, panel, visible

_LOG = (
    select(audit, person.c.patient_id, literal("AuditEvent").label("type"))
    .select_from(audit.outerjoin(person, person.c.key == audit.c.person))
    .subquery("log")
)
_ABOUT_BURDEN = _LOG.c.mask.op("&")(bindparam("burden", type_=BigInteger)) != literal(0)


def _texts(name: str) -> ColumnElement[Any]:
    return any_(bindparam(name, type_=ARRAY(Text)))


def _reference(type: ColumnElement[Any], id: ColumnElement[Any]) -> ColumnElement[Any]:
    return type.op("||")(literal("/")).op("||")(id)


def _status_class(name: str) -> ColumnElement[bool]:
    """The status is from one of `{name}_low` to before the `{name}_high` beside it."""
    low, high = (bindparam(f"{name}_{end}", type_=ARRAY(SmallInteger)) for end in ("low", "high"))
    ranges = select(func.unnest(low).label("low"), func.unnest(high).label("high")).subquery(f"{name}_ranges")
    within = and_(_LOG.c.outcome >= ranges.c.low, _LOG.c.outcome < ranges.c.high)
    return exists(select(literal(1)).select_from(ranges).where(within).correlate(_LOG))


def _narrowing(kind: str, name: str) -> ColumnElement[bool]:
    """One condition of a search, whose values come under `name`."""
    match kind:
        case "patient":
            return _LOG.c.patient_id == _texts(name)
        case "id":
            return _LOG.c.id == _texts(name)
        case "agent":
            return or_(_LOG.c.actor == _texts(name), _LOG.c.organization == _texts(name))
        case "entity":
            return or_(
                _reference(_LOG.c.entity_type, _LOG.c.entity_id) == _texts(name),
                literal("Patient/").op("||")(_LOG.c.patient_id) == _texts(name),
            )
        case "category":
            return _LOG.c.mask.op("&")(bindparam(name, type_=BigInteger)) != literal(0)
        case "interaction":
            # Operations are kept as `$code`, and are all one interaction to FHIR.
            operation = and_(
                _LOG.c.interaction.startswith(literal("$")), literal("operation") == _texts(name)
            )
            return or_(_LOG.c.interaction == _texts(name), operation)
        case "outcome":
            return _status_class(name)
    raise ValueError(kind)


def _concerns_me() -> ColumnElement[bool]:
    """It is about the burden of a carer who asks: an entry the actor is the author of."""
    author = (
        select(literal(1))
        .select_from(audience)
        .where(
            audience.c.person == _LOG.c.person,
            audience.c.type == _LOG.c.entity_type,
            audience.c.id == _LOG.c.entity_id,
            audience.c.actor == any_(KEYS),
            audience.c.kind == literal("author"),
            audience.c.valid_from <= NOW,
            audience.c.valid_until > NOW,
        )
    )
    mine = select(audience.c.person).where(
        audience.c.actor == any_(KEYS), audience.c.kind == literal("author")
    )
    return and_(_ABOUT_BURDEN, _LOG.c.person.in_(mine), exists(author.correlate(_LOG)))


def _newest(*where: ColumnElement[bool]) -> Select[Any]:
    count = bindparam("count", type_=Integer)
    return select(_LOG).where(*where).order_by(_LOG.c.seq.desc()).limit(count)


@lru_cache(maxsize=KEPT)
def log(sight: Sight, narrowed: tuple[tuple[str, str], ...]) -> Statement:
    """The newest visible events before `before` and within a stretch of time.

    `narrowed` are the further conditions, (kind, name of the values) each; all of them hold. Kinds are
    `patient`, `id`, `agent`, `entity`, `category` (a mask), `interaction` and `outcome`. Parameters
    besides those of `visible`: `before`, `low`, `high`, `count`, and `burden`, the bit of carer-burden.
    """
    asked = [
        _LOG.c.seq < bindparam("before", type_=BigInteger),
        # A search of the log sees only what happened before it began.
        _LOG.c.recorded < NOW,
        _LOG.c.recorded >= bindparam("low", type_=DateTime(timezone=True)),
        _LOG.c.recorded < bindparam("high", type_=DateTime(timezone=True)),
        *[_narrowing(kind, name) for kind, name in narrowed],
        *sight.within(_LOG),
    ]
    if not sight.judged:
        return compiled(_newest(*asked))
    granted = _newest(*asked, ~_ABOUT_BURDEN, visible(_LOG), panel(_LOG)).subquery("granted")
    own = _newest(*asked, _concerns_me()).subquery("own")
    both = select(granted).union_all(select(own)).subquery("seen")
    return compiled(select(both).order_by(both.c.seq.desc()).limit(bindparam("count", type_=Integer)))
