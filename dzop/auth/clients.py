"""Apps that may ask for a token on behalf of a user: public clients with exact redirect URIs.

https://www.rfc-editor.org/rfc/rfc6749#section-2
"""

from __future__ import annotations

from dataclasses import dataclass

from authlib.oauth2.rfc6749 import ClientMixin

from dzop.auth import scopes

__all__ = ["Client"]


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]
    """A public client: it proves itself with PKCE and an exact redirect URI, never with a secret."""

    client_id: str
    redirect_uris: tuple[str, ...]

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes asked for that mean something here, or None when none does."""
        return " ".join(filter(scopes.grantable, dict.fromkeys((scope or "").split()))) or None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"
