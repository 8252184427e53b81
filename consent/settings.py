"""The person's settings: FHIR Consent provisions as one list, and which of them decides (step 7 of the access
law).

https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from consent.categories import ALL, UNTOUCHED, mask, named
from consent.matrix import ACTIONS
from consent.parties import Party
from consent.periods import Period, read_period
from consent.professions import ROLE_SYSTEM

__all__ = ["Provision", "Verdict", "read_settings", "verdicts"]

_ACTIONS = {
    "access": {"read"},
    "collect": {"create"},
    "correct": {"update", "delete"},
    "disclose": {"share"},
}

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

    def may_concern(self, individual: str | None, organisation: str | None) -> bool:
        """Whether it could name this actor, in some role."""
        return self.actors is None or any(
            isinstance(actor, str) or actor.includes(individual, organisation) for actor in self.actors
        )


class Verdict(NamedTuple):
    """A provision that decides, and the categories for which no other outranks it."""

    provision: Provision
    categories: int


def verdicts(
    settings: Iterable[Provision],
    individual: str | None,
    organisation: str | None,
    roles: frozenset[str],
    instant: datetime,
    action: str,
) -> list[Verdict]:
    """Who decides what: each category at most once, by the highest-ranked matching provision, among equals a
    deny.
    """
    matching = []
    for provision in settings:
        if action in provision.actions and provision.period.covers(instant):
            rank = provision.rank(individual, organisation, roles)
            if rank is not None:
                matching.append((4 * rank + 2 * provision.named + (not provision.permit), provision))
    matching.sort(key=itemgetter(0), reverse=True)
    undecided, decided = ALL, []
    for _, provision in matching:
        if categories := provision.classes & undecided:
            decided.append(Verdict(provision, categories))
            undecided &= ~categories
    return decided


def read_settings(
    consent: Mapping[str, Any], resolve: Callable[[Mapping[str, Any]], Party | None]
) -> Iterator[Provision]:
    """The provisions of one active Consent of kind `settings`, numbered from 1; a root that denies is number
    0.

    What a deny says in words we do not know, it says of everything; what a permit says so, of nothing. A
    provision with `data` shares single resources and is no setting; one for another purpose than care does
    not concern us.
    """
    root = consent.get("provision") or {}
    bounds = read_period(root.get("period"))
    nested = list(enumerate(root.get("provision") or [], start=1))
    for number, provision in [(0, root)] * (root.get("type") == "deny") + nested:
        if "data" not in provision and _is_about_care(provision):
            yield _read(provision, bounds, f"setting:Consent/{consent['id']}#{number}", resolve)


def _read(
    provision: Mapping[str, Any],
    bounds: Period,
    rule: str,
    resolve: Callable[[Mapping[str, Any]], Party | None],
) -> Provision:
    permit = provision.get("type") == "permit"
    classes, is_named = _classes(provision.get("class") or [], permit)
    return Provision(
        permit,
        _actors(provision.get("actor") or [], resolve),
        classes,
        is_named,
        _actions(provision.get("action") or [], permit),
        read_period(provision.get("period")).within(bounds),
        rule,
    )


def _actors(
    actors: Iterable[Mapping[str, Any]], resolve: Callable[[Mapping[str, Any]], Party | None]
) -> tuple[Party | str, ...] | None:
    """Nobody, not everyone, for actors of whom none can be resolved."""
    named = [actor.get("reference") or {} for actor in actors]
    if not named:
        return None
    read = [_role(reference) or resolve(reference) for reference in named]
    return tuple(actor for actor in read if actor is not None)


def _role(reference: Mapping[str, Any]) -> str | None:
    identifier = reference.get("identifier") or {}
    return identifier.get("value") if identifier.get("system") == ROLE_SYSTEM else None


def _classes(codings: list[Mapping[str, Any]], permit: bool) -> tuple[int, bool]:
    known = named(codings)
    if not codings or (len(known) < len(codings) and not permit):
        return ALL & ~UNTOUCHED | mask(known), bool(known)
    return mask(known), True


def _actions(concepts: list[Mapping[str, Any]], permit: bool) -> frozenset[str]:
    codes = [coding.get("code") for concept in concepts for coding in concept.get("coding") or [{}]]
    known = [_ACTIONS[code] for code in codes if code in _ACTIONS]
    if not concepts or (len(known) < len(codes) and not permit):
        return frozenset(ACTIONS)
    return frozenset().union(*known)


def _is_about_care(provision: Mapping[str, Any]) -> bool:
    purposes = provision.get("purpose") or []
    if any(purpose.get("code") in _CARE for purpose in purposes) or not purposes:
        return True
    return provision.get("type") != "permit" and any(p.get("system") != _PURPOSE_SYSTEM for p in purposes)
