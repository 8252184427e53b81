"""What the authorization server asks about people; the gateway answers (`dzop/access/acquaintance.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dzop.auth.claims import Identity

__all__ = ["Described", "People"]


@dataclass(frozen=True, slots=True)
class Described:
    """Somebody, in words for a page: `reference` (`Patient/x`), a name, and what they are, by language."""

    reference: str
    name: str
    description: Mapping[str, str]


class People(Protocol):
    """The people known here, as far as logging in needs to know them."""

    async def capacities(self, identity: Identity, now: datetime) -> tuple[str, ...]:
        """The references as which somebody may act (PractitionerRole, RelatedPerson, Patient), none suspended."""

    async def described(self, references: Sequence[str]) -> Sequence[Described]:
        """Names and descriptions of these references, in their order; what is not there is left out."""

    async def plans(self, subject: str, now: datetime, text: str = "") -> Sequence[Described]:
        """The persons (Patient references) whose plan `subject` may open now, at most 50, by name; `text` narrows
        by part of a name. A Patient has their own, a RelatedPerson that of whom they are related to. It is audited
        as the search it is.
        """

    async def related_to(self, subject: str) -> str | None:
        """The id of the Patient whom this RelatedPerson belongs to; None for who is not known."""

    async def may_open(self, subject: str, patient: str, now: datetime) -> bool:
        """Whether `subject` may open the plan of the Patient with this id: asked of the law, not of a list."""

    async def may_act(self, subject: str, now: datetime) -> bool:
        """Whether this capacity or organisation is known and not suspended: asked at every refresh."""

    async def joined(self, subject: str, now: datetime) -> None:
        """Tells the person whom this RelatedPerson belongs to that somebody took up the invitation."""
