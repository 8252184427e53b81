"""Statements that show resources: where one is, what it says now, and what it said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.sql.expression import FromClause

from dzop.store.sight import Sight
from dzop.store.statement import Statement, compiled
from dzop.store.tables import resource_current, resource_location, resource_version, same_resource
from dzop.store.visibility import judged, visible

KEPT: Final = 128
"""Statements of one kind that are kept: as many as there are ways to look, which are few but for narrow tokens."""

current, version, location = resource_current, resource_version, resource_location
TYPE = bindparam("type", type_=Text)
ID = bindparam("id", type_=Text)
PERSON = bindparam("person", type_=BigInteger)
VERSION = bindparam("version", type_=Integer)

SHOWN = (
    current.c.person,
    current.c.type,
    current.c.id,
    current.c.mask,
    version.c.version,
    func.coalesce(version.c.served, version.c.body).label("body"),
    version.c.meta,
    version.c.last_updated,
    version.c.deleted,
)
_SAME = same_resource(version, current)
CURRENT_VERSION = and_(_SAME, version.c.version == current.c.version)


def shown(sight: Sight, *where: ColumnElement[bool], source: FromClause | None = None) -> Select[Any]:
    """Resources with all it takes to serve them, and by which rules; `source` has them and their versions.

    Types without a person, and all that `system` looks at, have not to be judged.
    """
    source = current.join(version, CURRENT_VERSION) if source is None else source
    source, rules = judged(source, current) if sight.judged else (source, ())
    return select(*SHOWN, *rules).select_from(source).where(*where, *sight.within(current))


def read_whole(
    found: FromClause, source: FromClause | None = None, also: Iterable[ColumnElement[Any]] = ()
) -> Select[Any]:
    """All it takes to serve what was found: rows with person, type, id, version and mask, and what else they have.

    `source` is `found` or has it as a part, and `also` are columns of it to add.
    """
    at = and_(
        same_resource(version, found),
        version.c.version == found.c.version,
    )
    body = func.coalesce(version.c.served, version.c.body).label("body")
    whole = (body, version.c.meta, version.c.last_updated, version.c.deleted)
    source = found if source is None else source
    return select(*found.c, *also, *whole).select_from(source.join(version, at))


ROOM: Final = 20_000_000
"""Bytes that the bodies of one page take; the one that goes beyond still comes, for a page moves on."""


def in_room(whole: Select[Any], ordered: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """The first of these rows, in this order, as far as there is `ROOM`; `found` is how many there were."""
    size = func.octet_length(whole.selected_columns["body"])
    inner = whole.add_columns(
        func.row_number().over(order_by=ordered).label("place"),
        func.sum(size).over(order_by=ordered, rows=(None, 0)).label("until"),
        func.count().over().label("found"),
    ).subquery("whole")
    columns = [each for each in inner.c if each.key not in ("place", "until")]
    fits = inner.c.until - func.octet_length(inner.c.body) < literal(ROOM)
    return select(*columns).where(fits).order_by(inner.c.place)


def at_location() -> ColumnElement[bool]:
    """The current state under `type` and `id`."""
    found = select(location.c.person).where(location.c.type == TYPE, location.c.id == ID).scalar_subquery()
    return and_(current.c.person == found, current.c.type == TYPE, current.c.id == ID)


def _as_then(sight: Sight) -> ColumnElement[bool]:
    """A version is shown when the current state may be seen, and that version's own categories too."""
    return visible(version) if sight.judged else true()


@lru_cache(maxsize=KEPT)
def read(sight: Sight) -> Statement:
    """The current version, deleted or not."""
    return compiled(shown(sight, at_location()))


@lru_cache(maxsize=KEPT)
def vread(sight: Sight) -> Statement:
    return compiled(_of_version(sight, version.c.version == VERSION))


def _of_version(sight: Sight, *where: ColumnElement[bool]) -> Select[Any]:
    versions = shown(sight, at_location(), _as_then(sight), *where, source=current.join(version, _SAME))
    return versions.add_columns(version.c.method, version.c.mask.label("version_mask"))


@lru_cache(maxsize=KEPT)
def read_many(sight: Sight) -> Statement:
    """The visible ones of `types[i]/ids[i]`, in order of type and id."""
    wanted = select(
        func.unnest(bindparam("types", type_=ARRAY(Text))).label("type"),
        func.unnest(bindparam("ids", type_=ARRAY(Text))).label("id"),
    ).subquery("wanted")
    at = and_(location.c.type == wanted.c.type, location.c.id == wanted.c.id)
    here = same_resource(current, location)
    joined = wanted.join(location, at).join(current, here).join(version, CURRENT_VERSION)
    statement = shown(sight, ~current.c.deleted, source=joined)
    return compiled(statement.order_by(current.c.type, current.c.id))


@lru_cache(maxsize=KEPT)
def patients(sight: Sight) -> Statement:
    """The Patients of `persons` (keys) who are visible, in order of id."""
    theirs = current.c.person == any_(bindparam("persons", type_=ARRAY(BigInteger)))
    whole = shown(sight, theirs, current.c.type == literal("Patient"), ~current.c.deleted)
    return compiled(whole.order_by(current.c.id))


def pairs(first: str, second: str) -> Any:
    return select(
        func.unnest(bindparam(first, type_=ARRAY(Text))), func.unnest(bindparam(second, type_=ARRAY(Text)))
    )


def named(*parts: Any) -> Any:
    """The columns put together as one text, the name under which they were asked for."""
    text: Any = literal("")
    for part in parts:
        text = text.op("||")(part)
    return text.label("named")
