"""Method and path -> interaction, the same for HTTP and for the entries of a Bundle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from dzop.access.reach import allows
from dzop.fhir.displays import read_display
from dzop.fhir.outcome import FhirError, InsufficientScope, Invalid, NotFound, NotSupported
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.summary import Selection, read_selection
from dzop.interactions.audit_event import read_audit_event, search_audit_events
from dzop.interactions.create import create
from dzop.interactions.definition import read_definition, search_definitions
from dzop.interactions.delete import delete
from dzop.interactions.displayed import displayed
from dzop.interactions.exchanged import Answer, Ask, Request
from dzop.interactions.history import history, history_system, history_type
from dzop.interactions.operations import operation_on, performing
from dzop.interactions.patch import patch
from dzop.interactions.read import read
from dzop.interactions.rendered import selected
from dzop.interactions.resource_body import ID
from dzop.interactions.search_type import search_type
from dzop.interactions.update import update
from dzop.interactions.vread import vread
from dzop.plan.minimal_data import ELSEWHERE, elsewhere

Interaction = Callable[[Ask], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """An interaction: its FHIR code, the scope letter it needs, and who carries it out.

    `also` is what it needs besides, as (type, letter), of its own type where none is named.
    """

    code: str
    letter: str
    perform: Interaction
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names, and the route that leads there; `type` is empty for the whole system."""

    route: Route
    type: str
    id: str = ""
    version: str = ""
    compartment: tuple[str, str] | None = None


_CHANGING = {
    "PUT": Route("update", "u", update),
    # How a patch ends tells what it was tried on.
    "PATCH": Route("patch", "u", patch, also=(("", "r"),)),
    "DELETE": Route("delete", "d", delete),
}
_ON_INSTANCE = {"GET": Route("read", "r", read), **_CHANGING}
_SEARCH = Route("search-type", "s", search_type)
# What changes something and names no id is conditional: its query says which.
_ON_TYPE = {"GET": _SEARCH, "POST": Route("create", "c", create), **_CHANGING}
_BRINGING = ("POST", "PUT", "PATCH")
_HISTORY = Route("history-instance", "r", history)
_TYPE_HISTORY = Route("history-type", "s", history_type)
_SYSTEM_HISTORY = Route("history-system", "s", history_system)
_VREAD = Route("vread", "r", vread)
# The log is kept by the audit, and what dzop itself publishes in memory, not among the resources.
_OF_LOG = {"read": read_audit_event, "search-type": search_audit_events}
_OF_DEFINITIONS = {"read": read_definition, "search-type": search_definitions}


def match(request: Request) -> Target:
    """The target of a request; NotFound for no such path, NotSupported for no such method on it."""
    target = _matched(request)
    if not target.type:
        return target
    perform = _kept_elsewhere(target.type).get(target.route.code)
    if perform is not None:
        target = replace(target, route=replace(target.route, perform=perform))
    known = RESOURCE_TYPES[target.type].interactions
    if not target.route.code.startswith("$") and target.route.code not in known:
        raise NotSupported(f"`{target.route.code}` of `{target.type}` is not offered")
    return target


def _kept_elsewhere(type: str) -> Mapping[str, Interaction]:
    """How a type is read that is not among the resources; empty for all others."""
    if type == "AuditEvent":
        return _OF_LOG
    return _OF_DEFINITIONS if RESOURCE_TYPES[type].compartment == "definition" else {}


def _matched(request: Request) -> Target:
    method = "GET" if request.method == "HEAD" else request.method
    parts = request.path.strip("/").split("/")
    if parts == ["_history"] and method == "GET":
        return Target(_SYSTEM_HISTORY, "")
    if parts[0] in ELSEWHERE and method in _BRINGING:
        raise elsewhere(parts[0])
    if parts[0] not in RESOURCE_TYPES:
        raise NotFound(f"`{parts[0][:64]}` is not a resource type of this server; see /metadata")
    if parts[-1].startswith("$"):
        return _operation(method, parts)
    if len(parts) > 1 and parts[1] not in ("_search", "_history"):
        _require_id(method, parts[1])
    match parts:
        case [type] if method in _ON_TYPE:
            return Target(_ON_TYPE[method], type)
        case [type, "_search"] if method == "POST":
            return Target(_SEARCH, type)
        case [type, "_history"] if method == "GET":
            return Target(_TYPE_HISTORY, type)
        case [compartment, id, type] if type in RESOURCE_TYPES and method == "GET":
            return Target(_SEARCH, type, compartment=(compartment, id))
        case [compartment, id, type, "_search"] if type in RESOURCE_TYPES and method == "POST":
            return Target(_SEARCH, type, compartment=(compartment, id))
        case [type, id] if id not in ("_search", "_history") and method in _ON_INSTANCE:
            return Target(_ON_INSTANCE[method], type, id)
        case [type, id, "_history"] if method == "GET":
            return Target(_HISTORY, type, id)
        case [type, id, "_history", version] if method == "GET":
            return Target(_VREAD, type, id, version)
        case [_] | [_, _] | [_, _, "_history"] | [_, _, "_history", _]:
            raise NotSupported(f"`{method}` is not offered here")
    raise NotFound("there is nothing at this path")


def _operation(method: str, parts: list[str]) -> Target:
    type, *ids, code = parts
    if len(ids) > 1:
        raise NotFound("there is nothing at this path")
    operation = operation_on(type, code[1:], "instance" if ids else "type")
    if operation is None:
        raise NotFound(f"`{code[:64]}` is no operation of `{type}` here; see /metadata")
    if method not in (("POST",) if operation.affects_state else ("GET", "POST")):
        raise NotSupported(f"`{code}` is asked by POST")
    for id in ids:
        _require_id("GET", id)
    return Target(Route(code, operation.letter, performing(operation), operation.also), type, "".join(ids))


def _require_id(method: str, id: str) -> None:
    if ID.fullmatch(id):
        return
    if method == "PUT":
        raise Invalid("an id has 1 to 64 letters, digits, `-` and `.`")
    raise NotFound("there is nothing under such an id; it has 1 to 64 letters, digits, `-` and `.`")


async def require_scope(ask: Ask, target: Target) -> None:
    """InsufficientScope, whatever the data, when the token can never reach this; and recorded like every refusal.

    What concerns all types is narrowed to those within reach by whoever carries it out.
    """
    route = target.route
    for type, letter in (("", route.letter), *route.also) if target.type else ():
        if not allows(ask.call.actor, type or target.type, letter):
            await ask.service.gateway.refused(ask.call, route.code, 403, *_named(ask.request, target))
            raise InsufficientScope(
                f"the scopes of this token do not include the letter `{letter}` of `{type or target.type}`, which "
                f"`{route.code}` of `{target.type}` needs"
            )


async def record_barred(ask: Ask) -> None:
    """Records what was asked by somebody who may not act at all, when it names anything."""
    try:
        target = match(ask.request)
    except FhirError:
        return
    await ask.service.gateway.refused(ask.call, target.route.code, 403, *_named(ask.request, target))


def _named(request: Request, target: Target) -> tuple[str, str]:
    """(type, id) of what a request names, for the log: the resource, or the person whose resources it asks for."""
    about = [value.rpartition("/")[2] for name, value in request.parameters if name in ("patient", "subject")]
    if not target.id and about and ID.fullmatch(about[0]):
        return "Patient", about[0]
    return target.type, target.id


async def perform(service_ask: Ask) -> Answer:
    """Matches, checks the scope, and carries out."""
    target = match(service_ask.request)
    await require_scope(service_ask, target)
    request = service_ask.request
    selection = selection_of(request, target)
    display = read_display(request.parameters, request.accept_language)
    ask = Ask(
        service_ask.service, service_ask.call, request, target.type, target.id, target.version,
        target.compartment,
    )  # fmt: skip
    answer = selected(await target.route.perform(ask), selection)
    return await displayed(answer, display, ask.service.vocabulary)


def selection_of(request: Request, target: Target) -> Selection | None:
    """The part of the resources that is asked for (`_summary`, `_elements`); None when it is the whole."""
    if not request.parameters:
        return None
    code = target.route.code
    several = code[0] == "$" or any("include" in name for name, _ in request.parameters)
    return read_selection(
        request.parameters,
        RESOURCE_TYPES if several or not target.type else (target.type,),
        counts=code.startswith(("search", "history")),
        lenient=request.is_lenient,
    )
