"""How this service is registered with an identity provider where people log in, in the TOML file of `DZOP_ISSUERS`.

    [issuer.login]
    client_id = "dzop"
    key_file = "dzop.jwk.json"            # private_key_jwt; or `secret_file`, client_secret_basic
    scope = "openid profile"              # with `openid`
    acr_values = ["level-500"]            # assurance that is asked for when the app asks for none, best first
    userinfo = true                       # whether claims about the person are at the userinfo endpoint too
    leeway = 30                           # seconds that its clock may differ, at most 60
    display = { nl = "Aanmelden met eHealth", fr = "...", de = "...", en = "..." }    # on the login page

There the redirect URI is `[base]/auth/login/from/[name of the issuer]`, and `[base]/auth/logout/done` is where it sends
people who logged out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from dzop.auth.resource_server.credentials import Credentials

__all__ = ["Registration"]

LANGUAGES = frozenset({"nl", "fr", "de", "en"})


def _of_openid(scope: str) -> str:
    if "openid" not in scope.split():
        raise ValueError("must have `openid`")
    return scope


def _in_known_languages(display: dict[str, str]) -> dict[str, str]:
    if not LANGUAGES.issuperset(display):
        raise ValueError("has texts for nl, fr, de and en")
    return display


class Registration(Credentials):
    """A relying party of OpenID Connect: its credentials, and what it asks for."""

    scope: Annotated[str, AfterValidator(_of_openid)] = "openid"
    acr_values: tuple[str, ...] = ()
    userinfo: bool = False
    leeway: timedelta = Field(timedelta(seconds=30), ge=timedelta(0), le=timedelta(seconds=60))
    display: Annotated[dict[str, str], AfterValidator(_in_known_languages)] = Field({})
