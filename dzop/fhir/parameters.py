"""What an operation is asked with and answers: the Parameters resource, checked against the operation.

https://hl7.org/fhir/R4/parameters.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.operation import Operation, Parameter
from dzop.fhir.outcome import Invalid, Issue, Unprocessable
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.validation import validate

__all__ = [
    "OF_THE_ANSWER", "Given", "parameters", "read_parameters", "read_query", "read_resource", "standing_alone",
]  # fmt: skip

OF_THE_ANSWER: Final = ("_display", "_displayLanguage", "_elements", "_format", "_pretty", "_summary")
_ONLY_IN_A_BODY: Final = {"", "Identifier", "Coding", "CodeableConcept", "Period", "Meta"}
_WHOLE: Final = re.compile(r"[+-]?\d{1,10}", re.ASCII)
_READ_AS: Final[Mapping[str, tuple[Callable[[str], Any], str]]] = {
    "Reference": (lambda text: {"reference": text}, "a reference"),
    "boolean": (lambda text: {"true": True, "false": False}.get(text), "`true` or `false`"),
    "integer": (lambda text: int(text) if _WHOLE.fullmatch(text) else None, "a whole number"),
}
"""How the text in a URL is read, by data type, and what it must be; None where it is not. Others stay text."""


@dataclass(frozen=True, slots=True)
class Given:
    """The parameters of one call by name, as plain JSON values; a Reference is `{"reference": ...}`."""

    values: Mapping[str, Sequence[Any]]

    def all(self, name: str) -> Sequence[Any]:
        """Every value given under this name, in order."""
        return self.values.get(name, ())

    def get(self, name: str, otherwise: Any = None) -> Any:
        """The first value under this name."""
        return next(iter(self.all(name)), otherwise)


def read_parameters(
    operation: Operation, value: Mapping[str, Any] | None, query: Sequence[tuple[str, str]] = ()
) -> Given:
    """The parameters in a body, and those in the URL; None is a body without any.

    Invalid for what is no Parameters resource and for an unknown, repeated, missing or wrongly typed
    parameter; Unprocessable for one that is not R4.
    """
    found = _beside(operation, query)
    if value is None:
        return _complete(operation, found)
    if value.get("resourceType") != "Parameters":
        raise Invalid(f"`${operation.code}` takes a `Parameters` resource", expression="resourceType")
    if issues := [issue for issue in validate(_looked_at(operation, value)) if _is_error(issue)]:
        raise Unprocessable(*issues)
    for number, each in enumerate(value.get("parameter", ())):
        where = f"Parameters.parameter[{number}]"
        parameter = _known(operation, each["name"], f"{where}.name")
        found[parameter.name].append(_value(parameter, each, where))
    return _complete(operation, found)


def _is_error(issue: Issue) -> bool:
    return issue.severity in ("error", "fatal")


def _looked_at(operation: Operation, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The Parameters without the resource of an operation that is to say itself what is wrong with it."""
    given = value.get("parameter")
    if not operation.judges_resource or not isinstance(given, list):
        return value
    return {**value, "parameter": [_emptied(each) for each in given]}


def _emptied(given: Any) -> Any:
    if not isinstance(given, Mapping) or not isinstance(given.get("resource"), Mapping):
        return given
    return {**given, "resource": {"resourceType": "Parameters"}}


def standing_alone(operation: Operation, value: Mapping[str, Any]) -> str | None:
    """The name of the parameter that a body is by itself; None for a Parameters resource, or anything else.

    https://hl7.org/fhir/R4/operations.html#request
    """
    type = value.get("resourceType")
    if operation.judges_resource:
        return None if type == "Parameters" else "resource"
    return next((each.name for each in operation.taken.values() if each.type == type), None)


def read_resource(
    operation: Operation, name: str, value: Mapping[str, Any], query: Sequence[tuple[str, str]]
) -> Given:
    """A resource that stands in the body by itself, as the parameter of this name, and the others in the URL."""
    unread = () if operation.judges_resource else validate(value)
    if issues := [issue for issue in unread if _is_error(issue)]:
        raise Unprocessable(*issues)
    return _complete(operation, {**_beside(operation, query), name: [value]})


def read_query(operation: Operation, query: Sequence[tuple[str, str]]) -> Given:
    """The parameters in a URL, where they are all plain text or references."""
    return _complete(operation, _beside(operation, query))


def _beside(operation: Operation, query: Sequence[tuple[str, str]]) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for name, text in query:
        if name in OF_THE_ANSWER:
            continue
        parameter = _known(operation, name, name)
        if parameter.type in _ONLY_IN_A_BODY or _is_resource(parameter):
            raise Invalid(f"`{name}` cannot be in the URL; send `Parameters` by POST", expression=name)
        read, kind = _READ_AS.get(parameter.type, (str, "text"))
        value = read(text)
        if value is None:
            raise Invalid(f"`{name}` is {kind}, not `{text[:64]}`", expression=name)
        found[name].append(value)
    return found


def _is_resource(parameter: Parameter) -> bool:
    return parameter.type == "Resource" or parameter.type in RESOURCE_TYPES


def parameters(*given: tuple[str, str, Any]) -> dict[str, Any]:
    """A Parameters resource of (name, type, value); of type `part` the value is again such a sequence.

    What has no value (None) is left out.
    """
    found = list(_rendered(given))
    return {"resourceType": "Parameters", **({"parameter": found} if found else {})}


def _rendered(given: Sequence[tuple[str, str, Any]]) -> Iterator[dict[str, Any]]:
    for name, type, value in given:
        if value is None:
            continue
        if type == "part":
            yield {"name": name, "part": list(_rendered(value))}
        else:
            key = "resource" if type == "Resource" else f"value{type[0].upper()}{type[1:]}"
            yield {"name": name, key: value}


def _known(operation: Operation, name: str, where: str) -> Parameter:
    parameter = operation.taken.get(name)
    if parameter is None and name in (omitted := dict(operation.omitted)):
        text = f"`{name}` is not offered by `${operation.code}` here: {omitted[name]}"
        raise Invalid(Issue("not-supported", text, where))
    if parameter is None:
        names = ", ".join(f"`{each}`" for each in operation.taken) or "none"
        raise Invalid(
            f"`{name[:64]}` is no parameter of `${operation.code}`; it takes {names}", expression=where
        )
    return parameter


_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("valueString", "valueCoding"),
    "Coding": ("valueCodeableConcept",),
    "dateTime": ("valueInstant", "valueDate"),
    "uri": ("valueCanonical", "valueUrl", "valueString"),
    "canonical": ("valueUri", "valueUrl", "valueString"),
    "string": ("valueCode", "valueUri"),
    "integer": ("valuePositiveInt", "valueUnsignedInt"),
}
"""Other types in which clients give a parameter, and which mean the same."""


def _value(parameter: Parameter, given: Mapping[str, Any], where: str) -> Any:
    kind = parameter.type
    key = "resource" if _is_resource(parameter) else f"value{kind[:1].upper()}{kind[1:]}" if kind else "part"
    found = next((each for each in (key, *_ALSO.get(kind, ())) if each in given), None)
    if found is None:
        raise Invalid(f"`{parameter.name}` is given as `{key}`", expression=where)
    if key == "resource" and kind not in ("Resource", given[key].get("resourceType")):
        raise Invalid(f"`{parameter.name}` is a `{kind}`", expression=f"{where}.resource")
    value = given[found]
    return value.get("code", "") if (kind, found) == ("code", "valueCoding") else value


def _complete(operation: Operation, found: Mapping[str, Sequence[Any]]) -> Given:
    issues = []
    for parameter in operation.taken.values():
        number, where = (
            len(found.get(parameter.name, ())),
            f"Parameters.parameter.where(name = '{parameter.name}')",
        )
        if number < parameter.min:
            issues.append(
                Issue("required", f"`${operation.code}` needs the parameter `{parameter.name}`", where)
            )
        elif parameter.max != "*" and number > int(parameter.max):
            issues.append(
                Issue("invalid", f"`{parameter.name}` may be given {parameter.max} time(s) only", where)
            )
    if issues:
        raise Invalid(*issues)
    return Given(found)
