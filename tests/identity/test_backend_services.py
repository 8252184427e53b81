"""Organisations' systems with a key of their own: what they must show, and what they get for it.

https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from apps import ISSUER, TOKEN, App, Care, Key
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm
from persons import Person
from resources import entity

MINUTE = 60


@pytest.fixture
def system(care: Care, jet: Person) -> App:
    """The software of the nurse's employer."""
    return care.system(jet.ref("Organization", "employer-nurse"))


def error_of(system: App, assertion: str, **form: Any) -> str:
    """What is told to who shows this assertion."""
    response = system.credentials(client_assertion=assertion, **form)
    assert response.status_code in (400, 401), response.text
    return str(response.json()["error"])


def test_a_system_gets_a_token_of_five_minutes_for_its_organisation(system: App) -> None:
    answer = system.credentials("system/*.rs").json()
    said = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert (answer["expires_in"], said["sub"], answer["scope"]) == (
        300,
        system.client.organization,
        "system/*.rs",
    )


def test_a_system_gets_no_refresh_token(system: App) -> None:
    assert "refresh_token" not in system.credentials().json()


def test_the_token_of_a_system_opens_what_its_organisation_may_see(system: App) -> None:
    token = system.credentials().json()["access_token"]
    assert system.read("Organization", token).status_code == 200


def test_the_token_of_a_system_ends_after_five_minutes_and_the_clocks_difference(
    care: Care, system: App
) -> None:
    token = system.credentials().json()["access_token"]
    care.wait(minutes=6)
    assert system.read("Organization", token).status_code == 401


def rsa_key() -> tuple[Any, dict[str, Any]]:
    private = rsa.generate_private_key(65537, 2048)
    return private, {**RSAAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": "one", "use": "sig"}


@pytest.mark.parametrize("alg", ["RS384", "PS384", "RS256"])
def test_an_rsa_key_will_do(care: Care, jet: Person, alg: str) -> None:
    private, public = rsa_key()
    system = care.system(jet.ref("Organization", "employer-nurse"), jwks={"keys": [public]})
    assert system.credentials(client_assertion=system.assertion(private, alg)).status_code == 200


def test_authlibs_client_gets_a_token_with_its_key(care: Care, jet: Person) -> None:
    private, public = rsa_key()
    system = care.system(jet.ref("Organization", "employer-nurse"), jwks={"keys": [public]})
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    client = OAuth2Client(
        system.client.client_id, pem.decode(), scope="system/*.rs", transport=care.workers[0],
        token_endpoint_auth_method="private_key_jwt",
    )  # fmt: skip
    now = int(care.clock().timestamp())
    times = {"iat": now, "exp": now + MINUTE}
    client.register_client_auth_method(
        PrivateKeyJWT(TOKEN, claims=times, headers={"kid": "one"}, alg="RS384")
    )
    assert client.fetch_token(TOKEN, grant_type="client_credentials")["scope"] == "system/*.rs"


def test_a_system_with_several_keys_names_the_one_it_used(care: Care, jet: Person) -> None:
    new, old = Key("new"), Key("old")
    system = care.system(jet.ref("Organization", "employer-nurse"), jwks={"keys": [old.public, new.public]})
    assertion = system.assertion(new.private, header={"kid": "new"})
    assert system.credentials(client_assertion=assertion).status_code == 200


@pytest.mark.parametrize("audience", [TOKEN, ISSUER, [TOKEN], [ISSUER]])
def test_an_assertion_is_meant_for_the_token_endpoint_or_the_issuer(system: App, audience: Any) -> None:
    assert system.credentials(client_assertion=system.assertion(aud=audience)).status_code == 200


@pytest.mark.parametrize(
    "audience",
    [
        None,
        "",
        "https://other.example/token",
        f"{TOKEN}/",
        [TOKEN, "https://other.example/token"],
        [],
        1,
        {"a": 1},
    ],
)
def test_an_assertion_for_another_server_too_is_refused(system: App, audience: Any) -> None:
    assert error_of(system, system.assertion(aud=audience)) == "invalid_client"


def test_an_assertion_counts_once(system: App) -> None:
    assertion = system.assertion()
    system.credentials(client_assertion=assertion)
    assert error_of(system, assertion) == "invalid_client"


def test_an_assertion_that_was_used_at_one_worker_is_refused_at_the_other(system: App) -> None:
    assertion = system.assertion()
    system.credentials(client_assertion=assertion)
    assert error_of(system.at(1), assertion) == "invalid_client"


def test_of_ten_uses_of_an_assertion_at_the_same_time_one_counts(system: App) -> None:
    assertion, systems = system.assertion(), [system, system.at(1)]
    with ThreadPoolExecutor(10) as pool:
        used = pool.map(lambda number: systems[number % 2].credentials(client_assertion=assertion), range(10))
        assert sorted(each.status_code for each in used) == [200] + [400] * 9


def test_an_assertion_that_was_shown_elsewhere_counts_no_more_for_a_token(system: App) -> None:
    assertion = system.assertion()
    system.send("introspect", token="x", client_assertion=assertion)
    assert error_of(system, assertion) == "invalid_client"


def test_two_systems_may_use_the_same_jti(care: Care, system: App, jet: Person) -> None:
    other = care.system(jet.ref("Organization", "employer-gp"))
    answers = [each.credentials(client_assertion=each.assertion(jti="same")) for each in (system, other)]
    assert [each.status_code for each in answers] == [200, 200]


@pytest.mark.parametrize(
    "changes",
    [
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 300},
        {"exp": None},
        {"iss": None},
        {"iss": "another"},
        {"sub": "another"},
        {"sub": None},
    ],
)
def test_an_assertion_must_say_who_what_and_until_when(system: App, changes: dict[str, Any]) -> None:
    assert error_of(system, system.assertion(**changes)) == "invalid_client"


@pytest.mark.parametrize(
    ("claim", "ahead"),
    [("exp", -MINUTE), ("exp", 6 * MINUTE), ("exp", 10**9), ("nbf", 2 * MINUTE), ("iat", 2 * MINUTE)],
)
def test_an_assertion_holds_now_and_for_five_minutes_at_most(
    care: Care, system: App, claim: str, ahead: int
) -> None:
    now = int(care.clock().timestamp())
    assert error_of(system, system.assertion(**{claim: now + ahead})) == "invalid_client"


@pytest.mark.parametrize(
    "kind", ["alg none", "secret", "other key", "other kid", "no kid", "rubbish", "too long"]
)
def test_an_assertion_must_be_signed_with_a_registered_key(system: App, kind: str) -> None:
    stranger = ec.generate_private_key(ec.SECP384R1())
    forged = {
        "alg none": lambda: system.assertion("", "none"),
        "secret": lambda: system.assertion("x" * 64, "HS256"),
        "other key": lambda: system.assertion(stranger),
        "other kid": lambda: system.assertion(header={"kid": "two"}),
        "no kid": lambda: system.assertion(header={"kid": None}),
        "rubbish": lambda: "a.b.c",
        "too long": lambda: "x" * 31_000,
    }
    assert error_of(system, forged[kind]()) == "invalid_client"


def test_a_key_that_an_assertion_brings_along_counts_for_nothing(system: App) -> None:
    stranger = Key()
    assertion = system.assertion(stranger.private, header={"jwk": stranger.public})
    assert error_of(system, assertion) == "invalid_client"


def test_an_access_token_is_no_assertion(system: App) -> None:
    assert error_of(system, system.credentials().json()["access_token"]) == "invalid_client"


@pytest.mark.parametrize("form", [{"client_assertion_type": None}, {"client_assertion_type": "saml2-bearer"}])
def test_an_assertion_says_of_what_kind_it_is(system: App, form: dict[str, Any]) -> None:
    assert error_of(system, system.assertion(), **form) == "invalid_client"


def test_an_assertion_and_a_client_id_name_the_same_client(system: App) -> None:
    assert error_of(system, system.assertion(), client_id="dzop-portal") == "invalid_client"


def test_nothing_of_an_assertion_is_repeated_in_an_error(system: App) -> None:
    answer = system.credentials(client_assertion=system.assertion(aud="https://secret.example"))
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "scope", [None, "", "user/*.rs", "patient/*.rs", "openid", "offline_access", "nonsense"]
)
def test_a_system_without_a_scope_of_systems_gets_nothing(system: App, scope: str | None) -> None:
    assert system.credentials(scope).json()["error"] == "invalid_scope"


def test_a_system_gets_no_more_than_it_is_registered_for(care: Care, jet: Person) -> None:
    system = care.system(jet.ref("Organization", "employer-nurse"), "system/Goal.rs system/Patient.rs")
    assert system.credentials("system/Goal.r system/*.rs system/Task.rs").json()["scope"] == "system/Goal.r"


def test_an_app_without_a_key_is_no_system(care: Care) -> None:
    app = care.app(grant_types=("client_credentials",), organization="Organization/x", scope="system/*.rs")
    assert app.credentials().json()["error"] == "unauthorized_client"


def test_a_system_without_an_organisation_gets_nothing(care: Care) -> None:
    assert care.system(None).credentials().json()["error"] == "unauthorized_client"


def test_an_app_that_is_not_registered_for_it_gets_no_token_by_itself(care: Care, jet: Person) -> None:
    app = care.system(jet.ref("Organization", "employer-nurse"), grant_types=("authorization_code",))
    assert app.credentials().json()["error"] == "unauthorized_client"


def test_the_system_of_a_suspended_organisation_gets_nothing(care: Care, jet: Person) -> None:
    organization = jet.ref("Organization", "suspended")
    jet.store(entity(organization, active=False, name="Suspended"))
    assert care.system(organization).credentials().json()["error"] == "unauthorized_client"


def test_a_disabled_system_gets_nothing(care: Care, jet: Person) -> None:
    system = care.system(jet.ref("Organization", "employer-nurse"))
    care.disable(system.client)
    assert system.credentials().json()["error"] == "invalid_client"
