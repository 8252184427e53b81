"""What the operator takes back, two running applications on one database and one folder of keys refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from joserfc.jwk import ECKey
from serving import Service, eventually, in_process

from dzop.auth import registry
from dzop.auth.keys import issuer_ring, signing_key
from dzop.auth.tokens import issue
from dzop.settings import Settings
from dzop.store.database import Database


@pytest.fixture(scope="module")
def workers(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Service]]:
    folder = tmp_path_factory.mktemp("two")
    with in_process(database, folder) as one, in_process(database, folder) as other:
        yield one, other


def token(worker: Service, client_id: str, key: ECKey | None = None) -> str:
    settings = Settings()
    return issue(
        key or signing_key(worker.var / "keys"),
        issuer=settings.issuer,
        audience=settings.audience,
        subject="system",
        scope="system/*.rs",
        ttl=3600,
        now=datetime.now(UTC),
        client_id=client_id,
    )


def answers(workers: tuple[Service, Service], bearer: str) -> list[int]:
    """What the same request with this token comes to in each worker."""
    headers = {"Authorization": f"Bearer {bearer}"}
    return [httpx.get(f"{worker.fhir}/Goal?_id=none", headers=headers).status_code for worker in workers]


def changed(database: str, client_id: str, *, disabled: bool) -> None:
    async def change() -> None:
        async with Database.opened(database, 1) as opened:
            if disabled:
                await registry.disable(opened, client_id, datetime.now(UTC))
            else:
                await registry.enable(opened, client_id)

    asyncio.run(change())


def test_a_token_of_a_disabled_client_is_refused_by_every_worker(
    workers: tuple[Service, Service], database: str
) -> None:
    client_id = f"app-{uuid4().hex}"
    bearer = token(workers[0], client_id)
    before = answers(workers, bearer)
    changed(database, client_id, disabled=True)
    assert (before, eventually(lambda: answers(workers, bearer) == [401, 401])) == ([200, 200], True)


def test_a_token_of_an_enabled_client_is_accepted_by_every_worker(
    workers: tuple[Service, Service], database: str
) -> None:
    client_id = f"app-{uuid4().hex}"
    bearer = token(workers[0], client_id)
    changed(database, client_id, disabled=True)
    eventually(lambda: answers(workers, bearer) == [401, 401])
    changed(database, client_id, disabled=False)
    assert eventually(lambda: answers(workers, bearer) == [200, 200])


def test_a_token_of_a_new_key_is_accepted_at_once_by_every_worker(workers: tuple[Service, Service]) -> None:
    new = issuer_ring(workers[0].var / "keys").rotate(datetime.now(UTC), at_once=True)
    assert answers(workers, token(workers[0], "tests", new)) == [200, 200]


def test_a_token_of_the_key_before_goes_on(workers: tuple[Service, Service]) -> None:
    bearer = token(workers[0], "tests")
    issuer_ring(workers[0].var / "keys").rotate(datetime.now(UTC), at_once=True)
    assert answers(workers, bearer) == [200, 200]


def test_a_token_of_a_revoked_key_is_refused_by_every_worker(workers: tuple[Service, Service]) -> None:
    folder, now = workers[0].var / "keys", datetime.now(UTC)
    stolen = issuer_ring(folder).rotate(now, at_once=True)
    bearer = token(workers[0], "tests", stolen)
    before = answers(workers, bearer)
    issuer_ring(folder).revoke(str(stolen.kid), now)
    assert (before, eventually(lambda: answers(workers, bearer) == [401, 401])) == ([200, 200], True)


def test_the_key_set_of_every_worker_has_the_new_key(workers: tuple[Service, Service]) -> None:
    new = issuer_ring(workers[0].var / "keys").rotate(datetime.now(UTC)).kid

    def published() -> bool:
        sets = [httpx.get(f"{worker.url}/auth/jwks").json()["keys"] for worker in workers]
        return all(new in {key["kid"] for key in keys} for keys in sets)

    assert eventually(published)


def test_one_address_cannot_register_without_end(workers: tuple[Service, Service]) -> None:
    with httpx.Client(base_url=workers[0].url) as client:
        answers = [client.post("/auth/register", json={}) for _ in range(61)]
    assert ({each.status_code for each in answers[:60]}, answers[60].status_code) == ({403}, 429)


def test_software_cannot_launch_an_app_on_a_plan_that_it_may_not_open(
    workers: tuple[Service, Service],
) -> None:
    bearer = {"Authorization": f"Bearer {workers[0].token('Organization/nobody')}"}
    answer = httpx.post(f"{workers[0].url}/auth/launch", json={"patient": "nobody"}, headers=bearer)
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")
