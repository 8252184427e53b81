"""A rule as a clause, and a decision as one sentence with its main reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from consent.rules import kind_of
from dzop.explanation.dates import period
from dzop.explanation.words import Words, sentence
from terminology.content import display

__all__ = ["OUTSIDE", "Said", "decision", "kind", "main", "reason"]

OUTSIDE: Final[Mapping[str, str]] = {
    "system": "the actor is the operator on this machine",
    "directory": "a resource of the directory, which is open to all and written by its registry",
    "directory:suspended": "the directory says that the actor does not act in this capacity now",
    "label:author": "the author puts on or lifts the label sensitive",
    "label:person": "the person does",
    "label:representative": "the representative does",
    "registrar": "a registrar enters what the person declared",
}
"""The kinds of rule that are outside the law."""

_STATES: Final = ("setting", "directory")  # rules that permit or deny
_FRAME: Final = {"all": "can", "own": "own", "authored": "authored", "none": "cannot"}
_CELL: Final = {"all": "role_can", "own": "role_own", "propose": "role_propose"}

_MAIN: Final[Mapping[str | None, tuple[str, ...]]] = {
    None: ("system", "directory", "carer-burden", "carer-share", "share", "relation", "cell"),
    "carer-burden": ("carer-burden",),
    "relation": ("relation", "directory:suspended"),
    "exclusion": ("exclusion",),
    "closing": ("closing",),
    "sharing-consent": ("consent",),
    "age": ("age",),
    "settings": ("setting",),
    "sensitive": ("cell",),
    "matrix": ("cell",),
}
"""By the step that refused (None for a permit): the beginnings of the rules that are the main reason."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule needs to know to be said: who it is about, whose plan, and what it says there.

    `start` and `end` are those of the fact; `permits` is what the rule says where it may say both; `extent`
    is that of a cell: all, own, none or propose.
    """

    rule: str
    who: str
    person: str
    action: str = "read"
    permits: bool = True
    extent: str = "none"
    start: datetime | None = None
    end: datetime | None = None


def kind(rule: str) -> str | None:
    """The kind of a rule, also of those outside the law; None for one that nobody knows any more."""
    if rule in OUTSIDE:
        return rule
    try:
        return kind_of(rule)
    except ValueError:
        return None


def reason(words: Words, said: Said) -> str | None:
    """The rule as a clause: no capital, no full stop. None for a rule that nobody knows any more."""
    found = kind(said.rule)
    if found is None:
        return None
    if found in _STATES:
        found += ".permit" if said.permits else ".deny"
    return words.say(
        "rule",
        found,
        who=said.who,
        person=said.person,
        of_person=words.of(said.person),
        of_who=words.of(said.who),
        period=period(words, said.start, said.end),
        cell=_cell(words, said) if found == "cell" else "",
    )


def main(step: str | None, rules: tuple[str, ...]) -> str | None:
    """The rule to name where there is room for one."""
    for beginning in _MAIN.get(step, ()):
        for rule in rules:
            if rule.startswith(beginning):
                return rule
    return next(iter(rules), None)


def decision(
    words: Words, who: str, action: str, category: str | None, extent: str, because: str | None
) -> str:
    """One sentence: who may do what, and why. `extent` is all, own, authored or none."""
    what = words.what(action, [category] if category else [])
    said = words.say("frame", _FRAME[extent], who=who, what=what, verb=words.texts["verb"][action])
    if because:
        said = words.say("frame", "because", sentence=said, reason=because)
    return sentence(said)


def _cell(words: Words, said: Said) -> str:
    category, _, role = said.rule.removeprefix("cell:").partition("/")
    return words.say(
        "frame",
        _CELL.get(said.extent, "role_cannot"),
        role=display("role", role, words.language),
        what=words.what(said.action, [category]),
        verb=words.texts["verb"][said.action],
    )
