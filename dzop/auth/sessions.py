"""A browser that is logged in at the authorization server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Session"]


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in and how; `id` is the `sid` that tokens name, `subjects` the capacities to choose from.

    `acr` is the assurance of the login and `amr` its means (RFC 8176).
    """

    id: str
    subjects: tuple[str, ...]
    authenticated: datetime
    expires: datetime
    acr: str = ""
    amr: tuple[str, ...] = ()
    account: str | None = None
