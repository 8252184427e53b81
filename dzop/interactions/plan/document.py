"""`CarePlan/[id]/$document`: a plan as a FHIR document, or as PDF to print. https://hl7.org/fhir/R4/documents.html"""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import uuid4

from dzop.access.labels import instant
from dzop.access.on_paper import AskedPaper, Papers
from dzop.explanation.languages import ours
from dzop.fhir import bundle
from dzop.fhir.outcome import Invalid, Issue, Unprocessable
from dzop.fhir.parameters import Given
from dzop.interactions.exchanged import Answer, Ask, Printed
from dzop.interactions.rendered import json_bytes
from dzop.plan.paper.composition import composition, device
from dzop.plan.paper.content import Paper

__all__ = ["document"]

_MOST_LETTERS: Final = 1_000_000
"""Of a PDF: some hundred pages, which take seconds."""


async def document(ask: Ask, given: Given) -> Answer:
    """The plan on paper, in the format and the language that are asked for."""
    language = given.get("language")
    if language is not None and ours(language) is None:
        raise Invalid("`language` is one of `nl`, `fr`, `de`, `en`", expression="language")
    asked = AskedPaper(language and ours(language), ask.request.accept_language)
    papers = await ask.service.gateway.plan_on_paper(ask.call, ask.id, asked)
    if ask.request.format == "pdf":
        _require_printable(papers.paper)
        return Answer(200, printed=Printed("application/pdf", await asyncio.to_thread(_pages, ask, papers)))
    return Answer(200, _bundle(ask, papers))


def _require_printable(paper: Paper) -> None:
    lines = [line for section in paper.sections for line in section.lines]
    if sum(len(text) for line in lines for text in (line.text, *line.notes)) > _MOST_LETTERS:
        text = f"there is too much to print at once: more than {_MOST_LETTERS} letters"
        raise Unprocessable(Issue("too-costly", text))


def _pages(ask: Ask, papers: Papers) -> bytes:
    # Loading it takes as long as printing many pages, and memory: only a process that prints does.
    from dzop.plan.paper.pdf import pdf

    return pdf(papers.paper, ask.call.now)


def _bundle(ask: Ask, papers: Papers) -> bytes:
    base, now, author = ask.service.base, instant(ask.call.now), f"urn:uuid:{uuid4()}"
    first = composition(papers.paper, papers.person, f"CarePlan/{ask.id}", author, now)
    entries = [
        (f"{base}/{each.type}/{each.id}", each.served)
        for each in (*papers.whole.matches, *papers.whole.included)
    ]
    made = [(f"urn:uuid:{uuid4()}", json_bytes(first)), (author, json_bytes(device(ask.service.software)))]
    return bundle.document([*made, *entries], f"urn:uuid:{uuid4()}", now)
