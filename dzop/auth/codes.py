"""Authorization codes: sealed texts that carry what they grant, redeemed once.

https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2

Any worker can redeem what another handed out. That a code works once is remembered per process
(`SpentCodes`): with several workers a stolen code could be redeemed once in each, within its
minute and only by who has the PKCE verifier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin

__all__ = ["Code", "Login", "SpentCodes"]


@dataclass(frozen=True, slots=True)
class Login:
    """Who logged in: a reference such as `RelatedPerson/an`, and the id of the patient in context."""

    subject: str
    patient: str | None


class SpentCodes:
    """Codes redeemed by this process, each kept until it expires; when full, no code is redeemed."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._spent: dict[str, datetime] = {}

    def spend(self, code_id: str, expires: datetime, now: datetime) -> bool:
        """Marks the code as used; False when it was used before."""
        self._spent = {other: until for other, until in self._spent.items() if until > now}
        if code_id in self._spent or len(self._spent) >= self._size:
            return False
        self._spent[code_id] = expires
        return True


@dataclass(frozen=True)
class Code(AuthorizationCodeMixin):  # type: ignore[misc]
    """What a code grants, to which client, and what the redeemer must show."""

    code_id: str
    expires: float
    client_id: str
    redirect_uri: str
    scope: str
    code_challenge: str
    nonce: str | None
    subject: str
    patient: str | None
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope
