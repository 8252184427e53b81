"""A bad token is 401, whatever is wrong with it, and says nothing about why a good one would do."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from persons import Person, refused
from serving import EVERYTHING, Service

from dzop.auth.keys import signing_key
from dzop.settings import Settings


def claims(person: Person, **changed: Any) -> dict[str, Any]:
    now, settings = int(datetime.now(UTC).timestamp()), Settings()
    good = {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": person.who("gp"),
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "jti": "x",
        "client_id": "tests",
        "scope": EVERYTHING,
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


def key(server: Service) -> ECKey:
    return signing_key(server.var / "keys")


def signed(
    person: Person, header: dict[str, Any] | None = None, with_key: ECKey | None = None, **changed: Any
) -> str:
    own = key(person.server)
    full = {"alg": "ES256", "kid": own.kid, "typ": "at+jwt"} | (header or {})
    return jwt.encode(full, claims(person, **changed), with_key or own)


def unsigned(person: Person) -> str:
    return part({"alg": "none", "typ": "at+jwt"}) + "." + part(claims(person)) + "."


def part(value: dict[str, Any]) -> str:
    return encoded(json.dumps(value).encode())


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_public_key_as_secret(person: Person) -> str:
    public = json.dumps(key(person.server).as_dict(private=False))
    header = {"alg": "HS256", "kid": key(person.server).kid, "typ": "at+jwt"}
    return jwt.encode(header, claims(person), OctKey.import_key(public), ["HS256"])


def with_public_pem_as_secret(person: Person) -> str:
    # By hand: a good library refuses to make this one.
    own = key(person.server)
    start = part({"alg": "HS256", "kid": own.kid, "typ": "at+jwt"}) + "." + part(claims(person))
    return f"{start}.{encoded(hmac.digest(own.as_pem(private=False), start.encode(), 'sha256'))}"


def with_own_key_in_header(person: Person) -> str:
    forged = ECKey.generate_key("P-256")
    return signed(person, {"jwk": forged.as_dict(private=False)}, forged)


def altered(person: Person) -> str:
    header, _, signature = signed(person).split(".")
    return f"{header}.{part(claims(person, sub=person.patient))}.{signature}"


def past(person: Person, name: str) -> int:
    return int(datetime.now(UTC).timestamp()) - 120


FORGERIES: dict[str, Callable[[Person], str]] = {
    "expired": lambda person: signed(person, exp=past(person, "exp")),
    "not yet valid": lambda person: signed(person, nbf=int(datetime.now(UTC).timestamp()) + 600),
    "without expiry": lambda person: signed(person, exp=None),
    "of another issuer": lambda person: signed(person, iss="https://other.example"),
    "for another audience": lambda person: signed(person, aud="https://other.example/fhir"),
    "without audience": lambda person: signed(person, aud=None),
    "without subject": lambda person: signed(person, sub=None),
    "for nobody we know of": lambda person: signed(person, sub="Device/x"),
    "signed by another key": lambda person: signed(person, None, ECKey.generate_key("P-256")),
    "of an unknown key": lambda person: signed(person, {"kid": "other"}),
    "alg none": unsigned,
    "HS256 with the public key": with_public_key_as_secret,
    "HS256 with the public PEM": with_public_pem_as_secret,
    "with its own key in the header": with_own_key_in_header,
    "altered": altered,
    "an id token": lambda person: signed(person, {"typ": "JWT"}),
    "no token at all": lambda _: "nonsense",
    "two parts": lambda person: signed(person).rpartition(".")[0],
    "far too long": lambda person: signed(person, extra="x" * 20_000),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_bad_token_is_refused(known: Person, name: str) -> None:
    answer = httpx.get(
        f"{known.server.fhir}/Goal", headers={"Authorization": f"Bearer {FORGERIES[name](known)}"}
    )
    assert (*refused(answer), answer.headers["WWW-Authenticate"].split()[0]) == (401, "login", "Bearer")


def test_the_token_they_are_forged_from_is_good(known: Person) -> None:
    answer = httpx.get(f"{known.server.fhir}/Goal", headers={"Authorization": f"Bearer {signed(known)}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic eDp5", "bearer\tx", "Token x"])
def test_no_usable_authorization_header_is_refused(known: Person, header: str | None) -> None:
    answer = httpx.get(
        f"{known.server.fhir}/Goal", headers={} if header is None else {"Authorization": header}
    )
    assert refused(answer)[0] == 401


def test_two_authorization_headers_are_refused(known: Person) -> None:
    bearer = f"Bearer {known.server.token(known.who('gp'))}"
    answer = httpx.get(
        f"{known.server.fhir}/Goal", headers=[("Authorization", bearer), ("Authorization", bearer)]
    )
    assert refused(answer)[0] == 401


def test_a_token_in_the_url_is_refused(known: Person) -> None:
    answer = httpx.get(
        f"{known.server.fhir}/Goal", params={"access_token": known.server.token(known.who("gp"))}
    )
    assert refused(answer)[0] == 401


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("user/Task.cruds", "GET", "/Goal/x"),
        ("user/Goal.cud", "GET", "/Goal/x"),
        ("user/Goal.r", "GET", "/Goal"),
        ("user/Goal.rs", "DELETE", "/Goal/x"),
        ("user/Goal.read", "POST", "/Goal"),
        ("openid fhirUser", "GET", "/Goal"),
        ("user/Goal.rs?nonsense=x", "GET", "/Goal/x"),
        ("patient/*.rs", "GET", "/Goal/x"),
    ],
)
def test_what_the_scopes_never_reach_is_refused(known: Person, scope: str, method: str, path: str) -> None:
    client = known.client("gp", scope=scope)
    assert refused(client.request(method, path, content=b"{}" if method == "POST" else None))[0] in (403, 405)


@pytest.mark.parametrize("scope", ["user/Goal.rs", "user/*.read", "user/Goal.cruds"])
def test_what_the_scopes_reach_is_answered(known: Person, scope: str) -> None:
    assert known.client("gp", scope=scope).get(known.ref("Goal", "life")).status_code == 200


def test_scopes_never_widen(known: Person) -> None:
    assert (
        known.client("stranger", scope="system/*.cruds user/*.cruds")
        .get(known.ref("Goal", "life"))
        .status_code
        == 404
    )


def test_scopes_hold_for_the_entries_of_a_batch(known: Person) -> None:
    batch = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": known.ref("Goal", "life")}}],
    }
    answer = known.client("gp", scope="user/Task.cruds").post("/", json=batch)
    assert answer.json()["entry"][0]["response"]["status"].split()[0] == "403"


def test_a_token_for_a_practitioner_who_does_not_exist_sees_nothing(known: Person) -> None:
    assert known.server.client("Practitioner/nobody-at-all").get(known.ref("Goal", "life")).status_code == 404
