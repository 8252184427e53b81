"""412 to an update that somebody else came before: where the two contradict, and what both would make together.

Only for who may read the current state and the version that the change was made on, and may store what would come of
it; others learn nothing of either.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from dzop.access.proposal import Proposal
from dzop.access.shown import Shown
from dzop.fhir import json, verbatim
from dzop.fhir.outcome import Issue, Overtaken, PreconditionFailed, Unprocessable
from dzop.interactions.beside import beside
from dzop.interactions.exchanged import Ask
from dzop.interactions.plan.merge import comparable
from dzop.interactions.resource_body import read_body
from dzop.plan.fields import fhirpath
from dzop.plan.merge import Merged, merge

__all__ = ["overtaken"]


async def overtaken(
    ask: Ask, proposal: Proposal, if_match: int | None, stale: PreconditionFailed
) -> PreconditionFailed:
    """The refusal with a proposal, or the same again for an actor who may not read what it would be made of, or not
    send it, and where what would come of it is no resource that can be sent.
    """
    if if_match is None or not ask.id:
        return stale

    async def together(then: Shown, now: Shown) -> tuple[Proposal, tuple[Merged, bytes]]:
        merged = await beside(lambda body: _merged(then, body, now), proposal.source.text.encode())
        written = verbatim.written(_containable(merged.value))
        return _as_sent(ask, written), (merged, written)

    try:
        found = await ask.service.gateway.brought_together(ask.call, ask.type, ask.id, if_match, together)
    except Unprocessable:
        return stale
    if found is None:
        return stale
    now, (merged, written) = found
    issues = [*stale.issues, *_issues(ask.type, merged, now)]
    # R4 lets nothing be contained in what is contained (dom-2).
    if "contained" in merged.value:
        return PreconditionFailed(*issues)
    return Overtaken(*issues, id=ask.id, proposal=orjson.Fragment(written))


def _as_sent(ask: Ask, written: bytes) -> Proposal:
    """The same as if the client sent it; Unprocessable for what a client cannot send."""
    return read_body(replace(ask, request=replace(ask.request, body=json.parse(written))))


def _merged(then: Shown, body: bytes, now: Shown) -> Merged:
    base, mine, theirs = (comparable(verbatim.read(each)) for each in (then.served, body, now.served))
    return merge(base, {**mine, "id": now.id}, theirs)


def _issues(type: str, merged: Merged, now: Shown) -> list[Issue]:
    if not merged.conflicts:
        text = f"your change and those since do not contradict: send what is contained with `If-Match: {now.etag}`"
        return [Issue("informational", text, severity="information")]
    text = (
        f"you and somebody else changed this in two ways: what is contained keeps what is stored now, version "
        f"`{now.version}`; decide what it shall be, and send all of it with `If-Match: {now.etag}`"
    )
    return [Issue("conflict", text, fhirpath(type, each.path)) for each in merged.conflicts]


def _containable(resource: dict[str, Any]) -> dict[str, Any]:
    """Without its labels, which R4 lets nothing contained have (dom-5); those that are stored stay."""
    meta = {name: value for name, value in resource.get("meta", {}).items() if name != "security"}
    plain = {name: value for name, value in resource.items() if name != "meta"}
    return {**plain, "meta": meta} if meta else plain
