"""The members of a team, now and before: who, as what, from when to when, and whether that is agreed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from dzop.fhir.references import actor_key
from dzop.fhir.search.date import LATEST
from dzop.plan.team import ROLE_SYSTEM, Entry

__all__ = ["Member", "Past", "Version", "members", "past"]

_SPEAKING: Final = "representative"


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a team. `reference` is the actor key of who is meant, `keys` all under which they may be named.

    `roles` are codes of our own system, without that of the coordinator.
    """

    reference: str
    keys: frozenset[str]
    roles: frozenset[str]
    state: str | None
    start: datetime
    until: datetime
    coordinates: bool = False

    @property
    def is_related(self) -> bool:
        """Whether it is somebody of family, friends or neighbours."""
        return self.reference.startswith("RelatedPerson/")

    @property
    def speaks(self) -> bool:
        """Whether it is the person, or somebody who acts in the name of the person."""
        return self.reference.startswith("Patient/") or _SPEAKING in self.roles

    def covers(self, instant: datetime) -> bool:
        """Whether it holds then, as far as time goes."""
        return self.start <= instant < self.until

    def is_over(self, instant: datetime) -> bool:
        """Whether it has ended by then."""
        return self.until <= instant


def members(found: Iterable[Entry], keys: Mapping[str, frozenset[str]], base: str) -> Iterator[Member]:
    """The entries of a team by whom they mean; `keys` are all names of somebody, by the actor key in the entry.

    Who is named by words only is left out: nobody can tell who it is.
    """
    for entry in found:
        key = actor_key(entry.value.get("member") or {}, base)
        if key is not None:
            own = {code.partition("|")[2] for code in entry.codes if code.startswith(f"{ROLE_SYSTEM}|")}
            yield Member(
                key, keys.get(key, frozenset({key})), frozenset(own - {"care-coordinator"}), entry.state,
                *entry.stretch, entry.coordinates,
            )  # fmt: skip


# -- what was ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a team: when it was stored, and its entries."""

    stored: datetime
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Past:
    """What somebody was in a team, from the first version that says so to the last.

    `member`, `roles` and `period` are as written; `proposed` and `agreed` are when that was stored, `removed` when the
    entry was taken out; None for what never was, or not as far as is seen. `proposer` and `decider` are literal
    references.
    """

    member: Mapping[str, Any]
    roles: Sequence[Mapping[str, Any]]
    period: Mapping[str, Any]
    state: str
    proposer: str | None = None
    decider: str | None = None
    proposed: datetime | None = None
    agreed: datetime | None = None
    removed: datetime | None = None

    def until(self) -> datetime:
        """When it ended, by its own period or because it was taken out."""
        return min(Entry("", {"period": self.period}, None).stretch[1], self.removed or LATEST)


def past(versions: Iterable[Version]) -> list[Past]:
    """Every entry that a team ever had, by the versions in the order in which they were stored.

    An entry is the same as long as it names the same member in the same roles; of its period the last word counts.
    """
    found: dict[tuple[Any, ...], Past] = {}
    ended: list[Past] = []
    for version in versions:
        now: dict[tuple[Any, ...], Entry] = {}
        for entry in version.entries:
            now.setdefault(_key(entry, now), entry)
        gone = [key for key in found if key not in now]
        ended += [replace(found.pop(key), removed=version.stored) for key in gone]
        for key, entry in now.items():
            found[key] = _updated(found.get(key), entry, version.stored)
    return [*ended, *found.values()]


def _key(entry: Entry, taken: Mapping[tuple[Any, ...], Entry]) -> tuple[Any, ...]:
    """What tells entries apart: a second one for the same member and roles is another one."""
    key: tuple[Any, ...] = (entry.party or str(entry.value.get("member")), entry.roles)
    number = sum(each[:2] == key for each in taken)
    return (*key, number)


def _updated(before: Past | None, entry: Entry, stored: datetime) -> Past:
    state = entry.state or "agreed"
    then = before or Past(entry.value.get("member") or {}, (), {}, state)
    return replace(
        then,
        roles=entry.value.get("role", ()),
        period=entry.value.get("period") or {},
        state=state,
        proposer=then.proposer or entry.proposer,
        decider=entry.decider or then.decider,
        proposed=then.proposed or (stored if state == "proposed" else None),
        agreed=then.agreed or (stored if state == "agreed" else None),
    )
