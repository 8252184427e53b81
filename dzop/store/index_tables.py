"""The tables that make resources be found, and how an index row gets there from the arguments of a write.

Each is filled from arrays, one a column, all of one length: `token_code` are the codes of the tokens. What
no index entry could hold is kept as its digest (`indexed`), on both sides of every comparison.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import reduce
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Table, Text, bindparam, func, literal_column, select, type_coerce
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.sql.expression import FromClause

from dzop.store.tables import (
    index_date,
    index_quantity,
    index_reference,
    index_string,
    index_text,
    index_token,
)

_REFERENCE = ("target_type", "target_id", "url", "identifier_system", "identifier_value")

INDEX: Final[dict[str, tuple[Table, tuple[str, ...]]]] = {
    "token": (index_token, ("parameter", "system", "code", "element")),
    "reference": (index_reference, ("parameter", "ordinal", *_REFERENCE, "element")),
    "date": (index_date, ("parameter", "low", "high", "element")),
    "string": (index_string, ("parameter", "ordinal", "normalised", "exact", "element")),
    "quantity": (
        index_quantity,
        ("parameter", "ordinal", "low", "high", "system", "code", "unit", "element"),
    ),
    "text": (index_text, ("narrative", "content")),
}
"""Each table of the index, and the columns that a write fills beside those that say whose row it is."""

LANGUAGES: Final = ("dutch", "french", "german", "english", "simple")
"""The configurations of PostgreSQL by which words are cut to their stems; `simple` keeps them whole."""

_LONGEST: Final = 500  # bytes; PostgreSQL takes about 2,700 for all columns of an index entry


def no_index() -> dict[str, Any]:
    """The index arguments of a write for a resource that shall not be found."""
    columns: dict[str, list[Any]] = {
        f"{prefix}_{name}": [] for prefix, (_, names) in INDEX.items() for name in names
    }
    return {"indexed_as": "", **columns}


def arrays(table: Table, prefix: str, names: tuple[str, ...]) -> FromClause:
    """The rows that the arguments of a write hold for this table, as columns of these names."""
    return select(
        *(
            func.unnest(bindparam(f"{prefix}_{name}", type_=ARRAY(_sent(table, name)))).label(name)
            for name in names
        )
    ).subquery(f"{prefix}_given")


def kept(table: Table, given: FromClause, names: tuple[str, ...]) -> list[ColumnElement[Any]]:
    """The columns as they are stored: of a text its words, in every language."""
    return [
        _words(given.c[name]).label(name) if isinstance(table.c[name].type, TSVECTOR) else given.c[name]
        for name in names
    ]


def as_read(columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """The columns as a client of the database takes them: words as text."""
    return [each.cast(Text).label(each.key) if isinstance(each.type, TSVECTOR) else each for each in columns]


def _sent(table: Table, name: str) -> Any:
    type = table.c[name].type
    return Text() if isinstance(type, TSVECTOR) else type


def _words(text: ColumnElement[str]) -> ColumnElement[Any]:
    vectors: list[ColumnElement[Any]] = [func.to_tsvector(configuration(each), text) for each in LANGUAGES]
    return type_coerce(reduce(lambda one, other: one.op("||")(other), vectors), TSVECTOR)


def asked_words(text: ColumnElement[str]) -> ColumnElement[Any]:
    """What a search on words asks for, in any of the languages; no text is an error."""
    queries: list[ColumnElement[Any]] = [
        func.websearch_to_tsquery(configuration(each), text) for each in LANGUAGES
    ]
    return reduce(lambda one, other: one.op("||")(other), queries)


def configuration(language: str) -> ColumnElement[Any]:
    """A text search configuration, known when the statement is prepared."""
    return literal_column(f"'{language}'::regconfig")


def indexed(text: str) -> str:
    """A text as it is kept in an index: itself, or its digest when an index entry could not hold it.

    Both sides of a comparison go through here, so that equality stays equality.
    """
    if len(text) <= _LONGEST // 4 or len(text.encode()) <= _LONGEST:
        return text
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
