"""The value sets that are shipped, as FHIR.

https://hl7.org/fhir/R4/valueset.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dzop.definitions.code_systems import designations, shipped_head
from terminology.concept_set import ListedConcept
from terminology.content import Include, ValueSet

__all__ = ["value_set"]


def value_set(shipped: ValueSet) -> Mapping[str, Any]:
    """The value set by its rules, not expanded."""
    compose = {"include": [_include(each) for each in shipped.include]}
    if shipped.exclude:
        compose["exclude"] = [_include(each) for each in shipped.exclude]
    return {**shipped_head("ValueSet", shipped), "compose": compose}


def _include(include: Include) -> dict[str, Any]:
    stated = {
        "system": include.system,
        "concept": [_listed(each) for each in include.concepts],
        "filter": [
            {"property": each.property, "op": each.operator, "value": each.value} for each in include.filters
        ],
        "valueSet": list(include.value_sets),
    }
    return {name: value for name, value in stated.items() if value}


def _listed(each: ListedConcept) -> dict[str, Any]:
    stated = {
        "code": each.code,
        "display": each.display,
        "designation": designations(each.designations),
    }
    return {name: value for name, value in stated.items() if value}
