"""Who may ask for tokens: apps with exact redirect URIs, and organisations' systems with a key of their own.

https://www.rfc-editor.org/rfc/rfc6749#section-2, https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from authlib.oauth2.rfc6749 import ClientMixin

from dzop.auth import scopes

__all__ = ["Client"]


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]
    """A client by the names of its registration (RFC 7591).

    A public client (`none`) proves itself with PKCE and an exact redirect URI; a confidential one signs an assertion
    with a key of `jwks` (`private_key_jwt`). There are no secrets that both sides know. `scope` is the most it may
    ask for, by spaces; empty for whatever a user may give. `organization` (`Organization/x`) is for whom it acts.
    `is_first_party` is the service's own app, for which nobody is asked whether they allow it. One that `introspects`
    is another service that takes our access tokens, and may ask about those of every client (RFC 7662).
    """

    client_id: str
    redirect_uris: tuple[str, ...] = ()
    name: str = ""
    method: Literal["none", "private_key_jwt"] = "none"
    grant_types: tuple[str, ...] = ("authorization_code",)
    scope: str = ""
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    organization: str | None = None
    launch_uri: str | None = None
    logo: str | None = None
    policy: str | None = None
    post_logout_redirect_uris: tuple[str, ...] = ()
    is_first_party: bool = False
    introspects: bool = False

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes asked for that mean something here and are within its registration, or None when none is."""
        registered = self.scope.split()
        asked = filter(scopes.grantable, dict.fromkeys((scope or "").split()))
        return " ".join(each for each in asked if not registered or scopes.covered(each, registered)) or None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types
