"""What becomes of a team that somebody sends: who decides, who proposes, who leaves (access law, "Writing").

Who decides on the team may do anything with its entries. Others propose: what they add or change waits as a
proposal beside what is agreed, and what they did not bring in themselves stays. Whoever is a member may leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from dzop.fhir.outcome import Forbidden, Issue, Unprocessable
from dzop.fhir.paths import values
from dzop.plan.coordination import interrupted, unfounded
from dzop.plan.rule import refusal, remark
from dzop.plan.team import MEMBER_AGREEMENT, MEMBER_END_REASON, STATES, Entry, Party
from dzop.plan.team_matching import matched
from terminology.content import BASE, CONTENT

__all__ = [
    "DECIDED",
    "LEAVING",
    "MISSING",
    "NOT_TO_ADD",
    "NOT_TO_CHANGE",
    "NOT_TO_COORDINATE",
    "WITHDRAWN",
    "May",
    "Settled",
    "answered",
    "has_changed",
    "require_consistent",
    "require_few",
    "settle",
]  # fmt: skip

DECIDED: Final = (
    "only who decides on the team changes whether an entry is agreed; leave `member-agreement` out"
)
MISSING: Final = (
    "an entry is missing that is neither yours nor your proposal; send every entry as it was, who decides on "
    "the team may remove it"
)
NOT_TO_ADD: Final = "you may not propose a member of this team"
NOT_TO_CHANGE: Final = "this entry is neither yours nor your proposal; send it as it was"
NOT_TO_COORDINATE: Final = "you may not propose a care coordinator"

MOST: Final = 250
"""Entries of a team, those that were declined among them: each is compared with each."""

LEAVING, WITHDRAWN = "leaves", "withdraws"
"""Grounds that take no right: ending what is one's own."""


@dataclass(frozen=True, slots=True)
class May:
    """What the actor may do with entries: `individual` acts for itself, an organisation through its software.

    `agrees` and `claims` are about the care coordinator only.
    """

    individual: str
    organisation: str | None = None
    is_software: bool = False
    decides: bool = False
    proposes: bool = False
    claims: bool = False
    agrees: bool = False

    def is_member(self, entry: Entry) -> bool:
        """Whether the entry is about the actor."""
        mine: Party = (None, self.organisation) if self.is_software else (self.individual, None)
        return entry.party is not None and (
            entry.party == mine if self.is_software else entry.party[0] == mine[0]
        )

    def is_proposer(self, entry: Entry) -> bool:
        """Whether the entry waits as the actor's proposal."""
        return entry.state == "proposed" and entry.proposer == self.individual


@dataclass(frozen=True, slots=True)
class Settled:
    """The entries to be kept, and on what grounds: decides, proposes, claims, agrees, leaves, withdraws.

    `proposals` are the places of what this actor's update made wait; `interruptions` of the coordination that is
    interrupted while somebody else takes it over.
    """

    entries: tuple[Entry, ...]
    grounds: frozenset[str] = frozenset()
    proposals: tuple[int, ...] = ()
    interruptions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """What becomes of one entry that was sent: the entries in its place, why, and which of them is new."""

    entries: tuple[Entry, ...]
    ground: str | None = None
    newly: str | None = None


def settle(before: Sequence[Entry], after: Sequence[Entry], may: May) -> Settled:
    """The entries that are to be kept when `after` is sent and `before` was kept.

    Forbidden for what the actor may not do; nothing is removed in silence.
    """
    pairs, left = matched(before, after)
    steps = [_step(place, sent, kept, may) for place, (sent, kept) in enumerate(pairs)]
    steps += _left_out(left, pairs, may)
    agreed = [each for step in steps if step.newly == "agreed" for each in step.entries]
    standing = {each.text for each in before if each.state == "agreed"}
    found: list[Entry] = []
    interruptions: list[Entry] = []
    for entry in chain.from_iterable(step.entries for step in steps):
        if entry.text in standing:
            if any(new.is_like(entry) and new.meets(entry) for new in agreed):
                continue  # what is agreed now takes the place of what it changes
            parts = interrupted(entry, agreed)
            interruptions += parts if parts != (entry,) else ()
            found += parts
        else:
            found.append(entry)
    waiting = [each for step in steps if step.newly == "proposed" for each in step.entries[-1:]]
    grounds = frozenset(step.ground for step in steps if step.ground is not None)
    return Settled(tuple(found), grounds, _places(found, waiting), _places(found, interruptions))


def require_few(before: Sequence[Entry], after: Sequence[Entry]) -> None:
    """Unprocessable for more entries than are compared with each other at once, if more than there were."""
    if len(after) > max(MOST, len(before)):
        raise refusal("team-too-large", "CareTeam.participant", most=str(MOST))


def require_consistent(before: Sequence[Entry], after: Sequence[Entry], settled: Settled) -> None:
    """Unprocessable for what cannot be, whoever sends it: in what was sent, or in what would come of it."""
    issues = _unclear_states(after)
    if not issues:
        found = [*_new(before, settled.entries)]
        issues = [*_unknown_codes(found), *_conflicts(before, settled.entries, found)]
    if issues:
        raise Unprocessable(*issues)


def answered(before: Iterable[Entry], after: Sequence[Entry]) -> frozenset[str]:
    """Who proposed what waited before and waits no more, as literal references."""
    waiting = [each for each in after if each.state == "proposed"]
    return frozenset(
        each.proposer
        for each in before
        if each.state == "proposed"
        and each.proposer is not None
        and not any(other.is_like(each) and other.proposer == each.proposer for other in waiting)
    )


def has_changed(before: Iterable[Entry], settled: Settled) -> bool:
    """Whether who decides brought an agreed member in, changed or removed one, in a team that had some."""
    was, now = (_agreed(each) for each in (before, settled.entries))
    return bool(was) and was != now and not settled.grounds.isdisjoint({"decides", "agrees"})


def _agreed(found: Iterable[Entry]) -> Counter[str]:
    return Counter(each.text for each in found if each.state == "agreed")


def _step(place: int, sent: Entry, kept: Entry | None, may: May) -> _Step:
    if may.decides:
        return _decided(sent, kept, may)
    if kept is None:
        return _proposal((), sent, place, may)
    if sent.content == kept.content:
        return _same(place, sent, kept, may)
    if kept.state == "agreed" and may.is_member(kept) and _is_shortened(kept, sent):
        return _Step((sent.said("agreed", kept.proposer, kept.decider),), LEAVING)
    if may.is_proposer(kept):
        return _proposal((), sent, place, may)
    if kept.state == "agreed" and may.proposes:
        return _proposal((kept,), sent, place, may)
    raise Forbidden(NOT_TO_CHANGE, expression=_at(place))


def _decided(sent: Entry, kept: Entry | None, may: May) -> _Step:
    if kept is None:
        return _Step((sent.said(sent.state or "agreed", None),), "decides")
    state = sent.state or kept.state or "proposed"
    entry = sent.said(state, kept.proposer, kept.decider if state == kept.state else may.individual)
    if sent.content == kept.content and entry.state == kept.state:
        return _Step((kept,))
    is_new = entry.state == "agreed" and kept.state != "agreed"
    return _Step((entry,), "decides", "agreed" if is_new else None)


def _same(place: int, sent: Entry, kept: Entry, may: May) -> _Step:
    """What was sent as it was: only its state may differ, and only where the actor may agree to it."""
    if sent.state in (None, kept.state):
        return _Step((kept,))
    if kept.state == "proposed" and kept.only_coordinates and may.agrees:
        entry = kept.said(str(sent.state), kept.proposer, may.individual)
        return _Step((entry,), "agrees", "agreed" if entry.state == "agreed" else None)
    raise Forbidden(DECIDED, expression=f"{_at(place)}.extension.where(url = '{MEMBER_AGREEMENT}')")


def _proposal(stays: tuple[Entry, ...], sent: Entry, place: int, may: May) -> _Step:
    if not may.proposes:
        raise Forbidden(NOT_TO_ADD, expression=_at(place))
    if sent.coordinates and not may.claims:
        raise Forbidden(NOT_TO_COORDINATE, expression=f"{_at(place)}.role")
    ground = "claims" if sent.coordinates else "proposes"
    return _Step((*stays, sent.said("proposed", may.individual)), ground, "proposed")


def _left_out(
    left: Iterable[Entry], pairs: Sequence[tuple[Entry, Entry | None]], may: May
) -> Iterator[_Step]:
    """What becomes of entries that were not sent again.

    Where a change of an entry was sent in its place, that waits as a proposal and the entry stays.
    """
    anew = {sent.party for sent, kept in pairs if kept is None or _is_other_proposal(sent, kept)}
    waiting = {sent.party for sent, kept in pairs if kept is not None and kept.state == "proposed"}
    for entry in left:
        is_leaving = entry.state != "declined" and may.is_member(entry)
        if may.decides:
            yield _Step((), "decides")
        elif entry.state != "proposed" and entry.party in (anew if is_leaving else anew | waiting) - {None}:
            yield _Step((entry,))
        elif is_leaving:
            yield _Step((), LEAVING)
        elif may.is_proposer(entry):
            yield _Step((), WITHDRAWN)
        else:
            raise Forbidden(MISSING, expression="CareTeam.participant")


def _is_other_proposal(sent: Entry, kept: Entry) -> bool:
    return kept.state == "proposed" and sent.content != kept.content


def _is_shortened(kept: Entry, sent: Entry) -> bool:
    """Whether all that differs is an earlier end, and why."""
    (start, end), (since, until) = kept.stretch, sent.stretch
    return _lasting(kept) == _lasting(sent) and start == since and until < end


def _lasting(entry: Entry) -> Mapping[str, Any]:
    """What an entry says but when it ends, and why."""
    others = [each for each in entry.content.get("extension", ()) if each.get("url") != MEMBER_END_REASON]
    return {**entry.content, "period": None, "extension": others}


def _unclear_states(after: Sequence[Entry]) -> list[Issue]:
    return [
        remark("member-agreement", f"{_at(place)}.extension")
        for place, entry in enumerate(after)
        for said in [[e for e in entry.value.get("extension", ()) if e.get("url") == MEMBER_AGREEMENT]]
        if len(said) > 1 or (said and said[0].get("valueCode") not in STATES)
    ]


def _new(before: Sequence[Entry], found: Sequence[Entry]) -> Iterator[tuple[int, Entry]]:
    """What did not stand already, with its place: that may stay, whatever it says."""
    old = Counter(each.text for each in before)
    for place, entry in enumerate(found):
        old[entry.text] -= 1
        if old[entry.text] < 0:
            yield place, entry


def _unknown_codes(found: Iterable[tuple[int, Entry]]) -> Iterator[Issue]:
    """What our own code systems do not have, in roles and reasons; others keep their own."""
    for place, entry in found:
        for element, path in (("role", "role.coding"), ("extension", _REASONS)):
            for coding in values(entry.value, path):
                system, code = coding.get("system"), coding.get("code")
                if code is not None and code not in _CODES.get(system, {code}):
                    expression = f"{_at(place)}.{element}"
                    yield remark("member-code-unknown", expression, given=code, system=system)


def _conflicts(
    before: Sequence[Entry], found: Sequence[Entry], new: Iterable[tuple[int, Entry]]
) -> Iterator[Issue]:
    """Where what is new contradicts."""
    for place, entry in new:
        others = (*found[:place], *found[place + 1 :])
        if entry.state != "declined" and any(
            entry.state == other.state and entry.is_like(other) and entry.meets(other) for other in others
        ):
            yield remark("member-twice", _at(place))
    was = {before[place].text for place in unfounded(before)}
    for place in unfounded(found):
        if found[place].text not in was:
            yield remark("coordinator-outside-team", _at(place))


_REASONS: Final = "extension.valueCodeableConcept.coding"
_CODES: Final = {
    each.url: frozenset(each.concepts)
    for each in CONTENT.code_systems.values()
    if each.url.startswith(f"{BASE}/CodeSystem/")
}


def _places(found: Sequence[Entry], wanted: Sequence[Entry]) -> tuple[int, ...]:
    return tuple(place for place, entry in enumerate(found) if any(entry is each for each in wanted))


def _at(place: int) -> str:
    return f"CareTeam.participant[{place}]"
