"""What is to be said of a code that somebody holds to be valid, and how that is told.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dzop.access.vocabulary.answers import Contained, Found
from dzop.fhir.parameters import parameters
from dzop.interactions.exchanged import Answer
from dzop.interactions.rendered import json_bytes
from dzop.interactions.terminology.asked import Asked, Coded
from dzop.interactions.terminology.designations import is_called

__all__ = ["Verdict", "answered", "judged"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a code is valid, what there is to say of it, and what it is called; empty where there is nothing."""

    is_valid: bool
    message: str = ""
    display: str = ""


def judged(asked: Asked, coded: Coded, found: Found | Contained, names: Sequence[str]) -> Verdict:
    """The verdict on a code that is where it should be: whether it is called so, if any of its names is known, and may
    be used.
    """
    display = found.display(asked.languages)
    if coded.display and any(names) and not is_called(coded.display, [*names, display]):
        text = f"`{coded.display[:200]}` is not what `{coded}` is called; it is called `{display}`."
        return Verdict(False, text, display)
    if found.concept.abstract and not asked.is_true("abstract", otherwise=True):
        return Verdict(False, f"`{coded}` only groups other codes (`abstract`).", display)
    remark = f"`{coded}` is inactive." if found.concept.inactive else ""
    return Verdict(True, remark, display)


def answered(verdicts: Sequence[Verdict]) -> Answer:
    """200 with Parameters: one code that is valid is enough, what is said of others is then a remark."""
    valid = [each for each in verdicts if each.is_valid]
    message = " ".join(dict.fromkeys(each.message for each in verdicts if each.message))
    display = next((each.display for each in (*valid, *verdicts) if each.display), None)
    return Answer(
        200,
        json_bytes(
            parameters(
                ("result", "boolean", bool(valid)),
                ("message", "string", message or None),
                ("display", "string", display),
            )
        ),
    )
