"""The words of the printed plan in one language, from one TOML file each; dates are written by whoever asks."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any, Final

from terminology.content import CONTENT, LANGUAGES, display

__all__ = ["TEXTS", "Words"]

_SYSTEMS: Final[Mapping[str, str]] = {each.url: each.id for each in CONTENT.code_systems.values()}


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in one language; `day` and `moment` write a date and an instant in it."""

    language: str
    day: Callable[[date], str]
    moment: Callable[[datetime], str]

    def say(self, section: str, key: str, **places: object) -> str:
        """The text at this place of the file, its named places filled; KeyError for what there is not."""
        return str(TEXTS[self.language][section][key]).format(**places)

    def plain(self, key: str, **places: object) -> str:
        """A text that stands outside every section of the file."""
        return str(TEXTS[self.language][key]).format(**places)

    def code(self, system: str, code: str | None) -> str:
        """What a code of a system we ship, by its canonical, is called; nothing for a code that it has not."""
        return self._known({"system": system, "code": code})

    def concept(self, concept: Mapping[str, Any] | None) -> str:
        """What was written, else what the first code we know is called, else what its sender calls it, or nothing."""
        codings = list((concept or {}).get("coding") or ())
        return (
            (concept or {}).get("text")
            or next((name for each in codings if (name := self._known(each))), "")
            or next((each["display"] for each in codings if each.get("display")), "")
        )

    def concepts(self, concepts: Iterable[Mapping[str, Any]]) -> str:
        """Several of them, joined by commas."""
        return ", ".join(dict.fromkeys(name for each in concepts if (name := self.concept(each))))

    def date(self, text: str) -> str:
        """A FHIR date, dateTime or instant; what is no whole day stays as it is written."""
        try:
            return (
                self.moment(datetime.fromisoformat(text))
                if "T" in text
                else self.day(date.fromisoformat(text))
            )
        except (ValueError, OverflowError):
            return text

    def period(self, period: Mapping[str, Any] | None) -> str:
        """From when until when; nothing for a period without ends."""
        start, end = (period or {}).get("start"), (period or {}).get("end")
        if start and end:
            return self.say("written", "between", start=self.date(start), end=self.date(end))
        if start or end:
            key, text = ("since", start) if start else ("until", end)
            return self.say("written", key, **{"start" if start else "end": self.date(str(text))})
        return ""

    def spoken(self, code: str) -> str:
        """The name of a language, of ours at least."""
        return str(TEXTS[self.language]["language"].get(code.partition("-")[0].lower(), code))

    def _known(self, coding: Mapping[str, Any]) -> str:
        system = _SYSTEMS.get(str(coding.get("system")))
        if system is None or coding.get("code") not in CONTENT.code_systems[system].concepts:
            return ""
        return display(system, coding["code"], self.language)


TEXTS: Final[Mapping[str, Mapping[str, Any]]] = {
    language: tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))
    for language in LANGUAGES
}
"""By language; a test holds that all say the same."""
