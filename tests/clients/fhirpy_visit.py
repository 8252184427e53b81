"""What `fhirpy` is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clients.visit import Steps, Visit, counted, display, displays, entries, statuses, versions
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, ResourceNotFound

FIRST = {"If-Match": 'W/"1"'}


def _client(visit: Visit, **headers: str) -> SyncFHIRClient:
    return SyncFHIRClient(visit["base"], authorization=f"Bearer {visit['token']}", extra_headers=headers)


def _held(client: SyncFHIRClient, body: Any) -> Any:
    """The resource as an object of the library."""
    elements = {name: value for name, value in body.items() if name != "resourceType"}
    return client.resource(body["resourceType"], **elements)


def _refused(ask: Callable[[], Any]) -> str:
    """The error by which the library tells that a request was refused."""
    try:
        ask()
    except (ResourceNotFound, MultipleResourcesFound) as error:
        return type(error).__name__
    return "answered"


def _capabilities(visit: Visit) -> list[Any]:
    statement = _client(visit).execute("metadata", method="get")
    held = [each["type"] for each in statement["rest"][0]["resource"]]
    return [statement["fhirVersion"], "CarePlan" in held]


def _create(visit: Visit) -> list[Any]:
    visit["made"] = made = _held(_client(visit), visit["task"]).create()
    return [made["meta"]["versionId"], made["status"]]


def _read(visit: Visit) -> list[Any]:
    id = visit["made"]["id"]
    found = _client(visit).reference("Task", id).to_resource()
    return [found["id"] == id, found["description"]]


def _update(visit: Visit) -> list[Any]:
    body = visit["made"].serialize() | {"status": "accepted"}
    changed = _held(_client(visit, **FIRST), body).update()
    return [changed["meta"]["versionId"], changed["status"]]


def _stale(visit: Visit) -> str:
    body = visit["made"].serialize() | {"status": "rejected"}
    return _refused(_held(_client(visit, **FIRST), body).update)


def _vread(visit: Visit) -> list[Any]:
    first = _client(visit).execute(f"Task/{visit['made']['id']}/_history/1", method="get")
    return [first["meta"]["versionId"], first["status"]]


def _patch(visit: Visit) -> list[Any]:
    client = _client(visit, **{"Content-Type": "application/json-patch+json"})
    changed = client.execute(f"Task/{visit['made']['id']}", method="patch", data=visit["patch"])
    return [changed["meta"]["versionId"], changed["status"]]


def _history(path: str) -> Callable[[Visit], list[str]]:
    def ask(visit: Visit) -> list[str]:
        id = visit["made"]["id"]
        return versions(_client(visit).execute(path.format(id=id), method="get"), id)

    return ask


def _delete(visit: Visit) -> str:
    diary = _client({**visit, "token": visit["person_token"]}).reference(*visit["diary"].split("/"))
    diary.delete()
    return _refused(diary.to_resource)


def _absent(visit: Visit) -> str:
    return _refused(_client(visit).reference("Task", "not-there").to_resource)


def _transaction(visit: Visit) -> list[Any]:
    answer = _client(visit).execute("", data=visit["transaction"])
    goal, task = (each["response"]["location"].split("/")[-3] for each in answer["entry"][:2])
    focus = _client(visit).reference("Task", task).to_resource()["focus"]
    return [statuses(answer), focus.reference == f"Goal/{goal}"]


def _tasks(visit: Visit) -> Any:
    return _client(visit).resources("Task").search(**visit["tasks"])


def _goals(visit: Visit) -> Any:
    return _client(visit).resources("Goal").search(**visit["goals"])


def _post(visit: Visit) -> Any:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    client = SyncFHIRClient(
        visit["base"],
        authorization=f"Bearer {visit['token']}",
        extra_headers=form,
        requests_config={"data": visit["tasks"]},
    )
    return counted(entries(client.execute("Task/_search")))


def _pages(visit: Visit) -> list[Any]:
    found = _tasks(visit).limit(4)
    everything = found.fetch_all()
    sizes = [len(found.fetch()), len(everything) - 4]
    return [sizes, len({each["id"] for each in everything})]


def _batch(visit: Visit) -> list[str]:
    return statuses(_client(visit).execute("", data=visit["batch"]))


def _conditional_create(visit: Visit) -> list[Any]:
    search = _client(visit).resources("Goal").search(identifier=visit["condition"])
    first, second = (search.get_or_create(_held(_client(visit), visit["goal"]))[0] for _ in range(2))
    return [first["id"] == second["id"], len(search.fetch_all())]


def _conditional_update(visit: Visit) -> list[Any]:
    search = _client(visit).resources("Goal").search(identifier=visit["condition"])
    changed, _ = search.update(_held(_client(visit), {**visit["goal"], "description": {"text": "Anders"}}))
    return [changed["meta"]["versionId"], changed["description"]["text"]]


def _everything(visit: Visit) -> list[Any]:
    reference = _client(visit).reference(*visit["patient"].split("/"))
    parameters = {"_type": "CarePlan,Task", "_count": "200"}
    return counted(entries(reference.execute("$everything", method="get", params=parameters)))


def _validate(visit: Visit) -> list[Any]:
    issue = _client(visit).resources("Goal").execute("$validate", data=visit["wrong"])["issue"][0]
    return [issue["severity"], issue.get("expression")]


def _of_type(visit: Visit, type: str, operation: str, given: str) -> Any:
    return _client(visit).resources(type).execute(operation, method="get", params=visit[given])


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
    "read of what is not there": _absent,
    "transaction": _transaction,
    "search by GET": lambda visit: counted(_tasks(visit).fetch()),
    "search by POST": _post,
    "search of all pages": _pages,
    "_include": lambda visit: counted(entries(_tasks(visit).include("Task", "focus").fetch_raw())),
    "_revinclude": lambda visit: counted(entries(_goals(visit).revinclude("Task", "focus").fetch_raw())),
    "a chain": lambda visit: counted(
        _client(visit)
        .resources("Task")
        .search(**{"focus:Goal.identifier": visit["goals"]["identifier"]})
        .fetch()
    ),
    "_has": lambda visit: counted(_goals(visit).has("Task", "focus", status="requested").fetch()),
    "compartment search": lambda visit: counted(
        entries(_client(visit).execute(f"{visit['patient']}/Goal", method="get", params=visit["goals"]))
    ),
    "batch": _batch,
    "conditional create": _conditional_create,
    "conditional update": _conditional_update,
    "$everything": _everything,
    "$validate": _validate,
    "$lookup": lambda visit: display(_of_type(visit, "CodeSystem", "$lookup", "meaning")),
    "$expand": lambda visit: displays(_of_type(visit, "ValueSet", "$expand", "list")),
}
