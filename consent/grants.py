"""The grant index: the law compiled, per person, to rows a database can choose from.

For a token (individual, organisation, role) and an instant, the one valid row of highest rank among its
shapes says, alone, what the law says; no row says nothing is open. Rows of one shape never overlap in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise, product
from typing import NamedTuple

from consent.facts import Facts, Party, Period
from consent.law import Permission, Shape, permitted
from consent.matrix import Matrix
from consent.relations import TOKENS

__all__ = ["Grant", "compile_grants"]

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_CLOSED = Permission(0, 0, 0, ())


@dataclass(frozen=True, slots=True)
class Grant:
    """A complete row for reading: valid from `valid_from` up to, not including, `valid_until`; None is
    unbounded.
    """

    shape: Shape
    full: int
    own: int
    authored: int
    valid_from: datetime | None
    valid_until: datetime | None
    rules: tuple[str, ...]


class _Stretch(NamedTuple):
    time: Period
    permission: Permission


def compile_grants(facts: Facts, matrix: Matrix) -> tuple[Grant, ...]:
    """The rows for reading, of every actor these facts concern, ordered by shape and time.

    A row that opens what the row chosen without it opens is left out, and neighbours that say the same are
    one.
    """
    rows: dict[Shape, list[_Stretch]] = {}
    for party in _concerned(facts):
        individual, organisation = party.individual, party.organisation
        narrowed = facts.about(individual, organisation)
        times = _times(narrowed)
        for role in _tokens(narrowed, individual):
            shape = Shape(individual, organisation, role)
            wider = Shape(individual, None, role), Shape(None, organisation, role)
            instead = [stretch for each in wider for stretch in rows.get(each, ())]
            said = [
                _Stretch(time, permitted(shape, narrowed, time.start or _BEGINNING, "read", matrix))
                for time in times
            ]
            rows[shape] = _merged([stretch for stretch in said if not _is_said_by(instead, stretch)])
    return tuple(
        Grant(shape, said.full, said.own, said.authored, time.start, time.end, said.rules)
        for shape, stretches in sorted(rows.items(), key=lambda row: row[0].key)
        for time, said in stretches
    )


def _concerned(facts: Facts) -> Iterator[Party]:
    """Whoever these facts name, and each individual named as such at each organisation named as such.

    Of anybody else they say what they say of one of these. Those whose rows others override come first.
    """
    own = {Party(individual, None) for individual in (facts.person, *facts.related_persons)}
    named = own.union(facts.parties())
    people = [party.individual for party in named if party.organisation is None and _is_professional(party)]
    places = [party.organisation for party in named if party.individual is None]
    pairs = {party for party in named if party.individual and party.organisation}
    yield from named - pairs
    yield from pairs.union(
        Party(individual, organisation) for individual, organisation in product(people, places)
    )


def _is_professional(party: Party) -> bool:
    return (party.individual or "").split("/")[0] not in ("", "Patient", "RelatedPerson")


def _tokens(facts: Facts, individual: str | None) -> Iterable[str]:
    """The roles of tokens to which these facts may open anything."""
    if individual == facts.person:
        return ("person",)
    if individual in facts.related_persons:
        return ("related-person",)
    return {role for relation in facts.relations for role in TOKENS[relation.kind]}


def _times(facts: Facts) -> list[Period]:
    """All of time, cut wherever one of the facts begins or ends."""
    bounds = {
        bound for period in facts.periods() for bound in (period.start, period.end) if bound is not None
    }
    return [Period(start, end) for start, end in pairwise([None, *sorted(bounds), None])]


def _is_said_by(rows: Iterable[_Stretch], stretch: _Stretch) -> bool:
    """Whether the first of these rows valid in the stretch opens as much; no row opens nothing."""
    start, said = stretch.time.start or _BEGINNING, stretch.permission
    other = next((permission for time, permission in rows if time.covers(start)), _CLOSED)
    return (said.full, said.own, said.authored) == (other.full, other.own, other.authored)


def _merged(stretches: list[_Stretch]) -> list[_Stretch]:
    """Neighbours in time that say the same, for the same reasons, become one."""
    merged = stretches[:1]
    for time, permission in stretches[1:]:
        before = merged[-1]
        if before.time.end == time.start and before.permission == permission:
            merged[-1] = _Stretch(Period(before.time.start, time.end), permission)
        else:
            merged.append(_Stretch(time, permission))
    return merged
