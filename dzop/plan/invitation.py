"""As what somebody is invited with a code: an informal role, whatever a system calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dzop.plan.team import ROLE_SYSTEM, Entry

__all__ = ["INFORMAL_CARER", "role_of_invited"]

INFORMAL_CARER: Final = {"coding": [{"system": ROLE_SYSTEM, "code": "informal-carer"}]}
_INFORMAL: Final = {f"{ROLE_SYSTEM}|{code}": code for code in ("informal-carer", "informal-network")}


def role_of_invited(role: Mapping[str, Any]) -> str | None:
    """The one informal role that a CodeableConcept says; None for any other, and for more than one."""
    found = Entry("", {"role": [role]}, None).codes
    ours = {code for code in found if code.startswith(f"{ROLE_SYSTEM}|")}
    return _INFORMAL.get(next(iter(ours))) if len(ours) == 1 else None
