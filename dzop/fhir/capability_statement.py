"""The CapabilityStatement, derived wholly from the tables of resource types and operations.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.operations import OPERATIONS, Operation
from dzop.fhir.profiles.registry import profiles_of
from dzop.fhir.resource_types import RESOURCE_TYPES, ResourceType, SearchParameter
from dzop.fhir.search.compartment import COMPARTMENTS
from dzop.fhir.search.include import includable, revincludable
from dzop.fhir.search.path import MAX_HOPS
from dzop.fhir.search.query import MAX_COUNT, modifiers
from dzop.fhir.search.terminology import MOST_CODES
from dzop.fhir.search_definitions import canonical

__all__ = ["NORMATIVE", "Offer", "capability_statement"]

_DZOP: Final = "https://dzop.example/fhir"
_R4: Final = "http://hl7.org/fhir"
_OAUTH_URIS: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_SECURITY_SERVICE: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_EUROPE: Final = "http://hl7.eu/fhir/ig/xshare-careplan/ImplementationGuide/hl7.eu.fhir.xshare-careplan"
_COMPARISON: Final = {
    "token": "As `code`, `system|code`, `system|` or `|code`.",
    "reference": "As `Type/id`, `id` or URL; chained, as in `name.parameter=value` or `name:Type.parameter=value`.",
    "date": "Prefixes eq, ne, gt, lt, ge, le, sa, eb and ap; without zone Europe/Brussels is meant.",
    "string": "From its start, without regard to case, accents and spacing.",
    "uri": "Exactly.",
    "number": "Prefixes eq, ne, gt, lt, ge, le, sa, eb and ap; as precise as it is written.",
    "quantity": "As `number|system|code` or `number`, with the prefixes of a number; units are not converted.",
    "composite": "The components joined by `$`, met by one element.",
}
_OF_ALL: Final = {
    "_filter": "An expression with and, or, not and parentheses over the parameters of the type.",
    "_has": "`_has:Type:parameter:condition=value`: what something of that type references.",
    "_list": "What is in this List.",
}
NORMATIVE: Final = frozenset(
    {"CodeSystem", "Observation", "OperationDefinition", "Patient", "StructureDefinition", "ValueSet"}
)
"""Types that are normative in R4, among ours."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What differs from one running service to the next.

    `version` is that of the software, `date` when it was published, `oauth` the endpoints of the authorization server
    by the names of the SMART extension: authorize, token, introspect, revoke, ... `client_ids` are the ids a PUT may
    choose: any, uuid or none; the rest are limits.
    """

    version: str
    base: str
    date: str
    oauth: tuple[tuple[str, str], ...] = ()
    client_ids: str = "any"
    page_size: int = 50
    most_included: int = 1_000
    include_rounds: int = 5
    bundle_entries: int = 1_000
    max_body: int = 5_000_000


def capability_statement(offer: Offer, types: Iterable[str] = RESOURCE_TYPES) -> dict[str, Any]:
    """What this server offers, or what of it is about some types."""
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{offer.base}/metadata",
        "version": offer.version,
        "name": "Dzop",
        "title": "dzop, a FHIR service for shared care plans",
        "status": "active",
        "date": offer.date,
        "kind": "instance",
        "software": {"name": "dzop", "version": offer.version},
        "implementation": {"description": "dzop", "url": offer.base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json", "application/fhir+xml", "xml"],
        "patchFormat": ["application/json-patch+json", "application/fhir+json", "application/fhir+xml"],
        "implementationGuide": [_EUROPE],
        "rest": [
            {
                "mode": "server",
                "documentation": _documentation(offer),
                "security": _security(offer),
                "resource": [_resource(RESOURCE_TYPES[type], offer) for type in types],
                "interaction": [{"code": code} for code in ("transaction", "batch", "history-system")],
                "searchParam": [
                    {"name": name, "type": "special", "documentation": text} for name, text in _OF_ALL.items()
                ],
                "compartment": [
                    f"{_R4}/CompartmentDefinition/{each[0].lower()}{each[1:]}" for each in COMPARTMENTS
                ],
            }
        ],
    }


def _documentation(offer: Offer) -> str:
    return (
        f"A page has {offer.page_size} matches unless `_count` says otherwise, {MAX_COUNT:,} at most, and "
        f"{offer.most_included:,} includes, `:iterate` in {offer.include_rounds} rounds; what was cut is said in a "
        f"warning. A chain or `_has` takes at most {MAX_HOPS} steps. A Bundle has at most {offer.bundle_entries:,} "
        f"entries, a body {offer.max_body:,} bytes; larger is answered 413. A search parameter, modifier or value that "
        "cannot be used is answered 400, unless `Prefer: handling=lenient` is sent. What the caller may not see is "
        "nowhere: not among matches and includes, in no total, and nothing is found through it. Links and page tokens "
        "are for whoever got them. `_sort` takes the parameters of type token, date, string, number, quantity and uri, "
        "of those that begin with `_` only `_id` and `_lastUpdated`; AuditEvent comes newest first and is not counted, "
        "what is published (code systems, profiles, ...) comes by id. `_total` is taken by searches; `_summary`, "
        "`_elements`, `_format` and `_pretty` by everything; `_display` (`missing` or `all`) and `_displayLanguage`, "
        "by which codes are called by their names in the language of the reader, by all but this statement. `:in`, "
        f"`:not-in`, `:above` and `:below` ask for at most {MOST_CODES:,} codes in one search."
    )


def _security(offer: Offer) -> dict[str, Any]:
    security: dict[str, Any] = {
        "cors": True,
        "service": [
            {
                "coding": [
                    {"system": _SECURITY_SERVICE, "code": "SMART-on-FHIR", "display": "SMART-on-FHIR"}
                ],
                "text": "OAuth2 using SMART-on-FHIR profile (see http://docs.smarthealthit.org)",
            }
        ],
    }
    if offer.oauth:
        uris = [{"url": name, "valueUri": uri} for name, uri in offer.oauth]
        security = {"extension": [{"url": _OAUTH_URIS, "extension": uris}], **security}
    return security


def _resource(entry: ResourceType, offer: Offer) -> dict[str, Any]:
    kept, changed = "vread" in entry.interactions, "update" in entry.interactions
    lists = {
        "supportedProfile": list(profiles_of(entry.name)),
        "referencePolicy": ["literal", "logical"] if changed else [],
        "searchInclude": list(includable(entry)),
        "searchRevInclude": list(revincludable(entry)),
        "searchParam": [_search_parameter(entry.name, parameter) for parameter in entry.search],
        "operation": [_operation(each) for each in _operations(entry.name)],
    }
    return {
        "type": entry.name,
        "profile": f"{_R4}/StructureDefinition/{entry.name}",
        "interaction": [{"code": code} for code in entry.interactions],
        "versioning": "versioned" if kept else "no-version",
        "readHistory": kept,
        "updateCreate": changed and offer.client_ids != "none",
        "conditionalCreate": changed,
        "conditionalRead": "full-support" if kept else "not-supported",
        "conditionalUpdate": changed,
        "conditionalDelete": "single" if "delete" in entry.interactions else "not-supported",
        # FHIR has no empty arrays.
        **{name: values for name, values in lists.items() if values},
    }


def _operations(type: str) -> list[Operation]:
    """The operations on a type, one that may be asked of the type and of an instance once."""
    found = {each.standard or each.id: each for each in OPERATIONS if type in each.types}
    return list(found.values())


def _operation(operation: Operation) -> dict[str, Any]:
    own = f"{_DZOP}/OperationDefinition/{operation.id}"
    return {
        "name": operation.code,
        "definition": f"{_R4}/OperationDefinition/{operation.standard}" if operation.standard else own,
        "documentation": operation.documentation,
    }


def _search_parameter(type: str, parameter: SearchParameter) -> dict[str, Any]:
    taken = "".join(f" `:{modifier}`" for modifier in modifiers(parameter))
    where = ", ".join(f"`{path}`" for path in parameter.paths if path)
    texts = [
        f"On {where}." if where else "",
        _COMPARISON[parameter.type],
        f"Modifiers:{taken}." if taken else "",
    ]
    return {
        "name": parameter.name,
        "definition": canonical(type, parameter),
        "type": parameter.type,
        "documentation": " ".join(text for text in texts if text),
    }
