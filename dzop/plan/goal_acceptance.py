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

__all__ = ["PRIORITIES", "STATUSES", "accepted", "asked_anew", "first_fault", "only_accepted", "outdated"]

Goal = Mapping[str, Any]

STATUSES: Final = tuple(CONTENT.code_systems["hl7-goal-acceptance-status"].concepts)
PRIORITIES: Final = tuple(CONTENT.code_systems["hl7-goal-priority"].concepts)

_URL: Final = GOAL_ACCEPTANCE.partition("(")[2].rstrip(")")
_AGREED_TO: Final = ("description", "target")
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


def asked_anew(before: Goal, now: Goal) -> Goal:
    """The goal as it was, with each agreement that waits for an answer now, and did not to other words, waiting then.

    Who changes what was agreed to may take agreements for questions again, and nothing else that others said.
    """
    if not _says_something_else(before, now):
        return before
    waiting = [each for each in values(now, GOAL_ACCEPTANCE) if _status(each) == "pending"]
    asked = {dumps(_besides_status(each), sort_keys=True, default=str): each for each in waiting}
    extensions = [
        asked.get(dumps(_besides_status(each), sort_keys=True, default=str), each)
        if each.get("url") == _URL and _status(each) == "agree"
        else each
        for each in before.get("extension", ())
    ]
    return {**before, "extension": extensions}


def outdated(before: Goal, now: Goal, keys: Set[str], base: str) -> Iterator[str]:
    """Where a goal that says something else still says what others than these said of it before."""
    if not _says_something_else(before, now):
        return
    known = [each for each in values(before, GOAL_ACCEPTANCE) if _status(each) == "agree"]
    for number, each in enumerate(now.get("extension", ())):
        if each in known and _key(each, base) not in keys:
            yield f"extension[{number}]"
    who = now.get("expressedBy")
    is_theirs = who is not None and who == before.get("expressedBy") and actor_key(who, base) not in keys
    if is_theirs and before.get("description") != now.get("description"):
        yield "expressedBy"


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


def _says_something_else(before: Goal, now: Goal) -> bool:
    return any(before.get(name) != now.get(name) for name in _AGREED_TO)


def _status(acceptance: Mapping[str, Any]) -> Any:
    return next(iter(values(acceptance, "extension(status).valueCode")), None)


def _besides_status(acceptance: Mapping[str, Any]) -> list[Any]:
    return [each for each in acceptance.get("extension", ()) if each.get("url") != "status"]


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
