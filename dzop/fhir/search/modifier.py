"""THE table of modifiers: which a parameter takes.

https://hl7.org/fhir/R4/search.html#modifiers
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dzop.fhir.bindings import RESOURCE_TYPE_NAMES
from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.resource_types import RESOURCE_TYPES, ResourceType, SearchParameter
from dzop.fhir.search.clause import Clause
from dzop.fhir.search.context import Context
from dzop.fhir.search.criterion import Unusable, listed, short
from dzop.fhir.search.escapes import split
from dzop.fhir.search.reading import criterion

__all__ = ["modifiers", "parameter_of", "read_criterion"]

_MAX_VALUES: Final = 100

_MODIFIERS: Final[Mapping[str, tuple[str, ...]]] = {
    "token": ("missing", "not", "text", "in", "not-in", "above", "below"),
    "reference": ("missing", "identifier"),
    "date": ("missing",),
    "string": ("missing", "exact", "contains"),
    "uri": ("missing", "above", "below"),
    "number": ("missing",),
    "quantity": ("missing",),
    "composite": (),
}
# Parameters of which the store keeps no rows, or not all.
_OTHERS: Final[Mapping[str, tuple[str, ...]]] = {
    "_id": (),
    "_lastUpdated": (),
    "_text": (),
    "_content": (),
    "_security": ("not", "in", "not-in"),
}
_IDENTIFIERS: Final = ("identifier", "masterIdentifier", "groupIdentifier", "requisition")


def modifiers(parameter: SearchParameter) -> tuple[str, ...]:
    """The modifiers a parameter takes, types of its targets not named."""
    if parameter.plain:
        return ()
    if parameter.name in _OTHERS:
        return _OTHERS[parameter.name]
    if parameter.canonical and parameter.type == "reference":
        return ("missing", "below")
    is_identifier = parameter.type == "token" and parameter.paths[-1].rpartition(".")[2] in _IDENTIFIERS
    return (*_MODIFIERS[parameter.type], *(("of-type",) if is_identifier else ()))


def parameter_of(entry: ResourceType, code: str) -> SearchParameter:
    """The parameter of this name; Unusable, with those that there are, when there is none."""
    parameter = entry.parameter(code)
    if parameter is None:
        possible = [each.name for each in entry.search]
        raise Unusable(
            f"{entry.name} has no search parameter `{short(code)}`; possible are {listed(possible)}.",
            "not-supported",
        )
    return parameter


def read_criterion(entry: ResourceType, name: str, text: str, context: Context) -> Clause:
    """The condition that `name=text` puts on a resource itself; raises Unusable when it is none."""
    code, colon, modifier = name.partition(":")
    parameter = parameter_of(entry, code)
    if colon and not _takes(parameter, modifier):
        raise Unusable(
            f"`{code}` takes no modifier `:{short(modifier)}`; "
            f"possible are {listed(_possible(parameter)) or 'none'}.",
            "not-supported",
        )
    texts = split(text, ",")
    if len(texts) > _MAX_VALUES:
        raise Invalid(Issue("too-costly", f"`{code}` takes at most {_MAX_VALUES} values in one list."))
    try:
        return criterion(parameter, modifier, texts, context)
    except ValueError as error:
        raise Unusable(f"`{name}` has an unusable value: {error}.") from None


def _takes(parameter: SearchParameter, modifier: str) -> bool:
    # What references anything may reference a type that is not kept here.
    anything = parameter.type == "reference" and not parameter.targets
    return modifier in _possible(parameter) or (anything and modifier in RESOURCE_TYPE_NAMES)


def _possible(parameter: SearchParameter) -> tuple[str, ...]:
    types = (parameter.targets or tuple(RESOURCE_TYPES)) if parameter.type == "reference" else ()
    return (*modifiers(parameter), *types)
