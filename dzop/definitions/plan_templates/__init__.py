"""Our own templates of plans, as FHIR: a TOML file each, in four languages.

They are examples that a team changes, no guideline. https://hl7.org/fhir/R4/plandefinition.html
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from dzop.definitions.translations import LANGUAGE, translated, translated_coding
from terminology.content import BASE

__all__ = ["plan_templates"]

_UCUM: Final = "http://unitsofmeasure.org"
_UNITS: Final = {"d": "day", "wk": "week", "mo": "month", "a": "year"}
_TYPE: Final = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
Table = Mapping[str, Any]


def plan_templates() -> tuple[Mapping[str, Any], ...]:
    """All of them, by name, as PlanDefinition resources with their ids."""
    found = sorted(files(__package__).iterdir(), key=lambda each: each.name)
    return tuple(
        _template(each.name.removesuffix(".toml"), tomllib.loads(each.read_text("utf-8")))
        for each in found
        if each.name.endswith(".toml")
    )


def _template(id: str, table: Table) -> Mapping[str, Any]:
    review = {
        "url": f"{BASE}/StructureDefinition/review-interval",
        "valueDuration": _duration(table["review"]),
    }
    return {
        "resourceType": "PlanDefinition",
        "id": id,
        "language": LANGUAGE,
        "extension": [review],
        "url": f"{BASE}/PlanDefinition/{id}",
        "version": table["version"],
        "name": table["name"],
        **translated("title", table["title"]),
        "type": {"coding": [{"system": _TYPE, "code": "clinical-protocol"}]},
        "status": "active",
        "publisher": "dzop",
        **translated("description", table["description"]),
        "topic": [{"coding": [translated_coding("plan-kind", table["kind"])]}],
        "goal": [_goal(key, each) for key, each in table["goal"].items()],
        "action": [_action(each, table["who"]) for each in table["action"]],
    }


def _goal(key: str, table: Table) -> dict[str, Any]:
    due = {"target": [{"due": _duration(table["within"])}]} if "within" in table else {}
    return {
        "id": key,
        "category": {"coding": [translated_coding("goal-category", table["category"])]},
        "description": translated("text", table["text"]),
        **due,
    }


def _action(table: Table, who: Table) -> dict[str, Any]:
    whole: dict[str, Any] = {
        **translated("title", table["title"]),
        "code": [{"coding": [translated_coding("task-kind", table["kind"])]}],
        "goalId": table["goals"],
        "timingDuration": _duration(table["within"]) if "within" in table else None,
        "timingTiming": _timing(table["every"]) if "every" in table else None,
        "participant": [_participant(who[each]) for each in table["who"]],
    }
    return {name: value for name, value in whole.items() if value is not None}


def _participant(table: Table) -> dict[str, Any]:
    """Somebody who may do it: the person, or who has this role and calling."""
    if table["type"] == "patient":
        return {"type": "patient"}
    coding = [translated_coding("role", table["role"])]
    return {"type": table["type"], "role": {"coding": coding, **translated("text", table["text"])}}


def _duration(text: str) -> dict[str, Any]:
    """`3 mo` as a Duration."""
    value, code = text.split()
    return {"value": int(value), "unit": _UNITS[code], "system": _UCUM, "code": code}


def _timing(text: str) -> dict[str, Any]:
    """`3 mo` as: once each three months."""
    value, code = text.split()
    return {"repeat": {"frequency": 1, "period": int(value), "periodUnit": code}}
