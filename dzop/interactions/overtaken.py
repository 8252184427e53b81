"""412 to an update that somebody else came before: where the two contradict, and what both would make together.

Only for who may read the current state and the version that the change was made on; others learn nothing of either.
"""

from __future__ import annotations

from typing import Any

import orjson

from dzop.access.proposal import Proposal
from dzop.access.shown import Shown
from dzop.fhir import verbatim
from dzop.fhir.outcome import Issue, Overtaken, PreconditionFailed
from dzop.interactions.beside import beside
from dzop.interactions.exchanged import Ask
from dzop.interactions.plan.merge import comparable
from dzop.plan.fields import fhirpath
from dzop.plan.merge import Merged, merge

__all__ = ["overtaken"]


async def overtaken(
    ask: Ask, proposal: Proposal, if_match: int | None, stale: PreconditionFailed
) -> PreconditionFailed:
    """The refusal with a proposal, or the same again where the actor may not read what it would be made of."""
    if if_match is None or not ask.id:
        return stale
    versions = await ask.service.gateway.both_versions(ask.call, ask.type, ask.id, if_match)
    if versions is None or versions[0].version == versions[1].version:
        return stale
    then, now = versions
    merged = await beside(lambda body: _merged(then, body, now), proposal.source.text.encode())
    issues = [*stale.issues, *_issues(ask.type, merged, now)]
    # R4 lets nothing be contained in what is contained (dom-2).
    if "contained" in merged.value:
        return PreconditionFailed(*issues)
    return Overtaken(
        *issues, id=ask.id, proposal=orjson.Fragment(verbatim.written(_containable(merged.value)))
    )


def _merged(then: Shown, body: bytes, now: Shown) -> Merged:
    base, mine, theirs = (comparable(verbatim.read(each)) for each in (then.served, body, now.served))
    return merge(base, {**mine, "id": now.id}, theirs)


def _issues(type: str, merged: Merged, now: Shown) -> list[Issue]:
    if not merged.conflicts:
        text = f"your change and those since do not contradict: send what is contained with `If-Match: {now.etag}`"
        return [Issue("informational", text, severity="information")]
    text = (
        f"you and somebody else changed this: what is contained has it as version `{now.version}` has it; decide, "
        f"and send it with `If-Match: {now.etag}`"
    )
    return [Issue("conflict", text, fhirpath(type, each.path)) for each in merged.conflicts]


def _containable(resource: dict[str, Any]) -> dict[str, Any]:
    """Without its labels, which R4 lets nothing contained have (dom-5); those that are stored stay."""
    meta = {name: value for name, value in resource.get("meta", {}).items() if name != "security"}
    plain = {name: value for name, value in resource.items() if name != "meta"}
    return {**plain, "meta": meta} if meta else plain
