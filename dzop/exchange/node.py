"""The address of a resource at a hub: `/subject/{ssin}/{type}/{node}`, and of its versions behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Node"]

_URI = re.compile(r"/subject/([0-9]{11})/([A-Za-z]+)/([A-Za-z0-9][A-Za-z0-9.\-]{0,63})(?:/[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Node:
    """One node; its id is the hub's own choice."""

    ssin: str
    type: str
    id: str

    @classmethod
    def read(cls, uri: str) -> Node | None:
        """The node of a URI with or without version; None for any other text."""
        match = _URI.fullmatch(uri)
        return None if match is None else cls(*match.groups())

    def version(self, number: int) -> str:
        """The URI of one version."""
        return f"{self}/{number}"

    def __str__(self) -> str:
        return f"/subject/{self.ssin}/{self.type}/{self.id}"
