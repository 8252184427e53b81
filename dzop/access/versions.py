"""A resource as it was: its current version under the row lock, and how that ties the actor to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from dzop.access.proposal import Proposal
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.fhir import json
from dzop.fhir.audience import of_aftercare
from dzop.fhir.json import Source
from dzop.store import writing
from dzop.store.database import Row, Transaction
from dzop.store.tables import ALWAYS, FOREVER

Concerned = tuple[tuple[str, str, str], ...]
"""Whom a resource names: (kind, actor key, via)."""


class Version(NamedTuple):
    """What one version says, and whom it names."""

    value: Mapping[str, Any]
    named: Concerned


@dataclass(frozen=True, slots=True)
class Before:
    """The current state under the row lock: how it ties the actor, who its authors are, whom it names."""

    row: Row
    kinds: frozenset[str]
    authors: frozenset[str]
    named: Concerned

    @property
    def version(self) -> int:
        return int(self.row["version"])

    @property
    def deleted(self) -> bool:
        return bool(self.row["deleted"])

    @property
    def proposal(self) -> Proposal:
        """The current version as if it were sent again, with the client's own `meta`."""
        text = json.with_member(self.row["kept"].decode(), "meta", self.row["meta"].decode())
        return Proposal(self.row["type"], self.row["id"], json.parse(text.encode()))

    @property
    def shown(self) -> Source:
        """The current version as whoever may see it reads it."""
        return json.parse(Shown.of(self.row).served)

    @property
    def as_it_was(self) -> Version:
        return Version(orjson.loads(self.row["kept"]), self.named)


async def before_of(transaction: Transaction, call: Call, person: int, type: str, id: str) -> Before | None:
    """The state that a write of this call starts from; None when there is no such resource."""
    where: dict[str, Any] = {"person": person, "type": type, "id": id}
    # A joined row that is locked after a wait would still be joined to the version of before the wait.
    if await transaction.row(writing.LOCK_CURRENT, **where) is None:
        return None
    row = await transaction.row(writing.BEFORE, **where)
    if row is None:
        return None
    rows = await transaction.rows(writing.AUDIENCE_OF, now=call.now, **where)
    kinds = frozenset(each["kind"] for each in rows if each["actor"] in call.actor.keys)
    return Before(
        row,
        kinds=of_aftercare(kinds, orjson.loads(row["kept"]), type) if type == "Task" else kinds,
        authors=frozenset(each["actor"] for each in rows if each["kind"] == "author"),
        named=tuple((each["kind"], each["actor"], "") for each in rows if not each["via"]),
    )


def audience_columns(named: Concerned) -> dict[str, list[Any]]:
    """The arguments by which `writing.WRITE` keeps whom a resource names."""
    return {
        "audience_actor": [actor for _, actor, _ in named],
        "audience_kind": [kind for kind, _, _ in named],
        "audience_via": [via for _, _, via in named],
        "audience_valid_from": [ALWAYS] * len(named),
        "audience_valid_until": [FOREVER] * len(named),
    }
