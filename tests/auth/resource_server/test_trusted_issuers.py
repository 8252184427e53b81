"""Signed tokens of issuers that are trusted: each by its own rules and keys, and what their claims come to here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from issuers import AUDIENCE, Issuer, ec_key, issuing, jwk, rsa_key

from dzop.auth.claims import Identity
from dzop.auth.resource_server.configured import trusting
from dzop.auth.resource_server.issuers import ALGORITHMS, read_issuers
from dzop.auth.resource_server.verifier import ResourceServer
from dzop.fhir.outcome import Unauthenticated

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


@pytest.fixture
def other() -> Iterator[Issuer]:
    with issuing() as other:
        yield other


def trusting_these(*tables: tuple[str, Issuer, str]) -> AbstractAsyncContextManager[ResourceServer]:
    """A resource server that trusts these: a name, the issuer, and what else its table says."""
    text = "".join(
        f'[[issuer]]\nname = "{name}"\nissuer = "{issuer.url}"\n{rest}\n' for name, issuer, rest in tables
    )
    return trusting([], read_issuers(text, Path()), AUDIENCE)


@pytest_asyncio.fixture
async def service(issuer: Issuer) -> AsyncIterator[ResourceServer]:
    issuer.publish(jwk(rsa_key(), "rsa"), jwk(ec_key(), "ec"))
    async with trusting_these(("iam", issuer, 'claims = { fhir_user = "fhirUser" }')) as service:
        yield service


async def test_its_token_names_nobody_here_until_somebody_is_found(
    issuer: Issuer, service: ResourceServer
) -> None:
    token = issuer.token(
        rsa_key(),
        "rsa",
        NOW,
        sub="Patient/jet",
        role="case-manager",
        sid="1",
        grant="2",
        fhirUser="Patient/an",
    )
    claims = await service.verify(token, NOW)
    assert (claims.subject, claims.role, claims.session, claims.grant, claims.identity) == (
        "", None, None, None, Identity(fhir_user="Patient/an"),
    )  # fmt: skip


async def test_its_token_tells_how_sure_it_is(issuer: Issuer, service: ResourceServer) -> None:
    claims = await service.verify(issuer.token(ec_key(), "ec", NOW, acr="high"), NOW)
    assert claims.acr == "high"


async def test_one_algorithm_does_not_verify_with_the_key_of_another(
    issuer: Issuer, service: ResourceServer
) -> None:
    token = jwt.encode(issuer.claims(NOW), ec_key(), "ES256", {"kid": "rsa", "typ": "at+jwt"})
    with pytest.raises(Unauthenticated):
        await service.verify(token, NOW)


async def test_the_key_of_one_issuer_signs_no_token_of_another(issuer: Issuer, other: Issuer) -> None:
    issuer.publish(jwk(rsa_key(), "same"))
    other.publish(jwk(rsa_key(1), "same"))
    async with trusting_these(("one", issuer, ""), ("other", other, "")) as service:
        assert await service.verify(issuer.token(rsa_key(), "same", NOW), NOW)
        with pytest.raises(Unauthenticated, match="signature"):
            await service.verify(issuer.token(rsa_key(1), "same", NOW), NOW)


async def test_the_rules_of_one_issuer_are_not_those_of_another(issuer: Issuer, other: Issuer) -> None:
    other.publish(jwk(rsa_key(), "rsa"))
    async with trusting_these(("one", issuer, ""), ("other", other, 'algorithms = ["ES256"]')) as service:
        with pytest.raises(Unauthenticated, match="algorithm"):
            await service.verify(other.token(rsa_key(), "rsa", NOW), NOW)


async def test_an_issuer_that_is_not_trusted_is_never_asked(service: ResourceServer, other: Issuer) -> None:
    other.publish(jwk(rsa_key(), "rsa"))
    with pytest.raises(Unauthenticated, match="another issuer"):
        await service.verify(other.token(rsa_key(), "rsa", NOW), NOW)
    assert other.asked == []


SIGNERS: dict[str, Any] = {
    "RS256": rsa_key, "RS384": rsa_key, "RS512": rsa_key, "PS256": rsa_key, "PS384": rsa_key, "PS512": rsa_key,
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()), "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
}  # fmt: skip


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
async def test_every_algorithm_that_may_be_configured_works(issuer: Issuer, algorithm: str) -> None:
    key = SIGNERS[algorithm]()
    public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    issuer.publish({**public, "kid": "key", "use": "sig", "alg": algorithm})
    token = jwt.encode(issuer.claims(NOW), key, algorithm, {"kid": "key", "typ": "at+jwt"})
    async with trusting_these(("iam", issuer, f'algorithms = ["{algorithm}"]')) as service:
        assert await service.verify(token, NOW)


async def test_its_audience_may_be_configured(issuer: Issuer) -> None:
    issuer.publish(jwk(rsa_key(), "rsa"))
    async with trusting_these(("iam", issuer, 'audience = ["dzop"]')) as service:
        assert await service.verify(issuer.token(rsa_key(), "rsa", NOW, aud=["account", "dzop"]), NOW)


async def test_a_configured_audience_takes_the_place_of_the_usual(issuer: Issuer) -> None:
    issuer.publish(jwk(rsa_key(), "rsa"))
    async with trusting_these(("iam", issuer, 'audience = ["dzop"]')) as service:
        with pytest.raises(Unauthenticated, match="another service"):
            await service.verify(issuer.token(rsa_key(), "rsa", NOW), NOW)


KEYCLOAK = 'types = ["JWT"]\nrequired = { typ = "Bearer" }'


@pytest.mark.parametrize(("says", "is_believed"), [("Bearer", True), ("ID", False), (None, False)])
async def test_an_id_token_of_keycloak_is_no_access_token(
    issuer: Issuer, says: str | None, is_believed: bool
) -> None:
    issuer.publish(jwk(rsa_key(), "rsa"))
    claims = issuer.claims(NOW, typ=says, azp="app", client_id=None)
    token = jwt.encode(claims, rsa_key(), "RS256", {"kid": "rsa"})
    async with trusting_these(("iam", issuer, KEYCLOAK)) as service:
        try:
            found = (await service.verify(token, NOW)).client_id
        except Unauthenticated:
            found = None
    assert (found == "app") is is_believed


@pytest.mark.parametrize(
    ("claims", "configured", "scopes"),
    [
        ({"scope": "openid profile"}, "user/*.rs", {"openid", "profile", "user/*.rs"}),
        ({"scope": "user/Goal.rs"}, "user/*.cruds", {"user/Goal.rs"}),
        ({"scope": "openid"}, "", {"openid"}),
        ({"scope": None}, "", set()),
        ({"scope": None}, "user/*.rs", {"user/*.rs"}),
        ({"scope": None, "scp": ["user/Goal.rs", "openid"]}, "user/*.rs", {"user/Goal.rs", "openid"}),
        ({"scope": "user/Goal.rs", "scp": ["user/*.cruds"]}, "", {"user/Goal.rs"}),
    ],
)
async def test_a_token_may_do_what_its_scopes_say_and_else_what_is_configured(
    issuer: Issuer, claims: dict[str, Any], configured: str, scopes: set[str]
) -> None:
    issuer.publish(jwk(rsa_key(), "rsa"))
    async with trusting_these(("iam", issuer, f'scope = "{configured}"')) as service:
        found = await service.verify(issuer.token(rsa_key(), "rsa", NOW, **claims), NOW)
    assert found.scopes == scopes


async def test_a_stop_leaves_nothing_under_way(issuer: Issuer) -> None:
    issuer.publish(jwk(rsa_key(), "rsa"))
    issuer.answers.clear()
    async with trusting_these(("iam", issuer, "")) as service:
        keys = service._trusted[issuer.url].keys
        assert keys.held("rsa", NOW) is None
    assert keys._fetching.cancelling() == 1  # type: ignore[attr-defined]
