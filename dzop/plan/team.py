"""The agreement of team members: server-owned, kept in the participant it is about.

A participant whom the person, or the operator, enters is agreed at once; entries of others wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dzop.fhir.json import Source, elements, members, with_member

MEMBER_AGREEMENT = "https://dzop.example/fhir/StructureDefinition/member-agreement"
_AGREED = f'{{"url":"{MEMBER_AGREEMENT}","valueCode":"agreed"}}'


def agreement(participant: Mapping[str, Any]) -> str | None:
    """`proposed`, `agreed` or `declined`; None when nothing is said."""
    for extension in participant.get("extension", ()):
        if extension.get("url") == MEMBER_AGREEMENT:
            return str(extension.get("valueCode"))
    return None


def agreed_participants(source: Source) -> str | None:
    """The JSON of `participant` in which every member about whom nothing was said has agreed.

    None when nothing has to be added. What was sent stays as it was, byte for byte.
    """
    participants = source.value.get("participant", [])
    if all(agreement(each) for each in participants):
        return None
    start, end = members(source.text)["participant"]
    text = source.text[start:end]
    texts = [text[first:last] for first, last in elements(text)]
    said = [
        each if agreement(value) else _agreed(each) for each, value in zip(texts, participants, strict=True)
    ]
    return f"[{','.join(said)}]"


def _agreed(participant: str) -> str:
    place = members(participant).get("extension")
    if place is None:
        return with_member(participant, "extension", f"[{_AGREED}]")
    extensions = participant[slice(*place)].rstrip()
    return with_member(participant, "extension", f"{extensions[:-1]},{_AGREED}]")
