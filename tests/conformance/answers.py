"""What can be said of an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
from resources import Resource

Answers = dict[str, httpx.Response]
Holds = Callable[[httpx.Response], bool]
# The paragraph, the statement, the request by its name in the story, and what must hold of its answer.
Demand = tuple[str, str, str, Holds]

SEVERITIES = ("fatal", "error", "warning", "information")
HTTP, SEARCH, BUNDLE = "http.html", "search.html", "bundle.html"
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def version(answer: httpx.Response) -> str:
    return answer.headers["ETag"].removeprefix('W/"').rstrip('"')


def updated(answer: httpx.Response) -> str:
    return str(answer.json()["meta"]["lastUpdated"])


def link(answer: httpx.Response, relation: str) -> str | None:
    return next((each["url"] for each in answer.json()["link"] if each["relation"] == relation), None)


def location(answer: httpx.Response, position: int) -> str:
    return str(answer.json()["entry"][position]["response"]["location"])


def entries(answer: httpx.Response) -> list[Resource]:
    return list(answer.json().get("entry", []))


def ids(answer: httpx.Response, mode: str = "match") -> list[str]:
    """The ids of the entries of a search in order, without their common beginning."""
    found = [each["resource"]["id"] for each in entries(answer) if each["search"]["mode"] == mode]
    return [id.removeprefix("r4-") for id in found]


def outcome(answer: httpx.Response) -> Resource:
    """The first issue of an OperationOutcome."""
    assert answer.json()["resourceType"] == "OperationOutcome"
    return dict(answer.json()["issue"][0])


def status(*expected: int) -> Holds:
    return lambda answer: answer.status_code in expected


def refused(expected: int, code: str) -> Holds:
    """An OperationOutcome of one kind of fault."""
    return lambda answer: answer.status_code == expected and outcome(answer)["code"] == code


def header(name: str, value: str) -> Holds:
    return lambda answer: answer.headers.get(name) == value


def matched(*names: str) -> Holds:
    return lambda answer: ids(answer) == list(names)


def included(*names: str) -> Holds:
    return lambda answer: sorted(ids(answer, "include")) == sorted(names)


def of_type(type: str) -> Holds:
    return lambda answer: answer.json()["type"] == type


def responses(answer: httpx.Response) -> list[Resource]:
    return [each["response"] for each in entries(answer)]


def requests(answer: httpx.Response) -> list[Resource]:
    return [each["request"] for each in entries(answer)]


def is_subsetted(answer: httpx.Response) -> bool:
    found = answer.json()
    resource = found["entry"][0]["resource"] if found["resourceType"] == "Bundle" else found
    return any(SUBSETTED.items() <= tag.items() for tag in resource["meta"].get("tag", []))


def is_uuid(text: str) -> bool:
    return str(UUID(text)) == text


def phones(answer: httpx.Response) -> list[str]:
    return [each["value"] for each in answer.json().get("telecom", [])]


def rest(answer: httpx.Response) -> Resource:
    return dict(answer.json()["rest"][0])


def each_resource(holds: Callable[[Resource], bool]) -> Holds:
    """Something holds of every resource of a CapabilityStatement."""
    return lambda answer: all(holds(each) for each in rest(answer)["resource"])


def is_full(value: Any) -> bool:
    """JSON without empty arrays, empty objects and lone nulls, as FHIR wants it."""
    match value:
        case dict() | list():
            below = value.values() if isinstance(value, dict) else value
            return bool(value) and all(is_full(each) for each in below)
        case _:
            return value is not None and value != ""
