"""A source that also has value sets and concept maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from dzop.access.vocabulary.source import Held, Source
from dzop.store.database import Connection
from terminology.concept import Coding
from terminology.concept_map import MapOutline, MapRow

__all__ = ["Defined", "HeldMap", "Library"]


@dataclass(frozen=True, slots=True)
class Defined:
    """A code system, value set or concept map by what it can be asked for. `key` is that of its row in the database,
    0 in memory.
    """

    type: Literal["CodeSystem", "ConceptMap", "ValueSet"]
    id: str
    url: str
    version: str
    key: int = 0


@dataclass(frozen=True, slots=True)
class HeldMap:
    """A concept map that is held, without its elements."""

    defined: Defined
    outline: MapOutline


class Library(Source, Protocol):
    """A source with value sets and concept maps. What is not `async` answers from what is known since `current`."""

    def within(self, connection: Connection) -> Library:
        """The same, that asks over this connection from now on; memory is itself."""

    async def current(self) -> object:
        """Looks again at what is held, when it was last looked at long ago. The answer is equal to the one before as
        long as nothing has been loaded or removed.
        """

    def every_code_system(self) -> Sequence[Held]:
        """All code systems in all versions, of no order."""

    def implied(self, value_set: str) -> Sequence[Held]:
        """The code systems that say that this is the value set of all their codes (`CodeSystem.valueSet`)."""

    def identified(self, type: str, id: str) -> Defined | None:
        """The definition with this id."""

    def value_sets(self, url: str) -> Sequence[Defined]:
        """The versions of a value set, of no order."""

    def concept_maps(self) -> Sequence[HeldMap]:
        """All concept maps, by URL and version."""

    async def value_set(self, defined: Defined) -> Mapping[str, Any] | None:
        """The ValueSet; None when it has just been removed."""

    async def mapped(
        self, maps: Sequence[HeldMap], coding: Coding, *, reverse: bool = False
    ) -> Sequence[tuple[HeldMap, MapRow]]:
        """What these maps say of the code, in order of the maps and of their elements; `reverse` looks for it among
        the targets. An empty system of the coding means any.
        """
