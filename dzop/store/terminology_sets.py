"""Sets of concepts as conditions in SQL: a form without values, compiled once, and the values that go with it.

What a filter means says `terminology/filters.py`; a property test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, and_, false, not_, or_, true
from sqlalchemy.sql.expression import FromClause

import terminology.concept_set as asked
from dzop.store import terminology_rows as rows
from dzop.store.terminology_comparisons import COMPARISONS, FOUND, TEXTS
from terminology.expression import read as read_expression
from terminology.expression import written as in_postgres
from terminology.fault import Fault
from terminology.filters import CODES, HIERARCHICAL, listed_values

__all__ = ["Form", "Place", "Reading", "codes_in"]

_ALWAYS: Final = frozenset({"concept", "code", "inactive", "notSelectable"})
"""The properties that every concept has."""
_LARGEST: Final = 100
"""Of how many comparisons a set is made at most; those of one kind beside each other are one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a concept stands, by keys: itself, right above, itself and all above; and how many are below or itself."""

    key: int
    parents: Sequence[int]
    ancestors: Sequence[int]
    descendants: int


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison with the parameter of this number; `kind` is a key of COMPARISONS."""

    kind: str
    number: int

    size: ClassVar[int] = 1

    @property
    def is_found(self) -> bool:
        return self.kind in FOUND

    def expression(self, at: FromClause) -> ColumnElement[bool]:
        return COMPARISONS[self.kind](at, f"t{self.number}")


@dataclass(frozen=True, slots=True)
class AllOf:
    """Everything, when there are none."""

    forms: tuple[Form, ...]

    @property
    def is_found(self) -> bool:
        return any(each.is_found for each in self.forms)

    @property
    def size(self) -> int:
        return sum(each.size for each in self.forms)

    def expression(self, at: FromClause) -> ColumnElement[bool]:
        return and_(true(), *(each.expression(at) for each in self.forms))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Nothing, when there are none."""

    forms: tuple[Form, ...]

    @property
    def is_found(self) -> bool:
        return all(each.is_found for each in self.forms)

    @property
    def size(self) -> int:
        return sum(each.size for each in self.forms)

    def expression(self, at: FromClause) -> ColumnElement[bool]:
        return or_(false(), *(each.expression(at) for each in self.forms))


@dataclass(frozen=True, slots=True)
class Not:
    form: Form
    is_found: ClassVar[bool] = False

    @property
    def size(self) -> int:
        return self.form.size

    def expression(self, at: FromClause) -> ColumnElement[bool]:
        return not_(self.form.expression(at))


Form = Test | AllOf | AnyOf | Not
"""A set without its values. `is_found`: an index leads to what may be in it; `size`: of how many comparisons it is."""

_EVERYTHING: Final = AllOf(())


def codes_in(concept_set: asked.ConceptSet) -> Iterator[str]:
    """The codes whose place must be known to read the set."""
    match concept_set:
        case asked.Filter(property, operator, value):
            if operator in HIERARCHICAL:
                yield value
            elif property in ("parent", "child"):
                yield from _values(operator, value)
        case asked.AllOf(sets) | asked.AnyOf(sets):
            for each in sets:
                yield from codes_in(each)
        case asked.Without(included, excluded):
            yield from codes_in(included)
            yield from codes_in(excluded)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads sets of one code system. `places` has those of `codes_in` that exist, by code as it is compared; `values`
    are those of the parameters of what has been read.
    """

    system: int
    is_case_sensitive: bool
    places: Mapping[str, Place]
    values: dict[str, Any] = field(default_factory=dict)

    def form(self, concept_set: asked.ConceptSet) -> Form:
        """The set without its values; Fault `too-costly` when it has too many parts."""
        form = self._form(concept_set)
        if form.size > _LARGEST:
            raise Fault(
                "too-costly", f"a value set has at most {_LARGEST} different filters of one code system"
            )
        return form

    def _form(self, concept_set: asked.ConceptSet) -> Form:
        match concept_set:
            case asked.Every():
                return _EVERYTHING
            case asked.Listed(concepts):
                return self._test(
                    "code", [self._compared(each.code) for each in concepts if rows.can_be_kept(each.code)]
                )
            case asked.Filter():
                return self._filter(concept_set)
            case asked.AllOf(sets):
                return AllOf(tuple(map(self._form, sets)))
            case asked.AnyOf(sets):
                return self._any_of([self._form(each) for each in sets])
            case asked.Without(included, excluded):
                return AllOf((self._form(included), Not(self._form(excluded))))

    def below(self, code: str) -> int:
        """How many concepts are below this one, itself among them."""
        place = self._place(code)
        return place.descendants if place else 0

    def is_broad(self, concept_set: asked.ConceptSet, few: int) -> bool:
        """Whether more than a few are surely in the set, so far as can be told without looking."""
        match concept_set:
            case asked.Every():
                return True
            case asked.Filter(_, "is-a" | "descendent-of", value):
                return self.below(value) > few
            case asked.Filter(_, operator, _):
                return operator in ("is-not-a", "not-in")
            case asked.AllOf(sets):
                return all(self.is_broad(each, few) for each in sets)
            case asked.AnyOf(sets):
                return any(self.is_broad(each, few) for each in sets)
            case asked.Without(included, _):
                return self.is_broad(included, few)
        return False

    def _any_of(self, forms: Sequence[Form]) -> Form:
        """Comparisons of one kind become one, with the values of all: value sets name many subtrees."""
        kept: dict[object, Form] = {}
        for place, form in enumerate(forms):
            kind = form.kind if isinstance(form, Test) and form.kind in FOUND else place
            first = kept.setdefault(kind, form)
            if isinstance(first, Test) and isinstance(form, Test) and first != form:
                self._add(f"t{first.number}", self.values[f"t{form.number}"])
        return AnyOf(tuple(kept.values()))

    def _add(self, name: str, more: Any) -> None:
        there = self.values[name]
        self.values[name] = f"{there} | {more}" if isinstance(there, str) else [*there, *more]

    def _filter(self, filter: asked.Filter) -> Form:
        if filter.operator in HIERARCHICAL:
            return self._hierarchical(filter)
        if filter.operator == "not-in":
            return Not(self._filter(asked.Filter(filter.property, "in", filter.value)))
        if filter.operator == "exists":
            there = self._exists(filter.property)
            return there if filter.value == "true" else Not(there)
        if filter.operator == "regex":
            return self._regex(filter)
        return self._equal(filter.property, _values(filter.operator, filter.value))

    def _hierarchical(self, filter: asked.Filter) -> Form:
        place = self._place(filter.value)
        if filter.operator == "generalizes":
            return self._test("key", place.ancestors if place else [])
        below = self._test("below", [place.key] if place else [])
        match filter.operator:
            case "is-a":
                return below
            case "is-not-a":
                return Not(below)
        return AllOf((below, Not(self._test("key", [place.key] if place else []))))

    def _equal(self, property: str, values: Sequence[str]) -> Form:
        if property in CODES:
            compared = [self._compared(each) for each in values]
            places = [self.places[each] for each in compared if each in self.places]
            match property:
                case "parent":
                    return self._test("parent", [each.key for each in places])
                case "child":
                    return self._test("key", [key for each in places for key in each.parents])
            return self._test("code", compared)
        if property in TEXTS:
            return self._test(f"{property} =", values)
        return self._test("fact", rows.says(self.system, property, values)) if values else AnyOf(())

    def _exists(self, property: str) -> Form:
        if f"{property} exists" in COMPARISONS:
            return self._test(f"{property} exists", None)
        return _EVERYTHING if property in _ALWAYS else self._test("fact", rows.exists(self.system, property))

    def _regex(self, filter: asked.Filter) -> Form:
        pattern = in_postgres(read_expression(filter.value))
        if f"{filter.property} regex" in COMPARISONS:
            return self._test(f"{filter.property} regex", pattern)
        if not rows.can_be_kept(filter.property):
            return AnyOf(())
        test = self._test("regex", pattern)
        self.values[f"t{test.number}_of"] = filter.property
        return test

    def _test(self, kind: str, value: Any) -> Test:
        number = len(self.values)
        self.values[f"t{number}"] = value
        return Test(kind, number)

    def _place(self, code: str) -> Place | None:
        return self.places.get(self._compared(code))

    def _compared(self, code: str) -> str:
        return rows.compared(code, is_case_sensitive=self.is_case_sensitive)


def _values(operator: str, value: str) -> Sequence[str]:
    values = (value,) if operator == "=" else listed_values(value) if operator in ("in", "not-in") else ()
    return [each for each in values if rows.can_be_kept(each)]
