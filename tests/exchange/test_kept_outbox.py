"""The outbox on the real store: leases, and what changes while somebody is in the lane."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from dzop.exchange.logical import dump
from dzop.exchange.node import Node
from dzop.exchange.ports import Change, Conflict, Entry, Lane, Placement
from dzop.exchange.visit import LeaseLost
from dzop.fhir.references import NIHDI
from tests.exchange.home import Home, home_on

LEASE = timedelta(seconds=30)


@pytest.fixture
async def home(database: str) -> AsyncIterator[Home]:
    """A person with one goal to send."""
    async with home_on(database) as home:
        await home.move_in()
        await home.adapter().deliver()
        await home.adapter().pull()
        await home.write(home.goal())
        yield home


async def claimed(home: Home) -> Lane:
    lane = await home.outbox.claim(home.clock(), LEASE)
    assert lane is not None
    return lane


def placed(home: Home, version: int) -> Placement:
    return Placement(
        home.ref("Goal", "walk"), Node(home.ssin, "Goal", "7"), 1, version, frozenset({"Goal/x"})
    )


async def test_a_lane_says_who_it_is_about(home: Home) -> None:
    lane = await claimed(home)
    assert (lane.partner, lane.person, lane.ssin, lane.failures) == (
        home.partner.name,
        home.patient,
        home.ssin,
        0,
    )


async def test_of_many_workers_at_once_one_gets_the_lane(home: Home) -> None:
    lanes = await asyncio.gather(*(home.outbox.claim(home.clock(), LEASE) for _ in range(8)))
    assert len([lane for lane in lanes if lane]) == 1


async def test_a_leased_lane_is_not_followed_either(home: Home) -> None:
    home.clock.advance(hours=1)
    await home.outbox.claim(home.clock(), LEASE)
    assert await home.outbox.follow(home.clock(), LEASE) is None


async def test_a_lease_that_ran_out_goes_to_the_next_and_is_not_prolonged_any_more(home: Home) -> None:
    first = await claimed(home)
    home.clock.advance(seconds=31)
    second = await claimed(home)
    until = home.clock() + LEASE
    assert (
        second.lease - first.lease,
        await home.outbox.renew(first, until),
        await home.outbox.renew(second, until),
    ) == (1, False, True)


async def test_who_lost_the_lease_marks_nothing(home: Home) -> None:
    first = await claimed(home)
    home.clock.advance(seconds=31)
    second = await claimed(home)
    await home.outbox.sent(first, placed(home, 1))
    at_hub = [each.reference for each in await home.outbox.placements(second)]
    assert (await home.outbox.entries(second), home.ref("Goal", "walk") in at_hub) == (
        [Entry(home.ref("Goal", "walk"), 1)],
        False,
    )


async def test_who_lost_the_lease_applies_nothing(home: Home) -> None:
    first = await claimed(home)
    home.clock.advance(seconds=31)
    await claimed(home)
    change = Change(Node(home.ssin, "Goal", "9"), 1, 9, "x|1", None, b"{}")
    goal = {**home.goal("new"), "expressedBy": None}
    body = dump({name: value for name, value in goal.items() if value is not None and name != "id"})
    with pytest.raises(LeaseLost):
        await home.plans.apply(first, change, body)
    created = [each for each in await home.log(by=home.partner.organization) if each[0] == "create"]
    assert created == []


async def test_what_is_sent_is_placed_and_cleared(home: Home) -> None:
    lane = await claimed(home)
    await home.outbox.sent(lane, placed(home, 1))
    assert (placed(home, 1) in await home.outbox.placements(lane), await home.outbox.entries(lane)) == (
        True,
        [],
    )


async def test_a_version_written_while_the_older_is_sent_stays_due(home: Home) -> None:
    lane = await claimed(home)
    await home.write(home.goal(text="Naar de zee"))
    await home.outbox.sent(lane, placed(home, 1))
    await home.outbox.release(lane, None, failed=False)
    again = await claimed(home)
    assert await home.outbox.entries(again) == [Entry(home.ref("Goal", "walk"), 2)]


async def test_a_release_does_not_delay_what_was_written_meanwhile(home: Home) -> None:
    lane = await claimed(home)
    await home.write(home.goal(text="Naar de zee"))
    await home.outbox.release(lane, home.clock() + timedelta(hours=1), failed=True)
    assert (await claimed(home)).failures == 1


async def test_after_a_failure_the_lane_rests_until_it_is_due(home: Home) -> None:
    lane = await claimed(home)
    await home.outbox.release(lane, home.clock() + timedelta(minutes=1), failed=True)
    at_once = await home.outbox.claim(home.clock(), LEASE)
    home.clock.advance(minutes=1)
    assert (at_once, (await claimed(home)).person) == (None, home.patient)


async def test_what_is_withheld_waits_for_the_facts_and_not_for_time(home: Home) -> None:
    lane = await claimed(home)
    await home.outbox.withhold(lane, Entry(home.ref("Goal", "walk"), 1), "no", None)
    await home.outbox.release(lane, None, failed=False)
    home.clock.advance(days=1)
    later = await home.outbox.claim(home.clock(), LEASE)
    await home.write(home.sharing())
    reopened = await home.outbox.entries(await claimed(home))
    assert (later, reopened) == (None, [Entry(home.ref("Goal", "walk"), 1)])


async def test_a_fact_that_changes_while_something_is_withheld_is_not_missed(home: Home) -> None:
    lane = await claimed(home)
    await home.write(home.sharing())
    await home.outbox.withhold(lane, Entry(home.ref("Goal", "walk"), 1), "no", None)
    assert await home.outbox.entries(lane) == [Entry(home.ref("Goal", "walk"), 1)]


async def test_a_newer_version_leaves_quarantine_by_itself(home: Home) -> None:
    lane = await claimed(home)
    await home.outbox.quarantine(lane, Entry(home.ref("Goal", "walk"), 1), "no", 415)
    before = await home.waiting()
    await home.write(home.goal(text="Naar de zee"))
    assert (before, await home.waiting()) == (
        {home.ref("Goal", "walk"): ("quarantined", 415)},
        {home.ref("Goal", "walk"): ("due", None)},
    )


async def test_a_killed_delivery_stays_due_when_the_lane_is_followed_first(home: Home) -> None:
    await claimed(home)
    home.clock.advance(hours=1)
    lane = await home.outbox.follow(home.clock(), LEASE)
    assert lane is not None
    await home.outbox.release(lane, None, failed=False)
    assert await home.outbox.entries(await claimed(home)) == [Entry(home.ref("Goal", "walk"), 1)]


async def test_pulling_goes_on_from_where_it_was(home: Home) -> None:
    home.clock.advance(hours=1)
    lane = await home.outbox.follow(home.clock(), LEASE)
    assert lane is not None
    await home.outbox.pulled(lane, 41, home.clock() + timedelta(minutes=1))
    await home.outbox.release(lane, None, failed=False)
    too_early = await home.outbox.follow(home.clock(), LEASE)
    home.clock.advance(minutes=2)
    again = await home.outbox.follow(home.clock(), LEASE)
    assert (too_early, again and again.since) == (None, 41)


async def test_a_change_told_twice_is_kept_once_and_whole(home: Home) -> None:
    lane = await claimed(home)
    change = Change(Node(home.ssin, "Goal", "9"), 2, 9, "x|1", "y|2", b"\xff not even text")
    for _ in range(2):
        await home.outbox.keep(lane, change, "malformed", "The content is not FHIR JSON.")
    assert await home.kept() == [("malformed", None)]


async def test_a_change_made_on_an_older_version_is_a_conflict(home: Home) -> None:
    await home.write(home.goal(text="Naar de zee"), by=home.gp)
    lane = await claimed(home)
    reference, sender = home.ref("Goal", "walk"), f"{NIHDI}|{home.number}"
    change = Change(Node(home.ssin, "Goal", "9"), 2, 9, "x|1", sender, b"{}", reference, 1)
    assert await home.plans.apply(lane, change, dump(home.goal(text="Anders"))) == Conflict(2)


async def test_waiting_ends_when_something_becomes_due(home: Home) -> None:
    assert await asyncio.wait_for(home.outbox.wait(home.clock() + timedelta(hours=1)), 5) is None


async def test_waiting_ends_at_the_given_time(home: Home) -> None:
    await home.adapter().deliver()
    started = asyncio.get_running_loop().time()
    waiting = asyncio.create_task(home.outbox.wait(home.clock() + timedelta(seconds=0.2)))
    await asyncio.wait_for(waiting, 5)
    assert asyncio.get_running_loop().time() - started >= 0.15


async def test_who_does_not_share_is_out_of_the_turn_until_a_fact_changes(home: Home) -> None:
    await home.write(home.sharing("inactive"))
    await home.outbox.wait(home.clock() + timedelta(seconds=0.2))
    parked = await home.is_parked()
    await home.write(home.sharing())
    assert (parked, await home.outbox.entries(await claimed(home))) == (
        True,
        [Entry(home.ref("Goal", "walk"), 1)],
    )


async def test_who_will_share_from_a_day_on_is_in_turn_on_that_day(home: Home) -> None:
    await home.write(home.sharing(period={"start": "2026-03-10"}))
    await home.outbox.wait(home.clock() + timedelta(seconds=0.2))
    before = await home.outbox.claim(home.clock(), LEASE)
    home.clock.advance(days=9)
    assert (before, await home.outbox.entries(await claimed(home))) == (
        None,
        [Entry(home.ref("Goal", "walk"), 1)],
    )
