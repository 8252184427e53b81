"""The people known here, for who logs in: the port of `dzop/auth/people.py`, answered by the gateway.

Whose plan somebody may open is asked of the law, as the actor they would be, and audited like any request. What
people are called is read without an actor: a login has none yet, and is only told of itself and of whom it chose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

import orjson

from consent.professions import role_of
from dzop.access.actors import actor_of
from dzop.access.gateway import Gateway
from dzop.access.identified import capacities_of
from dzop.access.labels import instant
from dzop.access.persons import patient_of
from dzop.access.unit import Unit
from dzop.access.writing import Consequence
from dzop.actor import SYSTEM, Actor, Call
from dzop.auth.claims import Identity
from dzop.auth.people import Described
from dzop.explanation.dates import day
from dzop.explanation.words import WORDS, Words
from dzop.fhir.names import name_of
from dzop.fhir.outcome import Forbidden, Gone, NotFound, Unauthenticated
from dzop.fhir.paths import values
from dzop.fhir.references import actor_key
from dzop.fhir.search.query import read_query
from dzop.plan.notice import notice
from dzop.store import reading
from dzop.store.database import Database
from dzop.store.sight import UNBOUNDED
from terminology.content import display

__all__ = ["Acquaintance"]

_MOST: Final = 50
_LONGEST: Final = 100
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_LOGIN: Final = Actor("", "")

Resource = Mapping[str, Any]


class Acquaintance:
    """`People` over the gateway of this service; `base` is its FHIR base."""

    def __init__(self, gateway: Gateway, database: Database, base: str) -> None:
        self._gateway, self._database, self._base = gateway, database, base

    async def capacities(self, identity: Identity, now: datetime) -> tuple[str, ...]:
        """The references as which somebody may act (PractitionerRole, Patient, RelatedPerson), none suspended."""
        return await capacities_of(self._database, identity, now, self._base)

    async def described(self, references: Sequence[str]) -> Sequence[Described]:
        """Names and descriptions of these, in their order; who is not there is left out."""
        found = await self._resources(references)
        whom = [about for each in found.values() for about in self._about(each)]
        known = {**await self._resources(whom), **found}
        return [self._described(each, known) for each in references if each in found]

    async def plans(self, subject: str, now: datetime, text: str = "") -> Sequence[Described]:
        """The Patients whose plan `subject` may open now, at most 50, by name; audited as the search it is."""
        actor = await self._actor(subject, now)
        if actor is None:
            return ()
        part = _escaped(text[:_LONGEST])
        named = [("name:contains", part)] if part else []
        query = read_query("Patient", [*named, ("_sort", "name")], base=self._base, lenient=False)
        page = await self._gateway.search(Call(actor, now), query, None, _MOST)
        shown = {f"Patient/{each.id}": orjson.loads(each.body) for each in page.matches}
        return [self._described(each, shown) for each in shown]

    async def related_to(self, subject: str) -> str | None:
        """The id of the Patient whom this RelatedPerson belongs to, whatever they may see of them."""
        return await patient_of(self._database, subject)

    async def may_open(self, subject: str, patient: str, now: datetime) -> bool:
        """Whether `subject` may read the Patient with this id: asked, and audited, as that read."""
        actor = await self._actor(subject, now)
        if actor is None or not _ID.fullmatch(patient):
            return False
        try:
            await self._gateway.read(Call(actor, now), "Patient", patient)
        except (NotFound, Gone):
            return False
        return True

    async def may_act(self, subject: str, now: datetime) -> bool:
        """Whether this capacity or organisation is known and not suspended: asked at every refresh."""
        record = (await self._resources([subject])).get(subject)
        # What others write about a person takes nobody's own plan from them.
        if record is None or (record.get("active") is False and record["resourceType"] != "Patient"):
            return False
        return await self._actor(subject, now) is not None

    async def joined(self, subject: str, now: datetime) -> None:
        """Tells the person whom this RelatedPerson belongs to that somebody took up the invitation."""
        patient = await self.related_to(subject)
        if patient is None:
            return
        person = f"Patient/{patient}"
        told = notice("invitation-taken-up", person, [subject], [{"reference": person}], instant(now))
        proposal = Consequence.of({**told, "id": str(uuid4())}, self._base).proposal

        async def work(unit: Unit) -> None:
            await unit.create(proposal)

        await self._gateway.commit(Call(Actor(SYSTEM, SYSTEM), now), work)

    async def _actor(self, subject: str, now: datetime) -> Actor | None:
        """Who they are now; None for who may not act at all."""
        try:
            return await actor_of(self._database, subject, None, _LOGIN, now, sandbox=False)
        except (Forbidden, Unauthenticated):
            return None

    async def _resources(self, references: Sequence[str]) -> dict[str, Resource]:
        pairs = [(type, id) for type, _, id in (each.partition("/") for each in references) if id]
        types, ids = [type for type, _ in pairs], [id for _, id in pairs]
        rows = await self._database.rows(reading.read_many(UNBOUNDED), types=types, ids=ids)
        return {f"{row['type']}/{row['id']}": orjson.loads(row["body"]) for row in rows}

    def _about(self, resource: Resource) -> list[str]:
        """The references in it that say who it is and where they belong."""
        elements = [resource.get(name) for name in ("patient", "practitioner", "organization")]
        keys = [actor_key(each, self._base) for each in elements if isinstance(each, Mapping)]
        return [key for key in keys if key]

    def _described(self, reference: str, known: Mapping[str, Resource]) -> Described:
        resource = known[reference]
        around = [known[key] for key in self._about(resource) if key in known]
        named = [each for each in around if each["resourceType"] == "Practitioner"] or [resource]
        description = {language: _description(words, resource, around) for language, words in WORDS.items()}
        return Described(reference, name_of(named[0]) or reference, description)


def _description(words: Words, resource: Resource, around: Sequence[Resource]) -> str:
    """What somebody is, in a few words."""
    match resource["resourceType"]:
        case "Patient":
            return _person(words, resource)
        case "RelatedPerson":
            patient = next((name_of(each) for each in around if each["resourceType"] == "Patient"), None)
            if patient is None:
                return display("role", "informal-network", words.language)
            return words.say("capacity", "related", of=words.of(patient))
        case "Organization":
            return display("role", "system-client", words.language)
    employer = next((name_of(each) for each in around if each["resourceType"] == "Organization"), None)
    return _at_work(words, resource, employer)


def _person(words: Words, patient: Resource) -> str:
    try:
        born = day(words, date.fromisoformat(patient["birthDate"]))
    except (KeyError, ValueError):  # not known, or the year only
        return display("role", "person", words.language)
    return words.say("capacity", "born", date=born)


def _at_work(words: Words, role: Resource, employer: str | None) -> str:
    profession = role_of((each.get("system"), each.get("code")) for each in values(role, "code.coding"))
    told = (
        display("role", profession, words.language) if profession else words.say("capacity", "professional")
    )
    return words.say("capacity", "employed", profession=told, employer=employer) if employer else told


def _escaped(text: str) -> str:
    """The text as one value of a search parameter. https://hl7.org/fhir/R4/search.html#escaping"""
    plain = "".join(each for each in text if each.isprintable())
    return re.sub(r"([\\,$|])", r"\\\1", plain.strip())
