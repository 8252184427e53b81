"""The terminology that is shipped as a page for people: systems, sizes, languages, sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dzop.definitions.concept_maps import CONCEPT_MAPS
from terminology.content import BASE, CONTENT, LANGUAGES, CodeSystem, ConceptMap, ValueSet

__all__ = ["terminology_page"]

_INTRODUCTION: Final = """\
# Terminology that is shipped

`make terminology` makes this page from the tables in [terminology/data](../terminology/data), one file a code system.
Each is read and searched at the server as CodeSystem, ValueSet or ConceptMap. The words of codes are for people: in
Dutch, French, German and English, in the middle of a sentence. Codes of others are as their publisher writes them,
errors included; so is the display in English, and official words in other languages where there are any. Where there
are none, and of what is ours, the words were written for dzop.

A **part** holds the codes that are used here; of another code of that system nothing can be said. Licensed
terminologies, such as SNOMED CT and LOINC, are not shipped: value sets name some of their codes, and an operator can
load them. `S3:n` is line n of the text of the final report of the project WeCare (2023), `S0:n` of an answer in the
Flemish Parliament about eHealth (21 December 2021), `S1:n` of the projects of Departement Zorg (2025); `dzop` is the
access law and the rules of a plan.
"""
_PUBLISHERS: Final = (
    ("Ours", ""),
    ("Belgium", "be-"),
    ("HL7", "hl7-"),
)
"""What the ids of each begin with; ours, with nothing in common, are told by their URL."""
_SYSTEMS_HEAD: Final = (
    "| code system | canonical | version | codes | languages | from |\n|---|---|---|---|---|---|"
)
_VALUE_SETS_HEAD: Final = "| value set | canonical | from |\n|---|---|---|"
_MAPS_HEAD: Final = "| concept map | from | to | codes |\n|---|---|---|---|"


def terminology_page() -> str:
    """Markdown of all code systems, of the value sets that are not all codes of one, and of the concept maps."""
    all_of_one = {each.value_set for each in CONTENT.code_systems.values()}
    value_sets = [each for each in CONTENT.value_sets.values() if each.url not in all_of_one]
    parts = [_INTRODUCTION]
    for title, start in _PUBLISHERS:
        parts.append(f"## {title}\n")
        systems = [_system(each) for each in CONTENT.code_systems.values() if _is_of(start, each)]
        parts.append(_table(_SYSTEMS_HEAD, systems))
        parts.append(
            _table(_VALUE_SETS_HEAD, [_value_set(each) for each in value_sets if _is_of(start, each)])
        )
    parts.append("## From one code system to another\n")
    parts.append(_table(_MAPS_HEAD, map(_map, CONCEPT_MAPS.values())))
    return "\n".join(parts)


def _is_of(start: str, each: CodeSystem | ValueSet) -> bool:
    return each.id.startswith(start) if start else each.url.startswith(f"{BASE}/")


def _table(head: str, lines: Iterable[str]) -> str:
    return "\n".join([head, *lines]) + "\n"


def _system(each: CodeSystem) -> str:
    part = "" if each.content == "complete" else ", a part"
    languages = [language for language in LANGUAGES if _has(each, language)]
    return (
        f"| {each.title} | `{each.url}` | {each.version} | {len(each.concepts)}{part} | {' '.join(languages)}"
        f" | {_source(each.source)} |"
    )


def _has(system: CodeSystem, language: str) -> bool:
    """Whether every code of the system has words in the language."""
    return language == "en" or all(
        language in {said.language for said in each.designations} for each in system.concepts.values()
    )


def _value_set(each: ValueSet) -> str:
    return f"| {each.title} | `{each.url}` | {_source(each.source)} |"


def _map(each: ConceptMap) -> str:
    codes = {(group.source, one.code) for group in each.groups for one in group.mapped if one.target}
    return f"| {each.title} | `{each.source_value_set}` | `{each.target_value_set}` | {len(codes)} |"


def _source(source: str) -> str:
    return f"[page]({source})" if source.startswith("https:") else source
