"""The access matrix as a CodeSystem: per data category a concept, below it one for each role.

A terminology server can look a cell up by code and a person can read it; each value is a Coding, for in R4 a
property of type `code` would mean another cell. Words in other languages stand with those codes. https://hl7.org/fhir/R4/codesystem.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consent.categories import CATEGORIES
from consent.matrix import ACTIONS, ROLES, Cell, Matrix
from dzop.definitions.code_systems import code_system, concept
from terminology.content import BASE, CONTENT, VERSION, CodeSystem, display

__all__ = ["access_matrix", "code_of"]

_HEAD: Final = CodeSystem(
    "access-matrix",
    f"{BASE}/CodeSystem/access-matrix",
    VERSION,
    "AccessMatrix",
    "The access matrix: who may do what with what",
    "A cell for each data category and role, before the choices of the person. The version names exactly these"
    " values; decisions and access logs name it too.",
    "dzop",
    hierarchy_meaning="grouped-by",
)
_CODINGS: Final = {
    "category": ("data-category", "The data category of the cell"),
    "role": ("role", "The role of the cell"),
    "read": ("access-extent", "What the role may read"),
    "read-ceiling": ("access-extent", "How far the person may open reading"),
    "create": ("access-extent", "What the role may add"),
    "update": ("access-extent", "What the role may change"),
    "delete": ("access-extent", "What the role may remove"),
    "share": ("access-extent", "What the role may open to others"),
    "basis": ("access-basis", "On what the cell rests"),
}
"""The properties that are Codings: their code system, and what they say."""


def access_matrix(matrix: Matrix) -> Mapping[str, Any]:
    """The CodeSystem, whose version is that of the matrix."""
    concepts = [_category(matrix, category) for category in CATEGORIES]
    return {
        **code_system(_HEAD),
        "version": matrix.version,
        "count": len(CATEGORIES) * (1 + len(ROLES)),
        "property": [
            *(
                {"code": code, "description": description, "type": "Coding"}
                for code, (_, description) in _CODINGS.items()
            ),
            {"code": "source", "description": "Where the value was found", "type": "string"},
        ],
        "concept": concepts,
    }


def code_of(category: str, role: str) -> str:
    """The code of a cell, such as `life-goal.general-practitioner`."""
    return f"{category}.{role}"


def _category(matrix: Matrix, category: str) -> Mapping[str, Any]:
    cells = [_cell(category, role, matrix.cell(category, role)) for role in ROLES]
    return {**concept(CONTENT.code_systems["data-category"].concepts[category]), "concept": cells}


def _cell(category: str, role: str, cell: Cell) -> Mapping[str, Any]:
    what, who = display("data-category", category, "en"), display("role", role, "en")
    values = {"category": category, "role": role, "read-ceiling": cell.read_ceiling, "basis": cell.basis}
    values |= {action: getattr(cell, action) for action in ACTIONS}
    properties: list[Mapping[str, Any]] = [
        {"code": code, "valueCoding": {"system": f"{BASE}/CodeSystem/{system}", "code": values[code]}}
        for code, (system, _) in _CODINGS.items()
    ]
    if cell.source:
        properties.append({"code": "source", "valueString": cell.source})
    return {"code": code_of(category, role), "display": f"{what}: {who}", "property": properties}
