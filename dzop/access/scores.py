"""The scores of answers in the store: Observations that the server writes behind the answers, amends and takes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import orjson

from dzop.access.versions import before_of
from dzop.access.writing import Consequence, Writing
from dzop.plan.score_observation import SCORE_IDENTIFIER, differs, retracted
from dzop.store.instruments import SCORES_OF

__all__ = ["scored"]

Resource = Mapping[str, Any]


async def scored(writing: Writing, *observations: Resource) -> tuple[Consequence, ...]:
    """What the server writes so that these, without ids, are the scores of the answers, and no others are.

    One that is there and says the same stays as it is; one that follows from the answers no more is taken back.
    """
    known = await _known(writing)
    wanted = {each["identifier"][0]["value"]: _as_stored(each) for each in observations}
    states = [_amended(each, known.get(name)) for name, each in wanted.items()]
    states += [
        retracted(each)
        for name, each in known.items()
        if name not in wanted and each.get("status") != "entered-in-error"
    ]
    return tuple(
        Consequence.of({"id": str(uuid4()), **each}, writing.base, is_new="id" not in each)
        for each in states
        if each is not None
    )


def _as_stored(observation: Resource) -> dict[str, Any]:
    stored: dict[str, Any] = orjson.loads(orjson.dumps(observation, default=float))
    return stored


def _amended(observation: dict[str, Any], known: Resource | None) -> dict[str, Any] | None:
    """The next state of a score; None where it says the same."""
    if known is None:
        return observation
    if not differs(known, observation) and known.get("status") != "entered-in-error":
        return None
    return {**observation, "id": known["id"], "status": "amended"}


async def _known(writing: Writing) -> Mapping[str, Resource]:
    """The scores that there are of these answers, by identifier."""
    if writing.before is None:
        return {}
    rows = await writing.transaction.rows(
        SCORES_OF, person=writing.person, id=writing.proposal.id, system=SCORE_IDENTIFIER
    )
    found: dict[str, Resource] = {}
    for row in rows:
        state = await before_of(writing.transaction, writing.call, writing.person, "Observation", row["id"])
        if state is not None and not state.deleted:
            found[row["code"]] = {**state.as_it_was.value, "id": row["id"]}
    return found
