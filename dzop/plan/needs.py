"""A need that is raised: a ServiceRequest by which anybody around a person asks for help, or for a case manager.

https://hl7.org/fhir/R4/servicerequest.html
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.plan.closing_report import TASK_KIND
from dzop.plan.rule import refusal
from terminology.content import BASE, CONTENT

__all__ = [
    "CASE_MANAGEMENT", "KINDS", "OPEN", "REASONS", "appointed", "kind", "require_consistent", "require_sensitive",
    "require_step",
]  # fmt: skip

CASE_MANAGEMENT: Final = "case-management"
KINDS: Final = ("need", "signal", CASE_MANAGEMENT)
"""Codes of task-kind by which a ServiceRequest raises a need."""
OPEN: Final = ("draft", "active", "on-hold", "unknown")
REASONS: Final = frozenset(
    concept.code
    for include in CONTENT.value_sets[f"{BASE}/ValueSet/case-management-reason"].include
    for concept in include.concepts
)
"""Why a case manager is asked for."""

_REASON: Final = f"{BASE}/CodeSystem/coordination-reason"
_REFUSAL: Final = "self-endangering-refusal"
_ENDS: Final = ("revoked", "completed", "entered-in-error")
_NEXT: Final[Mapping[str, Set[str]]] = {
    "draft": {"active", "on-hold", *_ENDS},
    "active": {"on-hold", *_ENDS},
    "on-hold": {"active", *_ENDS},
    "unknown": {"active", "on-hold", *_ENDS},
    "revoked": {"entered-in-error"},
    "completed": {"entered-in-error"},
    "entered-in-error": set(),
}
# Until somebody accepts, who is asked learns that help is needed and why, and no more of the person.
_MINIMAL: Final = frozenset(
    {
        "resourceType", "id", "meta", "implicitRules", "language", "text", "identifier", "status", "intent", "priority",
        "code", "category", "subject", "requester", "authoredOn", "reasonCode", "performer", "performerType",
    }
)  # fmt: skip

Request = Mapping[str, Any]


def kind(request: Request) -> str | None:
    """Which kind of need it raises; None for any other request."""
    codings = values(request, "code.coding")
    found = {each.get("code") for each in codings if each.get("system") == TASK_KIND}
    return next((each for each in KINDS if each in found), None)


def require_consistent(request: Request) -> None:
    """What is asked of a case manager says why, and nothing that it does not need; a FhirError says what to mend."""
    if kind(request) != CASE_MANAGEMENT:
        return
    reasons = _reasons(request)
    if reasons.isdisjoint(REASONS):
        raise refusal("case-management-reason", "ServiceRequest.reasonCode")
    if request["status"] in OPEN and (beyond := sorted({*request} - _MINIMAL)):
        raise refusal("case-management-minimal", f"ServiceRequest.{beyond[0]}", element=beyond[0])
    if _REFUSAL in reasons and not any(values(request, "reasonCode.text")):
        raise refusal("refusal-justified", "ServiceRequest.reasonCode.text")


def require_sensitive(request: Request, *, is_sensitive: bool) -> None:
    """That somebody's refusal puts them in danger is told to whom it is addressed and to nobody else."""
    if kind(request) == CASE_MANAGEMENT and _REFUSAL in _reasons(request):
        if not is_sensitive:
            raise refusal("refusal-sensitive", "ServiceRequest.meta.security")
        if not values(request, "performer"):
            raise refusal("refusal-addressed", "ServiceRequest.performer")


def require_step(before: Request, after: Request, *, decides: bool) -> None:
    """An ended need stays as it ended, and only who decides accepts a case manager."""
    was, now = before["status"], after["status"]
    if was == now:
        return
    if now not in _NEXT[was]:
        raise refusal("need-step", "ServiceRequest.status", before=was, after=now)
    if now == "completed" and kind(after) == CASE_MANAGEMENT and not decides:
        raise refusal("case-management-decided", "ServiceRequest.status")


def appointed(request: Request) -> dict[str, Any]:
    """The request for a case manager once there is one."""
    return {**request, "status": "completed"}


def _reasons(request: Request) -> set[str]:
    return {
        each.get("code", "") for each in values(request, "reasonCode.coding") if each.get("system") == _REASON
    }
