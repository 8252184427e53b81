"""How a goal goes, in order of time: its states, how far raters find it reached, and the scores that belong to it.

https://hl7.org/fhir/R4/goal.html#outcomes
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import read_reference
from dzop.fhir.search.date import EARLIEST, date_range
from dzop.plan.goal_attainment import is_rating, level_words, rating_of
from dzop.plan.goals import SOURCE_INSTRUMENT

__all__ = ["Moment", "Part", "measured", "named", "progress"]

Resource = Mapping[str, Any]
Part = tuple[str, str, Any]
"""Name, FHIR data type and value of a part; a value of None is none."""

_NAMING: Final = ("outcomeReference", "addresses", f"extension({SOURCE_INSTRUMENT}).valueReference")
_RATERS: Final[Mapping[str | None, str]] = {
    "Patient": "person",
    "RelatedPerson": "carer",
    "Practitioner": "professional",
    "PractitionerRole": "professional",
}
_MOST_NAMED: Final = 50
_ESCAPED: Final = re.compile(r"[\\,$|]")
_UNSAID: Final = frozenset({"entered-in-error", "cancelled"})


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that is known of a goal at a time: a `status`, a `rating` or a `score`, with its parts."""

    at: datetime
    kind: str
    parts: tuple[Part, ...]


def named(goal: Resource, type: str, base: str) -> tuple[str, ...]:
    """The ids of the resources of a type that a goal came from or led to; of very many the last ones."""
    found = (read_reference(each, base) for path in _NAMING for each in values(goal, path))
    ids = dict.fromkeys(each.id for each in found if each.type == type and each.id is not None)
    return tuple(ids)[-_MOST_NAMED:]


def measured(goal: Resource) -> tuple[str, ...]:
    """What the targets of a goal measure, as a search asks for it: `system|code`."""
    codings = [each for each in values(goal, "target.measure.coding") if "system" in each and "code" in each]
    found = (
        "|".join(_ESCAPED.sub(r"\\\g<0>", each[part]) for part in ("system", "code")) for each in codings
    )
    return tuple(dict.fromkeys(found))[-_MOST_NAMED:]


def progress(versions: Iterable[Resource], observations: Iterable[Resource], base: str) -> list[Moment]:
    """What versions of one goal, oldest first, and Observations about it tell, oldest first."""
    there = list(versions)
    found = [*_states(there), *_results(observations, there, base)]
    return sorted(found, key=lambda each: (each.at, each.kind))


def _states(versions: Sequence[Resource]) -> Iterator[Moment]:
    """The states of a goal, each where it was new."""
    before: tuple[Any, Any] | None = None
    for each in versions:
        state = (each.get("lifecycleStatus"), each.get("achievementStatus"))
        if state != before:
            meta = each["meta"]
            parts: tuple[Part, ...] = (
                ("time", "dateTime", meta["lastUpdated"]),
                ("version", "string", meta["versionId"]),
                ("lifecycleStatus", "code", state[0]),
                ("achievementStatus", "CodeableConcept", state[1]),
            )
            yield Moment(_instant(meta["lastUpdated"]), "status", parts)
        before = state


def _results(observations: Iterable[Resource], versions: Sequence[Resource], base: str) -> Iterator[Moment]:
    for each in observations:
        if each.get("status") in _UNSAID:
            continue
        said = _rating(each, _words_then(each, versions), base) if is_rating(each) else _score(each)
        time = _time(each)
        source = {"reference": f"Observation/{each['id']}"}
        parts = (("time", "dateTime", time), *said, ("source", "Reference", source))
        yield Moment(_instant(time), "rating" if is_rating(each) else "score", parts)


def _words_then(rating: Resource, versions: Sequence[Resource]) -> Mapping[int, str]:
    """The scale as it was when the rating was written: a scale may be put in other words later."""
    written = _instant(rating["meta"]["lastUpdated"])
    then = [each for each in versions if _instant(each["meta"]["lastUpdated"]) <= written]
    return level_words((then or versions)[-1]) if versions else {}


def _rating(observation: Resource, words: Mapping[int, str], base: str) -> tuple[Part, ...]:
    level = rating_of(observation)
    performer = next(iter(observation.get("performer", ())), None)
    type = None if performer is None else read_reference(performer, base).type
    return (
        ("value", "integer", level),
        ("meaning", "string", None if level is None else words.get(level)),
        ("rater", "Reference", performer),
        ("raterKind", "code", _RATERS.get(type)),
    )


def _score(observation: Resource) -> tuple[Part, ...]:
    value = next((name for name in observation if name.startswith("value")), None)
    measured: tuple[Part, ...] = () if value is None else (("value", value[5:], observation[value]),)
    meanings = (("interpretation", "CodeableConcept", each) for each in observation.get("interpretation", ()))
    return (("code", "CodeableConcept", observation.get("code")), *measured, *meanings)


def _time(observation: Resource) -> str:
    """When it was so, else when it was told, else when it was written down."""
    period = observation.get("effectivePeriod", {})
    found = (
        observation.get("effectiveDateTime"), observation.get("effectiveInstant"), period.get("end"),
        period.get("start"), observation.get("issued"),
    )  # fmt: skip
    return str(next(filter(None, found), observation["meta"]["lastUpdated"]))


def _instant(text: str) -> datetime:
    try:
        return date_range(text)[0]
    except ValueError:
        return EARLIEST
