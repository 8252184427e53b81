"""Statements over versions: those of a resource, of a type, of all types; newest first.

A version is shown when the actor may see the current state, and that version's own categories too (access law,
"History"). What comes next is asked of visible versions only, so no hidden one shortens the time of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

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
    select,
    true,
    tuple_,
)
from sqlalchemy.sql.expression import FromClause

from dzop.store.reading import KEPT, TYPE, at_location, current, read_whole, version
from dzop.store.sight import UNBOUNDED, Sight
from dzop.store.statement import Statement, compiled
from dzop.store.tables import same_resource
from dzop.store.visibility import granted, judged, ruled, seen_and_granted, visible

_SAME = same_resource(version, current)
_VERSIONS = current.join(version, _SAME)
_INSTANT = DateTime(timezone=True)
_LIMIT = bindparam("limit", type_=Integer)
_SINCE = bindparam("since", type_=_INSTANT)


@dataclass(frozen=True, slots=True)
class Form:
    """All of a question about the past but its values."""

    of: Literal["instance", "type", "types"]
    sight: Sight
    since: bool = False
    at: bool = False
    after: bool = False


@lru_cache(maxsize=KEPT)
def page(form: Form) -> Statement:
    """Versions behind a position, at most `limit`, each with all it takes to serve it and its own categories.

    First which, then what they say: only those of the page are read whole.
    """
    now, source, rules = _judged(form, newest=not (form.at or form.after))
    found = (
        select(
            now.c.person,
            now.c.type,
            now.c.id,
            version.c.version,
            now.c.mask,
            version.c.mask.label("version_mask"),
            version.c.method,
            version.c.last_updated.label("made"),
            *rules,
        )
        .select_from(source)
        .where(*_matching(form, now))
        .order_by(*_newest_first(version))
        .limit(_LIMIT)
        .subquery("found")
    )
    whole = read_whole(found, *(ruled(found) if _is_broad(form) else (found, ())))
    # In the order of what was found: by their own the planner would go through all versions there are.
    ordered = (found.c.made, found.c.type, found.c.id, found.c.version)
    return compiled(whole.order_by(*[each.desc() for each in ordered]))


@lru_cache(maxsize=KEPT)
def counted(form: Form) -> Statement:
    """How many versions there are in all, as `total`."""
    apart = form.sight == UNBOUNDED and form.of != "instance"
    now, source, _ = (version, version, ()) if apart else _judged(form)
    total = select(func.count().label("total")).select_from(source)
    return compiled(total.where(*_matching(form, now)))


def _is_broad(form: Form) -> bool:
    return form.sight.judged and form.of != "instance"


def _judged(
    form: Form, newest: bool = False
) -> tuple[FromClause, FromClause, tuple[ColumnElement[Any], ...]]:
    """What there is now, the same with its versions, and the rules where they are not asked for afterwards."""
    if _is_broad(form):
        now = _seen_now(form, newest)
        return now, now.join(version, and_(same_resource(version, now), granted(now, version))), ()
    if not form.sight.judged:
        return current, _VERSIONS, ()
    return current, *judged(_VERSIONS, current)


def _seen_now(form: Form, newest: bool) -> FromClause:
    """What the actor sees of many persons, before its versions are looked at.

    A resource with a version since then was updated since then. And the newest versions of all are of the
    resources that were updated last, so no more of those are needed than versions are.
    """
    found = seen_and_granted(current).where(_of(form, current), *form.sight.within(current))
    if form.since:
        found = found.where(current.c.last_updated >= _SINCE)
    if newest:
        found = found.order_by(*[each.desc() for each in _order(current)[:3]]).limit(_LIMIT)
    # Without an offset the planner would go through all versions of everybody and compare persons.
    return found.offset(literal(0)).subquery("now")


def _matching(form: Form, now: FromClause) -> list[ColumnElement[bool]]:
    where = [true() if _is_broad(form) else _of(form, now)]
    where += [] if _is_broad(form) else form.sight.within(now)
    if form.of == "instance" and form.sight.judged:
        where.append(visible(version))
    if form.since:
        where.append(version.c.last_updated >= _SINCE)
    if form.at:
        where += [version.c.last_updated < bindparam("until", type_=_INSTANT), ~_replaced(form.sight)]
    if form.after:
        position = [bindparam(name, type_=type) for name, type in _POSITION]
        where.append(tuple_(*_order(version)) < tuple_(*position))
    return where


def _newest_first(versions: FromClause) -> list[ColumnElement[Any]]:
    return [each.desc() for each in _order(versions)]


def _order(versions: FromClause) -> tuple[ColumnElement[Any], ...]:
    """No two versions are alike in these, and none that is written later comes behind one that is there."""
    return versions.c.last_updated, versions.c.type, versions.c.id, versions.c.version


def _of(form: Form, rows: FromClause) -> ColumnElement[bool]:
    """Of which resources; an instance is asked for as it is now."""
    if form.of == "instance":
        return at_location()
    return rows.c.type == (TYPE if form.of == "type" else any_(bindparam("types", type_=ARRAY(Text))))


_POSITION = (
    ("after_updated", _INSTANT),
    ("after_type", Text),
    ("after_id", Text),
    ("after_version", Integer),
)


def _replaced(sight: Sight) -> ColumnElement[bool]:
    """Whether the next version that may be seen was there already at the instant `at`."""
    following = version.alias("following")
    return exists(
        select(literal(1))
        .select_from(following)
        .where(
            same_resource(following, version),
            following.c.version > version.c.version,
            following.c.last_updated <= bindparam("at", type_=_INSTANT),
            visible(following) if sight.judged else true(),
        )
        .correlate(version)
    )
