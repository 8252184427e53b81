"""The words of our code systems in nl, fr, de and en: one file in `data/` a code system."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Final

__all__ = ["BASE", "LANGUAGES", "WORDS", "Words", "display"]

BASE: Final = "https://dzop.example/fhir"
LANGUAGES: Final = ("nl", "fr", "de", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """One code system: its names for machines and for people, and per code what it is called in each language."""

    id: str
    name: str
    title: str
    description: str
    concepts: Mapping[str, Mapping[str, str]]

    @property
    def url(self) -> str:
        """The canonical, which is the `system` of a Coding."""
        return f"{BASE}/CodeSystem/{self.id}"


def display(code_system: str, code: str, language: str) -> str:
    """What a code is called, in the middle of a sentence: `display("role", "informal-carer", "nl")`.

    `code_system` is the last part of its URL, `language` one of LANGUAGES; KeyError for what there is not.
    """
    return WORDS[code_system].concepts[code][language]


def _read(id: str, text: str) -> Words:
    return Words(id, **tomllib.loads(text))  # one key, one field


WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        id: _read(id, file.read_text("utf-8"))
        for file in sorted(files(__package__).joinpath("data").iterdir(), key=lambda each: each.name)
        if (id := file.name.removesuffix(".toml")) != file.name
    }
)
"""By the id of the code system, such as `data-category`."""
