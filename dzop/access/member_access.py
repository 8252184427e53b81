"""Whether an entry of a team gives access at all, by the law itself: whoever enters somebody should know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    new = [
        (place, entry)
        for place, entry in enumerate(after)
        if entry.text not in old and entry.state != "declined"
    ]
    keys = [_key(entry, writing.base) for _, entry in new]
    roles = frozenset(each for each in keys if each is not None and each.startswith("PractitionerRole/"))
    found = await facts.parties(writing.transaction, roles) if roles else {}
    person = (await writing.law.facts_of(writing.person)).person
    return [
        remark("member-without-access", f"CareTeam.participant[{place}]")
        for (place, entry), key in zip(new, keys, strict=True)
        if not _gives_access(entry, key, person, found)
    ]


def _gives_access(entry: Entry, key: str | None, person: str, found: Mapping[str, Party]) -> bool:
    if key is None:
        return False
    if "|" in key:
        return True  # whom a number means is not for everybody to find out
    party = Party(None, key) if key.startswith("Organization/") else Party(key, None)
    if key.startswith("PractitionerRole/"):
        if key not in found:
            return False
        party = found[key]
    related = frozenset({key}) if key.startswith("RelatedPerson/") else frozenset[str]()
    known = Known(person, related, None, lambda _: party, lambda _: ())
    agreed = entry.said("agreed", None).value
    return any(memberships({"id": "", "status": "active", "participant": [agreed]}, known))


def _key(entry: Entry, base: str) -> str | None:
    return actor_key(entry.value.get("member") or {}, base)
