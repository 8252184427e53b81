"""Who somebody is here of whom an identity provider says who they are: an actor in one capacity.

Each request asks anew, so that who is entered, suspended or taken out is so at once. A profession, or an
employer, that the provider says must be that of the capacity; it never adds one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from dzop.access.actors import Barred, actor_of, in_capacity, suspended
from dzop.access.disciplines import CD_HCPARTY, fits
from dzop.actor import Actor
from dzop.auth.claims import Identity
from dzop.fhir.references import CBE, NIHDI, SSIN, parse_reference
from dzop.store import directory, grants, persons
from dzop.store.database import Connection, Row

__all__ = ["actor_identified", "capacities_of"]

_ELSEWHERE: Final = "elsewhere"  # a record of another server is nobody here
_UNKNOWN: Final = (
    "nobody is known here by what your token says; the registry, or whom you care for, can enter you"
)
_DIFFERENT: Final = "what your token says belongs to different records here; the registry can mend that"
_NO_CAPACITY: Final = (
    "you have no capacity here that is in force: it has ended, is suspended, or was never entered"
)
_NO_SUCH: Final = (
    "you have no capacity here with the discipline, or at the organisation, that your token says"
)
_SEVERAL: Final = (
    "you work in several capacities: ask for a token for one, with its organisation or discipline"
)
_SEVERAL_PERSONS: Final = "you are near several persons: ask for a token on behalf of one of them"
_BOTH: Final = "a token is for one capacity: ask for one without a profession, or without a mandate"


async def actor_identified(
    connection: Connection, identity: Identity, token: Actor, now: datetime, base: str
) -> Actor:
    """The actor they are: one PractitionerRole, Patient, RelatedPerson, or an organisation's own software.

    `base` is the FHIR base of this server; `token` has what the token itself says: scopes, client. Barred when
    nobody is known by it, when it is of two records, when it leaves open which of several capacities is meant,
    and for who is suspended.
    """
    named, works = _named(identity, base), _works(identity)
    if named == _ELSEWHERE:
        raise _barred(token, _UNKNOWN)
    if works and identity.mandator:
        raise _barred(token, _BOTH)
    if identity == Identity(organization=identity.organization):
        subject = await _organization(connection, identity, token)
        return await actor_of(connection, subject, None, token, now, sandbox=False)
    if not works and not (named or "").startswith("Practitioner"):
        found = await _people(connection, identity, named)
        if found or identity.mandator or named:
            subject = _the_person(found, identity, token)
            return await actor_of(connection, subject, None, token, now, sandbox=False)
    row = _the_capacity(await _records(connection, identity, named, now), identity, named, token)
    if not row["active"]:
        raise suspended(row["practitioner"], token)
    return in_capacity(row, (*row["keys"], *row["employer"]), token)


async def capacities_of(
    connection: Connection, identity: Identity, now: datetime, base: str
) -> tuple[str, ...]:
    """All that they may act as now, to choose from, professions first; empty when nobody is known by it."""
    named = _named(identity, base)
    if named == _ELSEWHERE:
        return ()
    at_work = [] if identity.mandator else await _records(connection, identity, named, now)
    own = _own(at_work, identity, named)
    roles = [row["role"] for row in _fitting(own, identity, named) if row["active"]]
    return (*roles, *await _people(connection, identity, named))


def _works(identity: Identity) -> bool:
    """Whether it says that they ask in a profession, or for an organisation."""
    return bool(identity.nihdi or identity.discipline or identity.organization)


def _named(identity: Identity, base: str) -> str | None:
    """The record that the provider names itself."""
    return (
        None if identity.fhir_user is None else parse_reference(identity.fhir_user, base).local or _ELSEWHERE
    )


def _barred(token: Actor, text: str, individual: str = "unknown") -> Barred:
    return Barred(text, replace(token, individual=individual, role="none"))


# -- persons ---------------------------------------------------------------------------------------


async def _people(connection: Connection, identity: Identity, named: str | None) -> list[str]:
    """The Patients and RelatedPersons that this may be; of those the one that is named."""
    if identity.ssin is None:
        type, _, id = (named or "").partition("/")
        if identity.mandator or type not in ("Patient", "RelatedPerson"):
            return []
        return [f"{type}/{id}"] if await connection.row(persons.PATIENT_AT, type=type, id=id) else []
    rows = await connection.rows(
        persons.WITH_NUMBER, system=SSIN, number=identity.ssin, mandator=identity.mandator
    )
    return [row["reference"] for row in rows if named in (None, row["reference"])]


def _the_person(found: Sequence[str], identity: Identity, token: Actor) -> str:
    """Their own record where there is one; else the one person whom they are near."""
    own = [each for each in found if each.startswith("Patient/")] or found
    if not own:
        raise _barred(token, _UNKNOWN)
    if len(own) > 1:
        raise _barred(token, _DIFFERENT if own != found or identity.mandator else _SEVERAL_PERSONS)
    return own[0]


# -- professionals and organisations -----------------------------------------------------------------


def _numbers(system: str, value: str | None, kind: str) -> list[str]:
    """The actor keys of a number; the system of NIHDI numbers is also written with the kind of who has it."""
    if value is None:
        return []
    if system != NIHDI:
        return [f"{system}|{value}"]
    return [f"{NIHDI}|{value[:8]}", f"{NIHDI}-{kind}|{value[:8]}", f"{NIHDI}-{kind}|{value}"]


def _employers(identity: Identity) -> list[str]:
    number = identity.organization
    return [*_numbers(NIHDI, number, "organization"), *_numbers(CBE, number, "organization")]


async def _organization(connection: Connection, identity: Identity, token: Actor) -> str:
    """The organisation whose own software asks."""
    rows = await connection.rows(grants.PARTIES, references=[], identifiers=_employers(identity))
    found = {row["individual"] for row in rows if row["individual"].startswith("Organization/")}
    if len(found) != 1:
        raise _barred(token, _DIFFERENT if found else _UNKNOWN)
    return str(found.pop())


async def _records(connection: Connection, identity: Identity, named: str | None, now: datetime) -> list[Row]:
    """The professionals who have these numbers, or whom the provider names, in each of their capacities."""
    keys = [*_numbers(SSIN, identity.ssin, ""), *_numbers(NIHDI, identity.nihdi, "professional")]
    if named and named.startswith("PractitionerRole/"):
        rows = await connection.rows(directory.CAPACITIES, actor=named, now=now)
        keys += [row["practitioner"] for row in rows]
    elif named and named.startswith("Practitioner/"):
        keys.append(named)
    return await connection.rows(directory.RECORDS, keys=keys, now=now, professions=CD_HCPARTY)


def _the_capacity(rows: Sequence[Row], identity: Identity, named: str | None, token: Actor) -> Row:
    own = _own(rows, identity, named)
    if not own:
        raise _barred(token, _DIFFERENT if rows else _UNKNOWN)
    practitioner = own[0]["practitioner"]
    fitting = _fitting(own, identity, named)
    if len(fitting) == 1:
        return fitting[0]
    several = _SEVERAL if fitting else _NO_SUCH
    in_force = any(row["in_force"] for row in own)
    raise _barred(token, several if in_force else _NO_CAPACITY, practitioner)


def _own(rows: Sequence[Row], identity: Identity, named: str | None) -> list[Row]:
    """The rows of the one record that agrees best with all that is said; none when it is not clear which."""
    agreement = {row["practitioner"]: _agreement(row["keys"], identity) for row in rows}
    if named:
        records = {row["practitioner"] for row in rows if named in (row["practitioner"], row["role"])}
        agreement = {record: count for record, count in agreement.items() if record in records}
    most = max(agreement.values(), default=-1)
    best = [record for record, count in agreement.items() if count == most]
    return [row for row in rows if row["practitioner"] == best[0]] if most >= 0 and len(best) == 1 else []


def _agreement(keys: Sequence[str], identity: Identity) -> int:
    """How many of the numbers a record has; -1 when it has another one instead."""
    agreed = 0
    for system, number in ((SSIN, identity.ssin), (NIHDI, identity.nihdi and identity.nihdi[:8])):
        held = {value[:11] if system == SSIN else value[:8] for value in _values(keys, system)}
        if number is not None and held and number not in held:
            return -1
        agreed += number in held
    return agreed


def _values(keys: Sequence[str], system: str) -> list[str]:
    pairs = (key.partition("|") for key in keys)
    return [value for of, _, value in pairs if of in (system, f"{system}-professional")]


def _fitting(own: Sequence[Row], identity: Identity, named: str | None) -> list[Row]:
    """The capacities in force that are what the token says, in all that it says."""
    by_role = named if named and named.startswith("PractitionerRole/") else None
    employers = frozenset(_employers(identity))
    return [
        row
        for row in own
        if row["in_force"]
        and by_role in (None, row["role"])
        and (not employers or not employers.isdisjoint(row["employer"]))
        and (not identity.discipline or fits(identity.discipline, row["codes"], row["profession"]))
    ]
