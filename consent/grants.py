"""The grant index: the law compiled, per person, to rows a database can choose from.

For a token (individual, organisation, role) and an instant, the one valid row of highest rank among its
shapes says, alone, what the law says; no row says nothing is open. Rows of one shape never overlap in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import NamedTuple

from consent.facts import Facts, Party, Period
from consent.law import Permission, Shape, told
from consent.matrix import Matrix
from consent.relations import TOKENS
from consent.situation import BEGINNING, Situation, over_time
from consent.weighing import STRANGER, Weighing, weigh

__all__ = ["Grant", "compile_grants"]

_CLOSED = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Grant:
    """A complete row for reading: valid from `valid_from` up to, not including, `valid_until`; None is
    unbounded.
    """

    shape: Shape
    full: int
    own: int
    authored: int
    shared: int
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
    for individual, organisation in _concerned(facts):
        stretches = list(over_time(facts, individual, organisation))
        for role in _tokens(facts, individual, stretches):
            shape = Shape(individual, organisation, role)
            wider = Shape(individual, None, role), Shape(None, organisation, role)
            instead = [stretch for each in wider for stretch in rows.get(each, ())]
            weighed = [(time, _weighed(shape, now, matrix)) for time, now in stretches]
            rows[shape] = _merged(
                [
                    _Stretch(time, told(each, "read"))
                    for time, each in weighed
                    if not _is_said(each, time, instead)
                ]
            )
    return tuple(
        Grant(shape, *said[:4], time.start, time.end, said.rules)
        for shape, stretches in sorted(rows.items(), key=lambda row: row[0].key)
        for time, said in stretches
    )


def _weighed(shape: Shape, now: Situation, matrix: Matrix) -> Weighing:
    """What is open for reading; nothing is weighed where nothing can be."""
    if now.relations or now.exclusions or shape.role in ("person", "related-person"):
        return weigh(shape, now, "read", matrix)
    return STRANGER


def _concerned(facts: Facts) -> Iterator[Party]:
    """Whoever these facts name, and each individual named as such at each organisation named as such.

    Of anybody else they say what they say of one of these. Those whose rows others override come first.
    """
    own = {Party(individual, None) for individual in (facts.person, *facts.related_persons)}
    named = own.union(facts.parties())
    anywhere = {party for party in named - own if party.organisation is None}
    places = {party for party in named if party.individual is None}
    pairs = named - own - anywhere - places
    yield from named - pairs
    yield from pairs.union(
        Party(one.individual, other.organisation) for one, other in product(anywhere, places)
    )


def _tokens(
    facts: Facts, individual: str | None, stretches: Iterable[tuple[Period, Situation]]
) -> Iterable[str]:
    """The roles of tokens to which these facts may open anything."""
    if individual == facts.person:
        return ("person",)
    if individual in facts.related_persons:
        return ("related-person",)
    kinds = {relation.kind for _, now in stretches for relation in now.relations}
    return {role for kind in kinds for role in TOKENS[kind]}


def _is_said(weighed: Weighing, time: Period, rows: Iterable[_Stretch]) -> bool:
    """Whether the first of these rows valid in the stretch opens as much; no row opens nothing."""
    start = time.start or BEGINNING
    for each, permission in rows:
        if each.covers(start):
            return weighed[:4] == permission[:4]
    return weighed[:4] == _CLOSED


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
