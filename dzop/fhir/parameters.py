"""What an operation is asked with and answers: the Parameters resource, checked against the operation.

https://hl7.org/fhir/R4/parameters.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.operations import Operation, Parameter
from dzop.fhir.outcome import Invalid, Issue, Unprocessable
from dzop.fhir.validation import validate

__all__ = ["OF_THE_ANSWER", "Given", "parameters", "read_parameters", "read_query", "read_resource"]

OF_THE_ANSWER: Final = ("_elements", "_format", "_pretty", "_summary")
_IN_A_URL: Final = {"Reference": lambda text: {"reference": text}}
_ONLY_IN_A_BODY: Final = {"", "Resource", "Identifier", "Coding", "CodeableConcept", "Period", "Meta"}


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


def read_resource(operation: Operation, value: Mapping[str, Any], query: Sequence[tuple[str, str]]) -> Given:
    """A resource that stands in the body by itself, as the parameter `resource`, and the others in the URL."""
    return _complete(operation, {**_beside(operation, query), "resource": [value]})


def read_query(operation: Operation, query: Sequence[tuple[str, str]]) -> Given:
    """The parameters in a URL, where they are all plain text or references."""
    return _complete(operation, _beside(operation, query))


def _beside(operation: Operation, query: Sequence[tuple[str, str]]) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for name, text in query:
        if name in OF_THE_ANSWER:
            continue
        parameter = _known(operation, name, name)
        if parameter.type in _ONLY_IN_A_BODY:
            raise Invalid(f"`{name}` cannot be in the URL; send `Parameters` by POST", expression=name)
        found[name].append(_IN_A_URL.get(parameter.type, str)(text))
    return found


def parameters(*given: tuple[str, str, Any]) -> dict[str, Any]:
    """A Parameters resource of (name, type, value); of type `part` the value is again such a sequence.

    What has no value (None) is left out.
    """
    return {"resourceType": "Parameters", "parameter": list(_rendered(given))}


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
}
"""Other types in which clients give a parameter, and which mean the same."""


def _value(parameter: Parameter, given: Mapping[str, Any], where: str) -> Any:
    kind = parameter.type
    key = {"": "part", "Resource": "resource"}.get(kind, f"value{kind[:1].upper()}{kind[1:]}")
    found = next((each for each in (key, *_ALSO.get(kind, ())) if each in given), None)
    if found is None:
        raise Invalid(f"`{parameter.name}` is given as `{key}`", expression=where)
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
