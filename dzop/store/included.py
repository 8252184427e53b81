"""What comes along with resources: what they reference, and what references them, as far as it may be seen.

Parameters: `persons[i]/types[i]/ids[i]` are the resources, `sources[j]:parameters[j]:targets[j]` the includes
(`targets` '' for any, `backs` whether it is what references them, `by_urls` whether they are canonicals),
`known_types/known_ids` what is there already, `kept` the types there are. https://hl7.org/fhir/R4/search.html#include
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.sql.expression import FromClause

from dzop.store.clauses import has_url
from dzop.store.reading import CURRENT_VERSION, KEPT, SHOWN, current, location, version
from dzop.store.sight import Sight
from dzop.store.statement import Statement, compiled
from dzop.store.tables import index_reference, index_token, same_resource
from dzop.store.visibility import judged


def _arrays(name: str, **columns: tuple[str, Any]) -> FromClause:
    return select(
        *(
            func.unnest(bindparam(array, type_=ARRAY(type))).label(column)
            for column, (array, type) in columns.items()
        )
    ).subquery(name)


_FROM = _arrays("start", person=("persons", BigInteger), type=("types", Text), id=("ids", Text))
_INCLUDE = _arrays(
    "include",
    source=("sources", Text),
    parameter=("parameters", Text),
    target=("targets", Text),
    back=("backs", Boolean),
    by_url=("by_urls", Boolean),
)


def _fits(row: FromClause, target: ColumnElement[Any], *, back: bool) -> ColumnElement[bool]:
    """Whether a row of references is one that an include asks for."""
    include = _INCLUDE.c
    return and_(
        include.back if back else not_(include.back),
        include.source == row.c.type,
        include.parameter == row.c.parameter,
        or_(include.target == literal(""), include.target == target),
    )


def _forth() -> Select[Any]:
    row = index_reference.alias("forth")
    joined = _FROM.join(row, same_resource(row, _FROM)).join(
        _INCLUDE, _fits(row, row.c.target_type, back=False)
    )
    return select(row.c.target_type.label("type"), row.c.target_id.label("id")).select_from(joined)


def _back() -> Select[Any]:
    row = index_reference.alias("back")
    leads = and_(row.c.target_type == _FROM.c.type, row.c.target_id == _FROM.c.id)
    joined = _FROM.join(_INCLUDE, _INCLUDE.c.back).join(row, and_(leads, _fits(row, _FROM.c.type, back=True)))
    return select(row.c.type, row.c.id).select_from(joined)


def _forth_by_url() -> Select[Any]:
    """A canonical leads to whatever has that URL."""
    row, token = index_reference.alias("canonical"), index_token.alias("url")
    joined = (
        _FROM.join(row, same_resource(row, _FROM))
        .join(token, and_(has_url(token, row), row.c.target_id == literal("")))
        .join(_INCLUDE, and_(_INCLUDE.c.by_url, _fits(row, token.c.type, back=False)))
    )
    return select(token.c.type, token.c.id).select_from(joined)


def _back_by_url() -> Select[Any]:
    row, token = index_reference.alias("citing"), index_token.alias("cited")
    joined = (
        _FROM.join(token, same_resource(token, _FROM))
        .join(row, has_url(token, row))
        .join(_INCLUDE, and_(_INCLUDE.c.by_url, _fits(row, _FROM.c.type, back=True)))
    )
    return select(row.c.type, row.c.id).select_from(joined)


def _found() -> FromClause:
    """The places of what is asked for and not there yet, seen or not."""
    found = union_all(_forth(), _back(), _forth_by_url(), _back_by_url()).subquery("found")
    known = select(
        func.unnest(bindparam("known_types", type_=ARRAY(Text))),
        func.unnest(bindparam("known_ids", type_=ARRAY(Text))),
    )
    new = tuple_(found.c.type, found.c.id).not_in(known)
    return select(found.c.type, found.c.id).distinct().where(new).subquery("places")


_NO_RULES: tuple[ColumnElement[Any], ...] = (
    literal_column("'{}'::text[]").label("rules"),
    literal_column("''::text").label("matrix_version"),
)


@lru_cache(maxsize=KEPT)
def included(sight: Sight) -> Statement:
    """What of it is there and visible, at most `limit`, in order of type and id.

    Where it is judged, the types of `open` are seen whole.
    """
    places = _found()
    at = and_(location.c.type == places.c.type, location.c.id == places.c.id)
    there = places.join(location, at).join(current, same_resource(current, location))
    source = there.join(version, CURRENT_VERSION)
    where = [~current.c.deleted, current.c.type == any_(bindparam("kept", type_=ARRAY(Text)))]
    where += sight.within(current)
    limit = bindparam("limit", type_=Integer)
    if not sight.judged:
        whole = select(*SHOWN).select_from(source).where(*where)
        return compiled(whole.order_by(current.c.type, current.c.id).limit(limit))
    is_open = current.c.type == any_(bindparam("open", type_=ARRAY(Text)))
    whole = select(*SHOWN, *_NO_RULES).select_from(source).where(*where, is_open)
    seen, rules = judged(source, current)
    part = select(*SHOWN, *rules).select_from(seen).where(*where, not_(is_open))
    both = union_all(whole, part).subquery("both")
    return compiled(select(both).order_by(both.c.type, both.c.id).limit(limit))
