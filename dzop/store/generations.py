"""Which grants count, and how the next ones come about.

Whoever writes holds `BARRIER` shared from the statement that locks the person; whoever begins a generation
or switches to it holds it alone for that moment. So no write is judged by one law and committed under
another, and every fact that changes while a generation is compiled goes into that one too.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    any_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from dzop.store.statement import Statement, compiled
from dzop.store.tables import generation, grants, matrix_version, person

BARRIER: Final = 4_093_001
LEADER: Final = 4_093_002
"""Advisory locks; their numbers mean nothing else."""

_VERSION = bindparam("version", type_=Text)
_NEXT = bindparam("next", type_=Integer)

LAW = (
    generation.c.active,
    generation.c.matrix_version,
    generation.c.next,
    generation.c.next_matrix_version,
)


def in_force() -> ColumnElement[int]:
    """The generation whose grants count, asked once a statement."""
    return select(generation.c.active).scalar_subquery()


def held() -> ColumnElement[bool]:
    """Takes the barrier as one who writes, for as long as the transaction lasts."""
    return func.pg_advisory_xact_lock_shared(literal_column(str(BARRIER))).is_(None).label("held")


HOLD = compiled(select(held()))
CLOSE = compiled(select(func.pg_advisory_xact_lock(literal_column(str(BARRIER))).is_(None).label("closed")))
LEAD = compiled(select(func.pg_try_advisory_xact_lock(literal_column(str(LEADER))).label("leads")))
BRIEFLY = compiled(text("set local lock_timeout = '1s'"))

STATE = compiled(select(generation))

KEEP = compiled(
    insert(matrix_version)
    .values(version=_VERSION, text=bindparam("text", type_=Text))
    .on_conflict_do_nothing()
    .returning(matrix_version.c.version)
)

TEXT_OF = compiled(select(matrix_version.c.text).where(matrix_version.c.version == _VERSION))
KNOWN = compiled(
    select(matrix_version.c.version, matrix_version.c.known_since).order_by(
        matrix_version.c.known_since, matrix_version.c.version
    )
)

_compiled_before = exists(select(literal(1)).select_from(grants))
_first = (
    insert(generation)
    .from_select(
        ["active", "matrix_version", "next", "next_matrix_version", "last"],
        select(
            case((_compiled_before, literal_column("0")), else_=literal_column("1")),
            _VERSION,
            case((_compiled_before, literal_column("1")), else_=null()),
            case((_compiled_before, _VERSION), else_=null()),
            literal_column("1"),
        ),
    )
    .on_conflict_do_nothing()
    .returning(generation.c.matrix_version)
    .cte("first")
)
BEGIN = compiled(
    insert(matrix_version)
    .from_select(["version", "text"], select(_first.c.matrix_version, bindparam("text", type_=Text)))
    .on_conflict_do_nothing()
)
"""The first generation: active at once, unless there are grants from before there were generations."""

_next = update(generation).values(
    next=generation.c.last + literal_column("1"),
    last=generation.c.last + literal_column("1"),
    next_matrix_version=_VERSION,
    compiled_to=literal_column("0"),
)
PREPARE = compiled(
    _next.where(
        generation.c.matrix_version != _VERSION,
        generation.c.next_matrix_version.is_distinct_from(_VERSION),
    )
)
"""Begins the next generation, instead of another under way; nothing when this matrix is in force or coming."""

PREPARE_AGAIN = compiled(_next)
"""Begins the next generation in any case."""

ABANDON = compiled(
    update(generation)
    .where(generation.c.matrix_version == _VERSION)
    .values(next=null(), next_matrix_version=null(), compiled_to=literal_column("0"))
)
"""Stays with the matrix in force, whatever was under way."""

_persons = select(person.c.key, person.c.patient_id)

FOLLOWING = compiled(
    _persons.where(person.c.key > bindparam("after", type_=BigInteger))
    .order_by(person.c.key)
    .limit(bindparam("count", type_=Integer))
)
"""The next persons to compile."""


def _locked(*, waiting: bool) -> Statement:
    some = _persons.where(person.c.key == any_(bindparam("keys", type_=ARRAY(BigInteger))))
    return compiled(some.order_by(person.c.key).with_for_update(read=True, skip_locked=not waiting))


FREE, AWAITED = _locked(waiting=False), _locked(waiting=True)
"""Those of them whose facts nobody changes just now, and all of them when nobody does any more."""

ADVANCE = compiled(
    update(generation)
    .where(generation.c.next == _NEXT)
    .values(compiled_to=bindparam("compiled_to", type_=BigInteger))
)

SWITCH = compiled(
    update(generation)
    .where(generation.c.next == _NEXT)
    .values(
        active=generation.c.next,
        matrix_version=generation.c.next_matrix_version,
        active_since=func.clock_timestamp(),
        next=null(),
        next_matrix_version=null(),
        compiled_to=literal_column("0"),
    )
    .returning(generation.c.active)
)

_all = select(func.count()).select_from(person)
COUNT = compiled(
    select(
        _all.scalar_subquery().label("persons"),
        _all.where(person.c.key <= select(generation.c.compiled_to).scalar_subquery())
        .scalar_subquery()
        .label("compiled"),
    )
)

_oldest = select(func.least(generation.c.active, generation.c.next)).scalar_subquery()
_newest = select(func.coalesce(generation.c.next, generation.c.active)).scalar_subquery()
_ROW: ColumnElement[Any] = literal_column("grants.ctid")
_superseded = (
    select(_ROW)
    .select_from(grants)
    .where(or_(grants.c.generation < _oldest, grants.c.generation > _newest))
    .limit(bindparam("count", type_=Integer))
    .scalar_subquery()
)
SWEEP = compiled(
    delete(grants)
    .where(_ROW == func.any(func.array(_superseded)))
    .returning(literal_column("1").label("gone"))
)
"""Removes some of the grants that no longer count, or never came to."""
