"""Goal, and Observations that rate one: what may be written of a goal beside what the matrix says of its category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consent.categories import mask
from consent.law import Decision
from dzop.access import guarded
from dzop.access.labels import SENSITIVE, is_labelled_sensitive, kept_meta
from dzop.access.surroundings import capacity, visible
from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.fhir import json
from dzop.fhir.outcome import Issue
from dzop.fhir.references import Reference, actor_key, read_reference
from dzop.plan import goal_acceptance, goals
from dzop.plan.goal_attainment import is_rating, level_words, rating_of, scale_fault
from dzop.plan.rule import refusal, remark

__all__ = ["RULES", "RULES_OF_RATING"]

_LIFE_GOAL: Final = mask([goals.LIFE])
_SENSITIVE: Final = mask([SENSITIVE])
_MOST_LOOKED_AT: Final = 50
_RATERS: Final = frozenset({"Patient", "RelatedPerson", "Practitioner", "PractitionerRole"})


async def ruled(writing: Writing) -> Ruled:
    """The goal as it was sent, with what there is to say of it; a refusal where a rule of goals is broken."""
    if writing.call.actor.is_system:
        return Ruled(writing.proposal)
    decision = await _accepting(writing)
    await _refuse_new_words(writing)
    _refuse_incomplete(writing)
    await _refuse_others(writing)
    return Ruled(writing.proposal, decision, await _remarks(writing))


async def ruled_rating(writing: Writing) -> Ruled:
    """The Observation as it was sent; a refusal where it is a rating that says nothing of a goal with a scale."""
    value = writing.proposal.value
    if writing.call.actor.is_system or not is_rating(value) or value.get("status") == "entered-in-error":
        return Ruled(writing.proposal)
    performers = [read_reference(each, writing.base).type for each in value.get("performer", ())]
    if len(performers) != 1 or performers[0] not in _RATERS:
        raise refusal("goal-rating-rater", "Observation.performer")
    goal = await _rated(writing, value)
    if not level_words(goal):
        raise refusal("goal-rating-scale", "Observation.focus")
    if rating_of(value) is None:
        raise refusal("goal-rating-level", "Observation.value")
    return Ruled(writing.proposal)


async def _rated(writing: Writing, rating: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one goal that is rated, as the writer sees it."""
    focus = [read_reference(each, writing.base) for each in rating.get("focus", ())]
    if len(focus) == 1 and focus[0].type == "Goal" and focus[0].id is not None:
        found = await guarded.read(writing.transaction, writing.call, "Goal", focus[0].id)
        if found is not None and not found.deleted and found.person == writing.person:
            return json.parse(found.body).value
    raise refusal("goal-rating-goal", "Observation.focus")


def _former(writing: Writing) -> dict[str, Any] | None:
    """The goal as it was; None when there was none."""
    before = writing.before
    return None if before is None or before.deleted else json.parse(before.row["kept"]).value


async def _accepting(writing: Writing) -> Decision | None:
    """The law's decision where this only says who stands behind the goal: whoever may make such a goal may say so.

    None where more changes, or where the writer may update the goal anyway.
    """
    former, before = _former(writing), writing.before
    if former is None or before is None or await _may_update(writing):
        return None
    meta, row = writing.proposal.meta, before.row
    if kept_meta(meta) != row["meta"] or (is_labelled_sensitive(meta) and not row["mask"] & _SENSITIVE):
        return None
    if not goal_acceptance.only_accepted(former, writing.proposal.value):
        return None
    return await writing.law.require(
        writing.person, "create", row["mask"], before.kinds, "Goal", writing.proposal.id
    )


async def _may_update(writing: Writing) -> bool:
    before = writing.before
    return before is not None and await writing.law.permits(
        writing.person, "update", before.row["mask"], before.kinds
    )


async def _refuse_new_words(writing: Writing) -> None:
    """A life goal is in the words of the person: others do not change them, nor whose they are."""
    former = _former(writing)
    if former is None or writing.before is None or not writing.before.row["mask"] & _LIFE_GOAL:
        return
    element = goals.reworded(former, writing.proposal.value)
    if element is None or not await _may_update(writing) or (await capacity(writing)).decides:
        return
    raise refusal("life-goal-words", f"Goal.{element}")


def _refuse_incomplete(writing: Writing) -> None:
    former, value = _former(writing), writing.proposal.value
    place = goal_acceptance.first_fault(former, value, writing.base)
    if place is not None:
        raise refusal("goal-acceptance", f"Goal.extension[{place}]")
    place = scale_fault(value)
    if place is not None and value["extension"][place] not in (former or {}).get("extension", ()):
        raise refusal("goal-scale", f"Goal.extension[{place}]")


async def _refuse_others(writing: Writing) -> None:
    """A goal is for the person, or for somebody near the person."""
    then = {actor_key(each, writing.base) for each in goals.beneficiaries(_former(writing) or {})}
    for each in goals.beneficiaries(writing.proposal.value):
        reference = read_reference(each, writing.base)
        is_elsewhere = reference.id is None and reference.type in (None, "RelatedPerson")
        if actor_key(each, writing.base) in then or is_elsewhere or await _is_near(writing, reference):
            continue
        raise refusal("goal-for", "Goal.extension")


async def _is_near(writing: Writing, reference: Reference) -> bool:
    """Whether this is a RelatedPerson of the same person, as far as the writer sees."""
    if reference.type != "RelatedPerson" or reference.id is None:
        return False
    found = await guarded.read(writing.transaction, writing.call, reference.type, reference.id)
    return found is not None and not found.deleted and found.person == writing.person


async def _remarks(writing: Writing) -> tuple[Issue, ...]:
    """That a life goal is to serve what should serve it."""
    value = writing.proposal.value
    if goals.LIFE not in goals.kinds(value):
        return ()
    above = [later for earlier, later in goals.links(value, writing.base) if earlier == value["id"]]
    found = await visible(writing, "Goal", ("_id", ",".join(above[:_MOST_LOOKED_AT]))) if above else ()
    if any(goals.kinds(each) & goals.CARE for each in found):
        return (remark("life-goal-below", "Goal.extension"),)
    return ()


RULES: Final = Rules(ruled, removed_by_categories)
RULES_OF_RATING: Final = Rules(ruled_rating, removed_by_categories)
