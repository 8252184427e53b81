"""Whom a resource names as author, and who is its author when it names nobody (access law, "Writing")."""

from __future__ import annotations

from collections.abc import Iterable

from dzop.access.proposal import Proposal
from dzop.access.versions import Before, Concerned
from dzop.actor import Call
from dzop.fhir.audience import audience
from dzop.fhir.outcome import Forbidden

_WRITER = "writer"  # `via` of the author that a resource does not name: outlives its versions


def concerned(call: Call, proposal: Proposal, before: Before | None, base: str) -> Concerned:
    """Whom the resource names, and its writer as the author where it names none.

    Forbidden when it names somebody else as its author.
    """
    named = [(kind, key, "") for kind, key in audience(proposal.value, proposal.type, base)]
    authors = {key for kind, key, _ in named if kind == "author"}
    if not call.actor.is_system and authors - {*call.actor.keys, *(before.authors if before else ())}:
        raise Forbidden("you may not name somebody else as the author")
    if not authors:
        named += [("author", each, _WRITER) for each in _unnamed_authors(call, before)]
    return tuple(named)


def _unnamed_authors(call: Call, before: Before | None) -> Iterable[str]:
    """Who is the author of what names none: those it had, or whoever writes it first."""
    if before is not None:
        return before.authors
    return () if call.actor.is_system else (call.actor.individual,)


def ties(call: Call, named: Concerned, before: Before | None) -> frozenset[str]:
    """How that ties the actor to it, before and after the write."""
    kinds = {kind for kind, key, _ in named if key in call.actor.keys}
    return frozenset(kinds | (before.kinds if before else set()))
