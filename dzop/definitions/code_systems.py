"""Our code systems as FHIR, and for each the value set of all its codes.

https://hl7.org/fhir/R4/codesystem.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dzop import __version__
from dzop.definitions.words import BASE, LANGUAGES, Words

__all__ = ["code_system", "concept", "head", "value_set"]

Resource = Mapping[str, Any]


def code_system(words: Words) -> Resource:
    """All codes, displayed in English, with a designation in each language."""
    return {
        **head("CodeSystem", words.id, words.name, words.title, words.description),
        "caseSensitive": True,
        "valueSet": f"{BASE}/ValueSet/{words.id}",
        "content": "complete",
        "count": len(words.concepts),
        "concept": [concept(code, called) for code, called in words.concepts.items()],
    }


def value_set(words: Words) -> Resource:
    """All codes of the code system."""
    return {
        **head("ValueSet", words.id, words.name, words.title, words.description),
        "immutable": True,
        "compose": {"include": [{"system": words.url}]},
    }


def concept(code: str, called: Mapping[str, str]) -> dict[str, Any]:
    """A concept by what it is called in each language."""
    designations = [{"language": language, "value": called[language]} for language in LANGUAGES]
    return {"code": code, "display": called["en"], "designation": designations}


def head(type: str, id: str, name: str, title: str, description: str) -> dict[str, Any]:
    """What every conformance resource of ours begins with."""
    return {
        "resourceType": type,
        "id": id,
        "language": "en",
        "url": f"{BASE}/{type}/{id}",
        "version": __version__,
        "name": name,
        "title": title,
        "status": "active",
        "experimental": False,
        "publisher": "dzop",
        "description": description,
    }
