"""The facts about one person that the access law reads, taken from FHIR resources.

https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, TypeVar

from consent import relations
from consent.decisions import DECISIONS
from consent.parties import Meant, Party
from consent.periods import Period, read_period
from consent.relations import Known, Relation, TeamEntry, codings
from consent.settings import Provision, read_settings

__all__ = [
    "COMPLETION",
    "CarerShare",
    "Closing",
    "Exclusion",
    "Facts",
    "Party",
    "Period",
    "Relation",
    "Share",
    "Sharing",
    "read_facts",
]

COMPLETION = "closing:plan:"
"""How the rule begins by which the umbrella plan that is named after it has ended writing."""

KIND_SYSTEM = "https://dzop.example/fhir/CodeSystem/consent-kind"

Resolve = Callable[[Mapping[str, Any]], Party | None]

_RELATIONS = {
    "mandate": relations.mandates,
    "therapeutic-relation": relations.therapeutic_relations,
    "case-management": relations.case_management,
    "grant": relations.grants,
    "break-glass": relations.broken_glass,
}


_GOING_ON = frozenset({"draft", "active", "on-hold"})
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sharing:
    """The person's sharing consent, or refusal of it (step 4 of the access law)."""

    permit: bool
    period: Period


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A professional, organisation or related person whom the person keeps out (step 5 of the access law)."""

    party: Party
    period: Period
    rule: str


@dataclass(frozen=True, slots=True)
class CarerShare:
    """A professional to whom `carer` opened the entries about the own burden (step 2 of the access law)."""

    carer: str
    party: Party
    period: Period
    rule: str


@dataclass(frozen=True, slots=True)
class Share:
    """One resource the person opened to someone; the store keeps it as audience of kind `shared`.

    `data` is the FHIR Reference as written. What refers to the resource is not opened with it.
    """

    party: Party
    data: Mapping[str, Any]
    period: Period
    rule: str


@dataclass(frozen=True, slots=True)
class Closing:
    """From `start` on nothing is written any more: the person died, or the plan is completed. None is always."""

    start: datetime | None
    rule: str


class Index:
    """The facts by whom they name. Settings are found by place in the list, under None those that name everyone or
    a role.
    """

    def __init__(self, facts: Facts) -> None:
        self.relations = _by_party(facts.relations)
        self.exclusions = _by_party(facts.exclusions)
        self.carer_shares = _by_party(facts.carer_shares)
        self.shares = _by_party(facts.shares)
        self.claims: dict[Hashable, Any] = {}  # kept by `consent.standing` while these facts are
        self.settings: defaultdict[Party | None, list[int]] = defaultdict(list)
        for place, provision in enumerate(facts.settings):
            actors = (None,) if provision.actors is None else provision.actors
            for party in {actor if isinstance(actor, Party) else None for actor in actors}:
                self.settings[party].append(place)
        self.names_roles = any(
            isinstance(actor, str) for each in facts.settings for actor in each.actors or ()
        )


_Named = TypeVar("_Named", Relation, Exclusion, CarerShare, Share)


def _by_party(facts: Iterable[_Named]) -> Mapping[Party, list[_Named]]:
    found: defaultdict[Party, list[_Named]] = defaultdict(list)
    for fact in facts:
        found[fact.party].append(fact)
    return found


@dataclass(frozen=True)
class Facts:
    """All that the law knows of one person: `person` is `Patient/<id>`, `related_persons` are
    `RelatedPerson/<id>`.

    `decides_from` is when a young person decides for himself; None for who always did. `entries` are those of the
    teams, also those that give no access.
    """

    person: str
    related_persons: frozenset[str] = frozenset()
    relations: tuple[Relation, ...] = ()
    sharing: tuple[Sharing, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    settings: tuple[Provision, ...] = ()
    carer_shares: tuple[CarerShare, ...] = ()
    shares: tuple[Share, ...] = ()
    closings: tuple[Closing, ...] = ()
    decides_from: datetime | None = None
    entries: tuple[TeamEntry, ...] = ()

    def shared(self, instant: datetime) -> bool:
        """Whether the person's sharing consent is in force: one permits, and none refuses."""
        covering = [sharing.permit for sharing in self.sharing if sharing.period.covers(instant)]
        return bool(covering) and all(covering)

    def closed(self, instant: datetime) -> str | None:
        """The rule by which all writing has ended; None while the plan is open."""
        return next(
            (each.rule for each in self.closings if each.start is None or each.start <= instant), None
        )

    def decides(self, instant: datetime) -> bool:
        """Whether the person is of the age to decide on sharing and on the team."""
        return self.decides_from is None or self.decides_from <= instant

    @cached_property
    def index(self) -> Index:
        """These facts by whom they name."""
        return Index(self)

    def parties(self) -> Iterator[Party]:
        """Everyone the law may find by name in these facts."""
        for facts in (self.relations, self.exclusions, self.carer_shares, self.shares):
            yield from (fact.party for fact in facts)
        for provision in self.settings:
            yield from (actor for actor in provision.actors or () if isinstance(actor, Party))


def read_facts(
    person: str,
    resources: Iterable[Mapping[str, Any]],
    resolve: Resolve,
    everyone: Meant | None = None,
) -> Facts:
    """The facts in a person's current Patient, RelatedPerson, CareTeam, CarePlan and Consent resources, in any
    order.

    `resolve` tells whom a FHIR Reference means, or None where that cannot be known: who is named by display
    only has no relation. `everyone` tells all whom it may mean, as what keeps out must: every record of one
    professional, and every record with an identifier; as `resolve` where it is not given. Only an active team
    and an active Consent of one of our kinds count. The resources are valid FHIR and this person's own.
    """
    by_type: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for resource in sorted(resources, key=itemgetter("id")):
        by_type[resource["resourceType"]].append(resource)
    related_persons = frozenset(f"RelatedPerson/{resource['id']}" for resource in by_type["RelatedPerson"])
    patient = next(iter(by_type["Patient"]), {})
    one = _one_at_most(resolve)
    everyone = everyone or one
    known = Known(person, related_persons, relations.childhood(patient), resolve, everyone)
    kinds = _by_kind(by_type["Consent"])
    return Facts(
        person,
        related_persons,
        (
            *(member for team in by_type["CareTeam"] for member in relations.memberships(team, known)),
            *(
                found
                for kind, read in _RELATIONS.items()
                for consent in kinds[kind]
                for found in read(consent, known)
            ),
        ),
        tuple(_sharing(consent) for consent in kinds["sharing"]),
        tuple(found for consent in kinds["exclusion"] for found in _exclusions(consent, known)),
        tuple(found for consent in kinds["settings"] for found in read_settings(consent, one, everyone)),
        tuple(found for consent in kinds["carer-share"] for found in _carer_shares(consent, known)),
        tuple(
            found
            for kind in ("grant", "settings")
            for consent in kinds[kind]
            for found in _shares(consent, known)
        ),
        (*_death(patient), *_completion(by_type["CarePlan"])),
        relations.birthday(patient, DECISIONS.age_of_deciding),
        tuple(entry for team in by_type["CareTeam"] for entry in relations.team_entries(team, known)),
    )


def _one_at_most(resolve: Resolve) -> Meant:
    def meant(reference: Mapping[str, Any]) -> tuple[Party, ...]:
        party = resolve(reference)
        return () if party is None else (party,)

    return meant


def _by_kind(consents: Iterable[Mapping[str, Any]]) -> Mapping[str, list[Mapping[str, Any]]]:
    kinds: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for consent in consents:
        if consent.get("status") == "active":
            found = dict.fromkeys(codings(consent.get("category") or []))
            for kind in [code for system, code in found if system == KIND_SYSTEM and code is not None]:
                kinds[kind].append(consent)
    return kinds


def _sharing(consent: Mapping[str, Any]) -> Sharing:
    provision = consent.get("provision") or {}
    return Sharing(provision.get("type") == "permit", read_period(provision.get("period")))


def _exclusions(consent: Mapping[str, Any], known: Known) -> Iterator[Exclusion]:
    """A professional is excluded in every capacity, also when only one of them is named."""
    provision = consent.get("provision") or {}
    period, rule = read_period(provision.get("period")), f"exclusion:Consent/{consent['id']}"
    for actor in provision.get("actor") or []:
        for party in known.everyone(actor.get("reference") or {}):
            yield Exclusion(
                party if party.individual is None else Party(party.individual, None), period, rule
            )


def _carer_shares(consent: Mapping[str, Any], known: Known) -> Iterator[CarerShare]:
    """Only the carer can open the own entries, and only to professionals by name."""
    provision = consent.get("provision") or {}
    if provision.get("type") != "permit":
        return
    for carer in map(known.resolve, consent.get("performer") or []):
        if carer is None or carer.individual is None or known.kind(carer) != "informal":
            continue
        for party in known.actors(provision):
            if known.kind(party) == "professional":
                period = read_period(provision.get("period"))
                yield CarerShare(carer.individual, party, period, f"carer-share:Consent/{consent['id']}")


def _shares(consent: Mapping[str, Any], known: Known) -> Iterator[Share]:
    root = consent.get("provision") or {}
    bounds = read_period(root.get("period"))
    for provision in (root, *(root.get("provision") or [])):
        if provision.get("type") == "permit":
            period = read_period(provision.get("period")).within(bounds)
            opened = [each for each in provision.get("data") or [] if each.get("meaning") == "instance"]
            for data in opened:
                for party in known.actors(provision):
                    yield Share(party, data["reference"], period, f"share:Consent/{consent['id']}")


def _death(patient: Mapping[str, Any]) -> Iterator[Closing]:
    if moment := patient.get("deceasedDateTime"):
        yield Closing(read_period({"start": moment}).start, "closing:death")
    elif patient.get("deceasedBoolean"):
        yield Closing(None, "closing:death")


def _completion(plans: Iterable[Mapping[str, Any]]) -> Iterator[Closing]:
    """The umbrella plan, the one that is part of no other, is completed, and no other such plan goes on."""
    umbrellas = [plan for plan in plans if not plan.get("partOf")]
    completed = [plan for plan in umbrellas if plan.get("status") == "completed"]
    if completed and not any(plan.get("status") in _GOING_ON for plan in umbrellas):
        end, plan_id = max((_first_instant(plan) or _LONG_AGO, plan["id"]) for plan in completed)
        yield Closing(None if end == _LONG_AGO else end, f"{COMPLETION}CarePlan/{plan_id}")


def _first_instant(plan: Mapping[str, Any]) -> datetime | None:
    """When the plan ended; a day counts from its midnight, as that of a death does."""
    return read_period({"start": (plan.get("period") or {}).get("end")}).start
