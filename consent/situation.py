"""The facts in force that concern one actor: at one instant, or one stretch of time after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from consent.facts import CarerShare, Exclusion, Facts, Share
from consent.parties import Party
from consent.periods import Period
from consent.relations import Relation
from consent.settings import Provision, Verdict, decisive

__all__ = ["BEGINNING", "Situation", "concerning", "over_time", "situation"]

BEGINNING = datetime.min.replace(tzinfo=UTC)


class Situation(NamedTuple):
    """What there is to weigh. `sharing`: the person's sharing consent is in force; `closed`: the rule by which
    writing has ended; `decides`: the person is of the age to decide; `decided`: what was found on the way.
    """

    facts: Facts
    relations: Sequence[Relation]
    exclusions: Sequence[Exclusion]
    settings: Sequence[Provision]
    carer_shares: Sequence[CarerShare]
    shares: Sequence[Share]
    sharing: bool
    closed: str | None
    decides: bool
    decided: dict[tuple[frozenset[str], str], list[Verdict]]

    def verdicts(
        self, individual: str | None, organisation: str | None, roles: frozenset[str], action: str
    ) -> list[Verdict]:
        """The settings that decide for this actor; found once for all roles where no setting names one."""
        key = roles if self.facts.index.names_roles else _ANY, action
        if key not in self.decided:
            self.decided[key] = decisive(self.settings, individual, organisation, roles, action)
        return self.decided[key]


_ANY: frozenset[str] = frozenset()


def situation(facts: Facts, individual: str | None, organisation: str | None, instant: datetime) -> Situation:
    """What concerns this individual at this organisation, whatever the role, at this instant."""
    return _at(facts, concerning(facts, individual, organisation), instant)


def over_time(
    facts: Facts, individual: str | None, organisation: str | None
) -> Iterator[tuple[Period, Situation]]:
    """All of time as far as reading goes, cut wherever one of the facts that concern them begins or ends.

    Neighbouring stretches in which the same facts are in force are one.
    """
    concerned = concerning(facts, individual, organisation)
    bounds = {
        bound
        for some in (*concerned, facts.sharing)
        for fact in some
        for bound in (fact.period.start, fact.period.end)
        if bound is not None
    }
    begun: datetime | None = None
    current: Situation | None = None
    for start, _ in pairwise([None, *sorted(bounds), None]):
        found = _at(facts, concerned, start or BEGINNING)
        if current is not None and found[1:7] != current[1:7]:
            yield Period(begun, start), current
            begun, current = start, found
        elif current is None:
            current = found
    if current is not None:
        yield Period(begun, None), current


_Concerned = tuple[
    Sequence[Relation], Sequence[Exclusion], Sequence[Provision], Sequence[CarerShare], Sequence[Share]
]


def concerning(facts: Facts, individual: str | None, organisation: str | None) -> _Concerned:
    """The facts that could concern them at some time."""
    index = facts.index
    parties = [
        Party(*named)
        for named in ((individual, None), (individual, organisation), (None, organisation))
        if named != (None, None)
    ]
    parties = list(dict.fromkeys(parties))
    settings = {each for party in (None, *parties) for each in index.settings.get(party, ())}
    return (
        [each for party in parties for each in index.relations.get(party, ())],
        [each for party in parties for each in index.exclusions.get(party, ())],
        [facts.settings[place] for place in sorted(settings)],
        [each for party in parties for each in index.carer_shares.get(party, ())],
        [each for party in parties for each in index.shares.get(party, ())],
    )


def _at(facts: Facts, concerned: _Concerned, instant: datetime) -> Situation:
    relations, exclusions, settings, carer_shares, shares = concerned
    return Situation(
        facts,
        [each for each in relations if each.period.covers(instant)],
        [each for each in exclusions if each.period.covers(instant)],
        [each for each in settings if each.period.covers(instant)],
        [each for each in carer_shares if each.period.covers(instant)],
        [each for each in shares if each.period.covers(instant)],
        facts.shared(instant),
        facts.closed(instant),
        facts.decides(instant),
        {},
    )
