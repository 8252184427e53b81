"""All declared tables: whoever compares the schema with them takes the metadata from here."""

from __future__ import annotations

from dzop.store import identity_tables, terminology_tables
from dzop.store.tables import metadata

__all__ = ["identity_tables", "metadata", "terminology_tables"]
