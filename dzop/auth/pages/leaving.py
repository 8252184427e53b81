"""The pages of logging out."""

from __future__ import annotations

from markupsafe import Markup

from dzop.auth.pages.page import Place, form, page
from dzop.auth.pages.parts import button, onward, paragraph

__all__ = ["logged_out_page", "logout_page"]


def logout_page(place: Place, app: str = "") -> str:
    """Asks whether to log out. Posts `decision`: `log-out` or `stay`. `app` is the name of the app that asks."""
    words = place.words
    asked = paragraph(words.marked("logout", "asked-by", app=app)) if app else Markup("")
    buttons = button(words.say("logout", "yes"), "decision", "log-out") + button(
        words.say("logout", "no"), "decision", "stay", "quiet"
    )
    content = asked + paragraph(words.say("logout", "text"))
    return page(
        place,
        words.say("logout", "title"),
        content + form(place, Markup('<p class="buttons">{}</p>').format(buttons)),
    )


def logged_out_page(place: Place, back: str = "") -> str:
    """Says that nobody is logged in any more. `back` is an address of our own to go on to, such as `/portal/`."""
    words = place.words
    return page(
        place, words.say("logout", "done"), paragraph(words.say("logout", "done-text")) + onward(words, back)
    )
