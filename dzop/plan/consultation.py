"""A consultation of the team: an Appointment, and the Composition that reports on it.

https://hl7.org/fhir/R4/appointment.html, https://hl7.org/fhir/R4/composition.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.outcome import Issue
from dzop.fhir.paths import values
from dzop.fhir.resource_types import DATA_CATEGORY
from dzop.fhir.search.date import date_range
from dzop.plan.rule import refusal, remark
from terminology.content import BASE

__all__ = ["DOCUMENT_KIND", "Around", "is_consultation", "is_report", "missing", "require_usable", "unsaid"]

MEETING_KIND: Final = f"{BASE}/CodeSystem/meeting-kind"
DOCUMENT_KIND: Final = f"{BASE}/CodeSystem/document-kind"
REPORT_SECTION: Final = f"{BASE}/CodeSystem/report-section"
VIRTUAL_SERVICE: Final = f"{BASE}/StructureDefinition/virtual-service"

_OF_TEAM: Final = frozenset({(MEETING_KIND, "mdo"), (MEETING_KIND, "pivotal-moment")})
_REPORT: Final = (DOCUMENT_KIND, "mdo-report")
_SHARED_NOTE: Final = (DATA_CATEGORY, "shared-note")
_TO_COME: Final = frozenset({"proposed", "pending", "booked", "arrived", "checked-in", "waitlist"})
_WANTED: Final[Mapping[str, str]] = {
    "attendees": "report-without-attendees",
    "decisions": "report-without-decisions",
    "plain-words": "report-without-plain-words",
}
"""By section that a report has, the rule that asks for it."""


@dataclass(frozen=True, slots=True)
class Around:
    """Who is around the person, as actor keys, as far as the writer sees."""

    person: str
    general_practitioners: Set[str]
    informal_carers: Set[str]


def is_consultation(value: Mapping[str, Any]) -> bool:
    """Whether this Appointment or Encounter is one at which the team meets."""
    path = "appointmentType" if value["resourceType"] == "Appointment" else "type"
    return not _OF_TEAM.isdisjoint(_codings(value, path))


def require_usable(appointment: Mapping[str, Any]) -> None:
    """Unprocessable where it ends before it begins, or its link leads anywhere else than to a safe web page."""
    start, end = appointment.get("start"), appointment.get("end")
    if start is not None and end is not None and date_range(end)[0] < date_range(start)[0]:
        raise refusal("appointment-ends-first", "Appointment.end", start=start, end=end)
    for link in values(appointment, f"extension({VIRTUAL_SERVICE}).valueUrl"):
        if not link.casefold().startswith("https://"):
            raise refusal("virtual-service-not-safe", "Appointment.extension", link=link[:200])


def taking_part(appointment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The actors (References) who are asked to be there and did not decline."""
    return [
        each["actor"]
        for each in appointment.get("participant", ())
        if "actor" in each and each["status"] != "declined" and each.get("required") != "information-only"
    ]


def missing(appointment: Mapping[str, Any], attending: Set[str], around: Around) -> Iterator[Issue]:
    """Who should be at a consultation and is not among the keys `attending`. It is never in the way of meeting."""
    if not is_consultation(appointment) or appointment.get("status") not in _TO_COME:
        return
    if around.person not in attending:
        yield remark("consultation-without-person", "Appointment.participant")
    if around.general_practitioners.isdisjoint(attending):
        yield remark("consultation-without-gp", "Appointment.participant")
    if around.informal_carers and around.informal_carers.isdisjoint(attending):
        yield remark("consultation-without-carer", "Appointment.participant")


def unsaid(composition: Mapping[str, Any]) -> Iterator[Issue]:
    """What the report of a consultation should have and has not."""
    if not is_report(composition) or composition.get("status") == "entered-in-error":
        return
    if _SHARED_NOTE not in _codings(composition, "category") | _codings(composition, "type"):
        yield remark("report-not-shared", "Composition.category")
    there = {code for system, code in _codings(composition, "section.code") if system == REPORT_SECTION}
    for section, rule in _WANTED.items():
        if section not in there:
            yield remark(rule, "Composition.section")


def is_report(composition: Mapping[str, Any]) -> bool:
    """Whether this Composition reports on a consultation of the team."""
    return _REPORT in _codings(composition, "type")


def _codings(value: Mapping[str, Any], path: str) -> set[tuple[Any, Any]]:
    return {(each.get("system"), each.get("code")) for each in values(value, f"{path}.coding")}
