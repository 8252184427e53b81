"""The Questionnaire that is answered, and what the value sets of its questions have of the answers.

https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.questionnaire
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dzop.access.vocabulary.loaded import Loaded
from dzop.access.vocabulary.vocabulary import OURS, Vocabulary
from dzop.access.writing import Writing
from dzop.fhir import json
from dzop.fhir.references import parse_reference
from dzop.plan.questionnaire import Question
from dzop.plan.questionnaire_response import ValueSets, codings_asked
from dzop.store.instruments import QUESTIONNAIRES
from terminology.fault import Fault
from terminology.versions import fits, order

__all__ = ["questionnaire_of", "value_sets"]

Resource = Mapping[str, Any]


async def questionnaire_of(writing: Writing) -> Resource | None:
    """The Questionnaire that is answered: the version that is named, else the newest that is not retired."""
    response = writing.proposal.value
    url, _, version = response.get("questionnaire", "").partition("|")
    if url.startswith("#"):
        within = (each for each in response.get("contained", ()) if each.get("id") == url[1:])
        return next((each for each in within if each.get("resourceType") == "Questionnaire"), None)
    rows = await writing.transaction.rows(QUESTIONNAIRES, url=url, id=_local_id(url, writing.base))
    held = [json.parse(row["body"]).value for row in rows]
    meant = [each for each in held if fits(each.get("version", ""), version)]
    return max(meant, key=_preference, default=None)


async def value_sets(writing: Writing, questionnaire: Resource, asked: Mapping[str, Question]) -> ValueSets:
    """What the value sets that the answers are held against have of them, asked of all that is held."""
    wanted = codings_asked(asked, writing.proposal.value)
    if not wanted:
        return {}
    vocabulary = Vocabulary(Loaded(writing.transaction), OURS)
    contained = {f"#{each.get('id')}": each for each in questionnaire.get("contained", ())}
    found: dict[str, frozenset[tuple[str | None, str]] | None] = {}
    for url, codings in wanted.items():
        try:
            composed = await vocabulary.composed(contained.get(url, url))
            complete = [(system, code) for system, code in codings if system is not None]
            found[url] = frozenset(await vocabulary.among(composed, complete))
        except Fault:
            found[url] = None
    return found


def _local_id(canonical: str, base: str) -> str:
    """The id of a Questionnaire that is named by a reference to this server; empty where it is not."""
    reference = parse_reference(canonical, base)
    return (reference.id or "") if reference.type == "Questionnaire" else ""


def _preference(questionnaire: Resource) -> tuple[bool, Any, str]:
    return (
        questionnaire.get("status") != "retired",
        order(questionnaire.get("version", "")),
        str(questionnaire["id"]),
    )
