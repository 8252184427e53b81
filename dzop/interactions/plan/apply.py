"""`PlanDefinition/[id]/$apply`: what a template proposes for a person.

https://hl7.org/fhir/R4/plandefinition-operation-apply.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

import orjson

from dzop.access.labels import instant
from dzop.explanation.languages import ours, preferred
from dzop.fhir import json
from dzop.fhir.outcome import Invalid
from dzop.fhir.parameters import Given
from dzop.fhir.references import parse_reference
from dzop.fhir.search.date import BRUSSELS
from dzop.fhir.search.query import read_query
from dzop.interactions.exchanged import Answer, Ask
from dzop.plan.plans import is_umbrella
from dzop.plan.template import Applying, applied

__all__ = ["apply"]

_MOST: Final = 100
_AGENTS: Final = {
    "practitioner": ("Practitioner", "PractitionerRole"),
    "organization": ("Organization",),
}


async def apply(ask: Ask, given: Given) -> Answer:
    """A transaction Bundle; 404 where the template or the person is not there, or not to be seen."""
    definition = json.parse((await ask.service.gateway.read(ask.call, ask.type, ask.id)).served).value
    subject = _local(ask, given, "subject", ("Patient",))
    person = orjson.loads(
        (await ask.service.gateway.read(ask.call, "Patient", subject.partition("/")[2])).served
    )
    applying = Applying(
        subject=subject,
        today=_today(ask),
        now=instant(ask.call.now),
        language=_language(ask, given, person),
        new_id=lambda: f"urn:uuid:{uuid4()}",
        umbrella=await _umbrella(ask, subject),
        served=given.all("goal"),
        **{name: _local(ask, given, name, types) for name, types in _AGENTS.items() if given.get(name)},
    )
    return Answer(200, orjson.dumps(applied(definition, applying), default=_as_written))


def _as_written(number: Decimal) -> orjson.Fragment:
    """With the digits that the template has."""
    return orjson.Fragment(str(number))


async def _umbrella(ask: Ask, subject: str) -> Mapping[str, Any] | None:
    """The one plan of the person that is part of no other, of those that the actor may see."""
    asked = (("patient", subject.partition("/")[2]), ("status", "draft,active,on-hold"))
    query = read_query("CarePlan", asked, base=ask.service.base, lenient=False)
    page = await ask.service.gateway.search(ask.call, query, None, _MOST)
    found = [plan for each in page.matches if is_umbrella(plan := orjson.loads(each.served))]
    return found[0] if len(found) == 1 else None


def _local(ask: Ask, given: Given, name: str, types: tuple[str, ...]) -> str:
    """The literal reference in a parameter; Invalid for another one."""
    text = str(given.get(name))
    reference = parse_reference(text, ask.service.base)
    if reference.local is None or reference.type not in types:
        possible = " or ".join(f"`{each}/[id]`" for each in types)
        raise Invalid(f"`{name}` is a reference {possible}, not `{text[:64]}`", expression=name)
    return reference.local


def _language(ask: Ask, given: Given, person: Mapping[str, Any]) -> str:
    asked = given.get("language")
    if asked is None:
        return preferred(ask.request.accept_language, person)
    language = ours(str(asked))
    if language is None:
        raise Invalid("`language` is one of `nl`, `fr`, `de`, `en`", expression="language")
    return language


def _today(ask: Ask) -> date:
    return ask.call.now.astimezone(BRUSSELS).date()
