"""Our own search parameters as FHIR, from the table of resource types; R4 defines all others.

https://hl7.org/fhir/R4/searchparameter.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dzop.definitions.code_systems import head
from dzop.fhir.resource_types import RESOURCE_TYPES, SearchParameter
from dzop.fhir.search.date import PREFIXES
from dzop.fhir.search.query import modifiers
from dzop.fhir.search_definitions import OWN, canonical, expression, own_id

__all__ = ["SAID", "search_parameters"]

Resource = Mapping[str, Any]

SAID: Final[Mapping[str, str]] = {
    "Binary-security-context": "What it belongs to, such as the report that a photograph is in.",
    "CarePlan-goals-discussed": "When goals were talked about without writing them down.",
    "CarePlan-review-due": "By when the plan is to be looked at again.",
    "CareTeam-participant-role": "Who is a member in which role, both of one participant.",
    "CareTeam-participant-role-role": "The role, as a part of `participant-role` only.",
    "Communication-about": "What it is about: a goal, a task, an appointment.",
    "Communication-in-response-to": "What it answers.",
    "Communication-topic": "The kind of message, or of page of a journal.",
    "Composition-event-detail": "What it documents, such as the appointment that it reports on.",
    "Goal-acceptance": "Who says what of a goal, both of one agreement: goals somebody disagrees with.",
    "Goal-acceptance-individual": "Who says it, as a part of `acceptance` only.",
    "Goal-acceptance-status": "Whether anybody agrees, disagrees or has not decided yet.",
    "Goal-expressed-by": "Who said what the goal is.",
    "Goal-goal-for": "For whom the goal is besides the person.",
    "Goal-review-due": "By when the goal is to be looked at again.",
    "Goal-related-goal": "The goal that this one contributes to, or is otherwise related with.",
    "Observation-code-value-integer": "What was observed and the whole number it came to, such as a score.",
    "Observation-value-integer": "The whole number that was observed, such as a score.",
    "Task-candidate": "Who may take the task.",
    "Task-due": "When the task is to be done.",
}
"""What each is for, by its id."""

_COMPARED: Final = ("date", "number", "quantity")


def search_parameters() -> Iterator[Resource]:
    """All of ours, and the components of composites that have no definition of their own."""
    for type, entry in RESOURCE_TYPES.items():
        for parameter in entry.search:
            if parameter.own:
                yield _search_parameter(type, parameter, parameter.paths)
                yield from _of_components(type, parameter)


def _of_components(type: str, composite: SearchParameter) -> Iterator[Resource]:
    for part in composite.components:
        if _alone(type, part) is None:
            within = [f"{path}.{each}".strip(".") for path in composite.paths for each in part.paths]
            yield _search_parameter(type, part, within)


def _search_parameter(type: str, parameter: SearchParameter, paths: Sequence[str]) -> Resource:
    id = own_id(type, parameter.name)
    name = "".join(f"{part[0].upper()}{part[1:]}" for part in id.split("-"))
    stated = head("SearchParameter", id, name, "", SAID[id])
    taken = modifiers(parameter) if parameter.own else ()
    components = [_component(type, each) for each in parameter.components]
    return {
        # The one definition without a title.
        **{key: value for key, value in stated.items() if key != "title"},
        "code": parameter.name.rpartition(".")[2],
        "base": [type],
        "type": parameter.type,
        "expression": " | ".join(expression(type, path) for path in paths),
        "xpathUsage": "normal",
        **({"target": list(parameter.targets)} if parameter.targets else {}),
        "multipleOr": True,
        "multipleAnd": True,
        **({"comparator": list(PREFIXES)} if parameter.type in _COMPARED else {}),
        **({"modifier": list(taken)} if taken else {}),
        **({"component": components} if components else {}),
    }


def _component(type: str, part: SearchParameter) -> Resource:
    alone = _alone(type, part)
    definition = f"{OWN}/{own_id(type, part.name)}" if alone is None else canonical(type, alone)
    return {
        "definition": definition,
        "expression": " | ".join(expression("", path) for path in part.paths),
    }


def _alone(type: str, part: SearchParameter) -> SearchParameter | None:
    """The parameter of the type that a component is by itself."""
    return RESOURCE_TYPES[type].parameter(part.name.rpartition(".")[2])
