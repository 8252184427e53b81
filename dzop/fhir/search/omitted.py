"""R4's search parameters that dzop does not offer for the types it holds, each with the reason.

https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dzop.fhir.resource_types import RESOURCE_TYPES

__all__ = ["OMITTED"]

_PHONETIC: Final = (
    "No phonetic rule does well for Dutch, French and German names alike; `name:contains` helps."
)
_NOT_LOGGED: Final = "The log keeps references and codes, no names, addresses or descriptions."
_ONE_SOURCE: Final = "Every event has the same one: this server."
_FOLLOWS: Final = "It follows from the type and id of what `entity` or `agent` asks for."
_PUBLISHED: Final = "What is published has no versions of its own here; its `version` is searched."
_NO_TEXT: Final = "What is published is found by its `title` and `description`."
_DEFINITIONS: Final = [entry.name for entry in RESOURCE_TYPES.values() if entry.compartment == "definition"]
_NO_NARRATIVE: Final = "It is no DomainResource: it has no narrative."
_IN_LOG: Final = "Events are written by this server alone and have no `meta`."

OMITTED: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("Patient", "phonetic"): _PHONETIC,
        ("RelatedPerson", "phonetic"): _PHONETIC,
        ("Practitioner", "phonetic"): _PHONETIC,
        ("Organization", "phonetic"): _PHONETIC,
        ("AuditEvent", "address"): _NOT_LOGGED,
        ("AuditEvent", "agent-name"): _NOT_LOGGED,
        ("AuditEvent", "agent-role"): _FOLLOWS,
        ("AuditEvent", "altid"): _NOT_LOGGED,
        ("AuditEvent", "entity-name"): _NOT_LOGGED,
        ("AuditEvent", "entity-role"): _FOLLOWS,
        ("AuditEvent", "entity-type"): _FOLLOWS,
        ("AuditEvent", "policy"): _NOT_LOGGED,
        ("AuditEvent", "site"): _ONE_SOURCE,
        ("AuditEvent", "source"): _ONE_SOURCE,
        ("AuditEvent", "_lastUpdated"): "It is the `date` of the event, which never changes.",
        ("AuditEvent", "_text"): _NOT_LOGGED,
        ("AuditEvent", "_content"): _NOT_LOGGED,
        **{("AuditEvent", name): _IN_LOG for name in ("_profile", "_source", "_tag", "_security")},
        **{
            (type, name): _PUBLISHED
            for type in _DEFINITIONS
            for name in ("_lastUpdated", "_profile", "_source", "_tag", "_security")
        },
        **{(type, name): _NO_TEXT for type in _DEFINITIONS for name in ("_text", "_content")},
        **{("Binary", name): _NO_NARRATIVE for name in ("_text", "_content")},
        ("*", "_query"): "There are no named queries.",
    }
)
"""(type or `*`, parameter) -> reason."""
