"""Where a row of the audit stands: its transaction's id, made to go on growing in another cluster.

A dump restored elsewhere meets transaction ids that start low again. From then on an amount is added to
them, in the default of the column, so that what is written next follows what was sealed before.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Connection, Text, cast, func, insert, literal, select, text
from sqlalchemy.sql.elements import ColumnElement

from dzop.store.tables import audit, audit_block, audit_shift

_NEWEST = select(audit_shift.c.amount).order_by(audit_shift.c.number.desc()).limit(1).scalar_subquery()
_ID = "pg_current_xact_id()::text::bigint"


def ended() -> ColumnElement[int]:
    """The position before which every transaction has ended: no row can come there any more."""
    return _position(func.pg_snapshot_xmin(func.pg_current_snapshot()))


def align(connection: Connection) -> None:
    """Adds what is needed when the transactions of this cluster are behind those in the log."""
    begun = _position(func.pg_snapshot_xmax(func.pg_current_snapshot()))
    sealed = select(func.max(audit_block.c.until)).scalar_subquery()
    written = select(func.max(audit.c.position) + 1).scalar_subquery()
    row = connection.execute(
        select(begun.label("next"), func.greatest(sealed, written).label("known"), _shift().label("shift"))
    ).one()
    if row.known is None or row.next >= row.known:
        return
    amount = row.shift + row.known - row.next
    connection.execute(text(f"alter table audit alter column position set default {_ID} + {int(amount)}"))
    connection.execute(insert(audit_shift).values(amount=amount))


def _position(id: ColumnElement[object]) -> ColumnElement[int]:
    return cast(cast(id, Text), BigInteger) + _shift()


def _shift() -> ColumnElement[int]:
    return func.coalesce(_NEWEST, literal(0, BigInteger))
