"""The person's settings: FHIR Consent provisions as one list, and which of them decides (step 7 of the access
law).

https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from consent.categories import ALL, UNTOUCHED, mask, named
from consent.matrix import ACTIONS
from consent.parties import Meant, Party, role_named
from consent.periods import Period, read_period

__all__ = [
    "ACTIONS_OF",
    "Provision",
    "Verdict",
    "decisive",
    "is_about_care",
    "rank",
    "read_settings",
    "verdicts",
]

ACTIONS_OF: Mapping[str, AbstractSet[str]] = {
    "access": {"read"},
    "collect": {"create"},
    "correct": {"update", "delete"},
    "disclose": {"share"},
}
"""The actions a FHIR consent action stands for."""

_PURPOSE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_CARE = {"TREAT", "CAREMGT", "COC"}


@dataclass(frozen=True, slots=True)
class Provision:
    """One line of the settings. `actors` are parties and role codes; None is everyone.

    `classes` are the categories it decides; `named` tells whether it names them or leaves the default.
    """

    permit: bool
    actors: tuple[Party | str, ...] | None
    classes: int
    named: bool
    actions: frozenset[str]
    period: Period
    rule: str

    def rank(self, individual: str | None, organisation: str | None, roles: frozenset[str]) -> int | None:
        """How closely it names this actor: everyone 0, role 1, organisation 2, individual 3; None for not at
        all.
        """
        if self.actors is None:
            return 0
        closest = None
        for actor in self.actors:
            if isinstance(actor, Party):
                rank = actor.closeness(individual, organisation)
            else:
                rank = 1 if actor in roles else None
            if rank is not None and (closest is None or closest < rank):
                closest = rank
        return closest


class Verdict(NamedTuple):
    """A provision that decides, the categories for which no other outranks it, and its rank."""

    provision: Provision
    categories: int
    rank: int


def verdicts(
    settings: Iterable[Provision],
    individual: str | None,
    organisation: str | None,
    roles: frozenset[str],
    instant: datetime,
    action: str,
) -> list[Verdict]:
    """Who decides what at an instant: each category at most once, by the highest-ranked matching provision,
    among equals a deny.
    """
    in_force = [each for each in settings if each.period.covers(instant)]
    return decisive(in_force, individual, organisation, roles, action)


def decisive(
    settings: Iterable[Provision],
    individual: str | None,
    organisation: str | None,
    roles: frozenset[str],
    action: str,
) -> list[Verdict]:
    """The same of provisions that are all in force."""
    matching = []
    for provision in settings:
        if action in provision.actions:
            closeness = provision.rank(individual, organisation, roles)
            if closeness is not None:
                matching.append((rank(closeness, provision.named, deny=not provision.permit), provision))
    matching.sort(key=itemgetter(0), reverse=True)
    undecided, decided = ALL, []
    for place, provision in matching:
        if categories := provision.classes & undecided:
            decided.append(Verdict(provision, categories, place))
            undecided &= ~categories
    return decided


def rank(closeness: int, named: bool, *, deny: bool) -> int:
    """Who is named comes first, then what; among equals a deny."""
    return 4 * closeness + 2 * named + deny


def read_settings(consent: Mapping[str, Any], resolve: Meant, everyone: Meant) -> Iterator[Provision]:
    """The provisions of one active Consent of kind `settings`, numbered from 1; a root that denies is number
    0.

    What a deny says in words we do not know, it says of everything; what a permit says so, of nothing. Likewise
    a permit is for those `resolve` tells, a deny for `everyone` it may mean. A
    provision with `data` shares single resources and is no setting; one for another purpose than care does
    not concern us.
    """
    root = consent.get("provision") or {}
    bounds = read_period(root.get("period"))
    nested = list(enumerate(root.get("provision") or [], start=1))
    for number, provision in [(0, root)] * (root.get("type") == "deny") + nested:
        if "data" not in provision and is_about_care(provision):
            meant = resolve if provision.get("type") == "permit" else everyone
            yield _read(provision, bounds, f"setting:Consent/{consent['id']}#{number}", meant)


def _read(provision: Mapping[str, Any], bounds: Period, rule: str, meant: Meant) -> Provision:
    permit = provision.get("type") == "permit"
    classes, is_named = _classes(provision.get("class") or [], permit)
    return Provision(
        permit,
        _actors(provision.get("actor") or [], meant),
        classes,
        is_named,
        _actions(provision.get("action") or [], permit),
        read_period(provision.get("period")).within(bounds),
        rule,
    )


def _actors(actors: Iterable[Mapping[str, Any]], meant: Meant) -> tuple[Party | str, ...] | None:
    """Nobody, not everyone, for actors of whom none can be resolved."""
    named = [actor.get("reference") or {} for actor in actors]
    if not named:
        return None
    found: list[Party | str] = []
    for reference in named:
        role = role_named(reference)
        found += meant(reference) if role is None else [role]
    return tuple(found)


def _classes(codings: list[Mapping[str, Any]], permit: bool) -> tuple[int, bool]:
    known = named(codings)
    if not codings or (len(known) < len(codings) and not permit):
        return ALL & ~UNTOUCHED | mask(known), bool(known)
    return mask(known), True


def _actions(concepts: list[Mapping[str, Any]], permit: bool) -> frozenset[str]:
    codes = [coding.get("code") for concept in concepts for coding in concept.get("coding") or [{}]]
    known = [ACTIONS_OF[code] for code in codes if code in ACTIONS_OF]
    if not concepts or (len(known) < len(codes) and not permit):
        return frozenset(ACTIONS)
    return frozenset().union(*known)


def is_about_care(provision: Mapping[str, Any]) -> bool:
    """Whether the provision has a purpose that concerns us; one that denies also where nobody can tell."""
    purposes = provision.get("purpose") or []
    if any(purpose.get("code") in _CARE for purpose in purposes) or not purposes:
        return True
    return provision.get("type") != "permit" and any(p.get("system") != _PURPOSE_SYSTEM for p in purposes)
