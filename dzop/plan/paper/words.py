"""The words of the printed plan in one language, from one TOML file each; dates are written by whoever asks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any, Final

from terminology.content import CONTENT, LANGUAGES, display

__all__ = ["TEXTS", "Words"]

_WORD: Final = re.compile(r"\w+")
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

    def roles(self, concepts: Iterable[Mapping[str, Any]]) -> str:
        """What codes are called in this language and what was written, but nothing that another of them says too."""
        each_name = (
            name
            for each in concepts
            for name in (self.concept({"coding": each.get("coding")}), each.get("text", ""))
        )
        names = list(dict.fromkeys(filter(None, each_name)))
        said = {name: frozenset(_WORD.findall(name.casefold())) for name in names}
        return ", ".join(name for name in names if not any(said[name] < said[other] for other in names))

    def topic(self, topic: str, text: str) -> str:
        """A text behind what it is about; one of the two where the other is empty, or where the text says both."""
        if not text or topic.casefold() in text.casefold():
            return text or topic
        return (
            f"{topic} {text}" if topic.endswith("?") else self.say("written", "topic", topic=topic, text=text)
        )

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
