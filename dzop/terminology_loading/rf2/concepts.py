"""The concepts of a snapshot of SNOMED CT, with what they are called in which language and what is said of them.

https://hl7.org/fhir/R4/snomedct.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from stdnum import verhoeff

from dzop.terminology_loading.rf2.edition import SNOMED_CT
from dzop.terminology_loading.rf2.snapshot import CONCEPTS, DESCRIPTIONS, IS_A, RELATIONSHIPS, Snapshot
from terminology.concept import Concept, Designation, Property
from terminology.fault import Fault

__all__ = ["concepts"]

_SYNONYM_TYPE, _NAME_TYPE, _DEFINITION_TYPE = 900000000000013009, 900000000000003001, 900000000000550004
_DEFINED: Final = 900000000000073002
_PREFERRED: Final = 900000000000548007
_SYNONYM: Final = (SNOMED_CT, str(_SYNONYM_TYPE), "Synonym")
_NAME: Final = (SNOMED_CT, str(_NAME_TYPE), "Fully specified name")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
# The language reference sets of countries, and those of the international release.
_DIALECTS: Final = {
    31000172101: "nl-BE", 21000172104: "fr-BE", 120961000172108: "de-BE", 31000146106: "nl-NL",
    10031000315102: "fr-FR", 21000234103: "de-AT", 2041000195100: "de-CH", 2021000195106: "fr-CH",
    2031000195108: "it-CH", 20581000087109: "fr-CA", 19491000087109: "en-CA", 21000220103: "en-IE",
    32570271000036106: "en-AU", 271000210107: "en-NZ", 900000000000509007: "en-US", 900000000000508004: "en-GB",
}  # fmt: skip
# Whose term goes first where they prefer different ones: a country's, the international, a group's (general practice).
_OF_COUNTRY, _OF_GROUP, _NOBODY = 0, 3, 4
_RANKS: Final = {**dict.fromkeys(_DIALECTS, _OF_COUNTRY), 900000000000509007: 1, 900000000000508004: 2}


def concepts(snapshot: Snapshot) -> Iterator[Concept]:
    """The concepts in order of their code, inactive ones too. Fault `invalid` for a code that is none of SNOMED CT."""
    described, related = _Beside(snapshot.rows(DESCRIPTIONS)), _Beside(snapshot.rows(RELATIONSHIPS))
    for number, active, module, definition in snapshot.rows(CONCEPTS):
        code = str(number)
        if not (6 <= len(code) <= 18 and verhoeff.is_valid(code)):
            raise Fault(
                "invalid", f"`{code}` is no identifier of SNOMED CT: its last digit does not fit the others"
            )
        terms, relations = _terms(described.of(number)), related.of(number)
        yield Concept(
            code,
            display=_display(terms),
            definition=_definition(terms),
            designations=tuple(_designations(terms)),
            properties=(
                Property("moduleId", "code", str(module)),
                Property("sufficientlyDefined", "boolean", definition == _DEFINED),
                *(_attribute(row) for row in relations if row[1] != IS_A),
            ),
            parents=tuple(dict.fromkeys(str(row[2]) for row in relations if row[1] == IS_A)),
            inactive=not active,
        )


class _Beside:
    """Rows that begin with the code of a concept, taken along with the concepts in the same order."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._groups = ((key, list(group)) for key, group in groupby(rows, itemgetter(0)))
        self._next = next(self._groups, None)

    def of(self, concept: int) -> list[tuple[Any, ...]]:
        """The rows of this concept, which comes behind those asked before."""
        while self._next is not None and self._next[0] < concept:
            self._next = next(self._groups, None)
        return self._next[1] if self._next is not None and self._next[0] == concept else []


@dataclass(frozen=True, slots=True)
class _Term:
    """A description; `preferred` are the language reference sets in which it is the preferred one."""

    language: str
    type: int
    text: str
    preferred: tuple[int, ...]

    @property
    def rank(self) -> int:
        """The best has the least."""
        return min((_RANKS.get(refset, _OF_GROUP) for refset in self.preferred), default=_NOBODY)


def _terms(rows: Sequence[tuple[Any, ...]]) -> list[_Term]:
    """The descriptions of a concept, the best first; `rows` as of `DESCRIPTIONS`."""
    found = []
    for _, group in groupby(rows, itemgetter(1)):
        described = list(group)
        _, _, language, type, text, _, _ = described[0]
        preferred = tuple(row[5] for row in described if row[6] == _PREFERRED)
        if text and _LANGUAGE.fullmatch(language):
            found.append(_Term(language, type, text, preferred))
    return sorted(found, key=lambda term: term.rank)


def _designations(terms: Sequence[_Term]) -> Iterator[Designation]:
    """Synonyms, what a dialect prefers where it is another term than the language's first, fully specified names."""
    synonyms = [term for term in terms if term.type == _SYNONYM_TYPE]
    first = {term.language: term for term in reversed(synonyms)}
    yield from (Designation(term.language, term.text, _SYNONYM) for term in synonyms)
    for term in synonyms:
        if term is not first[term.language]:
            dialects = (_DIALECTS.get(refset, "") for refset in term.preferred)
            own = (each for each in dialects if each.startswith(f"{term.language}-"))
            yield from (Designation(dialect, term.text, _SYNONYM) for dialect in own)
    yield from (Designation(term.language, term.text, _NAME) for term in terms if term.type == _NAME_TYPE)


def _display(terms: Sequence[_Term]) -> str:
    """In English where there is any: the best synonym, else the fully specified name."""
    named = sorted(
        (term for term in terms if term.type in (_SYNONYM_TYPE, _NAME_TYPE)),
        key=lambda term: (term.language != "en", term.type != _SYNONYM_TYPE),
    )
    return named[0].text if named else ""


def _definition(terms: Sequence[_Term]) -> str:
    found = (term.text for term in terms if term.type == _DEFINITION_TYPE and term.language == "en")
    return next(found, "")


def _attribute(row: tuple[Any, ...]) -> Property:
    """A relationship to another concept, or to a value: `#10` is a number, all else a string in quotes."""
    _, type, target, value = row
    if target is not None:
        return Property(str(type), "code", str(target))
    if not value.startswith("#"):
        return Property(str(type), "string", value.strip('"'))
    number = value.removeprefix("#")
    if _INTEGER.fullmatch(number):
        return Property(str(type), "integer", int(number))
    return Property(str(type), "decimal", number)
