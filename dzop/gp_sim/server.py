"""What a server tells about itself. https://hl7.org/fhir/smart-app-launch/conformance.html"""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from dzop.gp_sim.answers import Failed, expect, json_of, member

__all__ = ["NEEDED", "Server", "discovered"]

NEEDED = (
    "launch-ehr", "launch-standalone", "client-public", "client-confidential-asymmetric", "permission-v2",
    "permission-offline", "sso-openid-connect",
)  # fmt: skip
"""The capabilities that the example uses."""


@dataclass(frozen=True, slots=True)
class Server:
    """Addresses: `fhir` is the FHIR base; `launch` is where software says what it has open, which SMART leaves to each
    server; `registration` is None where software cannot register itself.
    """

    fhir: str
    issuer: str
    keys: str
    authorization: str
    token: str
    introspection: str
    revocation: str
    launch: str
    registration: str | None


def discovered(http: httpx.Client, fhir: str) -> Server:
    """The server at this FHIR base; Failed when it cannot do what the example needs."""
    what = "the smart-configuration"
    told = json_of(expect(http.get(f"{fhir}/.well-known/smart-configuration"), 200))
    if missing := [each for each in NEEDED if each not in told.get("capabilities", ())]:
        raise Failed(f"{what} does not claim {', '.join(missing)}")
    if "S256" not in told.get("code_challenge_methods_supported", ()):
        raise Failed(f"{what} does not claim the code challenge method S256")
    return Server(
        fhir=fhir,
        issuer=member(told, "issuer", what),
        keys=member(told, "jwks_uri", what),
        authorization=member(told, "authorization_endpoint", what),
        token=member(told, "token_endpoint", what),
        introspection=member(told, "introspection_endpoint", what),
        revocation=member(told, "revocation_endpoint", what),
        launch=member(told, "launch_endpoint", what),
        registration=told.get("registration_endpoint"),
    )
