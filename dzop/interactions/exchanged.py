"""What goes in and comes out of an interaction, whether it arrived by HTTP or in a Bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qsl

from dzop.access.gateway import Gateway
from dzop.access.unit import Unit
from dzop.access.vocabulary.vocabulary import SHIPPED, Vocabulary
from dzop.actor import Call
from dzop.auth.proofs import Declarations
from dzop.fhir.identifiers import IdentifierChecks
from dzop.fhir.json import Source
from dzop.fhir.outcome import Invalid, Issue

_RETURNS = {"minimal": "minimal", "operationoutcome": "OperationOutcome"}


@lru_cache(maxsize=256)
def _preferences(prefer: str) -> Mapping[str, str]:
    """The first of a name counts; parameters are left aside. https://www.rfc-editor.org/rfc/rfc7240"""
    found: dict[str, str] = {}
    for preference in prefer.split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"').lower())
    return found


@dataclass(frozen=True, slots=True)
class Service:
    """What interactions work with; made once, when the service starts."""

    gateway: Gateway
    base: str
    page_key: bytes
    client_ids: Literal["any", "uuid", "none"]
    page_size: int
    bundle_entries: int
    max_body: int
    software: str
    published: str
    oauth: Mapping[str, str] = field(default_factory=dict)
    declarations: Declarations = field(default_factory=Declarations)
    identifier_checks: IdentifierChecks = "error"
    vocabulary: Vocabulary = SHIPPED
    issuer: str = ""
    expansion_limit: int = 10_000

    def within(self, unit: Unit) -> Service:
        """The same in the middle of a unit: nothing waits for a connection while it holds one."""
        gateway, vocabulary = self.gateway.within(unit), self.vocabulary.within(unit.connection)
        return replace(self, gateway=gateway, vocabulary=vocabulary)


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `path` is relative to the base, `parameters` those of the URL and of a form.

    `body` is a resource; `document` what is none, a JSON Patch, exactly as it was sent. `format` is in what the
    answer is wanted; FHIR's own formats are told apart only when it leaves.
    """

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...] = ()
    body: Source | None = None
    if_match: str | None = None
    if_none_match: str | None = None
    if_none_exist: str | None = None
    prefer: str = ""
    accept_language: str = ""
    if_modified_since: str | None = None
    document: bytes | None = None
    format: Literal["fhir", "pdf"] = "fhir"

    @property
    def preferences(self) -> Mapping[str, str]:
        """What the `Prefer` headers say: values by name, both in lower case."""
        return _preferences(self.prefer[:1_000])

    @property
    def is_lenient(self) -> bool:
        return self.preferences.get("handling") == "lenient"

    @property
    def wants(self) -> str:
        """What a write shall answer with: `representation`, `minimal` or `OperationOutcome`."""
        return _RETURNS.get(self.preferences.get("return", ""), "representation")


def parameters_in(query: str, where: str) -> tuple[tuple[str, str], ...]:
    """The parameters in a query that stands in a text, in order; Invalid, at `where`, when it is not UTF-8."""
    try:
        return tuple(parse_qsl(query, keep_blank_values=True, errors="strict"))
    except ValueError:
        raise Invalid("the query is not UTF-8", expression=where) from None


@dataclass(frozen=True, slots=True)
class Printed:
    """A body that is no FHIR: its media type and its bytes."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and body of a response; `resource` is a body that is a FHIR resource as served.

    `remarks` are warnings about what was done all the same, `applied` the preferences that were followed. `printed`
    is a body in another format, where the request asks for one.
    """

    status: int
    resource: bytes | None = None
    etag: str | None = None
    last_modified: str | None = None
    location: str | None = None
    remarks: tuple[Issue, ...] = ()
    applied: str = ""
    printed: Printed | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """An interaction about to happen: the service, the call, the request, and what the path named.

    `type` is empty for the whole system, `id` where none is in the path; `compartment` is (type, id).
    """

    service: Service
    call: Call
    request: Request
    type: str = ""
    id: str = ""
    version: str = ""
    compartment: tuple[str, str] | None = None
