"""The node protocol of the hub simulator, as a client sees it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from dzop.exchange.hub import Faults, HubState, hub_app
from tests.exchange.fakes import ABOUT_MARIA, MARIA, NIHDI, OURS, THEIRS

GOAL = {"resourceType": "Goal", "lifecycleStatus": "active", "subject": ABOUT_MARIA}
GOALS = f"/subject/{MARIA}/Goal"


def client(state: HubState, faults: str = "", sender: str = OURS) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(hub_app(state, Faults.read(faults)))
    return httpx.AsyncClient(transport=transport, base_url="http://hub", headers={"Hub-Organization": sender})


@pytest.fixture
def state() -> HubState:
    state = HubState()
    state.consent(MARIA, given=True)
    state.relation(MARIA, "0999999922", given=True)
    return state


@pytest_asyncio.fixture
async def hub(state: HubState) -> AsyncIterator[httpx.AsyncClient]:
    async with client(state) as opened:
        yield opened


def goal(text: str = "Op reis") -> dict[str, Any]:
    return {**GOAL, "description": {"text": text}}


async def test_a_put_without_version_makes_version_1_of_a_new_node(hub: httpx.AsyncClient) -> None:
    answer = await hub.put(GOALS, json=goal())
    assert (201, '"1"', f"{GOALS}/1/1") == (answer.status_code, answer.headers["ETag"], answer.json()["uri"])


@pytest.mark.parametrize(
    "address",
    [
        (f"{GOALS}/1/1", {}, {}),
        (f"{GOALS}/1", {"If-Match": '"1"'}, {}),
        (f"{GOALS}/1", {"If-Match": 'W/"1"'}, {}),
        (f"{GOALS}/1", {}, {"version": "1"}),
    ],
)
async def test_a_put_with_the_version_last_read_makes_the_next(
    hub: httpx.AsyncClient, address: tuple[str, dict[str, str], dict[str, str]]
) -> None:
    await hub.put(GOALS, json=goal())
    uri, headers, params = address
    answer = await hub.put(uri, json=goal("Met de trein"), headers=headers, params=params)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)


async def test_a_version_never_changes(hub: httpx.AsyncClient) -> None:
    first = json.dumps(goal(), indent=3).encode()
    await hub.put(GOALS, content=first)
    await hub.put(f"{GOALS}/1/1", json=goal("Met de trein"))
    assert first == (await hub.get(f"{GOALS}/1/1")).content


async def test_without_a_version_the_newest_is_answered(hub: httpx.AsyncClient) -> None:
    await hub.put(GOALS, json=goal())
    await hub.put(f"{GOALS}/1/1", json=goal("Met de trein"))
    answer = await hub.get(f"{GOALS}/1")
    assert (f"{GOALS}/1/2", '"2"') == (answer.headers["Content-Location"], answer.headers["ETag"])


async def test_a_stale_put_is_refused_with_the_current_version(hub: httpx.AsyncClient) -> None:
    await hub.put(GOALS, json=goal())
    await hub.put(f"{GOALS}/1/1", json=goal("Met de trein"))
    answer = await hub.put(f"{GOALS}/1/1", json=goal("Met de fiets"))
    assert (answer.status_code, answer.json()["code"], answer.json()["current"]) == (409, 489, 2)


async def test_the_same_put_again_is_answered_as_the_first_time(hub: httpx.AsyncClient) -> None:
    put: dict[str, Any] = {"json": goal(), "headers": {"Idempotency-Key": "Goal/x"}}
    first, second = await hub.put(GOALS, **put), await hub.put(GOALS, **put)
    assert (first.status_code, first.content) == (second.status_code, second.content)


async def test_without_key_the_same_content_on_the_same_version_is_the_same_put(
    hub: httpx.AsyncClient,
) -> None:
    await hub.put(GOALS, json=goal())
    await hub.put(GOALS, json=goal())
    for _ in range(2):
        await hub.put(f"{GOALS}/1/1", json=goal("Met de trein"))
    listed = (await hub.get(GOALS)).json()
    assert [(node["node"], node["version"]) for node in listed["nodes"]] == [("1", 2)]


async def test_the_same_key_of_another_sender_is_another_put(state: HubState) -> None:
    state.relation(MARIA, "19999816004", given=True)
    for sender in (OURS, THEIRS):
        async with client(state, sender=sender) as hub:
            await hub.put(GOALS, json=goal(), headers={"Idempotency-Key": "Goal/x"})
    assert len(state.newest(MARIA)) == 2


async def test_a_list_names_the_newest_version_of_each_node_since_a_sequence(
    hub: httpx.AsyncClient,
) -> None:
    for text in ("Op reis", "Naar de markt"):
        await hub.put(GOALS, json=goal(text))
    sequence = (await hub.get(f"/subject/{MARIA}")).json()["sequence"]
    await hub.put(f"{GOALS}/1/1", json=goal("Met de trein"))
    listed = (await hub.get(f"/subject/{MARIA}", params={"since": sequence})).json()
    assert (3, [f"{GOALS}/1/2"]) == (listed["sequence"], [node["uri"] for node in listed["nodes"]])


async def test_nothing_new_since_a_sequence_is_an_empty_list(hub: httpx.AsyncClient) -> None:
    await hub.put(GOALS, json=goal())
    listed = (await hub.get(GOALS, params={"since": 1})).json()
    assert listed == {"sequence": 1, "nodes": []}


async def test_who_sent_a_version_is_kept_with_it(hub: httpx.AsyncClient) -> None:
    doctor = f"{NIHDI}|19999816004"
    await hub.put(GOALS, json=goal(), headers={"Hub-Professional": doctor})
    answer = await hub.get(f"{GOALS}/1")
    assert (OURS, doctor) == (answer.headers["Hub-Organization"], answer.headers["Hub-Professional"])


async def test_a_removed_node_is_gone_but_listed_as_removed(hub: httpx.AsyncClient) -> None:
    await hub.put(GOALS, json=goal())
    removal = await hub.delete(f"{GOALS}/1/1")
    listed = (await hub.get(GOALS)).json()["nodes"]
    assert (
        removal.status_code,
        (await hub.get(f"{GOALS}/1")).status_code,
        [(node["version"], node["removed"]) for node in listed],
    ) == (200, 404, [(2, True)])


LITERAL = {"reference": "Patient/maria"}
SOMEBODY_ELSE = {"identifier": {**ABOUT_MARIA["identifier"], "value": "12123199787"}}


@pytest.mark.parametrize(
    ("method", "uri", "body", "status", "code"),
    [
        ("GET", f"/subject/{MARIA}/Task", None, 404, 202),
        ("GET", "/subject/4601059981/Goal", None, 400, 400),
        ("GET", "/subject/12123199787/Goal", None, 403, 365),
        ("GET", f"{GOALS}/7", None, 404, 406),
        ("GET", f"{GOALS}/1/7", None, 404, 406),
        ("GET", f"{GOALS}/1/x", None, 404, 406),
        ("GET", f"{GOALS}/2", None, 404, 406),
        ("PUT", f"{GOALS}/7/1", goal(), 404, 406),
        ("PUT", f"{GOALS}/2/2", goal(), 404, 406),
        ("PUT", f"{GOALS}/1", goal(), 428, 489),
        ("PUT", f"{GOALS}/1/4", goal(), 409, 489),
        ("PUT", GOALS, [goal(), goal()], 400, 415),
        ("PUT", GOALS, {"resourceType": "Task"}, 400, 415),
        ("PUT", GOALS, None, 400, 415),
        ("PUT", GOALS, {"resourceType": "Goal"}, 422, 489),
        ("PUT", GOALS, {**goal(), "subject": LITERAL}, 422, 489),
        ("PUT", GOALS, {**goal(), "subject": {**LITERAL, **ABOUT_MARIA}}, 422, 489),
        ("PUT", GOALS, {**goal(), "expressedBy": {"reference": "Practitioner/a"}}, 422, 489),
        ("PUT", GOALS, {**goal(), "subject": SOMEBODY_ELSE}, 422, 489),
        ("PUT", GOALS, {**goal(), "subject": {"display": "Maria"}}, 422, 489),
        ("DELETE", f"{GOALS}/2/2", None, 409, 464),
        ("DELETE", f"{GOALS}/1", None, 428, 489),
        ("PATCH", f"{GOALS}/1", goal(), 405, 489),
        ("GET", "/patients", None, 404, 489),
    ],
)
async def test_what_a_hub_refuses_has_its_number(
    hub: httpx.AsyncClient, method: str, uri: str, body: Any, status: int, code: int
) -> None:
    await hub.put(GOALS, json=goal())
    await hub.put(GOALS, json=goal("Wordt verwijderd"))
    await hub.delete(f"{GOALS}/2/1")
    answer = await hub.request(method, uri, json=body)
    assert (status, code) == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(("register", "code"), [("consent", 365), (f"relation/{MARIA}/0999999922", 360)])
async def test_without_consent_or_relation_nothing_is_told_or_taken(
    hub: httpx.AsyncClient, register: str, code: int
) -> None:
    await hub.put(GOALS, json=goal())
    await hub.delete(f"/{register}" if "/" in register else f"/{register}/{MARIA}")
    asked = [await hub.get(GOALS), await hub.get(f"{GOALS}/1/1"), await hub.put(GOALS, json=goal())]
    assert [code] * 3 == [answer.json()["code"] for answer in asked]


async def test_a_relation_of_the_professional_is_enough(state: HubState) -> None:
    state.relation(MARIA, "19999816007", given=True)  # the same first eight digits
    async with client(state, sender=f"{NIHDI}|71999932") as hub:
        answer = await hub.put(GOALS, json=goal(), headers={"Hub-Professional": f"{NIHDI}|19999816004"})
    assert answer.status_code == 201


@pytest.mark.parametrize("sender", ["", "somebody", "https://x.example/ssin|46010599819"])
async def test_a_sender_must_say_who_he_is(state: HubState, sender: str) -> None:
    async with client(state, sender=sender) as hub:
        assert (await hub.get(GOALS)).status_code == 401


async def test_a_hub_that_is_down_does_nothing(state: HubState) -> None:
    async with client(state, "down") as hub:
        answer = await hub.put(GOALS, json=goal())
    assert (answer.status_code, state.newest(MARIA)) == (503, [])


async def test_answering_twice_is_done_at_once_but_told_the_second_time(state: HubState) -> None:
    put: dict[str, Any] = {"json": goal(), "headers": {"Idempotency-Key": "Goal/x"}}
    async with client(state, "twice") as hub:
        statuses = [(await hub.put(GOALS, **put)).status_code for _ in range(3)]
    assert (statuses, len(state.newest(MARIA))) == ([500, 201, 201], 1)


async def test_errors_come_as_often_and_when_the_seed_says(state: HubState) -> None:
    runs = []
    for _ in range(2):
        async with client(state, "error:0.5,seed:3") as hub:
            runs.append([(await hub.get(f"/subject/{MARIA}")).status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert {200, 500} == set(runs[0])


async def test_faults_are_switched_while_the_hub_runs(hub: httpx.AsyncClient) -> None:
    await hub.put("/faults", content="down")
    down = (await hub.get(f"/subject/{MARIA}")).status_code
    await hub.put("/faults", content="")
    assert (down, (await hub.get(f"/subject/{MARIA}")).status_code) == (503, 200)


@pytest.mark.parametrize("spec", ["dwon", "error", "error:often", "down:1"])
async def test_an_unknown_fault_is_named(spec: str) -> None:
    with pytest.raises(ValueError, match=f"`{spec}`"):
        Faults.read(spec)


async def test_a_killed_hub_comes_back_whole(tmp_path: Path) -> None:
    file = tmp_path / "hub.jsonl"
    state = HubState.open(file)
    state.consent(MARIA, given=True)
    state.relation(MARIA, "0999999922", given=True)
    async with client(state) as hub:
        await hub.put(GOALS, json=goal(), headers={"Idempotency-Key": "Goal/x"})
        await hub.put(f"{GOALS}/1/1", json=goal("Met de trein"))
    with file.open("ab") as torn:
        torn.write(b'{"consent": "460105')
    again = HubState.open(file)
    async with client(again) as hub:
        repeated = await hub.put(GOALS, json=goal(), headers={"Idempotency-Key": "Goal/x"})
        newest = await hub.get(f"{GOALS}/1")
    again.close()
    state.close()
    assert (repeated.json()["version"], newest.json()["description"]["text"]) == (1, "Met de trein")


async def test_after_a_torn_line_the_hub_goes_on_writing_whole_ones(tmp_path: Path) -> None:
    file = tmp_path / "hub.jsonl"
    file.write_bytes(b'{"consent": "460105')
    state = HubState.open(file)
    state.consent(MARIA, given=True)
    state.close()
    again = HubState.open(file)
    again.close()
    assert again.has_consent(MARIA)
