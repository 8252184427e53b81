"""Sending what the hub lacks, so that a repetition at any point neither loses nor doubles anything.

A new node is put under a key of its resource (`Goal/x`): whichever of its versions reaches the hub
first makes the node, every other becomes an update. An update is put under a key of its own
(`Goal/x/3@2`: local version 3 made on the hub's 2). The law is asked before every single put.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from dzop.exchange import arrivals, logical, origin
from dzop.exchange.node_client import Accepted, Changes, Denied, Fetched, HubVersion, Stale, Unavailable
from dzop.exchange.ports import Content, Deleted, Entry, Placement, Readable, Withheld
from dzop.exchange.visit import NoAnswer, Seams, Visit, relied_on
from dzop.fhir.json import parse

__all__ = ["send", "settle"]

_ATTEMPTS = 4
_GONE = (406, 464)


async def send(seams: Seams, visit: Visit, entry: Entry) -> int:
    """Send the newest version of an entry; how many puts the hub accepted for it (0 or 1)."""
    for _ in range(_ATTEMPTS):
        done = await _attempt(seams, visit, entry)
        if done is not None:
            return done
    raise NoAnswer(Unavailable("the node changes faster than it can be read"))


async def settle(seams: Seams, visit: Visit) -> int:
    """Send once more what left with the URL of a resource that has a node by now."""
    loose = [placed for placed in visit.placements.values() if _is_loose(visit, placed)]
    return sum([await send(seams, visit, Entry(placed.reference, placed.version)) for placed in loose])


async def _attempt(seams: Seams, visit: Visit, entry: Entry) -> int | None:
    """The number of accepted puts, or None to try again with what is known by now."""
    placed = visit.placements.get(entry.reference)
    if placed is not None and placed.version >= entry.version and not _is_loose(visit, placed):
        await seams.outbox.sent(visit.lane, placed)
        return 0
    if placed is not None and placed.node.ssin != visit.ssin:
        readable: Readable = Withheld("The person had another SSIN when this was sent first.")
    else:
        readable = await seams.plans.read(visit.lane, entry.reference)
    if isinstance(readable, Withheld):
        await seams.outbox.withhold(visit.lane, entry, readable.reason, None)
        return 0
    if isinstance(readable, Deleted):
        return await _remove(seams, visit, replace(entry, version=readable.version), placed)
    return await _put(seams, visit, entry, readable, placed)


def _is_loose(visit: Visit, placed: Placement) -> bool:
    return not placed.unplaced.isdisjoint(visit.placements)


async def _put(
    seams: Seams, visit: Visit, entry: Entry, content: Content, placed: Placement | None
) -> int | None:
    letter = await _letter(seams, visit, content)
    answer: Accepted | Stale | Denied
    if placed is None:
        type = entry.reference.partition("/")[0]
        answer = relied_on(await seams.client.create(visit.ssin, type, letter.body, entry.reference))
    else:
        key = f"{entry.reference}/{content.version}@{placed.hub_version}"
        answer = relied_on(await seams.client.update(placed.node, placed.hub_version, letter.body, key))
    if isinstance(answer, Accepted):
        return await _mark(seams, visit, entry.reference, content.version, letter, answer)
    return await _declined(seams, visit, entry, answer)


@dataclass(frozen=True, slots=True)
class _Letter:
    body: bytes
    unplaced: frozenset[str]


async def _letter(seams: Seams, visit: Visit, content: Content) -> _Letter:
    resource = parse(content.body).value
    literals = logical.literals(resource, seams.base)
    names = await visit.names(seams.plans, literals)
    exchanged = (literal for literal in literals if literal.partition("/")[0] in seams.partner.types)
    unplaced = frozenset(literal for literal in exchanged if literal not in visit.placements)
    return _Letter(logical.dump(logical.outgoing(resource, names, seams.base)), unplaced)


async def _mark(
    seams: Seams, visit: Visit, reference: str, version: int, letter: _Letter, answer: Accepted
) -> int | None:
    """Keep where it is; when the hub has older content under the key, the newest must follow."""
    is_newest = answer.digest == f"sha-256={hashlib.sha256(letter.body).hexdigest()}"
    placed = Placement(reference, answer.node, answer.version, version, letter.unplaced)
    if not is_newest:
        placed = replace(placed, version=0, unplaced=frozenset())
    visit.placements[reference] = placed
    await seams.outbox.sent(visit.lane, placed)
    return 1 if is_newest else None


async def _declined(seams: Seams, visit: Visit, entry: Entry, answer: Stale | Denied) -> int | None:
    if isinstance(answer, Denied):
        return await _refused(seams, visit, entry, answer)
    placed = visit.placements[entry.reference]
    theirs = await _theirs(seams, placed, answer.current)
    if theirs is None:
        visit.placements[entry.reference] = replace(placed, hub_version=answer.current, version=0)
        return None
    reason = await arrivals.take(seams, visit, theirs)
    if reason is None:
        return None
    await seams.outbox.quarantine(visit.lane, entry, reason, None)
    return 0


async def _refused(seams: Seams, visit: Visit, entry: Entry, answer: Denied) -> int | None:
    """Set the entry aside, unless the node is gone by our own removal, sent but never marked."""
    placed = visit.placements.get(entry.reference)
    if placed is not None and answer.code in _GONE and await _is_removed_by_us(seams, visit, placed):
        del visit.placements[entry.reference]
        return None
    await seams.outbox.quarantine(visit.lane, entry, answer.text, answer.code)
    return 0


async def _is_removed_by_us(seams: Seams, visit: Visit, placed: Placement) -> bool:
    changes = relied_on(await seams.client.changes(visit.ssin, 0))
    return isinstance(changes, Changes) and any(
        version.node == placed.node and version.removed and version.organization == seams.partner.sender
        for version in changes.versions
    )


async def _theirs(seams: Seams, placed: Placement, current: int) -> HubVersion | None:
    """The newest version behind the one we know that somebody else put; None when all are ours."""
    for number in range(current, placed.hub_version, -1):
        answer = relied_on(await seams.client.get(placed.node, number))
        if isinstance(answer, Fetched) and answer.version.organization != seams.partner.sender:
            return answer.version
    return None


async def _remove(seams: Seams, visit: Visit, entry: Entry, placed: Placement | None) -> int | None:
    placed = placed or await _unmarked(seams, visit, entry.reference)
    answer: Accepted | Stale | Denied | None = None
    if placed is not None:
        visit.placements[entry.reference] = placed
        key = f"{entry.reference}/{entry.version}@{placed.hub_version}"
        answer = relied_on(await seams.client.remove(placed.node, placed.hub_version, key))
    if isinstance(answer, Stale) or (isinstance(answer, Denied) and answer.code not in _GONE):
        return await _declined(seams, visit, entry, answer)
    visit.placements.pop(entry.reference, None)
    await seams.outbox.removed(visit.lane, entry)
    return 1 if isinstance(answer, Accepted) else 0


async def _unmarked(seams: Seams, visit: Visit, reference: str) -> Placement | None:
    """Where a resource is that was put but never marked."""
    changes = relied_on(await seams.client.changes(visit.ssin, 0))
    for version in changes.versions if isinstance(changes, Changes) else ():
        placed = await origin.placement(seams, visit, version)
        if placed is not None and placed.reference == reference and not version.removed:
            return placed
    return None
