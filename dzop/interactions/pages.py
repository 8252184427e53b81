"""The pages of an answer: where the one asked for begins, and the links to itself and the next.

A page token holds where a page ends, signed for one actor and one question, so that it serves no other. It holds a
position, never a result: each page is judged anew. https://hl7.org/fhir/R4/http.html#paging
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4

import orjson

from dzop.access.labels import instant
from dzop.fhir import bundle
from dzop.fhir.bundle import SearchEntry
from dzop.fhir.outcome import Invalid
from dzop.interactions.exchanged import Answer, Ask

_PAGE: Final = "_page"
_DIGEST: Final = 16

Position = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one question: its path below the base, what it asks, and the token of the page wanted."""

    ask: Ask
    path: str
    asked: tuple[tuple[str, str], ...]
    token: str | None = None

    @classmethod
    def of(cls, ask: Ask, path: str, parameters: Iterable[tuple[str, str]]) -> Pages:
        """The pages of what these parameters ask, one of which may be the token."""
        all_of_it = tuple(parameters)
        asked = tuple(each for each in all_of_it if each[0] != _PAGE)
        return cls(ask, path, asked, next((text for name, text in all_of_it if name == _PAGE), None))

    @property
    def behind(self) -> Position | None:
        """Behind which position the page wanted begins; None for the first one.

        Raises Invalid for a token that this actor did not get for this question.
        """
        if self.token is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(self.token + "=" * (-len(self.token) % 4))
        except (binascii.Error, ValueError):
            raw = b""
        signature, payload = raw[:_DIGEST], raw[_DIGEST:]
        if not hmac.compare_digest(signature, self._signature(payload)):
            raise Invalid(
                "this page link is not valid for you; start again without `_page`", expression="http._page"
            )
        return tuple(orjson.loads(payload))

    def links(self, end: Position | None) -> list[tuple[str, str]]:
        """`self`, and `next` when there is more behind the `end` of this page."""
        here = [] if self.token is None else [(_PAGE, self.token)]
        links = [("self", self._url([*self.asked, *here]))]
        if end is not None:
            links.append(("next", self._url([*self.asked, (_PAGE, self._written(end))])))
        return links

    def searchset(
        self, entries: Sequence[SearchEntry], total: int | None, end: Position | None = None
    ) -> Answer:
        """200 with one page of a search."""
        now = instant(self.ask.call.now)
        body = bundle.searchset(entries, total, self.links(end), id=str(uuid4()), last_updated=now)
        return Answer(200, body)

    def _url(self, parameters: Sequence[tuple[str, str]]) -> str:
        url = f"{self.ask.service.base}/{self.path}"
        return f"{url}?{urlencode(parameters)}" if parameters else url

    def _written(self, end: Position) -> str:
        payload = orjson.dumps(end)
        return base64.urlsafe_b64encode(self._signature(payload) + payload).rstrip(b"=").decode()

    def _signature(self, payload: bytes) -> bytes:
        actor = self.ask.call.actor
        question = f"{self.path}?{urlencode(self.asked)}"
        bound = orjson.dumps([actor.individual, actor.role, actor.organization, question])
        return hmac.digest(self.ask.service.page_key, bound + payload, hashlib.sha256)[:_DIGEST]
