"""Versions that an actor may see: of one resource, of a type, of all types; newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from dzop.access.guarded import binds, sees_all
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.store import history
from dzop.store.database import Connection, Row
from dzop.store.history import Form

__all__ = ["AskedHistory", "Past", "Position", "versions"]

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


async def versions(connection: Connection, call: Call, asked: AskedHistory) -> Past:
    """At most `count` of them. Types that everybody sees and types of persons are asked for apart."""
    rows: list[Row] = []
    total = 0
    for everything in (False, True):
        types = [each for each in asked.types if sees_all(call.actor, each) == everything]
        if not types:
            continue
        form, values = _asked(asked, types, everything)
        if asked.count:
            found = history.page(form)
            rows += await connection.rows(found, **values, limit=asked.count + 1, **binds(call))
        if asked.counted:
            count = await connection.row(history.counted(_whole(form)), **values, **binds(call))
            total += count["total"] if count else 0
    ordered = sorted(rows, key=_place, reverse=True)
    shown = tuple(ordered[: asked.count])
    return Past(shown, total if asked.counted else None, len(ordered) > asked.count)


def _asked(asked: AskedHistory, types: Sequence[str], everything: bool) -> tuple[Form, dict[str, Any]]:
    at, after = asked.at or (None, None), asked.after or (None, None, None, None)
    names = ("after_updated", "after_type", "after_id", "after_version")
    form = Form(
        "types" if asked.of == "system" else asked.of, everything, since=asked.since is not None,
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
    return Form(form.of, form.everything, form.since, form.at)


def _place(row: Row) -> Position:
    return row["last_updated"], row["type"], row["id"], row["version"]
