"""The statements by which concepts of a loaded code system are found, each compiled once for a form of set."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    Text,
    all_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.expression import FromClause

from dzop.store.statement import Statement, compiled
from dzop.store.terminology_comparisons import SYSTEM
from dzop.store.terminology_rows import LENGTH_DIGITS
from dzop.store.terminology_sets import Form
from dzop.store.terminology_tables import terminology_concept as table
from dzop.store.terminology_tables import terminology_definition

__all__ = [
    "ANCESTORS", "BY_CODE", "CHILDREN", "DESCENDANTS", "PLACES", "found", "members", "searched", "shortest",
    "walked",
]  # fmt: skip

_concept = table.alias("concept")
_CODES: Any = bindparam("codes", type_=ARRAY(Text))
_OFFSET, _LIMIT, _FEW, _BOUND = (
    bindparam(name, type_=Integer) for name in ("offset", "limit", "few", "bound")
)


@lru_cache(maxsize=64)
def members(form: Form, active_only: bool) -> Statement:
    """Which of the codes `asked` are in the set: they are looked up, and only then compared."""
    asked: Any = bindparam("asked", type_=ARRAY(Text))
    named = select(table).where(table.c.system == SYSTEM, table.c.code == any_(asked))
    at = named.offset(literal_column("0")).subquery("named")
    where = [form.expression(at), *_active(at, active_only)]
    return compiled(select(at.c.code, at.c.written).where(*where))


@lru_cache(maxsize=64)
def found(form: Form, active_only: bool) -> Statement:
    """A page in order of the code system of what the index finds, unless that is more than `few`; at most `bound`
    are counted.
    """
    where = [form.expression(_concept), _of_system(_concept), *_active(_concept, active_only)]
    few = select(_concept.c.key).where(*where).limit(_BOUND).cte("few")
    counted = _counted(few)
    picked = select(few.c.key, few.c.key.label("rank")).where(_is_few(counted))
    return compiled(_whole(counted, picked.order_by(few.c.key).offset(_OFFSET).limit(_LIMIT)))


@lru_cache(maxsize=64)
def walked(form: Form, active_only: bool) -> Statement:
    """The same, going through the code system in its order until the page is full and `bound` are counted."""
    first = select(terminology_definition.c.first).where(terminology_definition.c.key == SYSTEM)
    size = select(terminology_definition.c.count).where(terminology_definition.c.key == SYSTEM)
    begin: Any = first.scalar_subquery()
    where = [
        _concept.c.key >= begin,
        _concept.c.key < begin + size.scalar_subquery(),
        form.expression(_concept).is_(true()),
        *_active(_concept, active_only),
    ]
    every = select(_concept.c.key).where(*where)
    most = every.limit(_BOUND).subquery("most")
    counted = _counted(most)
    picked = every.add_columns(_concept.c.key.label("rank")).order_by(_concept.c.key)
    return compiled(_whole(counted, picked.offset(_OFFSET).limit(_LIMIT)))


@lru_cache(maxsize=64)
def searched(form: Form, active_only: bool, is_strict: bool, is_broad: bool) -> Statement:
    """A page, best match first, of what the index finds by the words, unless that is more than `few`; at most `bound`
    are counted. `is_strict` when what is found may have the words in several texts, and is still to be asked.
    Where the set is broad, what has the words is asked whether it is in it; otherwise the index finds what is both.
    """
    in_set = form.expression(_concept)
    where = [in_set.is_(true()) if is_broad else in_set, _has_words(_concept), _of_system(_concept)]
    where += _active(_concept, active_only)
    columns = [_concept.c.key, _concept.c.written]
    if is_strict:
        looked = select(*columns, _rank(_concept).label("rank")).where(*where)
        at: Any = looked.offset(literal_column("0")).subquery("looked")
        few = select(at).where(at.c.rank.is_not(None)).limit(_BOUND).cte("few")
        ranked: Any = few
    else:
        few = select(*columns, _concept.c.texts).where(*where).limit(_BOUND).cte("few")
        ranked = select(few.c.key, few.c.written, _rank(few).label("rank")).subquery("ranked")
    counted = _counted(few)
    picked = select(ranked.c.key, ranked.c.rank).where(_is_few(counted))
    picked = picked.order_by(ranked.c.rank, ranked.c.written)
    return compiled(_whole(counted, picked.offset(_OFFSET).limit(_LIMIT)))


@lru_cache(maxsize=64)
def shortest(form: Form, active_only: bool, is_strict: bool, size: int) -> Statement:
    """A page of what has the words, by how short the shortest name is, in the first `size` of it.

    The size is written out: the plan depends on it.
    """
    where = [
        _concept.c.system == SYSTEM,
        form.expression(_concept).is_(true()),
        _has_words(_concept).is_(true()),
    ]
    where += _active(_concept, active_only)
    if is_strict:
        where.append(_rank(_concept).is_not(None))
    ordered = select(_concept.c.key, _concept.c.shortest.label("rank"), _concept.c.written).where(*where)
    ordered = ordered.order_by(_concept.c.shortest, _concept.c.written).limit(literal_column(str(size)))
    first = ordered.subquery("first")
    picked = select(first.c.key, first.c.rank).order_by(first.c.rank, first.c.written)
    return compiled(_whole(_NOT_COUNTED, picked.offset(_OFFSET).limit(_LIMIT)))


# -- parts -------------------------------------------------------------------------------------------


def _of_system(at: FromClause) -> ColumnElement[bool]:
    """Asked of what was found; not by the index of the system, which finds all of it."""
    return (at.c.system == SYSTEM).is_(true())


def _active(at: FromClause, active_only: bool) -> list[ColumnElement[bool]]:
    return [~at.c.inactive] if active_only else []


def _has_words(at: FromClause) -> ColumnElement[bool]:
    return at.c.words.op("@@", is_comparison=True)(cast(bindparam("words", type_=Text), TSQUERY))


def _rank(at: FromClause) -> Any:
    """How long the shortest text is that has all words; nothing when none has."""
    each = func.unnest(at.c.texts, type_=Text).column_valued("each")
    patterns: Any = bindparam("patterns", type_=ARRAY(Text))
    has_all = each.op("like", is_comparison=True)(all_(patterns))
    length = func.min(func.left(each, literal_column(str(LENGTH_DIGITS))))
    return select(length).where(has_all).correlate(at).scalar_subquery()


def _counted(few: FromClause) -> Any:
    return select(func.count().label("total")).select_from(few).cte("counted")


_NOT_COUNTED: Final = select(literal_column("0", type_=Integer).label("total")).cte("counted")


def _is_few(counted: FromClause) -> ColumnElement[bool]:
    return select(counted.c.total).scalar_subquery() <= _FEW


def _whole(counted: FromClause, page: Select[Any]) -> Select[Any]:
    """The concepts of a page, each with the total; a row without a concept when there is none."""
    picked = page.subquery("picked")
    source = counted.outerjoin(picked, true()).outerjoin(table, table.c.key == picked.c.key)
    return (
        select(counted.c.total, *_columns(table)).select_from(source).order_by(picked.c.rank, table.c.written)
    )


def _columns(at: FromClause) -> list[Any]:
    names = (
        "code",
        "key",
        "written",
        "display",
        "definition",
        "inactive",
        "abstract",
        "designations",
        "properties",
    )
    return [*(at.c[name] for name in names), _written(at, at.c.parents).label("above")]


def _written(at: FromClause, keys: Any) -> Any:
    """The codes of these keys, in their order."""
    other = table.alias("other")
    codes = (
        select(other.c.written)
        .where(other.c.key == any_(keys))
        .order_by(func.array_position(keys, other.c.key))
    )
    return func.array(codes.correlate(at).scalar_subquery())


def _top() -> Any:
    """The keys of the codes that are asked."""
    return select(func.array_agg(table.c.key)).where(*_asked(table)).scalar_subquery()


def _asked(at: FromClause) -> list[ColumnElement[bool]]:
    return [at.c.system == SYSTEM, at.c.code == any_(_CODES)]


BY_CODE: Final = compiled(select(*_columns(_concept)).where(*_asked(_concept)))
PLACES: Final = compiled(
    select(*(_concept.c[name] for name in ("code", "key", "parents", "ancestors", "descendants"))).where(
        *_asked(_concept)
    )
)
_others = func.array_remove(_concept.c.ancestors, _concept.c.key)
ANCESTORS: Final = compiled(
    select(_concept.c.written, _written(_concept, _others).label("above")).where(*_asked(_concept))
)
DESCENDANTS: Final = compiled(
    select(_concept.c.written)
    .where(_concept.c.ancestors.op("&&", is_comparison=True)(bindparam("top", type_=ARRAY(Integer))))
    .order_by(_concept.c.key != bindparam("key", type_=Integer), _concept.c.key)
)
CHILDREN: Final = compiled(
    select(_concept.c.written)
    .where(_concept.c.parents.op("&&", is_comparison=True)(_top()))
    .order_by(_concept.c.key)
)
