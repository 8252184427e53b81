"""What makes the audit a chain: the digest of a row, the block of a stretch of rows, and its MAC.

A row belongs to the transaction that wrote it, and a block to a stretch of transactions that have all
ended, so that no row can come to a sealed block later. A block keeps the digest of each of its rows, so
that a row may go when its time is over and the chain stays whole: a digest gives nothing away, for the
row's random id is part of it.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import BigInteger, ColumnElement, Text, cast, func, literal
from sqlalchemy.dialects.postgresql import BYTEA

from dzop.store.database import Row
from dzop.store.tables import audit

BEGINNING = -(2**62)
"""Before every position."""

SIZE = 32
_NOTHING_BEFORE = bytes(SIZE)
_FORM = b"dzop audit block 1"
_MICROSECONDS = 1_000_000

SEALED = (
    "person", "seq", "position", "id", "recorded", "interaction", "outcome", "actor", "role", "organization", "client",
    "entity_type", "entity_id", "entity_version", "query_hash", "mask", "rules", "matrix_version", "request_id",
)  # fmt: skip
"""The columns in a digest, in this order. A column that comes later needs a new form of block."""


def digest() -> ColumnElement[bytes]:
    """SHA-256 over the row as a JSON array, whatever the settings of the session that asks."""
    row = func.json_build_array(*[_exact(audit.c[name]) for name in SEALED])
    return func.sha256(func.convert_to(cast(row, Text), literal("UTF8")), type_=BYTEA).label("digest")


def _exact(column: ColumnElement[object]) -> ColumnElement[object]:
    if column.name != "recorded":
        return column
    return cast(func.extract("epoch", column) * literal(_MICROSECONDS), BigInteger)


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of the positions from `since` to before `until`; `total` counts all rows up to its end."""

    number: int
    since: int
    until: int
    total: int
    sealed_at: datetime
    seqs: Sequence[int]
    digests: bytes
    key: str
    mac: bytes = b""

    @classmethod
    def of(cls, row: Row) -> Block:
        return cls(*[row[name] for name in cls.__slots__])

    def rows(self) -> list[tuple[int, bytes]]:
        """(seq, digest) of each row it was sealed with."""
        starts = range(0, len(self.digests), SIZE)
        return list(zip(self.seqs, [self.digests[at : at + SIZE] for at in starts], strict=False))

    def mac_after(self, previous: bytes | None, key: bytes) -> bytes:
        """The MAC it must have; `previous` is that of the block before, None for the first one."""
        numbers = (
            self.number,
            self.since,
            self.until,
            self.total,
            _microseconds(self.sealed_at),
            len(self.seqs),
        )
        message = b"".join(
            (
                _FORM,
                previous or _NOTHING_BEFORE,
                struct.pack(f">{len(numbers)}q", *numbers),
                struct.pack(f">{len(self.seqs)}q", *self.seqs),
                self.digests,
            )
        )
        return hmac.digest(key, message, hashlib.sha256)


def fingerprint(key: bytes) -> str:
    """Tells one key from another and gives neither away."""
    return hashlib.sha256(b"dzop audit key" + key).hexdigest()[:16]


def _microseconds(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * _MICROSECONDS + since.microseconds
