"""What a hub says when it does not do what was asked: the numbers of Vitalink, as JSON."""

from __future__ import annotations

from typing import Any, ClassVar

__all__ = [
    "AlreadyRemoved", "HubError", "Internal", "NoConsent", "NoData", "NoNode", "NoRelation", "NoSender",
    "NoVersion", "NotLogical", "Stale", "UnknownSubject", "WrongCount",
]  # fmt: skip


class HubError(Exception):
    """An answer other than yes; `status` is HTTP's, `code` the hub's."""

    status: ClassVar[int] = 500
    code: ClassVar[int] = 500
    text: ClassVar[str] = "Internal error; send again later."

    def __init__(self, text: str | None = None, **details: Any) -> None:
        super().__init__(text or self.text)
        self.details = details

    def body(self) -> dict[str, Any]:
        """`code` and `text`, and what helps to go on, such as the `current` version."""
        return {"code": self.code, "text": str(self), **self.details}


class Internal(HubError):
    """500: the only one worth sending again unchanged."""


class NoData(HubError):
    status, code, text = 404, 202, "There is no data for these criteria."


class NoRelation(HubError):
    status, code, text = (403, 360, "There is no therapeutic relation between the sender and the subject.")


class NoConsent(HubError):
    status, code, text = 403, 365, "The subject has not consented to sharing."


class UnknownSubject(HubError):
    status, code, text = 400, 400, "The subject is not a SSIN of 11 digits."


class NoNode(HubError):
    status, code, text = 404, 406, "No node matches this URI."


class WrongCount(HubError):
    status, code, text = (400, 415, "The request must carry exactly one resource of the type in the URI.")


class AlreadyRemoved(HubError):
    status, code, text = 409, 464, "The node cannot be removed: it already is."


class Stale(HubError):
    """The writer has not read the newest version; `current` is its number."""

    status, code, text = 409, 489, "The version last read is not the newest."


class NoVersion(HubError):
    status, code, text = (428, 489, "Say which version was last read: in the URI, or in If-Match.")


class NoSender(HubError):
    status, code, text = (
        401,
        489,
        "Say who sends: `Hub-Organization: system|value` with a NIHDI, CBE or EHP.",
    )


class NotLogical(HubError):
    status, code, text = (422, 489, "People and organisations are named by identifier, never by reference.")
