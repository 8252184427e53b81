"""The answer with its codes called by their names, for who asks: `_display` and `_displayLanguage`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from dzop.access.vocabulary.vocabulary import Vocabulary
from dzop.fhir.displays import Display, coded
from dzop.interactions.beside import beside
from dzop.interactions.exchanged import Answer
from dzop.interactions.terminology.faults import told

__all__ = ["displayed"]


async def displayed(answer: Answer, display: Display | None, vocabulary: Vocabulary) -> Answer:
    """The answer with the displays that are asked for, of all its codes at once."""
    if display is None or answer.resource is None:
        return answer
    found = await beside(partial(coded, which=display.which), answer.resource)
    with told("http._display"):
        names = await vocabulary.displays(found.codings, display.languages)
    return replace(answer, resource=await beside(lambda _: found.called(names), answer.resource))
