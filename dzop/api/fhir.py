"""The FHIR endpoint: HTTP request -> interaction -> HTTP response, the same way for all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from traceback import extract_tb
from urllib.parse import parse_qsl
from uuid import uuid4

import structlog
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dzop.actor import Actor, Call
from dzop.api.body import read_form, read_source
from dzop.fhir.outcome import FhirError, Invalid, Issue, NotSupported, Unauthenticated, operation_outcome
from dzop.interactions.batch import batch_or_transaction
from dzop.interactions.capabilities import capabilities
from dzop.interactions.exchanged import Answer, Ask, Request, Service
from dzop.interactions.rendered import json_bytes
from dzop.interactions.route import perform

FHIR_JSON = "application/fhir+json; charset=utf-8"
_ACCEPTED = ("json", "application/fhir+json", "application/json", "text/json", "application/json+fhir")
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_log = structlog.get_logger()

Authenticate = Callable[[str, datetime], Awaitable[Actor]]


@dataclass(frozen=True, slots=True)
class Edge:
    """What the endpoint works with."""

    service: Service
    authenticate: Authenticate
    smart_configuration: dict[str, object]
    clock: Callable[[], datetime]
    max_body: int


def routes(edge: Edge) -> list[Route]:
    """All of `/fhir`: two open documents, and one endpoint for everything else."""

    async def smart(_: HttpRequest) -> Response:
        return JSONResponse(edge.smart_configuration, headers=_OPEN_HEADERS)

    async def metadata(request: HttpRequest) -> Response:
        return await _guarded(request, lambda _: _metadata(edge, request))

    async def fhir(request: HttpRequest) -> Response:
        return await _guarded(request, lambda request_id: _fhir(edge, request, request_id))

    return [
        Route("/fhir/.well-known/smart-configuration", smart, methods=["GET"]),
        Route("/fhir/metadata", metadata, methods=["GET"]),
        Route("/fhir", fhir, methods=_METHODS),
        Route("/fhir/{path:path}", fhir, methods=_METHODS),
    ]


_PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Authorization, Accept, Prefer",
    "X-Content-Type-Options": "nosniff",
}
_OPEN_HEADERS = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}


async def _guarded(request: HttpRequest, respond: Callable[[str], Awaitable[Response]]) -> Response:
    """Whatever happens, the answer is FHIR, carries the request's id, and gives nothing away."""
    request_id = str(uuid4())
    try:
        response = await respond(request_id)
    except FhirError as error:
        response = _refusal(error)
    except ClientDisconnect:
        response = Response(status_code=400)
    except Exception as error:
        # Frames and the kind of error, never its text: that may quote what somebody sent.
        frames = [f"{each.name} {each.filename}:{each.lineno}" for each in extract_tb(error.__traceback__)]
        kind = type(error).__name__
        _log.error("request.failed", request_id=request_id, method=request.method, error=kind, frames=frames[-8:])
        issue = Issue(
            "exception", "something went wrong here; it is logged under this request's id", severity="fatal"
        )
        response = Response(json_bytes(operation_outcome([issue])), 500, _PRIVATE_HEADERS, FHIR_JSON)
    response.headers["X-Request-Id"] = request_id
    return response


def _refusal(error: FhirError) -> Response:
    headers = dict(_PRIVATE_HEADERS)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="dzop"'
    return Response(json_bytes(operation_outcome(error.issues)), error.status, headers, FHIR_JSON)


async def _metadata(edge: Edge, request: HttpRequest) -> Response:
    _require_json(request)
    return Response(capabilities(edge.service).resource, 200, _OPEN_HEADERS, FHIR_JSON)


async def _fhir(edge: Edge, request: HttpRequest, request_id: str) -> Response:
    now = edge.clock()
    actor = await edge.authenticate(_bearer(request), now)
    _require_json(request)
    path = request.path_params.get("path", "").strip("/")
    if not path:
        return await _at_base(edge, request, Call(actor, now, request_id))
    understood = await _understood(edge, request, path)
    answer = await perform(Ask(edge.service, Call(actor, now, request_id), understood))
    return _response(answer, request.method)


async def _at_base(edge: Edge, request: HttpRequest, call: Call) -> Response:
    if request.method != "POST":
        raise NotSupported("the base takes a Bundle by POST")
    body = await read_source(request, edge.max_body)
    return _response(
        await batch_or_transaction(Ask(edge.service, call, Request("POST", "", body=body))), "POST"
    )


async def _understood(edge: Edge, request: HttpRequest, path: str) -> Request:
    headers = request.headers
    parameters = _parameters(request)
    source = None
    if request.method == "POST" and path.endswith("/_search"):
        parameters += await read_form(request, edge.max_body)
    elif request.method in ("POST", "PUT", "PATCH"):
        source = await read_source(request, edge.max_body)
    return Request(
        request.method, path, parameters, source, headers.get("if-match"), headers.get("if-none-match"),
        headers.get("if-none-exist"), headers.get("prefer", ""),
    )  # fmt: skip


def _parameters(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(
            parse_qsl(request.url.query, keep_blank_values=True, max_num_fields=100, errors="strict")
        )
    except ValueError:
        raise Invalid("the query is not UTF-8, or has more than 100 parameters") from None


def _bearer(request: HttpRequest) -> str:
    given = request.headers.getlist("authorization")
    if len(given) != 1:
        raise Unauthenticated("send one `Authorization: Bearer` header")
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("the `Authorization` header must be `Bearer` and a token")
    return token.strip()


class NotAcceptable(FhirError):
    status, code = 406, "not-supported"


def _require_json(request: HttpRequest) -> None:
    wanted = request.query_params.get("_format") if "_format" in request.url.query else None
    if wanted is not None and wanted.partition(";")[0].strip() not in _ACCEPTED:
        raise NotAcceptable("only `json` can be had here")
    accepted = [each.partition(";")[0].strip() for each in request.headers.get("accept", "*/*").split(",")]
    if wanted is None and not any(
        each in (*_ACCEPTED, "*/*", "application/*", "text/*", "") for each in accepted
    ):
        raise NotAcceptable("only `application/fhir+json` can be had here")


def _response(answer: Answer, method: str) -> Response:
    headers = dict(_PRIVATE_HEADERS)
    if answer.etag:
        headers["ETag"] = answer.etag
    if answer.location:
        headers["Location"] = answer.location
    if answer.last_modified:
        headers["Last-Modified"] = format_datetime(datetime.fromisoformat(answer.last_modified), usegmt=True)
    body = b"" if answer.resource is None or method == "HEAD" else answer.resource
    return Response(body, answer.status, headers, FHIR_JSON if answer.resource is not None else None)
