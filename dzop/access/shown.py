"""A resource on its way out: what the store returned for an actor who may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dzop.access.labels import served_meta
from dzop.fhir import json
from dzop.store.database import Row


@dataclass(frozen=True, slots=True)
class Shown:
    """One version of one resource, visible to the actor of the call."""

    person: int
    type: str
    id: str
    version: int
    body: bytes
    meta: bytes
    mask: int
    last_updated: datetime
    deleted: bool
    method: str = ""
    rules: tuple[str, ...] = ()
    matrix_version: str = ""

    @classmethod
    def of(cls, row: Row) -> Shown:
        return cls(
            row["person"], row["type"], row["id"], row["version"], row["body"], row["meta"], row["mask"],
            row["last_updated"], row["deleted"], row.get("method", ""), tuple(row.get("rules", ())),
            row.get("matrix_version", ""),
        )  # fmt: skip

    @property
    def served(self) -> bytes:
        """The accepted JSON with `meta` spliced in; nothing of it is parsed."""
        return json.served(self.body, self.type, self.id, self.served_meta)

    @property
    def served_meta(self) -> bytes:
        """The JSON of `meta`."""
        return served_meta(self.version, self.last_updated, self.meta, self.mask)

    @property
    def etag(self) -> str:
        return f'W/"{self.version}"'
