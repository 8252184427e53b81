"""A PlanDefinition applied to a person: the plan, goals and tasks that it proposes, as a transaction to send.

Nothing is decided by it: the plan and the tasks are drafts, the goals proposed. Conditions are told and not evaluated,
all actions are proposed, whichever of them were to be chosen from. https://hl7.org/fhir/R4/plandefinition.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.resource_types import GOAL_RELATIONSHIP
from dzop.plan.recurrence import RECURRENCE
from dzop.plan.reviews import INTERVAL, extensions_of, following, is_usable
from terminology.content import BASE

__all__ = ["Applying", "applied"]

Resource = Mapping[str, Any]

_TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"
_RELATIONSHIP: Final = GOAL_RELATIONSHIP.removeprefix("extension(").removesuffix(")")
_RELATIONSHIP_TYPE: Final = "http://terminology.hl7.org/CodeSystem/goal-relationship-type"
_PLAN_KIND: Final = f"{BASE}/CodeSystem/plan-kind"
_SUGGESTED: Final = {
    "nl": "Wie hierbei kan helpen: {roles}.",
    "fr": "Qui peut aider : {roles}.",
    "de": "Wer dabei helfen kann: {roles}.",
    "en": "Who can help with this: {roles}.",
}


@dataclass(frozen=True, slots=True)
class Applying:
    """For whom and by whom a template is applied: literal references, today's date in Brussels and our language.

    `umbrella` is the plan that the new one becomes part of, `served` are the goals that its goals contribute to.
    `new_id` makes the `urn:uuid:` by which the entries name each other; `now` is an instant.
    """

    subject: str
    today: date
    now: str
    language: str
    new_id: Callable[[], str]
    practitioner: str | None = None
    organization: str | None = None
    umbrella: Resource | None = None
    served: Sequence[Resource] = ()


def applied(definition: Resource, applying: Applying) -> dict[str, Any]:
    """The transaction Bundle: a CarePlan, its Goals and its Tasks, ready to be changed and sent."""
    goals = {
        str(each.get("id", number)): (applying.new_id(), _goal(each, applying))
        for number, each in enumerate(definition.get("goal", ()))
    }
    known = {id: urn for id, (urn, _) in goals.items()}
    plan = applying.new_id()
    tasks = list(_tasks(definition.get("action", ()), plan, None, known, applying))
    written = _plan(definition, list(known.values()), [urn for urn, _ in tasks], applying)
    entries = [(plan, written), *goals.values(), *tasks]
    return {"resourceType": "Bundle", "type": "transaction", "entry": [_entry(*each) for each in entries]}


def _entry(urn: str, resource: Resource) -> dict[str, Any]:
    type = resource["resourceType"]
    return {
        "fullUrl": urn,
        "resource": _without_nothing(resource),
        "request": {"method": "POST", "url": type},
    }


def _without_nothing(resource: Resource) -> dict[str, Any]:
    """FHIR has no empty elements."""
    return {name: value for name, value in resource.items() if value not in (None, [], {}, "")}


def _plan(definition: Resource, goals: list[str], tasks: list[str], applying: Applying) -> dict[str, Any]:
    umbrella, language = applying.umbrella or {}, applying.language
    version = f"|{definition['version']}" if "version" in definition else ""
    return {
        "resourceType": "CarePlan",
        "extension": _reviewed(definition, applying.today),
        "instantiatesCanonical": [f"{definition['url']}{version}"] if "url" in definition else [],
        "partOf": [{"reference": f"CarePlan/{umbrella['id']}"}] if umbrella else [],
        "status": "draft",
        "intent": "plan",
        "category": [each for each in definition.get("topic", ()) if _is_kind(each)],
        "title": said(definition, "title", language) or definition.get("name"),
        "description": said(definition, "description", language),
        "subject": {"reference": applying.subject},
        "period": {"start": applying.today.isoformat()},
        "created": applying.today.isoformat(),
        "author": _named(applying.practitioner),
        "contributor": [_named(applying.organization)] if applying.organization else [],
        "careTeam": umbrella.get("careTeam"),
        "goal": [{"reference": each} for each in goals],
        "activity": [{"reference": {"reference": each}} for each in tasks],
        "note": _suggested(definition, language),
    }


def _is_kind(topic: Resource) -> bool:
    return any(each.get("system") == _PLAN_KIND for each in topic.get("coding", ()))


def _reviewed(definition: Resource, today: date) -> list[dict[str, Any]]:
    found = [each for each in values(definition, f"extension({INTERVAL}).valueDuration") if is_usable(each)]
    return extensions_of(following(today, found[0]), found[0]) if found else []


def _suggested(definition: Resource, language: str) -> list[dict[str, str]]:
    """Who could be in the team."""
    roles = dict.fromkeys(filter(None, _roles(definition.get("action", ()), language)))
    return [{"text": _SUGGESTED[language].format(roles=", ".join(roles))}] if roles else []


def _goal(goal: Resource, applying: Applying) -> dict[str, Any]:
    return {
        "resourceType": "Goal",
        "extension": [_serving(each) for each in applying.served],
        "lifecycleStatus": "proposed",
        "category": [goal["category"]] if "category" in goal else [],
        "priority": goal.get("priority"),
        "description": _concept(goal["description"], applying.language),
        "subject": {"reference": applying.subject},
        "target": [found for each in goal.get("target", ()) if (found := _target(each, applying))],
    }


def _serving(goal: Resource) -> dict[str, Any]:
    type = {"coding": [{"system": _RELATIONSHIP_TYPE, "code": "other"}]}
    return {
        "url": _RELATIONSHIP,
        "extension": [
            {"url": "type", "valueCodeableConcept": type},
            {"url": "target", "valueReference": goal},
        ],
    }


def _target(target: Resource, applying: Applying) -> dict[str, Any]:
    due = target.get("due", {})
    kept = {name: value for name, value in target.items() if name == "measure" or name.startswith("detail")}
    return {**kept, **({"dueDate": following(applying.today, due)} if is_usable(due) else {})}


def _tasks(
    actions: Iterable[Resource], plan: str, whole: str | None, goals: Mapping[str, str], applying: Applying
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each action and, as parts of it, those within."""
    for action in actions:
        urn = applying.new_id()
        yield urn, _task(action, plan, whole, goals, applying)
        yield from _tasks(action.get("action", ()), plan, urn, goals, applying)


def _task(
    action: Resource, plan: str, whole: str | None, goals: Mapping[str, str], applying: Applying
) -> dict[str, Any]:
    served = next((goals[each] for each in action.get("goalId", ()) if each in goals), None)
    comes_back = action.get("timingTiming")
    words = [said(action, name, applying.language) for name in ("title", "description")]
    return {
        "resourceType": "Task",
        "extension": [{"url": RECURRENCE, "valueTiming": comes_back}] if comes_back else [],
        "basedOn": [{"reference": plan}],
        "partOf": [{"reference": whole}] if whole else [],
        "status": "draft",
        "intent": "proposal",
        "priority": action.get("priority"),
        "code": next(iter(action.get("code", ())), None),
        "description": "\n".join(each for each in words if each),
        "focus": _named(served),
        "for": {"reference": applying.subject},
        "authoredOn": applying.now,
        "requester": _named(applying.practitioner),
        **_doers(action, applying),
        "note": _conditions(action, applying.language),
        "restriction": _within(action, applying.today),
    }


def _doers(action: Resource, applying: Applying) -> dict[str, Any]:
    participants = action.get("participant", ())
    by_person = any(each.get("type") == "patient" for each in participants)
    return {
        "performerType": [
            _concept(each["role"], applying.language) for each in participants if "role" in each
        ],
        "owner": {"reference": applying.subject} if by_person else None,
    }


def _conditions(action: Resource, language: str) -> list[dict[str, str]]:
    found = (said(each, "description", language) for each in values(action, "condition.expression"))
    return [{"text": each} for each in found if each]


def _within(action: Resource, today: date) -> dict[str, Any] | None:
    """Until when it is to be done."""
    duration = action.get("timingDuration", {})
    return {"period": {"end": following(today, duration)}} if is_usable(duration) else None


def _roles(actions: Iterable[Resource], language: str) -> Iterator[str | None]:
    for action in actions:
        for role in values(action, "participant.role"):
            yield said(_concept(role, language), "text", language)
        yield from _roles(action.get("action", ()), language)


def _concept(concept: Resource, language: str) -> dict[str, Any]:
    """A CodeableConcept with its text in this language; its codes as they are."""
    text = said(concept, "text", language)
    codings = {"coding": concept["coding"]} if "coding" in concept else {}
    return {**codings, **({"text": text} if text else {})}


def said(element: Resource, name: str, language: str) -> str | None:
    """What an element says in this language, or else in its own."""
    text = _translations(element, name).get(language, element.get(name))
    return None if text is None else str(text)


def _translations(element: Resource, name: str) -> dict[str, str]:
    """The words of an element by language, beside its own."""
    found: dict[str, str] = {}
    for each in (element.get(f"_{name}") or {}).get("extension", ()):
        if each.get("url") == _TRANSLATION:
            parts = {part.get("url"): part for part in each.get("extension", ())}
            language, content = (values(parts.get(part, {}), "value[x]") for part in ("lang", "content"))
            found |= dict(zip(map(str, language), map(str, content), strict=False))
    return found


def _named(reference: str | None) -> dict[str, str] | None:
    return {"reference": reference} if reference else None
