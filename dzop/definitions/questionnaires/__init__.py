"""Our own questionnaires, as FHIR: a TOML file each, in four languages.

Their words are ours; none is a validated instrument. https://hl7.org/fhir/R4/questionnaire.html
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Final

from dzop.definitions.translations import LANGUAGE, translated, translated_coding
from terminology.content import BASE

__all__ = ["questionnaires"]

_HL7: Final = "http://hl7.org/fhir/StructureDefinition"
_ANSWER, _SCORE, _MEANING = "instrument-answer", "instrument-score", "score-meaning"
Table = Mapping[str, Any]


def questionnaires() -> tuple[Mapping[str, Any], ...]:
    """All of them, by name, as Questionnaire resources with their ids."""
    found = sorted(files(__package__).iterdir(), key=lambda each: each.name)
    return tuple(
        _questionnaire(each.name.removesuffix(".toml"), tomllib.loads(each.read_text("utf-8")))
        for each in found
        if each.name.endswith(".toml")
    )


def _questionnaire(id: str, table: Table) -> Mapping[str, Any]:
    return {
        "resourceType": "Questionnaire",
        "id": id,
        "language": LANGUAGE,
        "extension": [_score(each) for each in table["score"]],
        "url": f"{BASE}/Questionnaire/{id}",
        "version": table["version"],
        "name": table["name"],
        **translated("title", table["title"]),
        "status": "active",
        "subjectType": table["subjects"],
        "publisher": "dzop",
        **translated("description", table["description"]),
        "code": [translated_coding("data-category", table["category"])],
        "item": [_item(each, table["answers"]) for each in table["item"]],
    }


def _score(table: Table) -> dict[str, Any]:
    code = {"coding": [translated_coding(_SCORE, table["code"])]}
    parts: list[dict[str, Any]] = [{"url": "code", "valueCodeableConcept": code}]
    parts += [
        {"url": "item", "extension": [{"url": "linkId", "valueString": each}]} for each in table["items"]
    ]
    parts += [{"url": "band", "extension": list(_band(each))} for each in table["bands"]]
    return {"url": f"{BASE}/StructureDefinition/score", "extension": parts}


def _band(table: Table) -> Iterator[dict[str, Any]]:
    yield from ({"url": each, "valueDecimal": table[each]} for each in ("low", "high") if each in table)
    meaning = {"coding": [translated_coding(_MEANING, table["means"])]}
    yield {"url": "interpretation", "valueCodeableConcept": meaning}


def _item(table: Table, answers: Table) -> dict[str, Any]:
    """An item; one with `answers` is a choice, one with items and no `type` a group."""
    offered, within = answers.get(table.get("answers", ""), {}), table.get("item", ())
    kind = table.get("type", "choice" if offered else "group")
    whole: dict[str, Any] = {
        "extension": list(_limits(table)),
        "linkId": table["id"],
        **translated("text", table["text"]),
        "type": kind,
        "enableWhen": list(_conditions(table)),
        "required": table.get("required"),
        "maxLength": table.get("longest"),
        "answerOption": [_option(code, number) for code, number in offered.items()],
        "item": [_item(each, answers) for each in within],
    }
    return {name: value for name, value in whole.items() if value not in (None, [])}


def _limits(table: Table) -> Iterator[dict[str, Any]]:
    for name, limit in (("lowest", "minValue"), ("highest", "maxValue")):
        if name in table:
            yield {"url": f"{_HL7}/{limit}", "valueInteger": table[name]}


def _conditions(table: Table) -> Iterator[dict[str, Any]]:
    if (condition := table.get("when")) is not None:
        yield {"question": condition["item"], "operator": "=", "answerBoolean": condition["boolean"]}


def _option(code: str, number: int) -> dict[str, Any]:
    ordinal = {"url": f"{_HL7}/ordinalValue", "valueDecimal": number}
    return {"extension": [ordinal], "valueCoding": translated_coding(_ANSWER, code)}
