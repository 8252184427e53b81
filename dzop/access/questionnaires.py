"""The Questionnaire that is answered, and what there is to say of the answers when they are held against it.

https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.questionnaire
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from dzop.access.vocabulary.loaded import Loaded
from dzop.access.vocabulary.vocabulary import OURS, Vocabulary
from dzop.fhir import json
from dzop.fhir.outcome import FhirError, Issue
from dzop.fhir.references import parse_reference
from dzop.plan.answer_format import not_offered
from dzop.plan.questionnaire import Question, flat, questions
from dzop.plan.questionnaire_response import FINISHED, ValueSets, checked, codings_asked, require_few
from dzop.plan.rule import refusal, remark
from dzop.plan.scoring import Score, computed, definition_issues, scores
from dzop.store.database import Connection
from dzop.store.instruments import QUESTIONNAIRES
from terminology.fault import Fault
from terminology.versions import fits, order

__all__ = ["HeldAgainst", "faults_of", "held_against", "issues"]

_MOST_EXTENSIONS: Final = 100
"""Of a Questionnaire, scores among them: each is held against all items."""

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HeldAgainst:
    """Answers that were held against their Questionnaire: what there is to say of them, and their scores."""

    issues: tuple[Issue, ...]
    scores: tuple[tuple[Score, Decimal], ...] = ()


async def held_against(connection: Connection, base: str, response: Resource) -> HeldAgainst:
    """A QuestionnaireResponse, valid R4; a FhirError where that takes too many steps."""
    questionnaire = await _questionnaire_of(connection, base, response)
    if questionnaire is None:
        named = response.get("questionnaire")
        at = "QuestionnaireResponse.questionnaire"
        unknown = () if named is None else (remark("questionnaire-unknown", at, questionnaire=named),)
        return HeldAgainst(unknown)
    items = questionnaire.get("item", ())
    require_few(items)
    require_few(response.get("item", ()))
    asked = questions(items)
    found = checked(asked, response, await _value_sets(connection, questionnaire, asked, response))
    if response.get("status") not in FINISHED or response["questionnaire"].startswith("#"):
        return HeldAgainst(found.issues)
    values = [
        (each, computed(each, asked, response, found.not_asked)) for each in scores(questionnaire, asked)
    ]
    missing = [
        remark("score-missing", "QuestionnaireResponse.item", score=score.name)
        for score, value in values
        if value is None
    ]
    there = tuple((score, value) for score, value in values if value is not None)
    return HeldAgainst((*found.issues, *missing), there)


def faults_of(questionnaire: Resource) -> tuple[Issue, ...]:
    """What there is to say of a Questionnaire: scores that cannot be computed, and forms that cannot be checked."""
    asked = questions(questionnaire.get("item", ()))
    unread = not_offered(each.format for each in flat(asked) if each.format)
    unknown = [
        remark("answer-format-unknown", "Questionnaire.item", item=each.link_id)
        for each in flat(asked)
        if each.format in unread
    ]
    return (*definition_issues(questionnaire, asked), *unknown)


async def issues(connection: Connection, base: str, value: Resource) -> tuple[Issue, ...]:
    """What a write of this Questionnaire or QuestionnaireResponse would be told by these rules; of others nothing."""
    try:
        if value["resourceType"] == "Questionnaire":
            _require_few_parts(value)
            return faults_of(value)
        if value["resourceType"] == "QuestionnaireResponse" and value.get("status") != "entered-in-error":
            return (await held_against(connection, base, value)).issues
        return ()
    except FhirError as error:
        return error.issues


def _require_few_parts(questionnaire: Resource) -> None:
    """That anybody may have this Questionnaire looked at, which only the operator stores."""
    require_few(questionnaire.get("item", ()), "Questionnaire.item")
    if len(questionnaire.get("extension", ())) > _MOST_EXTENSIONS:
        raise refusal("answers-too-many", "Questionnaire.extension")


async def _questionnaire_of(connection: Connection, base: str, response: Resource) -> Resource | None:
    """The Questionnaire that is answered: the version that is named, else the newest that is not retired."""
    url, _, version = response.get("questionnaire", "").partition("|")
    if url.startswith("#"):
        within = (each for each in response.get("contained", ()) if each.get("id") == url[1:])
        return next((each for each in within if each.get("resourceType") == "Questionnaire"), None)
    rows = await connection.rows(QUESTIONNAIRES, url=url, id=_local_id(url, base))
    held = [json.parse(row["body"]).value for row in rows]
    meant = [each for each in held if fits(each.get("version", ""), version)]
    return max(meant, key=_preference, default=None)


async def _value_sets(
    connection: Connection, questionnaire: Resource, asked: Mapping[str, Question], response: Resource
) -> ValueSets:
    """What the value sets that the answers are held against have of them, asked of all that is held."""
    wanted = codings_asked(asked, response)
    if not wanted:
        return {}
    vocabulary = Vocabulary(Loaded(connection), OURS)
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
