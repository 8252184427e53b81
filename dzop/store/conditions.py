"""One criterion of a query as a condition on a resource, or on one row of its index.

A `Condition` is what it is whatever its values; they are parameters named after its number in the
query. https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Numeric,
    Select,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.sql.expression import FromClause

from dzop.store.index_tables import INDEX, asked_words
from dzop.store.tables import BEGINNING, index_text, person, resource_location, same_resource

Rows = FromClause
"""An index table, or an alias of one: what a single row of it must be."""

# What much of everybody's plan may meet; all else names somebody or something.
_BROAD_ROWS: Final = ("token", "date", "quantity")
_NAMES: Final = ("_id", "identifier", "identifier:of-type")
_EVERYWHERE: Final = ("_profile", "_source", "_tag", "_security")
_BROAD_MODIFIERS: Final = ("missing", "not", "unequal")


def there(rows: Select[Any], at: FromClause, drives: bool) -> ColumnElement[bool]:
    """Whether there are such rows of what `at` is; unless it drives, PostgreSQL must not turn it into a join.

    Plans are made without knowing values. A join with what much meets would be planned as one with little.
    """
    return exists((rows if drives else rows.offset(literal_column("0"))).correlate(at))


@dataclass(frozen=True, slots=True)
class Condition:
    """A criterion without its values: `rows` is the table of the index it looks into, `kinds` are those of
    the values, in order for dates and quantities.
    """

    parameter: str
    rows: str
    modifier: str | None
    kinds: tuple[str, ...]
    number: int

    @property
    def size(self) -> int:
        return max(1, len(self.kinds))

    @property
    def is_broad(self) -> bool:
        """Whether much of what there is may meet it: a status or a time, not a name, a number or a reference."""
        if self.modifier in _BROAD_MODIFIERS or self.parameter in _EVERYWHERE:
            return True
        return self.rows in _BROAD_ROWS and self.parameter not in _NAMES

    @property
    def is_of_person(self) -> bool:
        """Whether only what is of certain persons meets it."""
        return self.kinds[:1] == ("patient",)

    def expression(self, at: FromClause, drives: bool = True) -> ColumnElement[bool]:
        """The condition on a current state; true when any of the values matches.

        `drives`: what is looked for may be found by it, else it is asked of each that was found otherwise.
        """
        if self.modifier == "missing":
            is_there = self.indexed(at, drives=drives and self.kinds == ("false",))
            return not_(is_there) if self.kinds == ("true",) else is_there
        met = self._met(at, drives and self.modifier != "not")
        return not_(met) if self.modifier == "not" else met

    def _met(self, at: FromClause, drives: bool) -> ColumnElement[bool]:
        if self.is_of_person:
            return _of_person(self, at)
        own = _OWN.get(self.parameter)
        if own is not None:
            return own(self, at, drives)
        return self.indexed(at, self.on_row(self.table, drives), drives=drives)

    def indexed(
        self, at: FromClause, *where: ColumnElement[bool], drives: bool = False
    ) -> ColumnElement[bool]:
        """Whether there is a row of the parameter, with what else it must be."""
        table = self.table
        rows = select(literal(1)).select_from(table).where(same_resource(table, at), self.of_parameter(table))
        return there(rows.where(*where), at, drives)

    @property
    def table(self) -> Table:
        return INDEX[self.rows][0]

    def of_parameter(self, rows: Rows) -> ColumnElement[bool]:
        return rows.c.parameter == literal(self.parameter)

    def on_row(self, rows: Rows, drives: bool = True) -> ColumnElement[bool]:
        """What one row must be, besides one of the parameter."""
        kinds = enumerate(self.kinds)
        matched = or_(false(), *[self._matches(number, kind, rows, drives) for number, kind in kinds])
        return not_(matched) if self.modifier == "unequal" else matched

    def _matches(self, number: int, kind: str, rows: Rows, drives: bool) -> ColumnElement[bool]:
        if self.rows == "date":
            return self.date(number, kind, rows.c.low, rows.c.high)
        if self.rows == "quantity":
            return self._quantity(number, kind, rows)
        matched = _MATCHERS[kind](self, rows)
        # Said so it is not turned into a join: the pairs, which may be thousands, are hashed once instead of gone
        # through for each row.
        is_hashed = kind == "member" or (kind in _PAIRED and not drives)
        return matched.is_(true()) if is_hashed else matched

    def texts(self, name: str) -> Any:
        return bindparam(f"c{self.number}_{name}", type_=ARRAY(Text))

    def pairs(self, first: str, second: str) -> Any:
        return select(func.unnest(self.texts(first)), func.unnest(self.texts(second)))

    def _one(self, name: str, type: Any) -> Any:
        return bindparam(f"c{self.number}_{name}", type_=type)

    def date(
        self, number: int, prefix: str, low: ColumnElement[Any], high: ColumnElement[Any] | None = None
    ) -> ColumnElement[bool]:
        """Compares an indexed range, or an instant when `high` is absent, with the range asked for."""
        asked_low = self._one(f"low{number}", DateTime(timezone=True))
        asked_high = self._one(f"high{number}", DateTime(timezone=True))
        ends_by = low < asked_high if high is None else high <= asked_high
        ends_after = low >= asked_high if high is None else high > asked_high
        overlaps_end = low >= asked_low if high is None else high > asked_low
        ends_before = low < asked_low if high is None else high <= asked_low
        equal = and_(low >= asked_low, ends_by)
        comparisons: dict[str, ColumnElement[bool]] = {
            "eq": equal,
            "ne": not_(equal),
            "gt": ends_after,
            "lt": low < asked_low,
            "ge": or_(ends_after, equal),
            "le": or_(low < asked_low, equal),
            "sa": low >= asked_high,
            "eb": ends_before,
            "ap": and_(low < asked_high, overlaps_end),
        }
        return comparisons[prefix]

    def _quantity(self, number: int, kind: str, rows: Rows) -> ColumnElement[bool]:
        """Compares an indexed range, both ends in it, with the number asked for, and the units."""
        prefix, _, unit = kind.partition(" ")
        low, high, exact = (self._one(f"{name}{number}", Numeric) for name in ("low", "high", "exact"))
        equal = and_(rows.c.low >= low, rows.c.high < high)
        comparisons: dict[str, ColumnElement[bool]] = {
            "eq": equal,
            "ne": not_(equal),
            "gt": rows.c.high > exact,
            "lt": rows.c.low < exact,
            "ge": rows.c.high >= exact,
            "le": rows.c.low <= exact,
            "sa": rows.c.low >= high,
            "eb": rows.c.high < low,
            "ap": and_(rows.c.low < high, rows.c.high >= low),
        }
        system, code = self._one(f"system{number}", Text), self._one(f"code{number}", Text)
        units: dict[str, tuple[ColumnElement[bool], ...]] = {
            "": (),
            "unit": (or_(rows.c.code == code, rows.c.unit == code),),
            "coding": (rows.c.system == system, rows.c.code == code),
        }
        return and_(comparisons[prefix], *units[unit])


def _of_person(condition: Condition, at: FromClause) -> ColumnElement[bool]:
    """All that is theirs; by a parameter that need not say so, only what says so, or names them by a number."""
    ids = condition.texts("ids")
    named = person.c.patient_id == any_(ids)
    # Looked up beforehand: a join would be tried from the other side where statistics are old.
    if "one" in condition.kinds:
        theirs = at.c.person == select(person.c.key).where(named).scalar_subquery()
    else:
        keys = select(func.array_agg(person.c.key)).where(named).scalar_subquery()
        theirs = at.c.person == any_(keys.cast(ARRAY(BigInteger)))
    if "stated" not in condition.kinds:
        return theirs
    rows = condition.table.c
    literally = and_(rows.target_type == literal("Patient"), rows.target_id == any_(ids))
    by_number = and_(rows.target_id == literal(""), rows.identifier_value != literal(""))
    return and_(theirs, condition.indexed(at, or_(literally, by_number)))


def _by_id(condition: Condition, at: FromClause, drives: bool) -> ColumnElement[bool]:
    asked = any_(condition.texts("codes"))
    if not drives:
        return at.c.id == asked
    # Keys begin with the person, whom an id does not tell.
    located = select(literal(1)).select_from(resource_location)
    return there(
        located.where(same_resource(resource_location, at), resource_location.c.id == asked), at, drives
    )


def _by_instant(condition: Condition, at: FromClause, drives: bool) -> ColumnElement[bool]:
    instant = at.c.last_updated
    return or_(*[condition.date(number, prefix, instant) for number, prefix in enumerate(condition.kinds)])


def _by_words(condition: Condition, at: FromClause, drives: bool) -> ColumnElement[bool]:
    words = index_text.c[condition.parameter.removeprefix("_").replace("text", "narrative")]
    asked = [
        words.op("@@")(asked_words(bindparam(f"c{condition.number}_words{number}", type_=Text)))
        for number, _ in enumerate(condition.kinds)
    ]
    found = select(literal(1)).select_from(index_text).where(same_resource(index_text, at), or_(*asked))
    return there(found, at, drives)


def _by_label(condition: Condition, at: FromClause, drives: bool) -> ColumnElement[bool]:
    """The labels of the client, and those by which the server says of which category a resource is."""
    labels = bindparam(f"c{condition.number}_labels", type_=BigInteger)
    return or_(
        at.c.mask.op("&")(labels) != literal(0),
        condition.indexed(at, condition.on_row(condition.table, drives=False)),
    )


_OWN: Final[Mapping[str, Callable[[Condition, FromClause, bool], ColumnElement[bool]]]] = {
    "_id": _by_id,
    "_lastUpdated": _by_instant,
    "_text": _by_words,
    "_content": _by_words,
    "_security": _by_label,
}
"""The parameters that ask more than, or something else than, rows of the index."""


def _starts(condition: Condition, rows: Rows) -> ColumnElement[bool]:
    return and_(
        func.left(rows.c.normalised, BEGINNING).op("^@")(any_(condition.texts("beginnings"))),
        rows.c.normalised.op("^@")(any_(condition.texts("normalised"))),
    )


def _url(condition: Condition, rows: Rows) -> ColumnElement[bool]:
    # The index of URLs leaves out the rows without one.
    return and_(rows.c.url == any_(condition.texts("urls")), rows.c.url != literal(""))


_PAIRED: Final = ("coding", "typed", "identifier-coding")
_MATCHERS: Final[Mapping[str, Callable[[Condition, Rows], ColumnElement[bool]]]] = {
    "code": lambda c, rows: rows.c.code == any_(c.texts("codes")),
    "system": lambda c, rows: rows.c.system == any_(c.texts("systems")),
    "coding": lambda c, rows: tuple_(rows.c.system, rows.c.code).in_(
        c.pairs("coding_systems", "coding_codes")
    ),
    "member": lambda c, rows: tuple_(rows.c.system, rows.c.code).in_(
        c.pairs("member_systems", "member_codes")
    ),
    "id": lambda c, rows: rows.c.target_id == any_(c.texts("ids")),
    "typed": lambda c, rows: tuple_(rows.c.target_type, rows.c.target_id).in_(c.pairs("types", "typed_ids")),
    "url": _url,
    "identifier-code": lambda c, rows: rows.c.identifier_value == any_(c.texts("codes")),
    "identifier-system": lambda c, rows: rows.c.identifier_system == any_(c.texts("systems")),
    "identifier-coding": lambda c, rows: tuple_(rows.c.identifier_system, rows.c.identifier_value).in_(
        c.pairs("coding_systems", "coding_codes")
    ),
    "starts": _starts,
    "contains": lambda c, rows: rows.c.normalised.like(any_(c.texts("patterns"))),
    "exact": lambda c, rows: rows.c.exact == any_(c.texts("exact")),
    "equals": lambda c, rows: rows.c.normalised == any_(c.texts("equals")),
}
