"""Nobody gives sight of a goal that he does not see: what the links that a unit writes bring.

A reference to a goal that its writer may not see is as one to a goal that is not there. Whoever sees the goal
and writes the task again, vouches for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from dzop.access import guarded
from dzop.actor import Call
from dzop.fhir.references import goal_references
from dzop.store import goal_links
from dzop.store.database import Transaction
from dzop.store.tables import DIRECTORY


class GoalLinks:
    """The links that a unit changed, and in the end whom they concern."""

    def __init__(self, transaction: Transaction, call: Call, base: str) -> None:
        self._transaction = transaction
        self._call = call
        self._base = base
        self._written: defaultdict[int, set[str]] = defaultdict(set)

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

    async def settle(self) -> set[int]:
        """Brings the audience of the goals up to date; the persons for whom that concerns a team."""
        statement = goal_links.derive(self._call.actor.is_system)
        binds, with_teams = guarded.binds(self._call), set()
        for person, written in sorted(self._written.items()):
            await self._transaction.run(goal_links.ONE_AT_A_TIME, person=person)
            rows = await self._transaction.rows(statement, person=person, written=sorted(written), **binds)
            if any(row["actor"].startswith("CareTeam/") for row in rows):
                with_teams.add(person)
        self._written.clear()
        return with_teams
