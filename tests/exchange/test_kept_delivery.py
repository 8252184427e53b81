"""The exchange on the real store: what leaves, when the law lets it, in which order, once."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from resources import provision, ref

from dzop.exchange.hub.state import Sender
from dzop.exchange.logical import NODE, SSIN
from dzop.exchange.operation import offer, quarantine, retry, status
from tests.exchange.fakes import THEIRS, Killed
from tests.exchange.home import Home, home_on

DUE, WITHHELD = ("due", None), ("withheld", None)


@pytest.fixture
async def home(database: str) -> AsyncIterator[Home]:
    """A person with a GP and the partner in the team, sharing, all sent so far."""
    async with home_on(database) as home:
        await home.move_in()
        await home.adapter().deliver()
        yield home


async def test_a_written_goal_arrives_with_everybody_named_by_identifier(home: Home) -> None:
    await home.write(home.goal(), by=home.gp)
    await home.adapter().deliver()
    content = home.content("Goal")
    assert (
        content["description"],
        content["subject"]["identifier"],
        content["expressedBy"]["identifier"]["value"],
        await home.waiting(),
    ) == ({"text": "Terug naar de markt"}, {"system": SSIN, "value": home.ssin}, home.number, {})


async def test_what_leaves_is_in_the_access_log_as_read_by_the_partner(home: Home) -> None:
    await home.write(home.goal())
    await home.adapter().deliver()
    assert (await home.log(by=home.partner.organization))[-1] == ("read", "0", home.ref("Goal", "walk"))


async def test_a_newer_version_is_put_upon_the_older(home: Home) -> None:
    await home.write(home.goal())
    await home.adapter().deliver()
    await home.write(home.goal(text="Naar de zee"))
    await home.adapter().deliver()
    assert (home.at_hub("Goal"), home.content("Goal")["description"]) == (
        [("Goal", 2)],
        {"text": "Naar de zee"},
    )


async def test_a_deleted_goal_is_removed_there(home: Home) -> None:
    await home.write(home.goal())
    await home.adapter().deliver()
    await home.delete(home.ref("Goal", "walk"))
    await home.adapter().deliver()
    assert (home.node("Goal").body, await home.waiting()) == (None, {})


async def test_while_the_hub_is_down_everything_waits_and_then_goes(home: Home) -> None:
    home.faults("down")
    await home.write(home.goal())
    await home.adapter().deliver()
    waiting = await home.waiting()
    home.faults("")
    home.clock.advance(minutes=1)
    await home.adapter().deliver()
    assert (waiting, await home.waiting(), home.at_hub("Goal")) == (
        {home.ref("Goal", "walk"): DUE},
        {},
        [("Goal", 1)],
    )


async def test_a_hub_that_did_it_but_said_500_has_it_once(home: Home) -> None:
    home.faults("twice")
    await home.write(home.goal())
    for _ in range(3):
        await home.adapter().deliver()
        home.clock.advance(minutes=1)
    assert (home.at_hub("Goal"), await home.waiting()) == ([("Goal", 1)], {})


class DiesAfterPut(httpx.AsyncBaseTransport):
    """The process ends when the hub has it and before we know."""

    def __init__(self, home: Home) -> None:
        self._hub = httpx.ASGITransport(home.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._hub.handle_async_request(request)
        raise Killed


async def test_killed_between_send_and_mark_it_is_there_once(home: Home) -> None:
    await home.write(home.goal())
    with pytest.raises(Killed):
        await home.adapter(DiesAfterPut(home)).deliver()
    at_once = await home.adapter().deliver()
    home.clock.advance(minutes=1)
    after_the_lease = await home.adapter().deliver()
    assert (at_once, after_the_lease, home.at_hub("Goal"), await home.waiting()) == (0, 1, [("Goal", 1)], {})


async def test_without_sharing_consent_nothing_leaves_until_it_is_given_again(home: Home) -> None:
    await home.write(home.sharing("inactive"))
    await home.write(home.goal())
    await home.adapter().deliver()
    before = home.at_hub("Goal")
    await home.write(home.sharing())
    await home.adapter().deliver()
    assert (before, home.at_hub("Goal"), await home.waiting()) == ([], [("Goal", 1)], {})


async def test_a_partner_outside_the_team_gets_nothing(home: Home) -> None:
    await home.write(home.team(home.gp))
    await home.write(home.goal())
    await home.adapter().deliver()
    assert (home.at_hub("Goal"), (await home.waiting())[home.ref("Goal", "walk")]) == ([], DUE)


async def test_a_suspended_partner_gets_nothing(home: Home) -> None:
    hub = {**await home.found(home.partner.organization), "active": False}
    del hub["meta"]
    await home.write(hub)
    await home.write(home.goal())
    await home.adapter().deliver()
    assert (home.at_hub("Goal"), await home.waiting()) == ([], {home.ref("Goal", "walk"): WITHHELD})


async def test_who_forbids_disclosure_to_the_partner_keeps_it_here(home: Home) -> None:
    disclosing = {
        "action": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/consentaction", "code": "disclose"}
                ]
            }
        ]
    }
    await home.write(home.settings(provision("deny", (home.partner.organization,), **disclosing)))
    await home.write(home.goal())
    await home.adapter().deliver()
    before = await home.waiting()
    await home.write(home.settings())
    await home.adapter().deliver()
    assert (before, home.at_hub("Goal")) == ({home.ref("Goal", "walk"): WITHHELD}, [("Goal", 1)])


async def test_a_goal_labelled_sensitive_stays_here(home: Home) -> None:
    label = {"system": "https://dzop.example/fhir/CodeSystem/data-category", "code": "sensitive"}
    await home.write(home.goal(meta={"security": [label]}))
    await home.adapter().deliver()
    assert (home.at_hub("Goal"), await home.waiting()) == ([], {home.ref("Goal", "walk"): WITHHELD})


async def test_what_is_written_one_after_the_other_arrives_in_that_order(home: Home) -> None:
    for name in ("a", "b", "c"):
        await home.write(home.goal(name, text=name))
    await home.write(home.goal("b", text="b again"))
    await home.adapter().deliver()
    texts = [version.body and version.body.count("again") for version in home.hub.newest(home.ssin, "Goal")]
    assert texts == [0, 1, 0]


async def test_what_is_written_at_once_arrives_with_targets_before_what_refers_to_them(home: Home) -> None:
    link = {
        "url": "http://hl7.org/fhir/StructureDefinition/goal-relationship",
        "extension": [
            {"url": "type", "valueCodeableConcept": {"text": "part of"}},
            {"url": "target", "valueReference": ref(home.ref("Goal", "life"))},
        ],
    }
    await home.write(home.plan("care"), home.goal("care", extension=[link]), home.goal("life"))
    sent = await home.adapter().deliver()
    goals = [str(goal["identifier"]["system"]) for goal in home.content("CarePlan")["goal"]]
    assert (sent, home.at_hub("Goal", "CarePlan"), goals) == (
        3,
        [("Goal", 1), ("Goal", 1), ("CarePlan", 1)],
        [NODE],
    )


async def test_what_the_hub_refuses_is_quarantined_with_its_code_and_goes_on_a_retry(home: Home) -> None:
    await home.write(home.goal())
    await home.adapter().deliver()
    node = home.node("Goal")
    home.hub.update((home.ssin, "Goal", node.node), 1, Sender(THEIRS), None, None)
    await home.write(home.goal(text="Naar de zee"))
    await home.adapter().deliver()
    before = await home.waiting()
    listed = await quarantine(home.database, home.partner)
    count = await retry(home.database, home.partner, home.clock())
    assert (before, len(listed), count, await home.waiting()) == (
        {home.ref("Goal", "walk"): ("quarantined", 406)},
        1,
        1,
        {home.ref("Goal", "walk"): DUE},
    )


async def test_a_hub_without_consent_withholds_everything_of_the_person(home: Home) -> None:
    home.hub.consent(home.ssin, given=False)
    await home.write(home.goal())
    await home.adapter().deliver()
    before = await home.waiting()
    home.hub.consent(home.ssin, given=True)
    await retry(home.database, home.partner, home.clock())
    await home.adapter().deliver()
    assert (before, home.at_hub("Goal")) == ({home.ref("Goal", "walk"): ("withheld", 365)}, [("Goal", 1)])


async def test_what_was_there_before_the_partner_is_sent_when_it_is_offered(home: Home) -> None:
    await home.write(home.goal())
    home.joined_by(replace(home.partner, name=f"newcomer-{home.mark}"))
    before = await home.adapter().deliver()
    await offer(home.database, home.partner, home.clock())
    await home.adapter().deliver()
    assert (before, home.at_hub("Goal")) == (0, [("Goal", 1)])


async def test_the_status_counts_what_waits_for_consent(home: Home) -> None:
    await home.write(home.sharing("inactive"))
    await home.write(home.goal())
    lines = await status(home.database, home.partner, home.clock())
    assert lines[1:] == [
        "  persons: 1, exchanging 0, due 0, waiting for relation or consent 1, at work 0, failing 0",
        "  to send: 1 due",
    ]
