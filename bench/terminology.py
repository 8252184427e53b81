"""Operations on a code system of 350,000 concepts in four languages, beside a single read: how many times as long.

The concepts are made up: a hierarchy in which half of them stand below two, so that each has some twenty above it.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from bench.person import Beside, beside_a_read
from bench.server import Server
from dzop.store.database import Database
from dzop.store.embedded import embedded
from dzop.store.terminology_writing import Definition, write_code_system, write_value_set
from terminology.concept import Concept, Designation, Property

CONCEPTS: Final = 350_000
URL: Final = "https://bench.example/codes"
EVERYTHING, VALUE_SET = "https://bench.example/all", "https://bench.example/below"
_BRANCHES, _FIRST, _STEP = 6, 10_000_000, 7
_ROOT_OF_MUCH, _SOMEWHERE = 1, 349_999
_MEDICAL = ("diabetes", "mellitus", "dialysis", "diagnostic", "melanoma", "heart", "failure")
_ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("", "ic", "al", "osis"),
    "nl": ("", "isch", "aal", "ose"),
    "fr": ("e", "ique", "ale", "ose"),
    "de": ("", "isch", "al", "ose"),
}

AIMS: Final[Mapping[str, float]] = {
    "CodeSystem $lookup": 2,
    "CodeSystem $validate-code": 2,
    "ValueSet $validate-code in a subtree": 2,
    "CodeSystem $subsumes": 3,
    "ValueSet $expand, `dia mel`": 10,
    "ValueSet $expand, `dia mel` in a subtree": 10,
}
"""At most how many times a single read each takes."""
MOST_MEGABYTES: Final = 100


def loaded(server: Server) -> float:
    """Loads the code system into the database of the server; the seconds that took."""
    start = time.perf_counter()
    with embedded(server.folder / "var") as url:
        asyncio.run(_load(url))
    return time.perf_counter() - start


def lines(server: Server) -> Mapping[str, Beside]:
    """Each operation beside a read, when all is in memory."""
    return {name: beside_a_read(server, path) for name, path in _paths().items()}


def concepts() -> Iterator[Concept]:
    """The concepts, those above before those below."""
    chance = random.Random(1)  # noqa: S311  the same concepts in each run, and no secret
    stems = list(_stems(chance))
    for number in range(CONCEPTS):
        names = _names(chance, stems)
        yield Concept(
            _code(number),
            names["en"],
            designations=tuple(Designation(language, names[language]) for language in ("nl", "fr", "de")),
            properties=(Property("module", "code", str(number % 5)),),
            parents=tuple(dict.fromkeys(_above(chance, number))),
            inactive=number % 20 == 0,
        )


async def _load(url: str) -> None:
    async with Database.opened(url, 1) as database, database.transaction() as transaction:
        await write_code_system(transaction, _definition("CodeSystem", URL, _CODE_SYSTEM), concepts())
        await write_value_set(transaction, _definition("ValueSet", VALUE_SET, _BELOW))


def _definition(type: str, url: str, more: Mapping[str, Any]) -> Definition:
    resource = {"resourceType": type, "url": url, "version": "1", "status": "active", **more}
    id = f"bench-{type.lower()}"
    return Definition(resource, id, json.dumps(resource | {"id": id}).encode(), "bench", datetime.now(UTC))


def _code(number: int) -> str:
    return str(_FIRST + _STEP * number)


_CODE_SYSTEM: Final = {"content": "complete", "caseSensitive": True, "valueSet": EVERYTHING}
_BELOW: Final = {
    "compose": {
        "include": [
            {
                "system": URL,
                "filter": [{"property": "concept", "op": "is-a", "value": _code(_ROOT_OF_MUCH)}],
            }
        ]
    }
}


def _paths() -> Mapping[str, str]:
    system, code, words = {"system": URL}, {"code": _code(_SOMEWHERE)}, {"filter": "dia mel", "count": 20}
    ends = {"codeA": _code(_ROOT_OF_MUCH), "codeB": _code(_SOMEWHERE)}
    asked = (
        ("CodeSystem/$lookup", system | code),
        ("CodeSystem/$validate-code", {"url": URL} | code),
        ("ValueSet/$validate-code", {"url": VALUE_SET} | system | code),
        ("CodeSystem/$subsumes", system | ends),
        ("ValueSet/$expand", {"url": EVERYTHING} | words),
        ("ValueSet/$expand", {"url": VALUE_SET} | words),
    )
    return {name: f"/fhir/{path}?{urlencode(given)}" for name, (path, given) in zip(AIMS, asked, strict=True)}


def _above(chance: random.Random, number: int) -> Iterator[str]:
    if number:
        yield _code((number - 1) // _BRANCHES)
    if number > 10 and chance.random() < 0.55:
        yield _code(chance.randrange(max(1, number // 40), max(2, number // 4)))


def _names(chance: random.Random, stems: list[str]) -> Mapping[str, str]:
    """What it is called: some words more often than others, a few of them real."""
    words = [
        stems[min(int(chance.expovariate(1 / 2500)), len(stems) - 1)] for _ in range(chance.randint(1, 5))
    ]
    place = chance.random()
    if place < 0.004:
        words = ["diabetes", "mellitus", *words[:2]]
    elif place < 0.02:
        words = [chance.choice(_MEDICAL), *words]
    ending = chance.randrange(4)
    return {language: " ".join(words) + endings[ending] for language, endings in _ENDINGS.items()}


def _stems(chance: random.Random) -> Iterator[str]:
    syllables = [consonant + vowel for consonant in "bcdfghklmnprstvz" for vowel in "aeiou"]
    for number in range(20_000):
        yield "".join(chance.choices(syllables, k=2 if number < 1_500 else 3))
