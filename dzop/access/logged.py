"""The access log as it is asked for, and an event of it on its way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.categories import codes, mask
from dzop.access.labels import DATA_CATEGORY, instant
from dzop.fhir.audit_event import audit_event
from dzop.store.database import Row
from dzop.store.tables import ALWAYS, FOREVER

_ACCESS_LOG = mask(["access-log"])


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the log is asked for: from `low` to before `high`, and under all of these conditions.

    Conditions are (kind, values), one of the values must hold; the kinds are those of the store, with
    statuses as (low, high) pairs, and categories as one mask.
    """

    conditions: tuple[tuple[str, Sequence[Any]], ...] = ()
    low: datetime = ALWAYS
    high: datetime = FOREVER

    @property
    def narrowed(self) -> tuple[tuple[str, str], ...]:
        """(kind, name of its values) of each condition."""
        return tuple((kind, f"{kind}_{number}") for number, (kind, _) in enumerate(self.conditions))

    @property
    def values(self) -> dict[str, Any]:
        """The values by those names."""
        values: dict[str, Any] = {"low": self.low, "high": self.high}
        for (kind, name), (_, given) in zip(self.narrowed, self.conditions, strict=True):
            if kind == "outcome":
                values |= {
                    f"{name}_low": [low for low, _ in given],
                    f"{name}_high": [high for _, high in given],
                }
            else:
                values[name] = given[0] if kind == "category" else list(given)
        return values

    @property
    def id(self) -> str:
        """The one event asked for, if it is one."""
        return next((given[0] for kind, given in self.conditions if kind == "id" and len(given) == 1), "")

    @property
    def patients(self) -> list[str]:
        """The Patients whose log is asked for."""
        return [each for kind, given in self.conditions if kind == "patient" for each in given]


@dataclass(frozen=True, slots=True)
class Logged:
    """An AuditEvent with its place in the log."""

    seq: int
    resource: dict[str, Any]


def logged(row: Row, base: str) -> Logged:
    """The row as an AuditEvent of the server at `base`, labelled with its categories."""
    resource = audit_event(row, row["patient_id"], instant(row["recorded"]), base)
    labels = [{"system": DATA_CATEGORY, "code": code} for code in codes(row["mask"] | _ACCESS_LOG)]
    meta = {
        "versionId": "1",
        "lastUpdated": resource["recorded"],
        **resource.pop("meta", {}),
        "security": labels,
    }
    return Logged(row["seq"], {"resourceType": "AuditEvent", "id": resource["id"], "meta": meta, **resource})
