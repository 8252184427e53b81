"""Code systems, value sets and concept maps that were loaded, as resources: to be searched, and to be served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import ARRAY, Text, any_, bindparam, cast, func, or_, select, union
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH

from dzop.store.database import Connection
from dzop.store.reading import in_room
from dzop.store.statement import Statement, compiled
from dzop.store.terminology_tables import terminology_concept, terminology_definition, terminology_mapping

__all__ = ["LoadedDefinitions"]

_definition, _concept, _mapping = terminology_definition, terminology_concept, terminology_mapping
_TYPE = bindparam("type", type_=Text)
_CODES: Any = bindparam("codes", type_=ARRAY(Text))


class LoadedDefinitions:
    """Implements `dzop.access.published.Shelf`; of bodies come the first, by id, as far as there is room in a page."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def heads(self, type: str, urls: Sequence[str] | None) -> Mapping[str, Mapping[str, Any]]:
        rows = await self._connection.rows(_HEADS, type=type, urls=urls)
        return {row["id"]: orjson.loads(row["head"]) for row in rows}

    async def having(self, type: str, parameter: str, codes: Sequence[str]) -> Sequence[tuple[str, str, str]]:
        compared = list({*codes, *(code.lower() for code in codes)})
        rows = await self._connection.rows(
            _HAVING[type, parameter], type=type, codes=codes, compared=compared
        )
        return [(row["id"], row["system"] or "", row["code"]) for row in rows]

    async def bodies(self, type: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        rows = await self._connection.rows(_BODIES, type=type, ids=ids)
        return {row["id"]: row["body"] for row in rows}


def _heads() -> Statement:
    urls: Any = bindparam("urls", type_=ARRAY(Text))
    named = or_(urls.is_(None), _definition.c.url == any_(urls))
    return compiled(select(_definition.c.id, _definition.c.head).where(_definition.c.type == _TYPE, named))


def _bodies() -> Statement:
    ids: Any = bindparam("ids", type_=ARRAY(Text))
    asked = (_definition.c.type == _TYPE, _definition.c.id == any_(ids))
    whole = select(_definition.c.id, _definition.c.body).where(*asked)
    return compiled(in_room(whole, [_definition.c.id]))


def _defining() -> Statement:
    """By the key of the table: each code system is asked for each code."""
    compared: Any = bindparam("compared", type_=ARRAY(Text))
    found = select(_definition.c.id, _definition.c.url.label("system"), _concept.c.written.label("code"))
    joined = found.join_from(_definition, _concept, _concept.c.system == _definition.c.key)
    asked = (_concept.c.code == any_(compared), _concept.c.written == any_(_CODES))
    return compiled(joined.where(_definition.c.type == _TYPE, *asked))


def _mapping_code(side: str) -> Statement:
    system, code = _mapping.c[f"{side}_system"], _mapping.c[f"{side}_code"]
    found = select(_definition.c.id, system.label("system"), code.label("code")).distinct()
    joined = found.join_from(_definition, _mapping, _mapping.c.map == _definition.c.key)
    return compiled(joined.where(_definition.c.type == _TYPE, code == any_(_CODES)))


def _listing() -> Statement:
    """What a value set lists is in no table, so the resources themselves are looked into."""
    resource = func.convert_from(_definition.c.body, "UTF8").cast(JSONB)
    part = _found_in(resource, "$.compose.include[*]").column_valued("part")
    listed = _found_in(part, "$.concept[*]").column_valued("listed")
    contained = _found_in(resource, "$.expansion.**.contains[*]").column_valued("contained")
    return compiled(union(_listed(part, listed), _listed(contained, contained)))


def _listed(of: Any, each: Any) -> Any:
    system, code = of.op("->>")("system"), each.op("->>")("code")
    found = select(_definition.c.id, system.label("system"), code.label("code"))
    return found.where(_definition.c.type == _TYPE, code == any_(_CODES))


def _found_in(resource: Any, path: str) -> Any:
    return func.jsonb_path_query(resource, cast(path, JSONPATH), type_=JSONB)


_HEADS: Final = _heads()
_BODIES: Final = _bodies()
_HAVING: Final[Mapping[tuple[str, str], Statement]] = {
    ("CodeSystem", "code"): _defining(),
    ("ConceptMap", "source-code"): _mapping_code("source"),
    ("ConceptMap", "target-code"): _mapping_code("target"),
    ("ValueSet", "code"): _listing(),
}
