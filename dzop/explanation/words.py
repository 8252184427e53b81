"""The words of one language: sentence frames, rules, categories, verbs and dates, from one TOML file each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from terminology.content import LANGUAGES, display

__all__ = ["LANGUAGES", "WORDS", "Words", "sentence"]

_VOWELS: Final = tuple("aàâäeéèêëiîïoôöuùûüyAÀÂÄEÉÈÊËIÎÏOÔÖUÙÛÜY")


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in one language. Texts have named places, filled with `str.format`."""

    language: str
    texts: Mapping[str, Mapping[str, Any]]

    def say(self, section: str, key: str, **places: object) -> str:
        """The text at this place of the file; KeyError for what there is not."""
        return str(self.texts[section][key]).format(**places)

    def of(self, name: str) -> str:
        """Whose: `van Jet`, `d'An`."""
        return self.say_plain("of_vowel" if name.startswith(_VOWELS) else "of", name)

    def quoted(self, text: str) -> str:
        """In the quotation marks of the language."""
        return self.say_plain("quote", text)

    def listed(self, parts: Sequence[str]) -> str:
        """`a`, `a and b`, `a, b and c`."""
        *before, last = parts
        return f"{', '.join(before)} {self.texts['list']['and']} {last}" if before else last

    def things(self, categories: Iterable[str]) -> str:
        """The entries of these data categories, as what somebody reads."""
        return self.listed([self.texts["category"][code] for code in categories])

    def labels(self, categories: Iterable[str]) -> str:
        """The names of these data categories, each in quotation marks."""
        return self.listed(
            [self.quoted(display("data-category", code, self.language)) for code in categories]
        )

    def what(self, action: str, categories: Sequence[str]) -> str:
        """The object of a sentence about an action: one entry where no category is given."""
        if not categories:
            return str(self.texts["this"]["entry"])
        if action == "create":
            return self.say("this", "new", labels=self.labels(categories))
        return self.things(categories)

    def say_plain(self, key: str, text: str) -> str:
        """A text of the section `list`, whose one place has no name."""
        return str(self.texts["list"][key]).format(text)


def sentence(clause: str) -> str:
    """The clause with a capital and a full stop."""
    return f"{clause[:1].upper()}{clause[1:]}."


def _read(language: str) -> Words:
    return Words(language, tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text("utf-8")))


WORDS: Final[Mapping[str, Words]] = {language: _read(language) for language in LANGUAGES}
