"""How a statement looks for an actor: at everything or by grants, and no further than the scopes of the token.

Parameters: `scope_patient`, the id of the Patient in context, or else `scope_related`, that of a RelatedPerson near
them; and those of the conditions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import ColumnElement, Text, and_, bindparam, false, func, literal, not_, or_, select, true
from sqlalchemy.sql.expression import FromClause

from dzop.store.statement import compiled
from dzop.store.tables import person, resource_location

__all__ = ["JUDGED", "PERSON_IN_CONTEXT", "UNBOUNDED", "Narrowed", "Sight", "Way"]

_PATIENT, _RELATED = bindparam("scope_patient", type_=Text), bindparam("scope_related", type_=Text)


class Met(Protocol):
    """A condition on a current state without its values."""

    @property
    def size(self) -> int: ...

    def expression(self, at: FromClause, drives: bool = True) -> ColumnElement[bool]: ...


@dataclass(frozen=True, slots=True)
class Way:
    """One way into reach: to what is of the Patient in context, if `of_patient`, and meets what is to be met."""

    of_patient: bool
    met: Met | None = None

    def leads_to(self, resource: FromClause) -> ColumnElement[bool]:
        return and_(true(), *([_is_in_context(resource)] if self.of_patient else []), *self._met(resource))

    def _met(self, resource: FromClause) -> list[ColumnElement[bool]]:
        # Nothing is indexed of what was deleted, so what it is not, or lacks, it would seem to meet.
        return (
            []
            if self.met is None
            else [not_(resource.c.deleted), self.met.expression(resource, drives=False)]
        )


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Of these types (none named: of all that is asked for) only what one of the ways leads to."""

    types: tuple[str, ...]
    ways: tuple[Way, ...]

    def expression(self, resource: FromClause) -> ColumnElement[bool]:
        led = or_(false(), *[each.leads_to(resource) for each in self.ways])
        return or_(resource.c.type.not_in([literal(each) for each in self.types]), led) if self.types else led


@dataclass(frozen=True, slots=True)
class Sight:
    """`judged` by the grants of the actor, or else everything; `narrowed` to the reach of the token."""

    judged: bool
    narrowed: tuple[Narrowed, ...] = ()

    @property
    def is_of_patient(self) -> bool:
        """Whether it is at one person only."""
        return any(not each.types and all(way.of_patient for way in each.ways) for each in self.narrowed)

    @property
    def size(self) -> int:
        """Of how many conditions it is made."""
        return sum(way.met.size if way.met else 1 for each in self.narrowed for way in each.ways)

    def within(self, resource: FromClause) -> list[ColumnElement[bool]]:
        """What a row, which has columns person, type, id, mask, deleted and last_updated, must meet besides."""
        return [each.expression(resource) for each in self.narrowed]


JUDGED: Final = Sight(judged=True)
UNBOUNDED: Final = Sight(judged=False)
"""What the server looks at itself."""


_patient, _related = person.alias("in_context"), resource_location.alias("related")
_IN_CONTEXT: Final = func.coalesce(
    select(_patient.c.key).where(_patient.c.patient_id == _PATIENT).scalar_subquery(),
    select(_related.c.person)
    .where(_related.c.type == literal("RelatedPerson"), _related.c.id == _RELATED)
    .scalar_subquery(),
)

PERSON_IN_CONTEXT: Final = compiled(select(_IN_CONTEXT.label("person")))
"""The key of the person whom `patient/` scopes are about, or null."""


def _is_in_context(resource: FromClause) -> ColumnElement[bool]:
    return resource.c.person == _IN_CONTEXT
