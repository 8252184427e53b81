"""Rules of writing answers to questionnaires, and questionnaires: answers are checked, and a score may follow.

Whoever began answers goes on with them until they are finished: that is judged as creating them, for nothing was said
before. What `system` enters of others is kept as it is, and comes with scores of its own. A score is an Observation of
the same data categories; it informs, and nothing else depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from consent.categories import codes, mask
from consent.law import Decision
from dzop.access.classification import Classification
from dzop.access.labels import SENSITIVE, instant, is_labelled_sensitive
from dzop.access.questionnaires import HeldAgainst, faults_of, held_against
from dzop.access.scores import scored
from dzop.access.writing import Removal, Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.outcome import Issue, Unprocessable
from dzop.plan.questionnaire_response import FINISHED
from dzop.plan.rule import refusal
from dzop.plan.score_observation import SCORE_IDENTIFIER, observation
from dzop.plan.scoring import Score

_UNFINISHED: Final = frozenset({"in-progress", "stopped"})
_SENSITIVE: Final = mask([SENSITIVE])
Resource = Mapping[str, Any]


async def permission(writing: Writing) -> Decision | None:
    """The law's decision on what its author goes on with; None where it is an ordinary write."""
    before, type, id = writing.before, writing.proposal.type, writing.proposal.id
    if before is None or before.deleted or "author" not in before.kinds:
        return None
    if before.as_it_was.value.get("status") != "in-progress":
        return None
    was, person = before.row["mask"], writing.person
    if await writing.law.permits(person, "update", was, before.kinds):
        return None
    await writing.law.require(person, "create", was, before.kinds, type, id)
    return await writing.law.require(person, "create", await _mask(writing), writing.ties, type, id)


async def ruled(writing: Writing) -> Ruled:
    """A QuestionnaireResponse: refused where it does not fit its questionnaire, scored when it is finished."""
    response = writing.proposal.value
    if writing.call.actor.is_system:
        return Ruled(writing.proposal, remarks=await _fitting(writing))
    _require_not_reopened(writing)
    if _is_unchanged(writing):
        return Ruled(writing.proposal)
    if response.get("status") == "entered-in-error":
        return Ruled(writing.proposal, following=await scored(writing))
    found = await _held_against(writing)
    observations = await _observations(writing, found.scores)
    return Ruled(writing.proposal, remarks=found.issues, following=await scored(writing, *observations))


async def questionnaire_ruled(writing: Writing) -> Ruled:
    """A Questionnaire: scores that it defines can be computed."""
    return Ruled(writing.proposal, remarks=_without_errors(faults_of(writing.proposal.value)))


async def observation_ruled(writing: Writing) -> Ruled:
    """An Observation: the identifier of a computed score is given by the server, by which it finds it again."""
    value, before = writing.proposal.value, writing.before
    is_new = before is None or not _is_score(before.as_it_was.value)
    if is_new and _is_score(value) and not writing.call.actor.is_system:
        raise refusal("score-identifier", "Observation.identifier")
    return Ruled(writing.proposal)


async def removed(removal: Removal) -> None:
    """Answers are deleted when nothing follows from them any more."""
    was = removal.before.as_it_was.value
    if not removal.call.actor.is_system and was.get("status") in FINISHED and "questionnaire" in was:
        raise refusal("answers-in-use", "QuestionnaireResponse.status")


def _is_score(observation: Resource) -> bool:
    return any(each.get("system") == SCORE_IDENTIFIER for each in observation.get("identifier", ()))


def _is_unchanged(writing: Writing) -> bool:
    """Whether only labels and tags change: what was taken once is not held against what was asked since."""
    before = writing.before
    return before is not None and not before.deleted and before.row["kept"] == writing.proposal.body


def _require_not_reopened(writing: Writing) -> None:
    before = writing.before
    was = None if before is None or before.deleted else before.as_it_was.value.get("status")
    if was in FINISHED and writing.proposal.value.get("status") in _UNFINISHED:
        raise refusal("answers-reopened", "QuestionnaireResponse.status")


async def _mask(writing: Writing) -> int:
    """The categories of the answers as they will be, and the label `sensitive` that they have or get."""
    before = writing.before
    classification = Classification(writing.transaction, writing.call, writing.base)
    kept = before.row["mask"] & _SENSITIVE if before is not None else 0
    added = _SENSITIVE if is_labelled_sensitive(writing.proposal.meta) else 0
    return mask(await classification.of(writing.proposal, before)) | kept | added


async def _fitting(writing: Writing) -> tuple[Issue, ...]:
    """What there is to say of answers that the operator enters; nothing follows from them."""
    response = writing.proposal.value
    if _is_unchanged(writing) or response.get("status") == "entered-in-error":
        return ()
    return (await _held_against(writing)).issues


async def _held_against(writing: Writing) -> HeldAgainst:
    """The answers held against their questionnaire; Unprocessable where they do not fit it."""
    found = await held_against(writing.transaction, writing.base, writing.proposal.value)
    _without_errors(found.issues)
    return found


def _without_errors(issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
    if any(each.severity == "error" for each in issues):
        raise Unprocessable(*issues)
    return issues


async def _observations(writing: Writing, values: Sequence[tuple[Score, Decimal]]) -> list[Resource]:
    """The scores that there are."""
    if not values:
        return []
    person = (await writing.law.facts_of(writing.person)).person
    categories, now = codes(await _mask(writing)), instant(writing.call.now)
    return [
        observation(
            score, value, writing.proposal.value,
            person=person, categories=categories, writer=writing.call.actor.individual, now=now,
        )
        for score, value in values
    ]  # fmt: skip


RULES: Final = Rules(ruled, removed)
RULES_OF_OBSERVATION: Final = Rules(observation_ruled, removed_by_categories)
RULES_OF_QUESTIONNAIRE: Final = Rules(questionnaire_ruled, removed_by_categories)
