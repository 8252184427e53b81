"""Whose a node is: what was put and never marked is known again by the key it was put under."""

from __future__ import annotations

from dzop.exchange.node_client import Fetched, HubVersion
from dzop.exchange.ports import Placement
from dzop.exchange.visit import Seams, Visit, relied_on

__all__ = ["placement"]


async def placement(seams: Seams, visit: Visit, version: HubVersion) -> Placement | None:
    """The resource at the version's node, or None when it is none of ours.

    Of a node that was never marked only the first version is known to be ours, and not which local
    version it equals, so that nothing is applied upon it unseen.
    """
    placed = visit.at(version.node)
    if placed is not None:
        return placed
    first = version
    if version.version > 1:
        answer = relied_on(await seams.client.get(version.node, 1))
        first = answer.version if isinstance(answer, Fetched) else version
    if first.organization != seams.partner.sender:
        return None
    return Placement("/".join(first.key.split("/")[:2]), version.node, 1, 0)
