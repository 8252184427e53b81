"""The tables of loaded terminologies: definitions, concepts, maps. Nothing in them is of a person."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from dzop.store.tables import metadata

__all__ = [
    "CONCEPT_KEYS", "terminology_concept", "terminology_definition", "terminology_mapping",
]  # fmt: skip

_KEY = Text(collation="C")

CONCEPT_KEYS: Final = Sequence("terminology_concept_key", metadata=metadata)
"""Keys of concepts, over all code systems, in the order in which a code system lists them."""


def _given(name: str, type: Any = _KEY, **options: Any) -> Column[Any]:
    return Column(name, type, nullable=False, **options)


def _of(column: str) -> ForeignKey:
    """Goes with what it is of."""
    return ForeignKey(column, ondelete="CASCADE")


terminology_definition = Table(
    "terminology_definition",
    metadata,
    Column("key", Integer, Identity(always=True), primary_key=True),
    _given("type"),
    _given("id"),
    _given("url"),
    _given("version", server_default=text("''")),
    _given("head", JSONB, comment="What of the resource is searched: all but its long lists"),
    _given("body", LargeBinary, comment="The resource as it is served"),
    _given("count", Integer, comment="Concepts of a code system, elements of a map; 0 for a value set"),
    Column("first", Integer, comment="The key of the first concept of a code system; the others follow it"),
    _given("source", comment="The file or package it came from"),
    _given("loaded_at", DateTime(timezone=True)),
    UniqueConstraint("type", "url", "version"),
    UniqueConstraint("type", "id"),
    CheckConstraint("type in ('CodeSystem', 'ConceptMap', 'ValueSet')", name="type_known"),
    comment="Code systems, value sets and concept maps that an operator loaded, version by version.",
)

terminology_concept = Table(
    "terminology_concept",
    metadata,
    Column("system", Integer, _of("terminology_definition.key"), nullable=False, comment="The code system"),
    _given("code", comment="As it is compared: in small letters where the code system is not case sensitive"),
    _given("key", Integer),
    _given("written", comment="The code as the code system writes it"),
    _given("display", Text),
    _given("definition", Text, server_default=text("''")),
    _given("inactive", Boolean, server_default=text("false")),
    _given("abstract", Boolean, server_default=text("false")),
    _given("parents", ARRAY(Integer), comment="Keys of the concepts right above"),
    _given("ancestors", ARRAY(Integer), comment="Its own key and those of all concepts above"),
    _given("descendants", Integer, comment="How many concepts there are below it, itself among them"),
    _given("designations", JSONB, comment="[language, value, use system, use code, use display] each"),
    _given(
        "properties",
        JSONB,
        comment="[code, type, value] each, behind it its texts where the value is no text",
    ),
    _given(
        "texts", ARRAY(Text), comment="Its code and all it is called: the length, then the words, normalised"
    ),
    _given("shortest", Integer, comment="How long its shortest name is"),
    _given(
        "words",
        TSVECTOR,
        comment="What it can be found by, each behind the key of its system: `.word` and `:property=text`",
    ),
    PrimaryKeyConstraint("system", "code"),
    Index("ix_terminology_concept_key", "key", unique=True),
    # One scan of one index meets all conditions, so what is rare decides how long it takes.
    Index("ix_terminology_concept_words", "words", "ancestors", "parents", postgresql_using="gin"),
    Index("ix_terminology_concept_shortest", "system", "shortest", "written"),
    comment="The concepts of loaded code systems.",
)

terminology_mapping = Table(
    "terminology_mapping",
    metadata,
    Column("map", Integer, _of("terminology_definition.key"), nullable=False, comment="The concept map"),
    _given("place", Integer, comment="Where in the map it stands"),
    _given("source_system"),
    _given("source_code"),
    _given("target_system"),
    _given("target_code"),
    _given("target_display", Text, server_default=text("''")),
    _given("equivalence"),
    _given("comment", Text, server_default=text("''")),
    PrimaryKeyConstraint("map", "place"),
    Index("ix_terminology_mapping_source", "source_code", "source_system"),
    Index("ix_terminology_mapping_target", "target_code", "target_system"),
    comment="The elements of loaded concept maps.",
)
