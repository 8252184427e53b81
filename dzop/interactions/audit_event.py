"""read and search of AuditEvent: the access log, as FHIR. https://hl7.org/fhir/R4/auditevent.html"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from dzop.access.logged import Asked, Logged
from dzop.fhir.audit_event import interactions_of, statuses_of
from dzop.fhir.bundle import SearchEntry
from dzop.fhir.outcome import Invalid, NotFound
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.compartment import COMPARTMENTS
from dzop.fhir.search.criterion import Criterion
from dzop.fhir.search.date import EARLIEST, LATEST, DateRange
from dzop.fhir.search.query import Query, read_query
from dzop.fhir.search.reference import ReferenceTarget
from dzop.fhir.search.token import Token
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.pages import Pages
from dzop.interactions.rendered import json_bytes

_NEWEST = 2**62
_BOUNDS = ("eq", "ge", "le", "gt", "lt")
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


async def read_audit_event(ask: Ask) -> Answer:
    """200 with the event, 404 when it is none of yours."""
    asked = Asked((("id", [ask.id]),))
    events = await ask.service.gateway.log(ask.call, asked, interaction="read", before=_NEWEST, count=1)
    if not events:
        raise NotFound(f"`AuditEvent/{ask.id}` is not known")
    return Answer(200, json_bytes(events[0].resource), 'W/"1"', events[0].resource["recorded"])


async def search_audit_events(ask: Ask) -> Answer:
    """The visible events, newest first."""
    service, request = ask.service, ask.request
    parameters = [*request.parameters, *_of_compartment(ask.compartment)]
    query = read_query("AuditEvent", parameters, base=service.base, lenient=request.is_lenient)
    criteria = _offered(query)
    pages = Pages.of(ask, "AuditEvent", query.used)
    before = _NEWEST if pages.behind is None else int(pages.behind[0])
    size = service.page_size if query.count is None else query.count
    events = await service.gateway.log(ask.call, _asked(criteria), before=before, count=size + 1)
    shown = events[:size]
    end = (str(shown[-1].seq),) if shown and len(events) > size else None
    return pages.searchset([_entry(each, service.base) for each in shown], None, end)


def _of_compartment(compartment: tuple[str, str] | None) -> list[tuple[str, str]]:
    """A compartment of the log as the parameter that says the same."""
    if compartment is None:
        return []
    name, id = compartment
    parameters = COMPARTMENTS.get(name, {}).get("AuditEvent")
    if parameters is None:
        raise NotFound("AuditEvent is searched in the compartment of a Patient or a Practitioner only")
    return [(parameters[0], f"{name}/{id}")]


def _entry(event: Logged, base: str) -> SearchEntry:
    return SearchEntry(f"{base}/AuditEvent/{event.resource['id']}", json_bytes(event.resource))


def _offered(query: Query) -> list[Criterion]:
    """The criteria, each a plain one on the event itself; Invalid when something else is asked."""
    newest_first = [(each.parameter.name, each.descending) for each in query.sort] in ([], [("date", True)])
    if not newest_first or query.total or query.includes:
        raise Invalid(
            "AuditEvent is sorted newest first; other `_sort`, `_total` and `_include` are not offered"
        )
    plain = [each for each in query.criteria if isinstance(each, Criterion) and each.modifier is None]
    if len(plain) < len(query.criteria):
        raise Invalid(
            "AuditEvent is searched by parameters of its own, without modifiers, chains, `_has` and `_filter`"
        )
    return plain


def _asked(criteria: Sequence[Criterion]) -> Asked:
    low, high = _period(criteria)
    others = [each for each in criteria if each.parameter.name != "date"]
    return Asked(tuple(_CONDITIONS[each.parameter.name](each) for each in others), low, high)


Condition = tuple[str, Sequence[Any]]


def _patients(criterion: Criterion) -> Condition:
    targets = [each for each in criterion.values if isinstance(each, ReferenceTarget)]
    return "patient", [each.id for each in targets if each.id]


def _ids(criterion: Criterion) -> Condition:
    return "id", [each.code for each in criterion.values if isinstance(each, Token) and each.code]


def _references(kind: str) -> Callable[[Criterion], Condition]:
    """The references asked for, of each possible type where none is said."""

    def condition(criterion: Criterion) -> Condition:
        targets = [each for each in criterion.values if isinstance(each, ReferenceTarget) and each.id]
        return kind, [f"{type}/{each.id}" for each in targets for type in each.types or RESOURCE_TYPES]

    return condition


def _actions(criterion: Criterion) -> Condition:
    codes = _codes(criterion, "http://hl7.org/fhir/audit-event-action")
    return "interaction", [name for code in codes for name in interactions_of(code)]


def _subtypes(criterion: Criterion) -> Condition:
    return "interaction", _codes(criterion, "http://hl7.org/fhir/restful-interaction")


def _outcomes(criterion: Criterion) -> Condition:
    codes = _codes(criterion, f"{_TERMINOLOGY}/audit-event-outcome")
    return "outcome", [each for code in codes if (each := statuses_of(code))]


def _types(criterion: Criterion) -> Condition:
    """Every event is of the same type: all of them, or none."""
    return "outcome", [(0, 600)] if "rest" in _codes(criterion, f"{_TERMINOLOGY}/audit-event-type") else []


_CONDITIONS: Final[Mapping[str, Callable[[Criterion], Condition]]] = {
    "_id": _ids,
    "patient": _patients,
    "agent": _references("agent"),
    "entity": _references("entity"),
    "action": _actions,
    "outcome": _outcomes,
    "subtype": _subtypes,
    "type": _types,
}


def _codes(criterion: Criterion, system: str) -> list[str]:
    tokens = [each for each in criterion.values if isinstance(each, Token)]
    return [each.code for each in tokens if each.code and each.system in (None, system)]


def _period(criteria: Sequence[Criterion]) -> tuple[datetime, datetime]:
    low, high = EARLIEST, LATEST
    for criterion in criteria:
        for value in criterion.values:
            if not isinstance(value, DateRange):
                continue
            if value.prefix not in _BOUNDS:
                raise Invalid(f"`date` of AuditEvent takes the prefixes {', '.join(_BOUNDS)}")
            if value.prefix in ("eq", "ge", "gt"):
                low = max(low, value.high if value.prefix == "gt" else value.low)
            if value.prefix in ("eq", "le", "lt"):
                high = min(high, value.low if value.prefix == "lt" else value.high)
    return low, high
