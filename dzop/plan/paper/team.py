"""The team with its telephone numbers, and who may see the plan, as lines. https://hl7.org/fhir/R4/careteam.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dzop.fhir.search.date import date_range
from dzop.plan import team_contact
from dzop.plan.paper.around import Around, Party, codes_at
from dzop.plan.paper.content import Line, Section
from dzop.plan.paper.words import Words
from dzop.plan.team import ROLE_SYSTEM, agreement

__all__ = ["Member", "contact", "members", "team", "who_may_see"]

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the team now: `roles` are codes of ours, `called` is what all roles and relations are called."""

    key: str
    name: str
    roles: tuple[str, ...]
    called: str
    employer: str
    phones: str
    is_agreed: bool
    is_contact: bool


def team(around: Around) -> Section:
    """Who is in the team now, as what, and how to call them; of a part without its own, the team of the whole."""
    say = around.words.say
    here = around if members(around) else around.umbrella
    lines = [
        contact(
            around.words,
            each.name,
            each.phones,
            say("team", "contact") if each.is_contact else "",
            each.called,
            each.employer,
            "" if each.is_agreed else say("team", "proposed"),
            key=each.key,
        )
        for each in members(here)
    ]
    return around.section("team", lines, *(key for key, _ in _teams(here)))


def who_may_see(around: Around) -> Section:
    """Everybody who may see the plan now, for who may be told; the others learn who decides."""
    words, parties = around.words, around.parties
    if parties is None:
        return around.section("who-may-see", (), remark=words.say("sight", "reader", name=around.name))
    told = (
        contact(words, each.name, "", words.code(ROLE_SYSTEM, each.role), _employer(each), _part(words, each))
        for each in parties
    )
    lines = dict.fromkeys(told)
    return around.section("who-may-see", tuple(lines), remark=words.say("sight", "all"))


def contact(words: Words, name: str, phones: str, *notes: str, key: str = "") -> Line:
    """Somebody with the telephone numbers right behind the name, and what else there is to say."""
    return Line(words.topic(name, phones), notes, source=key)


def members(around: Around) -> list[Member]:
    """Everybody in the team now but the person: the contact and the coordinator first, who is only proposed last."""
    entries: dict[str, list[Resource]] = {}
    for _, each in _teams(around):
        for participant in each.get("participant", ()):
            member = participant.get("member") or {}
            if _is_in(around, participant) and (name := around.who(member)):
                entries.setdefault(around.key(member) or name, []).append(participant)
    found = [_member(around, key, several) for key, several in entries.items() if key != around.person]
    return sorted(
        found,
        key=lambda each: (not each.is_contact, "care-coordinator" not in each.roles, not each.is_agreed),
    )


def _employer(party: Party) -> str:
    """Where somebody works; software of an organisation is called as that is."""
    return "" if party.organization in (None, party.name) else str(party.organization)


def _part(words: Words, party: Party) -> str:
    return words.say("sight", "part") if party.sees_part else ""


def _teams(around: Around) -> list[tuple[str, Resource]]:
    return [(key, each) for key, each in around.told("CareTeam") if each.get("status", "active") == "active"]


def _is_in(around: Around, participant: Resource) -> bool:
    period: Resource = participant.get("period") or {}
    begun = "start" not in period or date_range(period["start"])[0] <= around.now
    ended = "end" in period and date_range(period["end"])[1] <= around.now
    return begun and not ended and agreement(participant) != "declined"


def _member(around: Around, key: str, entries: Sequence[Resource]) -> Member:
    agreed = [each for each in entries if agreement(each) != "proposed"]
    counting, itself = agreed or entries, around.resources.get(key, {})
    posts = [
        each
        for role, each in around.of("PractitionerRole")
        if key in (role, around.key(each.get("practitioner")))
    ]
    employers = [around.who(each.get("organization")) for each in posts]
    roles = [concept for each in counting for concept in each.get("role", ())]
    return Member(
        key,
        around.who(counting[0]["member"]) or key,
        tuple(code for each in counting for code in codes_at(each, "role", ROLE_SYSTEM)),
        around.words.roles([*roles, *itself.get("relationship", ())]),
        ", ".join(dict.fromkeys(each for each in employers if each)),
        around.phones(itself, *posts),
        bool(agreed),
        any(around.key(team_contact.contact(each)) == key for _, each in _teams(around)),
    )
