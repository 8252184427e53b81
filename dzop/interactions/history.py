"""history of an instance: its versions, newest first. https://hl7.org/fhir/R4/http.html#history"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from dzop.access.labels import instant
from dzop.access.shown import Shown
from dzop.fhir import bundle
from dzop.fhir.outcome import Invalid
from dzop.interactions import page_token
from dzop.interactions.exchanged import Answer, Ask

_FIRST = 2_000_000_000
_STATUS = {"POST": "201", "DELETE": "204"}


async def history(ask: Ask) -> Answer:
    """A Bundle of type history with `_count` versions a page."""
    given = dict(ask.request.parameters)
    unknown = sorted(given.keys() - {"_count", "_page", "_format", "_pretty"})
    if unknown and not ask.request.is_lenient:
        raise Invalid(
            *[f"history takes no parameter `{name[:64]}`; possible are `_count`" for name in unknown]
        )
    count = _count(given.get("_count"), ask.service.page_size)
    subject = f"{ask.type}/{ask.id}/_history"
    position = page_token.read(ask, subject, given["_page"]) if "_page" in given else (str(_FIRST),)
    versions, total = await ask.service.gateway.history(
        ask.call, ask.type, ask.id, int(position[0]), count + 1
    )
    shown = versions[:count]
    links = [("self", f"{ask.service.base}/{subject}?{urlencode({'_count': count})}")]
    if shown and len(versions) > count:
        token = page_token.write(ask, subject, (str(shown[-1].version),))
        links.append(("next", f"{ask.service.base}/{subject}?{urlencode({'_count': count, '_page': token})}"))
    body = bundle.history(
        [_entry(each, ask.service.base) for each in shown], total, links, id=str(uuid4()),
        last_updated=instant(ask.call.now),
    )  # fmt: skip
    return Answer(200, body)


def _count(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text) or int(text) > 1_000:
        raise Invalid("`_count` is a whole number from 1 to 1000")
    return int(text)


def _entry(version: Shown, base: str) -> bundle.HistoryEntry:
    local = f"{version.type}/{version.id}"
    # The method is as stored: one of those that make a version.
    method: Any = version.method
    return bundle.HistoryEntry(
        full_url=f"{base}/{local}",
        method=method,
        url=version.type if method == "POST" else local,
        status=_STATUS.get(method, "201" if version.version == 1 else "200"),
        etag=version.etag,
        last_modified=instant(version.last_updated),
        resource=None if version.deleted else version.served,
    )
