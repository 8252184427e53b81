import base64
import hashlib
import html
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.applications import Starlette

from dzop.auth import keys
from dzop.auth.client import Client
from dzop.auth.discovery import smart_configuration
from dzop.auth.sandbox import Sandbox, routes
from dzop.auth.tokens import Verifier

ORIGIN = "http://127.0.0.1:8000"
ISSUER, BASE, PORTAL = f"{ORIGIN}/auth", f"{ORIGIN}/fhir", f"{ORIGIN}/portal/"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SIGNING = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
IDENTITY = RSAKey.generate_key(2048, {"alg": "RS256", "use": "sig"}, auto_kid=True)
PEOPLE = (
    ("Patient/jet", "Jet & co", "82 years"),
    ("RelatedPerson/an", "An", "daughter of Jet"),
    ("Practitioner/els", "Els", {"nl": "verpleegkundige", "en": "nurse"}),
    ("Practitioner/tom", "Tom", "doctor"),
    ("Organization/practice", "Practice", "software"),
)
ASKED = {
    "response_type": "code",
    "client_id": "dzop-portal",
    "redirect_uri": PORTAL,
    "scope": "launch/patient openid fhirUser patient/*.rs user/*.rs unknown system/*.rs",
    "state": "st",
    "nonce": "once",
    "aud": BASE,
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def patient_of(reference: str) -> str | None:
    return {"RelatedPerson/an": "jet"}.get(reference)


class World:
    """A browser, an app and the sandbox on one clock."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.app = self.worker()
        self.browser = self.client(self.app)

    def worker(self, issuer: str = ISSUER) -> Starlette:
        clients = (Client("dzop-portal", (PORTAL,)), Client("other", (f"{ORIGIN}/other/",)))
        sandbox = Sandbox(
            key=SIGNING,
            identity_key=IDENTITY,
            issuer=issuer,
            audience=BASE,
            clients=clients,
            people=PEOPLE,
            patient_of=patient_of,
            clock=self.clock,
            around={"Practitioner/tom": "jet"},
        )
        return Starlette(routes=routes(sandbox))

    def client(self, app: Starlette) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)

    async def ask(self, **changes: Any) -> httpx.Response:
        asked = {name: value for name, value in (ASKED | changes).items() if value is not None}
        return await self.browser.get("/auth/authorize", params=asked)

    async def choose(self, person: str = "Patient/jet", **changes: Any) -> httpx.Response:
        page = await self.ask(**changes)
        return await self.browser.post(
            "/auth/authorize", data={"pending": pending_of(page), "person": person}
        )

    async def code(self, person: str = "Patient/jet", **changes: Any) -> str:
        return answer_of(await self.choose(person, **changes))["code"]

    async def redeem(self, code: str, /, **changes: Any) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": "dzop-portal",
            "redirect_uri": PORTAL,
            "code_verifier": VERIFIER,
        } | changes
        present = {name: value for name, value in form.items() if value is not None}
        return await self.browser.post("/auth/token", data=present)


@pytest.fixture
def world() -> World:
    return World()


def pending_of(page: httpx.Response) -> str:
    match = re.search(r'name="pending" value="([^"]+)"', page.text)
    assert match is not None, page.text
    return html.unescape(match[1])


def answer_of(response: httpx.Response) -> dict[str, str]:
    return {
        name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()
    }


async def test_the_login_page_lists_the_people_by_whose_plan_it_is(world: World) -> None:
    page = await world.ask(ui_locales="en")
    assert re.findall(r"<h2[^>]*>([^<]+)</h2>", page.text) == [
        "The plan of Jet &amp; co",
        "Other care professionals",
    ]


async def test_a_professional_is_listed_where_the_sandbox_was_told(world: World) -> None:
    first, second = (await world.ask()).text.split("<section")[1:]
    assert ("Tom" in first, "Tom" in second) == (True, False)


async def test_software_does_not_log_in_with_a_browser(world: World) -> None:
    assert (await world.choose("Organization/practice")).status_code == 400


@pytest.mark.parametrize(("language", "word"), [("nl", "verpleegkundige"), ("de", "nurse")])
async def test_a_description_is_in_the_language_of_the_page_or_in_english(
    world: World, language: str, word: str
) -> None:
    assert f"<span>{word}</span>" in (await world.ask(ui_locales=language)).text


async def test_a_name_on_the_login_page_is_text(world: World) -> None:
    page = await world.ask()
    assert "<strong>Jet &amp; co</strong>" in page.text


@pytest.mark.parametrize(
    ("locales", "header", "language"),
    [
        ("", "", "nl"),
        ("fr", "nl", "fr"),
        ("xx de-BE", "nl", "de"),
        ("", "en-GB,en;q=0.9,nl;q=0.8", "en"),
        ("", "nl;q=0.1,fr;q=0.9", "fr"),
        ("", "x;q=y,de", "de"),
    ],
)
async def test_the_login_page_speaks_the_language_asked_for(
    world: World, locales: str, header: str, language: str
) -> None:
    world.browser.headers["Accept-Language"] = header
    page = await world.ask(ui_locales=locales or None)
    assert f'<html lang="{language}">' in page.text


async def test_the_login_page_may_run_nothing_and_be_framed_by_nobody(world: World) -> None:
    page = await world.ask()
    assert page.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {ORIGIN}"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "unknown"},
        {"client_id": ["dzop-portal", "other"]},
        {"redirect_uri": None},
        {"redirect_uri": PORTAL + "x"},
        {"redirect_uri": PORTAL + "#x"},
        {"redirect_uri": PORTAL[:-1]},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": f"{ORIGIN}/other/"},
        {"redirect_uri": [PORTAL, "https://evil.example/"]},
        {"state": ["a", "b"]},
        {"response_type": 'to"ken'},
        {"scope": "x" * 40_000},
    ],
)
async def test_a_request_that_cannot_be_trusted_is_not_redirected(
    world: World, changes: dict[str, Any]
) -> None:
    response = await world.ask(**changes)
    assert (response.status_code, response.headers.get("location")) == (400, None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": [CHALLENGE, CHALLENGE]}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"aud": "https://evil.example/fhir"}, "invalid_request"),
        ({"aud": [BASE, BASE]}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "nonsense system/*.rs"}, "invalid_scope"),
    ],
)
async def test_a_wrong_request_of_a_known_app_is_told_to_the_app(
    world: World, changes: dict[str, Any], error: str
) -> None:
    response = await world.ask(**changes)
    answer = answer_of(response)
    assert (303, error, ISSUER) == (response.status_code, answer["error"], answer["iss"])


async def test_nobody_logs_in_over_a_network_without_https(world: World) -> None:
    world.browser = world.client(world.worker("http://service.example/auth"))
    assert (await world.ask()).status_code == 400


async def test_the_choice_leads_back_to_the_app_with_state_and_issuer(world: World) -> None:
    response = await world.choose()
    answer = answer_of(response)
    location = response.headers["location"].split("?")[0]
    assert (response.status_code, location, answer["state"], answer["iss"]) == (303, PORTAL, "st", ISSUER)


async def test_who_would_rather_not_log_in_goes_back_without_a_code(world: World) -> None:
    page = await world.ask()
    form = {"pending": pending_of(page), "cancel": "yes"}
    answer = answer_of(await world.browser.post("/auth/authorize", data=form))
    assert (answer["error"], answer["state"]) == ("access_denied", "st")


async def test_a_page_seen_by_another_browser_cannot_be_sent(world: World) -> None:
    page = await world.ask()
    form = {"pending": pending_of(page), "person": "Patient/jet"}
    response = await world.client(world.app).post("/auth/authorize", data=form)
    assert response.status_code == 400


async def test_a_page_of_ten_minutes_old_cannot_be_sent(world: World) -> None:
    page = await world.ask()
    world.clock.now += timedelta(minutes=10)
    form = {"pending": pending_of(page), "person": "Patient/jet"}
    assert (await world.browser.post("/auth/authorize", data=form)).status_code == 400


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"person": "Patient/jet"},
        {"pending": "x", "person": "Patient/jet"},
        {"pending": "a.b.c.d.e", "person": "Patient/jet"},
        {"pending": "é", "person": "Patient/jet"},
    ],
)
async def test_a_choice_without_a_page_is_refused(world: World, form: dict[str, str]) -> None:
    await world.ask()
    assert (await world.browser.post("/auth/authorize", data=form)).status_code == 400


async def test_only_people_on_the_page_can_be_chosen(world: World) -> None:
    assert (await world.choose("Patient/somebody-else")).status_code == 400


async def test_a_code_gives_a_token_that_the_service_accepts(world: World) -> None:
    token = (await world.redeem(await world.code())).json()
    verifier = Verifier(KeySet([SIGNING]), (ISSUER,), (BASE,))
    claims = verifier.verify(token["access_token"], world.clock.now)
    assert (claims.subject, claims.client_id, claims.patient) == ("Patient/jet", "dzop-portal", "jet")


async def test_the_answer_of_the_token_endpoint_says_what_was_granted(world: World) -> None:
    response = await world.redeem(await world.code())
    token = response.json()
    assert {name: token[name] for name in ("token_type", "expires_in", "patient", "scope")} == {
        "token_type": "Bearer",
        "expires_in": 3600,
        "patient": "jet",
        "scope": "launch/patient openid fhirUser patient/*.rs user/*.rs",
    }


async def test_the_answer_of_the_token_endpoint_is_not_stored(world: World) -> None:
    response = await world.redeem(await world.code())
    assert response.headers["cache-control"] == "no-store"


async def test_a_relative_gets_the_patient_as_context(world: World) -> None:
    token = (await world.redeem(await world.code("RelatedPerson/an"))).json()
    assert token["patient"] == "jet"


async def test_a_professional_gets_no_patient_and_no_scope_that_needs_one(world: World) -> None:
    token = (await world.redeem(await world.code("Practitioner/els"))).json()
    assert (token.get("patient"), token["scope"]) == (None, "openid fhirUser user/*.rs")


async def test_a_professional_who_only_gets_patient_scopes_gets_nothing(world: World) -> None:
    answer = answer_of(await world.choose("Practitioner/els", scope="patient/*.rs"))
    assert (answer["error"], answer.get("code")) == ("invalid_scope", None)


async def test_the_id_token_says_who_logged_in_and_repeats_the_nonce(world: World) -> None:
    token = (await world.redeem(await world.code("RelatedPerson/an"))).json()
    claims = jwt.decode(token["id_token"], IDENTITY, ["RS256"]).claims
    assert (ISSUER, "dzop-portal", "RelatedPerson/an", "once", f"{BASE}/RelatedPerson/an") == tuple(
        claims[name] for name in ("iss", "aud", "sub", "nonce", "fhirUser")
    )


async def test_there_is_no_id_token_when_it_is_not_asked_for(world: World) -> None:
    token = (await world.redeem(await world.code(scope="patient/*.rs"))).json()
    assert "id_token" not in token


async def test_an_id_token_is_no_access_token(world: World) -> None:
    token = (await world.redeem(await world.code())).json()
    response = Verifier(KeySet([SIGNING, IDENTITY]), (ISSUER,), ("dzop-portal",), ["ES256", "RS256"])
    with pytest.raises(Exception, match="not an access token"):
        response.verify(token["id_token"], world.clock.now)


async def test_a_code_works_once(world: World) -> None:
    code = await world.code()
    await world.redeem(code)
    assert (await world.redeem(code)).json()["error"] == "invalid_grant"


async def test_a_wrong_attempt_does_not_spend_the_code_of_the_right_app(world: World) -> None:
    code = await world.code()
    await world.redeem(code, code_verifier="w" * 43)
    assert (await world.redeem(code)).status_code == 200


async def test_a_code_can_be_redeemed_at_another_worker(world: World) -> None:
    code = await world.code()
    world.browser = world.client(world.worker())
    assert (await world.redeem(code)).status_code == 200


async def test_a_code_lasts_a_minute(world: World) -> None:
    code = await world.code()
    world.clock.now += timedelta(seconds=60)
    assert (await world.redeem(code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_grant"),
        ({"client_id": "unknown"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"redirect_uri": f"{ORIGIN}/other/"}, "invalid_grant"),
        ({"redirect_uri": [PORTAL, PORTAL]}, "invalid_request"),
        ({"code": None}, "invalid_request"),
        ({"code": "a.b.c.d.e"}, "invalid_grant"),
        ({"code": "x" * 20_000}, "invalid_grant"),
        ({"code": "x" * 40_000}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": 'x"é'}, "unsupported_grant_type"),
    ],
)
async def test_a_wrong_token_request_gives_no_token(
    world: World, changes: dict[str, Any], error: str
) -> None:
    response = await world.redeem(await world.code(), **changes)
    assert (400, error) == (response.status_code, response.json()["error"])


async def test_an_access_token_is_no_code(world: World) -> None:
    token = (await world.redeem(await world.code())).json()["access_token"]
    assert (await world.redeem(token)).json()["error"] == "invalid_grant"


async def test_a_pending_login_is_no_code(world: World) -> None:
    page = await world.ask()
    assert (await world.redeem(pending_of(page))).json()["error"] == "invalid_grant"


async def test_the_key_set_holds_the_public_keys(world: World) -> None:
    published = (await world.browser.get("/auth/jwks")).json()
    assert published == json.loads(json.dumps(keys.public_jwks(SIGNING, IDENTITY)))


async def test_every_endpoint_of_the_smart_configuration_exists(world: World) -> None:
    document = smart_configuration(ISSUER)
    statuses = {
        name: (await world.browser.get(document[name])).status_code
        for name in ("jwks_uri", "authorization_endpoint", "token_endpoint")
    }
    assert statuses == {"jwks_uri": 200, "authorization_endpoint": 400, "token_endpoint": 405}


async def test_openid_discovery_is_found_under_the_issuer(world: World) -> None:
    document = (await world.browser.get(f"{ISSUER}/.well-known/openid-configuration")).json()
    assert (document["issuer"], document["id_token_signing_alg_values_supported"]) == (ISSUER, ["RS256"])
