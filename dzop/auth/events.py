"""What happened at the authorization server, for the log and the audit: who came in, and what was handed out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

__all__ = ["Happened", "Recorded"]


@dataclass(frozen=True, slots=True)
class Happened:
    """One event, without anything secret.

    `interaction` is what it was, `outcome` the HTTP status that tells how it ended; `subject` (`Patient/x`) and
    `client` are who was in it as far as is known, `patient` the id of the Patient it is about. `detail` is a word for
    the log, such as `refresh-replayed`.
    """

    interaction: Literal[
        "login", "logout", "authorize", "token", "revoke", "launch", "register", "invitation"
    ]
    outcome: int
    at: datetime
    subject: str = ""
    client: str = ""
    patient: str = ""
    detail: str = ""


class Recorded(Protocol):
    """Keeps events: a line in the log without personal data, and a row of the audit that no one can change."""

    async def record(self, event: Happened) -> None:
        """Returns when it is durable; Unavailable when it cannot be."""
