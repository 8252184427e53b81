"""What must never be, over all of a person's teams and consents: a plan has one coordinator, and a case manager
stands outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import combinations, product
from typing import TypeVar

from consent.facts import Facts
from consent.periods import Period
from consent.relations import Relation, TeamEntry

__all__ = ["CLASHES", "clashes"]

CLASHES = ("second-coordinator", "case-manager-member", "case-manager-coordinator")
"""Every clash there can be: two who coordinate at once, a case manager who stands in a team, one who coordinates."""

_One = TypeVar("_One", bound=Relation | TeamEntry)
_Other = TypeVar("_Other", bound=Relation | TeamEntry)


def clashes(facts: Facts, instant: datetime) -> tuple[str, ...]:
    """The clashes among what is in force at `instant` or will be later, in the order of `CLASHES`.

    Periods that follow each other do not clash, so that coordination can be handed over for a while. One who
    coordinates in two teams is one coordinator. A case manager stands in no team, in whatever role; the organisation
    where the case manager works may, for who works where is no fact of the person.
    """
    since = Period(instant, None)
    lasting = [each for each in facts.relations if _meet(each.period, since)]
    coordinators = [each for each in lasting if each.coordinates]
    managers = [each for each in lasting if each.kind == "case-manager"]
    entries = [each for each in facts.entries if _meet(each.period, since)]
    found = {
        "second-coordinator": any(
            one.party.individual != other.party.individual
            for one, other in _at_once(combinations(coordinators, 2), since)
        ),
        "case-manager-member": any(
            _are_one(manager, entry) for manager, entry in _at_once(product(managers, entries), since)
        ),
        "case-manager-coordinator": any(
            _are_one(manager, member) for manager, member in _at_once(product(managers, coordinators), since)
        ),
    }
    return tuple(clash for clash in CLASHES if found[clash])


def _at_once(pairs: Iterable[tuple[_One, _Other]], since: Period) -> Iterable[tuple[_One, _Other]]:
    return [(one, other) for one, other in pairs if _meet(one.period.within(other.period), since)]


def _meet(period: Period, other: Period) -> bool:
    both = period.within(other)
    return both.start is None or both.end is None or both.start < both.end


def _are_one(manager: Relation, member: Relation | TeamEntry) -> bool:
    """A professional is one and the same in every capacity; an organisation is not its people."""
    return member.party.individual is not None and manager.party.individual == member.party.individual
