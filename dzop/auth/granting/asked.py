"""What an app asks for, and what is known of the answer so far.

https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1,
https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest,
https://hl7.org/fhir/smart-app-launch/app-launch.html#obtain-authorization-code

Between two pages all of it travels through the browser as one sealed text (`pending`), which opens only in the
browser that began: nothing is kept on the server, and a form on another site can send nothing here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from dzop.auth.granting.revived import revived
from dzop.auth.seals import Seal
from dzop.auth.sessions import Session

__all__ = ["Asked", "Pending", "Pendings"]

PENDING_LASTS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Asked:
    """An authorization request of which everything has been checked.

    `scopes` are those that this client may get here, in its order; `at` is when it was asked, in seconds since 1970.
    `launch` is what the EHR said when it launched the app; `max_age` is in seconds.
    """

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    code_challenge: str
    at: float
    nonce: str | None = None
    launch: Mapping[str, Any] | None = None
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    login_hint: str | None = None
    ui_locales: str = ""

    def is_met_by(self, session: Session | None, now: datetime) -> bool:
        """Whether this login will do: it is there, is recent enough, as sure as was asked, and of whom the EHR said."""
        if session is None:
            return False
        authenticated = session.authenticated.timestamp()
        is_new = authenticated >= self.at
        is_recent = self.max_age is None or now.timestamp() - authenticated <= self.max_age
        wants_new = not {"login", "select_account"}.isdisjoint(self.prompt) or not is_recent
        return (
            (is_new or not wants_new)
            and (not self.acr_values or session.acr in self.acr_values)
            and bool(self.subjects_of(session))
        )

    def subjects_of(self, session: Session) -> tuple[str, ...]:
        """The capacities to choose from: all of the login, or those of whom the EHR said."""
        users = (self.launch or {}).get("users", session.subjects)
        return tuple(each for each in session.subjects if each in users)

    def is_answered_by(self, session: Session) -> bool:
        """Whether somebody logged in for this very request: another login would be no better."""
        return session.authenticated.timestamp() >= self.at


@dataclass(frozen=True, slots=True)
class Pending:
    """A request on its way to an answer, with what is known of it.

    `session` is the login that the rest was chosen in; `subject` the capacity; `patient` the id of the Patient in
    context. `is_placed` is whether it has been settled whose plan it is about, be it nobody's.
    """

    asked: Asked
    session: str | None = None
    subject: str | None = None
    patient: str | None = None
    is_placed: bool = False


class Pendings:
    """Seals pending requests, each for the browser that began it (`browser` is the value of its cookie)."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret, "pending authorization")

    def close(self, pending: Pending, browser: str, now: datetime) -> str:
        """The sealed text, good for ten minutes."""
        return self._seal.close(
            {"pending": asdict(pending), "browser": _digest(browser)}, now + PENDING_LASTS
        )

    def open(self, text: str, browser: str, now: datetime) -> Pending | None:
        """What was sealed; None when it is not ours, is too old, or began in another browser."""
        content = self._seal.open(text, now)
        if content is None or not browser or content["browser"] != _digest(browser):
            return None
        pending: dict[str, Any] = dict(content["pending"])
        return Pending(**{**pending, "asked": revived(Asked, pending["asked"])})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
