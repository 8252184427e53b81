"""`CarePlan/[id]/$diff`: what changed in a plan and all that belongs to it, between two moments, in plain words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from dzop.access.compared import Moment
from dzop.access.everything import Whole
from dzop.access.labels import instant
from dzop.explanation.difference import name_of, told_difference
from dzop.explanation.languages import ours, preferred
from dzop.explanation.words import WORDS
from dzop.fhir import verbatim
from dzop.fhir.outcome import Invalid
from dzop.fhir.parameters import Given, parameters
from dzop.fhir.search.date import date_range
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.reach import readable
from dzop.interactions.rendered import json_bytes
from dzop.plan.fields import fhirpath
from dzop.plan.plan_difference import Differing, Resources, between

__all__ = ["as_text", "diff"]

_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")
_WHEN: Final = (
    "a version such as `3`, an instant such as `2027-01-31T12:00:00Z`, or a day such as `2027-01-31`"
)

Part = tuple[str, str, Any]


async def diff(ask: Ask, given: Given) -> Answer:
    """Each change of what the actor may see, the plan itself first."""
    language = given.get("language")
    if language is not None and ours(language) is None:
        raise Invalid("`language` is one of `nl`, `fr`, `de`, `en`", expression="language")
    asked = [_moment(given, "from"), _moment(given, "to")]
    if isinstance(asked[0], datetime) and asked[0] > ask.call.now:
        raise Invalid(f"`from` is a moment that has passed, not `{given.get('from')}`", expression="from")
    found = await ask.service.gateway.plan_at(ask.call, ask.id, frozenset(readable(ask.call.actor)), asked)
    return await asyncio.to_thread(_answer, found, language, ask.request.accept_language)


def _moment(given: Given, name: str) -> Moment | None:
    """A version, or an instant: of a day its beginning for `from` and its end for `to`."""
    text = given.get(name)
    if text is None:
        return None
    if _VERSION.fullmatch(text):
        return int(text)
    try:
        # A `+` in a zone that was not escaped in the URL arrives as a space.
        low, high = date_range(text.replace(" ", "+"))
    except ValueError:
        raise Invalid(f"`{name}` is {_WHEN}, not `{text[:64]}`", expression=name) from None
    return low if name == "from" else high - timedelta(microseconds=1)


def _answer(found: Sequence[tuple[datetime, Whole]], language: str | None, accepted: str) -> Answer:
    (first, older), (second, newer) = found
    spoken = (ours(language) if language else None) or preferred(accepted, _person(older, newer))
    names = {key: name for each in (older, newer) for key, name in _names(each, spoken)}
    changed = [_change(each, names, spoken) for each in between(_resources(older), _resources(newer))]
    told = parameters(
        ("from", "instant", instant(first)),
        ("to", "instant", instant(second)),
        *[("change", "part", each) for each in changed],
    )
    return Answer(200, json_bytes(told))


def _resources(whole: Whole) -> Resources:
    return {f"{each.type}/{each.id}": verbatim.read(each.body) for each in whole.matches}


def _names(whole: Whole, language: str) -> Iterator[tuple[str, str]]:
    for each in (*whole.matches, *whole.included):
        if name := name_of(verbatim.read(each.body), language):
            yield f"{each.type}/{each.id}", name


def _person(*wholes: Whole) -> Mapping[str, Any]:
    bodies = [each.body for whole in wholes for each in whole.included if each.type == "Patient"]
    return verbatim.read(bodies[-1]) if bodies else {}


def _change(differing: Differing, names: Mapping[str, str], language: str) -> list[Part]:
    change, type = differing.change, differing.key.partition("/")[0]
    return [
        ("what", "code", change.what),
        ("resource", "Reference", {"reference": differing.key}),
        ("path", "string", fhirpath(type, change.path)),
        ("from", "string", as_text(change.before)),
        ("to", "string", as_text(change.after)),
        ("text", "string", told_difference(WORDS[language], differing, names)),
    ]


def as_text(value: Any) -> str | None:
    """A value as it is written in JSON, a text by itself; None for nothing."""
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    return verbatim.written(value).decode()
