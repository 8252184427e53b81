"""What must never be, over all of a person's teams and consents: a plan has one coordinator, and a case manager
stands outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import combinations, product

from consent.facts import Facts
from consent.periods import Period
from consent.relations import Relation

__all__ = ["CLASHES", "clashes"]

CLASHES = ("second-coordinator", "case-manager-member", "case-manager-coordinator")
"""Every clash there can be: two who coordinate at once, a case manager who is a member, one who coordinates."""

_MEMBERS = ("professional", "organisation", "person", "informal")


def clashes(facts: Facts, instant: datetime) -> tuple[str, ...]:
    """The clashes among what is in force at `instant` or will be later, in the order of `CLASHES`.

    Periods that follow each other do not clash, so that coordination can be handed over for a while. One who
    coordinates in two teams is one coordinator.
    """
    since = Period(instant, None)
    lasting = [each for each in facts.relations if _meet(each.period, since)]
    coordinators = [each for each in lasting if each.coordinates]
    managers = [each for each in lasting if each.kind == "case-manager"]
    members = [each for each in lasting if each.kind in _MEMBERS and each.is_member]
    found = {
        "second-coordinator": any(
            one.party.individual != other.party.individual
            for one, other in _at_once(combinations(coordinators, 2), since)
        ),
        "case-manager-member": any(
            _are_one(manager, member) for manager, member in _at_once(product(managers, members), since)
        ),
        "case-manager-coordinator": any(
            _are_one(manager, member) for manager, member in _at_once(product(managers, coordinators), since)
        ),
    }
    return tuple(clash for clash in CLASHES if found[clash])


def _at_once(
    pairs: Iterable[tuple[Relation, Relation]], since: Period
) -> Iterable[tuple[Relation, Relation]]:
    return [(one, other) for one, other in pairs if _meet(one.period.within(other.period), since)]


def _meet(period: Period, other: Period) -> bool:
    both = period.within(other)
    return both.start is None or both.end is None or both.start < both.end


def _are_one(manager: Relation, member: Relation) -> bool:
    """A professional is one and the same in every capacity; an organisation is not its people."""
    return member.party.individual is not None and manager.party.individual == member.party.individual
