"""Who looked, in plain words: events of the access log, alike ones of one day told as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dzop.access.logged import Logged
from dzop.explanation import reasons
from dzop.explanation.reasons import Said
from dzop.explanation.told import Told, told
from dzop.explanation.words import Words, sentence
from dzop.fhir.resource_types import DATA_CATEGORY
from dzop.fhir.search.date import BRUSSELS
from terminology.content import CONTENT, display

_PERMITS = ("relation:", "carer-", "system")
_FORBIDS = ("exclusion", "relation:none", "consent:none", "closing", "age", "setting")
_BREAK_GLASS = ("relation:break-glass", "break-glass")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: from the first to the last of `count` alike events of a day, newest first among the lines."""

    first: datetime
    last: datetime
    count: int
    agent: str
    name: str
    role: str
    organization: str | None
    organization_name: str | None
    interaction: str
    categories: tuple[str, ...]
    refused: bool
    break_glass: bool
    rules: tuple[str, ...]
    reason: str | None
    text: str


@dataclass(frozen=True, slots=True)
class _Event:
    """What an AuditEvent says, as far as it is told."""

    recorded: datetime
    agent: str
    role: str
    organization: str
    interaction: str
    categories: tuple[str, ...]
    refused: bool
    result: bool
    rules: tuple[str, ...]

    @property
    def day(self) -> date:
        return self.recorded.astimezone(BRUSSELS).date()

    @property
    def alike(self) -> tuple[object, ...]:
        """What events have in common that are told as one."""
        return (
            self.day, self.agent, self.role, self.organization, self.interaction, self.categories, self.refused,
            self.result, self.breaks_glass,
        )  # fmt: skip

    @property
    def breaks_glass(self) -> bool:
        return self.interaction == "$break-glass" or any(rule.startswith(_BREAK_GLASS) for rule in self.rules)


@dataclass(slots=True)
class _Group:
    event: _Event
    first: datetime
    last: datetime
    count: int = field(default=1)


def people_in(events: Iterable[Logged]) -> list[str]:
    """The references of everybody named in these events."""
    found = [_read(each.resource) for each in events]
    return list(dict.fromkeys(key for each in found for key in (each.agent, each.organization) if "/" in key))


def entries(words: Words, events: Sequence[Logged], known: Mapping[str, str], person: str) -> list[Entry]:
    """The lines, newest first; where somebody broke the glass, first. `known` are names by reference."""
    groups: dict[tuple[object, ...], _Group] = {}
    for event in sorted(
        (_read(each.resource) for each in events), key=lambda each: each.recorded, reverse=True
    ):
        group = groups.get(event.alike)
        if group is None:
            groups[event.alike] = _Group(event, event.recorded, event.recorded)
        else:
            group.first = event.recorded
            group.count += 1
    lines = [_line(words, group, known, person) for group in groups.values()]
    return sorted(lines, key=lambda each: not each.break_glass)


def _line(words: Words, group: _Group, known: Mapping[str, str], person: str) -> Entry:
    event = group.event
    name = (
        str(words.texts["log"]["system"]) if event.agent == "system" else known.get(event.agent, event.agent)
    )
    organization = known.get(event.organization, event.organization) or None
    main = _main(event)
    said = Said(main or "", name, known.get(person, person), permits=not event.refused)
    reason = reasons.reason(words, said) if main else None
    happened = Told(
        _presented(words, name, event.role, organization),
        event.interaction,
        event.categories,
        event.refused,
        event.result,
        group.count,
        event.breaks_glass,
    )
    return Entry(
        group.first, group.last, group.count, event.agent, name, event.role, event.organization or None, organization,
        event.interaction, event.categories, event.refused, event.breaks_glass, event.rules,
        sentence(reason) if reason else None, told(words, happened),
    )  # fmt: skip


def _main(event: _Event) -> str | None:
    """The rule to tell: of a refusal what forbade it, else how the actor is near the person."""
    beginnings = _FORBIDS if event.refused else _PERMITS
    return next((rule for start in beginnings for rule in event.rules if rule.startswith(start)), None)


def _presented(words: Words, name: str, role: str, organization: str | None) -> str:
    """The name, with role and organisation in brackets; the person needs no introduction."""
    known = role in CONTENT.code_systems["role"].concepts and role not in ("person", "system-client")
    about = [display("role", role, words.language)] if known else []
    about += [organization] if organization and organization != name else []
    return f"{name} ({', '.join(about)})" if about else name


def _read(event: Mapping[str, Any]) -> _Event:
    agents = event["agent"]
    user = next((each for each in agents if each.get("requestor")), agents[0])
    employers = [each["who"].get("reference", "") for each in agents if each is not user and "who" in each]
    entities = event.get("entity", [])
    labels = [each["code"] for each in event["meta"]["security"] if each["system"] == DATA_CATEGORY]
    about = tuple(code for code in labels if code != "access-log")
    interaction = _interaction([each["code"] for each in event["subtype"]])
    if not about and _is_of_log(entities) and interaction in ("read", "search-type"):
        interaction = "$access-log"
    rules = [
        detail["valueString"]
        for entity in entities
        for detail in entity.get("detail", [])
        if detail.get("type") == "rule"
    ]
    return _Event(
        datetime.fromisoformat(event["recorded"]),
        user["who"].get("reference") or user["who"].get("display", ""),
        user["role"][0]["coding"][0]["code"],
        next((each for each in employers if each.startswith("Organization/")), ""),
        interaction,
        about,
        event["outcome"] != "0",
        bool(about),
        tuple(rules),
    )


def _interaction(codes: Sequence[str]) -> str:
    """An operation goes by its own name, of which FHIR has no code."""
    return next((each for each in codes if each.startswith("$")), codes[0])


def _is_of_log(entities: Iterable[Mapping[str, Any]]) -> bool:
    return any(
        each.get("what", {}).get("type") == "AuditEvent"
        or each.get("what", {}).get("reference", "").startswith("AuditEvent")
        for each in entities
    )
