"""An event of the access log as a sentence: who did what, how often, and with what result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dzop.explanation.words import Words, sentence

__all__ = ["Told", "told"]

_READS: Final = ("read", "vread", "history-instance", "history-type", "history-system", "history")
_SEARCHES: Final = ("search-type", "$everything", "$diff", "$mine")
_WRITES: Final = ("create", "update", "patch", "delete")
_AS: Final = {"patch": "update"}


@dataclass(frozen=True, slots=True)
class Told:
    """What happened: `interaction` as in the log, the categories of what it was about, how many times.

    `result` is false where a search showed nothing.
    """

    who: str
    interaction: str
    categories: Sequence[str]
    refused: bool = False
    result: bool = True
    count: int = 1
    break_glass: bool = False


def told(words: Words, event: Told) -> str:
    """One sentence in plain words."""
    said = _refused(words, event) if event.refused else _done(words, event)
    if event.count > 1:
        said = words.say("log", "times", sentence=said, count=event.count)
    if event.break_glass:
        said = words.say("log", "break_glass", sentence=said)
    return sentence(said)


def _done(words: Words, event: Told) -> str:
    interaction, who = event.interaction, event.who
    if interaction in _READS:
        return words.say("log", "read", who=who, what=_what(words, event))
    if interaction in _SEARCHES:
        if not event.result:
            return words.say("log", "nothing_found", who=who)
        return words.say("log", "search", who=who, what=_what(words, event))
    if interaction in _WRITES:
        return words.say("log", _AS.get(interaction, interaction), who=who, labels=_labels(words, event))
    operation = interaction.removeprefix("$")
    if operation in words.texts["log"]:
        return words.say("log", operation, who=who)
    return words.say("log", "operation", who=who, operation=words.quoted(operation))


def _refused(words: Words, event: Told) -> str:
    if event.interaction in _READS:
        return words.say("log", "refused_read", who=event.who, what=_what(words, event))
    if event.interaction in _WRITES and event.categories:
        return words.say("log", "refused_write", who=event.who, labels=_labels(words, event))
    return words.say("log", "refused", who=event.who)


def _what(words: Words, event: Told) -> str:
    return words.things(event.categories) if event.categories else str(words.texts["log"]["plan"])


def _labels(words: Words, event: Told) -> str:
    return words.labels(event.categories) if event.categories else str(words.texts["log"]["plan"])
