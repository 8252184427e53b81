"""That a goal changed is told to the members of the team who see it: one message a goal, which comes anew.

The message has the categories of the goal beside its own, and names the person only: whom else it reaches would tell
who sees the goal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from consent.categories import mask
from consent.law import Shape, permitted
from consent.relations import TOKENS, Relation
from dzop.access.labels import SENSITIVE
from dzop.access.notices import message, reference_to
from dzop.access.surroundings import is_sensitive, members
from dzop.access.writing import Consequence, Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.categories import categories
from dzop.fhir.resource_types import MESSAGE_KIND
from dzop.plan import goals
from dzop.store import writing as statements
from dzop.store.notices import NOTICE_ABOUT

__all__ = ["RULES"]

_TOPIC: Final = "goal-changed"


async def ruled(writing: Writing) -> Ruled:
    """The goal as it was sent; whoever else sees it is told when it says something else than before."""
    if writing.call.actor.is_system or (former := writing.former) is None:
        return Ruled(writing.proposal)
    if not goals.has_news(former, writing.proposal.value):
        return Ruled(writing.proposal)
    return Ruled(writing.proposal, following=await _told(writing))


async def _told(writing: Writing) -> tuple[Consequence, ...]:
    keys, person = writing.call.actor.keys, (await writing.law.facts_of(writing.person)).person
    reached = [key for key in dict.fromkeys(await _seeing(writing)) if key not in keys]
    named = [reference_to(person)] if person not in keys else []
    if not reached and not named:
        return ()
    id = writing.proposal.id
    row = await writing.transaction.row(
        NOTICE_ABOUT, person=writing.person, type="Goal", id=id, system=MESSAGE_KIND, code=_TOPIC
    )
    own = None if row is None else row["id"]
    return (await message(writing, _TOPIC, [f"Goal/{id}"], named, unnamed=reached, id=own),)


async def _seeing(writing: Writing) -> list[str]:
    """The members of the team who see the goal as it will be: all such goals, or this one because it concerns them."""
    codes = categories(writing.proposal.value, "Goal", {})
    wanted = mask([*codes, *([SENSITIVE] if is_sensitive(writing) else ())])
    known, law = await writing.law.facts_of(writing.person), await writing.law.in_force()
    found, perhaps = list[str](), list[str]()
    for each in await members(writing):
        key = each.party.individual or each.party.organisation
        sights = [
            permitted(shape, known, writing.call.now, "read", law.active.matrix) for shape in _shapes(each)
        ]
        if key is not None and any(wanted & sight.full == wanted for sight in sights):
            found.append(key)
        elif key is not None and any(wanted & (sight.full | sight.own) == wanted for sight in sights):
            perhaps.append(key)
    concerned = await _concerned(writing) if perhaps else set()
    return [*found, *(key for key in perhaps if key in concerned)]


def _shapes(member: Relation) -> Iterator[Shape]:
    """With which tokens a member comes: in the role that the team states, or in any where no token has that one."""
    tokens = TOKENS[member.kind]
    for role in sorted(tokens.intersection(member.roles) or tokens):
        yield Shape(*member.party, role)


async def _concerned(writing: Writing) -> set[str]:
    """Whom the goal concerns by itself, such as the owner of a task that serves it."""
    rows = await writing.transaction.rows(
        statements.AUDIENCE_OF,
        person=writing.person,
        type="Goal",
        id=writing.proposal.id,
        now=writing.call.now,
    )
    return {row["actor"] for row in rows}


RULES: Final = Rules(ruled, removed_by_categories)
