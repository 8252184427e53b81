"""The pages on which somebody who was invited enters the code."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from dzop.auth.pages.page import Place, form, page
from dzop.auth.pages.parts import button, field, onward, paragraph, problem

__all__ = ["PROBLEMS", "invitation_page", "joined_page"]

PROBLEMS: Final = ("empty", "wrong", "too-many", "differ", "weak", "taken")
"""What can be wrong: something is missing; the code (how is not said); too many codes from the same address; the two
passwords are not the same; the password is easily guessed; somebody else has this name.
"""


def invitation_page(
    place: Place,
    log_in: str = "",
    who: str = "",
    *,
    code: str = "",
    name: str = "",
    problem_name: str | None = None,
    minutes: int = 0,
) -> str:
    """Posts `code`; and from who is not known yet `name`, `password` and `again`, the password once more.

    `who` has shown who they are; else `log_in` is where one does so. `code` and `name` are what was typed before.
    """
    words = place.words
    told = Markup("")
    if problem_name is not None:
        told = problem(words.say("invitation", problem_name, minutes=minutes))
    about = "problem" if problem_name else ""
    entry = field(
        words.say("invitation", "code"), "code", value=code, described_by=about, is_required=True
    ) + (paragraph(words.marked("invitation", "who", name=who)) if who else _account(place, name, about))
    enter = Markup('<p class="buttons">{}</p>').format(button(words.say("invitation", "join"), "join", "yes"))
    content = told + paragraph(words.say("invitation", "text")) + form(place, entry + enter)
    return page(place, words.say("invitation", "title"), content + _other_way(place, log_in))


def joined_page(place: Place, back: str = "") -> str:
    """Says that it is done. `back` is an address of our own to go on to, such as `/portal/`."""
    words = place.words
    content = paragraph(words.say("invitation", "done-text")) + onward(words, back)
    return page(place, words.say("invitation", "done"), content)


def _account(place: Place, name: str, about: str) -> Markup:
    words = place.words
    passwords = Markup("").join(
        field(
            words.say("invitation", each), each, type="password", autocomplete="new-password",
            described_by=about, is_required=True,
        )
        for each in ("password", "again")
    )  # fmt: skip
    named = field(
        words.say("invitation", "name"), "name", value=name, autocomplete="username", described_by=about,
        is_required=True,
    )  # fmt: skip
    heading = Markup("<h2>{}</h2>\n").format(words.say("invitation", "account"))
    return heading + paragraph(words.say("invitation", "account-text")) + named + passwords


def _other_way(place: Place, log_in: str) -> Markup:
    if not log_in:
        return Markup("")
    words = place.words
    return Markup('<h2>{}</h2>\n<p class="buttons"><a class="button" href="{}">{}</a></p>').format(
        words.say("invitation", "known"), log_in, words.say("invitation", "log-in")
    )
