"""What goes in and comes out of an interaction, whether it arrived by HTTP or in a Bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dzop.access.gateway import Gateway
from dzop.actor import Call
from dzop.auth.proofs import Declarations
from dzop.fhir.json import Source
from dzop.fhir.outcome import Issue


@dataclass(frozen=True, slots=True)
class Service:
    """What interactions work with; made once, when the service starts."""

    gateway: Gateway
    base: str
    page_key: bytes
    client_ids: Literal["any", "uuid", "none"]
    page_size: int
    software: str
    published: str
    oauth: Mapping[str, str] = field(default_factory=dict)
    declarations: Declarations = field(default_factory=Declarations)


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `path` is relative to the base, `parameters` those of the URL and of a form."""

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...] = ()
    body: Source | None = None
    if_match: str | None = None
    if_none_match: str | None = None
    if_none_exist: str | None = None
    prefer: str = ""
    accept_language: str = ""

    @property
    def is_lenient(self) -> bool:
        return "handling=lenient" in self.prefer.replace(" ", "")

    @property
    def wants(self) -> str:
        """What a write shall answer with: `representation`, `minimal` or `OperationOutcome`."""
        for preference in self.prefer.replace(" ", "").split(","):
            name, _, value = preference.partition("=")
            if name == "return" and value in ("minimal", "OperationOutcome"):
                return value
        return "representation"


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and body of a response; `resource` is a body that is a FHIR resource as served.

    `remarks` are warnings about what was done all the same.
    """

    status: int
    resource: bytes | None = None
    etag: str | None = None
    last_modified: str | None = None
    location: str | None = None
    remarks: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """An interaction about to happen: the service, the call, the request, and what the path named."""

    service: Service
    call: Call
    request: Request
    type: str = ""
    id: str = ""
    version: str = ""
