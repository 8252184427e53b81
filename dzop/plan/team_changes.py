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
from dzop.fhir.outcome import Unprocessable
from dzop.fhir.references import actor_key
from dzop.plan.coordination import written
from dzop.plan.team import MEMBER_END_REASON, ROLE_SYSTEM, Entry, entries, party_of

__all__ = [
    "NOBODY", "NOT_A_MEMBER", "NO_SUCH_ENTRY", "SEVERAL", "Named", "agreed", "claimed", "declined", "left", "proposed",
]  # fmt: skip

NO_SUCH_ENTRY: Final = "the team has no such entry that waits or holds; look at the team as it is now"
SEVERAL: Final = (
    "several entries are meant; name the `role`, or the `entry` by its id, or send the whole team by PUT"
)
NOBODY: Final = (
    "a member is named by a reference or an identifier with a system, so that it is known who is meant"
)
NOT_A_MEMBER: Final = "you have no entry in this team that is agreed and in force"
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
        if self.role is not None and entry.roles != Entry("", {"role": [self.role]}, None).roles:
            return False
        return self.member is not None and entry.party == party_of(self.member)


def proposed(team: Source, base: str, member: Mapping[str, Any], roles: Sequence[Any], period: Any) -> Source:
    """With one more entry; Unprocessable for a member whom nobody can recognise."""
    if actor_key(member, base) is None:
        raise Unprocessable(NOBODY, expression="Parameters.parameter.where(name = 'member')")
    return _with(team, [*_texts(team, base), _entry(member, roles, period)])


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


def left(team: Source, base: str, actor: Set[str], now: datetime, reason: Concept | None = None) -> Source:
    """Without the actor: what is agreed ends, so that it stays known; what waits or is to come is taken out."""
    found = entries(team, base, {})
    own = [each for each in found if _is_of(each, actor) and each.state != "declined" and _lasts(each, now)]
    if not own:
        raise Unprocessable(NOT_A_MEMBER)
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
    for entry in entries(team, base, {}):
        since, until = entry.stretch
        if (
            _is_of(entry, actor)
            and entry.state == "agreed"
            and not entry.only_coordinates
            and since <= now < until
        ):
            given = dict(period or {"start": written(now)})
            end = (entry.value.get("period") or {}).get("end")
            if end is not None:
                given.setdefault("end", end)
            claim = _entry(entry.value["member"], [_COORDINATION], given, said)
            return _with(team, [*_texts(team, base), claim])
    raise Unprocessable(NOT_A_MEMBER)


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
        raise Unprocessable(NO_SUCH_ENTRY)
    if len(meant) > 1 and not (named.is_whole and meant[0].state == "agreed"):
        raise Unprocessable(SEVERAL)
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


def _texts(team: Source, base: str) -> list[str]:
    return [each.text for each in entries(team, base, {})]


def _entry(
    member: Mapping[str, Any], roles: Sequence[Any], period: Any, said: Sequence[Mapping[str, Any]] = ()
) -> str:
    extensions = {"extension": list(said)} if said else {}
    value = {
        **extensions,
        "role": list(roles),
        "member": member,
        **({} if period is None else {"period": period}),
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
