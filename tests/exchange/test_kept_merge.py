"""The exchange on the real store: a partner and somebody here changed the same resource."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from resources import ours, participant, ref

from dzop.actor import SYSTEM
from dzop.fhir.search.query import read_query
from tests.exchange.fakes import BASE
from tests.exchange.home import Home, home_on


@pytest.fixture
async def home(database: str) -> AsyncIterator[Home]:
    """A person whose goal, by the GP, is at the hub."""
    async with home_on(database) as home:
        await home.move_in()
        await home.write(home.goal(), by=home.gp)
        await home.adapter().deliver()
        await home.adapter().pull()
        home.clock.advance(hours=1)
        yield home


async def notices(home: Home) -> list[dict[str, Any]]:
    """The messages of a conflict around this person, as the operator sees them."""
    asked = (("patient", home.patient), ("topic", "exchange-conflict"))
    query = read_query("Communication", asked, base=BASE, lenient=False)
    page = await home.gateway.search(await home.call(SYSTEM), query, None, 10)
    return [await home.found(f"Communication/{each.id}") for each in page.matches]


async def test_changes_of_different_elements_come_together_here_and_at_the_hub(home: Home) -> None:
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.write(home.goal(startDate="2026-05-01"), by=home.gp)
    await home.adapter().deliver()
    here, there = await home.found(home.ref("Goal", "walk")), home.content("Goal")
    assert [(each["description"], each["startDate"]) for each in (here, there)] == [
        ({"text": "Naar de zee"}, "2026-05-01")
    ] * 2


async def test_what_came_together_leaves_nothing_behind(home: Home) -> None:
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.write(home.goal(startDate="2026-05-01"), by=home.gp)
    await home.adapter().pull()
    await home.adapter().deliver()
    version = (await home.found(home.ref("Goal", "walk")))["meta"]["versionId"]
    assert (version, home.at_hub("Goal"), await home.waiting(), await home.kept()) == (
        "3",
        [("Goal", 3)],
        {},
        [],
    )


async def test_a_change_that_is_told_twice_comes_together_once(home: Home) -> None:
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.write(home.goal(startDate="2026-05-01"), by=home.gp)
    for _ in range(2):
        await home.adapter().pull()
        home.clock.advance(hours=1)
    assert (await home.found(home.ref("Goal", "walk")))["meta"]["versionId"] == "3"


async def test_the_coordinator_is_told_which_resource_was_changed_in_two_ways(home: Home) -> None:
    await home.write(_coordinated(home))
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.write(home.goal(text="Naar het bos"), by=home.gp)
    await home.adapter().deliver()
    (told,) = await notices(home)
    assert (told["recipient"], told["about"], told["topic"]["coding"][0]["code"], await home.kept()) == (
        [ref(home.gp)],
        [ref(home.ref("Goal", "walk"))],
        "exchange-conflict",
        [("conflict", home.ref("Goal", "walk"))],
    )


def _coordinated(home: Home) -> dict[str, Any]:
    team = home.team(home.gp, home.partner.organization)
    first, second = team["participant"]
    role = [*first["role"], ours("role", "care-coordinator")]
    return {**team, "participant": [{**first, "role": role}, second]}


async def test_who_claimed_coordination_beside_the_own_role_is_told(home: Home) -> None:
    team = home.team(home.gp, home.partner.organization)
    claimed = participant(home.gp, "care-coordinator")
    await home.write({**team, "participant": [*team["participant"], claimed]})
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.write(home.goal(text="Naar het bos"), by=home.gp)
    await home.adapter().deliver()
    assert [each["recipient"] for each in await notices(home)] == [[ref(home.gp)]]


async def test_where_nobody_coordinates_the_person_is_told(home: Home) -> None:
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.write(home.goal(text="Naar het bos"), by=home.gp)
    await home.adapter().deliver()
    assert [each["recipient"] for each in await notices(home)] == [[ref(home.patient)]]


async def test_a_conflict_is_told_once(home: Home) -> None:
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.write(home.goal(text="Naar het bos"), by=home.gp)
    await home.adapter().deliver()
    await home.adapter().pull()
    assert len(await notices(home)) == 1


async def test_a_message_about_a_conflict_says_nothing_of_what_was_changed(home: Home) -> None:
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.write(home.goal(text="Naar het bos"), by=home.gp)
    await home.adapter().deliver()
    assert [word for word in ("zee", "bos") if word in str(await notices(home))] == []
