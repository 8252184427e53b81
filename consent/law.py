"""The access law: what an actor may do with one person's data, at one instant, and by which rules.

Steps are those of the access law: who, carer-burden, relation, sharing consent, exclusion, matrix, settings,
the label `sensitive` (a category like the others), audit (the caller's). Forbid beats permit; without a
permit, deny. What rules look like is told in `consent.rules`.

A resource of categories `mask` is open to an actor for reading when `mask` lies within `full`; or within
`full | own` and anything ties the actor to the resource; or within `full | own | authored` and the actor is
its author; or within `full | own | shared` and it was opened to the actor by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consent.categories import BURDEN, SENSITIVE, codes, mask
from consent.facts import COMPLETION, Facts
from consent.matrix import Matrix
from consent.situation import Situation, situation
from consent.standing import DECIDED
from consent.weighing import AFTERCARE, OTHERS, Shape, Weighing, still_written, weigh

__all__ = ["Decision", "Permission", "Shape", "decide", "permitted", "permitted_now", "told"]

_TIES = {
    "read": frozenset({"author", "acting", "addressed", "derived", "shared"}),
    "create": frozenset({"author"}),
    "update": frozenset({"author", "acting"}),
    "delete": frozenset({"author", "acting"}),
    "share": frozenset({"author", "acting"}),
}
"""What makes a resource the actor's `own`, per action."""

_BURDEN_RULE = "carer-burden:author"
_TASK = mask(["task"])


class Permission(NamedTuple):
    """For one action, the categories open as a whole, where `own`, where `authored`, and where `shared` entry
    by entry. `own` is disjoint from `full`; the last two from both.
    """

    full: int
    own: int
    authored: int
    shared: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Permit or deny, with the rules that determine it; a refusal with the step (`consent.rules.STEPS`) that
    refused.
    """

    permit: bool
    rules: tuple[str, ...]
    matrix_version: str
    step: str | None = None


def permitted(shape: Shape, facts: Facts, instant: datetime, action: str, matrix: Matrix) -> Permission:
    """What `shape` may do with this person's data, for `action` of read, create, update, delete and share.

    For `create` of a care-team, `own` means that the actor may propose.
    """
    return permitted_now(shape, situation(facts, shape.individual, shape.place, instant), action, matrix)


def permitted_now(shape: Shape, now: Situation, action: str, matrix: Matrix) -> Permission:
    """The same of facts that are all in force and concern this actor."""
    return told(weigh(shape, now, action, matrix), action)


def told(weighed: Weighing, action: str) -> Permission:
    """What was weighed for this action, with the rules by which it came about."""
    rules = [*weighed.burden, *weighed.reasons]
    rules += [verdict.provision.rule for verdict in weighed.decided]
    rules += weighed.singly
    if weighed.authored & BURDEN:
        rules.insert(0, _BURDEN_RULE)
    if action != "read":
        rules += [rule for rule, bears_on in _narrowing(weighed) if bears_on]
    return Permission(*weighed[:4], tuple(rules))


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

    `audience` is any of author, acting, addressed, derived, shared; and what is still written when the plan is
    closed: `aftercare` for a Task of that kind, `reopening` for the plan that who decides takes up again. A
    resource without category is open to nobody. The rules of a refusal are those about the categories that failed.
    """
    now = situation(facts, shape.individual, shape.place, instant)
    now = now._replace(closed=_closed(now.closed, categories, audience))
    weighed = weigh(shape, now, action, matrix)
    opened = weighed.full
    if not audience.isdisjoint(_TIES[action]):
        opened |= weighed.own
    if "author" in audience and categories & weighed.authored:
        opened |= weighed.authored
    elif "shared" in audience:
        opened |= weighed.shared
    failed = categories & ~opened
    permit = categories != 0 and failed == 0
    step = None if permit else _step(weighed, failed)
    return Decision(permit, _determining(weighed, failed or categories), matrix.version, step)


def _closed(closed: str | None, categories: int, audience: AbstractSet[str]) -> str | None:
    """The rule by which writing of this resource has ended; a death is not taken back by who decides."""
    if closed is not None and "aftercare" in audience and categories & _TASK:
        return AFTERCARE
    is_reopened = closed is not None and closed.startswith(COMPLETION) and "reopening" in audience
    return None if is_reopened else closed


def _determining(weighed: Weighing, categories: int) -> tuple[str, ...]:
    rules = [rule for rule, bears_on in _rules(weighed) if bears_on & categories]
    if categories & BURDEN and not weighed.burden:
        rules.insert(0, _BURDEN_RULE)
    roles = dict.fromkeys([role for standing in weighed.standings for role in standing.roles])
    return (*rules, *[f"cell:{code}/{role}" for code in codes(categories & OTHERS) for role in roles])


def _rules(weighed: Weighing) -> Iterator[tuple[str, int]]:
    """Each rule, and the categories it bears on."""
    for rule in weighed.burden:
        yield rule, BURDEN
    for rule in weighed.reasons:
        yield rule, OTHERS
    for provision, categories, _ in weighed.decided:
        yield provision.rule, categories & OTHERS
    for rule in weighed.singly:
        yield rule, weighed.shared & OTHERS
    yield from _narrowing(weighed)


def _narrowing(weighed: Weighing) -> Iterator[tuple[str, int]]:
    """What narrows writing: the age of the person, where nothing else opens, and the end of the plan."""
    for age in dict.fromkeys([standing.age for standing in weighed.standings]):
        if age is not None:
            yield age, DECIDED & ~(weighed.full | weighed.own)
    if weighed.closed is not None:
        still = still_written(weighed.closed)
        yield weighed.closed, still if weighed.closed == AFTERCARE else OTHERS & ~still


def _step(weighed: Weighing, failed: int) -> str:
    """The first step that refused one of these categories; the cells do where no other did."""
    if failed & BURDEN:
        return "carer-burden"
    if weighed.closed is not None and failed & ~still_written(weighed.closed):
        return "closing"
    if weighed.refused is not None:
        return weighed.refused
    if failed & DECIDED and any(standing.age for standing in weighed.standings):
        return "age"
    if any(not verdict.provision.permit and verdict.categories & failed for verdict in weighed.decided):
        return "settings"
    return "sensitive" if failed == SENSITIVE else "matrix"
