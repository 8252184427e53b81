"""A place where code systems are: memory (what is shipped, or sent along with a question) or the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from terminology.concept import Concept
from terminology.concept_set import ConceptSet
from terminology.question import Matched, Wanted

__all__ = ["Held", "Source"]


@dataclass(frozen=True, slots=True)
class Held:
    """A code system that is held, in one version. `key` is that of its rows in the database, 0 in memory.

    `content` is R4's content mode: `complete`, or `fragment` when codes are missing of which nothing can be said.
    `default_language` is the language of `display`, `value_set` the canonical of the value set of all its codes.
    """

    url: str
    version: str
    name: str
    title: str
    case_sensitive: bool
    content: Literal["complete", "fragment"]
    count: int
    hierarchy_meaning: str = ""
    default_language: str = "en"
    key: int = 0
    value_set: str = ""


class Source(Protocol):
    """What can be asked of one place; each method is one round trip at most. Codes of a system that is not case
    sensitive are found in any case and come back as the system writes them.
    """

    def code_systems(self, url: str) -> Sequence[Held]:
        """The versions held here, of no order."""

    async def concepts(self, system: Held, codes: Sequence[str]) -> Mapping[str, Concept]:
        """Those of the codes that exist, by the code as it was asked."""

    async def ancestors(self, system: Held, code: str) -> Sequence[str] | None:
        """All codes above, the code itself first; None when there is no such code."""

    async def descendants(self, system: Held, code: str, most: int) -> Sequence[str] | None:
        """All codes below, the code itself first; None when there is no such code. Fault `too-costly` when more than
        `most`.
        """

    async def children(self, system: Held, code: str) -> Sequence[str]:
        """The codes right below, in order."""

    async def matched(self, system: Held, concept_set: ConceptSet, wanted: Wanted) -> Matched:
        """The concepts of the set, as wanted. Those that are listed come in the order of the list, others in that of
        the code system; with words, the best match first: by how short what they were found in is, then by code.
        A source may put more than 5,000 found by words in order of their shortest names.
        """

    async def members(self, system: Held, concept_set: ConceptSet, codes: Sequence[str]) -> frozenset[str]:
        """Which of the codes exist and are in the set."""
