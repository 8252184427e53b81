"""A plan around which a test puts what it needs, and how it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from resources import Resource, entity, ref

from dzop.explanation.dates import day, moment
from dzop.explanation.words import WORDS
from dzop.plan.paper.around import Around, Party
from dzop.plan.paper.content import Paper, Section
from dzop.plan.paper.printed import printed
from dzop.plan.paper.words import Words

BASE = "https://care.example/fhir"
PERSON, PLAN = "Patient/jet", "CarePlan/plan"
NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)


def paper(
    *resources: Resource,
    language: str = "en",
    parties: Sequence[Party] | None = None,
    reader: str = "Dr. Maes",
) -> Paper:
    """The plan of Jet with all this around it, as `reader` has it printed."""
    usual = [
        entity(PERSON, name=[{"text": "Jet"}]),
        entity(PLAN, status="active", subject=ref(PERSON)),
    ]
    known = {f"{each['resourceType']}/{each['id']}": each for each in (*usual, *resources)}
    said = WORDS[language]
    words = Words(language, partial(day, said), partial(moment, said))
    return printed(Around(PLAN, known, BASE, words, reader, NOW, parties))


def section(code: str, *resources: Resource, parties: Sequence[Party] | None = None) -> Section:
    """One section of that."""
    found = paper(*resources, parties=parties)
    return next(each for each in found.sections if each.code == code)


def lines(code: str, *resources: Resource, parties: Sequence[Party] | None = None) -> list[str]:
    """What the lines of a section say, before their notes."""
    return [each.text for each in section(code, *resources, parties=parties).lines]


def notes(code: str, *resources: Resource) -> list[str]:
    """The notes of the first line of a section."""
    return list(section(code, *resources).lines[0].notes)


__all__ = ["BASE", "NOW", "PERSON", "PLAN", "lines", "notes", "paper", "section"]
