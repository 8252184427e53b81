"""The file of identity providers: what it means, and what is wrong with it in words."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from issuers import ec_key, rsa_key
from joserfc.jwk import ECKey, RSAKey

from dzop.auth.claims import Identity
from dzop.auth.resource_server.issuers import TrustedIssuer, read_issuers, trusted_issuers

ONE = """
[[issuer]]
name = "iam"
issuer = "https://idp.example/realms/healthcare"
"""
OTHER = ONE.replace("iam", "other").replace("idp", "other")
ASKED = '[issuer.introspection]\nclient_id = "dzop"\n'


def only(text: str, folder: Path = Path()) -> TrustedIssuer:
    (issuer,) = read_issuers(text, folder)
    return issuer


def test_without_a_file_nobody_is_trusted() -> None:
    assert trusted_issuers(None) == ()


def test_an_empty_file_trusts_nobody() -> None:
    assert read_issuers("", Path()) == ()


def test_a_name_and_an_issuer_are_enough() -> None:
    issuer = only(ONE)
    assert (issuer.algorithms, issuer.types, issuer.leeway, issuer.clients, issuer.scope) == (
        ("RS256", "ES256"), ("at+jwt",), timedelta(seconds=30), None, "",
    )  # fmt: skip


def test_an_issuer_as_keycloak_is_one() -> None:
    issuer = only(
        ONE
        + """
audience = ["dzop"]
types = ["JWT"]
required = { typ = "Bearer" }
leeway = 60
clients = ["gp-software"]
scope = "user/*.cruds"
claims = { ssin = "ssin" }
"""
    )
    assert (issuer.audience, issuer.types, issuer.required, issuer.clients, issuer.scope) == (
        ("dzop",), ("JWT",), {"typ": "Bearer"}, frozenset({"gp-software"}), "user/*.cruds",
    )  # fmt: skip


def test_the_claims_of_an_issuer_say_who_somebody_is() -> None:
    issuer = only(ONE + 'claims = { fhir_user = "user" }')
    assert issuer.identity.identity({"user": "Patient/jet"}) == Identity(fhir_user="Patient/jet")


WRONG: dict[str, tuple[str, str]] = {
    "no TOML": ("issuer = [", "is not TOML"),
    "an unknown table": ("[other]", "`other`"),
    "no issuer": ('[[issuer]]\nname = "iam"', "`issuer`"),
    "no name": ('[[issuer]]\nissuer = "https://x"', "`name`"),
    "an unknown setting": (ONE + "algorithm = 1", "`algorithm`"),
    "http elsewhere": (ONE.replace("https", "http"), "https://"),
    "no address": (ONE.replace("https://idp.example", "idp"), "`issuer` must"),
    "an issuer with a query": (ONE.replace("healthcare", "x?a=b"), "without query"),
    "an issuer with a password": (ONE.replace("https://", "https://a:b@"), "without user"),
    "keys by http elsewhere": (ONE + 'jwks_uri = "http://idp.example/keys"', "`jwks_uri` must"),
    "keys in a file": (ONE + 'jwks_uri = "file:///etc/passwd"', "`jwks_uri` must"),
    "no algorithm": (ONE + "algorithms = []", "`algorithms` must"),
    "no signature": (ONE + 'algorithms = ["RS256", "none"]', "`algorithms` must"),
    "a shared secret": (ONE + 'algorithms = ["HS256"]', "`algorithms` must"),
    "too much leeway": (ONE + "leeway = 61", "`leeway`"),
    "negative leeway": (ONE + "leeway = -1", "`leeway`"),
    "no type": (ONE + "types = []", "`types`"),
    "tokens like any other": (ONE + 'types = ["JWT"]', "`types` that other tokens have"),
    "tokens like any other beside": (ONE + 'types = ["at+jwt", "JWT"]', "`types` that other tokens have"),
    "one twice": (ONE + ONE.replace("iam", "other"), "same `issuer`"),
    "a name twice": (ONE + ONE.replace("idp", "idq"), "same `name`"),
    "a claim that means nothing here": (ONE + 'claims = { blood = "b" }', "`blood`"),
    "introspection as nobody": (ONE + "[issuer.introspection]", "client_id"),
    "introspection without a proof": (ONE + ASKED, "`key_file` or `secret_file`"),
    "introspection with two proofs": (
        ONE + ASKED + 'key_file = "key.json"\nsecret_file = "secret"',
        "`key_file` or `secret_file`",
    ),
    "a file that is not there": (ONE + ASKED + 'secret_file = "nowhere"', "cannot be read"),
    "a key that is none": (ONE + ASKED + 'key_file = "secret"', "no private JSON Web Key"),
    "a public key": (ONE + ASKED + 'key_file = "public.json"', "public key"),
    "introspection by http elsewhere": (
        ONE + ASKED + 'secret_file = "secret"\nendpoint = "http://idp.example/i"',
        "introspection.endpoint",
    ),
    "introspection of two": (
        ONE + ASKED + 'secret_file = "secret"' + OTHER + ASKED + 'secret_file = "secret"',
        "more than one issuer",
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("issuers")
    (folder / "secret").write_text("hush-hush\n")
    key = RSAKey.import_key(rsa_key(), {"kid": "dzop"})
    (folder / "key.json").write_text(json.dumps(key.as_dict(private=True)))
    (folder / "public.json").write_text(json.dumps(key.as_dict(private=False)))
    curve = ECKey.import_key(ec_key(), {"kid": "dzop"})
    (folder / "curve.json").write_text(json.dumps(curve.as_dict(private=True)))
    return folder


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_told_what_is_wrong(name: str, folder: Path) -> None:
    text, words = WRONG[name]
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the words are compared below
        read_issuers(text, folder)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_told_is_one_line_without_secrets(name: str, folder: Path) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        read_issuers(WRONG[name][0], folder)
    assert "\n" not in str(caught.value)
    assert "hush-hush" not in str(caught.value)


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nothing\.toml cannot be read"):
        trusted_issuers(tmp_path / "nothing.toml")


def test_a_fault_is_told_with_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "issuers.toml").write_text("[")
    with pytest.raises(ValueError, match=r"issuers\.toml is not TOML"):
        trusted_issuers(tmp_path / "issuers.toml")


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        ('secret_file = "secret"', {"Authorization": "Basic ZHpvcDpodXNoLWh1c2g="}),
        ('key_file = "key.json"', {}),
    ],
)
def test_a_secret_goes_into_the_header_and_a_key_does_not(
    folder: Path, proof: str, expected: dict[str, Any]
) -> None:
    introspection = only(ONE + ASKED + proof, folder).introspection
    assert introspection is not None
    assert introspection.headers() == expected


def test_a_secret_is_not_shown(folder: Path) -> None:
    assert "hush-hush" not in repr(only(ONE + ASKED + 'secret_file = "secret"', folder))
