"""A version of the server's own making that differs from the one before in some members, and in no other byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from dzop.access.versions import Before
from dzop.access.writing import Consequence
from dzop.fhir.audience import audience

__all__ = ["with_members", "with_texts"]


def with_members(before: Before, members: Mapping[str, Any], base: str) -> Consequence:
    """What is there with these members replaced."""
    return with_texts(before, {name: orjson.dumps(value).decode() for name, value in members.items()}, base)


def with_texts(before: Before, members: Mapping[str, str | None], base: str) -> Consequence:
    """The same where the members are JSON texts; None takes a member out."""
    proposal = before.proposal
    for name, text in members.items():
        proposal = proposal.without_member(name) if text is None else proposal.with_member(name, text)
    named = audience(proposal.value, proposal.type, base)
    return Consequence(proposal, tuple((kind, key, "") for kind, key in named))
