"""What SMART App Launch, and the specifications it rests on, demand of the answers in the story."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from smart_conformance.outsider import CALLBACK, SCOPE

Holds = Callable[[httpx.Response], bool]


def told(answer: httpx.Response) -> dict[str, str]:
    """What an app is told in the address that it is sent back to."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def sent_back(error: str) -> Holds:
    return lambda a: a.headers["location"].startswith(CALLBACK) and told(a)["error"] == error


def refused(error: str, *statuses: int) -> Holds:
    return lambda a: a.status_code in (statuses or (400,)) and a.json()["error"] == error


def is_not_kept(answer: httpx.Response) -> bool:
    return answer.headers["cache-control"] == "no-store" and answer.headers["pragma"] == "no-cache"


def any_origin(answer: httpx.Response) -> bool:
    return answer.headers["access-control-allow-origin"] == "*"


def let_through(*names: str) -> Holds:
    """The answer to a preflight lets a request with these headers through."""
    return lambda a: (
        a.status_code in (200, 204)
        and any_origin(a)
        and set(names)
        <= {each.strip().lower() for each in a.headers["access-control-allow-headers"].split(",")}
    )


def claims(answer: httpx.Response, name: str = "access_token") -> dict[str, Any]:
    """What is in a token, unverified."""
    body = answer.json()[name].split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "==")))


def has(*names: str) -> Holds:
    return lambda a: set(names) <= a.json().keys()


def challenged(*parts: str) -> Holds:
    return lambda a: all(each in a.headers["www-authenticate"] for each in ("Bearer", *parts))


def half_hash(text: str) -> str:
    """https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken, for RS256"""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).rstrip(b"=").decode()


SMART = "https://hl7.org/fhir/smart-app-launch/"
LAUNCH, CONTEXT, KEY, BACKEND, CONFORMANCE = (
    f"{SMART}{page}.html"
    for page in (
        "app-launch", "scopes-and-launch-context", "client-confidential-asymmetric", "backend-services", "conformance",
    )
)  # fmt: skip
OIDC = "https://openid.net/specs/openid-connect-core-1_0.html"
RFC = "https://www.rfc-editor.org/rfc/rfc"
CAPABILITIES = {
    "launch-ehr", "launch-standalone", "client-public", "client-confidential-asymmetric", "permission-v2",
    "permission-patient", "permission-user", "permission-offline", "context-standalone-patient", "sso-openid-connect",
}  # fmt: skip

# The paragraph, the demand, the answer it is about by its name in the story, and what must hold of it.
DEMANDS: list[tuple[str, str, str, Holds]] = [
    # discovery
    (CONFORMANCE, "JSON without a token", "smart", lambda a: a.headers["content-type"] == "application/json"),
    (CONFORMANCE, "what must be there", "smart",
     has("authorization_endpoint", "token_endpoint", "grant_types_supported", "capabilities",
         "code_challenge_methods_supported")),
    (CONFORMANCE, "issuer and jwks_uri with sso-openid-connect", "smart", has("issuer", "jwks_uri")),
    (CONFORMANCE, "S256 and never plain", "smart", lambda a: a.json()["code_challenge_methods_supported"] == ["S256"]),
    (CONFORMANCE, "the capabilities that were promised", "smart",
     lambda a: set(a.json()["capabilities"]) >= CAPABILITIES),
    (CONFORMANCE, "apps of any origin may read it", "smart, from another origin", any_origin),
    (CONFORMANCE, "the CapabilityStatement names the service SMART-on-FHIR", "capability statement",
     lambda a: a.json()["rest"][0]["security"]["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"),
    (f"{RFC}8414#section-3.3", "the issuer is the one asked for", "metadata",
     lambda a: str(a.url).replace("/.well-known/oauth-authorization-server", "") == a.json()["issuer"]),
    (f"{RFC}8414#section-2", "what must be there", "metadata",
     has("issuer", "authorization_endpoint", "token_endpoint", "response_types_supported")),
    (f"{RFC}9207#section-3", "answers name the server", "metadata",
     lambda a: a.json()["authorization_response_iss_parameter_supported"] is True),
    ("https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationResponse", "issuer", "openid",
     lambda a: str(a.url) == f"{a.json()['issuer']}/.well-known/openid-configuration"),
    ("https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata", "what must be there", "openid",
     has("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
         "subject_types_supported", "id_token_signing_alg_values_supported")),
    ("https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata", "RS256 is offered", "openid",
     lambda a: "RS256" in a.json()["id_token_signing_alg_values_supported"]),
    (f"{RFC}7517#section-5", "public keys, each with a kid", "jwks",
     lambda a: all(key["kid"] and "d" not in key for key in a.json()["keys"])),
    (f"{RFC}7517", "apps of any origin may read the keys", "jwks", any_origin),
    # browsers of another origin
    (f"{CONFORMANCE}#cors", "the document, with headers", "smart preflight", let_through("content-type")),
    (f"{CONFORMANCE}#cors", "the token endpoint", "token preflight", let_through("content-type", "authorization")),
    (f"{CONFORMANCE}#cors", "the token, read by an app of another origin", "token", any_origin),
    (f"{CONFORMANCE}#cors", "so are refusals", "no grant_type", any_origin),
    (f"{CONFORMANCE}#cors", "the FHIR base", "read", any_origin),
    (f"{CONFORMANCE}#cors", "revocation", "revocation preflight", let_through("content-type")),
    (f"{CONFORMANCE}#cors", "registration", "registration preflight", let_through("content-type")),
    (f"{CONFORMANCE}#cors", "keys", "jwks preflight", let_through("content-type")),
    # registration
    (f"{RFC}7591#section-3.2.1", "what must be there", "app",
     lambda a: a.status_code == 201 and "client_id" in a.json()),
    (f"{RFC}7591#section-3.2.1", "all that was registered", "app",
     has("client_id_issued_at", "redirect_uris", "grant_types", "token_endpoint_auth_method", "client_name")),
    (f"{RFC}7591#section-3.2.1", "kept by no cache", "app", lambda a: a.headers["cache-control"] == "no-store"),
    (f"{RFC}7592#section-3", "where to look after it", "app",
     has("registration_access_token", "registration_client_uri")),
    (f"{RFC}7591#section-3.2.1", "a public client has no secret", "app", lambda a: "client_secret" not in a.json()),
    # the authorization request
    (f"{RFC}6749#section-4.1.2.1", "an unknown client leads nowhere", "unknown client",
     lambda a: a.status_code == 400 and "location" not in a.headers),
    (f"{RFC}6749#section-4.1.2.1", "nor does another redirect URI", "other redirect",
     lambda a: a.status_code == 400 and "location" not in a.headers),
    (f"{RFC}6749#section-4.1.2.1", "a parameter is missing", "no response_type", sent_back("invalid_request")),
    (f"{RFC}9700#section-2.1.2", "no tokens in addresses", "implicit", sent_back("unsupported_response_type")),
    (f"{RFC}7636#section-4.4.1", "PKCE is required", "no PKCE", sent_back("invalid_request")),
    (f"{LAUNCH}#considerations-for-pkce-support", "plain is not taken", "plain PKCE", sent_back("invalid_request")),
    (f"{LAUNCH}#obtain-authorization-code", "aud is required", "no aud", sent_back("invalid_request")),
    (f"{LAUNCH}#obtain-authorization-code", "and is this server", "other aud", sent_back("invalid_request")),
    (f"{LAUNCH}#obtain-authorization-code", "state is required", "no state", sent_back("invalid_request")),
    (f"{RFC}6749#section-4.1.2.1", "state comes back with an error", "no PKCE", lambda a: told(a)["state"] == "st"),
    (f"{RFC}9207#section-2", "iss comes with an error", "no PKCE", lambda a: told(a)["iss"].endswith("/auth")),
    (f"{RFC}6749#section-4.1.2.1", "nothing known is asked", "no known scope", sent_back("invalid_scope")),
    (CONTEXT, "no user gives system scopes", "system scope", sent_back("invalid_scope")),
    (LAUNCH, "a launch that nobody began", "made-up launch", sent_back("invalid_request")),
    (f"{OIDC}#AuthError", "prompt=none without a login", "nobody logged in, no page", sent_back("login_required")),
    (f"{OIDC}#AuthError", "no request objects", "request object", sent_back("request_not_supported")),
    (f"{OIDC}#AuthRequest", "prompt=none with a login", "no page needed", lambda a: "code" in told(a)),
    (f"{RFC}6749#section-4.1.2", "the state comes back", "back", lambda a: told(a)["state"] == "st"),
    (f"{RFC}9207#section-2", "the server is named", "back", lambda a: told(a)["iss"].endswith("/auth")),
    # the code
    (f"{RFC}7636#section-4.6", "only with its verifier", "wrong verifier", refused("invalid_grant")),
    (f"{RFC}6749#section-4.1.3", "only with its redirect URI", "other redirect at the token endpoint",
     refused("invalid_grant")),
    (f"{RFC}6749#section-4.1.2", "only once", "code again", refused("invalid_grant")),
    (f"{RFC}6749#section-5.2", "no grant_type", "no grant_type", refused("invalid_request")),
    (f"{RFC}6749#section-5.2", "a grant that is not offered", "password grant", refused("unsupported_grant_type")),
    (f"{RFC}6749#section-5.2", "no client", "no client", refused("invalid_client", 400, 401)),
    (f"{RFC}6749#section-5.2", "no refusal is kept", "no grant_type", is_not_kept),
    # the token response
    (f"{LAUNCH}#obtain-access-token", "what must be there", "token",
     has("access_token", "token_type", "scope", "expires_in")),
    (f"{LAUNCH}#obtain-access-token", "token_type", "token", lambda a: a.json()["token_type"].lower() == "bearer"),
    (f"{LAUNCH}#obtain-access-token", "no cache keeps it", "token", is_not_kept),
    (f"{LAUNCH}#obtain-access-token", "at most an hour", "token", lambda a: 0 < a.json()["expires_in"] <= 3600),
    (f"{LAUNCH}#obtain-access-token", "the scopes that were given", "token", lambda a: a.json()["scope"] == SCOPE),
    (f"{CONTEXT}#launch-context-arrives-with-your-access_token", "the patient by id", "token",
     lambda a: a.json()["patient"].startswith("person-")),
    (f"{CONTEXT}#scopes-for-requesting-a-refresh-token", "a refresh token", "token", has("refresh_token")),
    (f"{RFC}9068#section-2.1", "the type of an access token", "token",
     lambda a: json.loads(base64.urlsafe_b64decode(a.json()["access_token"].split(".")[0] + "=="))["typ"] == "at+jwt"),
    (f"{RFC}9068#section-2.2", "what must be in it", "token",
     lambda a: {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} <= claims(a).keys()),
    (f"{RFC}9068#section-2.2", "it is for the FHIR base", "token", lambda a: claims(a)["aud"].endswith("/fhir")),
    # id token and userinfo
    (f"{OIDC}#IDToken", "what must be in it", "token",
     lambda a: {"iss", "sub", "aud", "exp", "iat"} <= claims(a, "id_token").keys()),
    (f"{OIDC}#IDToken", "the nonce comes back", "token", lambda a: claims(a, "id_token")["nonce"] == "once"),
    (f"{OIDC}#CodeIDToken", "at_hash fits the access token", "token",
     lambda a: claims(a, "id_token")["at_hash"] == half_hash(a.json()["access_token"])),
    (f"{CONTEXT}#scopes-for-requesting-identity-data", "fhirUser is a URL here", "token",
     lambda a: "/fhir/Patient/" in claims(a, "id_token")["fhirUser"]),
    (f"{OIDC}#RefreshTokenResponse", "a refreshed one has the same sub", "refresh for less",
     lambda a: claims(a, "id_token")["sub"] == claims(a)["sub"]),
    (f"{OIDC}#RefreshTokenResponse", "and no nonce", "refresh for less",
     lambda a: "nonce" not in claims(a, "id_token")),
    (f"{OIDC}#UserInfoResponse", "sub", "userinfo", has("sub")),
    (f"{OIDC}#UserInfoError", "a bad token", "userinfo of a bad token", challenged('error="invalid_token"')),
    # refresh
    (f"{RFC}6749#section-6", "no more than was given, and less if asked", "refresh for less",
     lambda a: set(a.json()["scope"].split()) == {"openid", "patient/*.rs"}),
    (f"{LAUNCH}#refresh-access-token", "the context again", "refresh for less", has("patient")),
    (f"{RFC}9700#section-4.14.2", "a refresh token counts once", "refresh again", refused("invalid_grant")),
    (f"{RFC}9700#section-4.14.2", "a replay ends the family", "refresh after a replay", refused("invalid_grant")),
    # revocation
    (f"{RFC}7009#section-2.2", "200", "revoke", lambda a: a.status_code == 200),
    (f"{RFC}7009#section-2.2", "200 once more", "revoke again", lambda a: a.status_code == 200),
    (f"{RFC}7009#section-2.2", "200 for what is unknown", "revoke what is unknown", lambda a: a.status_code == 200),
    (f"{RFC}7009#section-2", "what was handed back is worth nothing", "refresh after revocation",
     refused("invalid_grant")),
    # backend services
    (f"{BACKEND}#issue-access-token", "five minutes at most", "system", lambda a: 0 < a.json()["expires_in"] <= 300),
    (f"{BACKEND}#issue-access-token", "the scopes", "system", lambda a: a.json()["scope"] == "system/*.rs"),
    (f"{BACKEND}#issue-access-token", "no refresh token", "system", lambda a: "refresh_token" not in a.json()),
    (f"{KEY}#signature-requirements", "ES384 too", "system with ES384", lambda a: a.status_code == 200),
    (f"{KEY}#signature-requirements", "a jti counts once", "assertion again", refused("invalid_client", 400, 401)),
    (KEY, "five minutes at most", "assertion of six minutes", refused("invalid_client", 400, 401)),
    (KEY, "jti is required", "assertion without jti", refused("invalid_client", 400, 401)),
    (KEY, "aud is the token endpoint", "assertion for another server", refused("invalid_client", 400, 401)),
    (CONTEXT, "a system gets system scopes alone", "user scope for a system", refused("invalid_scope")),
    (f"{RFC}7662#section-2.2", "what must be there", "introspect", lambda a: a.json()["active"] is True),
    (f"{SMART}token-introspection.html", "what SMART adds", "introspect", has("scope", "client_id", "exp")),
    (f"{RFC}7662#section-2.2", "nothing else of what is unknown", "introspect what is unknown",
     lambda a: a.json() == {"active": False}),
    (f"{RFC}7662#section-2.1", "nobody may ask unknown", "introspect as nobody", refused("invalid_client", 400, 401)),
    # launch from other software
    (LAUNCH, "the launch opens the plan that the software has open", "launched token",
     lambda a: a.json()["patient"].startswith("person-")),
    (f"{CONTEXT}#launch-context-arrives-with-your-access_token", "the banner", "launched token",
     lambda a: a.json()["need_patient_banner"] is False),
    (f"{CONTEXT}#launch-context-arrives-with-your-access_token", "the intent", "launched token",
     lambda a: a.json()["intent"] == "reconcile"),
    (f"{LAUNCH}#app-launch-launch-from-within-an-ehr", "the address of the app", "launch",
     lambda a: parse_qs(urlsplit(a.json()["launch_url"]).query).keys() == {"iss", "launch"}),
    (LAUNCH, "a launch counts once", "launched again", sent_back("invalid_request")),
    # the FHIR base
    (f"{RFC}6750#section-3", "no token", "no token",
     lambda a: a.status_code == 401 and "error" not in a.headers["www-authenticate"]),
    (f"{RFC}6750#section-3.1", "a bad token", "bad token", challenged('error="invalid_token"')),
    (f"{RFC}6750#section-3.1", "a scope that does not reach", "write with a scope to read",
     challenged('error="insufficient_scope"')),
    (f"{RFC}6750#section-3.1", "is 403", "write with a scope to read", lambda a: a.status_code == 403),
    ("https://hl7.org/fhir/R4/http.html", "refusals are OperationOutcomes", "bad token",
     lambda a: a.json()["resourceType"] == "OperationOutcome"),
]  # fmt: skip
