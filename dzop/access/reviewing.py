"""What a reviewer looks at: every emergency that somebody declared to read a plan."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from dzop.fhir.paths import values
from dzop.fhir.resource_types import CONSENT_KIND
from dzop.plan.declared import REASON
from dzop.store import declarations
from dzop.store.database import Database


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """One emergency: FHIR instants, references of this server, and the reason as it was given."""

    since: str
    until: str
    who: str
    person: str
    reason: str
    consent: str


async def broken_glass(database: Database) -> list[BrokenGlass]:
    """All of them, the newest first, as they were declared."""
    rows = await database.rows(declarations.BROKEN_GLASS, system=CONSENT_KIND)
    return [_read(orjson.loads(row["body"]), row["patient_id"], row["id"]) for row in rows]


def _read(consent: dict[str, object], patient: str, id: str) -> BrokenGlass:
    def said(path: str) -> str:
        return " ".join(str(each) for each in values(consent, path))

    return BrokenGlass(
        said("provision.period.start"),
        said("provision.period.end"),
        said("performer.reference"),
        f"Patient/{patient}",
        said(f"extension({REASON}).valueString"),
        f"Consent/{id}",
    )
