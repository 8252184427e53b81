"""The page for an emergency, to hang up: who this is, how to talk, what to do, whom to call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from dzop.fhir.names import name_of
from dzop.fhir.paths import values
from dzop.plan.paper.around import Around, codes_at
from dzop.plan.paper.content import Line, Section
from dzop.plan.paper.goals import IN_AN_EMERGENCY, about_me
from dzop.plan.paper.team import contact, members
from dzop.plan.paper.words import Words
from terminology.content import BASE

__all__ = ["emergency"]

_NEEDS: Final = f"{BASE}/CodeSystem/communication-need"
_NEED: Final = f"communication.extension({BASE}/StructureDefinition/communication-need).valueCode"
_DOCUMENT: Final = f"{BASE}/CodeSystem/document-kind"
_CALLED: Final = ("care-coordinator", "representative", "informal-carer", "general-practitioner")
"""Whom of the team to call, by role, in this order."""
_PAST: Final = frozenset({"inactive", "remission", "resolved", "refuted", "entered-in-error"})

Resource = Mapping[str, Any]


def emergency(around: Around) -> Section:
    """One page of its own; where a life is in danger, the number to call comes first."""
    lines = [
        _person(around),
        *(Line(text, source=around.person) for text in about_me(around, IN_AN_EMERGENCY)),
        *_contacts(around),
        *_health(around),
    ]
    conditions = (key for key, _ in _conditions(around))
    found = around.section("emergency", lines, *conditions, remark=around.words.say("emergency", "ambulance"))
    return replace(found, on_own_page=True)


def _person(around: Around) -> Line:
    words, patient = around.words, around.resources.get(around.person, {})
    born, lives, spoken = patient.get("birthDate"), _address(patient), _spoken(words, patient)
    needs = [need for code in values(patient, _NEED) if (need := words.code(_NEEDS, code))]
    return contact(
        words,
        around.name,
        around.phones(patient),
        words.say("emergency", "born", date=words.date(born)) if born else "",
        words.say("emergency", "lives", address=lives) if lives else "",
        words.say("emergency", "speaks", languages=spoken) if spoken else "",
        words.say("emergency", "needs", needs=", ".join(needs)) if needs else "",
        *about_me(around, "how-to-talk"),
        key=around.person,
    )


def _address(patient: Resource) -> str:
    address: Resource = next(iter(values(patient, "address")), {})
    town = " ".join(address[each] for each in ("postalCode", "city") if address.get(each))
    return str(
        address.get("text") or ", ".join(each for each in (*(address.get("line") or ()), town) if each)
    )


def _spoken(words: Words, patient: Resource) -> str:
    languages = values(patient, "communication.language")
    found = [
        words.concept(each) or ", ".join(map(words.spoken, values(each, "coding.code"))) for each in languages
    ]
    return ", ".join(each for each in found if each)


def _contacts(around: Around) -> Iterator[Line]:
    """Whom to call: those of the team who know most, the doctor, and whom the person named."""
    words, patient = around.words, around.resources.get(around.person, {})
    agreed = [each for each in members(around) if each.is_agreed]
    known = (each for role in _CALLED for each in agreed if role in each.roles)
    team = dict.fromkeys((*(each for each in agreed if each.is_contact), *known))
    for member in team:
        yield contact(words, member.name, member.phones, member.called, key=member.key)
    for doctor in patient.get("generalPractitioner", ()):
        key, name = around.key(doctor) or "", around.who(doctor)
        if name and key not in {member.key for member in team}:
            phones = around.phones(around.resources.get(key))
            yield contact(words, name, phones, words.say("emergency", "practice"), key=key)
    for each in patient.get("contact", ()):
        if name := name_of(each):
            relation = words.concepts(each.get("relationship", ())) or words.say("emergency", "contact")
            yield contact(words, name, around.phones(each), relation, key=around.person)


def _health(around: Around) -> Iterator[Line]:
    """What helpers must know: the conditions that are active, and that there are wishes written down."""
    words = around.words
    names = [words.concept(each.get("code")) for _, each in _conditions(around)]
    if known := tuple(dict.fromkeys(name for name in names if name)):
        yield Line(words.say("emergency", "health"), known)
    for key, each in around.of("DocumentReference"):
        if each.get("status") == "current" and "advance-directive" in codes_at(each, "type", _DOCUMENT):
            what = each.get("description") or words.code(_DOCUMENT, "advance-directive")
            yield Line(words.say("emergency", "directive", what=what), source=key)


def _conditions(around: Around) -> list[tuple[str, Resource]]:
    return [(key, each) for key, each in around.of("Condition") if _is_active(each)]


def _is_active(condition: Resource) -> bool:
    paths = ("clinicalStatus.coding.code", "verificationStatus.coding.code")
    return _PAST.isdisjoint(code for path in paths for code in values(condition, path))
