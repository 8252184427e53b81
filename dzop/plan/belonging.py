"""What belongs to a care plan: one table of references, and the walk along them.

A part of the plan leads to other parts, through the references it holds (`CARRYING`) and those it is the target of
(`COMING`). What parts rest on (`CONTEXT`) belongs to the plan too, but nothing is reached through it except what it
rests on in turn. So a life goal or a diagnosis that two plans share does not bring the one into the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import read_reference
from dzop.fhir.resource_types import GOAL_RELATIONSHIP
from dzop.plan.goals import SOURCE_INSTRUMENT

__all__ = ["CARRYING", "COMING", "CONTEXT", "TYPES", "belonging"]

Resource = Mapping[str, Any]
Paths = Mapping[str, tuple[str, ...]]

_RELATED: Final = f"{GOAL_RELATIONSHIP}.extension(target).valueReference"

CARRYING: Final[Paths] = {
    "CarePlan": ("goal", "activity.reference", "activity.detail.goal"),
    "Task": ("focus",),
}
"""What a part references here is a part, if it is of one of the types in `COMING`."""

COMING: Final[Paths] = {
    "CarePlan": ("partOf",),
    "Goal": (_RELATED,),
    "Task": ("basedOn", "focus", "partOf", "reasonReference"),
    "ServiceRequest": ("basedOn", "reasonReference"),
    "CommunicationRequest": ("basedOn", "about", "reasonReference"),
    "Communication": ("basedOn", "partOf", "about", "reasonReference"),
    "Appointment": ("basedOn", "supportingInformation", "reasonReference"),
    "Composition": ("event.detail", "section.entry"),
    "Observation": ("basedOn", "focus"),
    "QuestionnaireResponse": ("basedOn", "partOf"),
}
"""What references a part here is a part."""

CONTEXT: Final[Paths] = {
    "CarePlan": (
        "careTeam", "addresses", "supportingInfo", "encounter", "activity.outcomeReference",
        "activity.detail.reasonReference", "activity.detail.performer",
    ),
    "Goal": (_RELATED, "addresses", "outcomeReference", f"extension({SOURCE_INSTRUMENT}).valueReference"),
    "Task": ("focus", "reasonReference", "encounter", "owner"),
    "ServiceRequest": ("reasonReference", "supportingInfo", "encounter"),
    "CommunicationRequest": ("reasonReference", "encounter"),
    "Communication": ("reasonReference", "encounter"),
    "Appointment": ("reasonReference",),
    "Composition": ("event.detail", "encounter"),
    "Observation": ("encounter", "hasMember", "derivedFrom"),
    "QuestionnaireResponse": ("encounter",),
}  # fmt: skip
"""What a part, or what it rests on, references here is what the plan rests on."""

_RESTED_ON: Final = ("CareTeam", "Condition", "DocumentReference", "Encounter")
TYPES: Final = tuple(sorted({*COMING, *_RESTED_ON}))
"""The types of which something may belong to a plan; beside the persons it names."""


def belonging(plan: str, resources: Mapping[str, Resource], base: str) -> frozenset[str]:
    """The keys (`Type/id`) among `resources` that belong to the plan of this key, itself included.

    `resources` are all of its person that may be walked along; `base` is this server's own base URL.
    """
    coming: defaultdict[str, set[str]] = defaultdict(set)
    for key, resource in resources.items():
        for target in _targets(resource, COMING, base):
            coming[target].add(key)
    possible = {key: each for key, each in resources.items() if each["resourceType"] in COMING}
    parts = _reached({plan}, lambda key: {*_targets(resources[key], CARRYING, base), *coming[key]}, possible)
    return _reached(parts, lambda key: _targets(resources[key], CONTEXT, base), resources)


def _reached(
    start: Iterable[str], leads_to: Callable[[str], Iterable[str]], resources: Mapping[str, Resource]
) -> frozenset[str]:
    """All that can be reached from `start` within `resources`."""
    found = {key for key in start if key in resources}
    following = list(found)
    while following:
        reached = {key for key in leads_to(following.pop()) if key in resources} - found
        found |= reached
        following += reached
    return frozenset(found)


def _targets(resource: Resource, paths: Paths, base: str) -> list[str]:
    elements = [node for path in paths.get(resource["resourceType"], ()) for node in values(resource, path)]
    found = [read_reference(node, base).local for node in elements if isinstance(node, Mapping)]
    return [key for key in found if key is not None]
