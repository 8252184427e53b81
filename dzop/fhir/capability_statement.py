"""The CapabilityStatement, derived wholly from the table of resource types.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dzop.fhir.operations import OPERATIONS, Operation
from dzop.fhir.resource_types import RESOURCE_TYPES, ResourceType, SearchParameter
from dzop.fhir.search.query import modifiers

__all__ = ["capability_statement"]

_CANONICAL: Final = "https://dzop.example/fhir"
_OAUTH_URIS: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_SECURITY_SERVICE: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_COMPARISON: Final = {
    "token": "As `code`, `system|code`, `system|` or `|code`.",
    "reference": "As `Type/id`, `id` or URL.",
    "date": "Prefixes eq, ne, gt, lt, ge, le, sa, eb and ap; without zone Europe/Brussels is meant.",
    "string": "From its start, without regard to case, accents and spacing.",
    "uri": "Exactly.",
}


def capability_statement(
    *, version: str, base: str, date: str, oauth: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What this server offers.

    `version` is that of the software, `date` when it was published, `oauth` the endpoints of the
    authorization server by the names of the SMART extension: authorize, token, introspect, revoke, ...
    """
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{base}/metadata",
        "version": version,
        "name": "Dzop",
        "title": "dzop, a FHIR service for shared care plans",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "dzop", "version": version},
        "implementation": {"description": "dzop", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(oauth or {}),
                "resource": [_resource(entry) for entry in RESOURCE_TYPES.values()],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }


def _security(oauth: Mapping[str, str]) -> dict[str, Any]:
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
    if oauth:
        uris = [{"url": name, "valueUri": uri} for name, uri in oauth.items()]
        security = {"extension": [{"url": _OAUTH_URIS, "extension": uris}], **security}
    return security


def _resource(entry: ResourceType) -> dict[str, Any]:
    writable = "update" in entry.interactions
    includes = [f"{entry.name}:{each.name}" for each in entry.search if each.type == "reference"]
    operations = [_operation(each) for each in OPERATIONS if entry.name in each.types]
    return {
        "type": entry.name,
        "interaction": [{"code": code} for code in entry.interactions],
        "versioning": "versioned" if "vread" in entry.interactions else "no-version",
        "readHistory": "vread" in entry.interactions,
        "updateCreate": writable,
        "conditionalCreate": writable,
        "conditionalUpdate": False,
        **({"searchInclude": includes} if includes else {}),
        "searchParam": [_search_parameter(parameter) for parameter in entry.search],
        **({"operation": operations} if operations else {}),
    }


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "name": operation.code,
        "definition": f"{_CANONICAL}/OperationDefinition/{operation.code}",
        "documentation": operation.documentation,
    }


def _search_parameter(parameter: SearchParameter) -> dict[str, Any]:
    taken = "".join(f" `:{modifier}`" for modifier in modifiers(parameter))
    where = ", ".join(f"`{path}`" for path in parameter.paths)
    return {
        "name": parameter.name,
        "type": parameter.type,
        "documentation": f"On {where}. {_COMPARISON[parameter.type]}"
        + (f" Modifiers:{taken}." if taken else ""),
    }
