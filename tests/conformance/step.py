"""One request of the story that is told to a server, and what requests are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from conformance.answers import Answers
from resources import Resource

DOCTOR = {"resourceType": "Practitioner", "active": True, "name": [{"family": "Story"}]}
MARK = "http://conformance.example/story"
ABSENT = f"http://conformance.example/{uuid4()}"
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
XML = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+xml"}


def doctor(value: str = "", **elements: Any) -> Resource:
    identifier = {"identifier": [{"system": MARK, "value": value}]} if value else {}
    return {**DOCTOR, **identifier, **elements}


@dataclass(frozen=True)
class Step:
    """One request; `url` and `body` may follow from the answers so far."""

    name: str
    method: str
    url: str | Callable[[Answers], str]
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def taken(self, client: httpx.Client, answers: Answers) -> httpx.Response:
        """The answer to this request."""
        url = self.url(answers) if callable(self.url) else self.url
        body = self.body(answers) if callable(self.body) else self.body
        kind = "content" if isinstance(body, str | bytes) else "json"
        return client.request(
            self.method, url, headers=self.headers, **({} if body is None else {kind: body})
        )
