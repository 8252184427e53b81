"""The facts of one person: read for the law, compiled to grants when they change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar, TypeVarTuple

import orjson

from consent.categories import BURDEN
from consent.facts import CarerShare, Facts, Party, Share, read_facts
from consent.grants import Grant, compile_grants
from dzop.access.matrices import Law
from dzop.fhir.references import actor_key, read_reference
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.store import audience, directory, grants
from dzop.store.database import Row, Transaction
from dzop.store.tables import ALWAYS, FOREVER

FACT_TYPES = tuple(name for name, entry in RESOURCE_TYPES.items() if entry.is_fact)
_TEAM = "relation:team:"
Given = TypeVarTuple("Given")
Understood = TypeVar("Understood")
_INDIVIDUALS = ("Practitioner", "RelatedPerson", "Patient")


_LARGE = 64_000
"""Bytes of bodies above which nothing is remembered: what clients send must not fill the memory."""


def _once(
    understand: Callable[[tuple[bytes, ...], *Given], Understood],
) -> Callable[[tuple[bytes, ...], *Given], Understood]:
    """Remembers what the same bodies mean."""
    remembered: Any = lru_cache(maxsize=512)(understand)

    def asked(bodies: tuple[bytes, ...], /, *given: *Given) -> Understood:
        is_large = sum(map(len, bodies)) > _LARGE
        found: Understood = (understand if is_large else remembered)(bodies, *given)
        return found

    return asked


async def read(transaction: Transaction, person: int, patient: str, base: str) -> Facts:
    """The person's facts as this transaction sees them; the caller holds the person's lock."""
    return (await read_with_law(transaction, person, patient, base))[0]


async def read_with_law(transaction: Transaction, person: int, patient: str, base: str) -> tuple[Facts, Row]:
    """The same, with the row that says which law is in force (`generations.LAW`).

    Bodies and directory are read every time. What the same bodies mean is understood once: `_understood`
    is a function of nothing else, so a changed fact can never be answered with an old understanding.
    """
    rows = await transaction.rows(grants.FACTS, person=person, types=list(FACT_TYPES))
    bodies = tuple(row["body"] for row in rows if row["body"] is not None)
    found = await parties(transaction, _named(bodies, base))
    same = await _same(transaction, _kept_out(bodies, base), found)
    known = _understood(bodies, patient, base, tuple(sorted(found.items(), key=itemgetter(0))), same)
    return known, rows[0]


@_once
def _understood(
    bodies: tuple[bytes, ...],
    patient: str,
    base: str,
    parties: tuple[tuple[str, Party], ...],
    same: tuple[tuple[str, Party], ...],
) -> Facts:
    known = dict(parties)

    def resolve(element: Mapping[str, Any]) -> Party | None:
        key = actor_key(element, base)
        if key is None:
            return None
        kind = key.partition("/")[0]
        if kind in _INDIVIDUALS:
            return Party(key, None)
        return Party(None, key) if kind == "Organization" else known.get(key)

    def everyone(element: Mapping[str, Any]) -> list[Party]:
        key, party = actor_key(element, base), resolve(element)
        others = [other for named, other in same if named == key]
        return list(dict.fromkeys([*([party] if party else []), *others]))

    return read_facts(patient, [orjson.loads(body) for body in bodies], resolve, everyone)


@_once
def _named(bodies: tuple[bytes, ...], base: str) -> frozenset[str]:
    """The actor keys that these bodies name."""
    elements = (element for body in bodies for element in _references(orjson.loads(body)))
    return frozenset(key for element in elements if (key := actor_key(element, base)))


@_once
def _kept_out(bodies: tuple[bytes, ...], base: str) -> frozenset[str]:
    """The actor keys that a provision which denies names."""
    return frozenset(
        key
        for body in bodies
        for root in [orjson.loads(body).get("provision") or {}]
        for provision in (root, *(root.get("provision") or []))
        if provision.get("type") == "deny"
        for element in _references(provision.get("actor"))
        if (key := actor_key(element, base))
    )


async def _same(
    transaction: Transaction, keys: frozenset[str], known: Mapping[str, Party]
) -> tuple[tuple[str, Party], ...]:
    """Per key everyone it may mean: all records with the identifier, or of the same professional."""
    capacities = {key: known[key] for key in keys if key in known and known[key].individual}
    names = {key: capacities[key].individual if key in capacities else key for key in keys}
    if not names:
        return ()
    rows = await transaction.rows(directory.SAME, keys=sorted({name for name in names.values() if name}))
    found = [
        (key, _party(row["actor"], capacities[key].organisation if key in capacities else None))
        for key, name in names.items()
        for row in rows
        if row["key"] == name
    ]
    return tuple(sorted(found, key=repr))


def _party(actor: str, place: str | None) -> Party:
    return Party(None, actor) if actor.startswith("Organization/") else Party(actor or None, place)


async def parties(transaction: Transaction, keys: frozenset[str]) -> dict[str, Party]:
    """Whom PractitionerRoles and identifiers stand for, from the directory in one query."""
    roles = [key for key in keys if key.startswith("PractitionerRole/")]
    identifiers = [key for key in keys if "|" in key]
    if not roles and not identifiers:
        return {}
    rows = await transaction.rows(grants.PARTIES, references=roles, identifiers=identifiers)
    found: dict[str, set[Party]] = {}
    for row in rows:
        meant = _party(row["individual"], row["organisation"] or None)
        found.setdefault(row["key"], set()).add(meant)
    # An identifier that two records carry names nobody: better no access than the wrong one's.
    return {key: meant.pop() for key, meant in found.items() if len(meant) == 1}


def _references(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        if "reference" in node or "identifier" in node:
            yield node
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


async def compile_person(transaction: Transaction, person: int, facts: Facts, laws: Sequence[Law]) -> None:
    """Replaces the person's grants of these generations by what each law says of the facts now."""
    rows = [(law, grant) for law in laws for grant in compile_grants(facts, law.matrix)]
    await transaction.run(grants.CLEAR, person=person, generations=[law.generation for law in laws])
    await transaction.run(grants.STORE, person=person, **_columns(rows))


def _columns(compiled: Sequence[tuple[Law, Grant]]) -> dict[str, list[Any]]:
    rows = [row for _, row in compiled]
    return {
        "generation": [law.generation for law, _ in compiled],
        "shape": [row.shape.key for row in rows],
        "valid_from": [start(row.valid_from) for row in rows],
        "valid_until": [end(row.valid_until) for row in rows],
        "rank": [row.shape.rank for row in rows],
        "full": [row.full for row in rows],
        "own": [row.own for row in rows],
        "authored": [row.authored for row in rows],
        "shared": [row.shared for row in rows],
        "matrix_version": [law.matrix.version for law, _ in compiled],
        "rules": [" ".join(row.rules) for row in rows],
    }


def start(instant: datetime | None) -> datetime:
    """As the store keeps an open beginning."""
    return ALWAYS if instant is None else instant


def end(instant: datetime | None) -> datetime:
    """As the store keeps an open end."""
    return FOREVER if instant is None else instant


async def expand_teams(transaction: Transaction, person: int, facts: Facts) -> None:
    """What is addressed to a team is addressed to each member while a member."""
    members = [
        (team, member, start(each.period.start), end(each.period.end))
        for each in facts.relations
        if (team := each.rule.removeprefix(_TEAM)) != each.rule
        and (member := each.party.individual or each.party.organisation)
    ]
    await transaction.run(audience.CLEAR_TEAM, person=person)
    teams, names, starts, ends = (
        (list(column) for column in zip(*members, strict=True)) if members else ([],) * 4
    )
    await transaction.run(
        audience.EXPAND_TEAM, person=person, teams=teams, members=names, starts=starts, ends=ends
    )


async def open_shares(transaction: Transaction, person: int, facts: Facts, base: str) -> None:
    """Entries that the person opened one by one, and what a carer opened of the own burden."""
    await transaction.run(audience.CLEAR_SHARED, person=person)
    entries = [
        (reference, each) for each in facts.shares if (reference := read_reference(each.data, base).local)
    ]
    burdens = [(each.carer, each) for each in facts.carer_shares]
    if entries:
        await transaction.run(audience.SHARE_ENTRIES, person=person, **_opened(entries))
    if burdens:
        await transaction.run(audience.SHARE_BURDEN, person=person, burden=BURDEN, **_opened(burdens))


def _opened(shares: Sequence[tuple[str, Share | CarerShare]]) -> dict[str, list[Any]]:
    return {
        "opened": [opened for opened, _ in shares],
        "actors": [share.party.individual or share.party.organisation or "" for _, share in shares],
        "vias": [share.rule for _, share in shares],
        "starts": [start(share.period.start) for _, share in shares],
        "ends": [end(share.period.end) for _, share in shares],
    }
