"""history of an instance, a type or the system: versions, newest first. https://hl7.org/fhir/R4/http.html#history

| parameter | shows |
|---|---|
| `_since` | versions made at this instant or later; of a date, from its beginning |
| `_at` | versions that were current at this instant, or at some time on this day, in this month or year |
| `_count` | so many on a page; 0 asks for the total alone |

A version that was made by a patch is listed as the update (`PUT`) that it amounts to, for the entry holds the
whole resource; the access log says `patch`. The total of a type or of the system stands on the first page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import uuid4

from dzop.access.labels import instant
from dzop.access.past import AskedHistory, Past, Position
from dzop.access.reach import allows
from dzop.access.shown import Shown
from dzop.fhir import bundle
from dzop.fhir.outcome import InsufficientScope, Invalid, Issue
from dzop.fhir.parameters import OF_THE_ANSWER
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.date import date_range
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.pages import Pages

_MOST: Final = 1_000
_ASKED: Final = ("_count", "_since", "_at")
_STATUS: Final = {"POST": "201", "DELETE": "204"}
_METHOD: Final[Mapping[str, Any]] = {"POST": "POST", "PUT": "PUT", "PATCH": "PUT", "DELETE": "DELETE"}


async def history(ask: Ask) -> Answer:
    """The versions of one resource; 404 when it is hidden."""
    return await _answered(ask, "instance", (ask.type,), f"{ask.type}/{ask.id}/_history")


async def history_type(ask: Ask) -> Answer:
    """The versions of all resources of a type, as far as the actor may see them."""
    return await _answered(ask, "type", (ask.type,), f"{ask.type}/_history")


async def history_system(ask: Ask) -> Answer:
    """The versions of all resources of the types within the scopes, as far as the actor may see them."""
    types = tuple(
        type
        for type, known in RESOURCE_TYPES.items()
        if "history-type" in known.interactions and allows(ask.call.actor, type, "s")
    )
    if not types:
        await ask.service.gateway.refused(ask.call, "history-system", 403, "", "")
        raise InsufficientScope("the scopes of this token do not include the history of any type")
    return await _answered(ask, "system", types, "_history")


async def _answered(
    ask: Ask, of: Literal["instance", "type", "system"], types: tuple[str, ...], path: str
) -> Answer:
    given = _given(ask)
    count = _count(given.get("_count"), ask.service.page_size)
    pages = Pages.of(ask, path, sorted((given | {"_count": str(count)}).items()))
    after = None if pages.behind is None else _position(pages.behind)
    asked = AskedHistory(
        of, types, ask.id, count, _since(given.get("_since")), _at(given.get("_at")), after,
        counted=after is None or of == "instance",
    )  # fmt: skip
    past = await ask.service.gateway.history(ask.call, asked)
    base = ask.service.base
    body = bundle.history(
        [_entry(each, base) for each in past.shown], past.total, pages.links(_end(past)),
        id=str(uuid4()), last_updated=instant(ask.call.now),
    )  # fmt: skip
    return Answer(200, body)


def _given(ask: Ask) -> dict[str, str]:
    """The parameters by name; Invalid for one that is not known here or given twice."""
    parameters = ask.request.parameters
    known = (*_ASKED, "_page", *OF_THE_ANSWER)
    names = [name for name, _ in parameters]
    issues = [
        Issue(
            "not-supported",
            f"history takes no parameter `{name[:64]}`; possible are `_count`, `_since`, `_at`",
            f"http.{name}",
        )
        for name in dict.fromkeys(names)
        if name not in known and not ask.request.is_lenient
    ]
    issues += [
        Issue("invalid", f"`{name}` is given more than once", f"http.{name}")
        for name in known
        if names.count(name) > 1
    ]
    if issues:
        raise Invalid(*issues)
    return {name: value for name, value in parameters if name in known}


def _count(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"0|[1-9][0-9]{0,3}", text) or int(text) > _MOST:
        raise Invalid(f"`_count` is a whole number from 0 to {_MOST}", expression="http._count")
    return int(text)


def _since(text: str | None) -> datetime | None:
    return None if text is None else _range("_since", text)[0]


def _at(text: str | None) -> tuple[datetime, datetime] | None:
    return None if text is None else _range("_at", text)


def _range(name: str, text: str) -> tuple[datetime, datetime]:
    """From when until before when; an instant to the second or finer is one moment of that precision."""
    try:
        # A `+` in a zone that was not escaped in the URL arrives as a space.
        return date_range(text.replace(" ", "+"))
    except ValueError:
        raise Invalid(
            f"`{name}` is an instant such as `2026-03-01T09:30:00+01:00`, or a date",
            expression=f"http.{name}",
        ) from None


def _position(texts: tuple[str, ...]) -> Position:
    updated, type, id, version = texts
    return datetime.fromisoformat(updated), type, id, int(version)


def _end(past: Past) -> tuple[str, ...] | None:
    """Where the page ends, if more follows."""
    if not past.more or not past.shown:
        return None
    last = past.shown[-1]
    return last.last_updated.isoformat(), last.type, last.id, str(last.version)


def _entry(version: Shown, base: str) -> bundle.HistoryEntry:
    local, method = f"{version.type}/{version.id}", _METHOD[version.method]
    return bundle.HistoryEntry(
        full_url=f"{base}/{local}",
        method=method,
        url=version.type if method == "POST" else local,
        status=_STATUS.get(method, "201" if version.version == 1 else "200"),
        etag=version.etag,
        last_modified=instant(version.last_updated),
        resource=None if version.deleted else version.served,
    )
