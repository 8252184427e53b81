"""The exchange on the real store: what comes in, as whom, and what is kept instead."""

from collections.abc import AsyncIterator

import pytest
from resources import ours, ref

from dzop.exchange.logical import SSIN, Identifier, Logical
from dzop.exchange.operation import quarantine, retry
from dzop.exchange.ports import Lane
from dzop.fhir.references import NIHDI
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


async def test_what_the_gp_changes_at_the_hub_is_a_new_version_here(home: Home) -> None:
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.adapter().pull()
    goal = await home.found(home.ref("Goal", "walk"))
    assert (goal["meta"]["versionId"], goal["description"], goal["expressedBy"], goal["subject"]) == (
        "2",
        {"text": "Naar de zee"},
        ref(home.gp),
        ref(home.patient),
    )


async def test_the_access_log_names_the_gp_and_the_way_the_change_came(home: Home) -> None:
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.adapter().pull()
    goal = home.ref("Goal", "walk")
    assert ("update", "0", goal) in await home.log(by=home.gp)
    assert ("update", "0", goal) in await home.log(by=home.partner.name)


async def test_what_came_from_the_hub_does_not_go_back(home: Home) -> None:
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.adapter().pull()
    await home.adapter().deliver()
    assert (home.at_hub("Goal"), await home.waiting()) == ([("Goal", 2)], {})


async def test_what_is_new_at_the_hub_is_created_once(home: Home) -> None:
    home.hub_creates("Goal", lifecycleStatus="active", description={"text": "Slapen"}, category=[_care()])
    for _ in range(2):
        await home.adapter().pull()
        home.clock.advance(hours=1)
    created = [each for each in await home.log(by=home.gp) if each[0] == "create"]
    assert (len(created), await home.kept()) == (2, [])


def _care() -> dict[str, object]:
    return ours("goal-category", "care-goal")


async def test_a_partner_whose_professional_is_not_known_here_acts_itself(home: Home) -> None:
    home.hub_changes("Goal", sender=f"{NIHDI}|19999999999", description={"text": "Naar de zee"})
    await home.adapter().pull()
    refused = [each for each in await home.log(by=home.partner.organization) if each[0] == "update"]
    assert (refused, await home.kept()) == (
        [("update", "4", home.ref("Goal", "walk"))],
        [("refused", home.ref("Goal", "walk"))],
    )


async def test_two_changes_of_one_goal_conflict_and_ours_goes_on_a_retry(home: Home) -> None:
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.write(home.goal(text="Naar het bos"), by=home.gp)
    await home.adapter().deliver()
    before = await home.kept()
    await retry(home.database, home.partner, home.clock())
    await home.adapter().deliver()
    assert (before, home.content("Goal")["description"], await home.kept(), await home.waiting()) == (
        [("conflict", home.ref("Goal", "walk"))],
        {"text": "Naar het bos"},
        [],
        {},
    )


async def test_content_that_is_not_valid_is_refused_and_taken_on_a_retry_when_it_still_is_news(
    home: Home,
) -> None:
    home.hub_creates("Goal", lifecycleStatus="nonsense", description={"text": "Slapen"})
    await home.adapter().pull()
    before = await home.kept()
    home.clock.advance(hours=1)
    await retry(home.database, home.partner, home.clock())
    emptied = await home.kept()
    await home.adapter().pull()
    assert (before, emptied, await home.kept()) == ([("refused", None)], [], [("refused", None)])


async def test_a_list_of_what_is_kept_names_no_national_number(home: Home) -> None:
    home.hub_creates("Goal", lifecycleStatus="nonsense", description={"text": "Slapen"})
    await home.adapter().pull()
    (line,) = await quarantine(home.database, home.partner)
    assert ("refused" in line, home.ssin in line) == (True, False)


async def test_of_who_left_the_team_nothing_is_asked(home: Home) -> None:
    await home.write(home.team(home.gp))
    home.hub_changes("Goal", description={"text": "Naar de zee"})
    await home.adapter().pull()
    assert (await home.found(home.ref("Goal", "walk")))["meta"]["versionId"] == "1"


async def test_a_professional_is_known_by_the_first_eight_digits_and_leaves_without_national_number(
    home: Home,
) -> None:
    lane = Lane(home.partner.name, home.patient, home.ssin)
    other = Logical("Practitioner", Identifier(NIHDI, f"{home.number[:8]}999"))
    assert (
        await home.plans.literals(lane, [other, Logical(None, Identifier(SSIN, home.ssin))]),
        await home.plans.identifiers(lane, [home.gp, home.patient, "Practitioner/nobody"]),
    ) == (
        {other: home.gp, Logical(None, Identifier(SSIN, home.ssin)): home.patient},
        {home.gp: Identifier(NIHDI, home.number), home.patient: Identifier(SSIN, home.ssin)},
    )
