"""Conditions in place of an id: create, update, patch and delete of what one search finds, and no other.

https://hl7.org/fhir/R4/http.html#cond-update

A condition is complete: where a search would leave something out, it is refused, for it would find too much.
It finds what the actor may see; what is hidden is as if it were not there, so a conditional create or update
makes a resource beside it (access law, "Disclosure").

Two requests that may mean the same resource wait for each other: each takes a lock on every code or identifier
that its condition names and on the identifiers of the resource it brings, and shares one on the type; a
condition without any, or with very many, takes that of the type alone. A create without condition takes none.
R4 lets it make a duplicate, and whichever of the two commits first, the outcome is that of one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, Final

from dzop.access.keeping import Collision
from dzop.access.locks import lock_of
from dzop.access.reach import allows
from dzop.access.shown import Shown
from dzop.access.unit import Unit
from dzop.fhir.outcome import InsufficientScope, Invalid, Issue, NotFound, PreconditionFailed
from dzop.fhir.parameters import OF_THE_ANSWER
from dzop.fhir.search.clause import AllOf, AnyOf, Clause
from dzop.fhir.search.criterion import Criterion
from dzop.fhir.search.query import Query
from dzop.fhir.search.token import Token
from dzop.interactions.exchanged import Ask, Service, parameters_in
from dzop.interactions.queried import answered_query
from dzop.interactions.reach import within_reach

_HEADER: Final = "http.If-None-Exist"
_WITHOUT_EFFECT: Final = frozenset(
    {
        "_sort",
        "_count",
        "_include",
        "_revinclude",
        "_total",
        "_page",
        "_score",
        "_contained",
        "_containedType",
    }
)
_MOST_LOCKS: Final = 8
_MOST_CODES: Final = 100


async def condition_of(ask: Ask) -> Query | None:
    """The condition of a create: in `If-None-Exist`, or in the URL; None without."""
    text = ask.request.if_none_exist
    if text is not None:
        try:
            parameters = parameters_in(_query_in(text, ask.type), _HEADER)
            return await read_condition(ask.service, ask.type, parameters)
        except Invalid as error:
            raise Invalid(*[replace(issue, expression=_HEADER) for issue in error.issues]) from None
    # Clients such as fhirpy put the condition in the URL; ignored, it would make a duplicate.
    return await condition_in_url(ask) if _asked(ask) else None


def _query_in(text: str, type: str) -> str:
    """A condition as R4 has it, the query alone; many clients write the type or the whole URL before it."""
    where, mark, query = text.partition("?")
    if not mark or "=" in where:
        return text
    if where.rpartition("/")[2] not in ("", type):
        raise Invalid(f"the condition must be about `{type}`, which is created")
    return query


async def condition_in_url(ask: Ask) -> Query:
    """The condition of an update, patch or delete that names no id; Invalid when the URL holds none."""
    return await read_condition(ask.service, ask.type, _asked(ask))


async def read_condition(service: Service, type: str, parameters: Sequence[tuple[str, str]]) -> Query:
    """The search that a condition is; Invalid when a part of it says nothing about the resource."""
    idle = [name for name, _ in parameters if name.partition(":")[0] in _WITHOUT_EFFECT]
    if idle:
        raise Invalid(
            *[
                Issue("invalid", f"`{name}` has no effect in a condition; leave it out", f"http.{name}")
                for name in idle
            ]
        )
    query = await answered_query(service.vocabulary, type, parameters, base=service.base, lenient=False)
    if not query.criteria:
        raise Invalid("a condition needs a search parameter, such as `identifier=system|value`")
    if len(codes_of(query) or ()) > _MOST_CODES:
        raise Invalid(Issue("too-costly", f"a condition names at most {_MOST_CODES} codes or identifiers"))
    return query


def _asked(ask: Ask) -> list[tuple[str, str]]:
    return [each for each in ask.request.parameters if each[0] not in OF_THE_ANSWER]


async def matching(unit: Unit, condition: Query, *, again: bool = False) -> Shown | None:
    """The one visible match; None without; PreconditionFailed when there are several."""
    require_reach(unit, condition)
    matches = await unit.matching(condition, again=again)
    if len(matches) > 1:
        raise PreconditionFailed(
            Issue("multiple-matches", "several resources match the condition; use one that only one can meet")
        )
    return matches[0] if matches else None


def require_reach(unit: Unit, condition: Query) -> None:
    """InsufficientScope, whatever the data, when the token may not search what is asked of: an answer would tell."""
    actor = unit.actor
    if not allows(actor, condition.type, "s") or within_reach(condition, actor) != condition:
        unit.law.refuse("search-type", 403, condition.type, "")
        raise InsufficientScope(
            f"a condition is a search, and the scopes of this token do not include `search-type` of all that this "
            f"one on `{condition.type}` asks of"
        )


async def held(unit: Unit, condition: Query) -> Shown | None:
    """The one visible match, locked: it is there and matches until this transaction ends; None without."""
    await unit.locks.serialise(locks_of(condition))
    found = await matching(unit, condition)
    if found is None:
        return None
    await unit.locks.hold(found.type, found.id)
    now = await matching(unit, condition, again=True)
    if now is None or (now.id, now.version) != (found.id, found.version):
        raise Collision  # somebody changed it while we waited: what is to be done now is another matter
    return found


async def resolved(unit: Unit, condition: Query) -> str:
    """The id of the one visible match, locked; NotFound without, PreconditionFailed when there are several."""
    found = await held(unit, condition)
    if found is None:
        raise NotFound(f"no `{condition.type}` matches the condition")
    return found.id


def locks_of(condition: Query, brought: Mapping[str, Any] | None = None) -> dict[int, bool]:
    """Which locks to take, and whether alone: see above. `brought` is the resource that comes with it."""
    type, codes = condition.type, codes_of(condition)
    named = {*(codes or ()), *_identifiers(brought)}
    # Locks are few, and shared by all who use the database.
    if codes is None or len(named) > _MOST_LOCKS:
        return {lock_of(type): True}
    return {lock_of(type): False, **{lock_of(type, code): True for code in named}}


def codes_of(condition: Query) -> frozenset[str] | None:
    """Codes and identifiers of which everything that meets the condition has one; None where it names none."""
    return _codes(AllOf(condition.criteria))


def _codes(clause: Clause) -> frozenset[str] | None:
    match clause:
        case Criterion(modifier=None, values=values):
            named = [each.code for each in values if isinstance(each, Token) and each.code is not None]
            return frozenset(named) if len(named) == len(values) else None
        case AllOf(clauses):
            known = [codes for each in clauses if (codes := _codes(each)) is not None]
            return reduce(frozenset.union, known) if known else None
        case AnyOf(clauses):
            every = [_codes(each) for each in clauses]
            found = [codes for codes in every if codes is not None]
            return reduce(frozenset.union, found) if found and len(found) == len(every) else None
    return None


def _identifiers(value: Mapping[str, Any] | None) -> Iterable[str]:
    found = (value or {}).get("identifier", ())
    each_of = found if isinstance(found, list) else [found]
    return (str(each["value"]) for each in each_of if isinstance(each, Mapping) and "value" in each)
