"""$lookup: what a code means. https://hl7.org/fhir/R4/codesystem-operation-lookup.html"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from dzop.access.vocabulary.answers import Found
from dzop.access.vocabulary.vocabulary import Vocabulary
from dzop.fhir.outcome import Invalid, Issue, NotFound, Unprocessable
from dzop.fhir.parameters import Given, parameters
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes
from dzop.interactions.terminology.asked import Asked, Coded
from dzop.interactions.terminology.designations import designation_part, names_of
from dzop.interactions.terminology.faults import told
from terminology.concept import Designation, Property

Part = tuple[str, str, Any]

_EVERYTHING: Final = "*"
_UNASKED: Final = frozenset({"child", "url"})
"""Told only to who asks: children may be very many."""


async def lookup(ask: Ask, given: Given) -> Answer:
    """200 with what is said of the concept; 404 for a code system, version or code that is not held."""
    asked = Asked(ask, given)
    asked.require_today()
    (coded,) = asked.coded("version")
    if not coded.system:
        raise Invalid("`$lookup` needs the `system` of the code", expression="system")
    wanted = frozenset(asked.several("property"))
    with told("system"):
        found = await _found(ask.service.vocabulary, coded, _is_wanted("child", wanted))
        _require_few(found, ask.service.expansion_limit)
        neighbours = await _described(ask.service.vocabulary, found, wanted)
    system, languages = found.system, asked.languages
    return Answer(
        200,
        json_bytes(
            parameters(
                ("name", "string", system.title or system.name or system.url),
                ("version", "string", system.version or None),
                ("display", "string", found.display(languages)),
                *[("designation", "part", designation_part(each)) for each in _names(found, wanted)],
                *[
                    ("property", "part", _property_part(each, neighbours, languages))
                    for each in _properties(found)
                    if _is_wanted(each.code, wanted)
                ],
            )
        ),
    )


async def _found(vocabulary: Vocabulary, coded: Coded, with_children: bool) -> Found:
    if with_children:
        return await vocabulary.lookup(coded.system, coded.version, coded.code)
    found = await vocabulary.concepts(coded.system, coded.version, [coded.code])
    if coded.code not in found:
        raise NotFound(f"`{coded.code[:200]}` is no code of `{coded.system[:200]}`", expression=coded.where)
    return found[coded.code]


def _require_few(found: Found, most: int) -> None:
    """422 when more stand right below the concept than an expansion may have."""
    if len(found.children) > most:
        text = f"`{found.concept.code}` has more than {most} codes right below it; expand a value set of them"
        raise Unprocessable(Issue("too-costly", text, "property"))


def _is_wanted(property: str, wanted: Collection[str]) -> bool:
    return property in wanted or _EVERYTHING in wanted or (not wanted and property not in _UNASKED)


def _names(found: Found, wanted: Collection[str]) -> Iterator[Designation]:
    """All names, or those in the languages that were asked as `lang.X`."""
    every = _is_wanted("designation", wanted)
    languages = {each.removeprefix("lang.").lower() for each in wanted if each.startswith("lang.")}
    for each in names_of(found.concept, found.system.default_language):
        language = each.language.lower()
        if every or language in languages or language.partition("-")[0] in languages:
            yield each


def _properties(found: Found) -> Iterator[Property]:
    """Those that every code system has, then its own."""
    concept, own = found.concept, {each.code for each in found.concept.properties}
    usual = [
        Property("url", "uri", found.system.url),
        *([Property("definition", "string", concept.definition)] if concept.definition else []),
        Property("inactive", "boolean", concept.inactive),
        *([Property("notSelectable", "boolean", True)] if concept.abstract else []),
        *[Property("parent", "code", each) for each in concept.parents],
        *[Property("child", "code", each) for each in found.children],
    ]
    yield from (each for each in usual if each.code not in own)
    yield from concept.properties


async def _described(vocabulary: Vocabulary, found: Found, wanted: Collection[str]) -> Mapping[str, Found]:
    """The concepts that the properties to be told name, in one round trip."""
    codes = [
        str(each.value)
        for each in _properties(found)
        if each.type == "code" and _is_wanted(each.code, wanted)
    ]
    return await vocabulary.concepts(found.system.url, found.system.version, codes) if codes else {}


def _property_part(
    property: Property, neighbours: Mapping[str, Found], languages: Sequence[str]
) -> list[Part]:
    neighbour = neighbours.get(property.value) if property.type == "code" else None
    return [
        ("code", "code", property.code),
        ("value", property.type, property.value),
        ("description", "string", neighbour and neighbour.display(languages)),
    ]
