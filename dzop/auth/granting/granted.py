"""What somebody gave an app, and the code with which the app fetches it.

https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2, https://www.rfc-editor.org/rfc/rfc7636
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin

from dzop.auth.granting.revived import revived
from dzop.auth.seals import Seal

__all__ = ["Code", "Codes", "Granted"]

CODE_LASTS: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Granted:
    """What every token of a grant says.

    `id` names the grant; `subject` is the capacity (`PractitionerRole/x`), `patient` the id of the Patient in context,
    `scopes` in the order they were asked. `session` is the login (`sid`) in which it was given, `authenticated` when
    that was, `session_ends` when it is over in any case (both in seconds since 1970), `acr` and `amr` how.
    `context` goes into the answer of the token endpoint as it is:
    https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html.
    """

    id: str
    client_id: str
    subject: str
    scopes: tuple[str, ...]
    patient: str | None = None
    session: str | None = None
    authenticated: float | None = None
    session_ends: float | None = None
    acr: str = ""
    amr: tuple[str, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        return " ".join(self.scopes)

    @property
    def is_refreshed(self) -> bool:
        """Whether the app gets a refresh token."""
        return not {"offline_access", "online_access"}.isdisjoint(self.scopes)

    @property
    def ends_with(self) -> str | None:
        """The login with which its tokens end: those for offline access go on without it."""
        return None if "offline_access" in self.scopes else self.session

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Code(AuthorizationCodeMixin):  # type: ignore[misc]
    """What a code gives, and what the app must show for it. `expires` is in seconds since 1970."""

    granted: Granted
    redirect_uri: str
    code_challenge: str
    nonce: str | None
    expires: float
    code_challenge_method: str = "S256"

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.expires, UTC)

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.granted.scope


class Codes:
    """Codes are sealed texts that carry what they give: any worker can redeem what another handed out."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret, "authorization code")

    def close(
        self, granted: Granted, redirect_uri: str, code_challenge: str, nonce: str | None, now: datetime
    ) -> str:
        """The code, good for a minute."""
        content = {
            "granted": granted.to_json(),
            "redirect_uri": redirect_uri,
            "code_challenge": code_challenge,
            "nonce": nonce,
            "expires": (now + CODE_LASTS).timestamp(),
        }
        return self._seal.close(content, now + CODE_LASTS)

    def open(self, text: str, now: datetime) -> Code | None:
        """What the code gives; None when it is not ours, was changed, or has expired."""
        content = self._seal.open(text, now)
        return Code(**{**content, "granted": revived(Granted, content["granted"])}) if content else None
