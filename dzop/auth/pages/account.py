"""The page "my logins and apps": where somebody is logged in, and what they allowed to which app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from dzop.auth.pages.page import Place, form, page
from dzop.auth.pages.parts import button, onward, paragraph
from dzop.explanation.dates import moment
from dzop.explanation.words import WORDS

__all__ = ["AllowedApp", "OpenLogin", "account_page"]


@dataclass(frozen=True, slots=True)
class OpenLogin:
    """A browser that is logged in; `id` names it in the form."""

    id: str
    since: datetime
    seen: datetime
    is_this: bool = False


@dataclass(frozen=True, slots=True)
class AllowedApp:
    """An app that was allowed something; `offline_until` when it may go on while nobody is there."""

    client_id: str
    name: str
    given: datetime
    offline_until: datetime | None = None


def account_page(
    place: Place, who: str, sessions: Sequence[OpenLogin], apps: Sequence[AllowedApp], back: str = ""
) -> str:
    """Posts `end`, the id of a login; `forget`, the client id of an app; `log-out=yes` for this browser;
    or `everywhere=yes` for all. `who` is the name of who is logged in, `back` an address of our own to go on to.
    """
    words = place.words
    leave = button(words.say("account", "log-out"), "log-out", "yes", "quiet") + button(
        words.say("account", "everywhere"), "everywhere", "yes", "quiet"
    )
    content = (
        paragraph(words.marked("account", "who", name=who))
        + _section(
            words.say("account", "apps"),
            [_app(place, each) for each in apps],
            words.say("account", "no-apps"),
        )
        + _section(words.say("account", "logins"), [_login(place, each) for each in sessions], "")
        + Markup('<p class="buttons">{}</p>').format(leave)
    )
    return page(place, words.say("account", "title"), form(place, content) + onward(words, back))


def _section(heading: str, items: Sequence[Markup], empty: str) -> Markup:
    rows = Markup('<ul class="rows">{}</ul>').format(Markup("").join(items)) if items else paragraph(empty)
    return Markup("<section><h2>{}</h2>{}</section>\n").format(heading, rows)


def _app(place: Place, app: AllowedApp) -> Markup:
    words = place.words
    name = app.name or app.client_id
    text = paragraph(words.say("account", "given", when=_moment(place, app.given)))
    if app.offline_until is not None:
        text += paragraph(words.say("account", "offline", until=_moment(place, app.offline_until)))
    label = words.say("account", "forget-named", name=name)
    return _row(name, text + button(words.say("account", "forget"), "forget", app.client_id, "quiet", label))


def _login(place: Place, login: OpenLogin) -> Markup:
    words = place.words
    since = _moment(place, login.since)
    text = paragraph(words.say("account", "since", since=since, seen=_moment(place, login.seen)))
    if not login.is_this:
        label = words.say("account", "end-named", since=since)
        text += button(words.say("account", "end"), "end", login.id, "quiet", label)
    return _row(words.say("account", "this-login" if login.is_this else "other-login"), text)


def _row(heading: str, content: Markup) -> Markup:
    return Markup('<li class="card"><h3><bdi>{}</bdi></h3>{}</li>').format(heading, content)


def _moment(place: Place, at: datetime) -> str:
    return moment(WORDS[place.language], at)
