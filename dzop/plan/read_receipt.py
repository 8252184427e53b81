"""A read receipt: a Provenance by which somebody says to have read a version of a Communication.

It is no part of the message, which nobody but its author may change. https://hl7.org/fhir/R4/provenance.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from dzop.fhir.paths import values

__all__ = ["found", "receipt"]

_ACTIVITY: Final = {"system": "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "code": "access"}


def receipt(reader: str, version: str, recorded: str) -> dict[str, Any]:
    """That `reader`, a literal reference, has read `Communication/x/_history/n`; without id, at an instant."""
    return {
        "resourceType": "Provenance",
        "target": [{"reference": version}],
        "recorded": recorded,
        "activity": {"coding": [_ACTIVITY]},
        "agent": [{"who": {"reference": reader}}],
    }


def found(provenances: Iterable[Mapping[str, Any]], reader: str, version: str) -> Mapping[str, Any] | None:
    """The receipt that there is already."""
    return next((each for each in provenances if _is_receipt(each, reader, version)), None)


def _is_receipt(value: Mapping[str, Any], reader: str, version: str) -> bool:
    codes = {(each.get("system"), each.get("code")) for each in values(value, "activity.coding")}
    return (
        (_ACTIVITY["system"], _ACTIVITY["code"]) in codes
        and version in values(value, "target.reference")
        and reader in values(value, "agent.who.reference")
    )
