"""What the links between goals that a unit writes bring: no circle, and no sight of a goal to who does not see it.

A reference to a goal that its writer may not see is as one to a goal that is not there. Whoever sees the goal
and writes the task again, vouches for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from dzop.access import guarded
from dzop.access.judgement import Judgement
from dzop.actor import Call
from dzop.fhir.references import goal_references
from dzop.plan import goals
from dzop.plan.rule import refusal
from dzop.store import goal_links
from dzop.store.database import Row, Transaction
from dzop.store.tables import DIRECTORY


async def derive_again(transaction: Transaction, person: int) -> bool:
    """Closes the goals that present links do not open any more; whether that concerns a team.

    For links that are read otherwise than when they were written: nothing is opened that was not.
    """
    await transaction.run(goal_links.ONE_AT_A_TIME, person=person)
    rows = await transaction.rows(goal_links.derive(True), person=person, written=[])
    return _concerns_a_team(rows)


class GoalLinks:
    """The links that a unit changed, and in the end whom they concern."""

    def __init__(self, transaction: Transaction, call: Call, law: Judgement, base: str) -> None:
        self._transaction = transaction
        self._call = call
        self._law = law
        self._base = base
        self._written: defaultdict[int, set[str]] = defaultdict(set)
        self._ordered: defaultdict[int, set[str]] = defaultdict(set)

    def note(
        self,
        person: int,
        type: str,
        id: str,
        value: Mapping[str, Any] | None,
        former: Mapping[str, Any] | None,
    ) -> None:
        """A resource was `former`, if it was there, and is now `value`, if it still is."""
        now, before = (
            set(goal_references(each, type, self._base)) if each else set() for each in (value, former)
        )
        if person > DIRECTORY and now | before:
            links = {f"Goal/{id} {above}" for above in now - before}
            self._written[person] |= {f"Task/{id}"} if type == "Task" else links
        if person > DIRECTORY and type == "Goal":
            new = self._links(value) - self._links(former)
            self._ordered[person] |= {each for link in new for each in link}

    async def settle(self) -> set[int]:
        """Brings the audience of the goals up to date; the persons for whom that concerns a team.

        Unprocessable where goals would stand in a circle, seen or not: with a constant text.
        """
        await self._refuse_circles()
        statement = goal_links.derive(self._call.actor.is_system)
        binds, with_teams = guarded.binds(self._call), set()
        for person, written in sorted(self._written.items()):
            await self._transaction.run(goal_links.ONE_AT_A_TIME, person=person)
            rows = await self._transaction.rows(statement, person=person, written=sorted(written), **binds)
            if _concerns_a_team(rows):
                with_teams.add(person)
        self._written.clear()
        return with_teams

    async def _refuse_circles(self) -> None:
        """Nobody is spared: who follows a circle never comes to an end."""
        for person, among in sorted(self._ordered.items()):
            if among:
                await self._transaction.run(goal_links.ONE_AT_A_TIME, person=person)
                rows = await self._transaction.rows(goal_links.LINKED, person=person)
                linked = {link for row in rows for link in self._links(orjson.loads(row["body"]))}
                if goals.in_a_circle(linked, among):
                    self._law.refuse("update", 422, "", "", person)
                    raise refusal("goal-cycle", "Goal.extension")
        self._ordered.clear()

    def _links(self, value: Mapping[str, Any] | None) -> set[goals.Link]:
        return set() if value is None else set(goals.links(value, self._base))


def _concerns_a_team(rows: Iterable[Row]) -> bool:
    return any(row["actor"].startswith("CareTeam/") for row in rows)
