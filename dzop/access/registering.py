"""What a registrar enters, of any person and without a relation: persons, who is related to them, mandates.

A registrar creates and no more: it is shown nothing that it may not read, and what it sends under an id of its
own, or on a condition, is treated like anybody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consent.law import Decision
from dzop.actor import Actor
from dzop.fhir.audience import consent_kinds

REGISTERED: Final = Decision(permit=True, rules=("registrar",), matrix_version="")
"""Why it may: outside the matrix, like `system` and `directory`."""


def registers(actor: Actor, value: Mapping[str, Any]) -> bool:
    """Whether this actor is a registrar, and this a resource that a registrar enters."""
    if not actor.is_registrar:
        return False
    if value["resourceType"] == "Consent":
        return consent_kinds(value) == {"mandate"}
    return value["resourceType"] in ("Patient", "RelatedPerson")
