"""The clauses of a query as a condition on a resource, each hop with the visibility predicate inside.

What a reference leads to, or comes from, must be there and be seen by the actor: otherwise it is as if the
reference led nowhere. https://hl7.org/fhir/R4/search.html#chaining
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.expression import FromClause

from dzop.fhir.resource_types import RESOURCE_TYPES, SearchParameter
from dzop.fhir.search import clause as asked
from dzop.fhir.search.criterion import Composite, Criterion, Value
from dzop.store.conditions import Condition, there
from dzop.store.criteria import condition
from dzop.store.sight import Sight
from dzop.store.tables import (
    index_reference,
    index_token,
    resource_current,
    resource_location,
    same_resource,
)
from dzop.store.visibility import visible

__all__ = ["AllOf", "AnyOf", "Form", "Hop", "Not", "Seeing", "Within", "read"]


@dataclass(frozen=True, slots=True)
class Seeing:
    """What of the actor decides how a statement looks at each type.

    `labels` are the bits of a data category, by its code; None asks for all of them.
    """

    sight: Callable[[str], Sight]
    labels: Callable[[str | None], int]


@dataclass(frozen=True, slots=True)
class Hop:
    """Something else that a reference leads to, or that refers to this (`back`), and what it must meet.

    `by_url`: the reference is a canonical, and leads to whatever has that URL.
    """

    type: str
    parameter: str
    back: bool
    by_url: bool
    sight: Sight
    form: Form
    number: int
    is_of_person: ClassVar[bool] = False

    @property
    def is_broad(self) -> bool:
        return self.form.is_broad

    @property
    def size(self) -> int:
        return self.form.size + self.sight.size + 1

    def expression(self, at: FromClause, drives: bool = True) -> ColumnElement[bool]:
        reference = index_reference.alias(f"r{self.number}")
        other = resource_current.alias(f"h{self.number}")
        follow = _FOLLOWED[self.back, self.by_url]
        where = [reference.c.parameter == literal(self.parameter), other.c.type == literal(self.type)]
        where += [~other.c.deleted, self.form.expression(other, drives)]
        where += self.sight.within(other)
        if self.sight.judged:
            where.append(visible(other))
        return there(follow(reference, other, at, self.number).where(*where), at, drives)


def _forth(reference: FromClause, other: FromClause, at: FromClause, number: int) -> Select[Any]:
    location = resource_location.alias(f"l{number}")
    leads = and_(location.c.type == reference.c.target_type, location.c.id == reference.c.target_id)
    joined = reference.join(location, leads).join(other, same_resource(other, location))
    return select(literal(1)).select_from(joined).where(same_resource(reference, at))


def _back(reference: FromClause, other: FromClause, at: FromClause, number: int) -> Select[Any]:
    location = resource_location.alias(f"l{number}")
    leads = and_(location.c.type == reference.c.target_type, location.c.id == reference.c.target_id)
    joined = reference.join(location, leads).join(other, same_resource(other, reference))
    return select(literal(1)).select_from(joined).where(same_resource(location, at))


def _forth_by_url(reference: FromClause, other: FromClause, at: FromClause, number: int) -> Select[Any]:
    token = index_token.alias(f"t{number}")
    joined = reference.join(token, has_url(token, reference)).join(other, same_resource(other, token))
    only_a_url = reference.c.target_id == literal("")
    return select(literal(1)).select_from(joined).where(same_resource(reference, at), only_a_url)


def _back_by_url(reference: FromClause, other: FromClause, at: FromClause, number: int) -> Select[Any]:
    token = index_token.alias(f"t{number}")
    joined = token.join(reference, has_url(token, reference)).join(other, same_resource(other, reference))
    return select(literal(1)).select_from(joined).where(same_resource(token, at))


def has_url(token: FromClause, reference: FromClause) -> ColumnElement[bool]:
    """Whether a row of an index says that what it is of has the URL that a canonical names."""
    # The index of URLs leaves out the rows without one.
    named = and_(reference.c.url == token.c.code, reference.c.url != literal(""))
    return and_(token.c.parameter == literal("url"), named)


_FOLLOWED: Mapping[tuple[bool, bool], Callable[[FromClause, FromClause, FromClause, int], Select[Any]]] = {
    (False, False): _forth,
    (True, False): _back,
    (False, True): _forth_by_url,
    (True, True): _back_by_url,
}
"""From one resource to another by the rows of references: back or forth, by place or by URL."""


@dataclass(frozen=True, slots=True)
class Within:
    """Conditions that rows of one element meet."""

    conditions: tuple[Condition, ...]
    number: int
    is_of_person: ClassVar[bool] = False

    @property
    def is_broad(self) -> bool:
        return all(each.is_broad for each in self.conditions)

    @property
    def size(self) -> int:
        return sum(each.size for each in self.conditions)

    def expression(self, at: FromClause, drives: bool = True) -> ColumnElement[bool]:
        rows = [each.table.alias(f"w{self.number}_{place}") for place, each in enumerate(self.conditions)]
        first, *others = rows
        where = [same_resource(first, at)]
        where += [and_(same_resource(each, first), each.c.element == first.c.element) for each in others]
        for each, row in zip(self.conditions, rows, strict=True):
            where += [each.of_parameter(row), each.on_row(row)]
        return there(select(literal(1)).select_from(*rows).where(*where), at, drives)


@dataclass(frozen=True, slots=True)
class AllOf:
    forms: tuple[Form, ...]

    @property
    def is_broad(self) -> bool:
        return all(each.is_broad for each in self.forms)

    @property
    def is_of_person(self) -> bool:
        return any(each.is_of_person for each in self.forms)

    @property
    def size(self) -> int:
        return sum(each.size for each in self.forms)

    def expression(self, at: FromClause, drives: bool = True) -> ColumnElement[bool]:
        return and_(true(), *[each.expression(at, drives and self._drives(each)) for each in self.forms])

    def _drives(self, form: Form) -> bool:
        """Whether what is looked for is found by this one: by whose it is, or by what names something."""
        if self.is_of_person:
            return form.is_of_person
        return not form.is_broad or (self.is_broad and isinstance(form, Condition))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any of these, of a resource of this type."""

    forms: tuple[Form, ...]
    type: str
    number: int
    is_of_person: ClassVar[bool] = False

    @property
    def is_broad(self) -> bool:
        return any(each.is_broad for each in self.forms)

    @property
    def size(self) -> int:
        return sum(each.size for each in self.forms)

    def expression(self, at: FromClause, drives: bool = True) -> ColumnElement[bool]:
        if not drives or self.is_broad or not self.forms:
            return or_(false(), *[each.expression(at, False) for each in self.forms])
        # Each finds a few, by an index of its own; looked at one by one, much would have to be gone through.
        found = union_all(*[self._met(each, place) for place, each in enumerate(self.forms)])
        any_of = found.subquery(f"u{self.number}")
        return exists(select(literal(1)).select_from(any_of).where(same_resource(any_of, at)).correlate(at))

    def _met(self, form: Form, place: int) -> Any:
        at = resource_current.alias(f"a{self.number}_{place}")
        return select(at.c.person, at.c.type, at.c.id).where(
            at.c.type == literal(self.type), form.expression(at)
        )


@dataclass(frozen=True, slots=True)
class Not:
    form: Form
    is_broad: ClassVar[bool] = True
    is_of_person: ClassVar[bool] = False

    @property
    def size(self) -> int:
        return self.form.size

    def expression(self, at: FromClause, drives: bool = True) -> ColumnElement[bool]:
        return not_(self.form.expression(at, False))


Form = Condition | Hop | Within | AllOf | AnyOf | Not
"""A clause without its values. `is_broad`: much of what there is may meet it; `is_of_person`: only what is
of certain persons does; `size`: of how many conditions and hops it is made.
"""


def read(
    clauses: Sequence[asked.Clause], type: str, seeing: Seeing, first: int = 0
) -> tuple[AllOf, dict[str, Any]]:
    """The form of what a resource of this type must all meet, and the values of its parameters.

    These are named after numbers from `first` on.
    """
    values: dict[str, Any] = {}
    reading = _Reading(seeing, values, count(first), {})
    return AllOf(tuple(reading.form(each, type) for each in clauses)), values


@dataclass(frozen=True, slots=True)
class _Reading:
    seeing: Seeing
    values: dict[str, Any]
    numbers: Iterator[int]
    persons: dict[frozenset[str], Condition]

    def form(self, clause: asked.Clause, type: str) -> Form:
        match clause:
            case asked.AllOf(clauses=clauses):
                return AllOf(tuple(self.form(each, type) for each in clauses))
            case asked.AnyOf(clauses=clauses):
                return self._any([self.form(each, type) for each in clauses], type)
            case asked.Not(clause=inner):
                return Not(self.form(inner, type))
            case asked.Chain(parameter=parameter, targets=targets):
                hops = [
                    hop for target, inner in targets for hop in self._hops(target, parameter, inner, target)
                ]
                return self._any(hops, type)
            case asked.Reverse(type=source, parameter=parameter, clause=inner):
                return self._any(list(self._hops(source, parameter, inner, type, back=True)), type)
            case Criterion(values=(Composite(), *_)):
                return self._any([self._within(each, type) for each in clause.values], type)
        return self._condition(clause, type)

    def _any(self, forms: Sequence[Form], type: str) -> Form:
        different = tuple(dict.fromkeys(forms))
        return different[0] if len(different) == 1 else AnyOf(different, type, next(self.numbers))

    def _hops(
        self, type: str, parameter: SearchParameter, inner: asked.Clause, target: str, *, back: bool = False
    ) -> Iterator[Hop]:
        """To `type`, in the direction asked; `target` is what the reference leads to."""
        has_url = parameter.canonical and RESOURCE_TYPES[target].parameter("url") is not None
        form, sight = self.form(inner, type), self.seeing.sight(type)
        for by_url in (False, True) if has_url else (False,):
            yield Hop(type, parameter.name, back, by_url, sight, form, next(self.numbers))

    def _within(self, value: Value, type: str) -> Within:
        if not isinstance(value, Composite):
            raise AssertionError(value)
        conditions = tuple(self._condition(each, type) for each in value.components)
        return Within(conditions, next(self.numbers))

    def _condition(self, criterion: Criterion, type: str) -> Condition:
        number = next(self.numbers)
        found, values = condition(criterion, type, number, self.seeing.labels)
        self.values.update(values)
        if not found.is_of_person:
            return found
        # Whichever parameter names them, it is the same condition, unless it asks more than whose it is.
        if "stated" in found.kinds:
            return found
        return self.persons.setdefault(frozenset(values[f"c{number}_ids"]), found)
