"""One partner's exchange: what is due leaves in order, what changed at the hub comes in.

What holds, whatever fails in between: a lane is visited by one worker at a time; the law is asked
directly before every put; a put that may have happened is repeated so that it happens once; what the
hub or the law refuses waits with its reason; what cannot be applied here is kept whole.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from dzop.exchange import arrivals, deliveries
from dzop.exchange.node_client import Changes, Denied, NodeClient, Unavailable
from dzop.exchange.partners import Partner
from dzop.exchange.ports import Lane, Outbox, Plans
from dzop.exchange.visit import LeaseLost, NoAnswer, Seams, TurnedAway, Visit, relied_on

__all__ = ["Adapter"]

LEASE = timedelta(seconds=30)
"""As long as a killed worker holds up a person; prolonged before every resource."""
_LONGEST_PAUSE = timedelta(minutes=15)
_SILENCES = 3


class Adapter:
    """Works off one partner's outbox and pulls its changes; several may run, in several processes."""

    def __init__(
        self,
        partner: Partner,
        client: NodeClient,
        outbox: Outbox,
        plans: Plans,
        clock: Callable[[], datetime],
        base: str,
        lease: timedelta = LEASE,
    ) -> None:
        self._seams = Seams(partner, client, outbox, plans, base)
        self._outbox = outbox
        self._clock = clock
        self._lease = lease

    async def deliver(self) -> int:
        """Send what is due, person by person; how many puts and removals the hub accepted."""
        sent = silences = 0
        while silences < _SILENCES and (lane := await self._outbox.claim(self._clock(), self._lease)):
            accepted, answered = await self._deliver(lane)
            sent, silences = sent + accepted, 0 if answered else silences + 1
        return sent

    async def pull(self) -> int:
        """Take up what others changed, for the persons whose turn it is; how many changes were applied."""
        applied = silences = 0
        while silences < _SILENCES and (lane := await self._outbox.follow(self._clock(), self._lease)):
            taken, answered = await self._pull(lane)
            applied, silences = applied + taken, 0 if answered else silences + 1
        return applied

    async def _deliver(self, lane: Lane) -> tuple[int, bool]:
        sent = 0
        try:
            visit = await self._visit(lane)
            for entry in await self._outbox.entries(lane):
                await self._renew(lane)
                sent += await deliveries.send(self._seams, visit, entry)
            await self._renew(lane)
            sent += await deliveries.settle(self._seams, visit)
        except TurnedAway as turned:
            await self._withhold_all(lane, turned.answer)
        except NoAnswer as silence:
            due = self._clock() + _pause(lane, silence.answer)
            await self._outbox.release(lane, due, failed=True)
            return sent, False
        except LeaseLost:
            return sent, True
        await self._outbox.release(lane, None, failed=False)
        return sent, True

    async def _pull(self, lane: Lane) -> tuple[int, bool]:
        applied, since = 0, lane.since
        again = self._clock() + timedelta(seconds=self._seams.partner.poll)
        failed = False
        try:
            visit = await self._visit(lane)
            changes = relied_on(await self._seams.client.changes(visit.ssin, since))
            if isinstance(changes, Changes):
                applied = await self._take(visit, changes)
                since = changes.sequence
        except TurnedAway:
            pass
        except NoAnswer as silence:
            failed, again = True, self._clock() + _pause(lane, silence.answer)
        except LeaseLost:
            return applied, True
        await self._outbox.pulled(lane, since, again)
        await self._outbox.release(lane, None, failed=failed)
        return applied, not failed

    async def _take(self, visit: Visit, changes: Changes) -> int:
        applied = 0
        for version in changes.versions:
            if arrivals.is_news(self._seams, visit, version):
                await self._renew(visit.lane)
                applied += await arrivals.take(self._seams, visit, version) is None
        return applied

    async def _renew(self, lane: Lane) -> None:
        if not await self._outbox.renew(lane, self._clock() + self._lease):
            raise LeaseLost

    async def _visit(self, lane: Lane) -> Visit:
        if lane.ssin is None:
            raise TurnedAway(Denied(400, "The person has no SSIN."))
        placements = await self._outbox.placements(lane)
        return Visit(lane, lane.ssin, {placed.reference: placed for placed in placements})

    async def _withhold_all(self, lane: Lane, answer: Denied) -> None:
        for entry in await self._outbox.entries(lane):
            await self._outbox.withhold(lane, entry, answer.text, answer.code)


def _pause(lane: Lane, answer: Unavailable) -> timedelta:
    """Doubling from a second, and at least as long as the hub asks for."""
    asked = timedelta(seconds=answer.retry_after or 0)
    return max(min(timedelta(seconds=2 ** min(lane.failures, 10)), _LONGEST_PAUSE), asked)
