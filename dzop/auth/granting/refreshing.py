"""Refresh tokens: each works once, and one that turns up again ends all that came of its grant.

https://www.rfc-editor.org/rfc/rfc6749#section-6, https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from authlib.oauth2.rfc6749 import TokenMixin

from dzop.auth.client import Client
from dzop.auth.granting import grants
from dzop.auth.granting.grants import Grant
from dzop.auth.granting.provider import Provider

__all__ = ["RefreshToken", "close", "find"]


@dataclass(frozen=True, slots=True)
class RefreshToken(TokenMixin):  # type: ignore[misc]
    """A refresh token that is ours, whatever has become of its grant; `generation` is its place in the family."""

    grant: Grant
    generation: int

    def check_client(self, client: Client) -> bool:
        return self.grant.granted.client_id == client.client_id

    def get_scope(self) -> str:
        return self.grant.granted.scope

    def counts(self, now: datetime) -> bool:
        """Whether it is the one that counts now."""
        return self.grant.is_open(now) and self.generation == self.grant.generation


def close(provider: Provider, grant_id: str, generation: int, expires: datetime) -> str:
    """The sealed text of a refresh token."""
    return provider.refresh_tokens.close({"grant": grant_id, "generation": generation}, expires)


async def find(provider: Provider, text: str, now: datetime) -> RefreshToken | None:
    """The refresh token that this text is; None when it is none of ours or its grant has expired."""
    content = provider.refresh_tokens.open(text, now)
    grant = await grants.find(provider.database, content["grant"]) if content else None
    return RefreshToken(grant, content["generation"]) if grant and content else None
