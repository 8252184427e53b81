"""Versions in HTTP: weak ETags, and what they are compared with. https://hl7.org/fhir/R4/http.html#versioning

https://www.rfc-editor.org/rfc/rfc9110#section-13 says what the headers mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from dzop.fhir.outcome import Invalid
from dzop.interactions.exchanged import Request

_ETAG = re.compile(r'\s*(?:W/)?"(?P<version>[1-9][0-9]{0,8})"\s*')
_ONE = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*+"'
_LIST = re.compile(rf"\s*+(?:\*|{_ONE}(?:\s*+,\s*+{_ONE})*+)\s*+")
_TAG = re.compile(r'"([^"]*+)"')


def version_of(if_match: str | None) -> int | None:
    """The version that `If-Match` names; None without the header; Invalid when it names none."""
    if if_match is None:
        return None
    match = _ETAG.fullmatch(if_match)
    if match is None:
        raise Invalid('`If-Match` must hold one version, such as `W/"1"`', expression="http.If-Match")
    return int(match["version"])


@dataclass(frozen=True, slots=True)
class Held:
    """What a client has already: some versions, or any (`*`), or the state of an instant."""

    versions: frozenset[str] = frozenset()
    since: datetime | None = None

    def has(self, version: int, last_updated: datetime) -> bool:
        """Whether the client has this version; instants count to the second, as in `Last-Modified`."""
        if self.since is not None:
            return last_updated.replace(microsecond=0) <= self.since
        return not self.versions.isdisjoint({"*", str(version)})


def held(request: Request) -> Held:
    """What `If-None-Match` says, or without it `If-Modified-Since`; Invalid when the first is no list of ETags.

    A date that is none is left aside, as HTTP asks for.
    """
    if request.if_none_match is None:
        return Held(since=_instant(request.if_modified_since))
    if _LIST.fullmatch(request.if_none_match) is None:
        raise Invalid(
            '`If-None-Match` must be `*` or hold versions, such as `W/"1", W/"2"`',
            expression="http.If-None-Match",
        )
    versions = _TAG.findall(request.if_none_match) or ["*"]
    # A tag `"*"` in quotes is a version that no resource has.
    return Held(frozenset(versions) - ({"*"} if '"' in request.if_none_match else set()))


def _instant(text: str | None) -> datetime | None:
    """An HTTP date, or an instant as an entry of a Bundle has it."""
    if text is None:
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text)
        except (ValueError, OverflowError):
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
