"""Page tokens: where a page ends, signed for one actor and one query, so that no other can use it.

A token holds a position, never a result: each page is judged anew.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import orjson

from dzop.fhir.outcome import Invalid
from dzop.interactions.exchanged import Ask

_DIGEST = 16


def write(ask: Ask, subject: str, position: tuple[str, ...]) -> str:
    """The token that continues `subject`, a search or a history, behind the position."""
    payload = orjson.dumps(position)
    return base64.urlsafe_b64encode(_signature(ask, subject, payload) + payload).rstrip(b"=").decode()


def read(ask: Ask, subject: str, token: str) -> tuple[str, ...]:
    """The position in a token that this actor got for this subject; Invalid for every other."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    signature, payload = raw[:_DIGEST], raw[_DIGEST:]
    if not hmac.compare_digest(signature, _signature(ask, subject, payload)):
        raise Invalid("this page link is not valid for you; start the search again")
    return tuple(orjson.loads(payload))


def _signature(ask: Ask, subject: str, payload: bytes) -> bytes:
    actor = ask.call.actor
    bound = orjson.dumps([actor.individual, actor.role, actor.organization, subject])
    return hmac.digest(ask.service.page_key, bound + payload, hashlib.sha256)[:_DIGEST]
