"""Pivotal moments: what an Encounter or Appointment says of them, and the Tasks by which the team is asked to meet.

The code system `pivotal-moment` says within how many days, and what is to be seen to besides.
https://hl7.org/fhir/R4/encounter.html, https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.search.date import BRUSSELS, LATEST, date_range
from dzop.plan.consultation import DOCUMENT_KIND, is_consultation
from dzop.plan.task_states import OPEN
from terminology.content import BASE, CONTENT, LANGUAGES, display

__all__ = [
    "ASKED",
    "PIVOTAL_MOMENT",
    "Moment",
    "cancelled",
    "held",
    "is_asked_for",
    "is_none_after_all",
    "moment",
    "tasks",
]

PIVOTAL_MOMENT: Final = f"{BASE}/CodeSystem/pivotal-moment"
TASK_KIND: Final = f"{BASE}/CodeSystem/task-kind"
ASKED: Final = "team-consultation"
"""The code in task-kind of the Task that asks for the consultation."""

_MOMENTS: Final = CONTENT.code_systems["pivotal-moment"].concepts
_NOT_SO: Final = frozenset({"cancelled", "entered-in-error", "noshow"})
_REPORT: Final = {"system": DOCUMENT_KIND, "code": "mdo-report"}
_IN_HOSPITAL: Final = frozenset({"IMP", "ACUTE", "NONAC"})  # of v3-ActCode
_LAST: Final = LATEST - timedelta(days=366)
_LATELY: Final = timedelta(days=31)
_COLON: Final[Mapping[str, str]] = {"fr": " :"}
_WHEN: Final = {"Encounter": ("period.end", "period.start"), "Appointment": ("start",)}


@dataclass(frozen=True, slots=True)
class Moment:
    """A pivotal moment: its code, the days within which the team is asked to meet, what is to be seen to besides."""

    code: str
    within: int
    checklist: tuple[str, ...]


def moment(value: Mapping[str, Any], former: Mapping[str, Any], now: datetime) -> Moment | None:
    """The pivotal moment that this Encounter or Appointment tells and `former`, perhaps empty, did not; of several the
    most urgent.
    """
    new = _told(value, now) - _told(former, now)
    return min(
        (_moment(code) for code in _MOMENTS if code in new), key=lambda each: each.within, default=None
    )


def is_asked_for(open_tasks: Sequence[Mapping[str, Any]], asked: Moment) -> bool:
    """Whether one of these Tasks asks for a consultation about such a moment already."""
    return any((PIVOTAL_MOMENT, asked.code) in _codings(each, "reasonCode") for each in open_tasks)


def tasks(
    asked: Moment,
    told: Mapping[str, Any],
    person: str,
    owner: str,
    plans: Sequence[str],
    ids: Sequence[str],
    authored: str,
    now: datetime,
) -> list[dict[str, Any]]:
    """The Task of the consultation, and behind it those of the checklist as parts of it.

    `told` is the Encounter or Appointment, with its id; `person`, `owner` and `plans` are literal references, `ids` as
    many as there are Tasks; `authored` is the instant `now`.
    """
    common = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "focus": {"reference": f"{told['resourceType']}/{told['id']}"},
        "for": {"reference": person},
        "authoredOn": authored,
        "owner": {"reference": owner},
        "reasonCode": {"coding": [{"system": PIVOTAL_MOMENT, "code": asked.code}]},
        "restriction": {"period": {"end": _due(told, asked, now)}},
        **({"basedOn": [{"reference": each} for each in plans]} if plans else {}),
    }
    first, *others = zip((ASKED, *asked.checklist), ids, strict=True)
    why = {each: display("pivotal-moment", asked.code, each) for each in LANGUAGES}
    consultation = {**common, **_kind(first[0], why), "id": first[1]}
    part = {"partOf": [{"reference": f"Task/{first[1]}"}]}
    return [consultation, *({**common, **part, **_kind(code, why), "id": id} for code, id in others)]


def is_none_after_all(value: Mapping[str, Any], former: Mapping[str, Any], now: datetime) -> bool:
    """Whether `former` told a pivotal moment, and this tells none."""
    return bool(_told(former, now)) and not _told(value, now)


def cancelled(asked_for: Iterable[Mapping[str, Any]], authored: str) -> list[dict[str, Any]]:
    """Those of these Tasks that ask for a consultation about a pivotal moment and that nobody has taken up, ended."""
    return [
        {**each, "status": "cancelled", "lastModified": authored}
        for each in asked_for
        if each["status"] == "requested"
        and any(system == PIVOTAL_MOMENT for system, _ in _codings(each, "reasonCode"))
    ]


def held(asked_for: Iterable[Mapping[str, Any]], report: str, authored: str) -> list[dict[str, Any]]:
    """Those of these Tasks that ask for a consultation, done: `report`, a literal reference, tells of it."""
    output = {"type": {"coding": [_REPORT]}, "valueReference": {"reference": report}}
    return [
        {**each, "status": "completed", "lastModified": authored, "output": [*each.get("output", ()), output]}
        for each in asked_for
        if each["status"] in OPEN and (TASK_KIND, ASKED) in _codings(each, "code")
    ]


def _told(value: Mapping[str, Any], now: datetime) -> frozenset[str]:
    """The codes of pivotal moments; none where the consultation itself is what is planned, or nothing took place."""
    if not value or value.get("status") in _NOT_SO or is_consultation(value):
        return frozenset()
    found = {code for system, code in _codings(value, "reasonCode") if system == PIVOTAL_MOMENT}
    if _came_home(value, now):
        found.add("hospital-discharge")
    return frozenset(found & _MOMENTS.keys())


def _came_home(value: Mapping[str, Any], now: datetime) -> bool:
    """Whether a stay in hospital ended lately: hospitals do not know our codes, and old stays are no news."""
    stated = value.get("class")
    if value.get("status") != "finished" or not isinstance(stated, Mapping):
        return False
    ends = [date_range(each)[1] for each in values(value, "period.end")]
    return stated.get("code") in _IN_HOSPITAL and all(each >= now - _LATELY for each in ends)


def _moment(code: str) -> Moment:
    said = {each.code: each.value for each in _MOMENTS[code].properties}
    return Moment(code, int(said["consultation-within"]), tuple(str(said.get("checklist", "")).split()))


def _kind(code: str, why: Mapping[str, str]) -> dict[str, Any]:
    """Code and description of a Task: what, and after what, in every language."""
    what = {each: display("task-kind", code, each) for each in LANGUAGES}
    lines = [
        f"{what[each][:1].upper()}{what[each][1:]}{_COLON.get(each, ':')} {why[each]}" for each in LANGUAGES
    ]
    return {"code": {"coding": [{"system": TASK_KIND, "code": code}]}, "description": "\n".join(lines)}


def _due(told: Mapping[str, Any], asked: Moment, now: datetime) -> str:
    """The last day on which the team is asked to meet; what was told late is not late from the first."""
    begins = min(max(now, _start(told, now)), _LAST)
    return (begins.astimezone(BRUSSELS).date() + timedelta(days=asked.within)).isoformat()


def _start(told: Mapping[str, Any], now: datetime) -> datetime:
    """When it is, or begins to be; now where that is not told."""
    return next(
        (date_range(each)[0] for path in _WHEN[told["resourceType"]] for each in values(told, path)), now
    )


def _codings(value: Mapping[str, Any], path: str) -> set[tuple[Any, Any]]:
    return {(each.get("system"), each.get("code")) for each in values(value, f"{path}.coding")}
