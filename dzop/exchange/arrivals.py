"""Taking up what somebody else put at the hub: applied here, or kept whole in quarantine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dzop.exchange import logical, origin
from dzop.exchange.node_client import Denied, HubVersion
from dzop.exchange.ports import Applied, Change, Conflict, Content, Incident, Merged, Placement
from dzop.exchange.visit import Seams, Visit, relied_on
from dzop.fhir.json import parse
from dzop.fhir.outcome import Invalid

__all__ = ["is_news", "take"]


def is_news(seams: Seams, visit: Visit, version: HubVersion) -> bool:
    """Whether a version at the hub is of a type we exchange, not our own, and not known yet."""
    placed = visit.at(version.node)
    return (
        version.node.type in seams.partner.types
        and version.organization != seams.partner.sender
        and (placed is None or placed.hub_version < version.version)
    )


async def take(seams: Seams, visit: Visit, version: HubVersion) -> str | None:
    """Apply one version; the reason why it went to quarantine instead, or None when it is applied."""
    placed = await origin.placement(seams, visit, version)
    change = Change(
        node=version.node,
        hub_version=version.version,
        sequence=version.sequence,
        organization=version.organization,
        professional=version.professional,
        body=await _body(seams, version),
        reference=None if placed is None else placed.reference,
        base=0 if placed is None else placed.version,
    )
    incident = await _incident(seams, visit, change)
    if incident is None:
        return None
    is_new = await seams.outbox.keep(visit.lane, change, *incident)
    if is_new and incident[0] == "conflict":
        await seams.plans.tell(visit.lane, change)
    return incident[1]


async def _body(seams: Seams, version: HubVersion) -> bytes | None:
    if version.removed:
        return None
    answer = relied_on(await seams.client.get(version.node, version.version))
    return None if isinstance(answer, Denied) else answer.body


async def _incident(seams: Seams, visit: Visit, change: Change) -> tuple[Incident, str] | None:
    if change.body is None:
        return "removed", "The node was removed at the hub."
    try:
        resource = parse(change.body).value
    except Invalid:
        return "malformed", "The content is not FHIR JSON."
    if resource.get("resourceType") != change.node.type or not _is_about(resource, visit.ssin):
        return "malformed", "The content is not about what its address says."
    outcome = await seams.plans.apply(visit.lane, change, await _localised(seams, visit, change, resource))
    if isinstance(outcome, Merged):
        visit.placements[outcome.reference] = Placement(outcome.reference, change.node, change.hub_version, 0)
        return None
    if isinstance(outcome, Applied):
        visit.placements[outcome.reference] = Placement(
            outcome.reference, change.node, change.hub_version, outcome.version
        )
        return None
    if isinstance(outcome, Conflict):
        return "conflict", (
            f"Version {change.hub_version} of the hub was made on version {change.base} here, "
            f"which is at version {outcome.version} by now, and the two contradict."
        )
    return "refused", outcome.reason


def _is_about(resource: Mapping[str, Any], ssin: str) -> bool:
    subject = logical.subject(resource)
    return subject is not None and subject.value == ssin and subject.system.endswith("/ssin")


async def _localised(seams: Seams, visit: Visit, change: Change, resource: Mapping[str, Any]) -> bytes:
    """The content with our own id and literal references, ready to be written."""
    local = await _local(seams, visit, change)
    names = await visit.names(seams.plans, logical.literals(local, seams.base))
    meant = logical.logicals(resource)
    known = {**await seams.plans.literals(visit.lane, meant), **_placed(visit, meant)}
    taken = logical.incoming(resource, known, seams.base, local, names)
    labels = taken.pop("meta", {}).get("security")
    taken.pop("id", None)
    identity = {} if change.reference is None else {"id": change.reference.partition("/")[2]}
    meta = {"meta": {"security": labels}} if labels else {}
    return logical.dump({"resourceType": taken.pop("resourceType"), **identity, **meta, **taken})


async def _local(seams: Seams, visit: Visit, change: Change) -> Mapping[str, Any]:
    if change.reference is None:
        return {}
    readable = await seams.plans.read(visit.lane, change.reference)
    return parse(readable.body).value if isinstance(readable, Content) else {}


def _placed(visit: Visit, meant: frozenset[logical.Logical]) -> Mapping[logical.Logical, str]:
    references = {str(placed.node): placed.reference for placed in visit.placements.values()}
    return {
        one: references[one.identifier.value]
        for one in meant
        if one.identifier.system == logical.NODE and one.identifier.value in references
    }
