"""The outbox and what both sides of an exchange last agreed on.

An entry says that a resource has a version the partner has not got; a newer version overwrites the
number. The body is not in the outbox: it is read, through the law, at the moment of sending.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, DateTime, Integer, Text, bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from dzop.store.statement import compiled
from dzop.store.tables import exchange_lane, outbox

_PERSON = bindparam("person", type_=BigInteger)
_PARTNER = bindparam("partner", type_=Text)
_NOW = bindparam("now", type_=DateTime(timezone=True))


def _due_again() -> object:
    lane = insert(exchange_lane).from_select(
        ["person", "partner", "due_at", "pull_at"], select(_PERSON, _PARTNER, _NOW, _NOW)
    )
    return lane.on_conflict_do_update(
        index_elements=["person", "partner"],
        set_={"due_at": func.least(exchange_lane.c.due_at, lane.excluded.due_at)},
    ).cte("lane")


def _enqueue() -> object:
    entry = insert(outbox).from_select(
        ["person", "partner", "type", "id", "version", "written_at"],
        select(
            _PERSON, _PARTNER, bindparam("type", type_=Text), bindparam("id", type_=Text),
            bindparam("version", type_=Integer), _NOW,
        ),
    )  # fmt: skip
    upsert = entry.on_conflict_do_update(
        index_elements=["person", "partner", "type", "id"],
        set_={"version": entry.excluded.version, "state": "due", "reason": None, "code": None},
    ).cte("entry")
    return select(literal(1)).add_cte(upsert, _due_again())


def _reopen() -> object:
    reopened = (
        update(outbox)
        .where(outbox.c.person == _PERSON, outbox.c.partner == _PARTNER, outbox.c.state == "withheld")
        .values(state="due", reason=None, code=None)
        .cte("reopened")
    )
    return select(literal(1)).add_cte(reopened, _due_again())


ENQUEUE = compiled(_enqueue())  # type: ignore[arg-type]
"""In the transaction of every write of a type the partner takes."""

REOPEN = compiled(_reopen())  # type: ignore[arg-type]
"""In the transaction of every change of a fact: what was withheld is judged again."""
