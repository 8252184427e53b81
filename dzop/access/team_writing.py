"""CareTeam: who may bring whom into the team (access law, "Writing", Team)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from consent.categories import mask
from consent.law import Decision
from dzop.access import facts, member_notices
from dzop.access.labels import SENSITIVE, is_labelled_sensitive, kept_meta
from dzop.access.member_access import without_access
from dzop.access.proposal import Proposal
from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.outcome import Forbidden, Issue
from dzop.fhir.references import actor_key
from dzop.plan.rule import remark
from dzop.plan.team import Entry, agreed_participants, entries
from dzop.plan.team_agreement import LEAVING, WITHDRAWN, May, Settled, require_consistent, require_few, settle

__all__ = [
    "NOT_TO_DECIDE",
    "NOT_TO_DESCRIBE",
    "ONLY_PROPOSED",
    "RULES",
    "permission",
    "with_agreement",
]

ONLY_PROPOSED: Final = (
    "you may make a team of status `proposed`; the person or a representative makes it `active`"
)
NOT_TO_DECIDE: Final = "only who decides on the team changes this: it says who has access"
NOT_TO_DESCRIBE: Final = "only who may change the plan changes this of the team; send it as it was"

_CARE_TEAM = mask(["care-team"])
_COORDINATION = mask(["coordination"])
_PLAN = mask(["plan"])
_SENSITIVE = mask([SENSITIVE])

_AS_AUTHOR = frozenset({"author"})
_LAW: Final = {
    "proposes": ("create", _CARE_TEAM, _AS_AUTHOR),
    "claims": ("create", _COORDINATION, _AS_AUTHOR),
    "agrees": ("share", _COORDINATION, _AS_AUTHOR),
}
"""What the law is asked for each ground that takes a right: action, categories, ties."""

_DECISIVE = ("status", "period", "subject")
_NOT_DESCRIBED = ("resourceType", "id", "meta", "participant", *_DECISIVE)


async def permission(writing: Writing) -> Decision:
    """The decision on all that the write does with the team and its entries; Forbidden where a part is denied."""
    if writing.call.actor.is_system:
        return await _required(writing, "create", _CARE_TEAM, _AS_AUTHOR)
    may, kept, proposal = await _may(writing), _kept(writing), writing.proposal
    _, _, settled = await _settled(writing, may)
    if kept is None and may.proposes and not may.decides and proposal.value.get("status") != "proposed":
        raise Forbidden(ONLY_PROPOSED, expression="CareTeam.status")
    return await _decided(writing, may, settled, *_changed(writing, kept))


async def ruled(writing: Writing) -> Ruled:
    """The team as it is to be stored: each entry agreed, or waiting for who decides; who is concerned is told."""
    if writing.call.actor.is_system:
        return Ruled(with_agreement(writing.proposal))
    before, sent, settled = await _settled(writing, await _may(writing))
    require_consistent(before, sent, settled)
    remarks = (*_remarks(settled), *await without_access(writing, before, settled.entries))
    told = await member_notices.following(writing, before, settled)
    return Ruled(_stored(writing.proposal, sent, settled), remarks, told)


def with_agreement(proposal: Proposal) -> Proposal:
    """The team in which every member about whom nothing was said has agreed, as the operator's has."""
    participants = agreed_participants(proposal.source)
    return proposal if participants is None else proposal.with_member("participant", participants)


async def _may(writing: Writing) -> May:
    actor, law, person = writing.call.actor, writing.law, writing.person
    create = await law.right(person, "create", "care-team")
    update = "all" if _is_new(writing) else await law.right(person, "update", "care-team")
    return May(
        individual=actor.individual,
        organisation=actor.organization,
        is_software=actor.role == "system-client",
        decides=create == update == "all",
        proposes=create != "none",
        claims=await law.right(person, "create", "coordination") == "all",
        agrees=await law.right(person, "share", "coordination") == "all",
    )


def _is_new(writing: Writing) -> bool:
    return writing.before is None or writing.before.deleted


def _kept(writing: Writing) -> Source | None:
    """The team as it was; None where there is none."""
    if writing.before is None or writing.before.deleted:
        return None
    return json.parse(writing.before.row["kept"])


async def _entries(writing: Writing, team: Source) -> tuple[Entry, ...]:
    """The entries of a team, by whom they mean according to the directory."""
    members = [each.get("member") or {} for each in team.value.get("participant", ())]
    keys = frozenset(key for each in members if (key := actor_key(each, writing.base)))
    found = await facts.parties(writing.transaction, keys)
    parties = {key: (party.individual, party.organisation) for key, party in found.items()}
    return entries(team, writing.base, parties)


async def _settled(writing: Writing, may: May) -> tuple[tuple[Entry, ...], tuple[Entry, ...], Settled]:
    """The entries as they were, as they were sent, and as they are to be kept."""
    kept = _kept(writing)
    before = () if kept is None else await _entries(writing, kept)
    sent = await _entries(writing, writing.proposal.source)
    require_few(before, sent)
    return before, sent, settle(before, sent, may)


def _changed(writing: Writing, kept: Source | None) -> tuple[str | None, str | None]:
    """The first changed element that decides on access, and the first that only describes the team."""
    if kept is None or writing.before is None:
        return None, None
    was, now = kept.value, writing.proposal.source.value
    meta = writing.proposal.meta
    named = {*was, *now} - set(_NOT_DESCRIBED)
    decisive = [name for name in _DECISIVE if was.get(name) != now.get(name)]
    if is_labelled_sensitive(meta) and not writing.before.row["mask"] & _SENSITIVE:
        decisive.append("meta.security")
    described = [name for name in sorted(named) if was.get(name) != now.get(name)]
    if kept_meta(meta) != writing.before.row["meta"]:
        described.append("meta")
    return next(iter(decisive), None), next(iter(described), None)


async def _decided(
    writing: Writing, may: May, settled: Settled, decisive: str | None, described: str | None
) -> Decision:
    """The decision on all that the write does; Forbidden when the law denies a part of it."""
    if decisive is not None and not may.decides:
        raise Forbidden(NOT_TO_DECIDE, expression=f"CareTeam.{decisive}")
    decisions = [await _required(writing, *_LAW[each]) for each in sorted(settled.grounds & _LAW.keys())]
    if described is not None:
        decisions.append(await _described(writing, described))
    if settled.grounds & {LEAVING, WITHDRAWN}:
        decisions.append(await _own(writing))
    if may.decides or not decisions:
        # Who proposes may send a team that changes nothing.
        is_proposal = _is_new(writing) or (may.proposes and not may.decides)
        decisions.append(
            await _required(writing, "create" if is_proposal else "update", _CARE_TEAM, _AS_AUTHOR)
        )
    rules = dict.fromkeys(rule for each in decisions for rule in each.rules)
    return Decision(permit=True, rules=tuple(rules), matrix_version=decisions[0].matrix_version)


async def _required(writing: Writing, action: str, categories: int, ties: frozenset[str]) -> Decision:
    """The law's decision. A label that hides the team from some takes nothing from who decides on it."""
    type, id = writing.proposal.type, writing.proposal.id
    return await writing.law.require(writing.person, action, categories, ties, type, id)


async def _described(writing: Writing, element: str) -> Decision:
    decision = await writing.law.decision(writing.person, "update", _PLAN, writing.ties)
    if not decision.permit:
        raise Forbidden(NOT_TO_DESCRIBE, expression=f"CareTeam.{element}")
    return decision


async def _own(writing: Writing) -> Decision:
    """Leaving, and taking back what one proposed, take no more than the relation by which one sees the team."""
    seen = await writing.law.decision(writing.person, "read", _CARE_TEAM, writing.ties)
    relations = tuple(rule for rule in seen.rules if rule.startswith("relation:"))
    return Decision(permit=True, rules=relations, matrix_version=seen.matrix_version)


def _stored(proposal: Proposal, sent: tuple[Entry, ...], settled: Settled) -> Proposal:
    """What was sent, byte for byte, but for the entries that are the server's to keep."""
    if [each.text for each in sent] == [each.text for each in settled.entries]:
        return proposal
    return proposal.with_member("participant", f"[{','.join(each.text for each in settled.entries)}]")


def _remarks(settled: Settled) -> Iterator[Issue]:
    for place in settled.proposals:
        yield remark("member-waits", f"CareTeam.participant[{place}]")
    for place in settled.interruptions:
        yield remark("coordination-interrupted", f"CareTeam.participant[{place}]")


RULES = Rules(ruled, removed_by_categories)
