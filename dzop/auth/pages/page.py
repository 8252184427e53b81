"""What all pages share: where a page stands, its frame, its forms, and the headers it is sent with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup

from dzop.auth.pages.words import LANGUAGES, WORDS, Words

__all__ = ["STYLE", "STYLE_NAME", "Place", "asked_in", "form", "headers", "page"]

STYLE_NAME: Final = "pages.css"
STYLE: Final = Path(__file__).parent / STYLE_NAME
"""The style sheet, which pages look for at `[path of the issuer]/pages.css`."""

_FRAME: Final = Markup("""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="{style}">
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
{languages}
</body>
</html>
""")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands.

    `path` is that of the issuer (`/auth`), `page` the endpoint under it (`/login`) that its forms post to and its
    language links lead to. `fields` go along hidden in each form, such as `pending`; `query` stands in the links.
    Forms and links also carry `ui_locales`, the language of the page, which the next page should keep. Without a
    `page` there are no links: what answers an error cannot be asked for again.
    """

    language: str
    path: str = "/auth"
    page: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.path}{self.page}"

    @property
    def words(self) -> Words:
        return WORDS[self.language]

    def link(self, language: str = "", **query: str) -> str:
        """The address of this page with `query` besides its own, in a language or in that of the page."""
        return f"{self.address}?{urlencode({**self.query, **query, 'ui_locales': language or self.language})}"


def asked_in(language: str, path: str, page: str, pending: str) -> Place:
    """The place of a page that goes on with the sealed request `pending`, in forms and in links."""
    carried = {"pending": pending}
    return Place(language, path, page, carried, carried)


def page(place: Place, title: str, content: Markup) -> str:
    """A whole page."""
    return str(
        _FRAME.format(
            language=place.language,
            title=title,
            style=f"{place.path}/{STYLE_NAME}",
            content=content,
            languages=_languages(place) if place.page else "",
        )
    )


def form(place: Place, content: Markup) -> Markup:
    """A form that posts to the page's own address, with all that goes along hidden."""
    fields = {**place.fields, "ui_locales": place.language}
    hidden = Markup("").join(
        Markup('<input type="hidden" name="{}" value="{}">\n').format(name, value)
        for name, value in fields.items()
    )
    return Markup('<form method="post" action="{}">\n{}{}\n</form>').format(place.address, hidden, content)


def headers(redirect_uri: str | None = None) -> dict[str, str]:
    """Strict headers for a page; its forms may also lead to the app, whose address follows as a redirect."""
    app = "" if redirect_uri is None else f" {_source(redirect_uri)}"
    return {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self'{app}",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


def _source(address: str) -> str:
    """An address as a source of CSP: its origin, or the scheme of an app on a telephone."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def _languages(place: Place) -> Markup:
    links = Markup("").join(
        Markup('<li><a href="{}" lang="{}" hreflang="{}"{}>{}</a></li>').format(
            place.link(language),
            language,
            language,
            Markup(' aria-current="true"') if language == place.language else "",
            name,
        )
        for language, name in LANGUAGES.items()
    )
    return Markup('<nav aria-label="{}"><ul>{}</ul></nav>').format(
        place.words.say("page", "languages"), links
    )
