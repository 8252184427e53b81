"""gzip of answers that are worth it.

A compressed answer tells by its length whether a guess that somebody put into it was right (BREACH). That needs a
page which makes the browser of its victim ask, with the victim's rights. Ours are in a bearer token, which
no page of others can make a browser send, and no answer holds a secret that opens anything.
The login pages (`/auth`), which live by a cookie, are not compressed.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Final

from starlette.responses import Response

from dzop.api.media_types import read_media_type
from dzop.interactions.beside import beside

__all__ = ["compress"]

_MOST: Final = 1_000  # characters of the header that are looked at, and remembered
_SMALLEST: Final = 1_024
_SMALL: Final = 8_192
_LEVEL: Final = 4


async def compress(response: Response, accept_encoding: str) -> None:
    """Compresses the body of a response when it is large enough and the client takes it."""
    if len(response.body) < _SMALLEST or not _takes_gzip(accept_encoding[:_MOST]):
        return
    body = await beside(_compressed, bytes(response.body))
    response.body = body
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(body))


def _compressed(body: bytes) -> bytes:
    """gzip; for a small body with a small window, whose memory is set up four times as fast."""
    window, memory = (12, 6) if len(body) <= _SMALL else (15, 8)
    compressing = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + window, memory)
    return compressing.compress(body) + compressing.flush()


@lru_cache(maxsize=256)
def _takes_gzip(accept_encoding: str) -> bool:
    named = {each.name: each.quality for each in map(read_media_type, accept_encoding.split(","))}
    return max(named.get("gzip", -1), named.get("x-gzip", -1)) > 0 or (
        named.get("gzip") is None and named.get("*", 0) > 0
    )
