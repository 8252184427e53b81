"""The code systems, value sets and concept maps that dzop ships: TOML files in `data`, one folder a publisher.

https://hl7.org/fhir/R4/terminology-module.html
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, Final, Literal

from terminology.concept import Concept, Designation, Property
from terminology.concept_set import Filter, ListedConcept

__all__ = [
    "BASE", "CONTENT", "LANGUAGES", "VERSION", "CodeSystem", "ConceptMap", "Content", "Group", "Include", "Mapped",
    "ValueSet", "display", "read",
]  # fmt: skip

BASE: Final = "https://dzop.example/fhir"
VERSION: Final = "0.1.0"
"""Of what is ours: the version of dzop, as a test demands."""
LANGUAGES: Final = ("nl", "fr", "de", "en")
_FOLDERS: Final = {"dzop": "", "belgium": "be-", "hl7": "hl7-"}
"""What ids of each folder begin with."""
_TYPES: Final = {bool: "boolean", int: "integer", str: "string", dict: "Coding"}
"""The type of a property by how TOML writes its value."""
_SAID: Final = frozenset({*LANGUAGES, "display", "definition", "below", "inactive", "abstract", "properties"})
"""What may be said of a concept."""
_EQUIVALENCES: Final = ("equivalent", "wider", "narrower", "inexact", "relatedto")
"""Each a table of a group of a concept map. https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html"""


@dataclass(frozen=True, slots=True)
class _Head:
    """What code systems, value sets and concept maps have in common.

    `source` is where the codes are from: a page, a line `S3:n` of the final report of WeCare (2023), or `dzop`.
    """

    id: str
    url: str
    version: str
    name: str
    title: str
    description: str
    source: str
    status: Literal["active", "draft"] = "active"


@dataclass(frozen=True, slots=True)
class CodeSystem(_Head):
    """A code system. `concepts` are by code, in order; `display` is English, designations are in other languages.

    `value_set` is the canonical of the value set of all its codes, empty without one; `technical` when no person
    ever sees it.
    """

    concepts: Mapping[str, Concept] = field(default_factory=dict)
    value_set: str = ""
    content: Literal["complete", "fragment"] = "complete"
    case_sensitive: bool = True
    hierarchy_meaning: str = ""
    technical: bool = False

    def display(self, code: str, language: str) -> str:
        """What the code is called in one of LANGUAGES; KeyError for what there is not."""
        concept = self.concepts[code]
        found = next((each.value for each in concept.designations if each.language == language), None)
        if found is None and language != "en":
            raise KeyError((self.url, code, language))
        return concept.display if found is None else found


@dataclass(frozen=True, slots=True)
class Include:
    """One include or exclude of a value set: concepts named one by one, or those that all filters keep; those of a
    system without either are all. With `value_sets` only what is in each of them too.
    """

    system: str = ""
    concepts: tuple[ListedConcept, ...] = ()
    filters: tuple[Filter, ...] = ()
    value_sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueSet(_Head):
    """A value set, as R4's `compose`."""

    include: tuple[Include, ...] = ()
    exclude: tuple[Include, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """One code and what it means elsewhere; `equivalence` is seen from the target, `target` empty when `unmatched`.

    https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html
    """

    code: str
    target: str
    equivalence: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What codes of one system mean in another."""

    source: str
    target: str
    mapped: tuple[Mapped, ...]


@dataclass(frozen=True, slots=True)
class ConceptMap(_Head):
    """A concept map between two value sets, by canonical."""

    source_value_set: str = ""
    target_value_set: str = ""
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """Code systems and concept maps by id, value sets by canonical, in the order of folders and names."""

    code_systems: Mapping[str, CodeSystem]
    value_sets: Mapping[str, ValueSet]
    concept_maps: Mapping[str, ConceptMap]


def display(code_system: str, code: str, language: str) -> str:
    """What a code is called, in the middle of a sentence: `display("role", "informal-carer", "nl")`.

    `code_system` is an id of CONTENT, `language` one of LANGUAGES; KeyError for what there is not.
    """
    return CONTENT.code_systems[code_system].display(code, language)


def read(data: Traversable) -> Content:
    """All that the folders hold; ValueError when two things have the same canonical, or a concept a strange key."""
    systems = [_code_system(*each) for each in _files(data, "")]
    value_sets = [_all_of(system) for system in systems if system.value_set]
    value_sets += [_value_set(*each) for each in _listed_value_sets(data)]
    maps = [_concept_map(*each) for each in _files(data, "concept-maps")]
    canonicals = [each.url for each in (*systems, *value_sets, *maps)]
    if twice := {url for url in canonicals if canonicals.count(url) > 1}:
        raise ValueError(f"These canonicals stand twice: {', '.join(sorted(twice))}")
    return Content(
        MappingProxyType({each.id: each for each in systems}),
        MappingProxyType({each.url: each for each in value_sets}),
        MappingProxyType({each.id: each for each in maps}),
    )


def _files(data: Traversable, below: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Folder, name and table of each file, of those right below a folder of a publisher or in one in there."""
    for folder in _FOLDERS:
        place = data.joinpath(folder, below) if below else data.joinpath(folder)
        for file in sorted(place.iterdir() if place.is_dir() else (), key=lambda each: each.name):
            name = file.name.removesuffix(".toml")
            if name not in (file.name, "value-sets"):
                yield folder, name, tomllib.loads(file.read_text("utf-8"))


def _listed_value_sets(data: Traversable) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for folder in _FOLDERS:
        file = data.joinpath(folder, "value-sets.toml")
        for url, table in tomllib.loads(file.read_text("utf-8") if file.is_file() else "").items():
            yield folder, url.rpartition("/")[2], {"url": url, **table}


def _head(type: str, folder: str, name: str, table: dict[str, Any]) -> dict[str, Any]:
    """The fields of a head, taken out of the table."""
    prefix = _FOLDERS[folder]
    ours = {"url": f"{BASE}/{type}/{name}", "version": VERSION} if folder == "dzop" else {}
    known = ("url", "version", "name", "title", "description", "source", "status")
    given = {key: table.pop(key) for key in known if key in table}
    return {"id": prefix + name.removeprefix(prefix), **ours, **given}


def _code_system(folder: str, name: str, table: dict[str, Any]) -> CodeSystem:
    head = _head("CodeSystem", folder, name, table)
    ours = {"value_set": f"{BASE}/ValueSet/{name}"} if folder == "dzop" else {}
    concepts = {code: _concept(code, given) for code, given in table.pop("concepts").items()}
    meaning = table.pop("hierarchy", "")
    return CodeSystem(
        **head, **{**ours, **table}, hierarchy_meaning=meaning, concepts=MappingProxyType(concepts)
    )


def _concept(code: str, given: Mapping[str, Any]) -> Concept:
    if unknown := given.keys() - _SAID:
        raise ValueError(f"Of the concept {code} is said what is not known: {', '.join(sorted(unknown))}")
    display = given.get("display", given["en"])
    called = {each: given[each] for each in LANGUAGES if each in given}
    if called["en"] == display:
        del called["en"]
    return Concept(
        code,
        display,
        given.get("definition", ""),
        tuple(Designation(language, value) for language, value in called.items()),
        tuple(
            Property(name, _TYPES[type(value)], value) for name, value in given.get("properties", {}).items()
        ),
        (given["below"],) if "below" in given else (),
        given.get("inactive", False),
        given.get("abstract", False),
    )


def _all_of(system: CodeSystem) -> ValueSet:
    """The value set of all codes of a system, under the id of the system."""
    return ValueSet(
        system.id, system.value_set, system.version, system.name, system.title, system.description, system.source,
        system.status, (Include(system.url),),
    )  # fmt: skip


def _value_set(folder: str, name: str, table: dict[str, Any]) -> ValueSet:
    head = _head("ValueSet", folder, name, table)
    include, exclude = table.pop("include"), table.pop("exclude", ())
    return ValueSet(
        **head, **table, include=tuple(map(_include, include)), exclude=tuple(map(_include, exclude))
    )


def _include(given: Mapping[str, Any]) -> Include:
    named = [ListedConcept(code) for code in given.get("codes", "").split()]
    named += [_listed(code, called) for code, called in given.get("concepts", {}).items()]
    filters = [Filter(each["property"], each["op"], each["value"]) for each in given.get("filter", ())]
    return Include(given.get("system", ""), tuple(named), tuple(filters), _texts(given.get("value_set", ())))


def _listed(code: str, called: Mapping[str, str]) -> ListedConcept:
    concept = _concept(code, called)
    return ListedConcept(code, concept.display, concept.designations)


def _texts(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _concept_map(folder: str, name: str, table: dict[str, Any]) -> ConceptMap:
    head = _head("ConceptMap", folder, name, table)
    groups = tuple(map(_group, table.pop("group")))
    return ConceptMap(**head, **table, groups=groups)


def _group(given: Mapping[str, Any]) -> Group:
    """A table for each equivalence, of targets by code."""
    comments = given.get("comments", {})
    mapped = [
        Mapped(code, target, equivalence, comments.get(code, ""))
        for equivalence in _EQUIVALENCES
        for code, targets in given.get(equivalence, {}).items()
        for target in _texts(targets)
    ]
    mapped += [
        Mapped(code, "", "unmatched", comments.get(code, "")) for code in given.get("unmatched", "").split()
    ]
    return Group(given["source"], given["target"], tuple(mapped))


CONTENT: Final = read(files(__package__).joinpath("data"))
