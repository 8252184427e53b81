"""A snapshot of SNOMED CT put in order: what is said of each concept comes together, on disk and not in memory.

A row that several files have (an extension, and the international release it was made for) counts as its newest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from dzop.terminology_loading.rf2.edition import Edition, edition_of
from dzop.terminology_loading.rf2.release import Kind, Rows, SnapshotFile
from terminology.fault import Fault

__all__ = ["CONCEPTS", "DESCRIPTIONS", "IS_A", "RELATIONSHIPS", "Snapshot", "edition", "in_order"]

IS_A: Final = 116680003

CONCEPTS: Final = "select id, active, module, definition from concept order by id"
"""(concept, whether it is active, its module, how it is defined)."""
DESCRIPTIONS: Final = """
select d.concept, d.id, d.language, d.type, d.term, l.refset, l.acceptability
from description d left join language l on l.description = d.id and l.active
where d.active order by d.concept, d.id
"""
"""(concept, description, language, type, term, language reference set, acceptability), a row each reference set."""
RELATIONSHIPS: Final = """
select source, type, target, value from relationship where active order by source, type, id
"""
"""(concept, type, the other concept or None, the value or None)."""
_ATTRIBUTES: Final = "select distinct type from relationship where active and type != ? order by type"
_LANGUAGES: Final = "select distinct language from description where active order by language"
_OUTSIDE: Final = """
select r.source, r.target from relationship r join concept s on s.id = r.source and s.active
where r.active and r.target is not null and not exists (select 1 from concept where id = r.target) limit 1
"""


@dataclass(frozen=True, slots=True)
class _Table:
    """Which columns of a kind of file are kept, by their place there, and which of them are the key of a row."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, int]

    @property
    def statement(self) -> str:
        """Adds a row, or replaces that of the same key when it is older."""
        names = ", ".join(self.columns)
        places = ", ".join("?" for _ in self.columns)
        newer = ", ".join(f"{name} = excluded.{name}" for name in self.columns if name not in self.key)
        return (
            f"insert into {self.name} ({names}) values ({places}) on conflict ({', '.join(self.key)}) "  # noqa: S608
            f"do update set {newer} where excluded.day > {self.name}.day"
        )


_ROW: Final = {"id": 0, "day": 1, "active": 2}
_MEMBER: Final = {"day": 1, "active": 2}
_TABLES: Final[Mapping[Kind, _Table]] = {
    "concept": _Table("concept", ("id",), {**_ROW, "module": 3, "definition": 4}),
    "description": _Table(
        "description", ("id",), {**_ROW, "concept": 4, "language": 5, "type": 6, "term": 7}
    ),
    "relationship": _Table("relationship", ("id",), {**_ROW, "source": 4, "target": 5, "type": 7}),
    "value": _Table("relationship", ("id",), {**_ROW, "source": 4, "value": 5, "type": 7}),
    "language": _Table(
        "language", ("description", "refset"), {"description": 5, "refset": 4, **_MEMBER, "acceptability": 6}
    ),
    "dependency": _Table(
        "dependency", ("module", "target"), {"module": 3, "target": 5, **_MEMBER, "released": 6}
    ),
}
_NEEDED: Final[Mapping[Kind, str]] = {
    "concept": "concepts",
    "description": "descriptions",
    "relationship": "relationships",
    "language": "language reference sets",
    "dependency": "module dependencies",
}
_SCHEMA: Final = """
pragma journal_mode = off;
pragma synchronous = off;
pragma temp_store = file;
pragma cache_size = -48000;
create table concept (id integer primary key, day integer not null, active integer not null,
    module integer not null, definition integer not null) strict;
create table description (id integer primary key, day integer not null, active integer not null,
    concept integer not null, language text not null, type integer not null, term text not null) strict;
create table relationship (id integer primary key, day integer not null, active integer not null,
    source integer not null, type integer not null, target integer, value text) strict;
create table language (description integer not null, refset integer not null, day integer not null,
    active integer not null, acceptability integer not null, primary key (description, refset)) strict, without rowid;
create table dependency (module integer not null, target integer not null, day integer not null,
    active integer not null, released integer not null, primary key (module, target)) strict, without rowid;
"""
_INDEXES: Final = """
create index description_concept on description (concept);
create index relationship_source on relationship (source, type);
"""


class Snapshot:
    """The rows of a snapshot, in order. Codes and days are numbers here."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """The rows of one of the queries above."""
        return self._database.execute(query)

    def count(self) -> int:
        """How many concepts there are, inactive ones too."""
        count: int = self._database.execute("select count(*) from concept").fetchone()[0]
        return count

    def attributes(self) -> list[str]:
        """The codes of the types of relationships, besides that of the hierarchy."""
        return [str(type) for (type,) in self._database.execute(_ATTRIBUTES, (IS_A,))]

    def languages(self) -> list[str]:
        """The languages of its descriptions."""
        return [language for (language,) in self._database.execute(_LANGUAGES)]


def edition(files: Sequence[SnapshotFile], module: str | None) -> Edition:
    """The edition that these files are, as `edition_of`; it reads no more than it must."""
    _require_all_kinds(files)
    with _filled([file for file in files if file.kind == "dependency"], lambda read: None) as database:
        found = database.execute("select module, released from dependency where active")
        return edition_of([(str(each), str(day)) for each, day in found], module)


@contextmanager
def in_order(files: Sequence[SnapshotFile], read: Callable[[int], None]) -> Iterator[Snapshot]:
    """The snapshot in these files; `read` is told how many bytes more of them were read.

    It stands in a temporary file that goes with the block. Fault `invalid` for what is not in the format or not
    complete.
    """
    _require_all_kinds(files)
    with _filled(files, read) as database:
        database.executescript(_INDEXES)
        _require_complete(database)
        yield Snapshot(database)


def _require_all_kinds(files: Sequence[SnapshotFile]) -> None:
    kinds = {file.kind for file in files}
    if missing := [name for kind, name in _NEEDED.items() if kind not in kinds]:
        raise Fault("invalid", f"The release has no snapshot of its {', '.join(missing)}")


@contextmanager
def _filled(files: Sequence[SnapshotFile], read: Callable[[int], None]) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect("")) as database:
        database.executescript(_SCHEMA)
        for file in files:
            _fill(database, Rows(file, read), _TABLES[file.kind])
        yield database


def _fill(database: sqlite3.Connection, rows: Rows, table: _Table) -> None:
    places = tuple(table.columns.values())
    try:
        database.executemany(table.statement, ([row[place] for place in places] for row in rows))
    except sqlite3.IntegrityError:
        raise rows.fault("a column that holds a number holds something else") from None


def _require_complete(database: sqlite3.Connection) -> None:
    """An extension by itself says little: its concepts are kinds of international ones."""
    outside = database.execute(_OUTSIDE).fetchone()
    if outside is not None:
        text = f"Concept `{outside[1]}`, to which `{outside[0]}` is related, is not in the release"
        raise Fault("invalid", f"{text}; give an extension together with the edition that it extends")
