"""Logging in and out as a whole: what its pages ask of their surroundings, and what a login is for.

A page that goes on with something carries it sealed (`pending`), and the seal opens only together with a cookie of the
browser that began: a form on another site can send nothing here (CSRF), and no link logs somebody in as another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final
from urllib.parse import urlencode

from authlib.common.urls import add_params_to_uri
from joserfc.jwk import RSAKey
from starlette.requests import Request

from dzop.auth.granting.asked import Asked
from dzop.auth.granting.browser import browser_of
from dzop.auth.granting.provider import Provider
from dzop.auth.login.accounts import Accounts
from dzop.auth.login.elsewhere import Elsewhere
from dzop.auth.login.failures import Failures
from dzop.auth.login.invitations import Invitations
from dzop.auth.login.sessions import Sessions
from dzop.auth.pages.choosing import Group
from dzop.auth.seals import Seal

__all__ = ["Logins", "Visit"]

LASTS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Visit:
    """Why somebody logs in: for what an app `asked`, to take up an invitation, or to see their own logins. `text` is
    it, sealed.
    """

    text: str
    asked: Asked | None = None
    is_invited: bool = False


@dataclass(frozen=True)
class Logins:
    """`sandbox` are the made-up people who log in without a password, by group; none where the sandbox is off.

    `identity_keys` gives the public keys of id tokens, by `kid`. `elsewhere` are the identity providers by name;
    `home` is where somebody goes from the last page.
    """

    provider: Provider
    sessions: Sessions
    accounts: Accounts
    failures: Failures
    invitations: Invitations
    identity_keys: Callable[[], Mapping[str, RSAKey]]
    sandbox: tuple[Group, ...] = ()
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict)
    home: str = "/portal/"

    @property
    def path(self) -> str:
        return self.provider.path

    def now(self) -> datetime:
        return self.provider.clock()

    def visit(self, request: Request, text: str) -> Visit | None:
        """What this browser began; None when it is too old or was begun in another one."""
        browser, now = browser_of(self.provider.cookies, request), self.now()
        pending = self.provider.pendings.open(text, browser, now)
        if pending is not None:
            return Visit(text, pending.asked)
        if self.opened("invitation", text, browser):
            return Visit(text, is_invited=True)
        return Visit(text) if self.opened("own logins", text, browser) else None

    def login_address(self, text: str, language: str) -> str:
        """Where somebody logs in for what is sealed in `text`."""
        return f"{self.path}/login?{urlencode({'pending': text, 'ui_locales': language})}"

    def invitation_address(self, text: str, language: str) -> str:
        """Where somebody who has shown who they are, as is sealed in `text`, enters the code."""
        return f"{self.path}/invitation?{urlencode({'pending': text, 'ui_locales': language})}"

    def onward(self, visit: Visit, language: str) -> str:
        """Where a visit goes on after the login, in the language that was chosen there, if any."""
        page, known = ("account", {}) if visit.asked is None else ("authorize", {"pending": visit.text})
        query = urlencode({**known, **({"ui_locales": language} if language else {})})
        return f"{self.path}/{page}?{query}".removesuffix("?")

    def refused(self, visit: Visit, error: str) -> str:
        """Where a visit ends without a login that will do: at the app, with an error of OAuth or OpenID Connect."""
        if visit.asked is None:
            return self.home
        told = {"error": error, "state": visit.asked.state, "iss": self.provider.issuer}
        return str(add_params_to_uri(visit.asked.redirect_uri, told))

    def sealed(self, purpose: str, bound_to: str, **content: str) -> str:
        """A text that opens for ten minutes, for this purpose, and only with what it is bound to."""
        return self._seals[purpose].close({**content, "bound_to": bound_to}, self.now() + LASTS)

    def opened(self, purpose: str, text: str, bound_to: str) -> Mapping[str, str] | None:
        content = self._seals[purpose].open(text, self.now())
        return content if content and bound_to and content["bound_to"] == bound_to else None

    @cached_property
    def _seals(self) -> Mapping[str, Seal]:
        purposes = ("own logins", "elsewhere", "log out", "account", "invitation", "invited")
        return {purpose: Seal(self.provider.sealing, purpose) for purpose in purposes}
