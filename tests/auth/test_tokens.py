import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from dzop.auth import tokens
from dzop.auth.tokens import Verifier
from dzop.fhir.outcome import Unauthenticated

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
ISSUER = "https://issuer.example/auth"
AUDIENCE = "https://service.example/fhir"
KEY = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
HEADER = {"alg": "ES256", "kid": KEY.kid, "typ": "at+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "Practitioner/els",
    "scope": "user/*.rs",
    "exp": int(NOW.timestamp()) + 300,
    "iat": int(NOW.timestamp()),
}


def verifier(**options: Any) -> Verifier:
    return Verifier(KeySet([ECKey.import_key(KEY.as_dict(private=False))]), (ISSUER,), (AUDIENCE,), **options)


def issued(**options: Any) -> str:
    values: dict[str, Any] = {"subject": "Practitioner/els", "scope": "user/*.rs", "ttl": 300} | options
    return tokens.issue(KEY, issuer=ISSUER, audience=AUDIENCE, now=NOW, **values)


def signed(claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None, key: Any = KEY) -> str:
    header = HEADER | (header or {})
    return jwt.encode(header, CLAIMS | (claims or {}), key, [header["alg"]])


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def without(name: str) -> str:
    return jwt.encode(HEADER, {other: CLAIMS[other] for other in CLAIMS if other != name}, KEY)


def test_an_issued_token_is_a_three_part_jws() -> None:
    assert len(issued().split(".")) == 3


def test_a_valid_token_gives_its_claims() -> None:
    token = issued(subject="RelatedPerson/an", role="informal-carer", client_id="app", patient="jet")
    claims = verifier().verify(token, NOW)
    assert ("RelatedPerson/an", frozenset({"user/*.rs"}), "informal-carer", "app", "jet", False) == (
        claims.subject,
        claims.scopes,
        claims.role,
        claims.client_id,
        claims.patient,
        claims.is_system,
    )


@pytest.mark.parametrize("subject", ["system", "Organization/practice"])
def test_a_token_for_software_names_no_fhir_user(subject: str) -> None:
    payload = jwt.decode(issued(subject=subject), KEY).claims
    assert "fhirUser" not in payload


@pytest.mark.parametrize("subject", ["", "Goal/x", "Patient/", "Patient/a/b", "Patient/a b", "System"])
def test_no_token_is_issued_for_what_is_no_actor(subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        issued(subject=subject)


def test_a_token_with_a_negative_ttl_has_expired() -> None:
    with pytest.raises(Unauthenticated, match="has expired"):
        verifier().verify(issued(ttl=-1), NOW)


def test_a_token_ends_at_its_expiry() -> None:
    with pytest.raises(Unauthenticated, match="has expired"):
        verifier().verify(issued(ttl=300), NOW + timedelta(seconds=300))


def test_a_remembered_token_ends_at_its_expiry_too() -> None:
    remembers = verifier()
    token = issued(ttl=300)
    remembers.verify(token, NOW + timedelta(seconds=299))
    with pytest.raises(Unauthenticated, match="has expired"):
        remembers.verify(token, NOW + timedelta(seconds=300))


def test_leeway_lengthens_a_token_by_no_more_than_itself() -> None:
    lenient = verifier(leeway=timedelta(seconds=60))
    token = issued(ttl=300)
    lenient.verify(token, NOW + timedelta(seconds=359))
    with pytest.raises(Unauthenticated, match="has expired"):
        lenient.verify(token, NOW + timedelta(seconds=360))


def test_a_leeway_above_a_minute_is_refused() -> None:
    with pytest.raises(ValueError, match="leeway"):
        verifier(leeway=timedelta(seconds=61))


@pytest.mark.parametrize("algorithms", [["none"], ["HS256"], ["ES256", "HS256"], []])
def test_an_allow_list_with_another_than_asymmetric_signatures_is_refused(algorithms: list[str]) -> None:
    with pytest.raises(ValueError, match="asymmetric"):
        verifier(algorithms=algorithms)


def test_many_tokens_do_not_fill_the_memory() -> None:
    remembers = verifier(remember=2)
    for _ in range(5):
        remembers.verify(issued(), NOW)
    assert len(remembers._verified._entries) == 2


def hmac_with_the_public_key() -> str:
    text = f"{encoded(json.dumps(HEADER | {'alg': 'HS256'}))}.{encoded(json.dumps(CLAIMS))}"
    mac = hmac.digest(KEY.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def unsigned(alg: str) -> str:
    header = encoded(json.dumps(HEADER | {"alg": alg}))
    return f"{header}.{encoded(json.dumps(CLAIMS))}."


def with_own_key_in_header(member: str) -> Callable[[], str]:
    def build() -> str:
        own = ECKey.generate_key("P-256")
        value: Any = own.as_dict(private=False) if member == "jwk" else "https://evil.example/keys"
        return signed(header={member: value}, key=own)

    return build


def repeated_claim() -> str:
    text = json.dumps(CLAIMS)[:-1] + ', "sub": "Practitioner/other"}'
    return jws(json.dumps(HEADER), text)


def repeated_header() -> str:
    return jws(json.dumps(HEADER)[:-1] + ', "alg": "ES256"}', json.dumps(CLAIMS))


def jws(header: str, payload: str) -> str:
    text = f"{encoded(header)}.{encoded(payload)}"
    r, s = decode_dss_signature(KEY.private_key.sign(text.encode(), ECDSA(SHA256())))  # type: ignore[union-attr]
    signature = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).rstrip(b"=").decode()
    return f"{text}.{signature}"


def nested_in_jwe() -> str:
    return jwe.encrypt_compact(
        {"alg": "ECDH-ES", "enc": "A128GCM", "typ": "at+jwt", "kid": KEY.kid, "cty": "JWT"},
        signed(),
        ECKey.import_key(KEY.as_dict(private=False, use="enc", alg="ECDH-ES")),
    )


BAD_TOKENS: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "not a token": lambda: "abc",
    "two parts": lambda: ".".join(signed().split(".")[:2]),
    "four parts": lambda: signed() + ".x",
    "nested in JWE": nested_in_jwe,
    "header is no base64": lambda: "!." + signed().split(".", 1)[1],
    "header is no object": lambda: encoded("[]") + "." + signed().split(".", 1)[1],
    "header is deep": lambda: encoded("[" * 5000) + ".x.y",
    "too long": lambda: signed({"scope": "x" * 9000}),
    "alg none": lambda: unsigned("none"),
    "alg None": lambda: unsigned("None"),
    "HS256 with the public key": hmac_with_the_public_key,
    "other algorithm": lambda: signed(header={"alg": "RS256"}, key=RSAKey.generate_key(2048)),
    "alg is a list": lambda: jws(json.dumps(HEADER | {"alg": ["ES256"]}), json.dumps(CLAIMS)),
    "unknown kid": lambda: signed(header={"kid": "other"}),
    "kid is a path": lambda: signed(header={"kid": "../../../dev/null"}),
    "kid is no text": lambda: jws(json.dumps(HEADER | {"kid": {}}), json.dumps(CLAIMS)),
    "no kid": lambda: jws('{"alg":"ES256","typ":"at+jwt"}', json.dumps(CLAIMS)),
    "own key in jwk": with_own_key_in_header("jwk"),
    "own key by jku": with_own_key_in_header("jku"),
    "own key by x5u": with_own_key_in_header("x5u"),
    "unknown crit": lambda: jws(json.dumps(HEADER | {"crit": ["x"], "x": 1}), json.dumps(CLAIMS)),
    "wrong signature": lambda: signed(key=ECKey.generate_key("P-256")),
    "changed payload": lambda: ".".join([signed().split(".")[0], encoded("{}"), signed().split(".")[2]]),
    "payload is no object": lambda: jws(json.dumps(HEADER), "[]"),
    "typ of an id token": lambda: signed(header={"typ": "JWT"}),
    "no typ": lambda: jws(json.dumps({"alg": "ES256", "kid": KEY.kid}), json.dumps(CLAIMS)),
    "repeated claim": repeated_claim,
    "repeated header member": repeated_header,
    "other issuer": lambda: signed({"iss": ISSUER + "/"}),
    "issuer is a list": lambda: signed({"iss": [ISSUER]}),
    "no issuer": lambda: without("iss"),
    "other audience": lambda: signed({"aud": AUDIENCE + "/x"}),
    "no audience": lambda: without("aud"),
    "no expiry": lambda: without("exp"),
    "expiry is text": lambda: signed({"exp": "9999999999"}),
    "expiry is true": lambda: signed({"exp": True}),
    "expiry is endless": lambda: jws(json.dumps(HEADER), json.dumps(CLAIMS | {"exp": float("inf")})),
    "expired": lambda: signed({"exp": CLAIMS["iat"]}),
    "not before": lambda: signed({"nbf": CLAIMS["iat"] + 1}),
    "issued in the future": lambda: signed({"iat": CLAIMS["iat"] + 1}),
    "no subject": lambda: without("sub"),
    "subject is no actor": lambda: signed({"sub": "Goal/x"}),
    "subject is a URL": lambda: signed({"sub": "https://x/Patient/1"}),
    "subject ends in a line break": lambda: signed({"sub": "Patient/a\n"}),
    "scope is a list": lambda: signed({"scope": ["user/*.rs"]}),
    "patient is a list": lambda: signed({"patient": ["a", "b"]}),
    "patient is a URL": lambda: signed({"patient": "https://x/Patient/1"}),
    "role is a list": lambda: signed({"role": ["case-manager"]}),
    "role is a sentence": lambda: signed({"role": "' or 1=1"}),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_a_bad_token_is_refused(name: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier().verify(BAD_TOKENS[name](), NOW)


def test_the_token_that_the_bad_ones_are_made_from_is_good() -> None:
    assert verifier().verify(signed(), NOW).subject == "Practitioner/els"


def test_an_audience_may_be_one_of_several() -> None:
    assert verifier().verify(signed({"aud": ["x", AUDIENCE]}), NOW).subject == "Practitioner/els"


@pytest.mark.parametrize("member", ["jku", "x5u"])
def test_a_link_to_keys_in_the_header_is_ignored(member: str) -> None:
    token = signed(header={member: "https://evil.example/keys"})
    assert verifier().verify(token, NOW).subject == "Practitioner/els"


def test_an_error_repeats_nothing_of_the_token() -> None:
    with pytest.raises(Unauthenticated) as caught:
        verifier().verify(signed({"patient": "<script>"}), NOW)
    assert "script" not in str(caught.value)
