"""One comparison of a concept with the values of a parameter, as SQL. `terminology/filters.py` says what each means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, TSQUERY, array
from sqlalchemy.sql.expression import FromClause

from dzop.store.terminology_tables import terminology_concept
from terminology.filters import CODES

__all__ = ["COMPARISONS", "FOUND", "SYSTEM", "TEXTS"]

SYSTEM: Final = bindparam("system", type_=Integer)

_Comparison = Callable[[FromClause, str], ColumnElement[bool]]
_FIRST: Final[ColumnElement[int]] = literal_column("0")


def _keys(name: str) -> Any:
    return bindparam(name, type_=ARRAY(Integer))


def _any_text(name: str) -> Any:
    return any_(bindparam(name, type_=ARRAY(Text)))


def _fits(text: Any, name: str) -> ColumnElement[bool]:
    return text.regexp_match(bindparam(name, type_=Text))  # type: ignore[no-any-return]


def _is_code(at: FromClause, name: str) -> ColumnElement[bool]:
    return and_(at.c.system == SYSTEM, at.c.code == _any_text(name))


def _says(at: FromClause, name: str) -> ColumnElement[bool]:
    return at.c.words.op("@@", is_comparison=True)(cast(bindparam(name, type_=Text), TSQUERY))


def _parent_fits(at: FromClause, name: str) -> ColumnElement[bool]:
    parent = terminology_concept.alias(f"{name}_parent")
    is_parent = parent.c.key == any_(at.c.parents)
    return exists(select(true()).where(is_parent, _fits(parent.c.written, name)).correlate(at))


def _child_fits(at: FromClause, name: str) -> ColumnElement[bool]:
    child = terminology_concept.alias(f"{name}_child")
    is_child = child.c.parents.op("@>", is_comparison=True)(array([at.c.key]))
    return exists(select(true()).where(is_child, _fits(child.c.written, name)).correlate(at))


def _property_fits(at: FromClause, name: str) -> ColumnElement[bool]:
    """One of the texts of the property: those behind its value, else the value."""
    one = (
        func.jsonb_array_elements(at.c.properties)
        .table_valued(Column("said", JSONB), name=f"{name}_one")
        .render_derived()
    )
    value = _without_first(_without_first(one.c.said))
    texts = case((func.jsonb_array_length(one.c.said) > 3, _without_first(value)), else_=value)
    each = (
        func.jsonb_array_elements_text(texts)
        .table_valued(Column("text", Text), name=f"{name}_each")
        .render_derived()
    )
    is_asked = one.c.said.op("->>")(_FIRST) == bindparam(f"{name}_of", type_=Text)
    fitting = select(true()).select_from(one.join(each, true())).where(is_asked, _fits(each.c.text, name))
    return exists(fitting.correlate(at))


def _without_first(array: Any) -> Any:
    return array.op("-", return_type=JSONB())(_FIRST)


TEXTS: Final[Mapping[str, Callable[[FromClause], Any]]] = {
    "concept": lambda at: at.c.written,
    "code": lambda at: at.c.written,
    "display": lambda at: func.nullif(at.c.display, ""),
    "inactive": lambda at: cast(at.c.inactive, Text),
    "notSelectable": lambda at: cast(at.c.abstract, Text),
}
"""What every concept has, as text."""


def _equal_text(text: Callable[[FromClause], Any]) -> _Comparison:
    return lambda at, name: func.coalesce(text(at) == _any_text(name), false())


def _fitting_text(text: Callable[[FromClause], Any]) -> _Comparison:
    return lambda at, name: func.coalesce(_fits(text(at), name), false())


COMPARISONS: Final[Mapping[str, _Comparison]] = {
    "code": _is_code,
    "key": lambda at, name: at.c.key == any_(_keys(name)),
    "below": lambda at, name: at.c.ancestors.op("&&", is_comparison=True)(_keys(name)),
    "parent": lambda at, name: at.c.parents.op("&&", is_comparison=True)(_keys(name)),
    "fact": _says,
    "regex": _property_fits,
    "parent regex": _parent_fits,
    "child regex": _child_fits,
    "display exists": lambda at, _: at.c.display != literal_column("''"),
    "parent exists": lambda at, _: func.cardinality(at.c.parents) > literal_column("0"),
    "child exists": lambda at, _: at.c.descendants > literal_column("1"),
    **{f"{name} =": _equal_text(text) for name, text in TEXTS.items() if name not in CODES},
    **{f"{name} regex": _fitting_text(text) for name, text in TEXTS.items()},
}
FOUND: Final = frozenset({"code", "key", "below", "parent", "fact"})
"""The comparisons that an index meets."""
