"""The token endpoint: what an app gets for a code, and what it must show for it."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
import requests
from apps import (
    BASE,
    CALLBACK,
    CHALLENGE,
    FHIR,
    ISSUER,
    JWT_BEARER,
    TOKEN,
    App,
    Care,
    Key,
    answer_of,
    pending_of,
)
from authlib.integrations.httpx_client import OAuth2Client
from fhirclient.client import FHIRClient
from persons import Person
from requests.adapters import HTTPAdapter


@pytest.fixture
def app(care: Care, jet: Person) -> App:
    return care.app().log_in(jet.patient)


def claims_of(care: Care, id_token: str, client: str) -> dict[str, Any]:
    """What an id token says, read by another library with the keys that are published."""
    published = json.loads(care.client().get("/auth/jwks").text)["keys"]
    kid = jwt.get_unverified_header(id_token)["kid"]
    key = next(jwt.PyJWK(each) for each in published if each["kid"] == kid)
    # The clock of these tests is not that of the machine.
    options = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(id_token, key, ["RS256"], audience=client, issuer=ISSUER, options=options)


def test_a_code_gives_a_token_with_which_the_plan_can_be_read(app: App, jet: Person) -> None:
    assert app.read(jet.patient, app.tokens()["access_token"]).status_code == 200


def test_the_answer_says_what_was_granted(app: App, jet: Person) -> None:
    told = app.tokens(scope="launch/patient openid fhirUser patient/*.rs")
    assert {name: told[name] for name in ("token_type", "expires_in", "scope", "patient", "fhirUser")} == {
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "launch/patient openid fhirUser patient/*.rs",
        "patient": jet.patient.partition("/")[2],
        "fhirUser": f"{FHIR}/{jet.patient}",
    }


def test_an_answer_with_tokens_is_not_stored(app: App) -> None:
    assert app.redeem(app.code()).headers["cache-control"] == "no-store"


def test_there_is_no_refresh_token_when_none_was_asked_for(app: App) -> None:
    assert "refresh_token" not in app.tokens()


def test_a_code_works_at_another_worker(app: App) -> None:
    assert app.at(1).redeem(app.code()).status_code == 200


def test_a_code_lasts_a_minute(care: Care, app: App) -> None:
    code = app.code()
    care.wait(seconds=60)
    assert app.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code_verifier": None}, 400, "invalid_request"),
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, 400, "invalid_grant"),
        ({"client_id": "dzop-portal"}, 400, "invalid_grant"),
        ({"client_id": "unknown"}, 400, "invalid_client"),
        ({"client_id": "é\x00"}, 400, "invalid_client"),
        ({"client_id": None}, 400, "invalid_client"),
        ({"client_secret": "x"}, 400, "invalid_client"),
        ({"client_assertion": "a.b.c", "client_assertion_type": JWT_BEARER}, 400, "invalid_client"),
        ({"redirect_uri": None}, 400, "invalid_grant"),
        ({"redirect_uri": f"{BASE}/portal/"}, 400, "invalid_grant"),
        ({"redirect_uri": [CALLBACK, CALLBACK]}, 400, "invalid_request"),
        ({"client_id": ["a", "b"]}, 400, "invalid_request"),
        ({"code": None}, 400, "invalid_request"),
        ({"code": "a.b.c.d.e"}, 400, "invalid_grant"),
        ({"code": "x" * 20_000}, 400, "invalid_grant"),
        ({"code": "x" * 40_000}, 400, "invalid_request"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        ({"grant_type": 'x"é'}, 400, "unsupported_grant_type"),
    ],
)
def test_a_wrong_request_gives_no_token(app: App, changes: dict[str, Any], status: int, error: str) -> None:
    response = app.redeem(app.code(), **changes)
    assert (status, error) == (response.status_code, response.json()["error"])


def test_a_client_with_a_password_of_its_own_is_told_that_there_are_none(app: App) -> None:
    response = app.browser.post("/auth/token", data={"grant_type": "refresh_token"}, auth=("app", "secret"))
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert response.headers["www-authenticate"].startswith("Basic")


def test_parameters_are_taken_from_a_form_alone(app: App) -> None:
    response = app.browser.post("/auth/token", json={"grant_type": "authorization_code"})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_parameters_in_the_address_count_for_nothing(app: App) -> None:
    response = app.browser.post("/auth/token", params={"grant_type": "client_credentials"}, data={"x": "y"})
    assert response.json()["error"] == "invalid_request"


def test_tokens_are_not_to_be_had_by_get(care: Care) -> None:
    assert care.client().get("/auth/token").status_code == 405


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
def test_a_token_is_no_code(app: App, kind: str) -> None:
    assert app.redeem(app.tokens()[kind]).json()["error"] == "invalid_grant"


def test_a_sealed_request_is_no_code(app: App) -> None:
    assert app.redeem(pending_of(app.ask())).json()["error"] == "invalid_grant"


def test_the_id_token_says_who_logged_in_when_and_how(care: Care, jet: Person) -> None:
    app = care.app().log_in(jet.who("carer"), acr="high", amr=("pwd",))
    claims = claims_of(care, app.tokens()["id_token"], app.client.client_id)
    now = int(care.clock().timestamp())
    assert {
        name: claims[name] for name in ("sub", "fhirUser", "nonce", "auth_time", "acr", "amr", "exp")
    } == {
        "sub": jet.who("carer"),
        "fhirUser": f"{FHIR}/{jet.who('carer')}",
        "nonce": "once",
        "auth_time": now,
        "acr": "high",
        "amr": ["pwd"],
        "exp": now + 300,
    }


def test_the_id_token_is_bound_to_its_access_token(care: Care, app: App) -> None:
    tokens = app.tokens()
    claims = claims_of(care, tokens["id_token"], app.client.client_id)
    digest = jwt.get_algorithm_by_name("RS256").compute_hash_digest(tokens["access_token"].encode())
    assert claims["at_hash"] == jwt.utils.base64url_encode(digest[: len(digest) // 2]).decode()


def test_there_is_no_id_token_when_it_is_not_asked_for(app: App) -> None:
    assert "id_token" not in app.tokens(scope="launch/patient patient/*.rs")


def test_an_id_token_is_no_access_token(app: App, jet: Person) -> None:
    assert app.read(jet.patient, app.tokens()["id_token"]).status_code == 401


def test_an_app_with_a_key_gets_a_token_by_showing_it(care: Care, jet: Person) -> None:
    app = confidential(care).log_in(jet.patient)
    assert app.redeem(app.code()).status_code == 200


def test_an_app_with_a_key_gets_nothing_without_showing_it(care: Care, jet: Person) -> None:
    app = confidential(care).log_in(jet.patient)
    bare = {"client_assertion": None, "client_assertion_type": None, "client_id": app.client.client_id}
    assert app.redeem(app.code(), **bare).json()["error"] == "invalid_client"


def test_an_app_with_a_key_needs_the_verifier_too(care: Care, jet: Person) -> None:
    app = confidential(care).log_in(jet.patient)
    assert app.redeem(app.code(), code_verifier=None).json()["error"] == "invalid_request"


def confidential(care: Care) -> App:
    key = Key()
    given = {"method": "private_key_jwt", "jwks": {"keys": [key.public]}}
    return App(care, care.register(**given), care.client(), key)


@pytest.mark.parametrize("endpoint", ["token", "revoke", "introspect", "userinfo"])
def test_an_app_of_another_origin_may_ask_from_a_browser(care: Care, endpoint: str) -> None:
    asks = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    response = care.client().options(f"/auth/{endpoint}", headers=asks)
    told = [response.headers[f"access-control-allow-{name}"] for name in ("origin", "methods")]
    assert (response.status_code, told[0], "POST" in told[1]) == (204, "*", True)


@pytest.mark.parametrize("origin", ["https://app.example", "null"])
@pytest.mark.parametrize("path", ["/auth/token", "/auth/userinfo", "/fhir/Patient", "/auth/jwks"])
def test_no_origin_is_ever_answered_with_credentials(app: App, path: str, origin: str) -> None:
    send = app.browser.post if path == "/auth/token" else app.browser.get
    headers = send(path, headers={"Origin": origin}).headers
    found = [headers.get(f"access-control-allow-{name}") for name in ("origin", "credentials")]
    assert found == ["*", None]


def test_the_authorization_endpoint_is_not_for_scripts_of_other_origins(app: App) -> None:
    assert "access-control-allow-origin" not in app.ask().headers


def test_authlibs_client_gets_a_token(care: Care, jet: Person) -> None:
    app = care.app().log_in(jet.patient)
    client = OAuth2Client(
        app.client.client_id, redirect_uri=CALLBACK, scope="launch/patient patient/*.rs offline_access",
        token_endpoint_auth_method="none", code_challenge_method="S256", transport=care.workers[0],
    )  # fmt: skip
    address, state = client.create_authorization_url(f"{ISSUER}/authorize", code_verifier="w" * 43, aud=FHIR)
    redirect = app.allow(app.browser.get(address)).headers["location"]
    client.fetch_token(TOKEN, authorization_response=redirect, code_verifier="w" * 43, state=state)
    assert client.get(f"{FHIR}/{jet.patient}").status_code == 200


def test_authlibs_client_refreshes_its_token(care: Care, jet: Person) -> None:
    app = care.app().log_in(jet.patient)
    token = app.tokens(scope="launch/patient patient/*.rs offline_access")
    client = OAuth2Client(
        app.client.client_id, token=token, token_endpoint_auth_method="none", transport=care.workers[0]
    )
    assert client.refresh_token(TOKEN)["access_token"] != token["access_token"]


class Behind(HTTPAdapter):
    """Ends TLS before a worker, as `apps.Proxy` does."""

    def __init__(self, care: Care) -> None:
        super().__init__()
        self._worker = f"http://127.0.0.1:{care.workers[0].port}"

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = (request.url or "").replace(BASE, self._worker)
        return super().send(request, *args, **options)


def test_the_python_client_of_smart_logs_in(care: Care, jet: Person) -> None:
    app = care.app().log_in(jet.patient)
    settings = {
        "app_id": app.client.client_id,
        "api_base": FHIR,
        "redirect_uri": CALLBACK,
        "scope": "patient/*.rs launch/patient",
    }
    smart = FHIRClient(settings=settings)
    smart.server.session.mount(BASE, Behind(care))
    smart.prepare()
    redirect = app.allow(app.browser.get(smart.authorize_url)).headers["location"]
    smart.handle_callback(redirect)
    assert smart.patient.id == jet.patient.partition("/")[2]


def test_a_code_of_one_app_is_worth_nothing_to_another(care: Care, app: App) -> None:
    code = answer_of(app.authorized())["code"]
    assert care.app().redeem(code).json()["error"] == "invalid_grant"
