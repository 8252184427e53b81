"""The invariants of R4 that the types dzop holds must keep, one row each.

https://hl7.org/fhir/R4/conformance-rules.html#constraints
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

__all__ = ["INVARIANTS", "Invariant"]

Value = Mapping[str, Any]
_TYPE_AND_ID = re.compile(r"(?:^|/)([A-Z][A-Za-z]++)/[^/]++(?:/_history/[^/]++)?$")


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule of one type: its key in the specification, what to say, and whether a value keeps it."""

    key: str
    text: str
    holds: Callable[[Value], bool]
    severity: str = "error"


def _has(value: Value, *names: str) -> bool:
    """Whether any of the elements is there, by value or by extension."""
    return any(name in value or f"_{name}" in value for name in names)


def _has_choice(value: Value, name: str) -> bool:
    start = len(name)
    return any(key.startswith(name) and key[start : start + 1].isupper() for key in value)


def _count(value: Value, name: str) -> int:
    items = value.get(name)
    return len(items) if isinstance(items, list) else 0


def _objects(value: Any) -> Iterator[Value]:
    for item in value if isinstance(value, list) else (value,):
        if isinstance(item, Mapping):
            yield item


def _codings(concept: Any) -> set[tuple[Any, Any]]:
    return {
        (coding.get("system"), coding.get("code"))
        for item in _objects(concept)
        for coding in _objects(item.get("coding"))
        if isinstance(coding.get("code"), str) and isinstance(coding.get("system"), str | None)
    }


def _in_order(start: Any, end: Any) -> bool:
    """Whether `start` is not behind `end`, as far as their precision tells."""
    if not isinstance(start, str) or not isinstance(end, str):
        return True
    if "T" in start and "T" in end:
        try:
            return datetime.datetime.fromisoformat(start) <= datetime.datetime.fromisoformat(end)
        except (ValueError, TypeError):  # a leap second, or an issue of its own
            return True
    shared = min(len(start.partition("T")[0]), len(end.partition("T")[0]))
    return start[:shared] <= end[:shared]


def _number(value: Any) -> Decimal | None:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Decimal(value) if is_number else None


def _low_before_high(value: Value) -> bool:
    bounds = [value.get(name) for name in ("low", "high")]
    if not all(isinstance(bound, Mapping) for bound in bounds):
        return True
    low, high = bounds
    if any(low.get(name) != high.get(name) for name in ("system", "code", "unit")):  # type: ignore[union-attr]
        return True
    numbers = [_number(bound["value"]) for bound in bounds if bound and "value" in bound]
    return len(numbers) < 2 or None in numbers or numbers[0] <= numbers[1]  # type: ignore[operator]


def _not_negative(name: str) -> Callable[[Value], bool]:
    return lambda value: (_number(value.get(name)) or 0) >= 0


def _needs(name: str, *needed: str) -> Callable[[Value], bool]:
    """Where `name` is, one of `needed` is too."""
    return lambda value: name not in value or _has(value, *needed)


def _excludes(name: str, *others: str) -> Callable[[Value], bool]:
    """Where `name` is, none of `others` is."""
    return lambda value: name not in value or not _has(value, *others)


def _type_of(item: Value) -> Any:
    return item.get("type") if isinstance(item.get("type"), str) else None


def _kind(*types: str) -> Callable[[Value], bool]:
    return lambda item: _type_of(item) in types


_is_display, _is_group, _is_either = (
    _kind("display"),
    _kind("group"),
    _kind("display", "group"),
)


def _link_ids(value: Value) -> Iterator[str]:
    for item in _objects(value.get("item", [])):
        if isinstance(item.get("linkId"), str):
            yield item["linkId"]
        yield from _link_ids(item)


def _unique_link_ids(value: Value) -> bool:
    ids = list(_link_ids(value))
    return len(ids) == len(set(ids))


def _has_no_home(name: str) -> Callable[[Value], bool]:
    return lambda value: all(item.get("use") != "home" for item in _objects(value.get(name, [])))


def _value_is_not_component(value: Value) -> bool:
    if not _has_choice(value, "value"):
        return True
    own = _codings(value.get("code"))
    return not any(own & _codings(part.get("code")) for part in _objects(value.get("component", [])))


def _is_for_practitioner(value: Value) -> bool:
    member = value.get("member")
    if "onBehalfOf" not in value or not isinstance(member, Mapping):
        return True
    reference, type = member.get("reference"), member.get("type")
    literal = _TYPE_AND_ID.search(reference) if isinstance(reference, str) else None
    return (literal[1] if literal else type) in (None, "Practitioner")


def _clinical_status_fits(value: Value) -> bool:
    codes = {code for _, code in _codings(value.get("clinicalStatus"))}
    return not _has_choice(value, "abatement") or bool(codes & {"resolved", "remission", "inactive"})


def _is_entered_in_error(value: Value) -> bool:
    return "entered-in-error" in {code for _, code in _codings(value.get("verificationStatus"))}


def _one_content(value: Value) -> bool:
    return [
        _has(value, "part"),
        _has_choice(value, "value"),
        _has(value, "resource"),
    ].count(True) == 1


def _entries(value: Value) -> Iterator[Value]:
    return _objects(value.get("entry", []))


def _if_type(*types: str) -> Callable[[Value], bool]:
    return lambda bundle: bundle.get("type") in types


_asks, _answers = (
    _if_type("batch", "transaction", "history"),
    _if_type("batch-response", "transaction-response", "history"),
)


def _distinct_full_urls(value: Value) -> bool:
    if value.get("type") == "history":
        return True
    seen = [
        f"{entry['fullUrl']} {_version(entry.get('resource'))}"
        for entry in _entries(value)
        if "fullUrl" in entry
    ]
    return len(seen) == len(set(seen))


def _version(resource: Any) -> Any:
    meta = resource.get("meta") if isinstance(resource, Mapping) else None
    return meta.get("versionId") if isinstance(meta, Mapping) else None


def _first_resource_is(type: str) -> Callable[[Value], bool]:
    def holds(value: Value) -> bool:
        first = next(_entries(value), {}).get("resource")
        return isinstance(first, Mapping) and first.get("resourceType") == type

    return holds


def _offset_has_when(value: Value) -> bool:
    when = value.get("when")
    return "offset" not in value or (
        isinstance(when, list) and not {"C", "CM", "CD", "CV"} & {w for w in when if isinstance(w, str)}
    )


INVARIANTS: Mapping[str, tuple[Invariant, ...]] = {
    "Appointment": (
        Invariant(
            "app-2",
            "`start` and `end` belong together; send both or neither",
            lambda v: _has(v, "start") == _has(v, "end"),
        ),
        Invariant(
            "app-3",
            "Add `start` and `end`; only a proposed, cancelled or waitlisted appointment may lack them",
            lambda v: (
                v.get("status") in ("proposed", "cancelled", "waitlist")
                or (_has(v, "start") and _has(v, "end"))
            ),
        ),
        Invariant(
            "app-4",
            "`cancelationReason` goes with status `cancelled` or `noshow` only",
            lambda v: not _has(v, "cancelationReason") or v.get("status") in ("cancelled", "noshow"),
        ),
    ),
    "AppointmentParticipant": (
        Invariant("app-1", "A participant needs a `type` or an `actor`", lambda v: _has(v, "type", "actor")),
    ),
    "Attachment": (
        Invariant("att-1", "`data` needs a `contentType`", _needs("data", "contentType")),
    ),
    "AuditEventEntity": (
        Invariant("sev-1", "An entity has a `name` or a `query`, not both", _excludes("name", "query")),
    ),
    "Bundle": (
        Invariant(
            "bdl-1",
            "`total` belongs in a searchset or a history only",
            lambda v: "total" not in v or v.get("type") in ("searchset", "history"),
        ),
        Invariant(
            "bdl-2",
            "`entry.search` belongs in a searchset only",
            lambda v: v.get("type") == "searchset" or not any("search" in entry for entry in _entries(v)),
        ),
        Invariant(
            "bdl-3",
            "Each entry of a batch, transaction or history needs a `request`, and of no other Bundle",
            lambda v: all(("request" in entry) == _asks(v) for entry in _entries(v)),
        ),
        Invariant(
            "bdl-4",
            "Each entry of a batch-response, transaction-response or history needs a `response`, "
            "and of no other Bundle",
            lambda v: all(("response" in entry) == _answers(v) for entry in _entries(v)),
        ),
        Invariant(
            "bdl-7", "A `fullUrl` may be there once only; give each entry its own", _distinct_full_urls
        ),
        Invariant(
            "bdl-9",
            "A document needs an `identifier` with system and value",
            lambda v: (
                v.get("type") != "document"
                or all(
                    _has(i, "system") and _has(i, "value") for i in _objects(v.get("identifier") or {})
                )
            ),
        ),
        Invariant(
            "bdl-10",
            "A document needs a `timestamp`",
            lambda v: v.get("type") != "document" or "timestamp" in v,
        ),
        Invariant(
            "bdl-11",
            "The first resource of a document must be its Composition",
            lambda v: v.get("type") != "document" or _first_resource_is("Composition")(v),
        ),
        Invariant(
            "bdl-12",
            "The first resource of a message must be its MessageHeader",
            lambda v: v.get("type") != "message" or _first_resource_is("MessageHeader")(v),
        ),
    ),
    "BundleEntry": (
        Invariant(
            "bdl-5",
            "An entry needs a `resource`, a `request` or a `response`",
            lambda v: _has(v, "resource", "request", "response"),
        ),
        Invariant(
            "bdl-8",
            "A `fullUrl` must not name a version; leave `/_history/` and what follows out",
            lambda v: "/_history/" not in str(v.get("fullUrl")),
        ),
    ),
    "CarePlanActivity": (
        Invariant("cpl-3", "Send `reference` or `detail`, not both", _excludes("detail", "reference")),
    ),
    "CareTeamParticipant": (
        Invariant("ctm-1", "`onBehalfOf` goes with a Practitioner as `member` only", _is_for_practitioner),
    ),
    "Condition": (
        Invariant(
            "con-4",
            "An abated condition needs clinical status `inactive`, `remission` or `resolved`",
            _clinical_status_fits,
        ),
        Invariant(
            "con-5",
            "A condition entered in error must not have a `clinicalStatus`; remove it",
            lambda v: not _is_entered_in_error(v) or "clinicalStatus" not in v,
        ),
    ),
    "ConditionEvidence": (
        Invariant("con-2", "Evidence needs a `code` or a `detail`", lambda v: _has(v, "code", "detail")),
    ),
    "ConditionStage": (
        Invariant(
            "con-1", "A stage needs `summary` or `assessment`", lambda v: _has(v, "summary", "assessment")
        ),
    ),
    "Consent": (
        Invariant(
            "ppc-1",
            "A Consent needs a `policy` or a `policyRule` that it is given under",
            lambda v: _has(v, "policy", "policyRule"),
            severity="warning",  # the Consent that the Belgian guides publish has neither
        ),
    ),
    "ContactPoint": (
        Invariant("cpt-2", "A `value` needs a `system` such as `phone`", _needs("value", "system")),
    ),
    "Extension": (
        Invariant(
            "ext-1",
            "An extension has a value or extensions of its own, exactly one of the two",
            lambda v: ("extension" in v) != (_has_choice(v, "value") or _has_choice(v, "_value")),
        ),
    ),
    "GoalTarget": (
        Invariant(
            "gol-1",
            "A target with a `detail[x]` needs a `measure` that tells what is measured",
            lambda v: "measure" in v or not _has_choice(v, "detail"),
        ),
    ),
    "Observation": (
        Invariant(
            "obs-6",
            "`dataAbsentReason` goes without a value only; remove one of the two",
            lambda v: "dataAbsentReason" not in v or not _has_choice(v, "value"),
        ),
        Invariant(
            "obs-7",
            "A component has the code of the Observation itself; then the value belongs in one place only",
            _value_is_not_component,
        ),
    ),
    "ObservationReferenceRange": (
        Invariant(
            "obs-3", "A range needs `low`, `high` or `text`", lambda v: _has(v, "low", "high", "text")
        ),
    ),
    "Organization": (
        Invariant(
            "org-1", "An Organization needs `name` or `identifier`", lambda v: _has(v, "name", "identifier")
        ),
        Invariant("org-2", "An Organization has no address of use `home`", _has_no_home("address")),
        Invariant("org-3", "An Organization has no telecom of use `home`", _has_no_home("telecom")),
    ),
    "ParametersParameter": (
        Invariant("inv-1", "A parameter has one of `value[x]`, `resource` and `part`", _one_content),
    ),
    "PatientContact": (
        Invariant(
            "pat-1",
            "A contact needs a `name`, `telecom`, `address` or `organization`",
            lambda v: _has(v, "name", "telecom", "address", "organization"),
        ),
    ),
    "Period": (
        Invariant(
            "per-1", "`start` must not be later than `end`", lambda v: _in_order(v.get("start"), v.get("end"))
        ),
    ),
    "Quantity": (Invariant("qty-3", "A `code` needs the `system` it comes from", _needs("code", "system")),),
    "Questionnaire": (
        Invariant("que-2", "Each `linkId` may be there once only; give each item its own", _unique_link_ids),
    ),
    "QuestionnaireItem": (
        Invariant("que-1", "A group needs items within", lambda v: not _is_group(v) or "item" in v),
        Invariant("que-1", "A display has no items within", lambda v: not _is_display(v) or "item" not in v),
        Invariant("que-3", "A display has no `code`", lambda v: not _is_display(v) or "code" not in v),
        Invariant(
            "que-4",
            "An item has `answerOption` or `answerValueSet`, not both",
            _excludes("answerOption", "answerValueSet"),
        ),
        Invariant(
            "que-5",
            "An item of this type has no answers to choose from; remove them or make it a `choice`",
            lambda v: (
                not _kind("group", "display", "boolean", "text", "url", "attachment", "reference")(v)
                or not _has(v, "answerOption", "answerValueSet")
            ),
        ),
        Invariant(
            "que-6",
            "A display is neither `required` nor `repeats`",
            lambda v: not _is_display(v) or not _has(v, "required", "repeats"),
        ),
        Invariant(
            "que-8",
            "A group or display has no `initial` value",
            lambda v: not _is_either(v) or "initial" not in v,
        ),
        Invariant(
            "que-9", "A display has no `readOnly`", lambda v: not _is_display(v) or not _has(v, "readOnly")
        ),
        Invariant(
            "que-10",
            "`maxLength` goes with simple types only",
            lambda v: (
                not _has(v, "maxLength")
                or _kind("boolean", "decimal", "integer", "string", "text", "url", "open-choice")(v)
            ),
        ),
        Invariant(
            "que-11", "An item with `answerOption` marks its initial ones there, not in `initial`",
            _excludes("answerOption", "initial"),
        ),
        Invariant(
            "que-12",
            "Several `enableWhen` need an `enableBehavior`: `all` or `any`",
            lambda v: _count(v, "enableWhen") <= 2 or _has(v, "enableBehavior"),
        ),
        Invariant(
            "que-13",
            "Only an item that repeats has several `initial` values",
            lambda v: v.get("repeats") is True or _count(v, "initial") <= 1,
        ),
    ),
    "QuestionnaireItemEnableWhen": (
        Invariant(
            "que-7",
            "The operator `exists` goes with `answerBoolean`",
            lambda v: v.get("operator") != "exists" or _has(v, "answerBoolean"),
        ),
    ),
    "QuestionnaireResponseItem": (
        Invariant("qrs-1", "Items go below the item or its answer, not both", _excludes("answer", "item")),
    ),
    "Range": (Invariant("rng-2", "`low` must not be higher than `high`", _low_before_high),),
    "Ratio": (
        Invariant(
            "rat-1",
            "A ratio has both `numerator` and `denominator`, or neither and an extension",
            lambda v: (
                ("numerator" in v) == ("denominator" in v) and _has(v, "numerator", "extension")
            ),
        ),
    ),
    "ServiceRequest": (
        Invariant("prr-1", "`orderDetail` needs a `code`", _needs("orderDetail", "code")),
    ),
    "Task": (
        Invariant(
            "inv-1",
            "`lastModified` must not be earlier than `authoredOn`",
            lambda v: _in_order(v.get("authoredOn"), v.get("lastModified")),
        ),
    ),
    "TimingRepeat": (
        Invariant("tim-1", "A `duration` needs a `durationUnit`", _needs("duration", "durationUnit")),
        Invariant("tim-2", "A `period` needs a `periodUnit`", _needs("period", "periodUnit")),
        Invariant("tim-4", "`duration` must not be negative", _not_negative("duration")),
        Invariant("tim-5", "`period` must not be negative", _not_negative("period")),
        Invariant("tim-6", "A `periodMax` needs a `period`", _needs("periodMax", "period")),
        Invariant("tim-7", "A `durationMax` needs a `duration`", _needs("durationMax", "duration")),
        Invariant("tim-8", "A `countMax` needs a `count`", _needs("countMax", "count")),
        Invariant("tim-9", "An `offset` needs a `when` other than C, CM, CD, CV", _offset_has_when),
        Invariant("tim-10", "`timeOfDay` and `when` exclude each other", _excludes("timeOfDay", "when")),
    ),
}  # fmt: skip
"""The invariants by type, backbone elements by their model name such as `GoalTarget`."""
