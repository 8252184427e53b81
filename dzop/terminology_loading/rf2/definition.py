"""An edition of SNOMED CT as a CodeSystem resource: what it is, without its concepts.

https://hl7.org/fhir/R4/snomedct.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dzop.terminology_loading.rf2.edition import SNOMED_CT, Edition

__all__ = ["definition", "searched"]

_ROOT: Final = "138875005"
_OPERATORS: Final = ["is-a", "descendent-of", "is-not-a", "generalizes", "=", "in"]
_PROPERTIES: Final = {
    "moduleId": ("code", "The module that the concept belongs to"),
    "sufficientlyDefined": ("boolean", "Whether what is said of the concept tells it from all others"),
}


def definition(edition: Edition, count: int, attributes: Sequence[str]) -> dict[str, Any]:
    """The CodeSystem; `count` concepts, and the concepts that are types of relationships."""
    date = edition.date
    return {
        "resourceType": "CodeSystem",
        "url": SNOMED_CT,
        "version": edition.version,
        "name": "SNOMED_CT",
        "title": f"SNOMED CT, module {edition.module}, {date[:4]}-{date[4:6]}-{date[6:]}",
        "status": "active",
        "experimental": False,
        "date": f"{date[:4]}-{date[4:6]}-{date[6:]}",
        "publisher": "SNOMED International",
        "copyright": "SNOMED CT is copyright of SNOMED International and may be used under its licence only.",
        "caseSensitive": True,
        "valueSet": f"{SNOMED_CT}?fhir_vs",
        "hierarchyMeaning": "is-a",
        "compositional": True,
        "versionNeeded": False,
        "content": "not-present",
        "count": count,
        "filter": [
            {
                "code": "concept",
                "description": "By where a concept stands in the hierarchy",
                "operator": _OPERATORS,
                "value": "The code of a concept",
            }
        ],
        "property": [
            *(
                {"code": code, "description": text, "type": type}
                for code, (type, text) in _PROPERTIES.items()
            ),
            *({"code": each, "uri": f"http://snomed.info/id/{each}", "type": "code"} for each in attributes),
        ],
    }


def searched(definition: Mapping[str, Any], languages: Sequence[str]) -> dict[str, Any]:
    """The same as it is searched: with one concept, which has the languages of them all."""
    spoken = [{"language": each} for each in languages]
    return {**definition, "concept": [{"code": _ROOT, "designation": spoken}]}
