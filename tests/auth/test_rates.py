"""How often the authorization server may be asked: by address, by client, by user (attacks, group 46)."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from dzop.auth.rates import RATES, Rate, Rates, TooManyRequestsError


class Stopwatch:
    """Seconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def rates(stopwatch: Stopwatch) -> Rates:
    """Two requests at once to the token endpoint, and one every ten seconds after that."""
    two = Rate(burst=2, per_second=0.1)
    return Rates(
        stopwatch,
        {("token", "address"): two, ("token", "client"): two, ("launch", "user"): two},
        remembered=3,
    )


def allowed(rates: Rates, who: str, asker: str = "client", endpoint: str = "token") -> bool:
    try:
        rates.require(endpoint, asker, who)  # type: ignore[arg-type]
    except TooManyRequestsError:
        return False
    return True


async def asked(rates: Rates, times: int, address: str = "192.0.2.7") -> list[httpx.Response]:
    async def answer(request: Request) -> Response:
        return PlainTextResponse("done")

    app = Starlette(routes=[Route("/token", rates.limited("token", answer), methods=["POST"])])
    transport = httpx.ASGITransport(app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://plan.test") as client:
        return [await client.post("/token") for _ in range(times)]


@pytest.mark.parametrize("asker", ["address", "client"])
def test_more_than_the_burst_is_refused(rates: Rates, asker: str) -> None:
    assert [allowed(rates, "a", asker) for _ in range(3)] == [True, True, False]


def test_a_user_is_counted_too(rates: Rates) -> None:
    assert [allowed(rates, "Practitioner/a", "user", "launch") for _ in range(3)] == [True, True, False]


def test_one_client_does_not_use_up_what_another_may(rates: Rates) -> None:
    assert [allowed(rates, who) for who in ("a", "a", "a", "b")] == [True, True, False, True]


def test_who_waits_may_ask_again(rates: Rates, stopwatch: Stopwatch) -> None:
    for _ in range(2):
        allowed(rates, "a")
    stopwatch.seconds = 10
    assert [allowed(rates, "a"), allowed(rates, "a")] == [True, False]


def test_what_was_refused_does_not_make_the_wait_longer(rates: Rates, stopwatch: Stopwatch) -> None:
    for _ in range(50):
        allowed(rates, "a")
    stopwatch.seconds = 10
    assert allowed(rates, "a")


def test_the_refusal_says_when_to_come_back(rates: Rates, stopwatch: Stopwatch) -> None:
    for _ in range(2):
        allowed(rates, "a")
    stopwatch.seconds = 3
    with pytest.raises(TooManyRequestsError) as refused:
        rates.require("token", "client", "a")
    assert refused.value.retry_after == 7


def test_no_more_are_remembered_than_there_is_room_for(rates: Rates) -> None:
    for number in range(100):
        allowed(rates, f"client-{number}")
    assert len(rates) == 3


async def test_too_many_requests_are_429_in_the_words_of_oauth(rates: Rates) -> None:
    refused = (await asked(rates, 3))[-1]
    assert (refused.status_code, refused.headers["Retry-After"], refused.json()) == (
        429,
        "10",
        {
            "error": "temporarily_unavailable",
            "error_description": "Too many requests: try again in 10 seconds.",
        },
    )


async def test_another_address_is_not_kept_out(rates: Rates) -> None:
    await asked(rates, 3)
    assert (await asked(rates, 1, "192.0.2.8"))[0].status_code == 200


async def test_addresses_of_one_network_of_ipv6_count_as_one(rates: Rates) -> None:
    first = await asked(rates, 2, "2001:db8:1:2::1")
    then = await asked(rates, 1, "2001:db8:1:2:ffff::9")
    assert [answer.status_code for answer in [*first, *then]] == [200, 200, 429]


def test_a_hospital_behind_one_address_is_not_kept_out() -> None:
    rates = Rates(Stopwatch())
    assert all(allowed(rates, "192.0.2.7", "address") for _ in range(500))


def test_every_endpoint_of_an_app_has_a_rate_by_address() -> None:
    counted = {endpoint for endpoint, asker in RATES if asker == "address"}
    assert counted == {
        "authorize",
        "login",
        "token",
        "introspect",
        "revoke",
        "userinfo",
        "register",
        "launch",
    }


async def test_a_person_who_asks_too_often_gets_a_page(rates: Rates) -> None:
    async def answer(request: Request) -> Response:
        return PlainTextResponse("done")

    def page(request: Request) -> Response:
        return HTMLResponse("<p>Wait a moment.</p>")

    app = Starlette(routes=[Route("/token", rates.limited("token", answer, page))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plan.test") as client:
        refused = [await client.get("/token") for _ in range(3)][-1]
    assert (refused.status_code, refused.headers["Retry-After"], refused.text) == (
        429,
        "10",
        "<p>Wait a moment.</p>",
    )
