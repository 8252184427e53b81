"""Writes code systems, value sets and concept maps: in one transaction, seen by others all at once or not at all.

Concepts go by COPY into a table of the transaction; when all are there, what is above each is known too, and they go
on from there in the order of the code system. Who writes a definition waits for who does, not for who reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

import orjson
from sqlalchemy import Table, Text, bindparam, delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from dzop.definitions.searched import head
from dzop.store.database import Transaction
from dzop.store.statement import Statement, compiled
from dzop.store.terminology_hierarchy import Hierarchy, hierarchy
from dzop.store.terminology_rows import compared, row_of
from dzop.store.terminology_staging import MOVE, RESERVE, STAGE, TIDY, TIDY_AFTER_MANY, UNHURRIED
from dzop.store.terminology_staging import hierarchy as staged_hierarchy
from dzop.store.terminology_staging import staged as staged_concept
from dzop.store.terminology_tables import terminology_definition as table
from dzop.store.terminology_tables import terminology_mapping
from terminology.concept import Concept
from terminology.concept_map import MapRow
from terminology.fault import Fault

__all__ = ["Definition", "remove", "write_code_system", "write_concept_map", "write_value_set"]

Progress = Callable[[int], None]
"""Told now and then how many more concepts or elements have been written."""

_BATCH: Final = 5_000
_MANY: Final = 10_000
"""From so many concepts on, what the planner knows of the table is looked up anew."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A CodeSystem, ValueSet or ConceptMap to be kept.

    `resource` is read for type, `url`, `version` and what it can be searched by: its `dzop.definitions.searched.head`
    is kept. Lists of concepts and elements may be cut to their first, which tells that there are any and in which
    languages (as for SNOMED CT: `{"concept": [{"code": ..., "designation": [{"language": "nl"}, ...]}]}`).
    `body` is the JSON that is served, with `id`. `source` names the file or package.
    """

    resource: Mapping[str, Any]
    id: str
    body: bytes
    source: str
    loaded_at: datetime


async def write_code_system(
    connection: Transaction,
    definition: Definition,
    concepts: Iterable[Concept],
    progress: Progress | None = None,
) -> int:
    """Writes a code system; how many concepts it has.

    `concepts` come in the order of the code system, each once, and are read once; a parent may come after its child,
    and one that is not there is left out. Fault `invalid` when this version of it or the id is held already, when a
    code comes twice (in a system that is not case sensitive: in any case), and when a concept is above itself.
    Whether codes are case sensitive says `CodeSystem.caseSensitive`; when it does not, they are.
    """
    key = await _begun(connection, definition)
    is_case_sensitive = definition.resource.get("caseSensitive", True)
    numbers: dict[str, int] = {}
    parents: list[list[str]] = []

    def rows() -> Iterator[tuple[Any, ...]]:
        for number, concept in enumerate(concepts):
            code = compared(concept.code, is_case_sensitive=is_case_sensitive)
            if numbers.setdefault(code, number) != number:
                raise Fault("invalid", f"the code `{concept.code}` stands twice; list it once")
            parents.append([compared(each, is_case_sensitive=is_case_sensitive) for each in concept.parents])
            yield (number, *row_of(key, concept, is_case_sensitive=is_case_sensitive))

    await connection.run(STAGE)
    count = await _copied(connection, staged_concept, rows(), progress)
    reserved = await connection.rows(RESERVE, count=count)
    first = reserved[0]["last"] - count + 1
    await _placed(connection, hierarchy(numbers, parents), first)
    await connection.run(MOVE, system=key, first=first)
    await connection.run(_COUNTED, key=key, count=count, first=first)
    await connection.run(TIDY)
    if count >= _MANY:
        await connection.run(TIDY_AFTER_MANY)
    return count


async def write_value_set(connection: Transaction, definition: Definition) -> None:
    """Writes a value set. Fault `invalid` when this version of it or the id is held already."""
    await _begun(connection, definition)


async def write_concept_map(
    connection: Transaction, definition: Definition, rows: Iterable[MapRow], progress: Progress | None = None
) -> int:
    """Writes a concept map and its elements (`terminology.concept_map.rows`), in order; how many there are.

    Fault `invalid` when this version of it or the id is held already.
    """
    key = await _begun(connection, definition)
    numbered = (
        (
            key, place, each.source_system, each.source_code, each.target_system, each.target_code,
            each.target_display, each.equivalence, each.comment,
        )
        for place, each in enumerate(rows)
    )  # fmt: skip
    count = await _copied(connection, terminology_mapping, numbered, progress)
    await connection.run(_COUNTED, key=key, count=count, first=None)
    return count


async def remove(connection: Transaction, url: str, version: str | None = None) -> int:
    """Removes what has this URL, in this version or in all; how many definitions that were."""
    await connection.run(UNHURRIED)
    # Before any row: who replaces what another replaces would wait for each other.
    await connection.run(_ALONE)
    return len(await connection.rows(_REMOVE, url=url, version=version))


async def _begun(connection: Transaction, definition: Definition) -> int:
    """The key of the definition, which is written without what belongs to it."""
    await connection.run(UNHURRIED)
    await connection.run(_ALONE)
    resource = definition.resource
    url, version = resource.get("url", ""), resource.get("version", "")
    named = {"type": resource["resourceType"], "id": definition.id, "url": url, "version": version}
    if held := await connection.row(_HELD, **named):
        canonical = f"{url}|{version}" if version else url
        why = (
            f"`{canonical}` is loaded already"
            if (held["url"], held["version"]) == (url, version)
            else f"`{named['type']}/{definition.id}` is already the id of `{held['url']}`"
        )
        raise Fault("invalid", f"{why}; remove it or replace it")
    written = await connection.row(
        _DEFINE,
        **named,
        head=orjson.dumps(head(resource) | {"id": definition.id}).decode(),
        body=definition.body,
        source=definition.source,
        loaded_at=definition.loaded_at,
    )
    return int(written["key"]) if written else 0


async def _placed(connection: Transaction, found: Hierarchy, first: int) -> None:
    """Writes the hierarchy of the concepts that are staged, of which the first gets this key."""
    rows = (
        (number, [first + each for each in parents], [first + each for each in ancestors], descendants)
        for number, (parents, ancestors, descendants) in enumerate(
            zip(found.parents, found.ancestors, found.descendants, strict=True)
        )
    )
    await _copied(connection, staged_hierarchy, rows)


async def _copied(
    connection: Transaction,
    table: Table,
    rows: Iterable[tuple[Any, ...]],
    progress: Progress | None = None,
) -> int:
    """Copies the rows, a batch at a time; how many there were."""
    rows, columns, count = iter(rows), [column.name for column in table.columns], 0
    while batch := list(islice(rows, _BATCH)):
        await connection.copy(table.name, columns, batch)
        count += len(batch)
        if progress:
            progress(len(batch))
    return count


def _value(name: str) -> Any:
    return bindparam(name, type_=table.c[name].type)


_ALONE: Final = Statement(f"lock table {table.name} in share row exclusive mode", (), {})
_HELD: Final = compiled(
    select(table.c.url, table.c.version).where(
        table.c.type == _value("type"),
        or_(
            table.c.id == _value("id"),
            (table.c.url == _value("url")) & (table.c.version == _value("version")),
        ),
    )
)
_DEFINE: Final = compiled(
    insert(table)
    .values(
        {
            name: _value(name)
            for name in ("type", "id", "url", "version", "head", "body", "source", "loaded_at")
        }
        | {"count": text("0")}
    )
    .returning(table.c.key)
)
_COUNTED: Final = compiled(
    table.update()
    .where(table.c.key == bindparam("key", type_=table.c.key.type))
    .values(count=bindparam("count", type_=table.c.count.type), first=_value("first"))
)
_REMOVE: Final = compiled(
    delete(table)
    .where(
        table.c.url == _value("url"),
        or_(bindparam("version", type_=Text).is_(None), table.c.version == bindparam("version", type_=Text)),
    )
    .returning(table.c.key)
)
