"""The node protocol over HTTP: list, get, put with the version last read, remove; and the two registers.

    GET            /subject/{ssin}[?since=N]             newest version of each node, and the sequence
    GET            /subject/{ssin}/{type}[?since=N]      the same of one type; 202 when there is none
    PUT, POST      /subject/{ssin}/{type}                a new node (no version was read)
    GET            /subject/{ssin}/{type}/{node}         the newest version
    GET            /subject/{ssin}/{type}/{node}/{version}
    PUT, DELETE    /subject/{ssin}/{type}/{node}/{version}   having read that version
    PUT, DELETE    /subject/{ssin}/{type}/{node}         the same, the version in If-Match or ?version=
    GET PUT DELETE /consent/{ssin}
    GET PUT DELETE /relation/{ssin}/{provider}
    PUT            /faults                               a fault specification as plain text

`Hub-Organization: system|value` says who sends, `Hub-Professional` for whom. A put with an
`Idempotency-Key` of this sender that was answered before gets that answer again.
"""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dzop.exchange.hub.content import accept
from dzop.exchange.hub.errors import HubError, Internal, NoData, NoNode, NoSender, NoVersion, UnknownSubject
from dzop.exchange.hub.faults import Faults, FaultyHub
from dzop.exchange.hub.state import HubState, NodeKey, Sender, Version

__all__ = ["hub_app"]

_NODE = "/subject/{ssin}/{type}/{node}"


def hub_app(state: HubState, faults: Faults | None = None) -> Starlette:
    """The hub over `state`; `state` outlives the app, so a hub that went down can come up again."""
    faults = faults or Faults()
    app = Starlette(
        routes=[
            Route("/subject/{ssin}", _list, methods=["GET"]),
            Route("/subject/{ssin}/{type}", _list, methods=["GET"]),
            Route("/subject/{ssin}/{type}", _create, methods=["PUT", "POST"]),
            Route(_NODE, _get, methods=["GET"]),
            Route(_NODE + "/{version}", _get, methods=["GET"]),
            Route(_NODE, _change, methods=["PUT", "DELETE"]),
            Route(_NODE + "/{version}", _change, methods=["PUT", "DELETE"]),
            Route("/consent/{ssin}", _consent, methods=["GET", "PUT", "DELETE"]),
            Route("/relation/{ssin}/{provider}", _relation, methods=["GET", "PUT", "DELETE"]),
            Route("/faults", _faults, methods=["PUT"]),
        ],
        middleware=[Middleware(FaultyHub, seed=faults.seed)],
        exception_handlers={HubError: _refuse, HTTPException: _unrouted},
    )
    app.state.hub, app.state.faults = state, faults
    return app


async def _list(request: Request) -> Response:
    state, ssin, _ = _admitted(request)
    type = request.path_params.get("type")
    since = _number(request.query_params.get("since", "0"))
    versions = state.newest(ssin, type, since)
    if type is not None and not versions and not state.newest(ssin, type):
        raise NoData
    sequence = max([since, *(version.sequence for version in versions)])
    nodes = [version.listing() for version in versions]
    if request.app.state.faults.repeated:
        nodes = [node for node in nodes for _ in range(2)]
    return JSONResponse({"sequence": sequence, "nodes": nodes})


async def _get(request: Request) -> Response:
    state, ssin, _ = _admitted(request)
    version = request.path_params.get("version")
    found = state.get(_node(request, ssin), None if version is None else _number(version))
    headers = {
        "ETag": f'"{found.version}"',
        "Content-Location": found.uri,
        "Hub-Sequence": str(found.sequence),
        "Hub-Organization": found.organization,
        "Hub-Key": found.key,
        "Hub-Digest": found.digest,
    }
    if found.professional is not None:
        headers["Hub-Professional"] = found.professional
    return Response(found.body, headers=headers, media_type="application/fhir+json")


async def _create(request: Request) -> Response:
    state, ssin, sender = _admitted(request)
    type, body = request.path_params["type"], await request.body()
    accept(body, type, ssin)
    return _answer(state.create(ssin, type, sender, body, request.headers.get("Idempotency-Key")))


async def _change(request: Request) -> Response:
    state, ssin, sender = _admitted(request)
    node, read, body = _node(request, ssin), _version_read(request), None
    if request.method == "PUT":
        body = await request.body()
        accept(body, node[1], ssin)
    return _answer(state.update(node, read, sender, body, request.headers.get("Idempotency-Key")))


async def _consent(request: Request) -> Response:
    state: HubState = request.app.state.hub
    ssin = _ssin(request)
    if request.method != "GET":
        state.consent(ssin, given=request.method == "PUT")
    return JSONResponse({"ssin": ssin, "given": state.has_consent(ssin)})


async def _relation(request: Request) -> Response:
    state: HubState = request.app.state.hub
    ssin, provider = _ssin(request), request.path_params["provider"]
    if request.method != "GET":
        state.relation(ssin, provider, given=request.method == "PUT")
    given = state.has_relation(ssin, provider)
    return JSONResponse({"ssin": ssin, "provider": provider, "given": given})


async def _faults(request: Request) -> Response:
    try:
        request.app.state.faults = Faults.read((await request.body()).decode())
    except ValueError as error:
        return JSONResponse({"code": 489, "text": str(error)}, 400)
    return Response(status_code=204)


async def _refuse(_: Request, error: Exception) -> Response:
    refusal = error if isinstance(error, HubError) else Internal()
    return JSONResponse(refusal.body(), refusal.status)


async def _unrouted(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"code": 489, "text": "The node protocol has no such request."}, status)


def _admitted(request: Request) -> tuple[HubState, str, Sender]:
    state: HubState = request.app.state.hub
    ssin, sender = _ssin(request), _sender(request)
    state.admit(ssin, sender)
    return state, ssin, sender


def _ssin(request: Request) -> str:
    ssin: str = request.path_params["ssin"]
    if not re.fullmatch(r"[0-9]{11}", ssin):
        raise UnknownSubject
    return ssin


def _sender(request: Request) -> Sender:
    organization = request.headers.get("Hub-Organization", "")
    if not re.fullmatch(r"\S*(nihdi|cbe|ehp)\|[0-9]+", organization):
        raise NoSender
    return Sender(organization, request.headers.get("Hub-Professional") or None)


def _node(request: Request, ssin: str) -> NodeKey:
    return ssin, request.path_params["type"], request.path_params["node"]


def _version_read(request: Request) -> int:
    version = (
        request.path_params.get("version")
        or request.query_params.get("version")
        or request.headers.get("If-Match", "").removeprefix("W/").strip('"')
    )
    if not version:
        raise NoVersion
    return _number(version)


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise NoNode(f"`{text[:64]}` is no version or sequence number.")
    return int(text)


def _answer(version: Version) -> Response:
    headers = {"ETag": f'"{version.version}"', "Location": version.uri}
    return JSONResponse(version.listing(), 201 if version.version == 1 else 200, headers)
