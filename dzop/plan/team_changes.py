"""The changes of a team that the operations make: each gives the team as its actor would have sent it.

What the actor may do of it is judged afterwards, like any update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from json import dumps
from typing import Any, Final

from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.outcome import Forbidden
from dzop.fhir.references import actor_key
from dzop.plan.coordination import written
from dzop.plan.rule import refusal
from dzop.plan.team import MEMBER_END_REASON, ROLE_SYSTEM, Entry, entries, party_of

__all__ = ["NOT_YOURSELF", "Named", "agreed", "claimed", "declined", "left", "proposed"]

NOT_YOURSELF: Final = (
    "you leave for yourself only; who decides on the team ends the membership of somebody else"
)
Concept = Mapping[str, Any]
_COORDINATION: Final = {"coding": [{"system": ROLE_SYSTEM, "code": "care-coordinator"}]}


@dataclass(frozen=True, slots=True)
class Named:
    """Which entry an operation is about: that of a member, perhaps in one role, or the one with an element id."""

    member: str | None = None
    role: Mapping[str, Any] | None = None
    entry: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether a member is meant in every role."""
        return self.role is None and self.entry is None

    def means(self, entry: Entry) -> bool:
        """Whether this entry is meant."""
        if self.entry is not None:
            return bool(entry.value.get("id") == self.entry)
        if self.role is not None and entry.roles != _roles([self.role]):
            return False
        return self.member is not None and entry.party == party_of(self.member)


_WHOLE: Final = Named()


def proposed(
    team: Source,
    base: str,
    member: Mapping[str, Any],
    roles: Sequence[Any],
    period: Mapping[str, Any] | None,
    now: datetime,
    actor: str = "",
) -> Source:
    """With one more entry, which begins now unless the period says when; as it is where `actor` proposed it before.

    A coordinator is one for as long as the member is. Unprocessable for a member whom nobody can recognise.
    """
    key = actor_key(member, base)
    if key is None:
        raise refusal("member-unrecognisable", "Parameters.parameter.where(name = 'member')")
    found, wanted = entries(team, base, {}), Entry("", {"role": list(roles)}, party_of(key))
    if any(
        each.is_like(wanted)
        and each.state == "proposed"
        and each.proposer == actor
        and (period is None or each.value.get("period") == period)
        for each in found
    ):
        return team
    standing = [each for each in found if each.party == wanted.party] if wanted.only_coordinates else []
    given = _from_now(period, _membership(standing, now), now)
    return _with(team, [*(each.text for each in found), _entry(member, roles, given)])


def agreed(team: Source, base: str, named: Named) -> Source:
    """With the one proposal that is named agreed."""
    return _changed(team, base, named, ("proposed",), lambda entry: entry.said("agreed", entry.proposer))


def declined(
    team: Source, base: str, named: Named, actor: str, now: datetime, reason: Concept | None = None
) -> Source:
    """With the one proposal that is named declined, or one's own withdrawn; where none waits, what is agreed ended.

    A member without a role named is ended in all roles; `reason` says why.
    """

    def change(entry: Entry) -> Entry | None:
        if entry.state == "proposed":
            return None if entry.proposer == actor else entry.said("declined", entry.proposer)
        return _ended(entry, now, reason) or entry.said("declined", entry.proposer)

    return _changed(team, base, named, ("proposed", "agreed"), change, now)


def left(
    team: Source,
    base: str,
    actor: Set[str],
    now: datetime,
    reason: Concept | None = None,
    named: Named = _WHOLE,
) -> Source:
    """Without the actor, or without the actor in one role: what is agreed ends, so that it stays known; what waits
    or is to come is taken out. Forbidden where somebody else is named.
    """
    if named.member is not None and named.member not in actor:
        raise Forbidden(NOT_YOURSELF, expression="Parameters.parameter.where(name = 'member')")
    found = entries(team, base, {})
    own = [
        each
        for each in found
        if _is_of(each, actor)
        and each.state != "declined"
        and _lasts(each, now)
        and (named.role is None or each.roles == _roles([named.role]))
    ]
    if not own:
        raise refusal("not-a-member")
    ended = {id(each): _ended(each, now, reason) if each.state == "agreed" else None for each in own}
    kept = [ended.get(id(each), each) for each in found]
    return _with(team, [each.text for each in kept if each is not None])


def claimed(
    team: Source,
    base: str,
    actor: Set[str],
    period: Mapping[str, Any] | None,
    now: datetime,
    said: Sequence[Mapping[str, Any]] = (),
) -> Source:
    """With the actor, a member, as care coordinator: from now on, or for a period; `said` are extensions beside it."""
    found = entries(team, base, {})
    membership = _membership([each for each in found if _is_of(each, actor)], now)
    if membership is None:
        raise refusal("not-a-member")
    given = _from_now(period, membership, now)
    claim = _entry(membership.value["member"], [_COORDINATION], given, said)
    return _with(team, [*(each.text for each in found), claim])


def _membership(found: Iterable[Entry], now: datetime) -> Entry | None:
    """The entry in force that a coordination rests on."""
    holding = (
        each
        for each in found
        if each.state == "agreed" and not each.only_coordinates and each.stretch[0] <= now < each.stretch[1]
    )
    return next(holding, None)


def _from_now(period: Mapping[str, Any] | None, membership: Entry | None, now: datetime) -> dict[str, Any]:
    """A period that begins now where it does not say when, and lasts no longer than the membership that it rests on."""
    given = dict(period or {})
    if now < Entry("", {"period": given}, None).stretch[1]:
        given.setdefault("start", written(now))
    end = None if membership is None else (membership.value.get("period") or {}).get("end")
    return given if end is None else {"end": end, **given}


def _roles(roles: Sequence[Any]) -> Set[str]:
    return Entry("", {"role": list(roles)}, None).roles


def _changed(
    team: Source,
    base: str,
    named: Named,
    states: Sequence[str],
    change: Callable[[Entry], Entry | None],
    now: datetime | None = None,
) -> Source:
    found = entries(team, base, {})
    lasting = [each for each in found if named.means(each) and (now is None or _lasts(each, now))]
    # What waits comes first: a proposal may be a change of an entry that is agreed.
    meant = next(filter(None, ([each for each in lasting if each.state == state] for state in states)), [])
    if not meant:
        raise refusal("entry-unknown")
    if len(meant) > 1 and not (named.is_whole and meant[0].state == "agreed"):
        raise refusal("entry-unclear")
    changed = {id(each): change(each) for each in meant}
    kept = [changed.get(id(each), each) for each in found]
    return _with(team, [each.text for each in kept if each is not None])


def _ended(entry: Entry, now: datetime, reason: Concept | None) -> Entry | None:
    """Ended now, and why; None when it has not begun."""
    if entry.stretch[0] >= now:
        return None
    ended = entry.during(end=written(now))
    return ended if reason is None else ended.telling(MEMBER_END_REASON, valueCodeableConcept=reason)


def _lasts(entry: Entry, now: datetime) -> bool:
    return now < entry.stretch[1]


def _is_of(entry: Entry, keys: Set[str]) -> bool:
    return entry.party is not None and (entry.party[0] or entry.party[1]) in keys


def _entry(
    member: Mapping[str, Any],
    roles: Sequence[Any],
    period: Mapping[str, Any],
    said: Sequence[Mapping[str, Any]] = (),
) -> str:
    extensions = {"extension": list(said)} if said else {}
    value = {
        **extensions,
        "role": list(roles),
        "member": member,
        "period": period,
    }
    return dumps(value, separators=(",", ":"), ensure_ascii=False, default=float)


def _with(team: Source, texts: Iterable[str]) -> Source:
    found = ",".join(texts)
    text = (
        json.with_member(team.text, "participant", f"[{found}]")
        if found
        else json.without_member(team.text, "participant")
    )
    return json.parse(text.encode())
