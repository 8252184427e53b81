"""The elements we read from the models of R4B are those of R4, but for the differences listed here."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from oracles import r4

from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.structure import Element, Structure, structure_of, structure_of_resource
from dzop.fhir.summary import Selection, selected

# What we answer with or take apart, besides what we keep.
EXCHANGED = ("Bundle", "OperationOutcome", "Parameters")
# Data types of R4B alone; in what is not definitions, no element has them.
ONLY_R4B = ("CodeableReference", "RatioRange")

_MEDPLUM = "the package adds what Medplum's own server has"
_ANY_RESOURCE = "R4 says `Resource`; the package says what its text expects there"
_R4B = "R4B's own addition, in `ElementDefinition` only, which nobody writes here"
_OPEN = "R4 binds it to all of another standard (BCP 13, ISO 4217), of which we check the form"
_ABSTRACT = "`question` is abstract: R4 forbids it in an instance"
DIFFERENCES = {
    **{f"{type}.id: string in R4, id here": "R4's text says `id`; its snapshot says `string` for every type"
       for type in (*RESOURCE_TYPES, *EXCHANGED)},
    **{f"Meta.{name}: missing here": _MEDPLUM
       for name in ("account", "accounts", "author", "compartment", "onBehalfOf", "project")},
    "AuditEvent.source.observer: targets Bot ClientApplication Subscription in R4 only": _MEDPLUM,
    "Binary.url: missing here": _MEDPLUM,
    "Bundle.entry.response.outcome: OperationOutcome in R4, Resource here": _ANY_RESOURCE,
    **{f"ElementDefinition.{name}{type}: only here": _R4B
       for name in ("defaultValue", "fixed", "pattern", "example.value")
       for type in ("CodeableReference", "RatioRange")},
    **{f"ElementDefinition.{name}Meta: missing here": "stands in definitions only, and none of ours uses it"
       for name in ("defaultValue", "fixed", "pattern", "example.value")},
    **{f"{path}: codes of R4 are not checked here": _OPEN
       for path in ("Attachment.contentType", "Binary.contentType", "Money.currency", "Signature.sigFormat",
                    "Signature.targetFormat", "ElementDefinition.mapping.language")},
    **{f"PlanDefinition.{path}: only here": "R4B's own addition; only the operator writes templates"
       for path in ("subjectCanonical", "action.subjectCanonical")},
    "Questionnaire.item.type: codes question in R4 only": _ABSTRACT,
}  # fmt: skip


def _data_types(structure: Structure, known: set[str]) -> Iterator[str]:
    """The data types in a structure, and those in them; what is nested is passed through."""
    for element in structure.elements.values():
        if element.model is not None and element.model not in known:
            known.add(element.model)
            module, name = element.model.rsplit(".", 2)[-2:]
            if module == name.lower():
                yield element.model
            yield from _data_types(structure_of(element.model), known)


def _structures() -> dict[str, Structure]:
    known: set[str] = set()
    found: dict[str, Structure] = {}
    for type in (*RESOURCE_TYPES, *EXCHANGED):
        structure = structure_of_resource(type)
        assert structure is not None
        found[type] = structure
        for model in _data_types(structure, known):
            found[model.rpartition(".")[2]] = structure_of(model)
    return {type: structure for type, structure in found.items() if type not in ONLY_R4B}


STRUCTURES = _structures()


def differences(type: str) -> Iterator[str]:
    """What R4 and we say differently of one type and what is nested in it, one sentence each."""
    ours = {type: STRUCTURES[type]}
    for parent, theirs in r4.elements(type).items():
        own = {name: each for name, each in ours[parent].elements.items() if not each.sibling}
        yield from (f"{parent}.{name}: missing here" for name in theirs.keys() - own.keys())
        yield from (f"{parent}.{name}: only here" for name in own.keys() - theirs.keys())
        if [each for each in own if each in theirs] != [each for each in theirs if each in own]:
            yield f"{parent}: another order"
        for name, element in theirs.items():
            if name in own:
                path = f"{parent}.{name}"
                if element.inline:
                    ours[path] = structure_of(str(own[name].model))
                yield from (f"{path}: {each}" for each in _apart(ours, parent, element, own[name]))


def _apart(ours: dict[str, Structure], parent: str, theirs: r4.Element, own: Element) -> Iterator[str]:
    if theirs.as_at is not None and structure_of(str(own.model)) is not ours[theirs.as_at]:
        yield f"not the elements of {theirs.as_at}"
    if not theirs.inline and theirs.as_at is None and theirs.type != own.type:
        yield f"{theirs.type} in R4, {own.type} here"
    if theirs.is_list != own.is_list:
        yield "may repeat in one of both"
    if theirs.choice != own.choice or theirs.required != _required(ours[parent], own):
        yield "is required or a choice in one of both"
    if theirs.summary != own.summary:
        yield "in a summary in one of both"
    if theirs.type == "Reference":
        yield from _lists("targets", theirs.targets - {"Resource"}, own.targets or frozenset())
    yield from _bindings(theirs, own)


def _required(structure: Structure, element: Element) -> bool:
    if element.choice is None:
        return element.name in structure.required
    return any(required for name, _, required in structure.choices if name == element.choice)


def _bindings(theirs: r4.Element, own: Element) -> Iterator[str]:
    held = own.codes if own.concept is None else frozenset().union(*own.concept.values())
    if theirs.value_set is None:
        if held is not None:
            yield "bound here only"
    elif held is None:
        yield "codes of R4 are not checked here"
    else:
        yield from _lists("codes", r4.codes(theirs.value_set) or frozenset(), held)


def _lists(what: str, theirs: frozenset[str], own: frozenset[str]) -> Iterator[str]:
    for where, names in (("R4", theirs - own), ("this list", own - theirs)):
        if names:
            yield f"{what} {' '.join(sorted(each.rpartition('/')[2] for each in names))} in {where} only"


@pytest.mark.parametrize("type", RESOURCE_TYPES)
def test_what_changes_the_meaning_of_a_resource_is_always_shown(type: str) -> None:
    needed = [name for name, each in r4.elements(type)[type].items() if each.modifier or each.required]
    body = json.dumps({"resourceType": type, **dict.fromkeys(needed, "x")}).encode()
    shown = json.loads(selected(body, Selection(elements=(("", "id"),))))
    assert [name for name in needed if name not in shown] == []


@pytest.mark.parametrize("type", STRUCTURES)
def test_a_type_has_the_elements_of_r4_but_for_what_is_listed(type: str) -> None:
    listed = {each for each in DIFFERENCES if each.partition(".")[0] == type}
    assert set(differences(type)) == listed


def test_no_difference_is_listed_of_a_type_that_is_not_there() -> None:
    assert {each.partition(".")[0] for each in DIFFERENCES} <= STRUCTURES.keys()
