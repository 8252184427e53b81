"""Task/$mine: what somebody has to do on a day, for everybody whose plan they see."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from dzop.access.shown import Shown
from dzop.fhir.bundle import SearchEntry
from dzop.fhir.outcome import Invalid
from dzop.fhir.parameters import OF_THE_ANSWER, Given
from dzop.fhir.search.date import BRUSSELS, date_range
from dzop.fhir.search.query import TOTALS
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.pages import Pages

_MOST: Final = 1_000


async def mine(ask: Ask, given: Given) -> Answer:
    """A searchset: the actor's own tasks and those of the teams and the organisation that nobody has, overdue
    first; the persons they are for come along.
    """
    gateway, base = ask.service.gateway, ask.service.base
    stated = [
        (name, str(given.get(name)))
        for name in ("date", "_count", "_total", "_page")
        if given.get(name) is not None
    ]
    presented = [each for each in ask.request.parameters if each[0] in OF_THE_ANSWER]
    pages = Pages.of(ask, "Task/$mine", [*stated, *presented])
    page, persons = await gateway.tasks_due(
        ask.call, _end_of_day(ask, given), pages.behind, _count(ask, given), total=_total(given)
    )
    entries = [_entry(base, each, "match") for each in page.matches]
    entries += [_entry(base, each, "include") for each in persons]
    return pages.searchset(entries, page.total, page.after)


def _entry(base: str, each: Shown, mode: Literal["match", "include"]) -> SearchEntry:
    return SearchEntry(f"{base}/{each.type}/{each.id}", each.served, mode)


def _end_of_day(ask: Ask, given: Given) -> datetime:
    text = given.get("date", ask.call.now.astimezone(BRUSSELS).date().isoformat())
    try:
        if len(text) == len("2027-01-31"):
            return date_range(text)[1]
    except ValueError:
        pass
    raise Invalid("`date` is a day such as `2027-01-31`", expression="date")


def _count(ask: Ask, given: Given) -> int:
    if given.get("_count") is None:
        return ask.service.page_size
    text = str(given.get("_count"))
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= _MOST):
        raise Invalid(f"`_count` is a number from 1 to {_MOST}", expression="_count")
    return int(text)


def _total(given: Given) -> bool:
    """Whether to count all of them."""
    text = str(given.get("_total", "none"))
    if text not in TOTALS:
        raise Invalid(f"`_total` is one of {', '.join(TOTALS)}", expression="_total")
    return TOTALS[text]
