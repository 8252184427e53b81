"""Goal, and Observations that rate one: what may be written of a goal beside what the matrix says of its category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consent.categories import mask
from consent.law import Decision
from dzop.access import guarded
from dzop.access.surroundings import capacity, keeps_labels, visible
from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.fhir import json
from dzop.fhir.outcome import Issue
from dzop.fhir.references import Reference, actor_key, read_reference
from dzop.plan import goal_acceptance, goals
from dzop.plan.goal_attainment import is_rating, level_words, rating_of, scale_fault
from dzop.plan.rule import refusal, remark

__all__ = ["RULES", "RULES_OF_RATING", "permission", "permission_of_rating"]

_LIFE_GOAL: Final = mask([goals.LIFE])
_MOST_LOOKED_AT: Final = 50
_NOT_ASKED: Final = (
    "only who may make goals of this kind says here whether to agree with one, and you may only read it; "
    "tell somebody of the team what you think of it"
)
_RATERS: Final = frozenset({"Patient", "RelatedPerson", "Practitioner", "PractitionerRole"})


async def permission(writing: Writing) -> Decision | None:
    """The law's decision where this only says who stands behind the goal: whoever may make such a goal may say so.

    None where more changes, or where the writer may update the goal anyway.
    """
    former, before, person = writing.former, writing.before, writing.person
    if former is None or before is None:
        return None
    if await writing.law.permits(person, "update", before.row["mask"], before.kinds):
        return None
    if not (keeps_labels(writing) and goal_acceptance.only_accepted(former, writing.proposal.value)):
        return None
    id, was = writing.proposal.id, before.row["mask"]
    return await writing.law.require(person, "create", was, before.kinds, "Goal", id, _NOT_ASKED)


async def ruled(writing: Writing) -> Ruled:
    """The goal as it was sent, with what there is to say of it; a refusal where a rule of goals is broken."""
    if writing.call.actor.is_system:
        return Ruled(writing.proposal)
    await _refuse_new_words(writing)
    _refuse_incomplete(writing)
    await _refuse_others(writing)
    return Ruled(writing.proposal, await _remarks(writing))


async def permission_of_rating(writing: Writing) -> None:
    """A rating is judged as the goal that it is of; who may say something of goals is told where it is of none."""
    if _is_rating(writing) and await _may_rate(writing):
        await _rated(writing, writing.proposal.value)


async def ruled_rating(writing: Writing) -> Ruled:
    """The Observation as it was sent; a refusal where it is a rating that says nothing of a goal with a scale."""
    value = writing.proposal.value
    if not _is_rating(writing):
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


def _is_rating(writing: Writing) -> bool:
    value, by_system = writing.proposal.value, writing.call.actor.is_system
    return not by_system and is_rating(value) and value.get("status") != "entered-in-error"


async def _may_rate(writing: Writing) -> bool:
    before, law, person = writing.before, writing.law, writing.person
    if before is not None and not before.deleted:
        return await law.permits(person, "update", before.row["mask"], before.kinds)
    return any(
        [await law.right(person, "create", each) == "all" for each in sorted({goals.LIFE, *goals.CARE})]
    )


async def _rated(writing: Writing, rating: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one goal that is rated, as the writer sees it."""
    focus = [read_reference(each, writing.base) for each in rating.get("focus", ())]
    if len(focus) == 1 and focus[0].type == "Goal" and focus[0].id is not None:
        found = await guarded.read(writing.transaction, writing.call, "Goal", focus[0].id)
        if found is not None and not found.deleted and found.person == writing.person:
            return json.parse(found.body).value
    raise refusal("goal-rating-goal", "Observation.focus")


async def _refuse_new_words(writing: Writing) -> None:
    """A life goal is in the words of the person: others do not change them, nor whose they are."""
    former = writing.former
    if former is None or writing.before is None or not writing.before.row["mask"] & _LIFE_GOAL:
        return
    element = goals.reworded(former, writing.proposal.value)
    if element is None or (await capacity(writing)).decides:
        return
    raise refusal("life-goal-words", f"Goal.{element}")


def _refuse_incomplete(writing: Writing) -> None:
    former, value = writing.former, writing.proposal.value
    kind = goals.unknown_kind(value)
    if kind is not None and kind != goals.unknown_kind(former or {}):
        raise refusal("goal-kind", "Goal.category", kind=kind[:64])
    place = goal_acceptance.first_fault(former, value, writing.base)
    if place is not None:
        raise refusal("goal-acceptance", f"Goal.extension[{place}]")
    place = scale_fault(value)
    if place is not None and value["extension"][place] not in (former or {}).get("extension", ()):
        raise refusal("goal-scale", f"Goal.extension[{place}]")


async def _refuse_others(writing: Writing) -> None:
    """A goal is for the person, or for somebody near the person."""
    then = {actor_key(each, writing.base) for each in goals.beneficiaries(writing.former or {})}
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
    """What others said of the goal when it said something else; that a life goal is to serve what should serve it."""
    value, keys = writing.proposal.value, frozenset(writing.call.actor.keys)
    places = goal_acceptance.outdated(writing.former or value, value, keys, writing.base)
    said = tuple(remark("goal-reworded", f"Goal.{place}") for place in places)
    astray = goals.astray(value, writing.base)
    return (*said, *[remark("goal-link", f"Goal.{place}") for place in astray], *await _below(writing))


async def _below(writing: Writing) -> tuple[Issue, ...]:
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
