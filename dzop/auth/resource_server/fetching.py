"""Documents of an identity provider: small, in time, as JSON in which nothing is repeated, from where we asked.

A redirect is not followed: what answers is what was configured, or what the issuer itself names.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

__all__ = ["StrictDecoder", "Unreachable", "client", "fetched"]

MAX_BYTES = 256 * 1024
_TIMEOUT = httpx.Timeout(3.0)
_WITHIN = 5.0  # seconds for all of an answer, however slowly it drips
_LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=5)
_log = structlog.get_logger()


class Unreachable(Exception):
    """The identity provider does not answer, or not as it must."""


def client() -> httpx.AsyncClient:
    """A client for asking identity providers; close it when done."""
    return httpx.AsyncClient(
        verify=_authorities(),
        timeout=_TIMEOUT,
        limits=_LIMITS,
        headers={"Accept": "application/json"},
        follow_redirects=False,
    )


@cache
def _authorities() -> ssl.SSLContext:
    """Whose certificates are believed; read once, for that takes 30 ms."""
    return httpx.create_ssl_context()


async def fetched(http: httpx.AsyncClient, request: httpx.Request) -> Mapping[str, Any]:
    """The JSON object with which the provider answers 200; Unreachable for all else.

    The log has the host and what kind of fault it was, never a token or an answer.
    """
    try:
        async with asyncio.timeout(_WITHIN):
            return _object(await _body(http, request))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RecursionError) as error:
        _log.warning("issuer.unreachable", host=urlsplit(str(request.url)).netloc, error=type(error).__name__)
        raise Unreachable from None


async def _body(http: httpx.AsyncClient, request: httpx.Request) -> bytes:
    answer = await http.send(request, stream=True)
    try:
        if answer.status_code != 200:
            raise ValueError("not an answer")
        body = bytearray()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > MAX_BYTES:
                raise ValueError("too long")
        return bytes(body)
    finally:
        await answer.aclose()


def _object(body: bytes) -> Mapping[str, Any]:
    document = json.loads(body, cls=StrictDecoder)
    if not isinstance(document, dict):
        raise ValueError("not an object")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is repeated")
    return members


class StrictDecoder(json.JSONDecoder):
    """Refuses repeated members: two readers of one document must never see two different things."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_unique)
