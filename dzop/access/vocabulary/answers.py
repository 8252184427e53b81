"""What the vocabulary answers with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dzop.access.vocabulary.source import Held
from terminology.concept import Coding, Concept
from terminology.languages import called
from terminology.question import SystemVersion

__all__ = ["Contained", "Expansion", "Found", "Translation"]


@dataclass(frozen=True, slots=True)
class Found:
    """A concept, and the code system in which it was found; `children` are the codes right below."""

    system: Held
    concept: Concept
    children: tuple[str, ...] = ()

    def display(self, languages: Sequence[str] = ()) -> str:
        """What it is called in the first of these languages in which it has a name, else by the system itself."""
        return called(self.concept, languages, self.system.default_language)


@dataclass(frozen=True, slots=True)
class Contained:
    """A concept in a value set, called as the value set calls it. `version` is empty when the code system is not held
    and the value set names no version.
    """

    system: str
    version: str
    concept: Concept
    default_language: str = "en"

    def display(self, languages: Sequence[str] = ()) -> str:
        """What it is called in the first of these languages in which it has a name, else by the value set or system."""
        return called(self.concept, languages, self.default_language)


@dataclass(frozen=True, slots=True)
class Expansion:
    """A page of a value set. `total` is None when there are more than were counted; `used` are the code systems in
    the versions that were used, those that are not held as the value set names them.
    """

    contained: tuple[Contained, ...]
    total: int | None
    used: tuple[SystemVersion, ...]


@dataclass(frozen=True, slots=True)
class Translation:
    """What a concept map makes of a code: `coding` with its version where the map names one, empty of code when it
    says that there is none. `map` is the canonical of the map, with its version where it has one.
    """

    equivalence: str
    coding: Coding
    version: str
    display: str
    comment: str
    map: str
