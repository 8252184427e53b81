"""All that an outsider asks of the service, once: standalone, as software that acts by itself, and launched by it."""

from __future__ import annotations

from urllib.parse import urlsplit

from entering import Site
from smart_conformance.outsider import CALLBACK, KEYS, LAUNCHED_AT, ORIGIN, Outsider, bearing

ORGANIZATION = "https://dzop.example/fhir/client-organization"
PREFLIGHT = {**ORIGIN, "Access-Control-Request-Headers": "content-type"}


def lived(here: Site) -> Outsider:
    """The client with all that it was told."""
    client = Outsider(here)
    public = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none", "launch_uri": LAUNCHED_AT}
    grant_types = ["authorization_code", "refresh_token"]
    app = client.registered("app", client_name="App", grant_types=grant_types, **public)
    jwks = {"keys": [key.as_dict(private=False) for key in KEYS.values()]}
    acting = {ORGANIZATION: here.person.ref("Organization", "employer-gp")}
    system = client.registered(
        "software", client_name="Software", grant_types=["client_credentials"], scope="system/*.rs",
        token_endpoint_auth_method="private_key_jwt", jwks=jwks, **acting,
    )  # fmt: skip
    _documents(client)
    _wrong_requests(client, app)
    _standalone(client, app)
    _handed_back(client, app)
    _backend(client, system)
    _launched(client, app)
    return client


def _documents(client: Outsider) -> None:
    issuer, smart = urlsplit(client.issuer), f"{client.fhir}/.well-known/smart-configuration"
    for name, url in {
        "smart, from another origin": smart,
        "openid": f"{client.issuer}/.well-known/openid-configuration",
        "metadata": issuer._replace(path=f"/.well-known/oauth-authorization-server{issuer.path}").geturl(),
        "jwks": client.smart["jwks_uri"],
        "capability statement": f"{client.fhir}/metadata",
        "no token": f"{client.fhir}/Patient",
    }.items():
        client.tell(name, "GET", url, headers=ORIGIN)
    client.read("bad token", "x.y.z", "Patient")
    endpoints = ("token", "introspection", "revocation", "registration")
    for name, url, method in (
        ("smart", smart, "GET"),
        ("jwks", client.smart["jwks_uri"], "GET"),
        *((name, client.smart[f"{name}_endpoint"], "POST") for name in endpoints),
    ):
        asked = {**PREFLIGHT, "Access-Control-Request-Method": method}
        client.tell(f"{name} preflight", "OPTIONS", url, headers=asked)


def _wrong_requests(client: Outsider, app: str) -> None:
    client.authorize("unknown client", "nobody")
    client.authorize("other redirect", app, redirect_uri=f"{CALLBACK}/")
    for name, changes in {
        "no response_type": {"response_type": None},
        "implicit": {"response_type": "token"},
        "no PKCE": {"code_challenge": None, "code_challenge_method": None},
        "plain PKCE": {"code_challenge_method": "plain"},
        "no aud": {"aud": None},
        "other aud": {"aud": "https://elsewhere.example/fhir"},
        "no state": {"state": None},
        "no known scope": {"scope": "nonsense"},
        "system scope": {"scope": "system/*.rs"},
        "made-up launch": {"scope": "launch patient/*.rs", "launch": "made-up"},
        "nobody logged in, no page": {"prompt": "none"},
        "request object": {"request": "a.b.c"},
    }.items():
        client.authorize(name, app, **changes)


def _standalone(client: Outsider, app: str) -> None:
    browser = client.browser("person")
    redirect = client.allowed("back", browser, app)
    client.redeemed("wrong verifier", app, redirect, code_verifier="w" * 43)
    client.redeemed("other redirect at the token endpoint", app, redirect, redirect_uri=LAUNCHED_AT)
    given = client.redeemed("token", app, redirect)
    client.at("token", "no grant_type", client_id=app)
    client.at("token", "password grant", client_id=app, grant_type="password")
    client.at("token", "no client", grant_type="authorization_code", code="x")
    bearer = bearing(given["access_token"])
    client.read("read", given["access_token"], "Goal?_summary=count")
    client.tell(
        "write with a scope to read", "POST", f"{client.fhir}/Goal", json={"resourceType": "Goal"},
        headers={**bearer, "Content-Type": "application/fhir+json"},
    )  # fmt: skip
    userinfo = client.told["openid"].json()["userinfo_endpoint"]
    client.tell("userinfo", "GET", userinfo, headers=bearer)
    client.tell("userinfo of a bad token", "GET", userinfo, headers=bearing("x"))
    _refreshed(client, app, given["refresh_token"])
    client.redeemed("code again", app, redirect)
    there = f"{client.here.service.url}/portal/"
    silent = client.asked("dzop-portal", redirect_uri=there, scope="openid", prompt="none")
    client.told["no page needed"] = browser.open("/auth/authorize", **silent)


def _refreshed(client: Outsider, app: str, refresh_token: str) -> None:
    form = {"grant_type": "refresh_token", "client_id": app}
    client.at("token", "refresh for less", **form, refresh_token=refresh_token, scope="openid patient/*.rs")
    client.at("token", "refresh again", **form, refresh_token=refresh_token)
    after = client.told["refresh for less"].json()["refresh_token"]
    client.at("token", "refresh after a replay", **form, refresh_token=after)


def _handed_back(client: Outsider, app: str) -> None:
    """A second grant of the same app, which it gives back."""
    scope = "openid offline_access user/*.rs"
    redirect = client.allowed("second", client.browser("gp"), app, scope=scope)
    token = client.redeemed("second token", app, redirect)["refresh_token"]
    for name in ("revoke", "revoke again"):
        client.at("revocation", name, token=token, token_type_hint="refresh_token", client_id=app)
    client.at("revocation", "revoke what is unknown", token="x", client_id=app)
    form = {"grant_type": "refresh_token", "client_id": app}
    client.at("token", "refresh after revocation", **form, refresh_token=token)


def _backend(client: Outsider, system: str) -> None:
    token = client.credentials("system", system).json()["access_token"]
    client.credentials("system with ES384", system, "ES384")
    form, same = {"grant_type": "client_credentials", "scope": "system/*.rs"}, client.shown(system)
    for name in ("assertion", "assertion again"):
        client.at("token", name, **form, **same)
    now = int(client.here.clock().timestamp())
    client.credentials("assertion of six minutes", system, exp=now + 360)
    client.credentials("assertion without jti", system, jti=None)
    client.credentials("assertion for another server", system, aud="https://elsewhere.example/token")
    form["scope"] = "user/*.rs"
    client.at("token", "user scope for a system", **form, **client.shown(system))
    client.at("introspection", "introspect", token=token, **client.shown(system))
    client.at("introspection", "introspect what is unknown", token="x", **client.shown(system))
    client.at("introspection", "introspect as nobody", token=token)


def _launched(client: Outsider, app: str) -> None:
    person = client.here.person
    bearer = bearing(client.here.service.token(person.who("gp"), scope="launch user/*.rs"))
    asked = {
        "patient": person.patient.removeprefix("Patient/"),
        "client_id": app,
        "need_patient_banner": False,
    }
    client.tell(
        "launch",
        "POST",
        client.smart["launch_endpoint"],
        headers=bearer,
        json={**asked, "intent": "reconcile"},
    )
    launch = client.told["launch"].json()["launch"]
    scope = "launch openid fhirUser patient/*.rs"
    redirect = client.allowed("launched", client.browser("gp"), app, launch=launch, scope=scope)
    client.redeemed("launched token", app, redirect)
    client.allowed("launched again", client.browser("gp"), app, launch=launch, scope=scope)
