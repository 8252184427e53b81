"""Operations on terminology as they are asked, and what they tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
from fhir.resources.R4B.parameters import Parameters
from fhir.resources.R4B.valueset import ValueSet

Told = dict[str, Any]


def asked(client: httpx.Client, operation: str, /, **given: Any) -> httpx.Response:
    """By GET; `_` in a name is `-`."""
    query = [(_name(name), value) for name, each in given.items() for value in _listed(each)]
    texts = [(name, str(value).lower() if isinstance(value, bool) else value) for name, value in query]
    return client.get(f"/{operation}?{urlencode(texts)}")


def posted(client: httpx.Client, operation: str, /, **given: Any) -> httpx.Response:
    """By POST: each parameter is (type, value), or a resource."""
    return client.post(
        f"/{operation}", json=parameters(**{_name(name): value for name, value in given.items()})
    )


def place(client: httpx.Client, type: str, url: str, version: str = "") -> str:
    """`Type/id` of a definition, as a search finds it."""
    query = {"url": url, **({"version": version} if version else {})}
    (entry,) = client.get(f"/{type}?{urlencode(query)}").json()["entry"]
    return f"{type}/{entry['resource']['id']}"


def parameters(**given: Any) -> Told:
    """A Parameters resource."""
    found = [
        {"name": name, "resource": each}
        if isinstance(each, dict)
        else {"name": name, f"value{each[0]}": each[1]}
        for name, each in given.items()
    ]
    return {"resourceType": "Parameters", **({"parameter": found} if found else {})}


def _name(name: str) -> str:
    return name.replace("_", "-")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def told(answer: httpx.Response) -> Told:
    """The parameters of an answer, R4 by the official models, by name; a list where there may be several."""
    assert answer.status_code == 200, answer.text
    Parameters.model_validate_json(answer.content)
    found: Told = {}
    for each in answer.json()["parameter"]:
        if "part" in each:
            found.setdefault(each["name"], []).append({part["name"]: _value(part) for part in each["part"]})
        else:
            found[each["name"]] = _value(each)
    return found


def _value(parameter: Mapping[str, Any]) -> Any:
    return next(value for name, value in parameter.items() if name != "name")


def expanded(answer: httpx.Response) -> Told:
    """The expansion of an answer, R4 by the official models."""
    assert answer.status_code == 200, answer.text
    ValueSet.model_validate_json(answer.content)
    expansion: Told = answer.json()["expansion"]
    return expansion


def codes(answer: httpx.Response) -> list[str]:
    """The codes of an expansion, in order."""
    return [each["code"] for each in expanded(answer).get("contains", ())]


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    """(status, code, place) of a refusal."""
    issue = answer.json()["issue"][0]
    place = (issue.get("expression") or issue.get("location") or [""])[0]
    return answer.status_code, issue["code"], place
