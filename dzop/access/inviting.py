"""Inviting an informal carer: a RelatedPerson, an entry in the team by the usual rules, and a code that counts once.

A code lets whoever has it act as that RelatedPerson. So it is given for somebody new; for whom one invited oneself and
who did not come, unless more was given to them since; and, where the person or a representative asks, for whom others
invited in vain, and for a relative who was never in a team or named in a consent: who was may have entries of their
own that nobody else is to see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import orjson

from dzop.access.events import event
from dzop.access.relation_declaring import count
from dzop.access.unit import Unit
from dzop.access.writing import Consequence
from dzop.actor import Call
from dzop.auth.login.invitations import LASTS, Invitations
from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.names import name_of
from dzop.fhir.outcome import Forbidden, NotFound, Unprocessable
from dzop.fhir.paths import values
from dzop.fhir.references import SSIN, canonical_system, read_reference
from dzop.plan import team_changes
from dzop.plan.invitation import NAMED_IN, is_plain
from dzop.plan.rule import refusal
from dzop.plan.team import entries, party_of
from dzop.store.involvement import VERSIONS

__all__ = ["NOT_TO_INVITE", "UNKNOWN", "Invited", "Wanted", "counted", "invite"]

NOT_TO_INVITE: Final = "the person, a representative or the care coordinator invites somebody with a code"
UNKNOWN: Final = "`relatedPerson` is not known, or not related to the person whose team this is"

_MOST_AN_HOUR: Final = 20
_OPERATION: Final = "$invite"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to be invited: `related` (`RelatedPerson/x`) when there is one, else a `name`; `relationship` and `role`
    are CodeableConcepts.
    """

    name: str
    related: str | None
    relationship: Mapping[str, Any] | None
    role: Mapping[str, Any]
    period: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """`related` and `patient` are references; `name` and `person` what the two are called."""

    related: str
    patient: str
    name: str
    person: str
    code: str
    until: datetime


async def invite(unit: Unit, call: Call, base: str, team: str, wanted: Wanted) -> Invited:
    """The code for somebody who is in the team from now on, or waits there for who decides.

    NotFound for a hidden team, Forbidden for who may not invite, Unprocessable for whom no code is given.
    """
    person, patient = await _team_of(unit, team)
    decides = await _require_inviter(unit, call, person, team)
    server = unit.as_server()
    related: Mapping[str, Any]
    if wanted.related is None:
        related = {**_related(wanted, patient), "id": str(uuid4())}
        reference = f"RelatedPerson/{related['id']}"
        await server.create(Consequence.of(related, base).proposal)
    else:
        reference = wanted.related
        related = await _existing(unit, call, person, reference, base, decides=decides)
    await _entered(unit, base, team, reference, wanted, call.now)
    code = await Invitations(unit.connection).issue(reference, call.actor.individual, call.now)
    if code is None:
        raise refusal("invitation-taken", _parameter("relatedPerson"))
    await server.finish()
    unit.record(event(call, _OPERATION, 200, "CareTeam", team, person=person))
    shown = await unit.read("Patient", patient.partition("/")[2])
    called = name_of(None if shown is None else orjson.loads(shown.body))
    return Invited(reference, patient, name_of(related) or "", called or "", code, call.now + LASTS)


async def counted(unit: Unit, call: Call) -> None:
    """Counts an invitation that is asked for, whatever comes of it; TooManyRequests when there were too many."""
    await count(unit, call, _OPERATION, _MOST_AN_HOUR)


async def _team_of(unit: Unit, team: str) -> tuple[int, str]:
    """The person whose team it is: key and reference."""
    found = await unit.read("CareTeam", team)
    if found is None or found.deleted:
        raise NotFound(f"`CareTeam/{team}` is not known")
    return found.person, await unit.law.lock(found.person, exclusive=True)


async def _require_inviter(unit: Unit, call: Call, person: int, team: str) -> bool:
    """Whether who asks decides on the team, or as the operator on everything; a coordinator does not."""
    known, actor = await unit.law.facts_of(person), call.actor
    mine = [
        each
        for each in known.relations
        if each.party.individual == actor.individual and each.period.covers(call.now)
    ]
    if (
        actor.is_system
        or actor.individual == known.person
        or any(each.kind == "representative" for each in mine)
    ):
        return True
    if any(each.coordinates for each in mine):
        return False
    unit.law.refuse(_OPERATION, 403, "CareTeam", team, person)
    raise Forbidden(NOT_TO_INVITE)


async def _existing(
    unit: Unit, call: Call, person: int, reference: str, base: str, *, decides: bool
) -> Mapping[str, Any]:
    """The RelatedPerson who is there already, as far as a code may be given for it."""
    type, _, id = reference.partition("/")
    found = await unit.read(type, id) if type == "RelatedPerson" else None
    if found is None or found.deleted or found.person != person:
        raise Unprocessable(UNKNOWN, expression=_parameter("relatedPerson"))
    related: Mapping[str, Any] = orjson.loads(found.body)
    invitations = Invitations(unit.connection)
    if related.get("active") is False or _has_number(related) or await invitations.is_held(reference):
        raise refusal("invitation-taken", _parameter("relatedPerson"))
    if not is_plain(name_of(related) or ""):
        raise refusal("invitation-name", _parameter("relatedPerson"))
    inviter = await invitations.inviter_of(reference)
    if not decides and inviter != call.actor.individual:
        raise refusal("invitation-taken", _parameter("relatedPerson"))
    if inviter is None and await _was_near(unit, person, reference, base):
        raise refusal("invitation-taken", _parameter("relatedPerson"))
    if decides:
        await _require_own(unit, call, person, reference)
    return related


async def _require_own(unit: Unit, call: Call, person: int, reference: str) -> None:
    """Who represents the person is invited by the person alone; who has guardianship by the operator."""
    known = await unit.law.facts_of(person)
    mandates = [
        each
        for each in known.relations
        if each.kind == "representative"
        and each.party.individual == reference
        and (each.period.end is None or call.now < each.period.end)
    ]
    is_guarded = any(each.ground == "guardianship" for each in mandates)
    if mandates and not call.actor.is_system and (is_guarded or call.actor.individual != known.person):
        raise refusal("invitation-representative", _parameter("relatedPerson"))


async def _was_near(unit: Unit, person: int, reference: str, base: str) -> bool:
    """Whether this RelatedPerson was ever in a team or named in a consent, as all who invite may look up themselves."""
    rows = await unit.connection.rows(VERSIONS, person=person)
    return any(
        read_reference(each, base).local == reference
        for row in rows
        for path in NAMED_IN[row["type"]]
        for each in values(orjson.loads(row["body"]), path)
    )


async def _entered(unit: Unit, base: str, team: str, reference: str, wanted: Wanted, now: datetime) -> None:
    """An entry of the team, unless there is one that waits or holds already."""
    shown = await unit.read("CareTeam", team)
    there = () if shown is None else entries(json.parse(shown.body), base, {})
    if any(
        each.party == party_of(reference) and each.state != "declined" and now < each.stretch[1]
        for each in there
    ):
        return

    def change(source: Source) -> Source:
        return team_changes.proposed(
            source, base, {"reference": reference}, [wanted.role], wanted.period, now
        )

    await unit.amend("CareTeam", team, change)


def _related(wanted: Wanted, patient: str) -> dict[str, Any]:
    said: Sequence[tuple[str, Any]] = [("relationship", [wanted.relationship])] if wanted.relationship else []
    return {
        "resourceType": "RelatedPerson",
        "active": True,
        "patient": {"reference": patient},
        **dict(said),
        "name": [{"text": wanted.name}],
    }


def _has_number(related: Mapping[str, Any]) -> bool:
    return any(
        canonical_system(str(each.get("system", ""))) == SSIN for each in related.get("identifier", ())
    )


def _parameter(name: str) -> str:
    return f"Parameters.parameter.where(name = '{name}')"
