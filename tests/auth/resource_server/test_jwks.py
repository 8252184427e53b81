"""Keys of an issuer: fetched when needed, refreshed by age and for an unknown one, and held through an outage."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from issuers import DISCOVERY, Issuer, ec_key, jwk, rsa_key

from dzop.auth.resource_server.fetching import MAX_BYTES, Unreachable
from dzop.auth.resource_server.issuers import TrustedIssuer
from dzop.auth.resource_server.jwks import AGAIN, KEPT, REFRESHED, RemoteKeys, usable
from dzop.fhir.outcome import Unavailable

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIRST, SECOND_KEY = jwk(rsa_key(), "first"), jwk(rsa_key(1), "second")


def keys_of(issuer: Issuer, http: httpx.AsyncClient, **settings: Any) -> RemoteKeys:
    return RemoteKeys(TrustedIssuer(name="iam", issuer=issuer.url, **settings), http)


async def refreshed(keys: RemoteKeys) -> None:
    """Returns when what was started in the background is done."""
    if keys._fetching is not None:
        await keys._fetching


async def test_keys_are_found_by_discovery(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    key = await keys_of(issuer, http).key("first", NOW)
    assert (key is not None and key.kid, issuer.asked) == ("first", [DISCOVERY, "/keys"])


async def test_a_configured_address_needs_no_discovery(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    await keys_of(issuer, http, jwks_uri=f"{issuer.url}/keys").key("first", NOW)
    assert issuer.asked == ["/keys"]


async def test_keys_are_found_by_the_metadata_of_oauth(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    issuer.documents["/.well-known/oauth-authorization-server"] = issuer.documents.pop(DISCOVERY)
    assert await keys_of(issuer, http).key("first", NOW) is not None


async def test_metadata_of_another_issuer_lead_to_no_keys(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    issuer.tell(DISCOVERY, {"issuer": f"{issuer.url}/", "jwks_uri": f"{issuer.url}/keys"})
    with pytest.raises(Unavailable):
        await keys_of(issuer, http).key("first", NOW)


@pytest.mark.parametrize(
    "address", ["http://10.0.0.1/keys", "file:///etc/passwd", "https://x/#a", "", None, 7]
)
async def test_keys_are_not_fetched_from_where_nobody_may_be_asked(
    issuer: Issuer, http: httpx.AsyncClient, address: object
) -> None:
    issuer.tell(DISCOVERY, {"issuer": issuer.url, "jwks_uri": address})
    with pytest.raises(Unavailable):
        await keys_of(issuer, http).key("first", NOW)


async def test_a_redirect_to_keys_is_not_followed(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    issuer.documents["/other"] = issuer.documents["/keys"]
    issuer.tell("/keys", {}, 302, Location="/other")
    with pytest.raises(Unavailable):
        await keys_of(issuer, http).key("first", NOW)


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"nonsense", b"[]", b'{"keys": {}}', b'{"keys": [], "keys": []}', b'{"keys": []}' + b" " * MAX_BYTES,
        b"[" * 100_000,
    ],
    ids=["nothing", "no JSON", "a list", "no list of keys", "a repeated member", "too long", "too deep"],
)  # fmt: skip
async def test_what_is_no_list_of_keys_counts_as_an_outage(
    issuer: Issuer, http: httpx.AsyncClient, answer: bytes
) -> None:
    issuer.publish()
    issuer.tell("/keys", answer)
    with pytest.raises(Unavailable):
        await keys_of(issuer, http).key("first", NOW)


async def test_an_outage_says_when_to_try_again(issuer: Issuer, http: httpx.AsyncClient) -> None:
    with pytest.raises(Unavailable) as caught:
        await keys_of(issuer, http).key("first", NOW)
    assert caught.value.retry_after == AGAIN.total_seconds()


async def test_a_new_key_is_looked_for(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    keys = keys_of(issuer, http)
    await keys.key("first", NOW)
    issuer.publish(FIRST, SECOND_KEY)
    assert await keys.key("second", NOW + AGAIN) is not None


async def test_forged_kids_make_no_load(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    keys = keys_of(issuer, http)
    for number in range(50):
        await keys.key(f"forged-{number}", NOW + number * SECOND / 10)
    assert issuer.asked.count("/keys") == 1


async def test_many_who_need_the_keys_at_once_ask_once(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    keys = keys_of(issuer, http)
    await asyncio.gather(*(keys.key("first", NOW) for _ in range(20)))
    assert issuer.asked.count("/keys") == 1


async def test_who_hangs_up_takes_nobody_elses_answer_away(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    issuer.answers.clear()
    keys = keys_of(issuer, http)
    impatient, patient = (asyncio.create_task(keys.key("first", NOW)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    issuer.answers.set()
    assert await patient is not None


async def test_keys_of_an_age_are_refreshed_while_the_request_goes_on(
    issuer: Issuer, http: httpx.AsyncClient
) -> None:
    issuer.publish(FIRST)
    keys = keys_of(issuer, http)
    await keys.key("first", NOW)
    issuer.answers.clear()  # nobody gets an answer, and yet:
    assert keys.held("first", NOW + REFRESHED) is not None


async def test_a_key_that_was_taken_away_is_gone_when_refreshed(
    issuer: Issuer, http: httpx.AsyncClient
) -> None:
    issuer.publish(FIRST, SECOND_KEY)
    keys = keys_of(issuer, http)
    await keys.key("first", NOW)
    issuer.publish(SECOND_KEY)
    keys.held("first", NOW + REFRESHED)
    await refreshed(keys)
    assert await keys.key("first", NOW + REFRESHED) is None


async def test_a_known_key_outlasts_an_outage(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    keys = keys_of(issuer, http)
    await keys.key("first", NOW)
    issuer.documents.clear()
    later = NOW + KEPT - SECOND
    keys.held("first", later)
    await refreshed(keys)
    assert await keys.key("first", later) is not None


async def test_an_outage_is_outlasted_for_a_day_and_no_longer(
    issuer: Issuer, http: httpx.AsyncClient
) -> None:
    issuer.publish(FIRST)
    keys = keys_of(issuer, http)
    await keys.key("first", NOW)
    issuer.documents.clear()
    with pytest.raises(Unavailable):
        await keys.key("first", NOW + KEPT)


async def test_an_unknown_key_during_an_outage_is_not_called_unknown(
    issuer: Issuer, http: httpx.AsyncClient
) -> None:
    issuer.publish(FIRST)
    keys = keys_of(issuer, http)
    await keys.key("first", NOW)
    issuer.documents.clear()
    with pytest.raises(Unavailable):
        await keys.key("second", NOW + AGAIN)


async def test_an_issuer_that_is_back_is_asked_again(issuer: Issuer, http: httpx.AsyncClient) -> None:
    keys = keys_of(issuer, http)
    with pytest.raises(Unavailable):
        await keys.key("first", NOW)
    issuer.publish(FIRST)
    assert await keys.key("first", NOW + AGAIN) is not None


async def test_a_clock_that_is_set_back_loses_no_keys(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    keys = keys_of(issuer, http)
    await keys.key("first", NOW)
    assert keys.held("first", NOW - timedelta(hours=1)) is not None


async def test_the_same_key_stays_the_same_object(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    keys = keys_of(issuer, http)
    before = await keys.key("first", NOW)
    keys.held("first", NOW + REFRESHED)
    await refreshed(keys)
    assert keys.held("first", NOW + REFRESHED) is before


async def test_another_key_under_the_same_name_is_another(issuer: Issuer, http: httpx.AsyncClient) -> None:
    issuer.publish(FIRST)
    keys = keys_of(issuer, http)
    before = await keys.key("first", NOW)
    issuer.publish(jwk(rsa_key(1), "first"))
    keys.held("first", NOW + REFRESHED)
    await refreshed(keys)
    assert keys.held("first", NOW + REFRESHED) is not before


UNUSABLE: dict[str, Any] = {
    "for encryption": FIRST | {"use": "enc"},
    "not to verify with": FIRST | {"key_ops": ["encrypt"]},
    "operations that are no list": FIRST | {"key_ops": "verify"},
    "of another algorithm": FIRST | {"alg": "RS512"},
    "a shared secret": {"kty": "oct", "kid": "first", "k": "c2VjcmV0"},
    "a shared secret that says RS256": {"kty": "oct", "kid": "first", "k": "c2VjcmV0", "alg": "RS256"},
    "of an unknown type": FIRST | {"kty": "XYZ"},
    "too weak": jwk(rsa_key(0, 1024), "first"),
    "without a name": {name: value for name, value in FIRST.items() if name != "kid"},
    "named by a number": FIRST | {"kid": 1},
    "with its private half": FIRST | {"d": "AQAB"},
    "of an unknown curve": jwk(ec_key(), "first") | {"crv": "P-1"},
    "a point off its curve": jwk(ec_key(), "first") | {"x": "AAAA"},
    "without its modulus": {name: value for name, value in FIRST.items() if name != "n"},
    "no object": "first",
}


@pytest.mark.filterwarnings("ignore:Key size")
@pytest.mark.parametrize("name", UNUSABLE)
def test_a_key_is_not_used_when_it_is(name: str) -> None:
    others = usable({"keys": [UNUSABLE[name], SECOND_KEY]}, ("RS256", "ES256"))
    assert list(others) == ["second"]


@pytest.mark.parametrize("key", [FIRST, FIRST | {"alg": "RS256"}, jwk(ec_key(), "first")])
def test_a_key_is_used_when_it_may_verify(key: dict[str, Any]) -> None:
    assert list(usable({"keys": [key]}, ("RS256", "ES256"))) == ["first"]


def test_a_name_of_two_keys_names_none() -> None:
    assert usable({"keys": [FIRST, jwk(rsa_key(1), "first")]}, ("RS256",)) == {}


def test_no_keys_is_an_answer() -> None:
    assert usable({"keys": []}, ("RS256",)) == {}


def test_no_list_is_none() -> None:
    with pytest.raises(Unreachable):
        usable({}, ("RS256",))
