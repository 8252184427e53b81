"""Whom a resource may name as its author: the actor, or somebody the actor may speak for (access law, "Writing").

| who speaks | for whom | where |
|---|---|---|
| representative | the person | everywhere |
| whoever the matrix lets write it | the person | what the person said, wished or asked for: `_SAID` |
| an organisation's own software | who works there now | everywhere |
| a registrar | the person | everywhere: it enters what the person declared |
| whoever makes an appointment | who is invited | what each has said so far: `Appointment.participant.status` |
| the care coordinator | who is invited | later too, but turns nobody's no into something else |

The first is what a mandate means. The second is R4's `FiveWs.source`, who is not who writes it down. The third is
an assumption: no source says how software that acts by itself names the colleague who wrote. So are the last two:
people who are not online answer by telephone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from json import dumps
from typing import Any, Final, NamedTuple

from consent.facts import Facts
from dzop.access import guarded
from dzop.access.judgement import Judgement
from dzop.access.proposal import Proposal
from dzop.access.versions import Before, Concerned
from dzop.actor import Call
from dzop.fhir import json
from dzop.fhir.audience import audience
from dzop.fhir.outcome import Forbidden
from dzop.fhir.paths import values
from dzop.fhir.references import CBE, NIHDI, SSIN, actor_key, canonical_system, read_reference
from dzop.fhir.resource_types import GOAL_ACCEPTANCE, RESOURCE_TYPES
from dzop.plan.goal_acceptance import asked_anew
from dzop.plan.participation import DECLINED, Answer, answers
from dzop.store import directory, persons
from dzop.store.database import Transaction
from dzop.store.tables import DIRECTORY

FORGED: Final = (
    "you may not name somebody else in `{element}`: leave it out, or name yourself or whom you speak for"
)
ACCEPTED_BY_OTHERS: Final = "you may not add, change or leave out what somebody else accepted"
NOTED_BY_OTHERS: Final = "you may not write or change a note in the name of somebody else"
ANSWERED_BY_OTHERS: Final = (
    "you may not give or change the answer of somebody else; to ask, send `needs-action`"
)

_WRITER = "writer"  # `via` of the author that a resource does not name: outlives its versions

_SAID: Final[Mapping[str, tuple[str, ...]]] = {
    "Condition": ("asserter",),
    "Consent": ("performer",),
    "CommunicationRequest": ("requester",),
    "Goal": ("expressedBy",),
    "Observation": ("performer",),
    "QuestionnaireResponse": ("source",),
    "ServiceRequest": ("requester",),
    "Task": ("requester",),
}
_ATTESTED: Final[Mapping[str, tuple[str, ...]]] = {"DocumentReference": ("authenticator",)}
# An agent is who did it, never who it was done for: that is said beside, in `onBehalfOf`.
_AGENT: Final = "agent.who"
_FOR_WHOM: Final[Mapping[str, tuple[str, ...]]] = {"Provenance": ("agent.onBehalfOf",)}

_NATIONAL: Final = frozenset({SSIN, NIHDI, CBE})
_NUMBERED: Final = frozenset({"Patient", "Practitioner", "PractitionerRole", "Organization"})


class _Attributed(NamedTuple):
    """Elements that each say something in somebody's name; `kept` ones of others may not be left out either."""

    element: str
    who: str
    text: str
    kept: bool


_ATTRIBUTED: Final = (
    _Attributed(
        GOAL_ACCEPTANCE,
        "extension(individual).valueReference",
        ACCEPTED_BY_OTHERS,
        kept=True,
    ),
    _Attributed("note", "authorReference", NOTED_BY_OTHERS, kept=False),
    _Attributed("activity.progress", "authorReference", NOTED_BY_OTHERS, kept=False),
)


class Authorship(NamedTuple):
    """Whom a resource concerns, and for whom the actor spoke in this version: FHIR References, as written."""

    named: Concerned
    spoken_for: tuple[Mapping[str, Any], ...]


class _Voices(NamedTuple):
    """The actor keys of the actor, of whom the actor speaks for in everything, and of who may have said it; and
    whether the actor is the care coordinator.
    """

    own: frozenset[str]
    all: frozenset[str]
    said: frozenset[str]
    coordinates: bool = False


async def authorship(
    transaction: Transaction,
    call: Call,
    law: Judgement,
    person: int,
    proposal: Proposal,
    before: Before | None,
    base: str,
) -> Authorship:
    """Whom the resource concerns, with its writer as the author where it names none or somebody spoken for.

    Forbidden when it names somebody else as the author. Who was named before in the same place may stay.
    """
    value, type = proposal.value, proposal.type
    named = [(kind, key, "") for kind, key in audience(value, type, base)]
    spoken_for: list[Mapping[str, Any]] = []
    as_author = before is None
    if not call.actor.is_system and person > DIRECTORY:
        former = {} if before is None or before.deleted else json.parse(before.row["kept"]).value
        voices = await _voices(transaction, call, law, person, _unexplained(call, value, former, type, base))
        spoken_for += _spoken_for(value, former, type, voices, base)
        # Who passes on what another thinks of it, or notes, has not written the resource.
        as_author |= bool(spoken_for)
        spoken_for += _attributed(value, asked_anew(former, value), type, voices, base)
        spoken_for += _answered(value, former, type, voices, base)
    authors = {key for kind, key, _ in named if kind == "author"}
    if not authors:
        named += [("author", each, _WRITER) for each in _unnamed_authors(call, before)]
    elif as_author and not call.actor.is_system and authors.isdisjoint(call.actor.keys):
        named.append(("author", call.actor.individual, _WRITER))
    return Authorship(tuple(dict.fromkeys(named)), tuple(spoken_for))


def ties(call: Call, named: Concerned, before: Before | None) -> frozenset[str]:
    """How that ties the actor to it, before and after the write."""
    kinds = {kind for kind, key, _ in named if key in call.actor.keys}
    return frozenset(kinds | (before.kinds if before else set()))


def is_representative(facts: Facts, call: Call) -> bool:
    """Whether a mandate of this actor is in force."""
    return any(
        each.kind == "representative"
        and each.party.individual == call.actor.individual
        and each.period.covers(call.now)
        for each in facts.relations
    )


def _coordinates(facts: Facts, call: Call) -> bool:
    """Whether this actor is the care coordinator now."""
    return any(
        each.coordinates and each.party.individual == call.actor.individual and each.period.covers(call.now)
        for each in facts.relations
    )


def _unnamed_authors(call: Call, before: Before | None) -> Sequence[str]:
    """Who is the author of what names none: those it had, or whoever writes it first."""
    if before is not None:
        return sorted(before.authors)
    return () if call.actor.is_system else (call.actor.individual,)


def _spoken_for(
    value: Mapping[str, Any], former: Mapping[str, Any], type: str, voices: _Voices, base: str
) -> Iterator[Mapping[str, Any]]:
    for path in _paths(type):
        heard = voices.own if path == _AGENT else voices.own | voices.all
        if path in _SAID.get(type, ()) + _FOR_WHOM.get(type, ()):
            heard |= voices.said
        for element in _newly_named(value, former, path, base):
            keys = _keys(element, base)
            if not keys <= heard:
                raise Forbidden(FORGED.format(element=path), expression=f"{type}.{path}")
            if not keys <= voices.own and type != "Provenance":
                yield element


def _attributed(
    value: Mapping[str, Any], former: Mapping[str, Any], type: str, voices: _Voices, base: str
) -> Iterator[Mapping[str, Any]]:
    """Acceptances and notes: those of others are as they were."""
    heard = voices.own | voices.all
    for each in _ATTRIBUTED:
        now, then = values(value, each.element), values(former, each.element)
        added, gone = _without(now, then), _without(then, now)
        changed = [*added, *gone] if each.kept else added
        if any(not _keys(who, base) <= heard for element in changed for who in values(element, each.who)):
            raise Forbidden(each.text, expression=f"{type}.{each.element.partition('(')[0]}")
        whom = [who for element in added for who in values(element, each.who)]
        yield from (who for who in whom if not _keys(who, base) <= voices.own)


def _answered(
    value: Mapping[str, Any], former: Mapping[str, Any], type: str, voices: _Voices, base: str
) -> Iterator[Mapping[str, Any]]:
    """Answers to an invitation: those of others are as they were, once the appointment is made."""
    for each in _answers(value, former, type, base):
        keys = _keys(each.who, base)
        may_enter = not former or (voices.coordinates and DECLINED not in each.before)
        if not (may_enter or keys <= voices.own | voices.all):
            raise Forbidden(ANSWERED_BY_OTHERS, expression=f"{type}.participant[{each.place}].status")
        if not keys <= voices.own:
            yield each.who


def _answers(value: Mapping[str, Any], former: Mapping[str, Any], type: str, base: str) -> Iterator[Answer]:
    return answers(value, former, base) if type == "Appointment" else iter(())


def _paths(type: str) -> tuple[str, ...]:
    """Where a resource of this type says who wrote, said, asked for or attested it."""
    found = RESOURCE_TYPES[type].audience.author
    for more in (_SAID, _ATTESTED, _FOR_WHOM):
        found += more.get(type, ())
    return tuple(dict.fromkeys(found))


def _newly_named(
    value: Mapping[str, Any], former: Mapping[str, Any], path: str, base: str
) -> Iterator[Mapping[str, Any]]:
    then = {_keys(element, base) for element in values(former, path)}
    return (element for element in values(value, path) if _keys(element, base) not in then)


def _unexplained(
    call: Call, value: Mapping[str, Any], former: Mapping[str, Any], type: str, base: str
) -> frozenset[str]:
    """Keys of others that this version newly names: only for them it matters whom the actor speaks for."""
    named = [element for path in _paths(type) for element in _newly_named(value, former, path, base)]
    for each in _ATTRIBUTED:
        now, then = values(value, each.element), values(former, each.element)
        differing = [*_without(now, then), *_without(then, now)]
        named += [who for element in differing for who in values(element, each.who)]
    named += [each.who for each in _answers(value, former, type, base)]
    return frozenset(key for who in named for key in _keys(who, base)) - {*call.actor.keys}


def _without(elements: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Those that are not among the others. There may be very many, so each is looked at once."""
    there = {_text(each) for each in others}
    return [each for each in elements if _text(each) not in there]


def _text(element: Any) -> str:
    return dumps(element, sort_keys=True, default=str)


def _keys(element: Any, base: str) -> frozenset[str]:
    """Who a Reference names: also by the national number that stands beside a literal reference."""
    if not isinstance(element, Mapping):
        return frozenset()
    reference, beside = read_reference(element, base), element.get("identifier")
    found = {actor_key(element, base)}
    is_number = isinstance(beside, Mapping) and canonical_system(str(beside.get("system"))) in _NATIONAL
    if is_number and reference.type in _NUMBERED:
        found.add(actor_key({"identifier": beside}, base))
    return frozenset(key for key in found if key is not None)


async def _voices(
    transaction: Transaction, call: Call, law: Judgement, person: int, others: frozenset[str]
) -> _Voices:
    """Whom this actor may speak for, as far as it matters."""
    actor, own = call.actor, frozenset(call.actor.keys)
    if not others:
        return _Voices(own, frozenset(), frozenset())
    facts = await law.facts_of(person)
    # Only as far as the actor may see the number: otherwise the answer would tell whose it is.
    numbers = [key.partition("|") for key in others if key.startswith(f"{SSIN}|")]
    rows = [] if not numbers else await transaction.rows(
        persons.persons(everything=False), **guarded.binds(call), patients=[], types=[], ids=[],
        systems=[system for system, _, _ in numbers], values=[value for _, _, value in numbers],
    )  # fmt: skip
    the_person = frozenset({facts.person} | {row["named"] for row in rows if row["person"] == person})
    if actor.individual == facts.person:
        return _Voices(own | the_person, frozenset(), frozenset())
    if actor.role == "system-client":
        rows = await transaction.rows(directory.STAFF, organization=actor.organization, now=call.now)
        staff = frozenset(key for row in rows for key in (row["role"], row["practitioner"], *row["keys"]))
        return _Voices(own, staff | the_person if actor.is_registrar else staff, the_person)
    represented = the_person if is_representative(facts, call) else frozenset()
    return _Voices(own, represented, the_person, _coordinates(facts, call))
