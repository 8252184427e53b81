"""The page that says why something cannot be done."""

from __future__ import annotations

from typing import Final

from dzop.auth.pages.page import Place, page
from dzop.auth.pages.parts import paragraph

__all__ = ["MESSAGES", "message_page"]

MESSAGES: Final = (
    "unknown-app",  # no such client, or not this redirect URI
    "bad-request",  # a request that means nothing here
    "too-old",  # `pending` has expired, or belongs to another browser
    "unknown-person",  # logged in, but nobody that is known here; or suspended
    "provider-failed",  # the other place to log in gave an error
    "too-many",  # rate limited
    "no-sandbox",  # the way to log in that was asked for is off
    "unavailable",  # something else does not answer
)
"""The names of what can be said."""


def message_page(place: Place, name: str) -> str:
    """A page in plain words; `name` is one of MESSAGES. Nothing is posted."""
    words = place.words
    return page(place, words.say("message", name), paragraph(words.say("message", f"{name}-text")))
