"""Inviting with a code: under what name, as what, and until what is given to who is invited.

https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dzop.fhir.audience import consent_kinds
from dzop.fhir.paths import values
from dzop.fhir.references import actor_key
from dzop.plan.team import ROLE_SYSTEM, Entry

__all__ = ["INFORMAL_CARER", "NAMED_IN", "given_more", "is_plain", "role_of_invited"]

Resource = Mapping[str, Any]

INFORMAL_CARER: Final = {"coding": [{"system": ROLE_SYSTEM, "code": "informal-carer"}]}
_INFORMAL: Final = {f"{ROLE_SYSTEM}|{code}": code for code in ("informal-carer", "informal-network")}

NAMED_IN: Final = {
    "CareTeam": ("participant.member",),
    "Consent": ("performer", "provision.actor.reference", "provision.provision.actor.reference"),
}
"""Where somebody is named who is to have access, or not."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""General categories of what has no shape of its own: controls, formats, unassigned, private, other lines."""
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that look like nothing."""


def is_plain(name: str) -> bool:
    """Whether a name is all that it looks like: nothing in it is invisible, or turns what stands around it."""
    return _BLANK.isdisjoint(name) and all(unicodedata.category(each) not in _UNSEEN for each in name)


def role_of_invited(role: Resource) -> str | None:
    """The one informal role that a CodeableConcept says; None for any other, and for more than one."""
    found = Entry("", {"role": [role]}, None).codes
    ours = {code for code in found if code.startswith(f"{ROLE_SYSTEM}|")}
    return _INFORMAL.get(next(iter(ours))) if len(ours) == 1 else None


def given_more(now: Resource, before: Resource | None, base: str) -> frozenset[str]:
    """Whom a write may open more to than membership does: whom a Consent of ours names, or did (a mandate, a grant, a
    setting, an exclusion that ends), and who coordinates from now on, by a CareTeam. As references.
    """
    then = before or {}
    if now["resourceType"] == "CareTeam":
        return frozenset({*_coordinating(now, base)} - {*_coordinating(then, base)})
    elements = (
        each
        for version in (now, then)
        if consent_kinds(version)
        for path in NAMED_IN["Consent"]
        for each in values(version, path)
    )
    return frozenset(key for each in elements if (key := actor_key(each, base)))


def _coordinating(team: Resource, base: str) -> Iterator[str]:
    entries = [Entry("", each, None) for each in team.get("participant", ())]
    for each in entries:
        key = actor_key(each.value.get("member") or {}, base)
        if key is not None and each.coordinates and each.state == "agreed":
            yield key
