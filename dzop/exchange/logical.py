"""Resources for a partner: everybody and everything named by identifier, and back again.

A hub knows no addresses of ours: a literal reference (`Goal/x`) leaves as a logical one, by the
business identifier of whom it means, by the node when the partner has the resource, else by its own
URL. https://hl7.org/fhir/R4/references.html#logical
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dzop.fhir.references import SSIN, parse_reference

__all__ = [
    "NODE", "SSIN", "Identifier", "Logical", "dump", "incoming", "literals", "logicals", "outgoing",
    "subject",
]  # fmt: skip

NODE = "https://dzop.example/fhir/NamingSystem/hub-node"
URI = "urn:ietf:rfc:3986"

_REFERENCE_MEMBERS = {"id", "extension", "type", "identifier", "display", "_type", "_display"}
_SUBJECTS = ("subject", "for", "patient")


@dataclass(frozen=True, slots=True)
class Identifier:
    """A business identifier."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Logical:
    """Whom a logical reference means; one identifier may name a person in several types."""

    type: str | None
    identifier: Identifier


def outgoing(resource: Mapping[str, Any], names: Mapping[str, Identifier], base: str) -> dict[str, Any]:
    """The resource as it leaves: logical references only, without `id`, of `meta` only the labels.

    `names` gives the identifier of a literal (`Goal/x`: its node); `base` is our FHIR base.
    """
    leaving: dict[str, Any] = {"resourceType": resource["resourceType"]}
    labels = resource.get("meta", {}).get("security")
    if labels:
        leaving["meta"] = {"security": labels}
    rest = {name: value for name, value in resource.items() if name not in ("resourceType", "id", "meta")}
    return leaving | {name: _leaving(value, names, base) for name, value in rest.items()}


def incoming(
    resource: Mapping[str, Any],
    known: Mapping[Logical, str],
    base: str,
    local: Mapping[str, Any] | None = None,
    names: Mapping[str, Identifier] | None = None,
) -> dict[str, Any]:
    """The resource as it comes in: a logical reference whose target is `known` here is literal again.

    `local` is our own version that left before, with the `names` it left with: a reference that the
    partner did not touch becomes exactly what it was.
    """
    left = _left(local or {}, names or {}, base)

    def restored(element: dict[str, Any]) -> dict[str, Any]:
        before = left.get(_key(element))
        return _as_literal(element, known, base) if before is None else before

    return {name: _rewritten(value, _is_logical, restored) for name, value in resource.items()}


def literals(resource: Any, base: str) -> frozenset[str]:
    """The literals (`Goal/x`) of our own resources that the resource refers to."""
    found = (_literal(element["reference"], base) for element in _elements(resource, _is_literal))
    return frozenset(literal for literal in found if literal is not None)


def logicals(resource: Any) -> frozenset[Logical]:
    """Whom the logical references in the resource mean."""
    return frozenset(_logical(element) for element in _elements(resource, _is_logical))


def subject(resource: Mapping[str, Any]) -> Identifier | None:
    """By which identifier the resource names the person it is about."""
    for element in (resource.get(name) for name in _SUBJECTS):
        if isinstance(element, Mapping) and _is_logical(element):
            return _logical(element).identifier
    return None


def dump(value: Any) -> bytes:
    """JSON with decimals to the last zero as they came."""
    return _text(value).encode()


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_text(name)}:{_text(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _rewritten(
    value: Any, chosen: Callable[[Any], bool], rewrite: Callable[[dict[str, Any]], dict[str, Any]]
) -> Any:
    if isinstance(value, list):
        return [_rewritten(element, chosen, rewrite) for element in value]
    if not isinstance(value, Mapping):
        return value
    if chosen(value):
        return rewrite(dict(value))
    return {name: _rewritten(member, chosen, rewrite) for name, member in value.items()}


def _elements(value: Any, chosen: Callable[[Any], bool]) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for element in value:
            yield from _elements(element, chosen)
    elif isinstance(value, Mapping):
        if chosen(value):
            yield value
        for member in value.values():
            yield from _elements(member, chosen)


def _is_literal(element: Mapping[str, Any]) -> bool:
    reference = element.get("reference")
    return isinstance(reference, str) and not reference.startswith("#")


def _is_logical(element: Mapping[str, Any]) -> bool:
    identifier = element.get("identifier")
    return (
        isinstance(identifier, Mapping)
        and element.keys() <= _REFERENCE_MEMBERS
        and isinstance(identifier.get("system"), str)
        and isinstance(identifier.get("value"), str)
    )


def _literal(reference: str, base: str) -> str | None:
    return parse_reference(reference, base).local


def _logical(element: Mapping[str, Any]) -> Logical:
    identifier = element["identifier"]
    return Logical(element.get("type"), Identifier(identifier["system"], identifier["value"]))


def _leaving(value: Any, names: Mapping[str, Identifier], base: str) -> Any:
    return _rewritten(value, _is_literal, lambda element: _as_logical(element, names, base))


def _as_logical(element: dict[str, Any], names: Mapping[str, Identifier], base: str) -> dict[str, Any]:
    literal = _literal(element["reference"], base)
    logical = {
        name: _leaving(member, names, base)
        for name, member in element.items()
        if name not in ("reference", "_reference")
    }
    name = None if literal is None else names.get(literal)
    if literal is not None:
        logical["type"] = literal.partition("/")[0]
    if name is None and not _is_logical(logical):
        name = Identifier(URI, element["reference"] if literal is None else f"{base}/{literal}")
    if name is not None:
        logical["identifier"] = {"system": name.system, "value": name.value}
    return logical


def _as_literal(element: dict[str, Any], known: Mapping[Logical, str], base: str) -> dict[str, Any]:
    logical = _logical(element)
    literal = known.get(logical)
    if literal is None and logical.identifier.system == URI:
        value = logical.identifier.value
        literal = _literal(value, base) if value.startswith(f"{base}/") else None
    if literal is None:
        return element
    kept = {name: member for name, member in element.items() if name not in ("type", "identifier")}
    return {"reference": literal, **kept}


def _left(
    local: Mapping[str, Any], names: Mapping[str, Identifier], base: str
) -> Mapping[str, dict[str, Any]]:
    """Each literal reference of ours, under the element that left for it, with the names of then or now."""
    known: Collection[Mapping[str, Identifier]] = ({}, names)
    return {
        _key(_as_logical(dict(element), some, base)): dict(element)
        for some in known  # the names of now come last and win
        for element in _elements(local, _is_literal)
    }


def _key(element: Any) -> str:
    return json.dumps(element, sort_keys=True, default=str)
