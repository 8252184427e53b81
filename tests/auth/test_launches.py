"""EHR launch: what software has open goes along to an app once, and only to the right one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from dzop.actor import Actor
from dzop.auth.claims import Identity
from dzop.auth.client import Client
from dzop.auth.events import Happened
from dzop.auth.launches import LASTS, Launch, LaunchEndpoint, Launches
from dzop.auth.people import Described
from dzop.auth.rates import Rate, Rates
from dzop.fhir.outcome import Forbidden, Unauthenticated

ISSUER, AUDIENCE = "https://plan.test/auth", "https://plan.test/fhir"
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SECRET = b"s" * 32
APPS = {
    "app": Client("app", redirect_uris=("https://app.test/cb",), launch_uri="https://app.test/launch"),
    "asks": Client(
        "asks", redirect_uris=("https://app.test/cb",), launch_uri="https://app.test/launch?lang=nl"
    ),
    "system": Client("system", grant_types=("client_credentials",), method="private_key_jwt"),
}
ACTORS = {
    "software": Actor("Organization/practice", "system-client", scopes=("system/*.rs",), client="gp"),
    "doctor": Actor(
        "Practitioner/an", "physician", practitioner_role="PractitionerRole/an", scopes=("launch",)
    ),
    "without-scope": Actor("Practitioner/an", "physician", scopes=("user/*.rs",)),
    "of-jet": Actor("Practitioner/an", "physician", scopes=("launch",), patient="jet"),
}
OPEN = {("Organization/practice", "jet"), ("PractitionerRole/an", "jet"), ("Practitioner/an", "jet")}


class Clients:
    async def client(self, client_id: str) -> Client | None:
        return APPS.get(client_id)


class People:
    """Jet's plan is open to the practice and its doctor, nobody else's."""

    async def may_open(self, subject: str, patient: str, now: datetime) -> bool:
        return (subject, patient) in OPEN

    async def may_act(self, subject: str, now: datetime) -> bool:
        return True

    async def capacities(self, identity: Identity, now: datetime) -> tuple[str, ...]:
        return ()

    async def described(self, references: Sequence[str]) -> Sequence[Described]:
        return ()

    async def plans(self, subject: str, now: datetime, text: str = "") -> Sequence[Described]:
        return ()


@dataclass
class Events:
    """What would be recorded."""

    happened: list[Happened] = field(default_factory=list)

    async def record(self, event: Happened) -> None:
        self.happened.append(event)


async def authenticate(token: str, now: datetime) -> Actor:
    if token == "suspended":
        raise Forbidden("suspended")
    if token not in ACTORS:
        raise Unauthenticated("no")
    return ACTORS[token]


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def endpoint(events: Events) -> LaunchEndpoint:
    return LaunchEndpoint(
        ISSUER, AUDIENCE, Launches(SECRET), Clients(), People(), events, authenticate, Rates(), lambda: NOW
    )


async def launched(endpoint: LaunchEndpoint, token: str, body: object, times: int = 1) -> httpx.Response:
    """The last of the answers to `times` requests."""
    transport = httpx.ASGITransport(Starlette(routes=endpoint.routes()))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(
        transport=transport, base_url="https://plan.test", headers=headers
    ) as software:
        return [await software.post("/auth/launch", json=body) for _ in range(times)][-1]


def opened(answer: httpx.Response) -> Launch:
    launch = Launches(SECRET).open_launch(answer.json()["launch"], NOW)
    assert launch is not None
    return launch


async def test_software_launches_an_app_on_the_plan_it_has_open(endpoint: LaunchEndpoint) -> None:
    said = {
        "patient": "jet", "user": "Practitioner/an", "client_id": "app", "encounter": "today",
        "intent": "reconcile-medications", "need_patient_banner": False,
    }  # fmt: skip
    answer = await launched(endpoint, "software", said)
    launch = opened(answer)
    assert (answer.status_code, answer.json()["expires_in"]) == (201, 300)
    assert {name: getattr(launch, name) for name in said} == said


@pytest.mark.parametrize(
    ("client_id", "others"), [("app", {}), ("asks", {"lang": ["nl"]})], ids=["plain", "with a query"]
)
async def test_the_answer_has_the_address_to_open(
    endpoint: LaunchEndpoint, client_id: str, others: Mapping[str, Any]
) -> None:
    answer = (await launched(endpoint, "software", {"patient": "jet", "client_id": client_id})).json()
    query = parse_qs(urlsplit(answer["launch_url"]).query)
    assert query == {"iss": [AUDIENCE], "launch": [answer["launch"]], **others}


async def test_a_professional_launches_with_the_scope_launch(endpoint: LaunchEndpoint) -> None:
    assert (await launched(endpoint, "doctor", {"patient": "jet"})).status_code == 201


@pytest.mark.parametrize(
    ("token", "body", "status", "error"),
    [
        ("", {"patient": "jet"}, 401, "invalid_token"),
        ("forged", {"patient": "jet"}, 401, "invalid_token"),
        ("without-scope", {"patient": "jet"}, 403, "insufficient_scope"),
        ("suspended", {"patient": "jet"}, 403, "access_denied"),
        ("software", {"patient": "louis"}, 403, "access_denied"),
        ("of-jet", {"patient": "louis"}, 403, "access_denied"),
        ("doctor", {"patient": "jet", "user": "Practitioner/tom"}, 403, "access_denied"),
        ("software", {}, 400, "invalid_request"),
        ("software", {"patient": "Patient/jet"}, 400, "invalid_request"),
        ("software", {"patient": ["jet"]}, 400, "invalid_request"),
        ("software", {"patient": "jet", "user": "Patient/jet"}, 400, "invalid_request"),
        ("software", {"patient": "jet", "client_id": "unknown"}, 400, "invalid_request"),
        ("software", {"patient": "jet", "client_id": "system"}, 400, "invalid_request"),
        ("software", {"patient": "jet", "intent": "a\nb"}, 400, "invalid_request"),
        ("software", {"patient": "jet", "need_patient_banner": "yes"}, 400, "invalid_request"),
        ("software", {"patient": "jet", "intent": "x" * 9_000}, 400, "invalid_request"),
        ("software", ["jet"], 400, "invalid_request"),
    ],
    ids=str,
)
async def test_what_may_not_be_launched(
    endpoint: LaunchEndpoint, token: str, body: object, status: int, error: str
) -> None:
    answer = await launched(endpoint, token, body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_who_launches_too_often_waits(endpoint: LaunchEndpoint) -> None:
    rates = Rates(lambda: 0.0, {("launch", "user"): Rate(2, 0.1)})
    refused = await launched(replace(endpoint, rates=rates), "software", {"patient": "jet"}, times=3)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")


@pytest.mark.parametrize(("patient", "outcome"), [("jet", 201), ("louis", 403)])
async def test_a_launch_is_recorded_whether_it_was_allowed_or_not(
    endpoint: LaunchEndpoint, events: Events, patient: str, outcome: int
) -> None:
    await launched(endpoint, "software", {"patient": patient})
    assert events.happened == [Happened("launch", outcome, NOW, "Organization/practice", "gp", patient)]


# What an app comes with.


@pytest.fixture
def launch() -> Launch:
    return Launch("one", (NOW + LASTS).timestamp(), "jet", client_id="app")


def test_a_launch_for_an_app_is_for_no_other(launch: Launch) -> None:
    assert [launch.is_for("app"), launch.is_for("other")] == [True, False]


def test_a_launch_for_no_app_in_particular_is_for_any(launch: Launch) -> None:
    assert replace(launch, client_id=None).is_for("other")


def test_a_launch_is_over_after_five_minutes(launch: Launch) -> None:
    text = Launches(SECRET).close(launch)
    assert Launches(SECRET).open_launch(text, NOW + timedelta(minutes=5)) is None


@pytest.mark.parametrize("text", ["", "jet", "a.b.c.d.e", "eyJhbGciOiJub25lIn0..."])
def test_a_launch_that_was_made_up_is_none(text: str) -> None:
    assert Launches(SECRET).open_launch(text, NOW) is None


def test_a_launch_of_another_service_is_none(launch: Launch) -> None:
    assert Launches(SECRET).open_launch(Launches(b"o" * 32).close(launch), NOW) is None


def test_a_launch_tells_nobody_whose_plan_it_is(launch: Launch) -> None:
    assert "jet" not in Launches(SECRET).close(launch)
