"""The words of the pages in nl, fr, de and en, from one TOML file each, and which of them somebody reads."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from markupsafe import Markup, escape

__all__ = ["LANGUAGES", "WORDS", "Words", "preferred_language"]

LANGUAGES: Final[Mapping[str, str]] = {
    "nl": "Nederlands",
    "fr": "Français",
    "de": "Deutsch",
    "en": "English",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in one language: by section and key. Texts have named places, filled with `str.format`."""

    language: str
    texts: Mapping[str, Mapping[str, str]]

    def say(self, section: str, key: str, **places: object) -> str:
        """The text at this place of the file; KeyError for what there is not."""
        return self.texts[section][key].format(**places)

    def marked(self, section: str, key: str, **places: str) -> Markup:
        """The text as HTML. What comes from others stands apart, so that it cannot turn the writing direction."""
        values = {
            name: Markup("<strong><bdi>{}</bdi></strong>").format(text) for name, text in places.items()
        }
        return escape(self.texts[section][key]).format(**values)

    def listed(self, parts: Sequence[str]) -> str:
        """`a`, `a and b`, `a, b and c`."""
        *before, last = parts
        return f"{', '.join(before)} {self.say('page', 'and')} {last}" if before else last


def preferred_language(ui_locales: str, accept_language: str) -> str:
    """The first language we have of `ui_locales`, else of an Accept-Language header, else Dutch."""
    for tag in [*ui_locales.split(), *_by_quality(accept_language)]:
        language = tag.split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "nl"


def _by_quality(header: str) -> Sequence[str]:
    ranges = [part.strip().partition(";q=") for part in header.split(",")[:20]]
    return [tag for tag, _, _ in sorted(ranges, key=lambda each: _quality(each[2]), reverse=True)]


def _quality(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


def _read(language: str) -> Words:
    text = files(__package__).joinpath(f"{language}.toml").read_text("utf-8")
    return Words(language, tomllib.loads(text))


WORDS: Final[Mapping[str, Words]] = {language: _read(language) for language in LANGUAGES}
