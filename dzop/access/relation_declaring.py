"""Declaring a relation of care, or an emergency, with somebody known by number only (access law, exception 1).

What is declared is written by the server itself; the log names who declared it. Every failure that depends
on the person is one constant answer. Without good evidence nothing but an index is asked about the person,
and always the same: how long a refusal takes tells whoever tries numbers no more than its text does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final
from uuid import uuid4

import orjson

from consent.decisions import DECISIONS, last_day
from consent.periods import BRUSSELS
from consent.relations import TOKENS
from consent.situation import situation
from dzop.access.events import event
from dzop.access.guarded import binds, shape_of
from dzop.access.keeping import Written
from dzop.access.labels import instant
from dzop.access.locks import lock_of
from dzop.access.proposal import Proposal
from dzop.access.reach import sight
from dzop.access.unit import Unit
from dzop.actor import Actor, Call
from dzop.fhir import json
from dzop.fhir.audience import consent_kinds
from dzop.fhir.json import Source
from dzop.fhir.names import name_of
from dzop.fhir.outcome import Conflict, NotFound, TooManyRequests, Unprocessable
from dzop.fhir.references import NIHDI, SSIN
from dzop.plan import declared, declared_words
from dzop.store import declarations, reading
from dzop.store.database import Row
from dzop.store.sight import UNBOUNDED

REFUSED: Final = "this cannot be declared: check the number and the proof, or ask the person for access"
TOO_OFTEN: Final = "you asked for this too often in the past hour: wait as long as `Retry-After` says"
NO_LONGER: Final = "this consent is not in force, so there is nothing to revoke"

_HOUR: Final = timedelta(hours=1)
_NAMED_BY_ITSELF: Final = frozenset({"therapeutic-relation", "break-glass", "grant", "case-management"})
_PHYSICIAN: Final = f"{NIHDI}|1"  # a NIHDI number begins with the profession


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence that was verified: what tells it from any other, and from when on it is worthless."""

    digest: bytes
    expires: datetime


@dataclass(frozen=True, slots=True)
class Declared:
    """What was declared, with references of this server; `period` is a FHIR Period."""

    patient: str
    relation: str
    period: Mapping[str, str]


def may_declare(actor: Actor) -> bool:
    """A professional whose profession we know, or the software of an organisation."""
    return actor.role in TOKENS["organisation"]


def may_break_glass(actor: Actor) -> bool:
    """A recognised health profession."""
    return actor.role in TOKENS["break-glass"]


def may_prove(actor: Actor, proof: str) -> bool:
    """Anybody who may declare; the global medical file is held by a general practitioner, hence a physician."""
    if proof != "gmd" or actor.role == "general-practitioner":
        return True
    return actor.role in TOKENS["gmd-holder"] and any(key.startswith(_PHYSICIAN) for key in actor.keys)


def as_reason(text: str) -> str | None:
    """The reason for breaking the glass, without blanks around it; None when too short or too long to be one."""
    reason = text.strip()
    return reason if DECISIONS.shortest_reason <= len(reason) <= DECISIONS.longest_reason else None


async def count(unit: Unit, call: Call, operation: str, most: int) -> None:
    """Counts an attempt, whatever will come of it; TooManyRequests after `most` of them within an hour."""
    where: dict[str, Any] = {"actor": call.actor.individual, "operation": operation}
    since = call.now - _HOUR
    if await unit.alongside(declarations.ATTEMPT, **where, now=call.now, since=since, most=most) is not None:
        return
    unit.law.refuse(operation, 429, "Patient", "")
    row = await unit.alongside(declarations.ATTEMPTS, **where, since=since)
    first = row["instants"][0] if row and row["instants"] else call.now
    raise TooManyRequests(TOO_OFTEN, retry_after=max(1, ceil((first + _HOUR - call.now).total_seconds())))


async def declare_relation(
    unit: Unit, call: Call, ssin: str, proof: str, evidence: Evidence | None
) -> Declared:
    """A new relation of care with the person who has this number, entered if need be; the person is told.

    Unprocessable, in constant words, without evidence and for a person who excludes the actor.
    """
    operation = "$declare-relation"
    found = await _person_with(unit, ssin)
    if evidence is None or not await _is_first_use(unit, call, evidence):
        raise _refused(unit, operation, found)
    if found is not None and await _is_excluded(unit, call, found["key"]):
        raise _refused(unit, operation, found)
    server = unit.as_server()
    if found is None:
        person = f"Patient/{(await server.create(_proposal(declared.patient(ssin)))).id}"
    else:
        person = f"Patient/{found['id']}"
    until = last_day(proof, call.now)
    now, period = instant(call.now), {"start": instant(call.now), "end": until.isoformat()}
    consent = declared.therapeutic_relation(
        person, _capacity(call), call.actor.individual, proof, period, now
    )
    texts = declared_words.of_relation(await _languages(unit, person), await _name(unit, call), proof, until)
    return await _written(unit, server, call, operation, person, consent, texts)


async def break_glass(unit: Unit, call: Call, ssin: str, reason: str) -> Declared:
    """An emergency: the actor reads for a short time; the person is told, and a reviewer can list it.

    Unprocessable, in the same constant words, for a person who is unknown, shares nothing, or excludes the actor.
    """
    operation = "$break-glass"
    found = await _person_with(unit, ssin)
    if found is None or await _is_excluded(unit, call, found["key"]):
        raise _refused(unit, operation, found)
    if not (await unit.law.facts_of(found["key"])).shared(call.now):
        raise _refused(unit, operation, found)
    person, end = f"Patient/{found['id']}", call.now + DECISIONS.break_glass
    now, period = instant(call.now), {"start": instant(call.now), "end": instant(end)}
    consent = declared.break_glass(person, _capacity(call), call.actor.individual, reason, period, now)
    languages, name = await _languages(unit, person), await _name(unit, call)
    texts = declared_words.of_break_glass(languages, name, end.astimezone(BRUSSELS))
    return await _written(unit, unit.as_server(), call, operation, person, consent, texts)


async def revoke(unit: Unit, call: Call, id: str) -> Written:
    """Ends a consent: by whoever may change it, or by the one it names, giving up what it gives.

    NotFound for what is free, hidden or deleted; Conflict when it is not in force.
    """
    looking = sight(call.actor, "u", "Consent")
    row = await unit.alongside(reading.read(looking), type="Consent", id=id, **binds(call))
    if row is None or row["deleted"]:
        unit.law.refuse("$revoke", 404, "Consent", id)
        raise NotFound(f"`Consent/{id}` is not known")
    consent = orjson.loads(row["body"])
    if consent.get("status") != "active":
        unit.law.refuse("$revoke", 409, "Consent", id, row["person"], row["mask"])
        raise Conflict(NO_LONGER, expression="Consent.status")
    if not _names_only(consent, call.actor):
        return await unit.amend("Consent", id, _inactive)
    server = unit.as_server()
    written = await server.amend("Consent", id, _inactive)
    await server.finish()
    unit.record(event(call, "$revoke", 200, "Consent", id, person=row["person"], mask=row["mask"]))
    # What the consent gave has ended with it, and perhaps the right to read it.
    return replace(written, shown=None)


# -- steps -----------------------------------------------------------------------------------------------


async def _person_with(unit: Unit, ssin: str) -> Row | None:
    """The person with this number; looked up for every attempt, after all others with the same number."""
    await unit.locks.serialise({lock_of("Patient", ssin): True})
    return await unit.alongside(declarations.PATIENT_WITH, system=SSIN, value=ssin)


async def _is_first_use(unit: Unit, call: Call, evidence: Evidence) -> bool:
    await unit.alongside(declarations.FORGET_EXPIRED, now=call.now)
    spent = await unit.alongside(declarations.SPEND, digest=evidence.digest, expires_at=evidence.expires)
    return spent is not None


async def _is_excluded(unit: Unit, call: Call, person: int) -> bool:
    # Exclusively from the start: a consent is about to be added, and a lock that grows can deadlock.
    await unit.law.lock(person, exclusive=True)
    shape, known = shape_of(call.actor), await unit.law.facts_of(person)
    return bool(situation(known, shape.individual, shape.organisation, call.now).exclusions)


def _refused(unit: Unit, operation: str, found: Row | None) -> Unprocessable:
    """The one answer; the log of the person, if there is one, says that somebody tried."""
    person = None if found is None else found["key"]
    unit.law.refuse(operation, 422, "Patient", "" if found is None else found["id"], person)
    return Unprocessable(REFUSED)


async def _written(
    unit: Unit, server: Unit, call: Call, operation: str, person: str, consent: Mapping[str, Any], texts: list[str]
) -> Declared:  # fmt: skip
    stored = await server.create(_proposal(consent))
    relation = f"Consent/{stored.id}"
    await server.create(_proposal(declared.notice(person, relation, texts, instant(call.now))))
    await server.finish()
    unit.record(event(call, operation, 200, "Consent", stored.id))
    return Declared(person, relation, consent["provision"]["period"])


def _capacity(call: Call) -> str:
    """In which capacity the actor declares: the one of the token."""
    return call.actor.practitioner_role or call.actor.individual


async def _name(unit: Unit, call: Call) -> str | None:
    return name_of(await _current(unit, call.actor.individual))


async def _languages(unit: Unit, person: str) -> tuple[str, ...]:
    return declared.languages_of(await _current(unit, person) or {})


async def _current(unit: Unit, reference: str) -> dict[str, Any] | None:
    """What the server needs to know to write to the person; the actor is shown none of it."""
    type, _, id = reference.partition("/")
    row = await unit.alongside(reading.read(UNBOUNDED), type=type, id=id)
    return None if row is None or row["deleted"] else orjson.loads(row["body"])


def _proposal(value: Mapping[str, Any]) -> Proposal:
    return Proposal(value["resourceType"], str(uuid4()), json.parse(orjson.dumps(value)))


def _inactive(source: Source) -> Source:
    return json.parse(json.with_member(source.text, "status", '"inactive"').encode())


def _names_only(consent: Mapping[str, Any], actor: Actor) -> bool:
    """Whether it gives something to this actor alone, who may therefore give it up."""
    own = {actor.individual, actor.practitioner_role} - {None}
    named = [
        each.get("reference", {}).get("reference") for each in consent.get("provision", {}).get("actor", [])
    ]
    kinds = consent_kinds(consent)
    return bool(kinds) and kinds <= _NAMED_BY_ITSELF and bool(named) and own.issuperset(named)
