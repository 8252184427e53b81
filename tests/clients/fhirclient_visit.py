"""What `fhirclient`, the SMART client of Python applications, is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import requests
from clients.visit import Steps, Visit, counted, display, displays, entries, statuses, versions
from fhirclient.models.bundle import Bundle
from fhirclient.models.careplan import CarePlan
from fhirclient.models.communication import Communication
from fhirclient.models.goal import Goal
from fhirclient.models.parameters import Parameters
from fhirclient.models.task import Task
from fhirclient.models.valueset import ValueSet
from fhirclient.server import FHIRNotFoundException, FHIRServer

FIRST = {"If-Match": 'W/"1"'}


def _server(visit: Visit, **headers: str) -> FHIRServer:
    server = FHIRServer(None, visit["base"])
    server.session.headers["Authorization"] = f"Bearer {visit['token']}"
    server.session.headers.update(headers)
    return server


def _refused(ask: Callable[[], Any]) -> int:
    try:
        ask()
    except FHIRNotFoundException:
        return 404
    except requests.HTTPError as error:
        return error.response.status_code
    return 200


def _capabilities(visit: Visit) -> list[Any]:
    statement = _server(visit).capabilityStatement
    return [
        statement.fhirVersion,
        CarePlan.resource_type in [each.type for each in statement.rest[0].resource],
    ]


def _create(visit: Visit) -> list[Any]:
    visit["made"] = made = Task(visit["task"]).create(_server(visit))
    return [made["meta"]["versionId"], made["status"]]


def _read(visit: Visit) -> list[Any]:
    found = Task.read(visit["made"]["id"], _server(visit))
    return [found.id == visit["made"]["id"], found.description]


def _update(visit: Visit) -> list[Any]:
    changed = Task({**visit["made"], "status": "accepted"}).update(_server(visit, **FIRST))
    return [changed["meta"]["versionId"], changed["status"]]


def _stale(visit: Visit) -> int:
    body = Task({**visit["made"], "status": "rejected"})
    return _refused(lambda: body.update(_server(visit, **FIRST)))


def _vread(visit: Visit) -> list[Any]:
    first = Task.read_from(f"Task/{visit['made']['id']}/_history/1", _server(visit))
    return [first.meta.versionId, first.status]


def _patch(visit: Visit) -> list[Any]:
    server = _server(visit, **{"Content-Type": "application/json-patch+json"})
    answer = server.session.patch(f"{visit['base']}/Task/{visit['made']['id']}", json=visit["patch"])
    changed = Task(answer.json())
    return [changed.meta.versionId, changed.status]


def _history(path: str) -> Callable[[Visit], list[str]]:
    def ask(visit: Visit) -> list[str]:
        id = visit["made"]["id"]
        return versions(Bundle.read_from(path.format(id=id), _server(visit)).as_json(), id)

    return ask


def _delete(visit: Visit) -> int:
    person = _server({**visit, "token": visit["person_token"]})
    Communication.read_from(visit["diary"], person).delete()
    return _refused(lambda: Communication.read_from(visit["diary"], person))


def _transaction(visit: Visit) -> list[Any]:
    answer = Bundle(visit["transaction"]).create(_server(visit, Prefer="return=representation"))
    goal, task = entries(answer)[:2]
    return [statuses(answer), task["focus"]["reference"] == f"Goal/{goal['id']}"]


def _found(visit: Visit, type: Any, **parameters: str) -> list[Any]:
    """What a search finds, of all its pages, as JSON."""
    search = type.where(parameters)
    return [each.as_json() for page in search.perform_iter(_server(visit)) for each in _of(page)]


def _of(page: Any) -> list[Any]:
    return [each.resource for each in page.entry or ()]


def _post(visit: Visit) -> Any:
    return counted(
        entries(_server(visit).post_as_form(f"{visit['base']}/Task/_search", visit["tasks"]).json())
    )


def _pages(visit: Visit) -> list[Any]:
    pages = [_of(page) for page in Task.where({**visit["tasks"], "_count": "4"}).perform_iter(_server(visit))]
    return [[len(page) for page in pages], len({each.id for page in pages for each in page})]


def _include(visit: Visit) -> Any:
    search = Task.where(visit["tasks"]).include("focus")
    return counted(each.as_json() for page in search.perform_iter(_server(visit)) for each in _of(page))


def _revinclude(visit: Visit) -> Any:
    search = Goal.where(visit["goals"]).include("focus", Task, reverse=True)
    return counted(each.as_json() for page in search.perform_iter(_server(visit)) for each in _of(page))


def _compartment(visit: Visit) -> Any:
    path = f"{visit['patient']}/Goal?identifier={visit['goals']['identifier']}"
    return counted(entries(Bundle.read_from(path, _server(visit)).as_json()))


def _batch(visit: Visit) -> list[str]:
    return statuses(Bundle(visit["batch"]).create(_server(visit)))


def _conditional_create(visit: Visit) -> list[Any]:
    server = _server(visit, **{"If-None-Exist": f"identifier={visit['condition']}"})
    first, second = (Goal(visit["goal"]).create(server) for _ in range(2))
    return [first["id"] == second["id"], len(_found(visit, Goal, identifier=visit["condition"]))]


def _conditional_update(visit: Visit) -> list[Any]:
    body = {**visit["goal"], "description": {"text": "Anders"}}
    changed = _server(visit).put_json(f"Goal?identifier={visit['condition']}", body).json()
    return [changed["meta"]["versionId"], changed["description"]["text"]]


def _everything(visit: Visit) -> Any:
    path = f"{visit['patient']}/$everything?_type=CarePlan,Task&_count=200"
    return counted(entries(Bundle.read_from(path, _server(visit)).as_json()))


def _validate(visit: Visit) -> list[Any]:
    issue = _server(visit).post_json("Goal/$validate", visit["wrong"]).json()["issue"][0]
    return [issue["severity"], issue.get("expression")]


def _lookup(visit: Visit) -> str:
    path = f"CodeSystem/$lookup?{urlencode(visit['meaning'])}"
    return display(Parameters.read_from(path, _server(visit)).as_json())


def _expand(visit: Visit) -> list[str]:
    path = f"ValueSet/$expand?{urlencode(visit['list'])}"
    return displays(ValueSet.read_from(path, _server(visit)).as_json())


STEPS: Steps = {
    "capability statement": _capabilities,
    "create": _create,
    "read": _read,
    "update": _update,
    "update of a version that is no longer current": _stale,
    "vread": _vread,
    "JSON patch": _patch,
    "history of a resource": _history("Task/{id}/_history"),
    "history of a type": _history("Task/_history"),
    "history of everything": _history("_history"),
    "delete": _delete,
    "read of what is not there": lambda visit: _refused(lambda: Task.read("not-there", _server(visit))),
    "transaction": _transaction,
    "search by GET": lambda visit: counted(_found(visit, Task, **visit["tasks"])),
    "search by POST": _post,
    "search of all pages": _pages,
    "_include": _include,
    "_revinclude": _revinclude,
    "a chain": lambda visit: counted(
        _found(visit, Task, **{"focus:Goal.identifier": visit["goals"]["identifier"]})
    ),
    "_has": lambda visit: counted(
        _found(visit, Goal, **visit["goals"], **{"_has:Task:focus:status": "requested"})
    ),
    "compartment search": _compartment,
    "batch": _batch,
    "conditional create": _conditional_create,
    "conditional update": _conditional_update,
    "$everything": _everything,
    "$validate": _validate,
    "$lookup": _lookup,
    "$expand": _expand,
}
