"""What the relations of an actor come to: rows of the matrix, and how far they are narrowed (step 3 of the law)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from consent.categories import ALL, BURDEN, SENSITIVE, mask
from consent.matrix import Matrix, Row, joined
from consent.relations import TOKENS, Relation
from consent.situation import Situation

__all__ = ["DECIDED", "Claim", "Standing", "claim", "row_of"]

DECIDED = mask(["consent", "care-team"])
"""What young people decide themselves from the age of deciding, and a representative below it."""

_EMERGENCY = ALL & ~(SENSITIVE | BURDEN)


class Standing(NamedTuple):
    """What a relation comes to for this actor: the narrowest of `roles`, cell by cell, within `classes`.

    `opens` are categories a personal grant opens by name, beyond any role. `widens`: the person's settings may
    open it up to the ceiling, as in all but an emergency. `age` is the rule by which the age of the person narrowed it.
    """

    rule: str
    roles: tuple[str, ...]
    awaits_sharing: bool
    classes: int = ALL
    opens: int = 0
    widens: bool = True
    age: str | None = None

    @property
    def is_single(self) -> bool:
        """Whether it opens nothing but entries by themselves."""
        return not self.classes | self.opens


class Claim(NamedTuple):
    """All standings of an actor together: the joined row, that of the standings which await no sharing consent, and
    the rules.
    """

    standings: Sequence[Standing]
    row: Row
    free: Row
    awaits_sharing: bool
    rules: Sequence[str]
    roles: frozenset[str]


def claim(role: str, individual: str | None, now: Situation, action: str, matrix: Matrix) -> Claim:
    """What the relations in force come to for an actor with this role; without standings, deny.

    The same relations come to the same, so it is found once for these facts.
    """
    key = (role, individual, action, now.decides, matrix.version, *map(id, now.relations))
    claims: dict[Hashable, Claim] = now.facts.index.claims
    if key not in claims:
        claims[key] = _claim(_standings(role, individual, now, action), action, matrix)
    return claims[key]


def _claim(found: list[Standing], action: str, matrix: Matrix) -> Claim:
    return Claim(
        found,
        joined([row_of(each, action, matrix) for each in found]),
        joined([row_of(each, action, matrix) for each in found if not each.awaits_sharing]),
        any(each.awaits_sharing for each in found),
        list(dict.fromkeys(each.rule for each in found)),
        frozenset(role for each in found for role in each.roles),
    )


def _standings(role: str, individual: str | None, facts: Situation, action: str) -> list[Standing]:
    found = []
    if role == "person" and individual == facts.facts.person:
        own = Standing("relation:own-record", ("person",), awaits_sharing=False)
        found.append(own if facts.decides or action == "read" else _narrowed(own, "age:represented"))
    for relation in facts.relations:
        if role in TOKENS[relation.kind]:
            found += _standing(relation, role, facts, action)
    return found


def row_of(standing: Standing, action: str, matrix: Matrix) -> Row:
    """Its row of the matrix."""
    row = matrix.row(standing.roles, action)
    if standing.classes == ALL:
        return row
    full, reach, ceiling_full, ceiling_reach = (bits & standing.classes | standing.opens for bits in row)
    if standing.widens:
        return Row(full, reach, ceiling_full, ceiling_reach)
    return Row(full, reach, full, reach)


def _standing(relation: Relation, token: str, facts: Situation, action: str) -> list[Standing]:
    """A professional never has more than the profession allows; a coordinator's rights come on top."""
    match relation.kind:
        case "person":
            stated = []
        case "professional" | "organisation":
            stated = [(*relation.roles, token)]
        case "grant" | "informal-grant":
            return [_granted(relation, token)] if action == "read" else []
        case "break-glass":
            return [_emergency(relation, token)] if action == "read" else []
        case _:
            stated = [relation.roles]
    if relation.coordinates:
        stated.append(("care-coordinator",))
    awaits = relation.kind not in ("person", "representative")
    found = [Standing(relation.rule, roles, awaits) for roles in stated]
    if action != "read" and (age := _age(relation, facts.decides)):
        return [_narrowed(each, age) for each in found]
    return found


def _age(relation: Relation, decides: bool) -> str | None:
    """Below the age of deciding the person does not decide; from then on a parent does not either."""
    if relation.kind == "person" and not decides:
        return "age:represented"
    return "age:decides" if relation.ground == "parenthood" and decides else None


def _narrowed(standing: Standing, age: str) -> Standing:
    return standing._replace(classes=ALL & ~DECIDED, age=age)


def _granted(relation: Relation, token: str) -> Standing:
    """The profession's row within the classes named, and `sensitive` if named; else just these classes."""
    if token in ("none", "related-person"):
        return Standing(relation.rule, (), True, 0, relation.classes)
    opens = relation.classes & SENSITIVE
    return Standing(relation.rule, (token,), True, relation.classes, opens)


def _emergency(relation: Relation, token: str) -> Standing:
    """The profession's reading without what is sensitive, and not widened by settings.

    A conservative reading of the law: the person's sharing consent is needed as ever, and settings that deny do.
    """
    return Standing(relation.rule, (token,), True, _EMERGENCY, widens=False)
