"""SQLAlchemy builds a statement, this compiles it once, asyncpg runs it as a prepared statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.expression import ClauseElement

_dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with `$1, $2, ...` and the names of its parameters in that order."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]

    def values(self, **given: Any) -> list[Any]:
        """The arguments in order; a name that the statement does not have is not an error."""
        fixed = self.fixed
        return [given[name] if name in given else fixed[name] for name in self.names]


def compiled(statement: ClauseElement) -> Statement:
    """Compile for asyncpg; literals of the expression stay parameters with a fixed value."""
    result = statement.compile(dialect=_dialect)
    names = tuple(result.positiontup or ())  # type: ignore[attr-defined]
    fixed = {name: bind.value for name, bind in result.binds.items() if not bind.required}  # type: ignore[attr-defined]
    return Statement(str(result), names, fixed)
