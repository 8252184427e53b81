"""Who stands behind a goal, and how much it matters to them: R4's extension `goal-acceptance`, one for each party.

https://hl7.org/fhir/R4/extension-goal-acceptance.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from json import dumps
from typing import Any, Final

from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.paths import values
from dzop.fhir.references import actor_key
from dzop.fhir.resource_types import GOAL_ACCEPTANCE
from terminology.content import CONTENT

__all__ = ["PRIORITIES", "STATUSES", "accepted", "first_fault", "only_accepted"]

Goal = Mapping[str, Any]

STATUSES: Final = tuple(CONTENT.code_systems["hl7-goal-acceptance-status"].concepts)
PRIORITIES: Final = tuple(CONTENT.code_systems["hl7-goal-priority"].concepts)

_URL: Final = GOAL_ACCEPTANCE.partition("(")[2].rstrip(")")
_PRIORITY: Final = "http://terminology.hl7.org/CodeSystem/goal-priority"


def accepted(
    goal: Source,
    base: str,
    individual: Mapping[str, Any],
    keys: Set[str],
    status: str,
    priority: str | None,
) -> Source:
    """The goal with what this individual says of it, instead of what they said before; every other byte stays.

    `keys` are the actor keys by which the individual may have been named.
    """
    where = json.members(goal.text).get("extension")
    written = "[]" if where is None else goal.text[slice(*where)]
    others = [
        text
        for text in (written[start:end] for start, end in json.elements(written))
        if not _is_of(json.value_of(text), keys, base)
    ]
    said = dumps(_acceptance(individual, status, priority), separators=(",", ":"), ensure_ascii=False)
    return json.parse(json.with_member(goal.text, "extension", f"[{','.join([*others, said])}]").encode())


def only_accepted(before: Goal, now: Goal) -> bool:
    """Whether nothing changed but what individuals, each named, say of the goal."""
    changed = [*_not_in(now, before), *_not_in(before, now)]
    named = all(values(each, "extension(individual).valueReference") for each in changed)
    return bool(changed) and named and _rest(before) == _rest(now)


def first_fault(before: Goal | None, now: Goal, base: str) -> int | None:
    """Where among the extensions of a goal the first acceptance stands that is new and cannot be."""
    known = () if before is None else values(before, GOAL_ACCEPTANCE)
    of_all = [_key(each, base) for each in values(now, GOAL_ACCEPTANCE)]
    for number, each in enumerate(now.get("extension", ())):
        if each.get("url") != _URL or each in known:
            continue
        status = values(each, "extension(status).valueCode")
        key = _key(each, base)
        if key is None or of_all.count(key) > 1 or len(status) != 1 or status[0] not in STATUSES:
            return number
    return None


def _acceptance(individual: Mapping[str, Any], status: str, priority: str | None) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"url": "individual", "valueReference": individual},
        {"url": "status", "valueCode": status},
    ]
    if priority is not None:
        concept = {"coding": [{"system": _PRIORITY, "code": priority}]}
        parts.append({"url": "priority", "valueCodeableConcept": concept})
    return {"url": _URL, "extension": parts}


def _is_of(extension: Mapping[str, Any], keys: Set[str], base: str) -> bool:
    return extension.get("url") == _URL and _key(extension, base) in keys


def _key(acceptance: Mapping[str, Any], base: str) -> str | None:
    """Whom an acceptance names; None when nobody, or several."""
    named: Sequence[Any] = values(acceptance, "extension(individual).valueReference")
    return actor_key(named[0], base) if len(named) == 1 else None


def _not_in(goal: Goal, other: Goal) -> Iterator[Mapping[str, Any]]:
    there = values(other, GOAL_ACCEPTANCE)
    return (each for each in values(goal, GOAL_ACCEPTANCE) if each not in there)


def _rest(goal: Goal) -> dict[str, Any]:
    """All that a goal says besides."""
    others = [each for each in goal.get("extension", ()) if each.get("url") != _URL]
    return {name: value for name, value in goal.items() if name not in ("meta", "extension")} | {
        "extension": others
    }
