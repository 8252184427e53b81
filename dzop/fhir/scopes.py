"""SMART scopes as data: what a token may at most reach, before the access law is asked.

https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html

A scope that is not wholly understood says nothing, and so grants nothing: half-understood would be too wide. That is
one with letters in another order than `cruds`, of a type that is not held here, with a restriction on `*` or in the
syntax of version 1, or with one that cannot be told from the resource itself: a chain, `_has`, `_list`, `_filter`, a
text, a value set, a parameter that is not known or stands there twice, or that says how an answer looks. A restriction
is percent-decoded once, like the query of a URL, but for `+`, which stays; references in it are relative.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, cast
from urllib.parse import unquote_to_bytes

from dzop.fhir.outcome import Invalid
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.clause import Clause
from dzop.fhir.search.context import Context
from dzop.fhir.search.criterion import Unusable
from dzop.fhir.search.escapes import is_plain
from dzop.fhir.search.match import needs_neighbours, needs_store
from dzop.fhir.search.modifier import read_criterion

__all__ = [
    "LETTERS",
    "MOST_RESTRICTED",
    "NOTHING",
    "WHOLE",
    "Level",
    "Scope",
    "Way",
    "Ways",
    "read_scope",
    "ways",
]

Level = Literal["patient", "user", "system"]

LETTERS: Final = "cruds"
MOST_RESTRICTED: Final = 30
"""Restricted scopes of one token that count, the first in the order of their text."""

_VERSION_1: Final[Mapping[str, str]] = {"read": "rs", "write": "cud", "*": LETTERS}
_SCOPE: Final = re.compile(
    r"(?P<level>patient|user|system)/(?P<type>\*|[A-Za-z]+)\."
    r"(?:(?P<version_1>read|write|\*)|(?P<letters>c?r?u?d?s?)(?:\?(?P<restriction>[!#-\[\]-~]{1,512}))?)"
)
_BROKEN: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope on resources: its `letters` of `cruds`, on a `type` or all (`*`).

    `restriction` are the parameters of a search and their values, decoded; `only` is what they mean: a resource must
    meet all of it.
    """

    level: Level
    type: str
    letters: str
    restriction: tuple[tuple[str, str], ...] = ()
    only: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One way into reach: to what meets all of `only`, and is of the Patient in context where `of_patient`."""

    of_patient: bool = False
    only: tuple[Clause, ...] = ()


Ways = tuple[Way, ...]
"""Any of them leads to a resource."""

NOTHING: Final[Ways] = ()
WHOLE: Final[Ways] = (Way(),)


def ways(scopes: Iterable[str], levels: Collection[Level]) -> dict[tuple[str, str], Ways]:
    """By type and letter the ways that these scopes open, those of these levels counted; none is left out.

    What is of no person, such as the directory, a `patient/` scope reaches whole.
    """
    read = [scope for text in sorted(scopes) if (scope := read_scope(text)) and scope.level in levels]
    restricted = [scope for scope in read if scope.only][:MOST_RESTRICTED]
    counted = [scope for scope in read if not scope.only] + restricted
    found: dict[tuple[str, str], Ways] = {
        (type, letter): NOTHING for type in RESOURCE_TYPES for letter in LETTERS
    }
    for scope in counted:
        for type in RESOURCE_TYPES if scope.type == "*" else (scope.type,):
            of_patient = scope.level == "patient" and RESOURCE_TYPES[type].compartment == "person"
            for letter in scope.letters:
                found[type, letter] = _with(found[type, letter], Way(of_patient, scope.only))
    return found


def _with(ways: Ways, way: Way) -> Ways:
    """The ways with this one, without those that lead nowhere that another does not lead."""
    if any(_leads(each, way) for each in ways):
        return ways
    return (*(each for each in ways if not _leads(way, each)), way)


def _leads(way: Way, other: Way) -> bool:
    """Whether this way leads to all that the other leads to."""
    return way.only in ((), other.only) and way.of_patient <= other.of_patient


@lru_cache(maxsize=4096)
def read_scope(text: str) -> Scope | None:
    """What a scope says of resources; None when it says nothing of them, or is not wholly understood."""
    match = _SCOPE.fullmatch(text)
    if match is None or (match["type"] != "*" and match["type"] not in RESOURCE_TYPES):
        return None
    level, type = cast("Level", match["level"]), match["type"]
    letters = _VERSION_1.get(match["version_1"] or "", match["letters"])
    if not letters:
        return None
    if match["restriction"] is None:
        return Scope(level, type, letters)
    restriction = _restriction(match["restriction"])
    only = None if restriction is None or type == "*" else _only(type, restriction)
    return None if restriction is None or only is None else Scope(level, type, letters, restriction, only)


def _restriction(query: str) -> tuple[tuple[str, str], ...] | None:
    """The parameters of a query, each once; None when it is none."""
    pairs = [_decoded(each) for each in query.split("&")]
    found = tuple(each for each in pairs if each is not None)
    names = {name for name, _ in found}
    return found if len(names) == len(pairs) else None


def _decoded(text: str) -> tuple[str, str] | None:
    name, equals, value = text.partition("=")
    if not (name and equals and value) or _BROKEN.search(text):
        return None
    try:
        decoded = unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        return None
    return decoded if all(is_plain(each) for each in decoded) else None


def _only(type: str, restriction: Iterable[tuple[str, str]]) -> tuple[Clause, ...] | None:
    """What the parameters mean, where that can be told from a resource of this type itself."""
    # What is published and what is logged is not searched like the rest.
    if "create" not in RESOURCE_TYPES[type].interactions:
        return None
    try:
        clauses = tuple(_clauses(type, restriction))
    except (Unusable, Invalid):
        return None
    return None if any(needs_neighbours(each) or needs_store(each) for each in clauses) else clauses


def _clauses(type: str, restriction: Iterable[tuple[str, str]]) -> Iterator[Clause]:
    # Without base and terminology: no value sets, for these may change, and no references by URL of our own.
    context = Context("")
    for name, value in restriction:
        yield read_criterion(RESOURCE_TYPES[type], name, value, context)
