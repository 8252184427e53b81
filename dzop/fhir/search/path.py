"""Where a condition is put: on the resource, on what it references (a chain), on what references it (`_has`).

https://hl7.org/fhir/R4/search.html#chaining
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dzop.fhir.resource_types import RESOURCE_TYPES, ResourceType, SearchParameter
from dzop.fhir.search.clause import Chain, Clause, Reverse
from dzop.fhir.search.context import Context
from dzop.fhir.search.criterion import Criterion, Unusable, listed, short
from dzop.fhir.search.escapes import split, unescaped
from dzop.fhir.search.modifier import parameter_of, read_criterion
from dzop.fhir.search.reference import read_target
from dzop.fhir.search.token import Token

__all__ = ["MAX_HOPS", "followed", "kept_types", "read_clause", "reference_of", "targets_of"]

MAX_HOPS: Final = 4
_HAS: Final = "_has:"


def kept_types() -> tuple[str, ...]:
    """The types of which resources are kept and references followed: not the log, not what is published."""
    return tuple(name for name, entry in RESOURCE_TYPES.items() if "create" in entry.interactions)


def read_clause(entry: ResourceType, name: str, text: str, context: Context, hops: int = MAX_HOPS) -> Clause:
    """The condition that `name=text` puts, whatever `name` leads through; Unusable when it is none."""
    follows = name == "_list" or name.startswith(_HAS) or "." in name
    if follows and entry.name not in kept_types():
        raise Unusable(f"A search of {entry.name} follows no references.", "not-supported")
    if name.startswith(_HAS):
        return _reverse(entry, name.removeprefix(_HAS), text, context, hops)
    if name == "_list":
        return _in_list(text, context)
    hop, dot, rest = name.partition(".")
    if not dot:
        return read_criterion(entry, name, text, context)
    code, _, type = hop.partition(":")
    parameter = reference_of(entry, code)
    return followed(
        parameter,
        _one_type(parameter, type),
        lambda target: read_clause(target, rest, text, context, _one_less(hops)),
        context,
    )


def followed(
    parameter: SearchParameter,
    types: tuple[str, ...],
    read: Callable[[ResourceType], Clause],
    context: Context,
) -> Chain:
    """The chain through `parameter` to those of the types for which the rest can be read.

    Unusable, with what the first of them says, when it can be read for none.
    """
    found: list[tuple[str, Clause]] = []
    refusals: list[Unusable] = []
    for type in types:
        context.spend()
        try:
            found.append((type, read(RESOURCE_TYPES[type])))
        except Unusable as unusable:
            refusals.append(unusable)
    if found:
        return Chain(parameter, tuple(found))
    # What is wrong with a value tells more than that another type has no such parameter.
    refusals.sort(key=lambda each: each.code == "not-supported")
    if not refusals:
        raise Unusable(f"Nothing that `{parameter.name}` references is kept here.", "not-supported")
    raise refusals[0]


def reference_of(entry: ResourceType, code: str) -> SearchParameter:
    """The reference parameter of this name; Unusable when there is none."""
    parameter = parameter_of(entry, code)
    if parameter.type != "reference":
        possible = [each.name for each in entry.search if each.type == "reference"]
        raise Unusable(
            f"`{short(code)}` of {entry.name} is no reference to follow; possible are {listed(possible)}.",
            "not-supported",
        )
    return parameter


def targets_of(parameter: SearchParameter) -> tuple[str, ...]:
    """The kept types that a reference parameter may lead to."""
    return tuple(type for type in kept_types() if not parameter.targets or type in parameter.targets)


def _one_type(parameter: SearchParameter, type: str) -> tuple[str, ...]:
    possible = targets_of(parameter)
    if not type:
        return possible
    if type not in possible:
        raise Unusable(
            f"`{parameter.name}` does not lead to `{short(type)}`; possible are {listed(possible) or 'none'}.",
            "not-supported",
        )
    return (type,)


def _reverse(entry: ResourceType, path: str, text: str, context: Context, hops: int) -> Clause:
    type, _, rest = path.partition(":")
    code, colon, rest = rest.partition(":")
    if not colon or not rest:
        raise Unusable(
            "`_has` is written `_has:[type]:[reference parameter]:[parameter]`, as in "
            "`_has:Observation:patient:code`."
        )
    if type not in kept_types():
        raise Unusable(
            f"`_has` cannot look at `{short(type)}`; possible are {listed(kept_types())}.", "not-supported"
        )
    source = RESOURCE_TYPES[type]
    parameter = reference_of(source, code)
    if entry.name not in targets_of(parameter):
        raise Unusable(f"`{code}` of {type} does not lead to {entry.name}.", "not-supported")
    return Reverse(type, parameter, read_clause(source, rest, text, context, _one_less(hops)))


def _in_list(text: str, context: Context) -> Clause:
    context.spend()
    try:
        targets = [read_target(unescaped(each), ("List",), context.base) for each in split(text, ",")]
    except ValueError as error:
        raise Unusable(f"`_list` has an unusable value: {error}.") from None
    ids = tuple(dict.fromkeys(each.id for each in targets))
    if None in ids or any(each.types != ("List",) for each in targets):
        raise Unusable(
            f"`_list` is `{short(text)}`; possible are ids of lists kept here, and no functional lists "
            "such as `$current-problems`.",
            "not-supported",
        )
    lists = RESOURCE_TYPES["List"]
    named = Criterion(parameter_of(lists, "_id"), None, tuple(Token(None, id) for id in ids))
    return Reverse("List", parameter_of(lists, "item"), named)


def _one_less(hops: int) -> int:
    if hops == 0:
        raise Unusable(f"A search follows references over at most {MAX_HOPS} hops.", "too-costly")
    return hops - 1
