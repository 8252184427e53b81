"""Opaque tokens: their issuer is asked, its answer is held to the same rules, and remembered for a second."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import pytest_asyncio
from issuers import AUDIENCE, DISCOVERY, Issuer, ec_key, jwk, rsa_key
from joserfc.jwk import ECKey, RSAKey
from structlog.testing import capture_logs

from dzop.auth.resource_server.configured import trusting
from dzop.auth.resource_server.introspection import REMEMBERED
from dzop.auth.resource_server.issuers import read_issuers
from dzop.auth.resource_server.verifier import ResourceServer
from dzop.fhir.outcome import Unauthenticated, Unavailable

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OPAQUE = "mF_9~B5f-4_1JqM"
SECRET = 'secret_file = "secret"'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("introspection")
    (folder / "secret").write_text("hush: hush+\n")
    for name, key in (("rsa", RSAKey.import_key(rsa_key())), ("ec", ECKey.import_key(ec_key()))):
        (folder / f"{name}.json").write_text(json.dumps(key.as_dict(private=True) | {"kid": name}))
    return folder


def trusting_only(issuer: Issuer, folder: Path, proof: str = SECRET, settings: str = "") -> Any:
    text = (
        f'[[issuer]]\nname = "iam"\nissuer = "{issuer.url}"\n{settings}\n'
        f'[issuer.introspection]\nclient_id = "dz:op"\n{proof}\n'
    )
    return trusting([], read_issuers(text, folder), AUDIENCE)


def tell(issuer: Issuer, **claims: Any) -> None:
    """From now on the token is active, with good claims but for these; None leaves one out."""
    issuer.tell(DISCOVERY, {"issuer": issuer.url, "introspection_endpoint": f"{issuer.url}/introspect"})
    active = {"active": True, "token_type": "Bearer"} | claims
    answer = issuer.claims(NOW, **active)
    issuer.tell("/introspect", answer)


@pytest_asyncio.fixture
async def service(issuer: Issuer, folder: Path) -> AsyncIterator[ResourceServer]:
    async with trusting_only(issuer, folder) as service:
        yield service


async def test_an_active_token_gives_its_claims(issuer: Issuer, service: ResourceServer) -> None:
    tell(issuer, jti="7")
    claims = await service.verify(OPAQUE, NOW)
    assert (claims.subject, claims.client_id, claims.scopes, claims.issuer, claims.token_id) == (
        "", "app", frozenset({"user/*.rs"}), issuer.url, "7",
    )  # fmt: skip


async def test_an_answer_need_not_repeat_its_issuer(issuer: Issuer, service: ResourceServer) -> None:
    tell(issuer, iss=None)
    assert (await service.verify(OPAQUE, NOW)).issuer == issuer.url


async def test_the_endpoint_may_be_configured(issuer: Issuer, folder: Path) -> None:
    tell(issuer)
    proof = f'{SECRET}\nendpoint = "{issuer.url}/introspect"'
    async with trusting_only(issuer, folder, proof) as service:
        await service.verify(OPAQUE, NOW)
    assert issuer.asked == ["/introspect"]


async def test_the_issuer_is_asked_about_an_access_token(issuer: Issuer, service: ResourceServer) -> None:
    tell(issuer)
    await service.verify(OPAQUE, NOW)
    assert parse_qs(issuer.forms[0]) == {"token": [OPAQUE], "token_type_hint": ["access_token"]}


async def test_a_secret_is_sent_as_the_rfc_writes_it(issuer: Issuer, service: ResourceServer) -> None:
    tell(issuer)
    await service.verify(OPAQUE, NOW)
    assert issuer.authorizations == ["Basic ZHolM0FvcDpodXNoJTNBK2h1c2glMkI="]


@pytest.mark.parametrize(("name", "algorithm"), [("rsa", "RS256"), ("ec", "ES256")])
async def test_a_key_signs_who_asks(issuer: Issuer, folder: Path, name: str, algorithm: str) -> None:
    tell(issuer)
    async with trusting_only(issuer, folder, f'key_file = "{name}.json"') as service:
        await service.verify(OPAQUE, NOW)
    (assertion,) = parse_qs(issuer.forms[0])["client_assertion"]
    key = rsa_key().public_key() if name == "rsa" else ec_key().public_key()
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(assertion, key, [algorithm], options, audience=issuer.url)  # type: ignore[arg-type]
    assert (claims["iss"], claims["sub"], claims["exp"] - claims["iat"]) == ("dz:op", "dz:op", 60)


BAD_ANSWERS: dict[str, dict[str, Any]] = {
    "inactive": {"active": False},
    "active in words": {"active": "true"},
    "active by a number": {"active": 1},
    "without a word on it": {"active": None},
    "a refresh token": {"token_type": None},
    "bound to a key": {"token_type": "DPoP"},
    "of another issuer": {"iss": "https://evil.example"},
    "for another service": {"aud": "https://other.example"},
    "for nobody": {"aud": None},
    "without an end": {"exp": None},
    "expired": {"exp": int(NOW.timestamp()) - 60},
    "not valid yet": {"nbf": int(NOW.timestamp()) + 60},
    "with many scopes in a list": {"scope": ["user/*.rs"]},
    "with several patients": {"patient": ["a", "b"]},
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
async def test_a_token_is_refused_that_is(issuer: Issuer, service: ResourceServer, name: str) -> None:
    tell(issuer, **BAD_ANSWERS[name])
    with pytest.raises(Unauthenticated):
        await service.verify(OPAQUE, NOW)


async def test_clients_that_are_not_accepted_are_refused(issuer: Issuer, folder: Path) -> None:
    tell(issuer, client_id="other")
    async with trusting_only(issuer, folder, settings='clients = ["app"]') as service:
        with pytest.raises(Unauthenticated):
            await service.verify(OPAQUE, NOW)


@pytest.mark.parametrize("token", ["a b", "a\nb", "a&token=b", "é", "<x>", "a'--", "=", ""])
async def test_what_is_no_token_is_not_passed_on(issuer: Issuer, service: ResourceServer, token: str) -> None:
    tell(issuer)
    with pytest.raises(Unauthenticated):
        await service.verify(token, NOW)
    assert issuer.forms == []


@pytest.mark.parametrize("parts", [3, 5])
async def test_what_looks_signed_or_sealed_is_not_passed_on(
    issuer: Issuer, service: ResourceServer, parts: int
) -> None:
    tell(issuer)
    with pytest.raises(Unauthenticated):
        await service.verify(".".join(["e30"] * parts), NOW)
    assert issuer.forms == []


async def test_an_opaque_token_is_refused_where_nobody_is_asked(issuer: Issuer) -> None:
    text = f'[[issuer]]\nname = "iam"\nissuer = "{issuer.url}"'
    async with trusting([], read_issuers(text, Path()), AUDIENCE) as service:
        with pytest.raises(Unauthenticated):
            await service.verify(OPAQUE, NOW)


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 500, 503])
async def test_an_issuer_that_does_not_answer_is_no_reason_to_call_the_token_bad(
    issuer: Issuer, service: ResourceServer, status: int
) -> None:
    tell(issuer)
    issuer.tell("/introspect", {"active": True}, status, Location="/introspect")
    with pytest.raises(Unavailable):
        await service.verify(OPAQUE, NOW)


@pytest.mark.parametrize("answer", [b"", b"x", b"[]", b'{"active": false, "active": true}', b"x" * 300_000])
async def test_an_answer_that_cannot_be_read_is_none(
    issuer: Issuer, service: ResourceServer, answer: bytes
) -> None:
    tell(issuer)
    issuer.tell("/introspect", answer)
    with pytest.raises(Unavailable):
        await service.verify(OPAQUE, NOW)


async def test_an_issuer_that_is_back_is_asked_at_once(issuer: Issuer, service: ResourceServer) -> None:
    with pytest.raises(Unavailable):
        await service.verify(OPAQUE, NOW)
    tell(issuer)
    assert await service.verify(OPAQUE, NOW)


async def test_an_answer_counts_for_less_than_a_second(issuer: Issuer, service: ResourceServer) -> None:
    tell(issuer)
    await service.verify(OPAQUE, NOW)
    await service.verify(OPAQUE, NOW + SECOND * 0.9)
    assert issuer.asked.count("/introspect") == 1


async def test_a_revoked_token_is_refused_a_second_later(issuer: Issuer, service: ResourceServer) -> None:
    tell(issuer)
    await service.verify(OPAQUE, NOW)
    tell(issuer, active=False)
    with pytest.raises(Unauthenticated):
        await service.verify(OPAQUE, NOW + SECOND)


def test_an_answer_is_not_remembered_for_more_than_a_second() -> None:
    assert REMEMBERED <= SECOND


async def test_a_remembered_answer_ends_with_the_token(issuer: Issuer, service: ResourceServer) -> None:
    tell(issuer, exp=int(NOW.timestamp()) - 29)
    await service.verify(OPAQUE, NOW + SECOND * 0.5)
    with pytest.raises(Unauthenticated, match="expired"):
        await service.verify(OPAQUE, NOW + SECOND)
    assert issuer.asked.count("/introspect") == 1


async def test_a_token_that_is_not_active_is_not_asked_about_at_every_attempt(
    issuer: Issuer, service: ResourceServer
) -> None:
    tell(issuer, active=False)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await service.verify(OPAQUE, NOW)
    assert issuer.asked.count("/introspect") == 1


async def test_many_who_bring_one_token_at_once_ask_once(issuer: Issuer, service: ResourceServer) -> None:
    tell(issuer)
    await asyncio.gather(*(service.verify(OPAQUE, NOW) for _ in range(20)))
    assert issuer.asked.count("/introspect") == 1


async def test_answers_are_not_kept_without_end(issuer: Issuer, service: ResourceServer) -> None:
    tell(issuer)
    asked = service._introspected
    assert asked is not None
    for number in range(5):
        await asked.verify(f"{OPAQUE}{number}", NOW + number * SECOND)
    assert len(asked._answers) == 1


async def test_the_log_tells_who_does_not_answer_and_nothing_of_the_token(
    issuer: Issuer, service: ResourceServer
) -> None:
    tell(issuer)
    issuer.tell("/introspect", {"error": f"no {OPAQUE}"}, 500)
    with capture_logs() as logs, pytest.raises(Unavailable):
        await service.verify(OPAQUE, NOW)
    assert [(each["event"], each["host"]) for each in logs] == [("issuer.unreachable", issuer.url[7:])]
    assert OPAQUE not in repr(logs)


async def test_a_signed_token_that_is_revoked_is_refused_where_it_is_asked_about(
    issuer: Issuer, folder: Path
) -> None:
    async with trusting_only(issuer, folder, f"{SECRET}\nsigned = true") as service:
        issuer.publish(jwk(rsa_key(), "one"))
        endpoint = f"{issuer.url}/introspect"
        issuer.tell(
            DISCOVERY,
            {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys", "introspection_endpoint": endpoint},
        )
        issuer.tell("/introspect", {"active": True})
        token = issuer.token(rsa_key(), "one", NOW)
        before = await service.verify(token, NOW)
        issuer.tell("/introspect", {"active": False})
        with pytest.raises(Unauthenticated):
            await service.verify(token, NOW + SECOND)
    assert before.client_id == "app"


async def test_a_signed_token_must_hold_whatever_is_said_of_it(issuer: Issuer, folder: Path) -> None:
    async with trusting_only(issuer, folder, f"{SECRET}\nsigned = true") as service:
        issuer.publish(jwk(rsa_key(), "one"))
        issuer.tell("/introspect", {"active": True})
        with pytest.raises(Unauthenticated):
            await service.verify(issuer.token(rsa_key(1), "one", NOW), NOW)
    assert issuer.forms == []
