"""Versions that an actor may see: of one resource, of a type, of all types; newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from dzop.access.guarded import binds
from dzop.access.reach import Bounds, is_restricted, sees_all, sight
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.store import history
from dzop.store.database import Connection, Row
from dzop.store.history import Form
from dzop.store.sight import Sight

__all__ = ["AskedHistory", "Past", "Position", "versions"]

_BATCH: Final = 50
Position = tuple[datetime, str, str, int]
"""Where a page ends: last updated, type, id and version of its last entry."""


@dataclass(frozen=True, slots=True)
class AskedHistory:
    """Which versions: of `types`, of one of which perhaps the one under `id`.

    `since` is the earliest instant, `at` the period (from, until before) in which they were current; `after`
    the page before. `counted` asks for the total.
    """

    of: Literal["instance", "type", "system"]
    types: tuple[str, ...]
    id: str
    count: int
    since: datetime | None = None
    at: tuple[datetime, datetime] | None = None
    after: Position | None = None
    counted: bool = True

    @property
    def interaction(self) -> str:
        return f"history-{self.of}"

    @property
    def letter(self) -> str:
        """The letter of the scopes that it needs."""
        return "r" if self.of == "instance" else "s"

    @property
    def type(self) -> str:
        return "" if self.of == "system" else self.types[0]


@dataclass(frozen=True, slots=True)
class Past:
    """A page of versions, as rows of the store; `total` is None unless it was counted."""

    rows: tuple[Row, ...]
    total: int | None
    more: bool

    @property
    def shown(self) -> tuple[Shown, ...]:
        return tuple(Shown.of(row) for row in self.rows)


async def versions(connection: Connection, call: Call, asked: AskedHistory, base: str) -> Past:
    """At most `count` of them.

    Where scopes are restricted, each version is held against them as well: then it is read on until there are
    enough, and not counted.
    """
    if not any(is_restricted(call.actor, type, asked.letter) for type in asked.types):
        return await _versions(connection, call, asked)
    bounds, reached, more = Bounds(connection, call, base), list[Row](), True
    following = replace(asked, count=max(asked.count, _BATCH), counted=False)
    while more and len(reached) <= asked.count:
        past = await _versions(connection, call, following)
        reached += [row for row in past.rows if await bounds.reach_version(Shown.of(row), asked.letter)]
        more = past.more
        following = replace(following, after=_place(past.rows[-1]) if past.rows else None)
    return Past(tuple(reached[: asked.count]), None, len(reached) > asked.count)


async def _versions(connection: Connection, call: Call, asked: AskedHistory) -> Past:
    """Types that everybody sees and types of persons are asked for apart."""
    rows: list[Row] = []
    total = 0
    for everything in (False, True):
        types = [each for each in asked.types if sees_all(call.actor, each) == everything]
        if not types:
            continue
        form, values = _asked(asked, types, sight(call.actor, asked.letter, *types))
        if asked.count:
            found = history.page(form)
            rows += await connection.rows(found, **values, limit=asked.count + 1, **binds(call))
        if asked.counted:
            count = await connection.row(history.counted(_whole(form)), **values, **binds(call))
            total += count["total"] if count else 0
    ordered = sorted(rows, key=_place, reverse=True)
    shown = tuple(ordered[: asked.count])
    return Past(shown, total if asked.counted else None, len(ordered) > asked.count)


def _asked(asked: AskedHistory, types: Sequence[str], sight: Sight) -> tuple[Form, dict[str, Any]]:
    at, after = asked.at or (None, None), asked.after or (None, None, None, None)
    names = ("after_updated", "after_type", "after_id", "after_version")
    form = Form(
        "types" if asked.of == "system" else asked.of, sight, since=asked.since is not None,
        at=asked.at is not None, after=asked.after is not None,
    )  # fmt: skip
    return form, {
        "type": types[0],
        "types": list(types),
        "id": asked.id,
        "since": asked.since,
        "at": at[0],
        "until": at[1],
        **dict(zip(names, after, strict=True)),
    }


def _whole(form: Form) -> Form:
    return Form(form.of, form.sight, form.since, form.at)


def _place(row: Row) -> Position:
    return row["last_updated"], row["type"], row["id"], row["version"]
