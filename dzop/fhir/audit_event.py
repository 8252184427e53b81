"""One row of the access log as an AuditEvent, in the shapes of IHE Basic Audit Log Patterns.

https://hl7.org/fhir/R4/auditevent.html, https://profiles.ihe.net/ITI/BALP/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_INTERACTION = "http://hl7.org/fhir/restful-interaction"
_ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_OBJECT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_ROLE = "https://dzop.example/fhir/CodeSystem/role"
_ACTIONS = {"create": "C", "update": "U", "delete": "D", "search-type": "E"}
_SERIOUS = 500


def audit_event(row: Mapping[str, Any], patient: str | None, recorded: str) -> dict[str, Any]:
    """The event; `patient` is the Patient whose log it is in, `recorded` an instant.

    It names the actor and what was asked for, never the words of a search.
    """
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": row["id"],
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
        "subtype": [{"system": _INTERACTION, "code": row["interaction"]}],
        "action": _ACTIONS.get(row["interaction"], "R"),
        "recorded": recorded,
        "outcome": _outcome(row["outcome"]),
        "agent": _agents(row),
        "source": {"observer": {"display": "dzop"}},
    }
    entities = list(_entities(row, patient))
    return {**event, "entity": entities} if entities else event


def _outcome(status: int) -> str:
    if status < 400:
        return "0"
    return "4" if status < _SERIOUS else "8"


def _agents(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    who: dict[str, Any] = {
        "type": {"coding": [{"system": _DCM, "code": "110153", "display": "Source Role ID"}]},
        "role": [{"coding": [{"system": _ROLE, "code": row["role"]}]}],
        "who": _who(row["actor"]),
        "requestor": True,
    }
    agents = [who]
    if row["organization"]:
        agents.append({"who": {"reference": row["organization"]}, "requestor": False})
    if row["client"]:
        agents.append({"who": {"display": row["client"]}, "requestor": False})
    return agents


def _who(actor: str) -> dict[str, str]:
    return {"reference": actor} if "/" in actor else {"display": actor}


def _entities(row: Mapping[str, Any], patient: str | None) -> list[dict[str, Any]]:
    entities: list[dict[str, Any]] = []
    if patient is not None:
        entities.append(_entity(f"Patient/{patient}", "1", "Patient"))
    if row["rules"]:
        entities.append(_policy(row["rules"], row["matrix_version"]))
    if row["entity_type"] and row["entity_id"] and row["entity_type"] != "Patient":
        entities.append(_entity(f"{row['entity_type']}/{row['entity_id']}", "4", "Domain Resource"))
    if row["query_hash"]:
        entities.append(
            {
                "type": {"system": _ENTITY_TYPE, "code": "2", "display": "System Object"},
                "role": {"system": _OBJECT_ROLE, "code": "24", "display": "Query"},
                "detail": [
                    {"type": "resource-type", "valueString": row["entity_type"] or "any"},
                    {"type": "query-hash", "valueString": row["query_hash"]},
                ],
            }
        )
    return entities


def _policy(rules: Sequence[str], matrix_version: str) -> dict[str, Any]:
    """By which rules it was decided, and of which matrix."""
    details = [{"type": "rule", "valueString": rule} for rule in rules]
    if matrix_version:
        details.append({"type": "matrix", "valueString": matrix_version})
    return {
        "type": {"system": _ENTITY_TYPE, "code": "2", "display": "System Object"},
        "role": {"system": _OBJECT_ROLE, "code": "13", "display": "Security Resource"},
        "detail": details,
    }


def _entity(reference: str, role: str, display: str) -> dict[str, Any]:
    return {
        "what": {"reference": reference},
        "type": {"system": _ENTITY_TYPE, "code": "2", "display": "System Object"},
        "role": {"system": _OBJECT_ROLE, "code": role, "display": display},
    }
