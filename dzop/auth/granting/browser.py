"""A browser, known again by a cookie: what it began, only it can go on with.

https://www.rfc-editor.org/rfc/rfc9700#section-4.7
"""

from __future__ import annotations

import secrets
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dzop.auth.cookies import Cookies

__all__ = ["browser_of", "new_browser", "remember_browser"]

COOKIE: Final = "dzop-browser"


def browser_of(cookies: Cookies, request: Request) -> str:
    """The value of this browser's cookie; empty when it has none."""
    return cookies.value(request, COOKIE)


def new_browser() -> str:
    """A value for a browser that has none yet."""
    return secrets.token_urlsafe(32)


def remember_browser(cookies: Cookies, response: Response, browser: str) -> None:
    """Gives the browser its cookie, for as long as it is open."""
    cookies.put(response, COOKIE, browser)
