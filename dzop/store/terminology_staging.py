"""Tables of one transaction, in which a code system waits until all its concepts are there."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ARRAY, Column, Integer, MetaData, Table, Text, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import TSVECTOR, dialect
from sqlalchemy.schema import CreateTable

from dzop.store.statement import Statement, compiled
from dzop.store.terminology_rows import COLUMNS
from dzop.store.terminology_tables import CONCEPT_KEYS, terminology_concept

__all__ = ["MOVE", "RESERVE", "STAGE", "TIDY", "TIDY_AFTER_MANY", "UNHURRIED", "hierarchy", "staged"]

_OF_TRANSACTION = MetaData()
_DIALECT = dialect()  # type: ignore[no-untyped-call]
_PLACE: Final = ("parents", "ancestors", "descendants")
_AS_THEY_ARE: Final = tuple(name for name in COLUMNS if name != "lexemes")


def _staged(name: str, *columns: Column[Any]) -> Table:
    number = Column("number", Integer)
    return Table(name, _OF_TRANSACTION, number, *columns, prefixes=["temporary"], postgresql_on_commit="DROP")


def _same(name: str) -> Column[Any]:
    return Column(name, terminology_concept.c[name].type)


staged = _staged("staged_concept", *map(_same, _AS_THEY_ARE), Column("lexemes", ARRAY(Text)))
hierarchy = _staged("staged_hierarchy", *map(_same, _PLACE))

UNHURRIED: Final = compiled(
    select(
        *(
            func.set_config(name, value, True)
            for name, value in {
                "statement_timeout": "0",
                "enable_hashjoin": "on",
                "work_mem": "64MB",
                "maintenance_work_mem": "256MB",
                "gin_pending_list_limit": "16MB",
            }.items()
        )
    )
)
"""Until the transaction ends: loading takes as long as it takes, and the index takes many words at once, yet not so
many that who reads meanwhile has to go through them.
"""

_TABLES: Final = [
    str(CreateTable(each, if_not_exists=True).compile(dialect=_DIALECT)) for each in (staged, hierarchy)
]
STAGE: Final = Statement(";".join([*_TABLES, f"truncate {staged.name}, {hierarchy.name}"]), (), {})
"""Empty, also when another code system of the transaction has waited there."""

_last = func.nextval(CONCEPT_KEYS.name) + bindparam("count", type_=Integer)
RESERVE: Final = compiled(select(func.setval(CONCEPT_KEYS.name, _last).label("last")))
"""Keys for so many concepts, one behind the other; `last` is the last."""

MOVE: Final = compiled(
    insert(terminology_concept).from_select(
        ["system", "key", "words", *_AS_THEY_ARE, *_PLACE],
        select(
            bindparam("system", type_=Integer),
            bindparam("first", type_=Integer) + staged.c.number,
            func.array_to_tsvector(staged.c.lexemes, type_=TSVECTOR),
            *(staged.c[name] for name in _AS_THEY_ARE),
            *(hierarchy.c[name] for name in _PLACE),
        )
        .join_from(staged, hierarchy, staged.c.number == hierarchy.c.number)
        .order_by(staged.c.number),
    )
)
"""In the order of the code system, so that what follows each other is read together."""

TIDY: Final = compiled(select(func.gin_clean_pending_list("ix_terminology_concept_words")))
TIDY_AFTER_MANY: Final = Statement(f"analyze {terminology_concept.name}", (), {})
