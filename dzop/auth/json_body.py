"""The JSON that a client sends to the authorization server: one object, not too long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from authlib.oauth2.rfc6749 import InvalidRequestError
from starlette.requests import Request

__all__ = ["json_object"]


async def json_object(request: Request, most: int) -> Mapping[str, Any]:
    """The members of the body, of at most `most` bytes; InvalidRequestError when it is no JSON object."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise InvalidRequestError("The body must be JSON (application/json).")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise InvalidRequestError("The request is too long.")
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise InvalidRequestError("The body is a JSON object.")
    return content
