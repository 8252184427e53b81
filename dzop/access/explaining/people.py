"""Whom an explanation speaks of: the capacities somebody acts in, everybody whom the facts concern, and names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dzop.access.actors import actor_of
from dzop.access.explaining.inquiry import Inquiry
from dzop.actor import Actor
from dzop.fhir.names import name_of
from dzop.fhir.outcome import Forbidden, Unauthenticated
from dzop.store import directory, grants
from dzop.store.explaining import STAFF

NOBODY = Actor("", "")


async def meant(inquiry: Inquiry, key: str) -> str:
    """The reference of an actor key: of an identifier, whom the directory knows by it; else the key itself."""
    if "|" not in key:
        return key
    rows = await inquiry.connection.rows(grants.PARTIES, references=[], identifiers=[key])
    found = {row["individual"] for row in rows}
    return found.pop() if len(found) == 1 else key


async def capacities(inquiry: Inquiry, reference: str, at: datetime) -> Sequence[Actor]:
    """Everything somebody may act as at an instant; nothing for who is suspended or took leave of it all."""
    subjects = [reference]
    if reference.startswith("Practitioner/"):
        rows = await inquiry.connection.rows(directory.CAPACITIES, actor=reference, now=at)
        subjects = [row["role"] for row in rows if row["role"] and row["in_force"]] or [reference]
    found = [await _capacity(inquiry, subject, at) for subject in sorted(subjects)]
    return [each for each in found if each is not None]


async def _capacity(inquiry: Inquiry, subject: str, at: datetime) -> Actor | None:
    try:
        return await actor_of(inquiry.connection, subject, None, NOBODY, at, sandbox=False)
    except (Forbidden, Unauthenticated):
        return None


async def concerned(inquiries: Iterable[Inquiry], at: datetime) -> list[Actor]:
    """Everybody these facts could give access, in each capacity: people, and organisations as their software."""
    actors: dict[tuple[str, str, str | None], Actor] = {}
    for inquiry in inquiries:
        for reference in await _references(inquiry, at):
            for each in await capacities(inquiry, reference, at):
                actors[each.individual, each.role, each.organization] = each
    return list(actors.values())


async def _references(inquiry: Inquiry, at: datetime) -> list[str]:
    facts = inquiry.facts
    parties = list(facts.parties())
    organisations = {each.organisation for each in parties if each.organisation and not each.individual}
    people = {each.individual for each in parties if each.individual}
    staff = await inquiry.connection.rows(STAFF, organizations=sorted(organisations), now=at)
    professionals = {each for each in people if each.startswith(("Practitioner/", "PractitionerRole/"))}
    professionals |= {row["practitioner"] for row in staff}
    return sorted({facts.person, *facts.related_persons, *professionals, *organisations})


@dataclass(frozen=True, slots=True)
class Names:
    """What people and organisations are called, as far as the asker may know it; else their reference."""

    known: Mapping[str, str]

    def of(self, reference: str) -> str:
        """The name."""
        return self.known.get(reference, reference)

    def of_actor(self, actor: Actor) -> str:
        """The name of who acts."""
        return self.of(actor.individual)


async def names(inquiry: Inquiry, actors: Iterable[Actor], *others: str) -> Names:
    """The names of these actors, of their organisations, of the person, and of others by reference."""
    references = [inquiry.patient, *others]
    for actor in actors:
        references += [actor.individual, *([actor.organization] if actor.organization else [])]
    found = await inquiry.visible(references)
    roles = {key: body for key, body in found.items() if key.startswith("PractitionerRole/")}
    known = {key: name for key, body in found.items() if (name := name_of(body))}
    for key, body in roles.items():
        who = body.get("practitioner", {}).get("reference", "")
        known[key] = known.get(who) or (await names(inquiry, [replace(NOBODY, individual=who)])).of(who)
    return Names(known)
