"""An event of the access log on its way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from consent.categories import codes, mask
from dzop.access.labels import DATA_CATEGORY, instant
from dzop.fhir.audit_event import audit_event
from dzop.store.database import Row

_ACCESS_LOG = mask(["access-log"])


@dataclass(frozen=True, slots=True)
class Logged:
    """An AuditEvent with its place in the log."""

    seq: int
    resource: dict[str, Any]


def logged(row: Row) -> Logged:
    """The row as an AuditEvent, labelled with its categories."""
    resource = audit_event(row, row["patient_id"], instant(row["recorded"]))
    labels = [{"system": DATA_CATEGORY, "code": code} for code in codes(row["mask"] | _ACCESS_LOG)]
    meta = {"versionId": "1", "lastUpdated": resource["recorded"], "security": labels}
    return Logged(row["seq"], {"resourceType": "AuditEvent", "id": resource["id"], "meta": meta, **resource})
