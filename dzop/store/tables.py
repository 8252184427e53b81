"""The tables. `person` is the key of the compartment and part of every primary key there.

Compartments that belong to nobody have keys of their own: `DIRECTORY` (care providers,
organisations, questionnaires) and `NONE` (what names no person; for `system` only).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    and_,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

BEGINNING: Final = 100
"""How many characters of a string are indexed."""

DIRECTORY: Final = 0
NONE: Final = -1
ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
FOREVER: Final = datetime.max.replace(tzinfo=UTC)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

_KEY = Text(collation="C")
_INSTANT = DateTime(timezone=True)


def _key(name: str, **options: Any) -> Column[str]:
    return Column(name, _KEY, nullable=False, **options)


def _element() -> Column[int]:
    """Which part of the resource a row is of, for what must be met within one; 0 where that does not matter."""
    return Column("element", SmallInteger, primary_key=True, autoincrement=False, server_default=text("0"))


def _resource() -> tuple[Column[Any], ...]:
    """The primary-key columns by which a row belongs to one resource of one person."""
    return (
        Column("person", BigInteger, primary_key=True, autoincrement=False),
        _key("type", primary_key=True),
        _key("id", primary_key=True),
    )


person = Table(
    "person",
    metadata,
    Column("key", BigInteger, Identity(start=1), primary_key=True),
    _key("patient_id", unique=True),
    comment="One row a person; locking it serialises the changes of facts about that person.",
)

resource_location = Table(
    "resource_location",
    metadata,
    _key("type", primary_key=True),
    _key("id", primary_key=True),
    Column("person", BigInteger, nullable=False),
    comment="Makes ids unique and finds the compartment; written with the creation, never changed.",
)

resource_version = Table(
    "resource_version",
    metadata,
    *_resource(),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    Column(
        "served", LargeBinary, comment="What is shown when the body has parts that are kept but not served"
    ),
    Column(
        "meta",
        LargeBinary,
        nullable=False,
        comment="JSON: profile, tag, security, source as the client sent them",
    ),
    Column("mask", BigInteger, nullable=False),
    Column("last_updated", _INSTANT, nullable=False),
    Column("method", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Index("ix_resource_version_newest", "last_updated", "type", "id", "version"),
    Index("ix_resource_version_of_type", "type", "last_updated", "id", "version"),
    comment="Every accepted version, immutable.",
)

resource_current = Table(
    "resource_current",
    metadata,
    *_resource(),
    Column("version", Integer, nullable=False),
    Column("mask", BigInteger, nullable=False),
    Column("last_updated", _INSTANT, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("indexed_as", _KEY, nullable=False, server_default=text("''"), comment="By which rules"),
    Column(
        "indexed_version",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="A version that is not indexed yet was written by a process that knew no rules",
    ),
    # A mask of 0 would pass every comparison: what has no category must not exist for a person.
    CheckConstraint("person <= 0 or mask <> 0", name="mask_not_empty"),
    Index("ix_resource_current_newest", "type", "last_updated"),
    comment="Which version is current, and the categories that decide who may see it.",
)

index_token = Table(
    "index_token",
    metadata,
    *_resource(),
    _key("parameter", primary_key=True),
    _key("system", primary_key=True),
    _key("code", primary_key=True),
    _element(),
    Index("ix_index_token_code", "type", "parameter", "code", "system", "person", "id"),
)

index_reference = Table(
    "index_reference",
    metadata,
    *_resource(),
    _key("parameter", primary_key=True),
    Column("ordinal", SmallInteger, primary_key=True, autoincrement=False),
    _key("target_type"),
    _key("target_id"),
    _key("url"),
    _key("identifier_system"),
    _key("identifier_value"),
    _element(),
    Index("ix_index_reference_target", "target_type", "target_id", "type", "parameter", "person", "id"),
    Index("ix_index_reference_identifier", "identifier_value", "identifier_system", "type", "parameter"),
    Index(
        "ix_index_reference_url",
        "url",
        "type",
        "parameter",
        "person",
        "id",
        postgresql_where=text("url <> ''"),
    ),
)

index_date = Table(
    "index_date",
    metadata,
    *_resource(),
    _key("parameter", primary_key=True),
    Column("low", _INSTANT, primary_key=True),
    Column("high", _INSTANT, primary_key=True),
    _element(),
    Index("ix_index_date_low", "type", "parameter", "low", "person", "id"),
)

index_string = Table(
    "index_string",
    metadata,
    *_resource(),
    _key("parameter", primary_key=True),
    Column("ordinal", SmallInteger, primary_key=True, autoincrement=False),
    _key("normalised"),
    Column("exact", Text, nullable=False),
    _element(),
    # An index entry has a limit; how a text begins is enough to narrow down.
    Index("ix_index_string_beginning", "type", "parameter", text(f"left(normalised, {BEGINNING})")),
)

index_quantity = Table(
    "index_quantity",
    metadata,
    *_resource(),
    _key("parameter", primary_key=True),
    Column("ordinal", SmallInteger, primary_key=True, autoincrement=False),
    Column("low", Numeric, nullable=False),
    Column("high", Numeric, nullable=False),
    _key("system"),
    _key("code"),
    _key("unit"),
    _element(),
    Index("ix_index_quantity_low", "type", "parameter", "low", "person", "id"),
    comment="Numbers too, which have no system, code or unit.",
)

index_text = Table(
    "index_text",
    metadata,
    *_resource(),
    Column("narrative", TSVECTOR, nullable=False),
    Column("content", TSVECTOR, nullable=False),
    Index("ix_index_text_narrative", "narrative", postgresql_using="gin"),
    Index("ix_index_text_content", "content", postgresql_using="gin"),
    comment="The words of a resource, in every language we know the endings of.",
)

index_rules = Table(
    "index_rules",
    metadata,
    Column("number", Integer, Identity(start=1), primary_key=True),
    _key("fingerprint", unique=True),
    Column("known_since", _INSTANT, nullable=False, server_default=text("now()")),
    comment="The rules of indexing that were ever in force, the newest last; an older process takes none back.",
)

audience = Table(
    "audience",
    metadata,
    *_resource(),
    _key("actor", primary_key=True),
    _key("kind", primary_key=True),
    _key("via", primary_key=True, server_default=text("''")),
    Column("valid_from", _INSTANT, primary_key=True),
    Column("valid_until", _INSTANT, nullable=False),
    Index("ix_audience_actor", "actor", "person", "type", "id"),
    comment="Who is concerned by a resource, and through what.",
)

grants = Table(
    "grants",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    _key("shape", primary_key=True),
    Column("valid_from", _INSTANT, primary_key=True),
    Column("valid_until", _INSTANT, nullable=False),
    Column("rank", SmallInteger, nullable=False),
    Column("full", BigInteger, nullable=False),
    Column("own", BigInteger, nullable=False),
    Column("authored", BigInteger, nullable=False),
    Column("shared", BigInteger, nullable=False, server_default=text("0")),
    Column("rules", ARRAY(Text), nullable=False),
    Column("matrix_version", Text, nullable=False),
    Index("ix_grants_shape", "generation", "shape", "person"),
    comment="The access law, compiled: one complete row a generation, shape and stretch of time.",
)

matrix_version = Table(
    "matrix_version",
    metadata,
    _key("version", primary_key=True),
    Column("text", Text, nullable=False, comment="As it was reviewed: a line a cell"),
    Column("known_since", _INSTANT, nullable=False, server_default=text("now()")),
    comment="Every access matrix that was ever in force or on its way, so that any decision can be explained.",
)

generation = Table(
    "generation",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False, server_default=text("1")),
    Column("active", Integer, nullable=False),
    _key("matrix_version"),
    Column("active_since", _INSTANT, nullable=False, server_default=text("now()")),
    Column("next", Integer, comment="Being compiled in the background"),
    Column("next_matrix_version", _KEY),
    Column(
        "compiled_to",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="Persons up to this key are in the next generation",
    ),
    Column("last", Integer, nullable=False, comment="The highest number ever given"),
    CheckConstraint("one = 1", name="one_row"),
    comment="Which grants count: one row, whose change switches the law for everybody at once.",
)

directory_role = Table(
    "directory_role",
    metadata,
    _key("role", primary_key=True, comment="PractitionerRole/id"),
    _key("practitioner"),
    _key("organization"),
    Column("profession", Text, comment="The role of access.md that its codes map to"),
    Column("active", Boolean, nullable=False),
    Column("valid_from", _INSTANT, nullable=False),
    Column("valid_until", _INSTANT, nullable=False),
    Index("ix_directory_role_practitioner", "practitioner"),
    comment="Who works where, now: asked on every request, so that a suspension acts at once.",
)

directory_identifier = Table(
    "directory_identifier",
    metadata,
    _key("actor", primary_key=True, comment="Practitioner/id or Organization/id"),
    _key("key", primary_key=True, comment="system|value, the actor key of a logical reference"),
    Column("active", Boolean, nullable=False),
    Index("ix_directory_identifier_key", "key"),
    comment="For matching only: the identifiers of professionals and organisations, SSIN included.",
)

audit = Table(
    "audit",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, Identity(start=1), primary_key=True),
    _key("id"),
    Column("recorded", _INSTANT, nullable=False),
    Column("interaction", Text, nullable=False),
    Column("outcome", SmallInteger, nullable=False, comment="HTTP status of the answer"),
    _key("actor"),
    _key("role"),
    _key("organization"),
    Column("client", Text, nullable=False),
    _key("entity_type"),
    _key("entity_id"),
    Column("entity_version", Integer),
    Column("query_hash", Text),
    Column("mask", BigInteger, nullable=False),
    Column("rules", ARRAY(Text), nullable=False),
    Column("matrix_version", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column(
        "position",
        BigInteger,
        nullable=False,
        server_default=text("pg_current_xact_id()::text::bigint"),
        comment="The transaction that wrote it; blocks are stretches of these",
    ),
    Index("ix_audit_id", "id"),
    Index("ix_audit_position", "position"),
    comment="One row a disclosure or refusal, durable before the answer leaves.",
)

audit_block = Table(
    "audit_block",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("since", BigInteger, nullable=False, comment="Of the positions, where the block before ended"),
    Column("until", BigInteger, nullable=False, comment="Not part of it"),
    Column("total", BigInteger, nullable=False, comment="Rows sealed so far, those of this block included"),
    Column("sealed_at", _INSTANT, nullable=False),
    Column("seqs", ARRAY(BigInteger), nullable=False, comment="Of its rows, in order"),
    Column("digests", LargeBinary, nullable=False, comment="32 bytes a row, in the same order"),
    Column("key", Text, nullable=False, comment="Which key sealed it: a fingerprint"),
    Column("mac", LargeBinary, nullable=False, comment="HMAC-SHA256 over all this and the block before"),
    comment="The audit, sealed: a chain of blocks that shows what was changed, removed or added later.",
)

audit_shift = Table(
    "audit_shift",
    metadata,
    Column("number", Integer, Identity(start=1), primary_key=True),
    Column("amount", BigInteger, nullable=False, comment="Added to a transaction id to get a position"),
    Column("since", _INSTANT, nullable=False, server_default=text("now()")),
    comment="One row a move to a cluster that counts its transactions lower; the newest is in force.",
)

declaration_attempts = Table(
    "declaration_attempts",
    metadata,
    _key("actor", primary_key=True),
    _key("operation", primary_key=True),
    Column(
        "instants", ARRAY(_INSTANT), nullable=False, comment="Of the last hour, at most as many as allowed"
    ),
    comment="How often an actor lately declared something about persons by their number, whatever came of it.",
)

spent_evidence = Table(
    "spent_evidence",
    metadata,
    Column(
        "digest", LargeBinary, primary_key=True, comment="SHA-256 of what makes a piece of evidence unique"
    ),
    Column("expires_at", _INSTANT, nullable=False, comment="From when on the evidence proves nothing anyhow"),
    Index("ix_spent_evidence_expires_at", "expires_at"),
    comment="Evidence of a relation of care counts once.",
)

exchange_lane = Table(
    "exchange_lane",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    _key("partner", primary_key=True),
    Column("due_at", _INSTANT, comment="null: nothing to send"),
    Column("leased_until", _INSTANT, comment="null: free"),
    Column("lease", Integer, nullable=False, server_default=text("0"), comment="Grows with every lease"),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column(
        "since",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="The partner's sequence pulled up to",
    ),
    Column("pull_at", _INSTANT, nullable=False),
    Index("ix_exchange_lane_due", "partner", "due_at"),
    Index("ix_exchange_lane_pull", "partner", "pull_at"),
    Index(
        "ix_exchange_lane_leased",
        "partner",
        "leased_until",
        postgresql_where=text("leased_until is not null"),
    ),
    comment="One row a person and partner, leased whole, so that one worker at a time keeps the order.",
)

outbox = Table(
    "outbox",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    _key("partner", primary_key=True),
    _key("type", primary_key=True),
    _key("id", primary_key=True),
    Column("version", Integer, nullable=False),
    Column("sequence", BigInteger, Identity(always=True), nullable=False),
    Column("state", Text, nullable=False, server_default=text("'due'")),
    Column("reason", Text),
    Column("code", Integer),
    Column("written_at", _INSTANT, nullable=False),
    CheckConstraint("state in ('due', 'withheld', 'quarantined')", name="state_known"),
    comment="What a partner has not got yet, written in the transaction of the change.",
)

exchange_node = Table(
    "exchange_node",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    _key("partner", primary_key=True),
    _key("type", primary_key=True),
    _key("id", primary_key=True),
    _key("node"),
    Column("hub_version", Integer, nullable=False),
    Column(
        "version", Integer, nullable=False, comment="The local version equal to hub_version; 0 is unknown"
    ),
    Column(
        "unplaced",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'"),
        comment="References that left by URL, for their targets had no node yet",
    ),
    UniqueConstraint("person", "partner", "node", name="uq_exchange_node_node"),
    comment="Which node of the partner holds a resource, and the versions both sides last agreed on.",
)

exchange_quarantine = Table(
    "exchange_quarantine",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    _key("partner", primary_key=True),
    _key("node", primary_key=True),
    Column("hub_version", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("type", Text),
    Column("id", Text),
    Column("reason", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("body", LargeBinary, comment="Exactly as the partner sent it; null when removed there"),
    Column("received_at", _INSTANT, nullable=False),
    CheckConstraint("kind in ('conflict', 'refused', 'removed', 'malformed')", name="kind_known"),
    comment="Incoming changes that could not be applied, kept whole.",
)


def same_resource(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether two rows belong to one resource: the condition on which their tables are joined."""
    return and_(one.c.person == other.c.person, one.c.type == other.c.type, one.c.id == other.c.id)
