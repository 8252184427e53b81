"""What a filter of a value set means, for memory and tables alike.

A property is compared as texts (`texts`); a concept can have several, and one that fits is enough. Comparing is exact,
except that codes of a system that is not case sensitive fit in any case. https://hl7.org/fhir/R4/valueset-filter-operator.html

| operator | holds when |
|---|---|
| `=` | any text is the value |
| `in`, `not-in` | any, or none, of the texts is in the value, which is a list with commas |
| `regex` | the whole of any text fits the value (`terminology.expression`) |
| `exists` | there is any text (`true`), or none (`false`) |
| `is-a`, `descendent-of` | the code is at or below, or below, the value |
| `is-not-a` | the code is neither the value nor below it |
| `generalizes` | the code is the value or above it |

Those of the hierarchy compare `concept` (or `code`, which is the same) only. A value that is no code of the system has
nothing above or below it: `is-a`, `descendent-of` and `generalizes` hold of nothing, `is-not-a` of everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from terminology.concept import Concept, Property
from terminology.concept_set import Filter
from terminology.expression import fitting, read
from terminology.fault import Fault

__all__ = ["CODES", "HIERARCHICAL", "Hierarchy", "checked", "kept_by", "listed_values", "texts", "texts_of"]

HIERARCHICAL: Final = frozenset({"is-a", "descendent-of", "is-not-a", "generalizes"})
_OPERATORS: Final = HIERARCHICAL | {"=", "regex", "in", "not-in", "exists"}
CODES: Final = frozenset({"concept", "code", "parent", "child"})
"""The properties whose texts are codes of the system itself."""
_TRUTHS: Final = ("true", "false")


class Hierarchy(Protocol):
    """What a filter asks of the code system. Codes may be given in any case where the system does not care."""

    def known(self, code: str) -> str | None:
        """The code as the system writes it; None when there is no such code."""

    def ancestors(self, code: str) -> Iterable[str]:
        """All codes above, the code itself first."""

    def descendants(self, code: str) -> Iterable[str]:
        """All codes below, the code itself first."""

    def children(self, code: str) -> tuple[str, ...]:
        """The codes right below."""


def checked(filter: Filter) -> Filter:
    """The filter; Fault `invalid` or `not-supported` when it makes no sense, or not here."""
    given = f"`{filter.property} {filter.operator} {filter.value}`"
    if filter.operator not in _OPERATORS:
        raise Fault("invalid", f"the filter {given} has an operator that R4 does not know")
    if not filter.property or not filter.value:
        raise Fault("invalid", f"the filter {given} needs a property and a value")
    if filter.operator in HIERARCHICAL and filter.property not in ("concept", "code"):
        raise Fault(
            "not-supported", f"the filter {given} asks for a hierarchy; that is one of `concept` only"
        )
    if filter.operator == "exists" and filter.value not in _TRUTHS:
        raise Fault("invalid", f"the filter {given} needs the value `true` or `false`")
    if filter.operator == "regex":
        read(filter.value)
    return filter


def kept_by(filter: Filter, system: Hierarchy) -> Callable[[Concept], bool]:
    """Whether a concept of this system is one that the filter means: what holds of all concepts is worked out once."""
    if filter.operator in HIERARCHICAL:
        return _standing(filter, system)
    fits = _COMPARED[filter.operator](_value(filter, system))
    return lambda concept: fits(texts(filter.property, concept, system))


def texts(name: str, concept: Concept, system: Hierarchy) -> tuple[str, ...]:
    """The texts of a property, of those that every concept has and those that the code system adds."""
    special = _SPECIAL.get(name)
    if special:
        return special(concept, system)
    return tuple(text for each in concept.properties if each.code == name for text in texts_of(each))


def texts_of(property: Property) -> tuple[str, ...]:
    """A Coding is its code, and its system and code with `|` between; a boolean is `true` or `false`."""
    value = property.value
    if property.type == "Coding":
        code = value.get("code", "")
        return (code, f"{value['system']}|{code}") if value.get("system") else (code,)
    return (_text(value),)


def listed_values(value: str) -> tuple[str, ...]:
    """The values of `in` and `not-in`."""
    return tuple(each.strip() for each in value.split(",") if each.strip())


_SPECIAL: Final[Mapping[str, Callable[[Concept, Hierarchy], tuple[str, ...]]]] = {
    "concept": lambda concept, _: (concept.code,),
    "code": lambda concept, _: (concept.code,),
    "display": lambda concept, _: (concept.display,) if concept.display else (),
    "parent": lambda concept, _: concept.parents,
    "child": lambda concept, system: system.children(concept.code),
    "inactive": lambda concept, _: (_text(concept.inactive),),
    "notSelectable": lambda concept, _: (_text(concept.abstract),),
}


def _text(value: Any) -> str:
    return _TRUTHS[not value] if isinstance(value, bool) else str(value)


def _value(filter: Filter, system: Hierarchy) -> str:
    """The value, with codes as the system writes them."""
    if filter.property not in CODES or filter.operator in ("regex", "exists"):
        return filter.value
    if filter.operator == "=":
        return system.known(filter.value) or filter.value
    return ",".join(system.known(each) or each for each in listed_values(filter.value))


def _standing(filter: Filter, system: Hierarchy) -> Callable[[Concept], bool]:
    value = system.known(filter.value)
    if value is None:
        return lambda _: filter.operator == "is-not-a"
    is_above = filter.operator == "generalizes"
    codes = frozenset(system.ancestors(value) if is_above else system.descendants(value))
    match filter.operator:
        case "is-not-a":
            return lambda concept: concept.code not in codes
        case "descendent-of":
            return lambda concept: concept.code in codes and concept.code != value
    return lambda concept: concept.code in codes


def _any_in(value: str) -> Callable[[Sequence[str]], bool]:
    values = frozenset(listed_values(value))
    return lambda found: not values.isdisjoint(found)


def _none_in(value: str) -> Callable[[Sequence[str]], bool]:
    values = frozenset(listed_values(value))
    return lambda found: values.isdisjoint(found)


def _any_fits(value: str) -> Callable[[Sequence[str]], bool]:
    fits = fitting(read(value))
    return lambda found: any(map(fits, found))


_COMPARED: Final[Mapping[str, Callable[[str], Callable[[Sequence[str]], bool]]]] = {
    "=": lambda value: lambda found: value in found,
    "in": _any_in,
    "not-in": _none_in,
    "regex": _any_fits,
    "exists": lambda value: lambda found: bool(found) == (value == "true"),
}
