"""One row of the access log as an AuditEvent, in the shapes of IHE Basic Audit Log Patterns (BALP 1.1.4).

https://hl7.org/fhir/R4/auditevent.html, https://profiles.ihe.net/ITI/BALP/
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

_BALP: Final = "https://profiles.ihe.net/ITI/BALP"
_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"
_DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_PARTICIPATION: Final = f"{_TERMINOLOGY}/v3-ParticipationType"
_REASON: Final = f"{_TERMINOLOGY}/v3-ActReason"
_INTERACTION: Final = "http://hl7.org/fhir/restful-interaction"
_ENTITY_TYPE: Final = f"{_TERMINOLOGY}/audit-entity-type"
_OBJECT_ROLE: Final = f"{_TERMINOLOGY}/object-role"
_ROLE: Final = "https://dzop.example/fhir/CodeSystem/role"
_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

_OPERATION_CODE: Final = "https://dzop.example/fhir/CodeSystem/operation"
OPERATION: Final = "operation"
"""The interaction of every operation; the log keeps which one, as `$code`."""

Coding = Mapping[str, str]


def _coding(system: str, code: str, display: str) -> dict[str, str]:
    return {"system": system, "code": code, "display": display}


_SOURCE, _DESTINATION = (
    _coding(_DCM, "110153", "Source Role ID"),
    _coding(_DCM, "110152", "Destination Role ID"),
)
_APPLICATION = _coding(_DCM, "110150", "Application")
_CUSTODIAN = _coding(f"{_TERMINOLOGY}/provenance-participant-type", "custodian", "Custodian")
_RECIPIENT = _coding(_PARTICIPATION, "IRCP", "information recipient")
_AUTHOR = _coding(_PARTICIPATION, "AUT", "author (originator)")
_EMPLOYER = _coding(f"{_TERMINOLOGY}/v3-RoleClass", "PROV", "healthcare provider")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """How BALP writes one kind of interaction: its profile, its action, and what each agent is in it."""

    profile: str
    action: str
    client: Coding
    server: Coding
    user: Coding


_READ = _Pattern("Read", "R", _DESTINATION, _SOURCE, _RECIPIENT)
_QUERY = _Pattern("Query", "E", _SOURCE, _DESTINATION, _RECIPIENT)
_OTHER_READ = _Pattern("", "R", _DESTINATION, _SOURCE, _RECIPIENT)
_OTHER = _Pattern("", "E", _SOURCE, _DESTINATION, _RECIPIENT)
_PATTERNS: Final[Mapping[str, _Pattern]] = {
    "read": _READ,
    "vread": _READ,
    "history-instance": _OTHER_READ,
    "history-type": _OTHER_READ,
    "history-system": _OTHER_READ,
    "history": _OTHER_READ,
    "search-type": _QUERY,
    "create": _Pattern("Create", "C", _SOURCE, _DESTINATION, _AUTHOR),
    "update": _Pattern("Update", "U", _SOURCE, _DESTINATION, _AUTHOR),
    "patch": _Pattern("Update", "U", _SOURCE, _DESTINATION, _AUTHOR),
    "delete": _Pattern("Delete", "D", _APPLICATION, _CUSTODIAN, _AUTHOR),
}
_OUTCOMES: Final[Mapping[str, tuple[int, int]]] = {"0": (0, 400), "4": (400, 500), "8": (500, 600)}
"""AuditEvent.outcome by HTTP status: from the first to before the second."""

_PURPOSES: Final[Mapping[str, Coding]] = {
    **dict.fromkeys(
        ("general-practitioner", "health-professional", "welfare-professional"),
        _coding(_REASON, "TREAT", "treatment"),
    ),
    "person": _coding(_REASON, "PATRQT", "patient requested"),
    "related-person": _coding(_REASON, "FAMRQT", "family requested"),
}
"""Why somebody in such a role asks; of others it is not known."""


def audit_event(row: Mapping[str, Any], patient: str | None, recorded: str, base: str) -> dict[str, Any]:
    """The event; `patient` is the Patient whose log it is in, `recorded` an instant, `base` this server.

    It names the actor and what was asked for, never the words of a search.
    """
    pattern = _PATTERNS.get(row["interaction"], _OTHER)
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": row["id"],
        "type": _coding(f"{_TERMINOLOGY}/audit-event-type", "rest", "Restful Operation"),
        "subtype": _subtypes(row["interaction"]),
        "action": pattern.action,
        "recorded": recorded,
        **_outcome(row["outcome"]),
        "agent": list(_agents(row, pattern, base)),
        "source": {
            "observer": {"display": "dzop"},
            "type": [_coding(f"{_TERMINOLOGY}/security-source-type", "4", "Application Server")],
        },
        "entity": list(_entities(row, patient)),
    }
    profile = _profile(row, pattern, patient)
    return {"meta": {"profile": [profile]}, **event} if profile else event


def interactions_of(action: str) -> tuple[str, ...]:
    """The interactions with this action code; none for a code that no event here has."""
    named = tuple(name for name, pattern in _PATTERNS.items() if pattern.action == action)
    return (*named, OPERATION) if action == _OTHER.action else named


def statuses_of(outcome: str) -> tuple[int, int] | None:
    """The HTTP statuses with this outcome code: from the first to before the second."""
    return _OUTCOMES.get(outcome)


def _profile(row: Mapping[str, Any], pattern: _Pattern, patient: str | None) -> str:
    """The profile it keeps to: they are for what succeeded."""
    if not pattern.profile or row["outcome"] >= HTTPStatus.BAD_REQUEST:
        return ""
    if not (row["query_hash"] if pattern is _QUERY else row["entity_id"]):
        return ""
    about = "Patient" if patient is not None else ""
    return f"{_BALP}/StructureDefinition/IHE.BasicAudit.{about}{pattern.profile}"


def _subtypes(interaction: str) -> list[dict[str, str]]:
    """The interaction as FHIR names it; of an operation also which one."""
    if not interaction.startswith("$"):
        return [{"system": _INTERACTION, "code": interaction}]
    return [{"system": _INTERACTION, "code": OPERATION}, {"system": _OPERATION_CODE, "code": interaction}]


def _outcome(status: int) -> dict[str, str]:
    code = next(code for code, (low, high) in _OUTCOMES.items() if low <= status < high)
    return {"outcome": code} if code == "0" else {"outcome": code, "outcomeDesc": _phrase(status)}


def _phrase(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _agents(row: Mapping[str, Any], pattern: _Pattern, base: str) -> Iterator[dict[str, Any]]:
    user: dict[str, Any] = {
        "type": {"coding": [pattern.user]},
        "role": [{"coding": [{"system": _ROLE, "code": row["role"]}]}],
        "who": _who(row["actor"]),
        "requestor": True,
    }
    if purpose := _PURPOSES.get(row["role"]):
        user["purposeOfUse"] = [{"coding": [purpose]}]
    yield user
    if row["organization"]:
        who = {"reference": row["organization"]}
        yield {"type": {"coding": [_EMPLOYER]}, "who": who, "requestor": False}
    client = {"identifier": {"value": row["client"]}} if row["client"] else {"display": "dzop"}
    # Behind a proxy the address says nothing of the client, and who it is the token has said.
    nowhere = {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}
    yield _machine(pattern.client, client, nowhere)
    yield _machine(pattern.server, {"display": "dzop"}, {"address": base, "type": "5"})


def _machine(type: Coding, who: Mapping[str, Any], network: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": {"coding": [type]}, "who": who, "requestor": False, "network": network}


def _who(actor: str) -> dict[str, str]:
    return {"reference": actor} if "/" in actor else {"display": actor}


def _entities(row: Mapping[str, Any], patient: str | None) -> Iterator[dict[str, Any]]:
    if patient is not None:
        yield _entity("1", "Person", "1", "Patient", what={"reference": f"Patient/{patient}"})
    yield {
        "type": {"system": f"{_BALP}/CodeSystem/BasicAuditEntityType", "code": "XrequestId"},
        "what": {"identifier": {"value": row["request_id"]}},
    }
    if row["rules"]:
        yield _entity("4", "Other", "13", "Security Resource", detail=_decided(row))
    if row["query_hash"]:
        # What was searched, and a digest instead of the words: they may name others.
        asked = base64.b64encode(row["query_hash"].encode()).decode()
        yield _entity("2", "System Object", "24", "Query", description="Digest of the search", query=asked)
        if row["entity_id"] and row["entity_type"] != "Patient":
            yield _entity("4", "Other", "4", "Domain Resource", what={"reference": _what(row)})
    elif row["entity_id"]:
        yield _entity("2", "System Object", "4", "Domain Resource", what={"reference": _what(row)})
    elif row["entity_type"]:
        yield _entity(
            "2",
            "System Object",
            "4",
            "Domain Resource",
            what={"type": row["entity_type"], "display": row["entity_type"]},
        )


def _what(row: Mapping[str, Any]) -> str:
    version = f"/_history/{row['entity_version']}" if row["entity_version"] else ""
    return f"{row['entity_type']}/{row['entity_id']}{version}"


def _decided(row: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    """By which rules it was decided, and of which matrix."""
    details = [{"type": "rule", "valueString": rule} for rule in row["rules"]]
    matrix = row["matrix_version"]
    return [*details, {"type": "matrix", "valueString": matrix}] if matrix else details


def _entity(type: str, type_name: str, role: str, role_name: str, **elements: Any) -> dict[str, Any]:
    return {
        **({"what": elements.pop("what")} if "what" in elements else {}),
        "type": _coding(_ENTITY_TYPE, type, type_name),
        "role": _coding(_OBJECT_ROLE, role, role_name),
        **elements,
    }
