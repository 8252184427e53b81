"""The access law: what an actor may do with one person's data, at one instant, and by which rules.

Steps are those of the access law: who, carer-burden, relation, sharing consent, exclusion, matrix, settings,
the label `sensitive` (a category like the others), audit (the caller's). Forbid beats permit; without a
permit, deny.

A resource of categories `mask` is open to an actor for reading when `mask` lies within `full`; or within
`full | own` and anything ties the actor to the resource; or within `full | own | authored` and the actor is
its author.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consent.categories import ALL, BURDEN, SENSITIVE, codes
from consent.facts import CarerShare, Exclusion, Facts
from consent.matrix import Matrix, Row, joined
from consent.relations import TOKENS, Relation
from consent.settings import Verdict, verdicts

__all__ = ["Decision", "Permission", "Shape", "decide", "permitted"]

_TIES = {
    "read": frozenset({"author", "acting", "addressed", "derived", "shared"}),
    "create": frozenset({"author"}),
    "update": frozenset({"author", "acting"}),
    "delete": frozenset({"author", "acting"}),
    "share": frozenset({"author", "acting"}),
}
"""What makes a resource the actor's `own`, per action."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An actor in one capacity: who, where, and the role the token brings by itself; None is any.

    `role` is `person`, `related-person`, a profession, `case-manager`, `system-client`, or `none`.
    """

    individual: str | None
    organisation: str | None
    role: str

    @property
    def key(self) -> str:
        """As stored in the grant index: `Practitioner/x|Organization/o|health-professional`, `*` for any."""
        return f"{self.individual or '*'}|{self.organisation or '*'}|{self.role}"

    @property
    def rank(self) -> int:
        """3 for an individual in an organisation, 2 for an individual anywhere, 1 for anyone in an
        organisation.
        """
        return 1 if self.individual is None else 2 if self.organisation is None else 3


@dataclass(frozen=True, slots=True)
class Permission:
    """For one action, the categories open as a whole, where `own`, and where `authored`; disjoint masks."""

    full: int
    own: int
    authored: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Permit or deny, with the rules that determine it."""

    permit: bool
    rules: tuple[str, ...]
    matrix_version: str


class _Asked(NamedTuple):
    shape: Shape
    facts: Facts
    instant: datetime
    action: str
    matrix: Matrix


class _Standing(NamedTuple):
    """What a relation comes to for this actor: the narrowest of `roles`, cell by cell, within `classes`.

    `opens` are categories a personal grant opens by name, beyond any role.
    """

    rule: str
    roles: tuple[str, ...]
    awaits_sharing: bool
    classes: int = ALL
    opens: int = 0


class _Weighing(NamedTuple):
    """A permission on its way: with each rule the categories it bears on, and the standings it rests on."""

    full: int
    own: int
    authored: int
    rules: list[tuple[str, int]]
    standings: list[_Standing]


_OTHERS = ALL & ~BURDEN
_BURDEN_RULE = "carer-burden:author"


def permitted(shape: Shape, facts: Facts, instant: datetime, action: str, matrix: Matrix) -> Permission:
    """What `shape` may do with this person's data, for `action` of read, create, update, delete and share.

    For `create` of a care-team, `own` means that the actor may propose.
    """
    weighed = _weigh(shape, facts, instant, action, matrix)
    burden = (_BURDEN_RULE,) if weighed.authored & BURDEN else ()
    return Permission(
        weighed.full, weighed.own, weighed.authored, burden + tuple([rule for rule, _ in weighed.rules])
    )


def decide(
    shape: Shape,
    facts: Facts,
    instant: datetime,
    action: str,
    categories: int,
    audience: AbstractSet[str],
    matrix: Matrix,
) -> Decision:
    """Whether `shape` may do `action` with a resource of these categories, given what ties the actor to it.

    `audience` is any of author, acting, addressed, derived, shared. A resource without category is open to
    nobody. The rules of a refusal are those about the categories that failed.
    """
    weighed = _weigh(shape, facts, instant, action, matrix)
    opened = weighed.full
    if not audience.isdisjoint(_TIES[action]):
        opened |= weighed.own if "shared" in audience else weighed.own & _OTHERS
    if "author" in audience:
        opened |= weighed.authored
    failed = categories & ~opened
    permit = categories != 0 and failed == 0
    return Decision(permit, _determining(weighed, failed or categories), matrix.version)


def _determining(weighed: _Weighing, categories: int) -> tuple[str, ...]:
    rules = [rule for rule, bears_on in weighed.rules if bears_on & categories]
    if categories & BURDEN and not any(bears_on & BURDEN for _, bears_on in weighed.rules):
        rules.insert(0, _BURDEN_RULE)
    roles = dict.fromkeys(role for standing in weighed.standings for role in standing.roles)
    return (*rules, *(f"cell:{code}/{role}" for code in codes(categories & _OTHERS) for role in roles))


def _weigh(shape: Shape, facts: Facts, instant: datetime, action: str, matrix: Matrix) -> _Weighing:
    """The steps of the law, from relation to settings; carer-burden, which stands apart, last."""
    if shape.organisation is not None and shape.role in ("person", "related-person"):
        shape = Shape(shape.individual, None, shape.role)  # who acts for no organisation is the same at any
    asked = _Asked(shape, facts, instant, action, matrix)
    standings = _standings(asked)
    excluded = _exclusions(asked)
    if excluded or not standings:
        refused = [(rule, _OTHERS) for rule in excluded or ["relation:none"]]
        return _with_burden(_Weighing(0, 0, 0, refused, []), asked)
    decisive = _verdicts(asked, standings)
    full, reach = _settled(asked, standings, decisive)
    authored = 0
    reasons = [standing.rule for standing in standings]
    free = [standing for standing in standings if not standing.awaits_sharing]
    if len(free) < len(standings):
        shared = facts.shared(instant)
        reasons.append("consent:sharing" if shared else "consent:none")
        if not shared:
            authored = reach if action != "create" else 0
            full, reach = _settled(asked, free, decisive)
    rules = [(rule, _OTHERS) for rule in dict.fromkeys(reasons)]
    rules += [(provision.rule, categories & _OTHERS) for provision, categories in decisive]
    return _with_burden(_Weighing(full, reach & ~full, authored & ~reach, rules, standings), asked)


def _standings(asked: _Asked) -> list[_Standing]:
    """Step 3: every relation in force; none means deny."""
    shape, facts = asked.shape, asked.facts
    found = []
    if shape.role == "person" and shape.individual == facts.person:
        found.append(_Standing("relation:own-record", ("person",), awaits_sharing=False))
    for relation in facts.relations:
        if shape.role in TOKENS[relation.kind] and _concerns(relation, asked):
            found += _standing(relation, shape.role, asked.action)
    return found


def _standing(relation: Relation, token: str, action: str) -> list[_Standing]:
    """A professional never has more than the profession allows; a coordinator's rights come on top."""
    match relation.kind:
        case "person":
            stated = []
        case "professional" | "organisation":
            stated = [relation.roles if token in relation.roles else (*relation.roles, token)]
        case "grant" | "informal-grant":
            return [_granted(relation, token)] if action == "read" else []
        case _:
            stated = [relation.roles]
    if relation.coordinates:
        stated.append(("care-coordinator",))
    awaits_sharing = relation.kind not in ("person", "representative")
    return [_Standing(relation.rule, roles, awaits_sharing) for roles in stated]


def _granted(relation: Relation, token: str) -> _Standing:
    """The profession's row within the classes named, and `sensitive` if named; else just these classes."""
    if token in ("none", "related-person"):
        return _Standing(relation.rule, (), True, 0, relation.classes)
    return _Standing(relation.rule, (token,), True, relation.classes, relation.classes & SENSITIVE)


def _exclusions(asked: _Asked) -> list[str]:
    """Step 5: the exclusions in force against this actor; nobody can be kept from his or her own record."""
    if asked.shape.role == "person":
        return []
    return [exclusion.rule for exclusion in asked.facts.exclusions if _concerns(exclusion, asked)]


def _verdicts(asked: _Asked, standings: list[_Standing]) -> list[Verdict]:
    """Step 7: the settings that decide; nobody's narrow the person's own access."""
    shape = asked.shape
    if shape.role == "person":
        return []
    roles = frozenset([role for standing in standings for role in standing.roles])
    return verdicts(
        asked.facts.settings, shape.individual, shape.organisation, roles, asked.instant, asked.action
    )


def _settled(asked: _Asked, standings: list[_Standing], decisive: list[Verdict]) -> tuple[int, int]:
    """Steps 6 to 8 as masks (full, reach): the joined rows, up to their ceiling where permitted, less the
    denied.

    The label `sensitive` needs nothing of its own: it is one more category a resource's mask must have open.
    """
    row = joined([_row(standing, asked) for standing in standings])
    widened, kept = 0, _OTHERS
    for provision, categories in decisive:
        if provision.permit:
            widened |= categories
        else:
            kept &= ~categories
    return (
        (row.full | row.ceiling_full & widened) & kept,
        (row.reach | row.ceiling_reach & widened) & kept,
    )


def _row(standing: _Standing, asked: _Asked) -> Row:
    row = asked.matrix.row(standing.roles, asked.action)
    if standing.classes == ALL:
        return row
    return Row(*[bits & standing.classes | standing.opens for bits in row])


def _with_burden(weighing: _Weighing, asked: _Asked) -> _Weighing:
    """Step 2: for a related person what he or she wrote, for a professional in relation what a carer shared.

    Writing anew takes a relation whose cell allows it. What is shared counts as `own`, and of whatever ties
    an actor to an entry only its being shared opens it.
    """
    shape, facts = asked.shape, asked.facts
    if shape.role == "related-person" and shape.individual in facts.related_persons:
        rows = [_row(standing, asked) for standing in weighing.standings]
        if asked.action != "create" or joined(rows).reach & BURDEN:
            return weighing._replace(authored=weighing.authored | BURDEN)
    if asked.action == "read" and weighing.standings and shape.role in TOKENS["case-manager"]:
        shares = [(share.rule, BURDEN) for share in facts.carer_shares if _concerns(share, asked)]
        if shares:
            return weighing._replace(own=weighing.own | BURDEN, rules=shares + weighing.rules)
    return weighing


def _concerns(fact: Relation | Exclusion | CarerShare, asked: _Asked) -> bool:
    """Whether it names this actor and is in force."""
    shape = asked.shape
    return fact.party.includes(shape.individual, shape.organisation) and fact.period.covers(asked.instant)
