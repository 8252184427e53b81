"""$accept: what somebody says of a goal; $progress: how it goes, in order of time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from dzop.access.keeping import Written
from dzop.access.past import AskedHistory
from dzop.access.unit import Unit
from dzop.actor import Actor
from dzop.fhir.json import Source
from dzop.fhir.outcome import Invalid, Unprocessable
from dzop.fhir.parameters import Given, parameters
from dzop.fhir.references import actor_key
from dzop.fhir.search.query import read_query
from dzop.interactions.etag import version_of
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes, written
from dzop.plan.goal_acceptance import PRIORITIES, STATUSES, accepted
from dzop.plan.goal_progress import measured, named, progress

__all__ = ["accept", "show_progress"]

_MOST: Final = 1_000
_WHOSE: Final = "name in `individual` whose agreement it is, by a reference or an identifier with a system"


async def accept(ask: Ask, given: Given) -> Answer:
    """The goal with what an individual says of it: the actor, or somebody for whom the actor may speak."""
    status, priority = _one_of(given, "status", STATUSES), _one_of(given, "priority", PRIORITIES)
    individual = given.get("individual") or _oneself(ask.call.actor)
    key = None if individual is None else actor_key(individual, ask.service.base)
    if individual is None or key is None:
        raise Unprocessable(_WHOSE, expression="Parameters.parameter.where(name = 'individual')")
    own = ask.call.actor.keys
    keys = frozenset(own) if key in own else frozenset({key})

    def changed(goal: Source) -> Source:
        return accepted(goal, ask.service.base, individual, keys, str(status), priority)

    async def work(unit: Unit) -> Written:
        return await unit.amend(ask.type, ask.id, changed, version_of(ask.request.if_match))

    return written(ask, await ask.service.gateway.commit(ask.call, work))


async def show_progress(ask: Ask, given: Given) -> Answer:
    """Parameters `status`, `rating` and `score`, oldest first, of what the actor may see."""
    goal = orjson.loads((await ask.service.gateway.read(ask.call, ask.type, ask.id)).served)
    history = AskedHistory("instance", (ask.type,), ask.id, _MOST, counted=False)
    past = (await ask.service.gateway.history(ask.call, history)).shown
    versions = [orjson.loads(each.served) for each in reversed(past) if not each.deleted]
    observations = await _observations(ask, goal)
    found = progress(versions, observations, ask.service.base)
    return Answer(200, json_bytes(parameters(*[(each.kind, "part", each.parts) for each in found])))


async def _observations(ask: Ask, goal: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those about the goal, those it names, those of answers that it names, and those of what its targets measure."""
    base = ask.service.base
    conditions = {
        "focus": (f"Goal/{goal['id']}",),
        "_id": named(goal, "Observation", base),
        "derived-from": [
            f"QuestionnaireResponse/{each}" for each in named(goal, "QuestionnaireResponse", base)
        ],
        "code": measured(goal),
    }
    about = ("subject", str(goal["subject"].get("reference", "")))
    found: dict[str, Mapping[str, Any]] = {}
    for name, meant in conditions.items():
        if meant and (name != "code" or about[1]):
            asked = ((name, ",".join(meant)), *([about] if name == "code" else []))
            query = read_query("Observation", asked, base=base, lenient=False)
            page = await ask.service.gateway.search(ask.call, query, None, _MOST)
            found |= {each.id: orjson.loads(each.served) for each in page.matches}
    return list(found.values())


def _oneself(actor: Actor) -> Mapping[str, Any] | None:
    """The actor, who is somebody; software and the operator are not."""
    is_somebody = not actor.is_system and actor.role != "system-client"
    return {"reference": actor.individual} if is_somebody else None


def _one_of(given: Given, name: str, codes: tuple[str, ...]) -> str | None:
    code = given.get(name)
    if code is None or code in codes:
        return None if code is None else str(code)
    possible = ", ".join(f"`{each}`" for each in codes)
    where = f"Parameters.parameter.where(name = '{name}')"
    raise Invalid(f"`{name}` is `{str(code)[:64]}`; possible are {possible}", expression=where)
