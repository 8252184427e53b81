"""$everything: all that is kept of a person, or that belongs to a plan, as far as the actor may see it.

https://hl7.org/fhir/R4/patient-operation-everything.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from dzop.access.everything import MOST, AskedWhole, Whole
from dzop.access.shown import Shown
from dzop.fhir import json, xshare
from dzop.fhir.bundle import SearchEntry
from dzop.fhir.outcome import InsufficientScope, Invalid
from dzop.fhir.parameters import OF_THE_ANSWER, Given
from dzop.fhir.profiles.registry import profile_of
from dzop.fhir.search.date import EARLIEST, LATEST, date_range
from dzop.fhir.search.path import kept_types
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.pages import Pages
from dzop.interactions.reach import readable

_MOST_COUNT = 1_000
_TYPES = frozenset(kept_types())


async def everything_of_person(ask: Ask, given: Given) -> Answer:
    """A searchset: the Patient, the rest by type and id, and what they name of the directory."""
    asked = AskedWhole(await _types(ask, given), _since(given), _care(given))
    pages = _pages(ask, given, (*_OF_PERSON, "_page"))
    after = None if pages.behind is None else (pages.behind[0], pages.behind[1])
    whole = await ask.service.gateway.everything(ask.call, ask.id, asked, after, _count(given))
    return pages.searchset(_entries(ask, whole), whole.total, whole.after)


async def everything_of_plan(ask: Ask, given: Given) -> Answer:
    """A searchset: the plan, what belongs to it, and whom they name."""
    types, at, is_european = await _types(ask, given), _at(given), _is_european(given)
    whole = await ask.service.gateway.everything_of_plan(ask.call, ask.id, types, at)
    entries = _in_european_shape(ask, whole) if is_european else _entries(ask, whole)
    total = sum(each.mode == "match" for each in entries)
    return _pages(ask, given, _OF_PLAN).searchset(entries, total)


# -- what is asked for -------------------------------------------------------------------------------------


async def _types(ask: Ask, given: Given) -> frozenset[str]:
    """The types that the scopes of the token reach; InsufficientScope for one that is asked for and out of reach."""
    reached = frozenset(readable(ask.call.actor)) & _TYPES
    asked = frozenset(type.strip() for text in given.all("_type") for type in text.split(","))
    if unknown := sorted(asked - _TYPES):
        possible = ", ".join(sorted(_TYPES))
        raise Invalid(f"`_type` is `{unknown[0][:64]}`; possible are {possible}", expression="_type")
    if beyond := sorted(asked - reached):
        await ask.service.gateway.refused(ask.call, "$everything", 403, ask.type, ask.id)
        raise InsufficientScope(f"the scopes of this token do not include `read` of `{beyond[0]}`")
    return asked or reached


def _count(given: Given) -> int:
    if given.get("_count") is None:
        return MOST
    text = str(given.get("_count"))
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= _MOST_COUNT):
        raise Invalid(f"`_count` is a number from 1 to {_MOST_COUNT}", expression="_count")
    return int(text)


def _since(given: Given) -> datetime:
    found = _range(given, "_since", "an instant such as `2027-01-31T12:00:00Z`")
    return EARLIEST if found is None else found[0]


def _at(given: Given) -> datetime | None:
    """The end of what is written, be it a day, a second or a microsecond: what was there by then is in it."""
    found = _range(given, "_at", "an instant such as `2027-01-31T12:00:00Z`, or a day")
    return None if found is None else found[1] - timedelta(microseconds=1)


def _care(given: Given) -> tuple[datetime, datetime] | None:
    start = _range(given, "start", "a date such as `2027-01-31`")
    end = _range(given, "end", "a date such as `2027-01-31`")
    if start is None and end is None:
        return None
    return (EARLIEST if start is None else start[0]), (LATEST if end is None else end[1])


def _is_european(given: Given) -> bool:
    """Whether the European shape is asked for, which is the only other one."""
    profile = given.get("_profile")
    known = None if profile is None else profile_of(profile)
    if profile is not None and (known is None or known.url != xshare.CARE_PLAN):
        raise Invalid(f"`_profile` can be `{xshare.CARE_PLAN}` only", expression="_profile")
    return known is not None


def _range(given: Given, name: str, shape: str) -> tuple[datetime, datetime] | None:
    text = given.get(name)
    try:
        # A `+` in a zone that was not escaped in the URL arrives as a space.
        return None if text is None else date_range(text.replace(" ", "+"))
    except ValueError:
        raise Invalid(f"`{name}` is {shape}", expression=name) from None


_OF_PERSON = ("start", "end", "_since", "_type", "_count")
_OF_PLAN = ("_at", "_profile")


def _pages(ask: Ask, given: Given, names: Sequence[str]) -> Pages:
    """The pages of what is asked; the next one looks the same."""
    stated = [(name, str(value)) for name in names for value in given.all(name)]
    presented = [each for each in ask.request.parameters if each[0] in OF_THE_ANSWER]
    return Pages.of(ask, f"{ask.type}/{ask.id}/$everything", [*stated, *presented])


# -- the answer --------------------------------------------------------------------------------------------


def _entries(ask: Ask, whole: Whole) -> list[SearchEntry]:
    base = ask.service.base
    found = [SearchEntry(_url(base, each), each.served) for each in whole.matches]
    return found + [SearchEntry(_url(base, each), each.served, "include") for each in whole.included]


def _url(base: str, each: Shown) -> str:
    return f"{base}/{each.type}/{each.id}"


def _in_european_shape(ask: Ask, whole: Whole) -> list[SearchEntry]:
    """Plans and goals claim their profile; the Tasks made of activities follow the parts of the plan."""
    base, entries, derived = ask.service.base, list[SearchEntry](), list[SearchEntry]()
    for each in whole.matches:
        url, meta = _url(base, each), orjson.loads(each.served_meta)
        if each.type == "CarePlan":
            shaped = xshare.shaped(each.body.decode(), url, meta.get("security", ()))
            derived += [SearchEntry(urn, task.encode()) for urn, task in shaped.tasks.items()]
            entries.append(SearchEntry(url, _claiming(each, shaped.plan.encode(), meta, xshare.CARE_PLAN)))
        elif each.type == "Goal":
            entries.append(SearchEntry(url, _claiming(each, each.body, meta, xshare.GOAL)))
        else:
            entries.append(SearchEntry(url, each.served))
    named = [SearchEntry(_url(base, each), each.served, "include") for each in whole.included]
    return [*entries, *derived, *named]


def _claiming(each: Shown, body: bytes, meta: Mapping[str, Any], profile: str) -> bytes:
    return json.served(body, each.type, each.id, orjson.dumps(xshare.claiming(meta, profile)))
