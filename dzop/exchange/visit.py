"""One visit to a person's lane: what is at the hub so far, and the ways a visit ends early."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import overload

from dzop.exchange import logical
from dzop.exchange.logical import Identifier
from dzop.exchange.node import Node
from dzop.exchange.node_client import Accepted, Changes, Denied, Fetched, NodeClient, Stale, Unavailable
from dzop.exchange.partners import Partner
from dzop.exchange.ports import Lane, Outbox, Placement, Plans

__all__ = ["ABOUT_THE_PERSON", "LeaseLost", "NoAnswer", "Seams", "TurnedAway", "Visit", "relied_on"]

ABOUT_THE_PERSON = (360, 365, 400)
"""No relation, no consent, unknown person: the hub's answer holds for everything of the person."""


@dataclass(frozen=True, slots=True)
class Seams:
    """What the exchange with one partner is made of; `base` is the FHIR base of our own resources."""

    partner: Partner
    client: NodeClient
    outbox: Outbox
    plans: Plans
    base: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A leased lane; `placements` goes along with what is sent and taken."""

    lane: Lane
    ssin: str
    placements: dict[str, Placement]

    def at(self, node: Node) -> Placement | None:
        """The placement at a node."""
        return next((placed for placed in self.placements.values() if placed.node == node), None)

    async def names(self, plans: Plans, literals: Collection[str]) -> Mapping[str, Identifier]:
        """By which identifier each literal is known outside: its node, or a business identifier."""
        nodes = {
            literal: Identifier(logical.NODE, str(self.placements[literal].node))
            for literal in literals
            if literal in self.placements
        }
        others = [literal for literal in literals if literal not in nodes]
        return {**await plans.identifiers(self.lane, others), **nodes}


class NoAnswer(Exception):
    """The hub gave no answer to rely on; the visit is repeated later."""

    def __init__(self, answer: Unavailable) -> None:
        super().__init__(answer)
        self.answer = answer


class LeaseLost(Exception):
    """The visit took too long and somebody else is in the lane."""


class TurnedAway(Exception):
    """The hub wants nothing about this person from us, or tells us nothing."""

    def __init__(self, answer: Denied) -> None:
        super().__init__(answer)
        self.answer = answer


# They overlap in `Denied` alone, which mypy cannot know nobody passes by itself.
@overload
def relied_on(answer: Changes | Denied | Unavailable) -> Changes | Denied: ...  # type: ignore[overload-overlap]
@overload
def relied_on(answer: Fetched | Denied | Unavailable) -> Fetched | Denied: ...  # type: ignore[overload-overlap]
@overload
def relied_on(answer: Accepted | Stale | Denied | Unavailable) -> Accepted | Stale | Denied: ...
def relied_on(answer: object) -> object:
    """The answer, unless it is none or about the person as a whole: then the visit ends."""
    if isinstance(answer, Unavailable):
        raise NoAnswer(answer)
    if isinstance(answer, Denied) and answer.code in ABOUT_THE_PERSON:
        raise TurnedAway(answer)
    return answer
