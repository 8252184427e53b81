"""What leaves for the hub: in order, once, and only while the law and the hub allow it."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from dzop.exchange import logical
from tests.exchange.fakes import BASE, JAN, MARIA, Killed, World, goal, plan

PERSON = "Patient/maria"


def is_put(request: httpx.Request) -> bool:
    return request.method in ("PUT", "DELETE")


async def test_what_was_written_is_at_the_hub_after_one_pass() -> None:
    world = World()
    world.store.write(PERSON, goal())
    world.store.write(PERSON, plan("Goal/walk"))
    assert await world.adapter().deliver() == 2
    assert world.at_hub() == [("Goal", 1), ("CarePlan", 1)]


async def test_a_plan_names_its_person_by_ssin_and_its_goal_by_node() -> None:
    world = World()
    world.store.write(PERSON, goal())
    world.store.write(PERSON, plan("Goal/walk"))
    await world.adapter().deliver()
    sent = world.content("CarePlan")
    assert (MARIA, f"/subject/{MARIA}/Goal/1") == (
        sent["subject"]["identifier"]["value"],
        sent["goal"][0]["identifier"]["value"],
    )


async def test_nothing_is_sent_a_second_time() -> None:
    world = World()
    world.store.write(PERSON, goal())
    adapter = world.adapter()
    await adapter.deliver()
    assert (await adapter.deliver(), world.at_hub()) == (0, [("Goal", 1)])


async def test_a_new_version_is_put_upon_the_one_the_hub_has() -> None:
    world = World()
    adapter = world.adapter()
    for text in ("Naar de markt", "Alleen naar de markt"):
        world.store.write(PERSON, goal(text=text))
        await adapter.deliver()
    assert (
        world.at_hub(),
        world.content("Goal")["description"]["text"],
    ) == ([("Goal", 2)], "Alleen naar de markt")


async def test_several_versions_leave_as_the_newest() -> None:
    world = World()
    for text in ("Naar de markt", "Alleen naar de markt", "Met Lies naar de markt"):
        world.store.write(PERSON, goal(text=text))
    assert await world.adapter().deliver() == 1
    assert world.content("Goal")["description"]["text"] == "Met Lies naar de markt"


async def test_the_order_of_writing_is_the_order_of_sending() -> None:
    world = World()
    for id in ("c", "a", "b"):
        world.store.write(PERSON, goal(id, text=id))
    await world.adapter().deliver()
    texts = [version.body.partition('"text":"')[2][0] for version in world.hub.newest(MARIA) if version.body]
    assert texts == ["c", "a", "b"]


async def test_a_plan_sent_before_its_goals_is_sent_once_more_with_their_nodes() -> None:
    world = World()
    world.store.write(PERSON, plan("Goal/walk"))
    world.store.write(PERSON, goal())
    await world.adapter().deliver()
    assert (
        world.hub.newest(MARIA, "CarePlan")[0].version,
        world.content("CarePlan")["goal"][0]["identifier"]["system"],
    ) == (2, logical.NODE)


async def test_a_goal_of_which_the_hub_may_know_nothing_stays_named_by_url() -> None:
    world = World()
    world.store.hidden.add("Goal/walk")
    world.store.write(PERSON, plan("Goal/walk"))
    world.store.write(PERSON, goal())
    await world.adapter().deliver()
    assert f"{BASE}/Goal/walk" == world.content("CarePlan")["goal"][0]["identifier"]["value"]


async def test_a_hub_that_was_down_gets_everything_when_it_is_up() -> None:
    world = World()
    world.faults("down")
    adapter = world.adapter()
    world.store.write(PERSON, goal())
    await adapter.deliver()
    world.store.write(PERSON, plan("Goal/walk"))
    await adapter.deliver()
    world.faults("")
    world.clock.advance(minutes=1)
    await adapter.deliver()
    assert world.at_hub() == [("Goal", 1), ("CarePlan", 1)]


async def test_while_the_hub_is_down_it_is_asked_ever_less_often() -> None:
    world = World()
    world.faults("down")
    adapter = world.adapter()
    world.store.write(PERSON, goal())
    for _ in range(120):
        await adapter.deliver()
        world.clock.advance(seconds=1)
    assert len(world.requests) == 7


async def test_a_hub_that_is_down_is_not_asked_for_every_person() -> None:
    world = World()
    world.faults("down")
    for number in range(10):
        world.store.enrol(f"Patient/{number}", MARIA)
        world.store.write(f"Patient/{number}", goal(f"g{number}"))
    await world.adapter().deliver()
    assert len(world.requests) == 3


async def test_a_put_that_was_done_but_answered_with_an_error_is_done_once() -> None:
    world = World()
    world.faults("twice")
    adapter = world.adapter()
    for text in ("Naar de markt", "Alleen naar de markt"):
        world.store.write(PERSON, goal(text=text))
        for _ in range(3):
            await adapter.deliver()
            world.clock.advance(minutes=1)
    assert world.at_hub() == [("Goal", 2)]


@pytest.mark.parametrize("seed", range(8))
async def test_with_errors_now_and_then_everything_arrives_once_and_newest(seed: int) -> None:
    world = World()
    world.faults(f"error:0.4,twice,seed:{seed}")
    adapter = world.adapter()
    for number in range(6):
        world.store.write(PERSON, goal(f"g{number % 3}", text=f"versie {number}"))
        world.store.write(PERSON, plan("Goal/g0", "Goal/g1", title=f"versie {number}"))
        await adapter.deliver()
        world.clock.advance(seconds=30)
    world.faults("")
    world.clock.advance(hours=1)
    await adapter.deliver()
    texts = {version.body.partition("versie ")[2][0] for version in world.hub.newest(MARIA) if version.body}
    assert (["CarePlan", "Goal", "Goal", "Goal"], {"3", "4", "5"}, {}) == (
        sorted(type for type, _ in world.at_hub()),
        texts,
        world.store.waiting(PERSON),
    )


@pytest.mark.parametrize("moment", ["before the hub has it", "after the hub has it"])
async def test_killed_around_a_put_nothing_is_lost_or_doubled(moment: str) -> None:
    world = World()
    world.store.write(PERSON, goal())
    world.store.write(PERSON, plan("Goal/walk"))
    if moment.startswith("before"):
        world.kill_before = is_put
    else:
        world.kill_after = is_put
    with pytest.raises(Killed):
        await world.adapter().deliver()
    await world.restart().deliver()
    assert (world.at_hub(), world.store.waiting(PERSON)) == ([("Goal", 1), ("CarePlan", 1)], {})


async def test_killed_after_a_first_put_a_version_written_since_updates_the_same_node() -> None:
    world = World()
    world.store.write(PERSON, goal(text="Naar de markt"))
    world.kill_after = is_put
    with pytest.raises(Killed):
        await world.adapter().deliver()
    world.store.write(PERSON, goal(text="Alleen naar de markt"))
    await world.restart().deliver()
    assert (
        world.at_hub(),
        world.content("Goal")["description"]["text"],
    ) == ([("Goal", 2)], "Alleen naar de markt")


async def test_killed_after_an_update_a_version_written_since_follows_it() -> None:
    world = World()
    adapter = world.adapter()
    world.store.write(PERSON, goal(text="Naar de markt"))
    await adapter.deliver()
    world.store.write(PERSON, goal(text="Alleen naar de markt"))
    world.kill_after = is_put
    with pytest.raises(Killed):
        await adapter.deliver()
    world.store.write(PERSON, goal(text="Met Lies naar de markt"))
    await world.restart().deliver()
    assert (
        world.at_hub(),
        world.content("Goal")["description"]["text"],
        world.store.waiting(PERSON),
    ) == ([("Goal", 3)], "Met Lies naar de markt", {})


async def test_what_is_written_while_its_older_version_is_on_its_way_leaves_too() -> None:
    world = World()
    world.store.write(PERSON, goal(text="Naar de markt"))

    def write_once(_: httpx.Request) -> bool:
        if len(world.requests) == 1:
            world.store.write(PERSON, goal(text="Alleen naar de markt"))
        return False

    world.kill_after = write_once
    await world.adapter().deliver()
    assert (world.at_hub(), world.store.waiting(PERSON)) == ([("Goal", 2)], {})


async def test_consent_withdrawn_between_writing_and_sending_stops_it() -> None:
    world = World()
    world.store.write(PERSON, goal())
    world.store.hidden.add(PERSON)
    await world.adapter().deliver()
    assert (
        world.requests,
        world.at_hub(),
        world.store.waiting(PERSON),
    ) == ([], [], {"Goal/walk": ("withheld", None)})


async def test_consent_withdrawn_while_the_hub_is_down_stops_what_was_tried_before() -> None:
    world = World()
    world.faults("down")
    adapter = world.adapter()
    world.store.write(PERSON, goal())
    await adapter.deliver()
    world.store.hidden.add(PERSON)
    world.faults("")
    world.clock.advance(minutes=1)
    await adapter.deliver()
    assert world.at_hub() == []


async def test_what_one_resource_may_not_the_others_still_may() -> None:
    world = World()
    world.store.hidden.add("Goal/secret")
    world.store.write(PERSON, goal("secret"))
    world.store.write(PERSON, goal())
    await world.adapter().deliver()
    assert (
        world.at_hub(),
        world.store.waiting(PERSON),
    ) == ([("Goal", 1)], {"Goal/secret": ("withheld", None)})


@pytest.mark.parametrize("code", [365, 360])
async def test_what_the_hub_refuses_for_the_person_waits_until_the_facts_change(code: int) -> None:
    world = World()
    if code == 365:
        world.hub.consent(MARIA, given=False)
    else:
        world.hub.relation(MARIA, "0999999922", given=False)
    adapter = world.adapter()
    world.store.write(PERSON, goal())
    world.store.write(PERSON, plan("Goal/walk"))
    for _ in range(3):
        await adapter.deliver()
        world.clock.advance(hours=1)
    assert (1, {"Goal/walk": ("withheld", code), "CarePlan/plan": ("withheld", code)}) == (
        len(world.requests),
        world.store.waiting(PERSON),
    )
    world.hub.consent(MARIA, given=True)
    world.hub.relation(MARIA, "0999999922", given=True)
    world.store.facts_changed(PERSON)
    await adapter.deliver()
    assert world.at_hub() == [("Goal", 1), ("CarePlan", 1)]


async def test_a_person_without_ssin_waits() -> None:
    world = World()
    world.store.enrol("Patient/nobody", None)
    world.store.write("Patient/nobody", goal())
    await world.adapter().deliver()
    assert (world.requests, world.store.waiting("Patient/nobody")) == ([], {"Goal/walk": ("withheld", 400)})


async def test_after_a_corrected_ssin_nothing_is_put_under_the_old_one() -> None:
    world = World()
    adapter = world.adapter()
    world.store.write(PERSON, goal())
    await adapter.deliver()
    world.store.enrol(PERSON, JAN)
    world.store.write(PERSON, goal(text="Alleen naar de markt"))
    await adapter.deliver()
    assert (world.at_hub(), world.store.waiting(PERSON)) == ([("Goal", 1)], {"Goal/walk": ("withheld", None)})


async def test_what_the_hub_can_never_take_is_set_aside_and_the_rest_goes_on() -> None:
    world = World()
    world.store.write(PERSON, goal("poison", subject={"display": "zij"}))
    world.store.write(PERSON, goal())
    await world.adapter().deliver()
    assert (
        world.at_hub(),
        world.store.waiting(PERSON),
    ) == ([("Goal", 1)], {"Goal/poison": ("quarantined", 489)})


async def test_a_deletion_removes_the_node() -> None:
    world = World()
    adapter = world.adapter()
    world.store.write(PERSON, goal())
    await adapter.deliver()
    world.store.write(PERSON, None, "Goal/walk")
    assert await adapter.deliver() == 1
    assert (
        [version.body for version in world.hub.newest(MARIA)],
        world.store.waiting(PERSON),
    ) == ([None], {})


async def test_a_deletion_finds_a_node_that_was_put_and_never_marked() -> None:
    world = World()
    world.store.write(PERSON, goal())
    world.kill_after = is_put
    with pytest.raises(Killed):
        await world.adapter().deliver()
    world.store.write(PERSON, None, "Goal/walk")
    await world.restart().deliver()
    assert [version.body for version in world.hub.newest(MARIA)] == [None]


async def test_what_was_never_sent_and_is_deleted_leaves_no_trace() -> None:
    world = World()
    world.store.write(PERSON, goal())
    world.store.write(PERSON, None, "Goal/walk")
    await world.adapter().deliver()
    assert (world.at_hub(), world.store.waiting(PERSON)) == ([], {})


async def test_killed_around_a_removal_it_is_removed_once() -> None:
    world = World()
    adapter = world.adapter()
    world.store.write(PERSON, goal())
    await adapter.deliver()
    world.store.write(PERSON, None, "Goal/walk")
    world.kill_after = is_put
    with pytest.raises(Killed):
        await adapter.deliver()
    await world.restart().deliver()
    assert (world.at_hub(), world.store.waiting(PERSON)) == ([("Goal", 2)], {})


async def test_what_is_written_anew_after_its_deletion_gets_a_new_node() -> None:
    world = World()
    adapter = world.adapter()
    for resource in (goal(), None, goal(text="Toch naar de markt")):
        world.store.write(PERSON, resource, "Goal/walk")
        await adapter.deliver()
    newest = world.hub.newest(MARIA)
    assert [(version.version, version.body is None) for version in newest] == [(2, True), (1, False)]


async def test_a_worker_that_lost_its_lease_stops_before_the_next_put() -> None:
    world = World()
    world.store.write(PERSON, goal())
    world.store.write(PERSON, plan("Goal/walk"))
    slow = world.adapter()

    def another_comes(request: httpx.Request) -> bool:
        world.store.lanes[PERSON].lane = replace(world.store.lanes[PERSON].lane, lease=2)
        return False

    world.kill_after = another_comes
    assert (await slow.deliver(), world.at_hub()) == (1, [("Goal", 1)])


async def test_killed_after_a_removal_what_is_written_anew_gets_a_new_node() -> None:
    world = World()
    adapter = world.adapter()
    world.store.write(PERSON, goal())
    await adapter.deliver()
    world.store.write(PERSON, None, "Goal/walk")
    world.kill_after = is_put
    with pytest.raises(Killed):
        await adapter.deliver()
    world.store.write(PERSON, goal(text="Toch naar de markt"))
    await world.restart().deliver()
    newest = world.hub.newest(MARIA)
    assert (
        [(version.version, version.body is None) for version in newest],
        world.store.waiting(PERSON),
    ) == ([(2, True), (1, False)], {})


async def test_two_workers_at_once_send_everything_once() -> None:
    world = World()
    for number in range(4):
        world.store.enrol(f"Patient/{number}", MARIA)
        world.store.write(f"Patient/{number}", goal(f"g{number}"))
    accepted = await asyncio.gather(*(world.adapter().deliver() for _ in range(2)))
    assert (sum(accepted), world.at_hub()) == (4, [("Goal", 1)] * 4)
