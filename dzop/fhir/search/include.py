"""`_include` and `_revinclude`: what comes along with the matches.

https://hl7.org/fhir/R4/search.html#revinclude
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dzop.fhir.resource_types import RESOURCE_TYPES, ResourceType, SearchParameter
from dzop.fhir.search.criterion import Unusable, listed, short
from dzop.fhir.search.path import kept_types

__all__ = ["Include", "includable", "read_include", "revincludable"]


@dataclass(frozen=True, slots=True)
class Include:
    """`_include`: what `source` references through the parameter; `target` None = any type.

    `reverse` (`_revinclude`): what of type `source` references what was found. `iterate`: of what was
    included too, else of the matches only. `*` is read into one Include for each parameter.
    """

    source: str
    parameter: SearchParameter
    target: str | None
    iterate: bool = False
    reverse: bool = False


def read_include(entry: ResourceType, name: str, text: str) -> tuple[Include, ...]:
    """What `_include=text` or `_revinclude=text`, perhaps with `:iterate`, asks for; Unusable if nothing."""
    kind, _, modifier = name.partition(":")
    if modifier not in ("", "iterate") or name.endswith(":"):
        old = " In R4 `:recurse` is called `:iterate`." if modifier == "recurse" else ""
        raise Unusable(
            f"`{kind}` takes no modifier `:{short(modifier)}`; possible is `:iterate`.{old}", "not-supported"
        )
    reverse, iterate = kind == "_revinclude", modifier == "iterate"
    source, _, rest = text.partition(":")
    code, _, target = rest.partition(":")
    possible = list(_possible(entry, reverse, iterate))
    chosen = [
        (type, parameter)
        for type, parameter in possible
        if text == "*" or (type == source and code in ("*", parameter.name))
    ]
    # Every reference of what has none, or that leads to what nothing refers to: there is nothing to include.
    everything = text == "*" or (text == f"{entry.name}:*" and not reverse)
    if not chosen and not everything:
        offered = possible if not iterate else list(_possible(entry, reverse, iterate=False))
        raise Unusable(
            f"`{kind}` of {entry.name} cannot be `{short(text)}`; possible are "
            f"{listed([f'{type}:{parameter.name}' for type, parameter in offered]) or 'none'}.",
            "not-supported",
        )
    if target and chosen:
        _require_target(name, chosen, target, entry.name if reverse and not iterate else None)
    return tuple(Include(type, parameter, target or None, iterate, reverse) for type, parameter in chosen)


def includable(entry: ResourceType) -> tuple[str, ...]:
    """What `_include` of a type may be, in the words of the CapabilityStatement."""
    return tuple(f"{type}:{parameter.name}" for type, parameter in _possible(entry, False, False))


def revincludable(entry: ResourceType) -> tuple[str, ...]:
    """What `_revinclude` of a type may be, in the words of the CapabilityStatement."""
    return tuple(f"{type}:{parameter.name}" for type, parameter in _possible(entry, True, False))


def _possible(entry: ResourceType, reverse: bool, iterate: bool) -> Iterator[tuple[str, SearchParameter]]:
    if entry.name not in kept_types():
        return
    types = kept_types() if reverse or iterate else (entry.name,)
    for type in types:
        for parameter in RESOURCE_TYPES[type].search:
            leads_here = iterate or not reverse or not parameter.targets or entry.name in parameter.targets
            if parameter.type == "reference" and leads_here:
                yield type, parameter


def _require_target(
    name: str, chosen: list[tuple[str, SearchParameter]], target: str, only: str | None
) -> None:
    targets = {type for _, parameter in chosen for type in parameter.targets or tuple(RESOURCE_TYPES)}
    targets &= {only} if only else targets
    if target not in targets:
        raise Unusable(
            f"`{name}` of `{chosen[0][0]}:{chosen[0][1].name}` cannot target `{short(target)}`; "
            f"possible are {listed(sorted(targets))}.",
            "not-supported",
        )
