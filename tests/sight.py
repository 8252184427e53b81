"""What somebody may see of a store by the law itself, asked resource by resource, and the store cut down to it.

Shares with the product the law and nothing of how the store looks it up: no grants, no predicate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from reached import reaches
from stores import Store

from consent.facts import Facts, Party, read_facts
from consent.law import Shape, decide
from consent.matrix import load
from dzop.access.labels import served_meta

MATRIX = load()
Key = tuple[int, str, str]

_AUDIENCE = """select person, type, id, kind from audience
    where actor = any($1) and valid_from <= $2 and valid_until > $2"""
_VERSIONS = """select v.*, c.mask as now_mask, c.version = v.version as is_current
    from resource_current c join resource_version v using (person, type, id)"""
_BODIES = """select v.* from resource_current c
    join resource_version v using (person, type, id, version) where c.person >= 0 and not c.deleted"""


@dataclass(frozen=True)
class Token:
    """What a bearer brings: the shape, and every key by which a resource may name them."""

    shape: Shape
    keys: tuple[str, ...]

    @property
    def fitting(self) -> list[str]:
        """The keys of the shapes that fit: the token's own, it at any organisation, anybody at its own."""
        who, where, role = self.shape.individual, self.shape.organisation, self.shape.role
        return [Shape(*pair, role).key for pair in {(who, where), (who, None), (None, where)} if any(pair)]


@dataclass(frozen=True)
class Sight:
    """The resources and versions somebody sees, the persons and facts by which, and all that is hidden."""

    token: Token
    resources: frozenset[Key]
    versions: frozenset[tuple[int, str, str, int]]
    hidden: frozenset[Key]
    hidden_versions: frozenset[tuple[int, str, str, int]]
    events: frozenset[int]
    hidden_events: frozenset[int]


def _party(element: Mapping[str, Any]) -> Party | None:
    """Whom a literal reference means; `PractitionerRole/a-o` is Practitioner/a at Organization/o."""
    kind, _, key = str(element.get("reference", "")).partition("/")
    if kind == "PractitionerRole":
        who, where = key.split("-")
        return Party(f"Practitioner/{who}", f"Organization/{where}")
    if kind == "Organization":
        return Party(None, f"Organization/{key}")
    return Party(f"{kind}/{key}", None) if key else None


async def token_of(store: Store, actor: str) -> Token:
    """The token of an actor as the directory has them now."""
    kind = actor.partition("/")[0]
    if kind == "Organization":
        return Token(Shape(None, actor, "system-client"), (actor,))
    if kind != "Practitioner":
        return Token(Shape(actor, None, "person" if kind == "Patient" else "related-person"), (actor,))
    for row in await store.direct.fetch(_BODIES + " and c.type = 'PractitionerRole'"):
        body = orjson.loads(row["body"])
        if body["practitioner"]["reference"] == actor:
            place, profession = body["organization"]["reference"], body["code"][0]["coding"][0]["code"]
            return Token(Shape(actor, place, profession), (actor, f"PractitionerRole/{row['id']}", place))
    return Token(Shape(actor, None, "none"), (actor,))


async def facts_of(store: Store) -> dict[int, Facts]:
    """The facts of every person, from the bodies."""
    patients = {row["key"]: row["patient_id"] for row in await store.direct.fetch("select * from person")}
    bodies: dict[int, list[Any]] = {person: [] for person in patients}
    for row in await store.direct.fetch(
        _BODIES + " and c.type in ('Patient', 'RelatedPerson', 'CareTeam', 'Consent')"
    ):
        if row["person"] in bodies:
            bodies[row["person"]].append(
                {**orjson.loads(row["body"]), "id": row["id"], "resourceType": row["type"]}
            )
    return {person: read_facts(f"Patient/{patients[person]}", own, _party) for person, own in bodies.items()}


async def sight(store: Store, actor: str, now: datetime) -> Sight:
    """What this actor sees now, by the law."""
    token, facts = await token_of(store, actor), await facts_of(store)
    ties: dict[Key, set[str]] = {}
    for row in await store.direct.fetch(_AUDIENCE, list(token.keys), now):
        ties.setdefault((row["person"], row["type"], row["id"]), set()).add(row["kind"])

    def permits(person: int, mask: int, kinds: set[str]) -> bool:
        known = facts.get(person)
        return known is not None and decide(token.shape, known, now, "read", mask, kinds, MATRIX).permit

    seen: set[Key] = set()
    everything: set[Key] = set()
    for row in await store.direct.fetch(
        "select person, type, id, mask from resource_current where person <> 0"
    ):
        key = (row["person"], row["type"], row["id"])
        everything.add(key)
        if permits(row["person"], row["mask"], ties.get(key, set())):
            seen.add(key)
    versions, hidden_versions = set(), set()
    for row in await store.direct.fetch(
        "select person, type, id, version, mask from resource_version where person <> 0"
    ):
        key = (row["person"], row["type"], row["id"])
        may = key in seen and permits(row["person"], row["mask"], ties.get(key, set()))
        (versions if may else hidden_versions).add((*key, row["version"]))
    log = await store.direct.fetch("select seq, person, mask from audit")
    events = frozenset(row["seq"] for row in log if permits(row["person"], row["mask"], set()))
    return Sight(
        token, frozenset(seen), frozenset(versions), frozenset(everything - seen), frozenset(hidden_versions),
        events, frozenset(row["seq"] for row in log) - events,
    )  # fmt: skip


async def within(store: Store, sight: Sight, scopes: Sequence[str], patient: str, base: str) -> Sight:
    """The same as far as these scopes reach, to read and to search, with this Patient in context."""
    direct = store.direct
    person = await direct.fetchval("select key from person where patient_id = $1", patient)

    def reached(row: Any) -> bool:
        meta = served_meta(row["version"], row["last_updated"], row["meta"], row["now_mask"])
        about = {"resourceType": row["type"], "id": row["id"], "meta": orjson.loads(meta)}
        value = {**orjson.loads(row["served"] or row["body"]), **about}
        whole = [each for each in scopes if not row["deleted"] or "?" not in each]
        return any(
            reaches(whole, letter, value, base, is_of_patient=row["person"] == person) for letter in "rs"
        )

    everything = await direct.fetch(_VERSIONS)
    current = {_key(row) for row in everything if row["is_current"] and reached(row)}
    versions = frozenset(
        (*_key(row), row["version"]) for row in everything if _key(row) in current and reached(row)
    )
    beyond = frozenset(_key(row) for row in everything) - current
    return replace(
        sight,
        resources=sight.resources & current,
        versions=sight.versions & versions,
        hidden=sight.hidden | beyond,
        hidden_versions=sight.hidden_versions
        | (frozenset((*_key(r), r["version"]) for r in everything) - versions),
    )


def _key(row: Any) -> Key:
    return row["person"], row["type"], row["id"]


async def cut_down(store: Store, sight: Sight, *, keeping_facts: bool = False) -> None:
    """Leaves only what is seen, and of the law only the rows that speak of this token.

    `keeping_facts`: of persons about whom such a row speaks, the facts stay, and of what is seen the others
    whom it concerns, for writes are judged by them.
    """
    direct = store.direct
    await direct.execute("delete from grants where shape <> all($1)", sight.token.fitting)
    if not keeping_facts:
        await direct.execute("delete from audience where actor <> all($1)", list(sight.token.keys))
    known = {row["person"] for row in await direct.fetch("select distinct person from grants")}
    facts = ("Patient", "RelatedPerson", "CareTeam", "Consent")
    kept = {key for key in sight.hidden if keeping_facts and key[0] in known and key[1] in facts}
    await store.forget(sight.hidden - kept)
    await direct.executemany(
        "delete from resource_version where person = $1 and type = $2 and id = $3 and version = $4",
        [each for each in sight.hidden_versions if each[:3] not in kept],
    )
    await store.forget_events(sight.hidden_events)
    await direct.execute("delete from person where key <> all($1)", list(known))
