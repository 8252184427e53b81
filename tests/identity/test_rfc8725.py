"""JSON Web Token Best Current Practices, point by point, at the running service with an issuer whose keys forgers have.

https://www.rfc-editor.org/rfc/rfc8725#section-3. docs/security-checklist.md names the test of each point.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from issuers import Issuer, ec_key, issuing, jwk, rsa_key, segment, signed
from joserfc import jwe
from joserfc.jwk import RSAKey
from persons import Person, new_person
from serving import Service, in_process

HEADER = {"alg": "RS256", "kid": "rsa", "typ": "at+jwt"}


@dataclass(frozen=True)
class World:
    """A service, an issuer it trusts, and a person."""

    service: Service
    issuer: Issuer
    person: Person

    def claims(self, **claims: Any) -> dict[str, Any]:
        """The claims of a good token but for these; None leaves one out."""
        usual = {"aud": self.service.fhir, "fhirUser": self.person.patient}
        return self.issuer.claims(datetime.now(UTC), **(usual | claims))

    def token(self, **claims: Any) -> str:
        return signed(HEADER, self.claims(**claims), rsa_key())

    def headed(self, key: Any = None, **members: Any) -> str:
        """A good token but for these members of its header, signed with the issuer's key or another."""
        return signed(HEADER | members, self.claims(), key or rsa_key())

    def status(self, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{self.service.fhir}/{self.person.patient}", headers=headers).status_code


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("rfc8725")
    with issuing() as issuer:
        issuer.publish(jwk(rsa_key(), "rsa"), jwk(ec_key(), "ec"))
        (folder / "issuers.toml").write_text(
            f'[[issuer]]\nname = "iam"\nissuer = "{issuer.url}"\nalgorithms = ["RS256"]\n'
            'claims = { fhir_user = "fhirUser" }\n'
        )
        with in_process(database, folder, issuers=folder / "issuers.toml") as service:
            yield World(service, issuer, new_person(service))


def test_the_token_that_the_forged_ones_are_made_from_is_believed(world: World) -> None:
    assert world.status(world.token()) == 200


def test_3_1_an_algorithm_that_was_not_chosen_for_the_issuer_is_refused(world: World) -> None:
    token = jwt.encode(world.claims(), ec_key(), "ES256", {"kid": "ec", "typ": "at+jwt"})
    assert world.status(token) == 401


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_3_1_no_algorithm_is_refused(world: World, alg: str) -> None:
    assert world.status(f"{segment(HEADER | {'alg': alg})}.{segment(world.claims())}.") == 401


@pytest.mark.parametrize("kind", ["PEM", "DER", "JSON"])
def test_3_1_a_public_key_is_no_shared_secret(world: World, kind: str) -> None:
    key = RSAKey.import_key(rsa_key().public_key())
    secret = {
        "PEM": lambda: key.as_pem(private=False),
        "DER": lambda: key.as_der(private=False),
        "JSON": lambda: segment(key.as_dict()).encode(),
    }[kind]()
    text = f"{segment(HEADER | {'alg': 'HS256'})}.{segment(world.claims())}"
    mac = jwt.utils.base64url_encode(hmac.digest(secret, text.encode(), "sha256")).decode()
    assert world.status(f"{text}.{mac}") == 401


@pytest.mark.parametrize("bits", [512, 1024])
def test_3_2_an_algorithm_that_is_no_longer_strong_is_refused(world: World, bits: int) -> None:
    assert world.status(world.headed(alg=f"RS{bits}")) == 401


def test_3_3_a_signature_that_does_not_hold_is_refused(world: World) -> None:
    assert world.status(world.headed(rsa_key(7))) == 401


def test_3_3_a_token_without_its_signature_is_refused(world: World) -> None:
    assert world.status(world.token().rpartition(".")[0] + ".") == 401


def test_3_3_a_nested_token_is_refused(world: World) -> None:
    header = {"alg": "RSA-OAEP", "enc": "A128GCM", "typ": "at+jwt", "kid": "rsa", "cty": "JWT"}
    public = RSAKey.import_key(rsa_key().public_key())
    nested = jwe.encrypt_compact(header, world.token(), public, ["RSA-OAEP", "A128GCM"])
    assert world.status(nested) == 401


def test_3_4_a_signature_on_a_curve_that_was_not_chosen_is_refused(world: World) -> None:
    assert world.status(signed(HEADER | {"alg": "ES256", "kid": "ec"}, world.claims(), ec_key(7))) == 401


def test_3_6_compressed_content_is_refused(world: World) -> None:
    assert world.status(world.headed(zip="DEF")) == 401


def test_3_7_claims_that_are_not_utf_8_are_refused(world: World) -> None:
    text = f"{segment(HEADER)}.{jwt.utils.base64url_encode(bytes([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D])).decode()}"
    signature = jwt.get_algorithm_by_name("RS256").sign(text.encode(), rsa_key())
    assert world.status(f"{text}.{jwt.utils.base64url_encode(signature).decode()}") == 401


@pytest.mark.parametrize("part", ["header", "payload"])
def test_a_duplicate_member_is_refused(world: World, part: str) -> None:
    parts: dict[str, Any] = {"header": HEADER, "payload": world.claims()}
    name, value = next(iter(parts[part].items()))
    parts[part] = f'{{"{name}": "{value}", {json.dumps(parts[part])[1:]}'
    assert world.status(signed(parts["header"], parts["payload"], rsa_key())) == 401


@pytest.mark.parametrize("issuer", ["https://evil.example", "", None, "localhost"])
def test_3_8_another_issuer_is_refused(world: World, issuer: str | None) -> None:
    assert world.status(world.token(iss=issuer)) == 401


def test_3_8_a_key_counts_for_its_own_issuer_only(world: World) -> None:
    ours = f"{world.service.url}/auth"
    assert world.status(world.token(iss=ours, sub=world.person.patient)) == 401


def test_3_8_a_subject_that_another_issuer_names_is_nobody_here(world: World) -> None:
    assert world.status(world.token(sub=world.person.patient, fhirUser=None)) == 403


@pytest.mark.parametrize("audience", ["https://other.example", "", None, []])
def test_3_9_another_audience_is_refused(world: World, audience: object) -> None:
    assert world.status(world.token(aud=audience)) == 401


KIDS = [
    "../../../../dev/null",
    "rsa' or '1'='1",
    "rsa;sleep 1",
    "https://127.0.0.1/keys",
    "rsa\0",
    "",
    "x" * 4000,
]


@pytest.mark.parametrize("kid", KIDS)
def test_3_10_a_kid_is_a_name_and_nothing_else(world: World, kid: str) -> None:
    assert world.status(world.headed(kid=kid)) == 401


@pytest.mark.parametrize("member", ["jku", "x5u"])
def test_3_10_a_link_in_the_header_is_not_followed(world: World, member: str) -> None:
    world.issuer.tell("/evil", {"keys": [jwk(rsa_key(7), "rsa")]})
    assert world.status(world.headed(rsa_key(7), **{member: f"{world.issuer.url}/evil"})) == 401
    assert "/evil" not in world.issuer.asked


@pytest.mark.parametrize("member", ["jwk", "x5c"])
def test_3_10_a_key_in_the_header_is_not_used(world: World, member: str) -> None:
    value: Any = jwk(rsa_key(7), "rsa") if member == "jwk" else ["MIIB"]
    assert world.status(world.headed(rsa_key(7), **{member: value})) == 401


@pytest.mark.parametrize(
    "members", [{"crit": ["exp"], "exp": 1}, {"crit": ["b64"], "b64": False}, {"crit": []}]
)
def test_3_10_a_member_that_must_be_understood_is_refused(world: World, members: dict[str, Any]) -> None:
    assert world.status(world.headed(**members)) == 401


TYPES = [
    "JWT",
    "jwt",
    "logout+jwt",
    "secevent+jwt",
    "dpop+jwt",
    "entity-statement+jwt",
    "at+jwt;x=1",
    "",
    None,
]


@pytest.mark.parametrize("typ", TYPES)
def test_3_11_a_token_of_another_type_is_refused(world: World, typ: str | None) -> None:
    assert world.status(world.headed(typ=typ)) == 401


def test_3_12_an_id_token_of_the_same_issuer_is_refused(world: World) -> None:
    claims = world.claims(aud="app", nonce="once", scope=None)
    assert world.status(jwt.encode(claims, rsa_key(), "RS256", {"kid": "rsa"})) == 401


def test_3_12_a_client_assertion_is_refused(world: World) -> None:
    claims = world.claims(iss="app", sub="app", scope=None)
    assert world.status(jwt.encode(claims, rsa_key(), "RS256", {"kid": "rsa"})) == 401


NOT_NOW: dict[str, Callable[[int], dict[str, Any]]] = {
    "expired": lambda now: {"exp": now - 61},
    "not valid yet": lambda now: {"nbf": now + 61},
    "issued later": lambda now: {"iat": now + 61},
    "without end": lambda _: {"exp": None},
    "with an end that is no time": lambda _: {"exp": True},
    "with an end beyond the calendar": lambda _: {"exp": 10**30},
    "with an end before it": lambda _: {"exp": -(10**30)},
}


@pytest.mark.parametrize("name", NOT_NOW)
def test_a_token_is_refused_that_is(world: World, name: str) -> None:
    now = int(datetime.now(UTC).timestamp())
    assert world.status(world.token(**NOT_NOW[name](now))) == 401


def test_a_token_that_is_bound_to_a_key_is_not_taken_from_its_bearer(world: World) -> None:
    assert world.status(world.token(cnf={"jkt": "x"})) == 401


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "scope", "fhirUser", "patient", "jti"])
def test_3_10_a_claim_of_another_kind_is_refused(world: World, claim: str) -> None:
    assert world.status(world.token(**{claim: {"a": 1}})) == 401


@pytest.mark.parametrize(
    "patient", [["a", "b"], [], "https://x.example/Patient/a", "Patient/a", "a,b", "../a"]
)
def test_3_10_a_patient_that_is_no_id_is_refused(world: World, patient: object) -> None:
    assert world.status(world.token(patient=patient)) == 401


def test_an_oversized_token_is_refused(world: World) -> None:
    assert world.status(world.token(scope="x" * 10_000)) == 401
