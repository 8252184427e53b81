"""What comes in from the hub: applied once, never over something newer, kept whole when it cannot be."""

from typing import Any

import httpx
import pytest

from dzop.exchange import logical
from dzop.exchange.adapter import Adapter
from dzop.exchange.hub.state import Sender
from tests.exchange.fakes import ABOUT_MARIA, BASE, JAN, MARIA, NIHDI, THEIRS, Killed, World, goal, plan

PERSON = "Patient/maria"


async def shared(world: World, *resources: dict[str, Any]) -> Adapter:
    """An adapter that has sent these."""
    adapter = world.adapter()
    for resource in resources or (goal(),):
        world.store.write(PERSON, resource)
    await adapter.deliver()
    return adapter


def changed(world: World, **more: Any) -> dict[str, Any]:
    return {**world.content("Goal"), **more}


def newest(world: World, reference: str = "Goal/walk") -> dict[str, Any] | None:
    return world.store.versions[reference][-1]


def incidents(world: World) -> list[tuple[str, int]]:
    return [(incident, change.hub_version) for change, incident, _ in world.store.kept]


async def test_a_change_of_gp_software_is_the_next_version_here() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, achievementStatus={"text": "gehaald"}), "1", 1)
    assert await adapter.pull() == 1
    assert goal(achievementStatus={"text": "gehaald"}) == newest(world)


async def test_our_own_version_is_no_change() -> None:
    world = World()
    adapter = await shared(world)
    assert (await adapter.pull(), len(world.store.versions["Goal/walk"])) == (0, 1)


async def test_a_pulled_change_is_not_sent_back() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    await adapter.pull()
    world.store.facts_changed(PERSON)
    await adapter.deliver()
    assert world.at_hub() == [("Goal", 2)]


async def test_a_pulled_change_that_got_an_outbox_entry_is_not_sent_back_either() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    await adapter.pull()
    world.store.outbox[PERSON] = {}
    resource = world.store.versions["Goal/walk"].pop()
    world.store.write(PERSON, resource)
    await adapter.deliver()
    assert (world.at_hub(), world.store.waiting(PERSON)) == ([("Goal", 2)], {})


async def test_a_local_change_upon_a_pulled_one_is_put_upon_it() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    await adapter.pull()
    world.store.write(PERSON, goal(text="Nog anders"))
    await adapter.deliver()
    assert (world.at_hub(), world.content("Goal")["description"]["text"]) == ([("Goal", 3)], "Nog anders")


async def test_the_hub_telling_a_change_twice_changes_nothing_twice() -> None:
    world = World()
    world.faults("repeated")
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    world.hub_puts("Task", {"status": "requested", "intent": "order", "for": ABOUT_MARIA})
    await adapter.pull()
    assert (
        len(world.store.versions["Goal/walk"]),
        sorted(world.store.versions),
    ) == (2, ["Goal/walk", "Task/from-hub-2"])


async def test_a_new_resource_of_gp_software_is_created_with_literal_references() -> None:
    world = World()
    world.store.directory["Practitioner/dr"] = logical.Identifier(NIHDI, "19999816004")
    adapter = await shared(world)
    world.hub_puts(
        "Task",
        {
            "status": "requested",
            "intent": "order",
            "for": ABOUT_MARIA,
            "owner": {"type": "Practitioner", "identifier": {"system": NIHDI, "value": "19999816004"}},
            "focus": {"identifier": {"system": logical.NODE, "value": f"/subject/{MARIA}/Goal/1"}},
        },
    )
    await adapter.pull()
    task = newest(world, "Task/from-hub-2") or {}
    assert tuple(task[name]["reference"] for name in ("for", "owner", "focus")) == (
        "Patient/maria",
        "Practitioner/dr",
        "Goal/walk",
    )


async def test_the_sender_whom_the_hub_certifies_comes_with_the_change() -> None:
    world = World()
    world.store.refusal = "no"
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    await adapter.pull()
    ((change, _, _),) = world.store.kept
    assert (THEIRS, f"{NIHDI}|19999816004") == (change.organization, change.professional)


async def test_of_several_versions_at_the_hub_the_newest_is_applied() -> None:
    world = World()
    adapter = await shared(world)
    for version, text in ((1, "Anders"), (2, "Nog anders")):
        world.hub_puts("Goal", changed(world, description={"text": text}), "1", version)
    assert await adapter.pull() == 1
    assert goal(text="Nog anders") == newest(world)


async def test_killed_while_pulling_a_change_is_applied_once() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    world.hub_puts("Task", {"status": "requested", "intent": "order", "for": ABOUT_MARIA})
    world.kill_before = lambda request: "/Task/" in request.url.path
    with pytest.raises(Killed):
        await adapter.pull()
    await world.restart().pull()
    assert {reference: len(history) for reference, history in world.store.versions.items()} == {
        "Goal/walk": 2,
        "Task/from-hub-2": 1,
    }


async def test_a_hub_that_is_down_is_asked_again_later() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    world.faults("down")
    first = await adapter.pull()
    world.faults("")
    world.clock.advance(minutes=1)
    assert (first, await adapter.pull()) == (0, 1)


async def test_while_the_hub_refuses_the_person_nothing_comes_in_and_nothing_is_missed() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    world.hub.consent(MARIA, given=False)
    first = await adapter.pull()
    world.hub.consent(MARIA, given=True)
    world.clock.advance(hours=1)
    assert (first, await adapter.pull()) == (0, 1)


async def test_a_change_upon_what_went_on_here_is_kept_as_a_conflict() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    world.store.write(PERSON, goal(text="Hier anders"))
    assert await adapter.pull() == 0
    ((change, _, _),) = world.store.kept
    assert ([("conflict", 2)], goal(text="Hier anders"), True) == (
        incidents(world),
        newest(world),
        b"Anders" in (change.body or b""),
    )


async def test_ours_upon_a_version_we_never_saw_becomes_a_conflict_and_waits() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    world.store.write(PERSON, goal(text="Hier anders"))
    await adapter.deliver()
    assert (
        incidents(world),
        world.store.waiting(PERSON),
        world.content("Goal")["description"]["text"],
    ) == ([("conflict", 2)], {"Goal/walk": ("quarantined", None)}, "Anders")


async def test_a_conflict_does_not_hold_up_the_persons_other_resources() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    world.store.write(PERSON, goal(text="Hier anders"))
    world.store.write(PERSON, plan("Goal/walk"))
    await adapter.deliver()
    assert world.at_hub() == [("Goal", 2), ("CarePlan", 1)]


async def test_a_conflict_met_while_sending_and_while_pulling_is_kept_once() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    world.store.write(PERSON, goal(text="Hier anders"))
    await adapter.deliver()
    await adapter.pull()
    assert incidents(world) == [("conflict", 2)]


async def test_those_who_coordinate_are_told_of_a_conflict_once() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    world.store.write(PERSON, goal(text="Hier anders"))
    await adapter.deliver()
    await adapter.pull()
    assert world.store.told == ["Goal/walk"]


async def test_ours_sent_but_never_marked_and_changed_there_since_is_a_conflict() -> None:
    world = World()
    adapter = await shared(world)
    world.store.write(PERSON, goal(text="Hier anders"))
    world.kill_after = lambda request: request.method == "PUT"
    with pytest.raises(Killed):
        await adapter.deliver()
    world.hub_puts("Goal", changed(world, description={"text": "Daar anders"}), "1", 2)
    world.store.write(PERSON, goal(text="Hier weer anders"))
    await world.restart().deliver()
    assert ([("conflict", 3)], "Daar anders", goal(text="Hier weer anders")) == (
        incidents(world),
        world.content("Goal")["description"]["text"],
        newest(world),
    )


async def test_a_first_put_never_marked_and_changed_there_is_no_second_resource_here() -> None:
    world = World()
    world.store.write(PERSON, goal())
    world.kill_after = lambda request: request.method == "PUT"
    with pytest.raises(Killed):
        await world.adapter().deliver()
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    await world.restart().pull()
    assert (list(world.store.versions), incidents(world)) == (["Goal/walk"], [("conflict", 2)])


async def test_a_first_put_never_marked_and_changed_there_is_caught_up_by_sending_first() -> None:
    world = World()
    world.store.write(PERSON, goal())
    world.kill_after = lambda request: request.method == "PUT"
    with pytest.raises(Killed):
        await world.adapter().deliver()
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    adapter = world.restart()
    await adapter.deliver()
    await adapter.pull()
    assert (goal(text="Anders"), []) == (newest(world), incidents(world))


async def test_what_the_law_refuses_is_kept_with_its_reason() -> None:
    world = World()
    adapter = await shared(world)
    world.store.refusal = "The partner may not change a Goal."
    world.hub_puts("Goal", changed(world, description={"text": "Anders"}), "1", 1)
    await adapter.pull()
    ((_, incident, reason),) = world.store.kept
    assert (incident, reason) == ("refused", "The partner may not change a Goal.")


async def test_a_removal_at_the_hub_is_kept_and_removes_nothing_here() -> None:
    world = World()
    adapter = await shared(world)
    from_gp = httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app), base_url="http://hub", headers={"Hub-Organization": THEIRS}
    )
    await from_gp.delete(f"/subject/{MARIA}/Goal/1/1")
    await adapter.pull()
    assert ([("removed", 2)], goal()) == (incidents(world), newest(world))


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"resourceType":"Goal","a":1,"a":2}',
        b'{"resourceType":"Task"}',
        b'{"resourceType":"Goal"}',
        b'{"resourceType":"Goal","subject":{"identifier":{"system":"x/ssin","value":"%s"}}}' % JAN.encode(),
    ],
)
async def test_content_that_is_not_what_its_address_says_is_kept_and_the_rest_goes_on(body: bytes) -> None:
    world = World()
    adapter = await shared(world)
    anders = changed(world, description={"text": "Anders"})
    world.hub.create(MARIA, "Goal", Sender(THEIRS), body, None)
    world.hub_puts("Goal", anders, "1", 1)
    assert await adapter.pull() == 1
    assert incidents(world) == [("malformed", 1)]


async def test_types_that_are_not_exchanged_are_passed_over() -> None:
    world = World()
    adapter = await shared(world)
    world.hub_puts("Observation", {"status": "final", "subject": ABOUT_MARIA})
    assert (await adapter.pull(), incidents(world)) == (0, [])


async def test_the_url_of_a_resource_of_ours_comes_back_as_its_reference() -> None:
    world = World()
    world.store.hidden.add("Goal/walk")
    adapter = await shared(world, goal(), plan("Goal/walk"))
    assert f"{BASE}/Goal/walk" == world.content("CarePlan")["goal"][0]["identifier"]["value"]
    world.hub_puts("CarePlan", {**world.content("CarePlan"), "title": "Thuis"}, "1", 1)
    await adapter.pull()
    assert plan("Goal/walk", title="Thuis") == newest(world, "CarePlan/plan")
