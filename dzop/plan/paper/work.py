"""What is done, when people meet and what they agreed, as lines.

https://hl7.org/fhir/R4/task.html, https://hl7.org/fhir/R4/appointment.html, https://hl7.org/fhir/R4/communication.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import goal_references
from dzop.fhir.search.date import EARLIEST, LATEST, date_range
from dzop.plan.agenda import on_the_list
from dzop.plan.consultation import VIRTUAL_SERVICE
from dzop.plan.every_language import in_one_language
from dzop.plan.notice import MESSAGE_KIND
from dzop.plan.paper.around import Around, codes_at
from dzop.plan.paper.content import Line, Section
from dzop.plan.task_states import OPEN
from terminology.content import BASE

__all__ = ["agreements", "appointments", "tasks"]

_TO_COME: Final = frozenset({"proposed", "pending", "booked", "arrived", "checked-in", "waitlist"})
_CERTAIN: Final = frozenset({"booked", "arrived", "checked-in"})
_STATUS: Final = "http://hl7.org/fhir/task-status"
_PRIORITY: Final = "http://hl7.org/fhir/request-priority"
_LAST: Final = "~"  # behind every date

Resource = Mapping[str, Any]


def tasks(around: Around) -> Section:
    """What is still to be done, what is due first in front; what is only a draft comes last."""
    found = [(key, task) for key, task in around.told("Task") if task.get("status") in OPEN]
    found.sort(key=lambda each: (each[1]["status"] == "draft", *_when(each[1]), each[0]))
    lines = [Line(_what(around, task), tuple(_notes(around, task)), source=key) for key, task in found]
    return around.section("tasks", lines)


def appointments(around: Around) -> Section:
    """The appointments that are to come, the next one first."""
    found = [(key, each) for key, each in around.told("Appointment") if _is_to_come(around.now, each)]
    found.sort(key=lambda each: (each[1].get("start") or _LAST, each[0]))
    lines = [
        Line(_meeting(around, each), tuple(_meeting_notes(around, each)), source=key) for key, each in found
    ]
    return around.section("appointments", lines)


def agreements(around: Around) -> Section:
    """What people agreed with each other, the newest first."""
    found = [
        (key, each)
        for key, each in around.told("Communication")
        if each.get("status") != "entered-in-error" and "agreement" in codes_at(each, "topic", MESSAGE_KIND)
    ]
    found.sort(key=lambda each: str(each[1].get("sent") or ""), reverse=True)
    lines = [
        Line(text, tuple(_sent(around, each)), source=key)
        for key, each in found
        if (text := " ".join(str(part) for part in values(each, "payload.contentString")))
    ]
    return around.section("agreements", lines)


def _what(around: Around, task: Resource) -> str:
    words, kind = around.words, task.get("code")
    said = in_one_language(str(task.get("description") or ""), kind, words.language)
    return words.topic(words.concept(kind), said) or words.code(f"{BASE}/CodeSystem/task-kind", "care-task")


def _notes(around: Around, task: Resource) -> Iterator[str]:
    words = around.words
    owner = task.get("owner")
    name = around.who(owner) or words.plain("somebody")
    yield words.say("task", "owner", who=name) if owner else words.say("task", "nobody")
    yield words.code(_STATUS, task.get("status"))
    if task.get("priority") not in (None, "routine"):
        yield words.code(_PRIORITY, task["priority"])
    if due := values(task, "restriction.period.end"):
        is_late = (on_the_list(task) or (EARLIEST, LATEST))[1] <= around.now
        place = ("task", "overdue") if is_late else ("written", "by")
        yield words.say(*place, date=words.date(due[0]))
    elif when := words.period(task.get("executionPeriod")):
        yield when
    for goal in goal_references(task, "Task", around.base):
        if text := (around.resources.get(goal) or {}).get("description", {}).get("text"):
            yield words.say("task", "serves", goal=text)
    if asking := around.who(task.get("requester")):
        yield words.say("task", "asked", who=asking)


def _when(task: Resource) -> list[str]:
    """By when it is to be done, then when it begins; without, behind all others."""
    found = (values(task, path) for path in ("restriction.period.end", "executionPeriod.start"))
    return [str(each[0]) if each else _LAST for each in found]


def _is_to_come(now: datetime, appointment: Resource) -> bool:
    end = appointment.get("end") or appointment.get("start")
    return appointment.get("status") in _TO_COME and (end is None or date_range(end)[1] > now)


def _meeting(around: Around, appointment: Resource) -> str:
    words = around.words
    start = words.date(appointment["start"]) if appointment.get("start") else ""
    kind = words.concept(appointment.get("appointmentType"))
    what = str(appointment.get("description") or kind or words.concepts(appointment.get("serviceType", ())))
    return words.topic(start, what) or words.code(f"{BASE}/CodeSystem/meeting-kind", "visit")


def _meeting_notes(around: Around, appointment: Resource) -> Iterator[str]:
    words = around.words
    if appointment.get("status") not in _CERTAIN:
        yield words.say("appointment", "proposed")
    places, present = dict[str, None](), dict[str, None]()
    for actor in values(appointment, "participant.actor"):
        key, name = around.key(actor) or "", around.who(actor)
        if name and key != around.person:
            (places if key.startswith("Location/") else present)[name] = None
    if present:
        yield words.say("written", "with", who=", ".join(present))
    if places:
        yield words.say("appointment", "place", place=", ".join(places))
    for link in values(appointment, f"extension({VIRTUAL_SERVICE}).valueUrl"):
        yield words.say("appointment", "online", link=link)
    if told := appointment.get("patientInstruction"):
        yield told


def _sent(around: Around, communication: Resource) -> Iterator[str]:
    if communication.get("sent"):
        yield around.words.date(communication["sent"])
    if name := around.who(communication.get("sender")):
        yield around.words.say("written", "said", who=name)
