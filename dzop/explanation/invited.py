"""The page that somebody who is invited gets in hand: where to go, the code, and what it is for, in plain words."""

from __future__ import annotations

from datetime import datetime

from dzop.explanation.dates import moment
from dzop.explanation.words import Words

__all__ = ["page_of_invitation"]

_LINES = ("title", "dear", "about", "go", "type", "choose", "until", "care")


def page_of_invitation(words: Words, name: str, person: str, address: str, code: str, until: datetime) -> str:
    """Plain text, a paragraph a line; `name` is who is invited, `person` whose plan it is, `until` when the code ends.

    Where nobody says how the person is called, `person` is empty.
    """
    key = "about" if person else "about_nobody"
    places = {
        "name": name, "of_person": words.of(person) if person else "", "address": address, "code": code,
        "until": moment(words, until),
    }  # fmt: skip
    return "\n\n".join(words.say("invitation", key if each == "about" else each, **places) for each in _LINES)
