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
    "CONCEPT_KEYS", "TYPES", "terminology_concept", "terminology_definition", "terminology_mapping",
]  # fmt: skip

_KEY = Text(collation="C")

TYPES: Final = ("CodeSystem", "ConceptMap", "ValueSet")

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
    _given(
        "head", JSONB, comment="The resource without concepts, compose, expansion and groups, to be searched"
    ),
    _given("body", LargeBinary, comment="The resource as it is served"),
    _given("count", Integer, comment="Concepts of a code system, elements of a map; 0 for a value set"),
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
    _given("code"),
    _given("key", Integer),
    _given("display", Text),
    _given("definition", Text, server_default=text("''")),
    _given("inactive", Boolean, server_default=text("false")),
    _given("abstract", Boolean, server_default=text("false")),
    _given("parents", ARRAY(Integer), comment="Keys of the concepts right above"),
    _given("ancestors", ARRAY(Integer), comment="Keys of all concepts above"),
    _given("designations", JSONB, comment="[language, value, use system, use code, use display] each"),
    _given("properties", JSONB, comment="[type, value] each, by code"),
    _given(
        "words", TSVECTOR, comment="What it can be found by: the words of its code and of all it is called"
    ),
    PrimaryKeyConstraint("system", "code"),
    Index("ix_terminology_concept_key", "key", unique=True),
    Index("ix_terminology_concept_ancestors", "ancestors", postgresql_using="gin"),
    Index("ix_terminology_concept_words", "words", postgresql_using="gin"),
    Index(
        "ix_terminology_concept_properties",
        "properties",
        postgresql_using="gin",
        postgresql_ops={"properties": "jsonb_path_ops"},
    ),
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
    Index("ix_terminology_mapping_source", "source_system", "source_code"),
    Index("ix_terminology_mapping_target", "target_system", "target_code"),
    comment="The elements of loaded concept maps.",
)
