"""Questionnaires and answers as short as they may be, for tests to start from."""

from __future__ import annotations

from typing import Any

from resources import DZOP, Resource, concept

HL7 = "http://hl7.org/fhir/StructureDefinition"
SYSTEM = "http://questionnaires.example/CodeSystem/answers"
SCORES = "http://questionnaires.example/CodeSystem/scores"


def question(link_id: str, type: str, *items: Resource, **elements: Any) -> Resource:
    """An item of a questionnaire, with those within."""
    return {"linkId": link_id, "type": type, **elements, **({"item": list(items)} if items else {})}


def limit(name: str, **value: Any) -> Resource:
    """An extension of HL7's that limits the answers, such as `maxValue`."""
    return {"url": f"{HL7}/{name}", **value}


def option(code: str, number: float | None) -> Resource:
    """An answer to choose, and what it counts."""
    ordinal = [] if number is None else [{"url": f"{HL7}/ordinalValue", "valueDecimal": number}]
    return {
        **({"extension": ordinal} if ordinal else {}),
        "valueCoding": {"system": SYSTEM, "code": code},
    }


def alone(option: Resource) -> Resource:
    """The same answer to choose, which excludes all others."""
    exclusive = limit("questionnaire-optionExclusive", valueBoolean=True)
    return {**option, "extension": [*option.get("extension", ()), exclusive]}


def questionnaire(*items: Resource, scores: list[Resource] | None = None, **elements: Any) -> Resource:
    """A Questionnaire, without id."""
    return {
        "resourceType": "Questionnaire",
        "status": "active",
        **({"extension": scores} if scores else {}),
        **elements,
        "item": list(items),
    }


def score_of(
    code: str,
    *items: str | tuple[str, float],
    decimals: int | None = None,
    bands: list[Resource] | None = None,
) -> Resource:
    """The definition of a score."""
    parts: list[Resource] = [{"url": "code", "valueCodeableConcept": concept(SCORES, code)}]
    for each in items:
        link_id, weight = (each, None) if isinstance(each, str) else each
        inner: list[Resource] = [{"url": "linkId", "valueString": link_id}]
        inner += [] if weight is None else [{"url": "weight", "valueDecimal": weight}]
        parts.append({"url": "item", "extension": inner})
    parts += [] if decimals is None else [{"url": "decimals", "valueInteger": decimals}]
    return {"url": f"{DZOP}/StructureDefinition/score", "extension": [*parts, *(bands or ())]}


def band(code: str, low: float | None, high: float | None) -> Resource:
    """What scores between two numbers mean."""
    bounds: list[Resource] = [
        {"url": name, "valueDecimal": each}
        for name, each in (("low", low), ("high", high))
        if each is not None
    ]
    return {
        "url": "band",
        "extension": [*bounds, {"url": "interpretation", "valueCodeableConcept": concept(SCORES, code)}],
    }


def given(link_id: str, *answers: Resource) -> Resource:
    """An item of a response with these answers, each a `value[x]`."""
    return {"linkId": link_id, **({"answer": list(answers)} if answers else {})}


def group(link_id: str, *items: Resource) -> Resource:
    """A group of a response."""
    return {"linkId": link_id, **({"item": list(items)} if items else {})}


def chosen(code: str, system: str = SYSTEM) -> Resource:
    """The answer that is one of those offered."""
    return {"valueCoding": {"system": system, "code": code}}
