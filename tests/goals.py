"""Goals as tests write them: links, agreements and scales; and how a rule of the plan answers."""

from __future__ import annotations

from typing import Any

import httpx
from resources import DZOP, Resource, ref

WORDS = ("valt vaak", "valt soms", "wandelt thuis veilig", "wandelt buiten veilig", "fietst weer")
R4 = "http://hl7.org/fhir/StructureDefinition"
RELATIONSHIP = "http://terminology.hl7.org/CodeSystem/goal-relationship-type"


def link(reference: str, type: str = "other") -> Resource:
    """The extension by which a goal names another."""
    relationship = {"coding": [{"system": RELATIONSHIP, "code": type}]}
    return {
        "url": f"{R4}/goal-relationship",
        "extension": [
            {"url": "type", "valueCodeableConcept": relationship},
            {"url": "target", "valueReference": ref(reference)},
        ],
    }


def acceptance(who: str | None, *statuses: str) -> Resource:
    individual = [{"url": "individual", "valueReference": ref(who)}] if who else []
    return {
        "url": f"{R4}/goal-acceptance",
        "extension": [*individual, *[{"url": "status", "valueCode": each} for each in statuses]],
    }


def broken(answer: httpx.Response) -> tuple[int, str, str]:
    """(status, code of the rule, place) of a refusal by a rule of the plan."""
    issue = answer.json()["issue"][0]
    return answer.status_code, issue["details"]["coding"][0]["code"], issue["expression"][0]


def remarked(answer: httpx.Response) -> list[str]:
    """The codes of the rules that a write that was done is remarked on by."""
    assert answer.status_code in (200, 201), answer.text
    details = [each["details"] for each in answer.json()["issue"]]
    return [coding["code"] for each in details for coding in each.get("coding", ())]


def level(score: Any, words: str | None) -> Resource:
    said = [] if words is None else [{"url": "description", "valueString": words}]
    return {"url": "level", "extension": [{"url": "score", "valueInteger": score}, *said]}


def scale(*levels: Resource) -> Resource:
    whole = [level(score, words) for score, words in enumerate(WORDS, -2)]
    return {"url": f"{DZOP}/StructureDefinition/goal-attainment-scale", "extension": list(levels or whole)}
