"""CarePlan/[id]/$billing-facts: when an organisation took part, for who pays it, by what the asker may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from dzop.fhir.outcome import Invalid
from dzop.fhir.parameters import Given, parameters
from dzop.fhir.references import read_reference
from dzop.fhir.search.date import date_range
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes
from dzop.plan.billing import Days, Stretch

__all__ = ["billing_facts"]


async def billing_facts(ask: Ask, given: Given) -> Answer:
    """200 with periods and days; 404 for a hidden plan."""
    organization = _organization(ask, given)
    found = await ask.service.gateway.billing_facts(ask.call, ask.id, organization, _asked(ask, given))
    told = (
        ("organization", "Reference", {"reference": organization}),
        *_periods("involvement", found.involvement),
        *_periods("coordination", found.coordination),
        *(("consultation", "date", each.isoformat()) for each in found.consultations),
    )
    return Answer(200, json_bytes(parameters(*told)))


def _periods(name: str, found: Iterable[Days]) -> Iterator[tuple[str, str, Any]]:
    for first, last in found:
        yield (name, "Period", {"start": first.isoformat(), "end": last.isoformat()})


def _organization(ask: Ask, given: Given) -> str:
    """The one that is named, or for which the actor works."""
    named = given.get("organization")
    if named is None and ask.call.actor.organization is not None:
        return ask.call.actor.organization
    found = read_reference(named or {}, ask.service.base)
    if found.type != "Organization" or found.local is None:
        raise Invalid(
            "`organization` is a reference to an Organization here, such as `Organization/x`; only who acts for one "
            "may leave it out",
            expression="organization",
        )
    return found.local


def _asked(ask: Ask, given: Given) -> Stretch:
    """From the first day to the end of the last one, or until now."""
    first, last = _day(given, "start"), _day(given, "end")
    if last[0] > ask.call.now:
        raise Invalid(f"`end` is today or before, not `{given.get('end')}`", expression="end")
    if first[0] > last[0]:
        raise Invalid(
            f"`start` (`{given.get('start')}`) comes before `end` (`{given.get('end')}`)", expression="start"
        )
    return first[0], min(last[1], ask.call.now)


def _day(given: Given, name: str) -> tuple[datetime, datetime]:
    text = str(given.get(name))
    try:
        if len(text) == len("2027-01-31"):
            return date_range(text)
    except ValueError:
        pass
    raise Invalid(f"`{name}` is a day such as `2027-01-31`", expression=name)
