"""CarePlan/[id]/$overview: what is missing in a plan or waits, in plain words, by what the asker may see."""

from __future__ import annotations

from typing import Any

from dzop.access.overview import TYPES
from dzop.explanation.languages import ours, preferred
from dzop.fhir.outcome import Invalid
from dzop.fhir.parameters import Given, parameters
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.reach import readable
from dzop.interactions.rendered import json_bytes
from dzop.plan.overview import Remark, Seen, remarks
from terminology.content import BASE, display

__all__ = ["overview"]


async def overview(ask: Ask, given: Given) -> Answer:
    """200 with a remark for each thing to look at; 404 for a hidden plan."""
    types = frozenset(TYPES) & frozenset(readable(ask.call.actor))
    seen = await ask.service.gateway.overview(ask.call, ask.id, types)
    language = language_of(ask, given, seen)
    found = [("remark", "part", _told(each, language)) for each in remarks(seen)]
    return Answer(200, json_bytes(parameters(*found)))


def language_of(ask: Ask, given: Given, seen: Seen) -> str:
    """The language that is asked for, else that of the request, else the person's."""
    asked = given.get("language")
    if asked is not None and ours(asked) is None:
        raise Invalid("`language` is one of `nl`, `fr`, `de`, `en`", expression="language")
    person: dict[str, Any] = dict(next((each for _, each in seen.of("Patient")), {}))
    return (asked and ours(asked)) or preferred(ask.request.accept_language, person)


def _told(remark: Remark, language: str) -> tuple[tuple[str, str, Any], ...]:
    words = display("plan-remark", remark.code, language)
    code = {"system": f"{BASE}/CodeSystem/plan-remark", "code": remark.code, "display": words}
    about = (("about", "Reference", {"reference": each}) for each in remark.about)
    return (("code", "Coding", code), ("text", "string", words), *about)
