"""One request of a browser on its way from what an app asks to a code, and the ways in which it can end there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dzop.auth.client import Client
from dzop.auth.granting.asked import Pending
from dzop.auth.granting.provider import Provider
from dzop.auth.pages.page import Place, asked_in, headers
from dzop.auth.pages.words import preferred_language

__all__ = ["RefusedError", "ShownError", "ToldError", "Turn"]


class ToldError(Exception):
    """The way ends here, and the app is told. https://openid.net/specs/openid-connect-core-1_0.html#AuthError"""

    def __init__(self, error: str, description: str = "") -> None:
        self.error, self.description = error, description


class ShownError(Exception):
    """The way goes on when somebody has answered this."""

    def __init__(self, response: Response) -> None:
        self.response = response


class RefusedError(Exception):
    """The way ends here, with a page that says why; `name` is of a message."""

    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True, slots=True)
class Turn:
    """What is known, and what was sent: `form` are the answers of the page that was shown last."""

    provider: Provider
    request: Request
    browser: str
    now: datetime
    client: Client
    pending: Pending
    form: Mapping[str, str] = field(default_factory=dict)
    locales: str = ""

    @property
    def subject(self) -> str:
        """In which capacity somebody acts, once that is known."""
        return self.pending.subject or ""

    def knowing(self, **found: str | bool | None) -> Turn:
        """The turn with what was found."""
        return replace(self, pending=replace(self.pending, **found))  # type: ignore[arg-type]

    def answered(self, **found: str | bool | None) -> Turn:
        """The turn with what was found in the form, which has no more to say: it was of one page."""
        return replace(self.knowing(**found), form={})

    @property
    def sealed(self) -> str:
        """What is known, for the next page."""
        return self.provider.pendings.close(self.pending, self.browser, self.now)

    @property
    def place(self) -> Place:
        """Where a page of this endpoint stands."""
        locales = self.locales or self.pending.asked.ui_locales
        language = preferred_language(locales, self.request.headers.get("accept-language", ""))
        return asked_in(language, self.provider.path, "/authorize", self.sealed)

    def shown(self, page: str) -> ShownError:
        """A page to answer; unless the app wants none to be shown, which is then told instead."""
        if "none" in self.pending.asked.prompt:
            raise ToldError("interaction_required")
        return ShownError(HTMLResponse(page, headers=headers(self.pending.asked.redirect_uri)))
