"""The access law read naively: one category at a time, straight from FHIR, without masks, indexes or
stretches.

It shares nothing with the package but the data of the matrix, so that agreeing with it means something.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

Body = Mapping[str, Any]
Named = tuple[str | None, str | None]
Related = tuple[list[str], bool, set[str] | None]

BASE = "https://dzop.example/fhir"
WIDTH = {"n/a": 0, "none": 0, "propose": 1, "own": 1, "all": 2}
LEVELS = ("none", "own", "all")
ACTIONS = {"access": ["read"], "collect": ["create"], "correct": ["update", "delete"], "disclose": ["share"]}
UNTOUCHED = {"sensitive", "carer-burden", "consent", "access-log"}
IN_A_TEAM = {"general-practitioner", "health-professional", "welfare-professional", "hospital-sender"}

CELLS = {
    (line["category"], line["role"]): line
    for line in csv.DictReader(files("consent").joinpath("matrix.csv").read_text().splitlines())
}


def whom(reference: Body) -> Named | None:
    """A reference of the generated worlds; `PractitionerRole/a-o` is a at organisation o."""
    match reference.get("reference", "").split("/"):
        case ["PractitionerRole", capacity]:
            individual, organisation = capacity.split("-")
            return f"Practitioner/{individual}", f"Organization/{organisation}"
        case ["Organization", key]:
            return None, f"Organization/{key}"
        case [type_, key]:
            return f"{type_}/{key}", None
        case _:
            return None


def level(
    person: str,
    resources: Iterable[Body],
    token: tuple[str | None, str | None, str],
    instant: datetime,
    action: str,
    category: str,
) -> str:
    """`all`, `own`, `authored` or `none`: how far a token reaches in one category."""
    individual, organisation, role = token
    world = list(resources)
    where = None if role in ("person", "related-person") else organisation
    relations = (
        []
        if _excluded(world, role, individual, where, instant)
        else _relations(person, world, token, instant)
    )
    if category == "carer-burden":
        return _burden(world, token, relations, instant, action)
    if not relations:
        return "none"
    roles = {name for names, _, _ in relations for name in names}
    setting = (
        None if role == "person" else _setting(world, (individual, where), roles, instant, action, category)
    )
    if setting == "deny":
        return "none"
    column = "read_ceiling" if setting == "permit" and action == "read" else action
    free = [_width(category, relation, column) for relation in relations if not relation[1]]
    waiting = [_width(category, relation, column) for relation in relations if relation[1]]
    if not waiting or _shared(world, instant):
        return LEVELS[max(free + waiting)]
    if max(free, default=0) > 0:
        return LEVELS[max(free)]
    return "authored" if max(waiting) > 0 and action != "create" else "none"


def _width(category: str, relation: Related, column: str) -> int:
    names, _, classes = relation
    if classes is not None and category not in classes:
        return 0
    if not names or (classes is not None and category == "sensitive"):
        return 2
    return min(WIDTH[CELLS[category, role][column]] for role in names)


def _burden(
    world: list[Body],
    token: tuple[str | None, str | None, str],
    relations: list[Related],
    instant: datetime,
    action: str,
) -> str:
    if token[2] == "related-person" and token[0] in _relatives(world):
        may_write = any(_width("carer-burden", relation, "create") for relation in relations)
        return "authored" if action != "create" or may_write else "none"
    if action != "read" or not relations or token[2] not in {*IN_A_TEAM, "case-manager"}:
        return "none"
    for consent in _consents(world, "carer-share"):
        carers = {named[0] for named in map(whom, consent["performer"]) if named is not None}
        if carers & _relatives(world) and _now(consent["provision"], instant):
            for party in _named(consent["provision"]):
                if (party[0] or "").startswith("Practitioner/") and _fits(party, token[:2]):
                    return "own"
    return "none"


def _relatives(world: list[Body]) -> set[str | None]:
    return {f"RelatedPerson/{body['id']}" for body in world if body["resourceType"] == "RelatedPerson"}


def _named(provision: Body) -> list[Named]:
    return [party for actor in provision.get("actor", []) if (party := whom(actor["reference"])) is not None]


def _relations(
    person: str, world: list[Body], token: tuple[str | None, str | None, str], instant: datetime
) -> list[Related]:
    """The roles of each relation in force, whether it waits for the sharing consent, and its classes if
    bounded.
    """
    found: list[Related] = [(["person"], False, None)] if token[2] == "person" and token[0] == person else []
    for team in world:
        if team["resourceType"] != "CareTeam" or team["status"] != "active" or not _now(team, instant):
            continue
        for entry in team["participant"]:
            agreed = [
                e["valueCode"] for e in entry.get("extension", []) if e["url"].endswith("/member-agreement")
            ]
            if agreed == ["agreed"] and _now(entry, instant):
                found += [(names, waits, None) for names, waits in _member(person, world, entry, token)]
    for kind in ("mandate", "therapeutic-relation", "case-management", "grant"):
        for consent in _consents(world, kind):
            if _now(consent["provision"], instant):
                for party in _named(consent["provision"]):
                    found += _by_consent(world, kind, consent, party, token, instant)
    return found


def _by_consent(
    world: list[Body],
    kind: str,
    consent: Body,
    party: Named,
    token: tuple[str | None, str | None, str],
    instant: datetime,
) -> list[Related]:
    *actor, role = token
    relative, ends = party[0] in _relatives(world), "end" in consent["provision"].get("period", {})
    if kind == "mandate":
        own = [whom(performer) for performer in consent.get("performer", [])]
        parent = "parenthood" in [e["valueCode"] for e in consent.get("extension", [])]
        may = relative and role == "related-person" and party[0] == actor[0] and party not in own
        in_force = "sourceReference" in consent and (not parent or _is_minor(world, instant))
        return [(["representative"], False, None)] if may and in_force else []
    if role in ("person", "related-person"):
        actor[1] = None
    professional = party[0] is None or party[0].startswith("Practitioner/")
    if not ends or not _fits(party, (actor[0], actor[1])) or not (professional or relative):
        return []
    if kind == "grant":
        classes = {coding["code"] for coding in consent["provision"].get("class", [])}
        if not classes or (role == "related-person") != relative or role in ("person", "population-analyst"):
            return []
        return [([] if role in ("none", "related-person") else [role], True, classes)]
    if not professional:
        return []
    if kind == "case-management":
        return [(["case-manager"], True, None)] if party[0] and role in {*IN_A_TEAM, "case-manager"} else []
    if party[0] and "gmd" in [e["valueCode"] for e in consent.get("extension", [])]:
        is_physician = role in ("general-practitioner", "health-professional")
        return [(["general-practitioner"], True, None)] if is_physician else []
    allowed = IN_A_TEAM | ({"system-client"} if party[0] is None else set())
    return [([role], True, None)] if role in allowed else []


def _is_minor(world: list[Body], instant: datetime) -> bool:
    births = [date.fromisoformat(body["birthDate"]) for body in world if body["resourceType"] == "Patient"]
    today = instant.astimezone(ZoneInfo("Europe/Brussels")).date()
    return bool(births) and today < births[0].replace(year=births[0].year + 18)


def _member(
    person: str, world: list[Body], entry: Body, token: tuple[str | None, str | None, str]
) -> list[tuple[list[str], bool]]:
    individual, organisation, role = token
    member = whom(entry["member"])
    codes = {c["code"] for concept in entry.get("role", []) for c in concept["coding"]}
    coordinates = [(["care-coordinator"], role != "person")] if "care-coordinator" in codes else []
    base = codes - {"care-coordinator"}
    if member is None:
        return []
    if role == "person":
        return coordinates if member == (individual, None) and individual == person else []
    if role == "related-person":
        own = any(
            b["resourceType"] == "RelatedPerson" and f"RelatedPerson/{b['id']}" == individual for b in world
        )
        informal = "informal-carer" if "informal-carer" in base else "informal-network"
        return [([informal], True), *coordinates] if own and member == (individual, None) else []
    if member[0] is not None and not member[0].startswith("Practitioner/"):
        return []
    if member[0] is None:
        coordinates = []
    allowed = IN_A_TEAM | ({"system-client"} if member[0] is None else set())
    if not _fits(member, (individual, organisation)) or not base <= allowed or role not in allowed:
        return []
    return [([*base, role], True), *coordinates]


def _fits(named: Named, actor: Named) -> bool:
    return all(name is None or name == own for name, own in zip(named, actor, strict=True))


def _consents(world: list[Body], kind: str) -> list[Body]:
    return [
        body
        for body in world
        if body["resourceType"] == "Consent"
        and body["status"] == "active"
        and any(coding["code"] == kind for concept in body["category"] for coding in concept["coding"])
    ]


def _shared(world: list[Body], instant: datetime) -> bool:
    types = [c["provision"]["type"] for c in _consents(world, "sharing") if _now(c["provision"], instant)]
    return "permit" in types and "deny" not in types


def _excluded(
    world: list[Body], role: str, individual: str | None, organisation: str | None, instant: datetime
) -> bool:
    named = [
        whom(actor["reference"])
        for consent in _consents(world, "exclusion")
        if _now(consent["provision"], instant)
        for actor in consent["provision"]["actor"]
    ]
    people = {party[0] for party in named if party is not None and party[0] is not None}
    places = {party[1] for party in named if party is not None and party[0] is None}
    return role != "person" and (individual in people or organisation in places)


def _setting(
    world: list[Body], actor: Named, roles: set[str], instant: datetime, action: str, category: str
) -> str | None:
    best: tuple[int, int, int] | None = None
    for consent in _consents(world, "settings"):
        for provision in consent["provision"]["provision"]:
            classes = [coding["code"] for coding in provision.get("class", [])]
            actions = [
                a
                for concept in provision.get("action", [])
                for c in concept["coding"]
                for a in ACTIONS[c["code"]]
            ]
            closeness = _closeness(provision.get("actor", []), actor, roles)
            touches = category in classes if classes else category not in UNTOUCHED
            if (
                closeness is not None
                and touches
                and (not actions or action in actions)
                and _now(provision, instant)
            ):
                rank = closeness, int(bool(classes)), int(provision["type"] == "deny")
                best = rank if best is None else max(best, rank)
    return None if best is None else ("permit", "deny")[best[2]]


def _closeness(actors: list[Body], actor: Named, roles: set[str]) -> int | None:
    if not actors:
        return 0
    found = []
    for named in actors:
        reference = named["reference"]
        if "identifier" in reference:
            found += [1] if reference["identifier"]["value"] in roles else []
        elif (party := whom(reference)) is not None and _fits(party, actor):
            found.append(2 if party[0] is None else 3)
    return max(found, default=None)


def _now(element: Body, instant: datetime) -> bool:
    """Whether the day in Brussels lies in the element's period of whole days."""
    period = element.get("period", {})
    today = instant.astimezone(ZoneInfo("Europe/Brussels")).date()
    started = "start" not in period or date.fromisoformat(period["start"]) <= today
    return started and ("end" not in period or today <= date.fromisoformat(period["end"]))
