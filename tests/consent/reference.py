"""The access law read naively: one category at a time, straight from FHIR, without masks, indexes or
stretches.

It shares nothing with the package but the data of the matrix, so that agreeing with it means something.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

Body = Mapping[str, Any]
Named = tuple[str | None, str | None]
Related = tuple[list[str], bool, set[str] | None]
Token = tuple[str | None, str | None, str]

BASE = "https://dzop.example/fhir"
WIDTH = {"n/a": 0, "none": 0, "propose": 1, "own": 1, "all": 2}
LEVELS = ("none", "own", "all")
ACTIONS = {"access": ["read"], "collect": ["create"], "correct": ["update", "delete"], "disclose": ["share"]}
UNTOUCHED = {"sensitive", "carer-burden", "consent", "access-log"}
DECIDED_BY_AGE = {"consent", "care-team"}
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
    token: Token,
    instant: datetime,
    action: str,
    category: str,
) -> str:
    """`all`, `own`, `authored`, `shared` or `none`: how far a token reaches in one category."""
    individual, organisation, role = token
    world = list(resources)
    where = None if role in ("person", "related-person") else organisation
    relations = (
        []
        if _excluded(world, role, individual, where, instant)
        else _relations(person, world, token, instant, action)
    )
    closed = None if action == "read" else _closed(world, instant)
    if category == "carer-burden":
        return "none" if closed else _burden(world, token, relations, instant, action)
    if not relations or closed == "death" or (closed == "plan" and category != "consent"):
        return "none"
    roles = {name for names, _, _ in relations for name in names}
    setting = (
        None if role == "person" else _setting(world, (individual, where), roles, instant, action, category)
    )
    free = [_width(category, r, action, setting) for r in relations if not r[1]]
    waiting = [_width(category, r, action, setting) for r in relations if r[1]]
    sharing = not waiting or _shared(world, instant)
    widest = max(free + waiting if sharing else free, default=0)
    if widest > 0:
        return LEVELS[widest]
    if not sharing:
        return "authored" if max(waiting) > 0 and action != "create" else "none"
    singly = action == "read" and _singly(world, (individual, where), relations, instant, category, roles)
    return "shared" if singly else "none"


def _width(category: str, relation: Related, action: str, setting: str | None) -> int:
    names, _, classes = relation
    if setting == "deny" or (action != "read" and "below the age" in names and category in DECIDED_BY_AGE):
        return 0
    in_emergency, single = "in an emergency" in names, "single" in names
    names = [name for name in names if name not in ("in an emergency", "below the age", "single")]
    column = "read_ceiling" if setting == "permit" and action == "read" and not in_emergency else action
    if single or (in_emergency and category == "sensitive"):
        return 0
    if classes is not None and category not in classes:
        return 0
    if not names or (classes is not None and category == "sensitive"):
        return 2
    return min(WIDTH[CELLS[category, role][column]] for role in names)


def _singly(
    world: list[Body],
    actor: Named,
    relations: list[Related],
    instant: datetime,
    category: str,
    roles: set[str],
) -> bool:
    """Whether an entry of this category that was opened to the actor by itself is open."""
    if category in UNTOUCHED:
        return False
    opened = []
    for consent in [*_consents(world, "settings"), *_consents(world, "grant")]:
        root = consent["provision"]
        for line in [root, *root.get("provision", [])]:
            if "data" in line and line["type"] == "permit" and _now(root, instant) and _now(line, instant):
                opened += [_closeness([named], actor, set()) for named in line.get("actor", [])]
    ranks = [rank for rank in opened if rank is not None]
    if not ranks:
        return False
    denied = _rank(world, actor, roles, instant, "read", category, deny_only=True)
    decisive = _rank(world, actor, roles, instant, "read", category)
    if denied is not None and denied == decisive and denied > (min(ranks), 1, 0):
        return False
    for names, _, classes in relations:
        cells = [CELLS[category, name] for name in names if (category, name) in CELLS]
        may = all(WIDTH[cell["read_ceiling"]] > 0 for cell in cells)
        if may and "in an emergency" not in names and (classes is None or category in classes):
            return True
    return False


def _closed(world: list[Body], instant: datetime) -> str | None:
    today = _today(instant)
    for body in world:
        if body["resourceType"] == "Patient":
            died = body.get("deceasedDateTime")
            if body.get("deceasedBoolean") or (died and date.fromisoformat(died) <= today):
                return "death"
    plans = [body for body in world if body["resourceType"] == "CarePlan" and "partOf" not in body]
    ends = [body.get("period", {}).get("end", "0001") for body in plans if body["status"] == "completed"]
    if not ends or any(body["status"] in ("draft", "active", "on-hold") for body in plans):
        return None
    last = max(ends)
    return "plan" if last == "0001" or date.fromisoformat(last) <= today else None


def _today(instant: datetime) -> date:
    return instant.astimezone(ZoneInfo("Europe/Brussels")).date()


def _burden(
    world: list[Body],
    token: Token,
    relations: list[Related],
    instant: datetime,
    action: str,
) -> str:
    if token[2] == "related-person" and token[0] in _relatives(world):
        may_write = any(_width("carer-burden", relation, "create", None) for relation in relations)
        return "authored" if action != "create" or may_write else "none"
    if action != "read" or not relations or token[2] not in {*IN_A_TEAM, "case-manager"}:
        return "none"
    if all("in an emergency" in names for names, _, _ in relations):
        return "none"
    for consent in _consents(world, "carer-share"):
        carers = {named[0] for named in map(whom, consent["performer"]) if named is not None}
        if carers & _relatives(world) and _now(consent["provision"], instant):
            for party in _named(consent["provision"]):
                if (party[0] or "").startswith("Practitioner/") and _fits(party, token[:2]):
                    return "shared"
    return "none"


def _relatives(world: list[Body]) -> set[str | None]:
    return {f"RelatedPerson/{body['id']}" for body in world if body["resourceType"] == "RelatedPerson"}


def _named(provision: Body) -> list[Named]:
    return [party for actor in provision.get("actor", []) if (party := whom(actor["reference"])) is not None]


def _relations(person: str, world: list[Body], token: Token, instant: datetime, action: str) -> list[Related]:
    """The roles of each relation in force, whether it waits for the sharing consent, and its classes if
    bounded.
    """
    young = ["below the age"] if _is_below(world, instant, 16) else []
    is_person = token[2] == "person" and token[0] == person
    found: list[Related] = [(["person", *young], False, None)] if is_person else []
    for team in world:
        if team["resourceType"] != "CareTeam" or team["status"] != "active" or not _now(team, instant):
            continue
        for entry in team["participant"]:
            agreed = [
                e["valueCode"] for e in entry.get("extension", []) if e["url"].endswith("/member-agreement")
            ]
            if agreed == ["agreed"] and _now(entry, instant):
                found += [(names, waits, None) for names, waits in _member(person, world, entry, token)]
    found = [([*names, *(young if is_person else [])], waits, classes) for names, waits, classes in found]
    for kind in ("mandate", "therapeutic-relation", "case-management", "grant", "break-glass"):
        for consent in _consents(world, kind):
            if kind in ("grant", "break-glass") and action != "read":
                continue
            if kind == "break-glass" and not _in_the_hour(consent["provision"].get("period", {}), instant):
                continue
            if kind == "break-glass" or _now(consent["provision"], instant):
                for party in _named(consent["provision"]):
                    found += _by_consent(world, kind, consent, party, token, instant)
    return found


def _by_consent(
    world: list[Body],
    kind: str,
    consent: Body,
    party: Named,
    token: Token,
    instant: datetime,
) -> list[Related]:
    *actor, role = token
    relative, ends = party[0] in _relatives(world), "end" in consent["provision"].get("period", {})
    if kind == "mandate":
        own = [whom(performer) for performer in consent.get("performer", [])]
        parent = "parenthood" in [e["valueCode"] for e in consent.get("extension", [])]
        may = relative and role == "related-person" and party[0] == actor[0] and party not in own
        in_force = "sourceReference" in consent and (not parent or _is_minor(world, instant))
        limit = ["below the age"] if parent and not _is_below(world, instant, 16) else []
        return [(["representative", *limit], False, None)] if may and in_force else []
    if role in ("person", "related-person"):
        actor[1] = None
    professional = party[0] is None or party[0].startswith("Practitioner/")
    if not ends or not _fits(party, (actor[0], actor[1])) or not (professional or relative):
        return []
    if kind == "grant" and "data" in consent["provision"]:
        if (role == "related-person") != relative or role in ("person", "population-analyst"):
            return []
        return [(["single"] if role in ("none", "related-person") else ["single", role], True, None)]
    if kind == "grant":
        classes = {coding["code"] for coding in consent["provision"].get("class", [])}
        if not classes or (role == "related-person") != relative or role in ("person", "population-analyst"):
            return []
        return [([] if role in ("none", "related-person") else [role], True, classes)]
    if not professional:
        return []
    if kind == "break-glass":
        may = party[0] and role in ("general-practitioner", "health-professional")
        return [(["in an emergency", role], True, None)] if may else []
    if kind == "case-management":
        return [(["case-manager"], True, None)] if party[0] and role in {*IN_A_TEAM, "case-manager"} else []
    if party[0] and "gmd" in [e["valueCode"] for e in consent.get("extension", [])]:
        is_physician = role in ("general-practitioner", "health-professional")
        return [(["general-practitioner"], True, None)] if is_physician else []
    allowed = IN_A_TEAM | ({"system-client"} if party[0] is None else set())
    return [([role], True, None)] if role in allowed else []


def _is_minor(world: list[Body], instant: datetime) -> bool:
    return _is_below(world, instant, 18)


def _is_below(world: list[Body], instant: datetime, years: int) -> bool:
    for body in world:
        if body["resourceType"] == "Patient" and "birthDate" in body:
            born = date.fromisoformat(body["birthDate"])
            return _today(instant) < born.replace(year=born.year + years)
    return False


def _in_the_hour(period: Body, instant: datetime) -> bool:
    if "start" not in period or "end" not in period:
        return False
    start, end = datetime.fromisoformat(period["start"]), datetime.fromisoformat(period["end"])
    return start <= instant < min(end, start + timedelta(hours=1))


def _member(person: str, world: list[Body], entry: Body, token: Token) -> list[tuple[list[str], bool]]:
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
    best = _rank(world, actor, roles, instant, action, category)
    return None if best is None else ("permit", "deny")[best[2]]


def _rank(
    world: list[Body],
    actor: Named,
    roles: set[str],
    instant: datetime,
    action: str,
    category: str,
    *,
    deny_only: bool = False,
) -> tuple[int, int, int] | None:
    """Actor, class and deny of the provision that decides."""
    best: tuple[int, int, int] | None = None
    for consent in _consents(world, "settings"):
        for provision in consent["provision"]["provision"]:
            if "data" in provision or (deny_only and provision["type"] == "permit"):
                continue
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
    return best


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
    today = _today(instant)
    started = "start" not in period or date.fromisoformat(period["start"]) <= today
    return started and ("end" not in period or today <= date.fromisoformat(period["end"]))
