"""The FHIR endpoint: HTTP request -> interaction -> HTTP response, the same way for all of them.

It is an ASGI application of its own: what is asked most often passes through as little as can be.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from secrets import token_hex

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from dzop.access.actors import Barred
from dzop.actor import Actor, Call
from dzop.api.body import ACCEPTED, PATCH_ACCEPTED, Body, read_body, read_form
from dzop.api.compression import compress
from dzop.api.faults import log_fault
from dzop.api.negotiation import bearer, read_parameters
from dzop.api.offered import DOCUMENTS, METHODS, formats, offered
from dzop.api.presentation import Parameters, Presentation, presentation, presentation_of_error
from dzop.fhir.outcome import (
    FhirError,
    InsufficientScope,
    Issue,
    NotSupported,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    operation_outcome,
)
from dzop.fhir.summary import read_selection
from dzop.interactions.batch import batch_or_transaction
from dzop.interactions.beside import beside
from dzop.interactions.capabilities import capabilities
from dzop.interactions.exchanged import Answer, Ask, Request, Service
from dzop.interactions.rendered import json_bytes, selected
from dzop.interactions.route import perform, record_barred

PATH = "/fhir"
# An app of any origin may ask: a bearer token, unlike a cookie, is no session that another page could borrow.
_OPEN_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Accept, Accept-Patch, Allow, Content-Location, ETag, Last-Modified, Location, Preference-Applied, "
        "Retry-After, WWW-Authenticate, X-Correlation-Id, X-Request-Id"
    ),
    "Vary": "Accept, Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}
_PRIVATE_HEADERS = {
    **_OPEN_HEADERS,
    "Cache-Control": "no-store",
    "Vary": "Authorization, Accept, Accept-Encoding, Accept-Language, Prefer",
}
_PREFLIGHT_HEADERS = {
    **_OPEN_HEADERS,
    "Access-Control-Allow-Methods": ", ".join(sorted(METHODS)),
    "Access-Control-Allow-Headers": (
        "Accept, Accept-Language, Authorization, Content-Encoding, Content-Type, If-Match, If-Modified-Since, "
        "If-None-Exist, If-None-Match, Prefer, X-Request-Id, X-Requested-With"
    ),
    "Access-Control-Max-Age": "600",
}
# The client's own id of a request goes back beside ours. https://hl7.org/fhir/R4/http.html#custom
_CORRELATION = re.compile(r"[\x21-\x7e]{1,128}")
_NO_BODY = Body()

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
        request, request_id = HttpRequest(scope, receive), token_hex(16)
        response = await self._guarded(request, request_id)
        response.headers["X-Request-Id"] = request_id
        if _CORRELATION.fullmatch(theirs := request.headers.get("x-request-id", "")):
            response.headers["X-Correlation-Id"] = theirs
        await compress(response, request.headers.get("accept-encoding", ""))
        if request.method == "HEAD":
            response.body = b""  # its length stands in the headers
        await response(scope, receive, send)

    async def _guarded(self, request: HttpRequest, request_id: str) -> Response:
        """Whatever happens, the answer is FHIR and gives nothing away."""
        try:
            return await self._respond(request, request_id)
        except FhirError as error:
            return _refusal(request, error)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            log_fault(error, request.method, request_id=request_id)
            text = "something went wrong here; it is logged under the id in `X-Request-Id`"
            outcome = operation_outcome([Issue("exception", text, severity="fatal")])
            return Response(json_bytes(outcome), 500, _PRIVATE_HEADERS, Presentation().content_type)

    async def _respond(self, request: HttpRequest, request_id: str) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT_HEADERS)
        path, parameters = _path(request), read_parameters(request.scope["query_string"])
        if path in DOCUMENTS:
            return await self._document(request, path, parameters)
        now = self.clock()
        try:
            actor = await self.authenticate(bearer(request.headers), now)
        except Barred as barred:
            asked = Request(request.method, path, parameters)
            await record_barred(Ask(self.service, Call(barred.actor, now, request_id), asked))
            raise
        wanted = presentation(parameters, _accept(request), formats(path))
        understood = await self._understood(request, path, parameters)
        if wanted.format == "pdf":
            understood = replace(understood, format="pdf")
        if understood.parameters is not parameters:  # a form may ask for a format too
            wanted = presentation(understood.parameters, _accept(request))
        answer = await _performed(Ask(self.service, Call(actor, now, request_id), understood))
        if answer.resource is not None and not wanted.is_as_stored:
            answer = replace(answer, resource=await beside(wanted.applied, answer.resource))
        return _response(answer, understood, wanted)

    async def _document(self, request: HttpRequest, path: str, parameters: Parameters) -> Response:
        """What anybody may read."""
        if request.method not in ("GET", "HEAD"):
            raise NotSupported(f"`{path}` is read by GET")
        if path != "metadata":
            return JSONResponse(self.smart_configuration, headers=_OPEN_HEADERS)
        wanted = presentation(parameters, _accept(request))
        statements = ("CapabilityStatement", "TerminologyCapabilities")
        selection = read_selection(parameters, statements, counts=False, lenient=False)
        known, mode = request.headers.get("if-none-match"), dict(parameters).get("mode", "full")
        answer = await capabilities(self.service, mode, known)
        headers = {**_OPEN_HEADERS, "ETag": answer.etag or ""}
        if answer.resource is None:
            return Response(status_code=answer.status, headers=headers)
        body = wanted.applied(selected(answer, selection).resource or b"")
        return Response(body, answer.status, headers, wanted.content_type)

    async def _understood(self, request: HttpRequest, path: str, parameters: Parameters) -> Request:
        method, headers, body = request.method, request.headers, _NO_BODY
        if method == "POST" and path.endswith("/_search"):
            parameters += await read_form(request, self.max_body)
        elif method in ("POST", "PUT", "PATCH"):
            body = await read_body(request, self.max_body)
        return Request(
            method, path, parameters, body.source, headers.get("if-match"), headers.get("if-none-match"),
            headers.get("if-none-exist"), ",".join(headers.getlist("prefer")),
            headers.get("accept-language", ""), headers.get("if-modified-since"), body.document,
        )  # fmt: skip


async def _performed(ask: Ask) -> Answer:
    if ask.request.path:
        return await perform(ask)
    if ask.request.method != "POST":
        raise NotSupported("the base takes a Bundle by POST")
    return await batch_or_transaction(ask)


def _path(request: HttpRequest) -> str:
    path: str = request.scope["path"]
    return path.removeprefix(PATH).strip("/")


def _accept(request: HttpRequest) -> str:
    return ",".join(request.headers.getlist("accept"))


def _refusal(request: HttpRequest, error: FhirError) -> Response:
    headers = dict(_PRIVATE_HEADERS)
    match error:
        case Unauthenticated():
            # RFC 6750: who sent no token is not told that it was a bad one.
            sent = request.headers.get("authorization", "").lower().startswith("bearer ")
            headers["WWW-Authenticate"] = 'Bearer realm="dzop"' + (f", {error.challenge}" if sent else "")
        case InsufficientScope():
            headers["WWW-Authenticate"] = f'Bearer realm="dzop", {error.challenge}'
        case TooManyRequests() | Unavailable():
            headers["Retry-After"] = str(error.retry_after)
        case NotSupported():
            headers["Allow"] = ", ".join(offered(_path(request)))
        case UnsupportedMediaType() if request.method == "PATCH":
            headers["Accept-Patch"] = PATCH_ACCEPTED
        case UnsupportedMediaType():
            headers["Accept"] = ACCEPTED
            headers["Accept-Encoding"] = "gzip"
    wanted = _presentation_of_error(request)
    outcome = wanted.applied(json_bytes(error.outcome))
    return Response(outcome, error.status, headers, wanted.content_type)


def _presentation_of_error(request: HttpRequest) -> Presentation:
    try:
        parameters = read_parameters(request.scope["query_string"])
    except FhirError:
        parameters = ()
    return presentation_of_error(parameters, _accept(request))


def _response(answer: Answer, request: Request, wanted: Presentation) -> Response:
    headers = dict(_PRIVATE_HEADERS)
    if answer.etag:
        headers["ETag"] = answer.etag
    if answer.location:
        headers["Location"] = answer.location
    if answer.last_modified:
        headers["Last-Modified"] = _http_date(answer.last_modified)
    if request.prefer and (applied := _applied(answer, request)):
        headers["Preference-Applied"] = applied
    if answer.printed is not None:
        headers["Content-Disposition"] = 'inline; filename="plan.pdf"'
        return Response(answer.printed.content, answer.status, headers, answer.printed.media_type)
    if answer.resource is None:
        return Response(b"", answer.status, headers)
    return Response(answer.resource, answer.status, headers, wanted.content_type)


def _applied(answer: Answer, request: Request) -> str:
    """The preferences that were followed. https://www.rfc-editor.org/rfc/rfc7240#section-3"""
    handling = request.preferences.get("handling")
    searches = request.method in ("GET", "HEAD") or request.path.endswith("/_search")
    followed = f"handling={handling}" if searches and handling in ("strict", "lenient") else ""
    return ", ".join(each for each in (answer.applied, followed) if each)


@lru_cache(maxsize=4096)
def _http_date(instant: str) -> str:
    return format_datetime(datetime.fromisoformat(instant), usegmt=True)
