"""THE table of what we publish: resource type -> id -> resource. A later part adds a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from consent.matrix import Matrix
from dzop.definitions.access_matrix import access_matrix
from dzop.definitions.code_systems import code_system
from dzop.definitions.compartment_definitions import compartment_definition
from dzop.definitions.concept_maps import CONCEPT_MAPS, concept_map
from dzop.definitions.operation_definitions import operation_definition
from dzop.definitions.search_parameters import search_parameters
from dzop.definitions.structure_definitions import structure_definitions
from dzop.definitions.value_sets import value_set
from dzop.fhir.operations import OPERATIONS
from dzop.fhir.search.compartment import COMPARTMENTS
from terminology.content import CONTENT

__all__ = ["ALWAYS", "definitions"]

Resource = Mapping[str, Any]


def _by_id(*resources: Resource) -> Mapping[str, Resource]:
    return MappingProxyType({each["id"]: each for each in resources})


ALWAYS: Final[Mapping[str, Mapping[str, Resource]]] = MappingProxyType(
    {
        "CodeSystem": _by_id(*map(code_system, CONTENT.code_systems.values())),
        "CompartmentDefinition": _by_id(*[compartment_definition(each) for each in COMPARTMENTS]),
        "ConceptMap": _by_id(*map(concept_map, CONCEPT_MAPS.values())),
        "OperationDefinition": _by_id(*[operation_definition(each) for each in OPERATIONS]),
        "SearchParameter": _by_id(*search_parameters()),
        "StructureDefinition": _by_id(*structure_definitions()),
        "ValueSet": _by_id(*map(value_set, CONTENT.value_sets.values())),
    }
)
"""What depends on this version of dzop only."""


def definitions(type: str, matrix: Matrix) -> Mapping[str, Resource]:
    """All of one type, by id, while this matrix is in force; nothing for a type we publish nothing of."""
    published = ALWAYS.get(type, {})
    if type != "CodeSystem":
        return published
    law = access_matrix(matrix)
    return {**published, law["id"]: law}
