"""Access tokens of our own: which is believed, and each way in which one is not."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from issuers import AUDIENCE, ec_key, rsa_key, segment, signed
from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey

from dzop.auth import tokens
from dzop.auth.claims import Claims
from dzop.auth.resource_server.access_token import Expected
from dzop.auth.resource_server.configured import our_own
from dzop.auth.resource_server.jwks import OwnKeys, PublicKey
from dzop.auth.resource_server.reading import of_our_own
from dzop.auth.resource_server.verifier import MAX_LENGTH, ResourceServer, Trusted
from dzop.fhir.outcome import Unauthenticated

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ISSUER = "https://issuer.example/auth"
KEY = ECKey.import_key(ec_key(), {"alg": "ES256", "use": "sig", "kid": "ours"})
PUBLIC: PublicKey = ECKey.import_key(KEY.as_dict(private=False))
HEADER = {"alg": "ES256", "kid": "ours", "typ": "at+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "Practitioner/els",
    "scope": "user/*.rs",
    "exp": int(NOW.timestamp()) + 300,
    "iat": int(NOW.timestamp()),
}
LEEWAY = timedelta(seconds=30)


def service(**options: Any) -> ResourceServer:
    return ResourceServer(our_own((ISSUER,), (AUDIENCE,), {"ours": PUBLIC}.get), **options)


def expecting(**expected: Any) -> ResourceServer:
    usual: dict[str, Any] = {"issuer": ISSUER, "audience": (AUDIENCE,), "algorithms": ("ES256",)}
    rules = Expected(**(usual | expected))
    return ResourceServer([Trusted(rules, OwnKeys({"ours": PUBLIC}.get), of_our_own)])


def issued(**options: Any) -> str:
    values: dict[str, Any] = {"subject": "Practitioner/els", "scope": "user/*.rs", "ttl": 300} | options
    return tokens.issue(KEY, issuer=ISSUER, audience=AUDIENCE, now=NOW, **values)


def token(**claims: Any) -> str:
    """A good token but for these claims; None leaves one out."""
    payload = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return signed(HEADER, payload, ec_key())


def headed(**members: Any) -> str:
    """A good token but for these members of its header; None leaves one out."""
    header = {name: value for name, value in (HEADER | members).items() if value is not None}
    return signed(header, CLAIMS, ec_key())


async def verified(text: str, now: datetime = NOW) -> Claims:
    return await service().verify(text, now)


async def test_a_valid_token_gives_its_claims() -> None:
    claims = await verified(
        issued(subject="RelatedPerson/an", role="informal-carer", client_id="app", patient="jet")
    )
    assert ("RelatedPerson/an", frozenset({"user/*.rs"}), "informal-carer", "app", "jet", False) == (
        claims.subject, claims.scopes, claims.role, claims.client_id, claims.patient, claims.is_system,
    )  # fmt: skip


async def test_the_token_that_the_bad_ones_are_made_from_is_good() -> None:
    assert (await verified(token())).subject == "Practitioner/els"


async def test_a_token_of_pyjwt_is_believed() -> None:
    text = jwt.encode(CLAIMS, ec_key(), "ES256", HEADER)
    assert (await verified(text)).subject == "Practitioner/els"


async def test_an_audience_may_be_one_of_several() -> None:
    assert (await verified(token(aud=["x", AUDIENCE]))).subject == "Practitioner/els"


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_the_type_of_an_access_token_may_be_written_as_any_media_type(typ: str) -> None:
    assert (await verified(headed(typ=typ))).subject == "Practitioner/els"


async def test_a_fraction_of_a_second_is_a_time() -> None:
    expires = NOW.timestamp() + 100.5
    assert (await verified(token(exp=expires))).expires == NOW + timedelta(seconds=100.5)


@pytest.mark.parametrize("member", ["jku", "x5u"])
async def test_a_link_to_keys_in_the_header_is_ignored(member: str) -> None:
    claims = await verified(headed(**{member: "https://evil.example/keys"}))
    assert claims.subject == "Practitioner/els"


@pytest.mark.parametrize(
    ("claim", "late"), [("exp", timedelta(0)), ("nbf", SECOND), ("iat", SECOND)], ids=["exp", "nbf", "iat"]
)
async def test_the_leeway_is_as_long_as_it_is_and_no_longer(claim: str, late: timedelta) -> None:
    edge = NOW + (-1 if claim == "exp" else 1) * (LEEWAY - SECOND)
    assert await verified(token(**{claim: int(edge.timestamp())}))
    beyond = NOW + (-1 if claim == "exp" else 1) * (LEEWAY + late)
    with pytest.raises(Unauthenticated):
        await verified(token(**{claim: int(beyond.timestamp())}))


async def test_a_remembered_token_ends_at_its_expiry_too() -> None:
    remembers, text = service(), token(exp=int(NOW.timestamp()) + 10)
    await remembers.verify(text, NOW)
    with pytest.raises(Unauthenticated, match="has expired"):
        await remembers.verify(text, NOW + 10 * SECOND + LEEWAY)


async def test_a_token_whose_key_was_taken_away_is_refused_though_it_was_remembered() -> None:
    keys = {"ours": PUBLIC}
    remembers, text = ResourceServer(our_own((ISSUER,), (AUDIENCE,), keys.get)), token()
    await remembers.verify(text, NOW)
    keys.clear()
    with pytest.raises(Unauthenticated, match="unknown key"):
        await remembers.verify(text, NOW)


async def test_a_token_whose_key_was_replaced_is_refused_though_it_was_remembered() -> None:
    keys = {"ours": PUBLIC}
    remembers, text = ResourceServer(our_own((ISSUER,), (AUDIENCE,), keys.get)), token()
    await remembers.verify(text, NOW)
    keys["ours"] = ECKey.import_key(ec_key(1).public_key(), {"kid": "ours"})
    with pytest.raises(Unauthenticated, match="signature"):
        await remembers.verify(text, NOW)


async def test_many_tokens_do_not_fill_the_memory() -> None:
    remembers = service(remember=2)
    for _ in range(5):
        await remembers.verify(issued(), NOW)
    assert len(remembers._verified) == 2


async def test_a_token_that_was_refused_is_not_remembered() -> None:
    remembers = service()
    with pytest.raises(Unauthenticated):
        await remembers.verify(token(aud="x"), NOW)
    assert len(remembers._verified) == 0


async def test_a_token_is_not_kept() -> None:
    remembers, text = service(), token()
    await remembers.verify(text, NOW)
    signature = text.rpartition(".")[2]
    assert signature not in repr(remembers._verified._entries)


def with_mac(secret: bytes) -> str:
    text = f"{segment(HEADER | {'alg': 'HS256'})}.{segment(CLAIMS)}"
    mac = hmac.digest(secret, text.encode(), "sha256")
    return f"{text}.{jwt.utils.base64url_encode(mac).decode()}"


def unsigned(alg: str) -> str:
    return f"{segment(HEADER | {'alg': alg})}.{segment(CLAIMS)}."


def nested_in_jwe() -> str:
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "typ": "at+jwt", "kid": "ours", "cty": "JWT"}
    recipient = ECKey.import_key(KEY.as_dict(private=False, use="enc", alg="ECDH-ES"))
    return jwe.encrypt_compact(header, token(), recipient)


def with_own_key(member: str, value: Any) -> str:
    return signed(HEADER | {member: value}, CLAIMS, ec_key(9))


def member_again(part: dict[str, Any], name: str, value: str) -> str:
    return f'{json.dumps(part)[:-1]}, "{name}": "{value}"}}'


def altered(part: int, text: str) -> str:
    parts = token().split(".")
    return ".".join(text if number == part else each for number, each in enumerate(parts))


BAD_TOKENS: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "not a token": lambda: "abc",
    "two parts": lambda: token().rpartition(".")[0],
    "four parts": lambda: token() + ".x",
    "nested JWE": nested_in_jwe,
    "header is no base64": lambda: altered(0, "!"),
    "header is no object": lambda: altered(0, segment("[]")),
    "header is deep": lambda: altered(0, segment("[" * 5000)),
    "payload is deep": lambda: altered(1, segment("[" * 5000)),
    "oversized": lambda: token(scope="x" * MAX_LENGTH),
    "alg none": lambda: unsigned("none"),
    "alg None": lambda: unsigned("None"),
    "no alg": lambda: headed(alg=None),
    "alg is a list": lambda: headed(alg=["ES256"]),
    "HS256 with the public key in PEM": lambda: with_mac(PUBLIC.as_pem(private=False)),
    "HS256 with the public key as JSON": lambda: with_mac(json.dumps(PUBLIC.as_dict()).encode()),
    "HS256 with the public key in DER": lambda: with_mac(PUBLIC.as_der(private=False)),
    "algorithm of another issuer": lambda: signed(HEADER | {"alg": "RS256"}, CLAIMS, rsa_key()),
    "other curve": lambda: headed(alg="ES384"),
    "unknown kid": lambda: headed(kid="other"),
    "kid is a path": lambda: headed(kid="../../../dev/null"),
    "kid is SQL": lambda: headed(kid="x' union select 'key' --"),
    "kid is a URL": lambda: headed(kid="http://127.0.0.1:1/keys#ours"),
    "kid is no text": lambda: headed(kid={}),
    "no kid": lambda: headed(kid=None),
    "own key in jwk": lambda: with_own_key(
        "jwk", jwt.algorithms.ECAlgorithm.to_jwk(ec_key(9).public_key(), as_dict=True)
    ),
    "own key by jku": lambda: with_own_key("jku", "https://evil.example/keys"),
    "own key by x5u": lambda: with_own_key("x5u", "https://evil.example/chain"),
    "own key by x5c": lambda: with_own_key("x5c", ["MIIB"]),
    "crit": lambda: headed(crit=["x"], x=1),
    "crit of b64": lambda: headed(crit=["b64"], b64=True),
    "b64": lambda: headed(b64=True),
    "payload in another form": lambda: headed(zip="DEF"),
    "says it is nested": lambda: headed(cty="JWT"),
    "wrong signature": lambda: signed(HEADER, CLAIMS, ec_key(1)),
    "no signature": lambda: altered(2, ""),
    "signature of zeros": lambda: altered(2, jwt.utils.base64url_encode(bytes(64)).decode()),
    "changed payload": lambda: altered(1, segment(CLAIMS | {"sub": "Practitioner/other"})),
    "payload is no object": lambda: signed(HEADER, [], ec_key()),
    "payload is no JSON": lambda: signed(HEADER, "x", ec_key()),
    "typ of an id token": lambda: headed(typ="JWT"),
    "typ of a logout token": lambda: headed(typ="logout+jwt"),
    "typ of a client assertion": lambda: headed(typ="client-authentication+jwt"),
    "no typ": lambda: headed(typ=None),
    "typ is a list": lambda: headed(typ=["at+jwt"]),
    "duplicate claim": lambda: signed(HEADER, member_again(CLAIMS, "sub", "Practitioner/other"), ec_key()),
    "duplicate header member": lambda: signed(member_again(HEADER, "alg", "ES256"), CLAIMS, ec_key()),
    "wrong iss": lambda: token(iss=ISSUER + "/"),
    "iss in capitals": lambda: token(iss=ISSUER.upper()),
    "iss is a list": lambda: token(iss=[ISSUER]),
    "no iss": lambda: token(iss=None),
    "wrong aud": lambda: token(aud=AUDIENCE + "/x"),
    "aud begins like ours": lambda: token(aud=AUDIENCE[:-1]),
    "aud is an object": lambda: token(aud={AUDIENCE: True}),
    "aud is empty": lambda: token(aud=[]),
    "no aud": lambda: token(aud=None),
    "missing exp": lambda: token(exp=None),
    "exp is text": lambda: token(exp="9999999999"),
    "exp is true": lambda: token(exp=True),
    "exp is huge": lambda: token(exp=10**18),
    "exp is endless": lambda: token(exp=float("inf")),
    "exp is no number": lambda: token(exp=float("nan")),
    "exp is negative": lambda: token(exp=-1),
    "exp is far before any calendar": lambda: token(exp=-(10**18)),
    "expired": lambda: token(exp=CLAIMS["iat"] - 60),
    "not before": lambda: token(nbf=CLAIMS["iat"] + 60),
    "nbf is text": lambda: token(nbf="now"),
    "nbf is huge": lambda: token(nbf=10**18),
    "issued in the future": lambda: token(iat=CLAIMS["iat"] + 60),
    "iat is a list": lambda: token(iat=[CLAIMS["iat"]]),
    "azp of another than client_id": lambda: token(client_id="app", azp="other"),
    "client_id is a list": lambda: token(client_id=["app"]),
    "bound to a key": lambda: token(cnf={"jkt": "x"}),
    "no subject": lambda: token(sub=None),
    "subject is no actor": lambda: token(sub="Goal/x"),
    "subject is a URL": lambda: token(sub="https://x/Patient/1"),
    "subject ends in a line break": lambda: token(sub="Patient/a\n"),
    "scope is a list": lambda: token(scope=["user/*.rs"]),
    "scp is a list of numbers": lambda: token(scope=None, scp=[1]),
    "patient is a list": lambda: token(patient=["a", "b"]),
    "patient is a URL": lambda: token(patient="https://x/Patient/1"),
    "patient is a reference": lambda: token(patient="Patient/1"),
    "role is a list": lambda: token(role=["case-manager"]),
    "role is a sentence": lambda: token(role="' or 1=1"),
    "jti is a number": lambda: token(jti=7),
    "grant is an object": lambda: token(grant={}),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_a_bad_token_is_refused(name: str) -> None:
    with pytest.raises(Unauthenticated):
        await verified(BAD_TOKENS[name]())


async def test_the_last_instant_of_the_calendar_is_a_time() -> None:
    assert (await verified(token(exp=253402300799))).expires.year == 9999


async def test_an_error_repeats_nothing_of_the_token() -> None:
    with pytest.raises(Unauthenticated) as caught:
        await verified(token(patient="<script>"))
    assert "script" not in str(caught.value)


@pytest.mark.parametrize(
    ("expected", "bad"),
    [
        ({"required": {"typ": "Bearer"}}, {}),
        ({"required": {"typ": "Bearer"}}, {"typ": "ID"}),
        ({"required": {"verified": 1}}, {"verified": True}),
        ({"required": {"verified": True}}, {"verified": 1}),
        ({"clients": frozenset({"app"})}, {}),
        ({"clients": frozenset({"app"})}, {"client_id": "other"}),
        ({"clients": frozenset({"app"})}, {"azp": "other"}),
    ],
)
async def test_a_token_that_lacks_what_its_issuer_must_say_is_refused(
    expected: dict[str, Any], bad: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        await expecting(**expected).verify(token(**bad), NOW)


@pytest.mark.parametrize(
    ("expected", "good"),
    [
        ({"required": {"typ": "Bearer"}}, {"typ": "Bearer"}),
        ({"clients": frozenset({"app"})}, {"client_id": "app"}),
        ({"clients": frozenset({"app"})}, {"azp": "app"}),
        ({"clients": frozenset({"app"})}, {"azp": "app", "client_id": "app"}),
    ],
)
async def test_a_token_that_says_what_its_issuer_must_say_is_believed(
    expected: dict[str, Any], good: dict[str, Any]
) -> None:
    assert await expecting(**expected).verify(token(**good), NOW)


async def test_a_key_for_one_algorithm_verifies_no_other() -> None:
    pss = jwt.encode(CLAIMS | {"iss": "rsa"}, rsa_key(), "PS256", {"kid": "rsa", "typ": "at+jwt"})
    key = RSAKey.import_key(rsa_key().public_key(), {"kid": "rsa", "alg": "RS256"})
    rules = Expected("rsa", (AUDIENCE,), ("RS256", "PS256"))
    with pytest.raises(Unauthenticated, match="not for"):
        await ResourceServer([Trusted(rules, OwnKeys({"rsa": key}.get), of_our_own)]).verify(pss, NOW)
