"""The page that says in plain words what an app wants, and asks whether it may."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from markupsafe import Markup

from dzop.auth.client import Client
from dzop.auth.pages.allowances import Line, Whose, lines
from dzop.auth.pages.page import Place, form, page
from dzop.auth.pages.parts import button, note, paragraph
from dzop.auth.people import Described

__all__ = ["consent_page"]

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def consent_page(
    place: Place,
    client: Client,
    redirect_uri: str,
    scopes: Sequence[str],
    who: Described,
    person: Described | None,
    *,
    is_dynamic: bool,
    offline_days: int,
) -> str:
    """Asks somebody whether an app may have what it asks for.

    `who` is the capacity somebody acts in, `person` the Patient whose plan the app opens (None without one),
    `is_dynamic` when the app registered itself. Posts `decision`: `allow` or `refuse`; and, each only where it was
    asked for and is ticked, `change=yes` (may add, change and delete) and `offline=yes` (may go on when nobody is
    there). What is granted then is `dzop.auth.pages.allowances.allowed(scopes, change=..., offline=...)`.
    """
    told = lines(scopes, place.words)
    asked = (
        _may(place, told, who, person)
        + _changes(place, told, who, person)
        + (_offline(place, offline_days) if "offline_access" in scopes else Markup(""))
        + _promises(place)
        + _decision(place)
    )
    content = (
        _app(place, client, redirect_uri, is_dynamic)
        + _roles(place, who, person)
        + form(place, asked)
        + _details(place, client, redirect_uri, scopes)
    )
    return page(place, place.words.say("consent", "title"), content)


def _app(place: Place, client: Client, redirect_uri: str, is_dynamic: bool) -> Markup:
    words = place.words
    address = urlsplit(redirect_uri)
    if address.scheme in ("http", "https") and address.hostname not in _LOOPBACK:
        where = words.marked("consent", "address", host=address.netloc.rpartition("@")[2])
    else:
        where = Markup("{}").format(words.say("consent", "address-device"))
    unknown = note(words.say("consent", "unknown-maker")) if is_dynamic else Markup("")
    name = words.marked("consent", "app", app=client.name or client.client_id)
    return (
        Markup('<p class="lead">{}</p>\n').format(name) + paragraph(where) + unknown + _policy(place, client)
    )


def _policy(place: Place, client: Client) -> Markup:
    if client.policy is None or urlsplit(client.policy).scheme != "https":
        return Markup("")
    return Markup('<p><a href="{}" rel="noopener noreferrer nofollow">{}</a></p>\n').format(
        client.policy, place.words.say("consent", "policy")
    )


def _roles(place: Place, who: Described, person: Described | None) -> Markup:
    words = place.words
    roles = paragraph(words.marked("consent", "who", name=_called(who, place)))
    if person is None:
        return roles
    if person.reference == who.reference:
        return roles + paragraph(words.say("consent", "person-own"))
    return roles + paragraph(words.marked("consent", "person", name=person.name))


def _called(who: Described, place: Place) -> str:
    """The name, and what they are, when that is known: `An Peeters (daughter)`."""
    description = who.description.get(place.language) or who.description.get("en")
    return f"{who.name} ({description})" if description else who.name


def _may(place: Place, told: Sequence[Line], who: Described, person: Described | None) -> Markup:
    reading = [line for line in told if not line.is_change]
    if not reading:
        return Markup("")
    return Markup("<section><h2>{}</h2>{}</section>\n").format(
        place.words.say("consent", "if-allowed"), _lists(place, reading, who, person)
    )


def _changes(place: Place, told: Sequence[Line], who: Described, person: Described | None) -> Markup:
    changing = [line for line in told if line.is_change]
    if not changing:
        return Markup("")
    words = place.words
    return Markup("<section><h2>{}</h2>{}{}</section>\n").format(
        words.say("consent", "change"),
        _lists(place, changing, who, person),
        _tick("change", words.say("consent", "change-tick")),
    )


def _offline(place: Place, days: int) -> Markup:
    words = place.words
    return Markup("<section><h2>{}</h2>{}</section>\n").format(
        words.say("consent", "offline"), _tick("offline", words.say("consent", "offline-tick", days=days))
    )


def _lists(place: Place, told: Sequence[Line], who: Described, person: Described | None) -> Markup:
    """The lines, under whose data they are about."""
    parts = Markup("")
    for whose in dict.fromkeys(line.whose for line in told):
        items = (Markup("<li>{}</li>").format(line.text) for line in told if line.whose == whose)
        parts += _whose(place, whose, who, person)
        parts += Markup('<ul class="lines">{}</ul>\n').format(Markup("").join(items))
    return parts


def _whose(place: Place, whose: Whose, who: Described, person: Described | None) -> Markup:
    words = place.words
    if whose == "you":
        return Markup("")
    if whose != "patient" or person is None:
        return paragraph(words.say("consent", f"of-{whose}"))
    if person.reference == who.reference:
        return paragraph(words.say("consent", "of-you"))
    return paragraph(words.marked("consent", "of", name=person.name))


def _tick(name: str, label: str) -> Markup:
    return Markup(
        '<label class="tick"><input type="checkbox" name="{}" value="yes" checked> {}</label>'
    ).format(name, label)


def _promises(place: Place) -> Markup:
    words = place.words
    link = Markup('<a href="{}/account?ui_locales={}">{}</a>').format(
        place.path, place.language, words.say("account", "title")
    )
    taken_back = Markup("{}").format(words.texts["consent"]["take-back"]).format(page=link)
    return note(words.say("consent", "never-more")) + paragraph(taken_back)


def _decision(place: Place) -> Markup:
    words = place.words
    return Markup('<p class="buttons">{}{}</p>').format(
        button(words.say("consent", "allow"), "decision", "allow"),
        button(words.say("consent", "refuse"), "decision", "refuse", "quiet"),
    )


def _details(place: Place, client: Client, redirect_uri: str, scopes: Sequence[str]) -> Markup:
    words = place.words
    rows = {"client-id": [client.client_id], "redirect-uri": [redirect_uri], "scopes": scopes}
    listed = Markup("").join(
        Markup("<dt>{}</dt>{}").format(words.say("consent", key), _codes(codes))
        for key, codes in rows.items()
    )
    return Markup("<details><summary>{}</summary><dl>{}</dl></details>\n").format(
        words.say("consent", "details"), listed
    )


def _codes(codes: Sequence[str]) -> Markup:
    return Markup("").join(Markup("<dd><code>{}</code></dd>").format(code) for code in codes)
