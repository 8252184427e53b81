"""All that is kept of one person, as much of it as the actor may see: now, or as it was at an instant.

The person is given by key, so the grant is chosen once; by which rules it was made is read with what is asked about.
https://hl7.org/fhir/R4/patient-operation-everything.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql.expression import FromClause

from dzop.store.reading import KEPT, PERSON, SHOWN, in_room, read_whole
from dzop.store.sight import Sight
from dzop.store.statement import Statement, compiled
from dzop.store.tables import DIRECTORY, index_date, resource_current, resource_version, same_resource
from dzop.store.visibility import seen_together

current, version = resource_current, resource_version
_AT = bindparam("at", type_=DateTime(timezone=True))
_OF_TYPES = any_(bindparam("types", type_=ARRAY(Text)))


@lru_cache(maxsize=KEPT)
def now(sight: Sight, dated: bool) -> Statement:
    """Of `types`, changed at `since` or later: the Patient first, then by type and id, behind (`after_rank`,
    `after_type`, `after_id`), at most `count`. Each row has the `total` of all pages.

    `dated`: only what has one of its dates of care (`care`, each `Type.parameter`) between `low` and `high`,
    or has no such date at all.
    """
    source = seen_together(PERSON, current, current) if sight.judged else current
    where: list[ColumnElement[bool]] = [
        current.c.person == PERSON,
        current.c.type == _OF_TYPES,
        current.c.last_updated >= bindparam("since", type_=DateTime(timezone=True)),
        ~current.c.deleted,
        *sight.within(current),
    ]
    at = (current.c.person, current.c.type, current.c.id, current.c.version, current.c.mask)
    mine = select(*at).select_from(source).where(*where, *([_in_time()] if dated else [])).cte("mine")
    ordered = (_rank(mine.c.type), mine.c.type, mine.c.id)
    after = (
        bindparam("after_rank", type_=Integer),
        bindparam("after_type", type_=Text),
        bindparam("after_id", type_=Text),
    )
    total = select(func.count()).select_from(mine).scalar_subquery().label("total")
    found = (
        select(*mine.c, total)
        .where(tuple_(*ordered) > tuple_(*after))
        .order_by(*ordered)
        .limit(bindparam("count", type_=Integer))
        .subquery("found")
    )
    return compiled(in_room(read_whole(found), (_rank(found.c.type), found.c.type, found.c.id)))


@lru_cache(maxsize=KEPT)
def then(sight: Sight) -> Statement:
    """Of `types`, the versions that were current `at` an instant, where the actor may see both what is current
    and that version, by type and id; with the categories of both.
    """
    latest = _latest(version.c.person == PERSON, version.c.type == _OF_TYPES)
    source: FromClause = latest.join(version, _is(latest)).join(current, same_resource(current, version))
    if sight.judged:
        source = seen_together(PERSON, source, current, version)
    both = current.c.mask.op("|")(version.c.mask).label("mask")
    columns = [both if each is current.c.mask else each for each in SHOWN]
    statement = select(*columns).select_from(source).where(~version.c.deleted, *sight.within(current))
    return compiled(statement.order_by(current.c.type, current.c.id))


@lru_cache(maxsize=KEPT)
def directory_then(sight: Sight) -> Statement:
    """What everybody sees of `types[i]/ids[i]`, as it was `at` an instant: entries of the directory alone."""
    wanted = select(
        func.unnest(bindparam("types", type_=ARRAY(Text))), func.unnest(bindparam("ids", type_=ARRAY(Text)))
    )
    latest = _latest(version.c.person == literal(DIRECTORY), tuple_(version.c.type, version.c.id).in_(wanted))
    source = latest.join(version, _is(latest)).join(current, same_resource(current, version))
    statement = select(*SHOWN).select_from(source).where(~version.c.deleted, *sight.within(current))
    return compiled(statement.order_by(current.c.type, current.c.id))


def _latest(*where: ColumnElement[bool]) -> Any:
    """The number of the version of each resource that was current at the instant."""
    return (
        select(version.c.person, version.c.type, version.c.id, func.max(version.c.version).label("version"))
        .where(*where, version.c.last_updated <= _AT)
        .group_by(version.c.person, version.c.type, version.c.id)
        .subquery("latest")
    )


def _is(latest: FromClause) -> ColumnElement[bool]:
    return and_(same_resource(version, latest), version.c.version == latest.c.version)


def _rank(type: ColumnElement[Any]) -> ColumnElement[Any]:
    """The Patient comes first."""
    return (type != literal("Patient")).cast(Integer)


def _in_time() -> ColumnElement[bool]:
    """One of its dates of care lies in the time asked for, or it has none."""
    cared = and_(
        same_resource(index_date, current),
        index_date.c.type.op("||")(literal(".")).op("||")(index_date.c.parameter)
        == any_(bindparam("care", type_=ARRAY(Text))),
    )
    within = and_(
        index_date.c.low < bindparam("high", type_=DateTime(timezone=True)),
        index_date.c.high > bindparam("low", type_=DateTime(timezone=True)),
    )
    return or_(
        ~exists(select(literal(1)).select_from(index_date).where(cared).correlate(current)),
        exists(select(literal(1)).select_from(index_date).where(cared, within).correlate(current)),
    )
