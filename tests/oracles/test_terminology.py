"""What we ship of HL7's terminology is what R4 says: bindings, codes, displays, hierarchies and value sets."""

from __future__ import annotations

from functools import cache

import pytest
from oracles import r4
from oracles.test_elements import STRUCTURES

from dzop.access.vocabulary.vocabulary import SHIPPED
from dzop.fhir.bindings import BINDINGS, Binding, form, required
from terminology.content import CONTENT, CodeSystem
from terminology.question import Wanted
from terminology.shipped import codes

_SYSTEMS = tuple(each for each in CONTENT.code_systems.values() if each.id.startswith("hl7-"))
_VALUE_SETS = tuple(url for url, each in CONTENT.value_sets.items() if each.id.startswith("hl7-"))
_TOLD = tuple(url for url in _VALUE_SETS if codes(url) is not None)
# All of a standard of which no list is kept, and what is chosen by properties of SNOMED CT.
_ELSEWHERE = frozenset(("currencies", "encounter-reason", "mimetypes", "performer-role"))
_EXPANDED = tuple(url for url in _VALUE_SETS if url.rpartition("/")[2] not in _ELSEWHERE)


@cache
def _every() -> frozenset[r4.Coding]:
    """All codes of all value sets."""
    return frozenset().union(*(r4.expansion(url) or () for url in _EXPANDED))


def _place(path: str) -> tuple[str, str]:
    above, _, name = path.rpartition(".")
    return ("".join(part[0].upper() + part[1:] for part in above.split(".")), name) if above else (name, "")


def test_elements_are_bound_as_in_r4() -> None:
    bound = (each for type in STRUCTURES for each in r4.bindings(type).items())
    theirs = {_place(path): Binding(*each) for path, each in bound if each[1] != "example"}
    assert theirs == BINDINGS


def test_the_codes_of_every_required_value_set_are_those_of_r4() -> None:
    bound = {each.value_set: each for each in BINDINGS.values() if each.strength == "required"}
    ours = {url: _codings(url) for url, each in bound.items() if form(each) is None}
    theirs = {url: r4.expansion(url) for url in ours}
    # R4 marks `question`, which only groups other types of items, as not to be used.
    items = "http://hl7.org/fhir/ValueSet/item-type"
    assert {
        **theirs,
        items: (theirs[items] or frozenset()) - {("http://hl7.org/fhir/item-type", "question")},
    } == ours


def test_only_media_types_and_currencies_are_known_by_their_form() -> None:
    bound = {each.value_set: each for each in BINDINGS.values() if each.strength == "required"}
    assert {url.rpartition("/")[2] for url, each in bound.items() if required(each) is None} == {
        "currencies",
        "mimetypes",
    }


@pytest.mark.parametrize("url", _TOLD)
def test_a_value_set_has_the_codes_of_r4(url: str) -> None:
    theirs = r4.expansion(url) or frozenset()
    assert theirs - _abstract(theirs) == _codings(url)


def test_codes_are_not_told_of_value_sets_of_systems_that_are_not_shipped_as_a_whole() -> None:
    assert {url.rpartition("/")[2] for url in set(_VALUE_SETS) - set(_TOLD)} == {
        *_ELSEWHERE, "consent-category", "relatedperson-relationshiptype", "v3-ActConsentType",
        "v3-ActEncounterCode", "v3-PurposeOfUse",
    }  # fmt: skip


@pytest.mark.parametrize("url", _EXPANDED)
async def test_an_expansion_is_that_of_r4_with_its_displays(url: str) -> None:
    found = await SHIPPED.expansion(await SHIPPED.composed(url), Wanted(), whole=True)
    ours = {(each.system, each.concept.code): each.concept.display for each in found.contained}
    theirs = r4.expansion(url) or frozenset()
    displays = {each: r4.display(url, each) for each in theirs}
    assert {each: called or ours.get(each, "") for each, called in displays.items()} == ours


@pytest.mark.parametrize("url", _EXPANDED)
async def test_of_all_codes_those_are_valid_that_r4_has_in_the_value_set(url: str) -> None:
    assert await SHIPPED.among(await SHIPPED.composed(url), _every()) == r4.expansion(url)


@pytest.mark.parametrize("system", _SYSTEMS, ids=lambda each: each.id)
def test_a_code_system_has_the_codes_displays_and_hierarchy_of_r4(system: CodeSystem) -> None:
    ours = {each.code: (each.display, *each.parents) for each in system.concepts.values()}
    shown = {each.code for each in r4.concepts(system.url)} if system.content == "complete" else ours.keys()
    theirs = {
        each.code: (each.display, *{each.above} & shown)
        for each in r4.concepts(system.url)
        if each.code in shown
    }
    assert theirs == ours


@pytest.mark.parametrize("system", _SYSTEMS, ids=lambda each: each.id)
def test_a_code_system_has_the_version_of_r4(system: CodeSystem) -> None:
    assert system.version == (r4.code_system(system.url) or {}).get("version")


def _codings(value_set: str) -> frozenset[r4.Coding] | None:
    found = codes(value_set)
    if found is None:
        return None
    return frozenset((system, code) for system, some in found.items() for code in some)


def _abstract(codings: frozenset[r4.Coding]) -> frozenset[r4.Coding]:
    """Those of them that only group others."""
    return frozenset(
        (each.url, concept.code)
        for each in _SYSTEMS
        for concept in each.concepts.values()
        if concept.abstract and (each.url, concept.code) in codings
    )
