"""Why an actor may be near a person at all: relations, read from teams and consents (step 3 of the access
law).

https://hl7.org/fhir/R4/careteam.html, https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.categories import ALL, mask, named
from consent.decisions import DECISIONS
from consent.parties import Meant, Party
from consent.periods import Period, read_period
from consent.professions import FUNCTIONS, PROFESSIONS, role_of, roles_of

__all__ = [
    "TOKENS",
    "Known",
    "Relation",
    "TeamEntry",
    "birthday",
    "broken_glass",
    "case_management",
    "childhood",
    "codings",
    "grants",
    "is_unmapped",
    "mandates",
    "memberships",
    "team_entries",
    "therapeutic_relations",
]

AGREEMENT = "https://dzop.example/fhir/StructureDefinition/member-agreement"
GROUND = "https://dzop.example/fhir/StructureDefinition/mandate-ground"
PROOF = "https://dzop.example/fhir/StructureDefinition/proof"

_PROFESSIONALS = frozenset(PROFESSIONS)

TOKENS = {
    "person": frozenset({"person"}),
    "informal": frozenset({"related-person"}),
    "representative": frozenset({"related-person"}),
    "professional": _PROFESSIONALS,
    "organisation": _PROFESSIONALS | {"system-client"},
    "gmd-holder": frozenset({"general-practitioner", "health-professional"}),
    "case-manager": _PROFESSIONALS | {"case-manager"},
    "informal-grant": frozenset({"related-person"}),
    "grant": _PROFESSIONALS | {"system-client", "case-manager", "none"},
    "break-glass": frozenset({"general-practitioner", "health-professional"}),
}
"""Each kind of relation, and the tokens that can have it."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One reason, of a kind in `TOKENS`, for a party to be near the person.

    `roles` are those the relation states. For a professional or organisation a token's role narrows them, and
    stands alone where there are none; for the other kinds they stand as they are. `coordinates` adds the care
    coordinator's row. A personal grant is bounded by `classes`; it has none where it opens single entries.
    `ground` is that of a mandate: parenthood, guardianship, designated, or nothing stated.
    """

    kind: str
    party: Party
    roles: tuple[str, ...]
    period: Period
    rule: str
    coordinates: bool = False
    classes: int = ALL
    ground: str | None = None

    @property
    def is_member(self) -> bool:
        """Whether it is membership of a team."""
        return self.rule.startswith("relation:team:")


@dataclass(frozen=True, slots=True)
class TeamEntry:
    """Somebody whom an active team names as agreed, for a time; in a role that gives access, or in none."""

    party: Party
    period: Period


@dataclass(frozen=True, slots=True)
class Known:
    """What a relation is read against: the person, his or her related persons and childhood, whom a Reference
    means; and everyone it may mean, where that keeps somebody out.
    """

    person: str
    related_persons: frozenset[str]
    childhood: Period | None
    resolve: Callable[[Mapping[str, Any]], Party | None]
    everyone: Meant

    def kind(self, party: Party) -> str | None:
        """person, informal, professional or organisation; None for another person, or somebody else's
        relative.
        """
        if party.individual is None:
            return "organisation"
        if party.individual.split("/")[0] not in ("Patient", "RelatedPerson"):
            return "professional"
        if party.individual == self.person:
            return "person"
        return "informal" if party.individual in self.related_persons else None

    def actors(self, provision: Mapping[str, Any]) -> Iterator[Party]:
        """Whom a provision names, as far as that can be known."""
        for actor in provision.get("actor") or []:
            if (party := self.resolve(actor.get("reference") or {})) is not None:
                yield party


def team_entries(team: Mapping[str, Any], known: Known) -> Iterator[TeamEntry]:
    """One per agreed participant of an active team, whatever the role; the periods of both count."""
    for _, entry in _agreed(team, known):
        yield entry


def memberships(team: Mapping[str, Any], known: Known) -> Iterator[Relation]:
    """The same, for those whom the role gives access."""
    for participant, entry in _agreed(team, known):
        kind = known.kind(entry.party)
        if kind is None or (kind in ("professional", "organisation") and is_unmapped(participant)):
            continue
        roles = _roles(kind, list(codings(participant.get("role") or [])))
        if roles is not None:
            yield Relation(
                kind,
                entry.party,
                tuple(sorted(roles - {"care-coordinator"})),
                entry.period,
                f"relation:team:CareTeam/{team['id']}",
                coordinates="care-coordinator" in roles and kind != "organisation",
            )


def _agreed(team: Mapping[str, Any], known: Known) -> Iterator[tuple[Mapping[str, Any], TeamEntry]]:
    if team.get("status") != "active":
        return
    bounds = read_period(team.get("period"))
    for participant in team.get("participant") or []:
        party = known.resolve(participant.get("member") or {})
        if party is not None and _codes(participant, AGREEMENT) == ["agreed"]:
            yield participant, TeamEntry(party, read_period(participant.get("period")).within(bounds))


def mandates(consent: Mapping[str, Any], known: Known) -> Iterator[Relation]:
    """A related person who represents: with a document, not registered by himself, a parent until the child
    is of age.
    """
    root = _permit(consent)
    grounds = _codes(consent, GROUND)
    ground = "parenthood" if "parenthood" in grounds else next(iter(grounds), None)
    bounds = known.childhood if ground == "parenthood" else Period()
    if root is None or bounds is None or "sourceReference" not in consent:
        return
    period = read_period(root.get("period")).within(bounds)
    registrars = [known.resolve(performer) for performer in consent.get("performer") or []]
    for party in known.actors(root):
        if known.kind(party) == "informal" and party not in registrars:
            rule = f"relation:mandate:Consent/{consent['id']}"
            yield Relation("representative", party, ("representative",), period, rule, ground=ground)


def therapeutic_relations(consent: Mapping[str, Any], known: Known) -> Iterator[Relation]:
    """A declared and proven relation of care, for as long as its proof lasts; the profession's row.

    Who holds the global medical file (GMD) is the general practitioner, whatever code the directory has.
    """
    root = _bounded_permit(consent)
    if root is None:
        return
    holds_file = "gmd" in _codes(consent, PROOF)
    for party in known.actors(root):
        kind = known.kind(party)
        roles: tuple[str, ...] = ()
        if holds_file and kind == "professional":
            kind, roles = "gmd-holder", ("general-practitioner",)
        if kind in ("professional", "organisation", "gmd-holder"):
            rule = f"relation:therapeutic:Consent/{consent['id']}"
            yield Relation(kind, party, roles, read_period(root["period"]), rule)


def case_management(consent: Mapping[str, Any], known: Known) -> Iterator[Relation]:
    """An external case manager, until the mandatory end."""
    root = _bounded_permit(consent)
    if root is None:
        return
    for party in known.actors(root):
        if known.kind(party) == "professional":
            rule = f"relation:case-management:Consent/{consent['id']}"
            yield Relation("case-manager", party, ("case-manager",), read_period(root["period"]), rule)


def grants(consent: Mapping[str, Any], known: Known) -> Iterator[Relation]:
    """A personal grant: reading only, of the classes it names or of the single entries, until its end."""
    root = _bounded_permit(consent)
    if root is None:
        return
    is_single = "data" in root
    classes = 0 if is_single else mask(named(root.get("class") or []))
    for party in known.actors(root):
        kind = known.kind(party)
        if (classes or is_single) and kind not in (None, "person"):
            kind = "informal-grant" if kind == "informal" else "grant"
            rule = f"relation:grant:Consent/{consent['id']}"
            yield Relation(kind, party, (), read_period(root["period"]), rule, classes=classes)


def broken_glass(consent: Mapping[str, Any], known: Known) -> Iterator[Relation]:
    """Who declared an emergency reads for a short time, never longer than the decisions allow."""
    root = _bounded_permit(consent)
    period = read_period((root or {}).get("period"))
    if root is None or period.start is None:
        return
    longest = Period(None, period.start + DECISIONS.break_glass)
    for party in known.actors(root):
        if known.kind(party) == "professional":
            rule = f"relation:break-glass:Consent/{consent['id']}"
            yield Relation("break-glass", party, (), period.within(longest), rule)


def childhood(patient: Mapping[str, Any]) -> Period | None:
    """Until the age of majority; None where the birth date is unknown."""
    end = birthday(patient, DECISIONS.age_of_majority)
    return None if end is None else Period(None, end)


def birthday(patient: Mapping[str, Any], years: int) -> datetime | None:
    """When the person reaches an age, the earliest it can be where the birth date is known in part; None where
    it is unknown.
    """
    born = patient.get("birthDate")
    if born is None:
        return None
    # Who is said to be born at the end of the calendar reaches no age within it.
    year, day = min(int(born[:4]) + years, 9999), born[4:].replace("-02-29", "-02-28")
    return read_period({"start": f"{year:04}{day}"}).start


def is_unmapped(participant: Mapping[str, Any]) -> bool:
    """Whether a role is stated, but in words only or in codes we do not know: a professional gains nothing by it.

    Who has a function in the team and no role is there in the own profession.
    """
    stated = participant.get("role") or []
    codes = list(codings(stated))
    return bool(stated) and role_of(codes) is None and FUNCTIONS.isdisjoint(codes)


def codings(concepts: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str | None, str | None]]:
    """The (system, code) pairs of CodeableConcepts."""
    for concept in concepts:
        for coding in concept.get("coding") or []:
            yield coding.get("system"), coding.get("code")


def _permit(consent: Mapping[str, Any]) -> Mapping[str, Any] | None:
    root: Mapping[str, Any] = consent.get("provision") or {}
    return root if root.get("type") == "permit" else None


def _bounded_permit(consent: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The root provision, if it ends."""
    root = _permit(consent)
    return root if root is not None and "end" in (root.get("period") or {}) else None


def _codes(element: Mapping[str, Any], url: str) -> list[Any]:
    return [e.get("valueCode") for e in element.get("extension") or [] if e.get("url") == url]


def _roles(kind: str, stated_as: list[tuple[str | None, str | None]]) -> frozenset[str] | None:
    """The roles a participation states for a member of this kind; None makes it void.

    A related person without an informal role is informal network. A professional whose stated role is none of
    a professional's, such as case manager, is void rather than taken for something else; so is one whose role
    nobody can tell (`is_unmapped`).
    """
    stated = roles_of(stated_as)
    coordinator = stated & {"care-coordinator"}
    match kind:
        case "person":
            return coordinator
        case "informal":
            informal = "informal-carer" if role_of(stated_as) == "informal-carer" else "informal-network"
            return coordinator | {informal}
        case "organisation":
            return stated if stated <= {*PROFESSIONS, "care-coordinator", "system-client"} else None
        case _:
            return stated if stated <= {*PROFESSIONS, "care-coordinator"} else None
