"""Whether an entry of a team gives access at all, by the law itself: whoever enters somebody should know."""

from __future__ import annotations

from collections.abc import Sequence

from consent.parties import Party
from consent.relations import Known, memberships
from dzop.access import facts
from dzop.access.writing import Writing
from dzop.fhir.outcome import Issue
from dzop.fhir.references import actor_key
from dzop.plan.rule import remark
from dzop.plan.team import Entry

__all__ = ["without_access"]


async def without_access(writing: Writing, before: Sequence[Entry], after: Sequence[Entry]) -> list[Issue]:
    """A remark on each entry that is new or changed, was not declined, and gives nobody anything.

    It looks at what was sent and at the directory, which all may read: not at who is hidden around the person.
    """
    old = {each.text for each in before}
    return [
        remark("member-without-access", f"CareTeam.participant[{place}]")
        for place, entry in enumerate(after)
        if entry.text not in old and entry.state != "declined" and not await _gives_access(writing, entry)
    ]


async def _gives_access(writing: Writing, entry: Entry) -> bool:
    key = actor_key(entry.value.get("member") or {}, writing.base)
    if key is None:
        return False
    if "|" in key:
        return True  # whom a number means is not for everybody to find out
    party = Party(None, key) if key.startswith("Organization/") else Party(key, None)
    if key.startswith("PractitionerRole/"):
        found = (await facts.parties(writing.transaction, frozenset({key}))).get(key)
        if found is None:
            return False
        party = found
    person = (await writing.law.facts_of(writing.person)).person
    related = frozenset({key}) if key.startswith("RelatedPerson/") else frozenset[str]()
    known = Known(person, related, None, lambda _: party, lambda _: ())
    agreed = entry.said("agreed", None).value
    return any(memberships({"id": "", "status": "active", "participant": [agreed]}, known))
