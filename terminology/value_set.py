"""What a ValueSet says: per code system one tree of the concepts that are meant, with the value sets imported put in.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Final, TypeVar

from terminology.concept import Designation
from terminology.concept_set import (
    AllOf,
    AnyOf,
    ConceptSet,
    Every,
    Filter,
    Listed,
    ListedConcept,
    Without,
)
from terminology.fault import Fault
from terminology.filters import checked
from terminology.question import SystemVersion

__all__ = ["Composed", "compose", "every", "imports", "require_few", "size", "united"]

Composed = tuple[tuple[SystemVersion, ConceptSet], ...]
"""Code systems in the order in which the value set includes them, each once."""

Resource = Mapping[str, Any]
_Sets = TypeVar("_Sets", AllOf, AnyOf)
_ByUrl = Mapping[str, Mapping[str, ConceptSet]]
_ACTIVE: Final = Filter("inactive", "=", "false")
_DEEPEST: Final = 100
_LARGEST: Final = 10_000
"""How much there is to compare: value sets that import each other twice over would double with each."""
_REGULAR_EXPRESSION: Final = 500
"""As how many comparisons one counts."""


def every(system: SystemVersion) -> Composed:
    """All codes of a code system."""
    return ((system, Every()),)


def imports(resource: Resource) -> tuple[str, ...]:
    """The canonicals of the value sets that it imports, each once; none when only its expansion is given."""
    definition = resource.get("compose", {})
    parts = (*definition.get("include", ()), *definition.get("exclude", ()))
    return tuple(dict.fromkeys(url for each in parts for url in each.get("valueSet", ())))


def compose(resource: Resource, imported: Mapping[str, Composed]) -> Composed:
    """What is in the value set; `imported` has all of `imports`, by canonical.

    It is what `compose` says, and only without that what `expansion` lists. Fault `invalid` or `not-supported` when it
    makes no sense, or has nothing of either.
    """
    if "compose" not in resource:
        return _expanded(resource)
    definition = resource["compose"]
    included = united(_part(each, imported) for each in definition.get("include", ()))
    excluded = united(_part(each, imported) for each in definition.get("exclude", ()))
    out = _by_url(excluded)
    kept = tuple(_without(each, out) for each in included)
    if definition.get("inactive") is False:
        return tuple((system, AllOf((concept_set, _ACTIVE))) for system, concept_set in kept)
    return kept


def united(composed: Iterable[Composed]) -> Composed:
    """What is in any of these."""
    sets: dict[SystemVersion, list[ConceptSet]] = {}
    for system, concept_set in (each for one in composed for each in one):
        sets.setdefault(system, []).append(concept_set)
    return tuple((system, _one(AnyOf(tuple(each)))) for system, each in sets.items())


def require_few(composed: Composed) -> None:
    """Fault `too-costly` when the trees are made of too much."""
    if size(composed) > _LARGEST:
        raise Fault(
            "too-costly",
            f"a value set has at most {_LARGEST} includes, with those of all that it imports",
        )


def size(composed: Composed) -> int:
    """How many filters, lists and the like the trees are made of; a regular expression counts as many."""
    return sum(_size(concept_set) for _, concept_set in composed)


def _size(concept_set: ConceptSet) -> int:
    match concept_set:
        case AllOf(sets) | AnyOf(sets):
            return sum(map(_size, sets))
        case Without(included, excluded):
            return _size(included) + _size(excluded)
        case Filter(_, "regex", _):
            return _REGULAR_EXPRESSION
        case Every() | Listed() | Filter():
            return 1


def _part(part: Resource, imported: Mapping[str, Composed]) -> Composed:
    """One include or exclude: what is in the system as it says, and in each of the value sets."""
    system, value_sets = part.get("system", ""), part.get("valueSet", ())
    chosen = _chosen(part)
    if not system and (chosen or not value_sets):
        raise Fault(
            "invalid", "an include or exclude of a value set names neither a `system` nor a `valueSet`"
        )
    several = [imported[url] for url in dict.fromkeys(value_sets)]
    if system and (chosen or not value_sets):
        several.insert(0, ((SystemVersion(system, part.get("version", "")), chosen or Every()),))
    elif system:
        several[0] = _of_system(several[0], SystemVersion(system, part.get("version", "")))
    return reduce(_intersected, several)


def _chosen(part: Resource) -> ConceptSet | None:
    """What is listed or filtered; None when neither."""
    concepts, filters = part.get("concept", ()), part.get("filter", ())
    if concepts and filters:
        raise Fault("invalid", "an include of a value set has both `concept` and `filter`; use two includes")
    if concepts:
        return Listed(tuple(map(_listed, concepts)))
    return _one(AllOf(tuple(map(_filter, filters)))) if filters else None


def _of_system(composed: Composed, wanted: SystemVersion) -> Composed:
    """The part that is of one code system."""
    return tuple(
        (agreed, concept_set)
        for system, concept_set in composed
        if (agreed := _agreed(system, wanted)) is not None
    )


def _intersected(one: Composed, other: Composed) -> Composed:
    """What is in both; Fault `too-costly` when that takes too much to compare."""
    others = _by_url(other)
    both = united(
        ((agreed, _all_of(in_one, in_other)),)
        for system, in_one in one
        for agreed, in_other in _of_both(system, others)
    )
    require_few(both)
    return both


def _all_of(one: ConceptSet, other: ConceptSet) -> ConceptSet:
    """Both, on one level with what the first is made of already."""
    return AllOf((*(one.sets if isinstance(one, AllOf) else (one,)), other))


def _without(part: tuple[SystemVersion, ConceptSet], excluded: _ByUrl) -> tuple[SystemVersion, ConceptSet]:
    system, concept_set = part
    out = tuple(each for _, each in _of_both(system, excluded))
    return (system, Without(concept_set, _one(AnyOf(out)))) if out else part


def _by_url(composed: Composed) -> _ByUrl:
    """The same by URL and version: of very many includes each finds its like at once."""
    found: dict[str, dict[str, ConceptSet]] = {}
    for system, concept_set in composed:
        found.setdefault(system.url, {})[system.version] = concept_set
    return found


def _of_both(system: SystemVersion, others: _ByUrl) -> Iterator[tuple[SystemVersion, ConceptSet]]:
    """What the others have of the code system, with the version that both mean."""
    versions = others.get(system.url, {})
    for version in (system.version, "") if system.version else versions:
        if version in versions:
            yield SystemVersion(system.url, system.version or version), versions[version]


def _agreed(one: SystemVersion, other: SystemVersion) -> SystemVersion | None:
    """The code system and version that both mean; None when they mean different ones."""
    if one.url != other.url or (one.version and other.version and one.version != other.version):
        return None
    return one if one.version else other


def _one(sets: _Sets) -> _Sets | ConceptSet:
    """Without a level that holds a single one."""
    return sets.sets[0] if len(sets.sets) == 1 else sets


def _expanded(resource: Resource) -> Composed:
    """What the expansion of a value set lists, without what is there for navigation only."""
    if "expansion" not in resource:
        raise Fault(
            "not-supported",
            f"the value set `{resource.get('url', '')}` has neither `compose` nor `expansion`",
        )
    return united(
        ((SystemVersion(each["system"], each.get("version", "")), Listed((_listed(each),))),)
        for each in _contained(resource["expansion"].get("contains", ()))
        if each.get("system") and each.get("code") and not each.get("abstract")
    )


def _contained(contains: Sequence[Resource], depth: int = 0) -> Iterator[Resource]:
    if depth > _DEEPEST:
        raise Fault("invalid", f"the expansion of a value set is more than {_DEEPEST} deep")
    for each in contains:
        yield each
        yield from _contained(each.get("contains", ()), depth + 1)


def _listed(given: Resource) -> ListedConcept:
    if not given.get("code"):
        raise Fault("invalid", "a concept that a value set lists has no `code`")
    names = tuple(
        Designation(each.get("language", ""), each.get("value", ""), _use(each.get("use", {})))
        for each in given.get("designation", ())
    )
    return ListedConcept(given["code"], given.get("display", ""), names)


def _use(given: Resource) -> tuple[str, str, str]:
    return (given.get("system", ""), given.get("code", ""), given.get("display", ""))


def _filter(given: Resource) -> Filter:
    return checked(Filter(given.get("property", ""), given.get("op", ""), str(given.get("value", ""))))
