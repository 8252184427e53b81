"""The FHIR endpoint: HTTP request -> interaction -> HTTP response, the same way for all of them.

It is an ASGI application of its own: what is asked most often passes through as little as can be.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from secrets import token_hex
from traceback import extract_tb

import structlog
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from dzop.access.actors import Barred
from dzop.actor import Actor, Call
from dzop.api.body import read_form, read_source
from dzop.api.negotiation import Parameters, bearer, read_parameters, require_json
from dzop.fhir.outcome import (
    FhirError,
    Issue,
    NotSupported,
    TooManyRequests,
    Unauthenticated,
    operation_outcome,
)
from dzop.interactions.batch import batch_or_transaction
from dzop.interactions.capabilities import capabilities
from dzop.interactions.exchanged import Answer, Ask, Request, Service
from dzop.interactions.rendered import json_bytes
from dzop.interactions.route import perform, record_barred

FHIR_JSON = "application/fhir+json; charset=utf-8"
PATH = "/fhir"
# An app of any origin may ask: a bearer token, unlike a cookie, is no session that another page could borrow.
_OPEN_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Location, Retry-After, X-Request-Id",
    "X-Content-Type-Options": "nosniff",
}
_PRIVATE_HEADERS = {
    **_OPEN_HEADERS,
    "Cache-Control": "no-store",
    "Vary": "Authorization, Accept, Accept-Language, Prefer",
}
_PREFLIGHT_HEADERS = {
    **_OPEN_HEADERS,
    "Access-Control-Allow-Methods": "DELETE, GET, HEAD, POST, PUT",
    "Access-Control-Allow-Headers": (
        "Accept-Language, Authorization, Content-Type, If-Match, If-None-Exist, If-None-Match, Prefer"
    ),
    "Access-Control-Max-Age": "600",
}
_log = structlog.get_logger()

Authenticate = Callable[[str, datetime], Awaitable[Actor]]


@dataclass(frozen=True, slots=True)
class FhirEndpoint:
    """Everything under `/fhir`. Two documents are open, all else needs a bearer token."""

    service: Service
    authenticate: Authenticate
    smart_configuration: dict[str, object]
    clock: Callable[[], datetime]
    max_body: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = token_hex(16)
        response = await self._guarded(HttpRequest(scope, receive), request_id)
        response.headers["X-Request-Id"] = request_id
        await response(scope, receive, send)

    async def _guarded(self, request: HttpRequest, request_id: str) -> Response:
        """Whatever happens, the answer is FHIR and gives nothing away."""
        try:
            return await self._respond(request, request_id)
        except FhirError as error:
            return _refusal(error)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            # Frames and the kind of error, never its text: that may quote what somebody sent.
            frames = [
                f"{each.name} {each.filename}:{each.lineno}" for each in extract_tb(error.__traceback__)
            ]
            kind = type(error).__name__
            _log.error(
                "request.failed", request_id=request_id, method=request.method, error=kind, frames=frames[-8:]
            )
            text = "something went wrong here; it is logged under the id in `X-Request-Id`"
            outcome = operation_outcome([Issue("exception", text, severity="fatal")])
            return Response(json_bytes(outcome), 500, _PRIVATE_HEADERS, FHIR_JSON)

    async def _respond(self, request: HttpRequest, request_id: str) -> Response:
        scope = request.scope
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT_HEADERS)
        path = scope["path"].removeprefix(PATH).strip("/")
        if path == ".well-known/smart-configuration":
            return JSONResponse(self.smart_configuration, headers=_OPEN_HEADERS)
        parameters = read_parameters(scope["query_string"])
        if path == "metadata":
            require_json(request.headers, parameters)
            return Response(capabilities(self.service).resource, 200, _OPEN_HEADERS, FHIR_JSON)
        now = self.clock()
        try:
            actor = await self.authenticate(bearer(request.headers), now)
        except Barred as barred:
            asked = Request(request.method, path, parameters)
            await record_barred(Ask(self.service, Call(barred.actor, now, request_id), asked))
            raise
        require_json(request.headers, parameters)
        understood = await self._understood(request, path, parameters)
        answer = await _performed(Ask(self.service, Call(actor, now, request_id), understood))
        return _response(answer, request.method)

    async def _understood(self, request: HttpRequest, path: str, parameters: Parameters) -> Request:
        method, headers, source = request.method, request.headers, None
        if method == "POST" and path.endswith("/_search"):
            parameters += await read_form(request, self.max_body)
        elif method in ("POST", "PUT", "PATCH"):
            source = await read_source(request, self.max_body)
        return Request(
            method, path, parameters, source, headers.get("if-match"), headers.get("if-none-match"),
            headers.get("if-none-exist"), headers.get("prefer", ""), headers.get("accept-language", ""),
        )  # fmt: skip


async def _performed(ask: Ask) -> Answer:
    if ask.request.path:
        return await perform(ask)
    if ask.request.method != "POST":
        raise NotSupported("the base takes a Bundle by POST")
    return await batch_or_transaction(ask)


def _refusal(error: FhirError) -> Response:
    headers = dict(_PRIVATE_HEADERS)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="dzop"'
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    return Response(json_bytes(operation_outcome(error.issues)), error.status, headers, FHIR_JSON)


def _response(answer: Answer, method: str) -> Response:
    headers = dict(_PRIVATE_HEADERS)
    if answer.etag:
        headers["ETag"] = answer.etag
    if answer.location:
        headers["Location"] = answer.location
    if answer.last_modified:
        headers["Last-Modified"] = _http_date(answer.last_modified)
    body = b"" if answer.resource is None or method == "HEAD" else answer.resource
    return Response(body, answer.status, headers, FHIR_JSON if answer.resource is not None else None)


@lru_cache(maxsize=4096)
def _http_date(instant: str) -> str:
    return format_datetime(datetime.fromisoformat(instant), usegmt=True)
