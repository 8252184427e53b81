"""$propose, $agree, $decline, $leave and $claim-coordination: what an update of a CareTeam does, in one word.

Each makes the team that a client would have sent; rules, answers and refusals are those of the update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any, Final

from dzop.access.keeping import Written
from dzop.access.unit import Unit
from dzop.actor import Actor
from dzop.fhir.json import Source
from dzop.fhir.outcome import Invalid, Unprocessable
from dzop.fhir.parameters import Given
from dzop.fhir.references import actor_key
from dzop.interactions.etag import version_of
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import written
from dzop.interactions.resource_body import faults
from dzop.plan import team_changes
from dzop.plan.rule import refusal
from dzop.plan.team import MEMBER_REASON, MEMBER_START_REASON, REMUNERATED
from dzop.plan.team_changes import Named

START_OR_PERIOD: Final = "give either `start` or `period`"
MEMBER_OR_ENTRY: Final = "name either the `member`, or the `entry` by the id of its element"


async def propose(ask: Ask, given: Given) -> Answer:
    """Adds a member: agreed at once where the actor decides, else waiting; what waits by the actor is there already."""
    member, period, call = given.get("member"), given.get("period"), ask.call
    roles = [as_concept(each) for each in given.all("role")]
    return await _amended(
        ask,
        lambda team: team_changes.proposed(
            team, ask.service.base, member, roles, period, call.now, call.actor.individual
        ),
    )


async def agree(ask: Ask, given: Given) -> Answer:
    """Agrees to what waits; the member has access from the next request."""
    named = _named(ask, given)
    return await _amended(ask, lambda team: team_changes.agreed(team, ask.service.base, named))


async def decline(ask: Ask, given: Given) -> Answer:
    """Declines what waits, withdraws what one proposed, ends what is agreed."""
    named, call, why = _named(ask, given), ask.call, _reason(given)
    return await _amended(
        ask,
        lambda team: team_changes.declined(
            team, ask.service.base, named, call.actor.individual, call.now, why
        ),
    )


async def leave(ask: Ask, given: Given) -> Answer:
    """Ends one's own membership now, or what one is in one role."""
    keys, now, why = _own_keys(ask.call.actor), ask.call.now, _reason(given)
    named = Named(_member(ask, given), _role(given))
    return await _amended(ask, lambda team: team_changes.left(team, ask.service.base, keys, now, why, named))


async def claim_coordination(ask: Ask, given: Given) -> Answer:
    """A member offers to coordinate, for a period or from now on."""
    keys, now, period, start = (
        _own_keys(ask.call.actor),
        ask.call.now,
        given.get("period"),
        given.get("start"),
    )
    if period is not None and start is not None:
        raise Invalid(START_OR_PERIOD, expression="Parameters.parameter")
    asked = period if start is None else {"start": start}
    said = list(_said(given))
    return await _amended(
        ask, lambda team: team_changes.claimed(team, ask.service.base, keys, asked, now, said)
    )


async def _amended(ask: Ask, change: Callable[[Source], Source]) -> Answer:
    if_match = version_of(ask.request.if_match)

    def changed(team: Source) -> Source:
        source = change(team)
        said = {name: value for name, value in source.value.items() if name != "meta"}
        if issues := faults(said, is_system=ask.call.actor.is_system):
            raise Unprocessable(*issues)
        return source

    async def work(unit: Unit) -> Written:
        return await unit.amend(ask.type, ask.id, changed, if_match)

    return written(ask, await ask.service.gateway.commit(ask.call, work))


def _named(ask: Ask, given: Given) -> Named:
    member, entry = given.get("member"), given.get("entry")
    if (member is None) == (entry is None):
        raise Invalid(MEMBER_OR_ENTRY, expression="Parameters.parameter")
    return Named(_member(ask, given), _role(given), entry)


def _member(ask: Ask, given: Given) -> str | None:
    """Who is named; refused where nobody can tell who that is."""
    member = given.get("member")
    key = None if member is None else actor_key(member, ask.service.base)
    if member is not None and key is None:
        raise refusal("member-unrecognisable", "Parameters.parameter.where(name = 'member')")
    return key


def _role(given: Given) -> Mapping[str, Any] | None:
    role = given.get("role")
    return None if role is None else as_concept(role)


def as_concept(role: Mapping[str, Any]) -> Mapping[str, Any]:
    """A role as CareTeam has it, whether it was given as a Coding or as a CodeableConcept."""
    return role if "coding" in role or "text" in role else {"coding": [role]}


def _reason(given: Given) -> Mapping[str, Any] | None:
    why = given.get("reasonCode")
    return None if why is None else as_concept(why)


def _said(given: Given) -> Iterator[Mapping[str, Any]]:
    """What stands beside a claim, as extensions of the participant."""
    if (words := given.get("reason")) is not None:
        yield {"url": MEMBER_REASON, "valueString": words}
    if (why := _reason(given)) is not None:
        yield {"url": MEMBER_START_REASON, "valueCodeableConcept": why}
    if (paid := given.get("remunerated")) is not None:
        yield {"url": REMUNERATED, "valueBoolean": paid}


def _own_keys(actor: Actor) -> Set[str]:
    """The keys of the actor, and not those of the place of work."""
    is_software = actor.role == "system-client"
    return {each for each in actor.keys if is_software or each != actor.organization}
