"""A printed plan as a FHIR document: the Composition that comes first, and what goes into the Bundle with it.

https://hl7.org/fhir/R4/documents.html, https://hl7.org/fhir/R4/composition.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any, Final

from dzop.plan.paper.content import Line, Paper, Section
from terminology.content import BASE

__all__ = ["composition", "device", "narrative"]

_SECTION: Final = f"{BASE}/CodeSystem/document-section"
_TYPE: Final = (
    {"system": "http://loinc.org", "code": "18776-5", "display": "Plan of care note"},
    {"system": f"{BASE}/CodeSystem/document-kind", "code": "plan-of-care"},
)


def composition(paper: Paper, person: Mapping[str, Any], plan: str, author: str, now: str) -> dict[str, Any]:
    """The Composition of a paper, without id.

    `person` is the subject as the plan refers to it, `plan` the key of the plan, `author` a reference to the device
    that made it, `now` an instant.
    """
    return {
        "resourceType": "Composition",
        "language": paper.language,
        "text": _text(
            paper.language,
            [f"<p>{escape(each)}</p>" for each in (paper.title, *paper.standing, *paper.preface)],
            (),
        ),
        "status": "final",
        "type": {"coding": list(_TYPE)},
        "subject": dict(person),
        "date": now,
        "author": [{"reference": author}],
        "title": paper.title,
        "event": [{"detail": [{"reference": plan}]}],
        "section": [_section(paper, each) for each in paper.sections],
    }


def device(version: str) -> dict[str, Any]:
    """The software that puts the document together, as its author: nobody vouches for it as a whole."""
    name = {"name": "dzop", "type": "other"}
    return {
        "resourceType": "Device",
        "status": "active",
        "deviceName": [name],
        "version": [{"value": version}],
    }


def narrative(section: Section) -> list[str]:
    """The XHTML of a section: what is said of it, then its lines, those that stand below others nested in them."""
    remark = [f"<p>{escape(section.remark)}</p>"] if section.remark else []
    return [*remark, *_nested(section.lines, min((each.level for each in section.lines), default=0))]


def _section(paper: Paper, section: Section) -> dict[str, Any]:
    entry = [{"reference": key} for key in section.sources]
    return {
        "title": section.title,
        "code": {"coding": [{"system": _SECTION, "code": section.code}]},
        "text": _text(paper.language, narrative(section), entry),
        **({"entry": entry} if entry else {}),
    }


def _text(language: str, parts: Sequence[str], entry: Sequence[Any]) -> dict[str, str]:
    """The narrative: made of the entries, or else saying more than they do."""
    opening = f'<div xmlns="http://www.w3.org/1999/xhtml" lang="{language}" xml:lang="{language}">'
    return {"status": "generated" if entry else "additional", "div": f"{opening}{''.join(parts)}</div>"}


def _nested(lines: Sequence[Line], level: int) -> list[str]:
    """A list of the lines of this level, each with those behind it that stand deeper."""
    if not lines:
        return []
    items: list[str] = []
    for is_here, group in groupby(lines, key=lambda each: each.level <= level):
        several = list(group)
        if is_here:
            items += [_told(each) for each in several]
        else:
            below = "".join(_nested(several, level + 1))
            items[-1:] = [f"{items[-1]}{below}" if items else below]
    return ["<ul>", *(f"<li>{each}</li>" for each in items), "</ul>"]


def _told(line: Line) -> str:
    notes = f"<br/>{escape(' · '.join(line.notes))}" if line.notes else ""
    return f"<b>{escape(line.text)}</b>{notes}"
