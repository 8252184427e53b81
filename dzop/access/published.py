"""What is published: by dzop itself, in memory, and what an operator loaded, in the database. Read by id, and searched.

It is the same for everybody and says nothing of anybody, so nothing is judged and nothing is in the log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import orjson

from dzop.definitions import searched
from dzop.definitions.searched import CODES, head, with_codes
from dzop.fhir.paths import steps
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.clause import AllOf, AnyOf, Clause, Criterion, Not
from dzop.fhir.search.criterion import Value
from dzop.fhir.search.match import matches
from dzop.fhir.search.token import Codes, Token

__all__ = ["Published", "Shelf", "Shipped"]

Resource = Mapping[str, Any]


class Shelf(Protocol):
    """A place where definitions are. Each method is one round trip at most."""

    async def heads(self, type: str, urls: Sequence[str] | None) -> Mapping[str, Resource]:
        """By id what can be searched of each (`dzop.definitions.searched.head`), of these URLs if some are named."""

    async def having(self, type: str, parameter: str, codes: Sequence[str]) -> Iterable[tuple[str, str, str]]:
        """(id, system, code) for those that have some of the codes at a parameter of `dzop.definitions.searched.CODES`;
        a system is empty where the code has none.
        """

    async def bodies(self, type: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        """The resources as they are served, by id: those that are here, at least the first of them."""


class Shipped:
    """What dzop itself publishes; `published` gives all of a type by id, as it is just now."""

    def __init__(self, published: Callable[[str], Awaitable[Mapping[str, Resource]]]) -> None:
        self._published = published

    async def heads(self, type: str, urls: Sequence[str] | None) -> Mapping[str, Resource]:
        found = await self._published(type)
        return {id: head(each) for id, each in found.items() if urls is None or each["url"] in urls}

    async def having(self, type: str, parameter: str, codes: Sequence[str]) -> Iterable[tuple[str, str, str]]:
        asked = frozenset(codes)
        found = await self._published(type)
        return {
            (id, system, code)
            for id, each in found.items()
            for system, code in searched.codes(each, parameter)
            if code in asked
        }

    async def bodies(self, type: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        found = await self._published(type)
        return {id: orjson.dumps(found[id]) for id in ids if id in found}


class Published:
    """What is shipped and what is loaded. Nothing that is loaded takes the id of what is shipped; of a URL in one
    version, what is loaded is found.
    """

    def __init__(self, shipped: Shelf, loaded: Shelf) -> None:
        self._shipped, self._loaded = shipped, loaded

    async def bodies(self, type: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        """The resources as they are served, by id: those that are known, as far as there is room in a page."""
        shipped = await self._shipped.bodies(type, ids)
        rest = [id for id in ids if id not in shipped] if type in CODES else ()
        return {**shipped, **(await self._loaded.bodies(type, rest) if rest else {})}

    async def search(self, type: str, clauses: Sequence[Clause], base: str) -> list[str]:
        """The ids of those that meet all clauses, in order; `base` is this server's own URL."""
        found: dict[str, Resource] = {}
        named: set[tuple[str, str]] = set()
        urls = _urls(clauses)
        for shelf in (self._loaded, self._shipped) if type in CODES else (self._shipped,):
            heads = await shelf.heads(type, urls)
            new = {id: each for id, each in heads.items() if _named(each) not in named}
            found |= await _with_codes(shelf, type, new, clauses)
            named |= {_named(each) for each in new.values()}
        asked, members = AllOf(tuple(clauses)), _members(clauses)
        return sorted(
            id
            for id, each in found.items()
            # To index only what is looked at takes a fraction of the time.
            if matches({name: each[name] for name in members if name in each}, asked, base)
        )


def _named(definition: Resource) -> tuple[str, str]:
    return definition.get("url", ""), definition.get("version", "")


async def _with_codes(
    shelf: Shelf, type: str, heads: dict[str, Resource], clauses: Sequence[Clause]
) -> dict[str, Resource]:
    """The heads, with the codes that the clauses ask for, as far as each has them."""
    for parameter, asked in _asked(type, clauses).items():
        having: dict[str, list[tuple[str, str]]] = {}
        for id, system, code in await shelf.having(type, parameter, asked):
            having.setdefault(id, []).append((system, code))
        heads |= {id: with_codes(heads[id], {parameter: each}) for id, each in having.items() if id in heads}
    return heads


def _members(clauses: Iterable[Clause]) -> list[str]:
    """The members of a resource that the clauses look at."""
    paths = [path for each in _criteria(clauses) for path in each.parameter.paths]
    return list(dict.fromkeys(("resourceType", "id", *(steps(path)[0][0] for path in paths))))


def _asked(type: str, clauses: Iterable[Clause]) -> Mapping[str, list[str]]:
    """By search parameter on codes the codes that are asked for."""
    asked: dict[str, dict[str, None]] = {}
    for each in _criteria(clauses):
        name = each.parameter.name
        if name in CODES.get(type, ()) and each.modifier != "missing":
            wanted = asked.setdefault(name, {})
            wanted.update(dict.fromkeys(code for value in each.values for code in _codes(value)))
    return {name: list(codes) for name, codes in asked.items() if codes}


def _codes(value: Value) -> Iterable[str]:
    match value:
        case Token(code=str(code)):
            return (code,)
        case Codes(codes=codes):
            return codes
    return ()


def _criteria(clauses: Iterable[Clause]) -> Iterator[Criterion]:
    for each in clauses:
        match each:
            case Criterion():
                yield each
            case AllOf(inner) | AnyOf(inner):
                yield from _criteria(inner)
            case Not(inner):
                yield from _criteria((inner,))


def _urls(clauses: Sequence[Clause]) -> list[str] | None:
    """The URLs one of which every match has; None where any will do."""
    for each in clauses:
        if isinstance(each, Criterion) and each.parameter in _ON_URL and each.modifier is None:
            return [value.code for value in each.values if isinstance(value, Token) and value.code]
    return None


_ON_URL: Final = tuple(
    parameter
    for entry in RESOURCE_TYPES.values()
    if entry.compartment == "definition"
    for parameter in entry.search
    if parameter.paths == ("url",)
)
