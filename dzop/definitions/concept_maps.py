"""The concept maps that are shipped, as FHIR; those from a profession to a role are read from the access law.

https://hl7.org/fhir/R4/conceptmap.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final

from consent.professions import ROLE_OF_CODE, ROLE_SYSTEM
from dzop.definitions.code_systems import shipped_head
from terminology.content import BASE, CONTENT, VERSION, CodeSystem, ConceptMap, Group, Mapped

__all__ = ["CONCEPT_MAPS", "concept_map"]


def concept_map(shipped: ConceptMap) -> Mapping[str, Any]:
    """The concept map; the targets of one code stand together."""
    return {
        **shipped_head("ConceptMap", shipped),
        "sourceCanonical": shipped.source_value_set,
        "targetCanonical": shipped.target_value_set,
        "group": [
            {"source": each.source, "target": each.target, "element": _elements(each.mapped)}
            for each in shipped.groups
        ],
    }


def _elements(mapped: Iterable[Mapped]) -> list[Mapping[str, Any]]:
    return [
        {"code": code, "target": [_target(each) for each in together]}
        for code, together in groupby(sorted(mapped, key=lambda each: each.code), lambda each: each.code)
    ]


def _target(mapped: Mapped) -> Mapping[str, Any]:
    stated = {"code": mapped.target, "equivalence": mapped.equivalence, "comment": mapped.comment}
    return {name: value for name, value in stated.items() if value}


def _to_role(id: str, system: CodeSystem, title: str) -> ConceptMap:
    """What the access law makes of the codes of a system: a role of which it is the only code is the same."""
    roles = {code: role for (url, code), role in ROLE_OF_CODE.items() if url == system.url}
    times = Counter(roles.values())
    mapped = [
        Mapped(code, roles.get(code, ""), _equivalence(times[roles[code]]) if code in roles else "unmatched")
        for code in system.concepts
    ]
    return ConceptMap(
        id, f"{BASE}/ConceptMap/{id}", VERSION, "ProfessionToRole", title,
        "The role that a code of a profession gives in the access law; a code that is not matched gives none.",
        system.source, "active", system.value_set, f"{BASE}/ValueSet/role",
        (Group(system.url, ROLE_SYSTEM, tuple(mapped)),),
    )  # fmt: skip


def _equivalence(times: int) -> str:
    return "equivalent" if times == 1 else "wider"


CONCEPT_MAPS: Final[Mapping[str, ConceptMap]] = MappingProxyType(
    {
        **CONTENT.concept_maps,
        "cd-hcparty-to-role": _to_role(
            "cd-hcparty-to-role", CONTENT.code_systems["be-cd-hcparty"], "From CD-HCPARTY to a role"
        ),
    }
)
"""All concept maps, by id."""
