"""Every answer of a hub, and the lack of one, becomes a value."""

import json
from collections.abc import Callable

import httpx
import pytest

from dzop.exchange.node import Node
from dzop.exchange.node_client import Accepted, Changes, Denied, NodeClient, Stale, Unavailable
from tests.exchange.fakes import MARIA, OURS

GOAL = Node(MARIA, "Goal", "1")
Answers = Callable[[httpx.Request], httpx.Response]


def client(answers: Answers) -> NodeClient:
    return NodeClient.to("http://hub/v1", OURS, 5, httpx.MockTransport(answers))


def always(status: int, body: object = None, **headers: str) -> Answers:
    return lambda _: httpx.Response(status, json=body, headers=headers)


ACCEPTED = {"uri": f"{GOAL}/2", "version": 2, "digest": "sha-256=ab"}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, ACCEPTED, Accepted(GOAL, 2, "sha-256=ab")),
        (409, {"code": 489, "text": "stale", "current": 3}, Stale(3)),
        (403, {"code": 365, "text": "no"}, Denied(365, "no")),
        (409, {"code": 464, "text": "removed"}, Denied(464, "removed")),
        (500, {"code": 500, "text": "later"}, Unavailable("HTTP 500")),
        (302, None, Unavailable("HTTP 302")),
        (401, {"code": 489, "text": "who?"}, Unavailable("HTTP 401")),
        (413, "<html>", Denied(413, "The hub does not take this content.")),
        (403, "<html>", Unavailable("HTTP 403 without a readable body")),
        (200, {"version": 2}, Unavailable("the answer to a put cannot be read")),
        (200, {**ACCEPTED, "uri": "/subject/../x"}, Unavailable("the answer to a put cannot be read")),
    ],
)
async def test_each_answer_to_a_put_is_told_apart(status: int, body: object, expected: object) -> None:
    assert expected == await client(always(status, body)).update(GOAL, 1, b"{}", "Goal/x/2@1")


async def test_a_hub_that_asks_for_patience_is_given_it() -> None:
    answer = await client(always(429, None, **{"Retry-After": "30"})).update(GOAL, 1, b"{}", "k")
    assert Unavailable("HTTP 429", 30.0) == answer


async def test_a_put_is_tried_once_because_the_law_is_asked_before_each() -> None:
    asked: list[str] = []

    def times_out(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Idempotency-Key"])
        raise httpx.ReadTimeout("slow")

    answer = await client(times_out).update(GOAL, 1, b"{}", "Goal/x/2@1")
    assert (Unavailable("ReadTimeout"), ["Goal/x/2@1"]) == (answer, asked)


async def test_a_read_is_tried_three_times() -> None:
    asked: list[str] = []

    def is_down(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(503)

    answer = await client(is_down).changes(MARIA, 0)
    assert (Unavailable("HTTP 503"), [f"/v1/subject/{MARIA}"] * 3) == (answer, asked)


async def test_a_read_that_works_the_second_time_is_answered() -> None:
    statuses = iter([502, 200])

    def recovers(_: httpx.Request) -> httpx.Response:
        return httpx.Response(next(statuses), content=json.dumps({"sequence": 4, "nodes": []}))

    assert Changes(4, ()) == await client(recovers).changes(MARIA, 0)


async def test_a_refused_read_is_not_tried_again() -> None:
    asked: list[str] = []

    def refuses(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(403, json={"code": 360, "text": "no"})

    assert (Denied(360, "no"), 1) == (await client(refuses).changes(MARIA, 0), len(asked))


@pytest.mark.parametrize("body", ["[", "null", '{"nodes": []}', '{"sequence": 1, "nodes": [{}]}'])
async def test_a_list_that_cannot_be_read_is_no_answer(body: str) -> None:
    answer = await client(lambda _: httpx.Response(200, content=body)).changes(MARIA, 0)
    assert Unavailable("the list of changes cannot be read") == answer


async def test_a_list_about_somebody_else_is_no_answer() -> None:
    node = {
        "uri": "/subject/12123199787/Goal/1/1", "version": 1, "sequence": 1, "organization": OURS,
        "professional": None, "key": "k", "removed": False,
    }  # fmt: skip
    answer = await client(always(200, {"sequence": 1, "nodes": [node]})).changes(MARIA, 0)
    assert Unavailable("the list of changes names somebody else") == answer


async def test_a_new_node_about_somebody_else_is_no_answer() -> None:
    told = {"uri": "/subject/12123199787/Goal/1/1", "version": 1, "digest": "d"}
    answer = await client(always(201, told)).create(MARIA, "Goal", b"{}", "Goal/x")
    assert Unavailable("the new node is about somebody or something else") == answer


async def test_a_version_without_its_headers_is_no_answer() -> None:
    assert Unavailable("a version came without its headers") == await client(always(200, {})).get(GOAL, 1)
