"""$translate: what a code is in another code system. https://hl7.org/fhir/R4/conceptmap-operation-translate.html"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dzop.access.vocabulary.answers import Translation
from dzop.fhir.outcome import Invalid, NotFound
from dzop.fhir.parameters import Given, parameters
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes
from dzop.interactions.terminology.asked import Asked, Coded
from dzop.interactions.terminology.faults import told
from dzop.interactions.terminology.named import Named, named
from terminology.concept_map import is_translation


async def translate(ask: Ask, given: Given) -> Answer:
    """200 with `result`, also false; 404 for a concept map that is not held, or a code system that nobody knows."""
    asked = Asked(ask, given)
    codings = asked.coded("version")
    if unnamed := next((each for each in codings if not each.system), None):
        raise Invalid("`$translate` needs the `system` of the code", expression=_at_system(unnamed))
    asked.only(("target", "targetsystem"))
    # A map that is sent along is between the value sets that it says.
    asked.only(("conceptMap", "source"))
    asked.only(("conceptMap", "target"))
    by = await named(asked, "ConceptMap", "conceptMapVersion")
    await _require_known(by, codings)
    found = [each for coded in codings for each in await _translations(asked, by, coded)]
    with told(by.where):
        displays = await by.vocabulary.displays([each.coding for each in found], asked.languages)
    matches = [_match(each, displays.get(each.coding, each.display)) for each in found]
    return Answer(
        200,
        json_bytes(
            parameters(
                ("result", "boolean", any(is_translation(each.equivalence) for each in found)),
                ("message", "string", _message(codings, found)),
                *[("match", "part", each) for each in matches],
            )
        ),
    )


async def _require_known(by: Named, codings: Sequence[Coded]) -> None:
    """NotFound when all maps are asked, and none of the code systems is held or in any of them."""
    if by.sent is not None or by.url or not codings:
        return
    if not any([await by.vocabulary.is_known(each.system) for each in codings]):
        text = f"the code system `{codings[0].system}` is not held here, and no concept map is about it"
        raise NotFound(text, expression=_at_system(codings[0]))


async def _translations(asked: Asked, by: Named, coded: Coded) -> Sequence[Translation]:
    coding, target_system = (coded.system, coded.code), asked.text("targetsystem")
    # Read backwards, a map begins at what it calls its target.
    reverse, ends = asked.is_true("reverse"), [asked.text("source"), asked.text("target")]
    source, target = reversed(ends) if reverse else ends
    with told(by.where):
        if by.sent is not None:
            return await by.vocabulary.translate_with(
                by.sent, coding, target_system=target_system, reverse=reverse
            )
        return await by.vocabulary.translate(
            coding,
            url=by.url,
            version=by.version,
            source=source,
            target=target,
            target_system=target_system,
            reverse=reverse,
        )


def _at_system(coded: Coded) -> str:
    return "system" if coded.where == "code" else f"{coded.where}.system"


def _message(codings: Sequence[Coded], found: Sequence[Translation]) -> str | None:
    if any(is_translation(each.equivalence) for each in found):
        return None
    listed = ", ".join(f"`{each}`" for each in codings)
    if found:
        return f"The concept maps say that nothing there is what {listed} is."
    return f"No concept map that was asked says what {listed} is."


def _match(found: Translation, display: str) -> list[tuple[str, str, Any]]:
    (system, code), version = found.coding, found.version
    named = {"system": system, "version": version, "code": code, "display": display}
    concept = {name: text for name, text in named.items() if text} if code else None
    return [
        ("equivalence", "code", found.equivalence),
        ("concept", "Coding", concept),
        ("source", "uri", found.map or None),
    ]
