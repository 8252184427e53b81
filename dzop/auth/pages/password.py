"""The page to log in on with a name and a password."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from dzop.auth.pages.page import Place, form, page
from dzop.auth.pages.parts import button, cancel, field, paragraph, problem

__all__ = ["PROBLEMS", "password_page"]

PROBLEMS: Final = ("wrong", "empty", "too-many")
"""What can be wrong: name or password, or too many tries with that name (which of them is not said); one is missing;
too many tries from the same address.
"""


def password_page(place: Place, name: str = "", problem_name: str | None = None, minutes: int = 0) -> str:
    """Posts `name` and `password`, or `cancel=yes`.

    `name` is what was typed before, `problem_name` one of PROBLEMS, `minutes` how long to wait after too many tries.
    """
    words = place.words
    told = Markup("")
    if problem_name is not None:
        told = problem(words.say("password", problem_name, minutes=minutes))
    about = "problem" if problem_name else ""
    fields = field(
        words.say("password", "name"),
        "name",
        value=name,
        autocomplete="username",
        described_by=about,
        is_required=True,
    ) + field(
        words.say("password", "password"),
        "password",
        type="password",
        autocomplete="current-password",
        described_by=about,
        is_required=True,
    )
    enter = Markup('<p class="buttons">{}</p>').format(
        button(words.say("password", "log-in"), "log-in", "yes")
    )
    content = told + paragraph(words.say("password", "text"))
    return page(
        place, words.say("password", "title"), content + form(place, fields + enter + cancel(words, "login"))
    )
