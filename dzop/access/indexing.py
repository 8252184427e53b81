"""The index rows that follow from a resource, as the store's write statement takes them.

A resource remembers by which rules it was indexed: a fingerprint of what the table asks of its type. Where
that differs from ours, `dzop migrate` indexes it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from dzop.access.proposal import Proposal
from dzop.fhir.references import goal_references
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.index import index
from dzop.fhir.search.string import normalised
from dzop.plan.agenda import at_hand, on_the_list
from dzop.store.goal_links import GOAL_LINK
from dzop.store.index_tables import INDEX, LANGUAGES, indexed
from dzop.store.tasks import listed_for

RULES: Final = 3
"""To be raised when other rows follow from the same table of parameters."""

_MOST_WORDS: Final = 40_000
"""Characters of a text whose words are found; PostgreSQL takes a megabyte of words of one resource."""

_MOST_ROWS: Final = 32_767
"""How far parts and rows of a resource are numbered; what is beyond is kept, and not found."""


@cache
def fingerprint(type: str) -> str:
    """By which rules a resource of this type is indexed."""
    rules = (RULES, LANGUAGES, type, RESOURCE_TYPES[type].search)
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]


def index_columns(proposal: Proposal, base: str) -> dict[str, Any]:
    """One array a column of the index tables, and by which rules they were made."""
    value = proposal.value
    rows = index(value, proposal.type, base)
    tokens = [(name, indexed(system), indexed(code), at) for name, system, code, at in rows.tokens]
    references = [
        (name, *(indexed(part or "") for part in parts), at) for name, *parts, at in rows.references
    ]
    references += [
        (GOAL_LINK, "Goal", goal.partition("/")[2], "", "", "", 0)
        for goal in goal_references(value, proposal.type, base)
    ]
    quantities = [
        (name, low, high, *(indexed(part) for part in unit), at)
        for name, low, high, *unit, at in rows.quantities
    ]
    texts = [(normalised(rows.narrative)[:_MOST_WORDS], normalised(rows.content)[:_MOST_WORDS])]
    return {
        "indexed_as": fingerprint(proposal.type),
        **_columns("token", tokens),
        **_columns("reference", references),
        **_columns("date", [*rows.dates, *_listed(value, proposal.type, base)]),
        **_columns("string", rows.strings),
        **_columns("quantity", quantities),
        **_columns("text", texts if any(texts[0]) else []),
    }


def _listed(value: Mapping[str, Any], type: str, base: str) -> list[tuple[str, datetime, datetime, int]]:
    """When an open task is on whose list."""
    when = on_the_list(value) if type == "Task" else None
    return [] if when is None else [(listed_for(each), *when, 0) for each in at_hand(value, base)]


def _columns(prefix: str, rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    _, names = INDEX[prefix]
    told = [name for name in names if name != "ordinal"]
    if "element" in told:
        rows = [row for row in rows if row[-1] <= _MOST_ROWS]
    if told == list(names):
        return {f"{prefix}_{name}": [row[place] for row in rows] for place, name in enumerate(told)}
    numbered = rows[:_MOST_ROWS]
    columns = {f"{prefix}_{name}": [row[place] for row in numbered] for place, name in enumerate(told)}
    return {**columns, f"{prefix}_ordinal": list(range(len(numbered)))}
