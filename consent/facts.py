"""The facts about one person that the access law reads, taken from FHIR resources.

https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from consent import relations
from consent.parties import Party
from consent.periods import Period, read_period
from consent.relations import Known, Relation, codings
from consent.settings import Provision, read_settings

__all__ = [
    "CarerShare",
    "Exclusion",
    "Facts",
    "Party",
    "Period",
    "Relation",
    "Share",
    "Sharing",
    "read_facts",
]

KIND_SYSTEM = "https://dzop.example/fhir/CodeSystem/consent-kind"

Resolve = Callable[[Mapping[str, Any]], Party | None]

_RELATIONS = {
    "mandate": relations.mandates,
    "therapeutic-relation": relations.therapeutic_relations,
    "case-management": relations.case_management,
    "grant": relations.grants,
}


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

    `data` is the FHIR Reference as written; with `dependents`, what depends on it is meant too.
    """

    party: Party
    data: Mapping[str, Any]
    dependents: bool
    period: Period
    rule: str


@dataclass(frozen=True)
class Facts:
    """All that the law knows of one person: `person` is `Patient/<id>`, `related_persons` are
    `RelatedPerson/<id>`.

    `shares` are for the store; the law itself does not read them.
    """

    person: str
    related_persons: frozenset[str] = frozenset()
    relations: tuple[Relation, ...] = ()
    sharing: tuple[Sharing, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    settings: tuple[Provision, ...] = ()
    carer_shares: tuple[CarerShare, ...] = ()
    shares: tuple[Share, ...] = ()

    def shared(self, instant: datetime) -> bool:
        """Whether the person's sharing consent is in force: one permits, and none refuses."""
        covering = [sharing.permit for sharing in self.sharing if sharing.period.covers(instant)]
        return bool(covering) and all(covering)

    def parties(self) -> Iterator[Party]:
        """Everyone the law may find by name in these facts."""
        yield from (relation.party for relation in self.relations)
        yield from (exclusion.party for exclusion in self.exclusions)
        yield from (share.party for share in self.carer_shares)
        for provision in self.settings:
            yield from (actor for actor in provision.actors or () if isinstance(actor, Party))

    def periods(self) -> Iterator[Period]:
        """Every stretch of time the law may find in these facts."""
        yield from (relation.period for relation in self.relations)
        yield from (sharing.period for sharing in self.sharing)
        yield from (exclusion.period for exclusion in self.exclusions)
        yield from (provision.period for provision in self.settings)
        yield from (share.period for share in self.carer_shares)

    def about(self, individual: str | None, organisation: str | None) -> Facts:
        """These facts without those that cannot concern this individual at this organisation, whatever the
        role.
        """
        return replace(
            self,
            relations=tuple(r for r in self.relations if r.party.includes(individual, organisation)),
            exclusions=tuple(e for e in self.exclusions if e.party.includes(individual, organisation)),
            settings=tuple(s for s in self.settings if s.may_concern(individual, organisation)),
            carer_shares=tuple(c for c in self.carer_shares if c.party.includes(individual, organisation)),
        )


def read_facts(person: str, resources: Iterable[Mapping[str, Any]], resolve: Resolve) -> Facts:
    """The facts in a person's current Patient, RelatedPerson, CareTeam and Consent resources, in any order.

    `resolve` tells whom a FHIR Reference means, or None where that cannot be known: who is named by display
    only has no relation. Only an active team and an active Consent of one of our kinds count. The resources
    are valid FHIR and this person's own.
    """
    by_type: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for resource in sorted(resources, key=itemgetter("id")):
        by_type[resource["resourceType"]].append(resource)
    related_persons = frozenset(f"RelatedPerson/{resource['id']}" for resource in by_type["RelatedPerson"])
    patient = next(iter(by_type["Patient"]), {})
    known = Known(person, related_persons, relations.childhood(patient), resolve)
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
        tuple(found for consent in kinds["settings"] for found in read_settings(consent, resolve)),
        tuple(found for consent in kinds["carer-share"] for found in _carer_shares(consent, known)),
        tuple(
            found
            for kind in ("grant", "settings")
            for consent in kinds[kind]
            for found in _shares(consent, known)
        ),
    )


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
    for party in known.actors(provision):
        named = party if party.individual is None else Party(party.individual, None)
        yield Exclusion(named, read_period(provision.get("period")), f"exclusion:Consent/{consent['id']}")


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
            for data in provision.get("data") or []:
                dependents = data.get("meaning") == "dependents"
                for party in known.actors(provision):
                    yield Share(
                        party, data["reference"], dependents, period, f"share:Consent/{consent['id']}"
                    )
