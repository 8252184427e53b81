"""Logging in at an identity provider: dzop as its relying party, with a code, PKCE, state and nonce.

https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth, https://www.rfc-editor.org/rfc/rfc9207,
https://openid.net/specs/openid-connect-rpinitiated-1_0.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dzop.auth.assurance import InsufficientAuthentication
from dzop.auth.granting.asked import Asked
from dzop.auth.login.registration import Registration
from dzop.auth.people import People
from dzop.auth.resource_server import fetching
from dzop.auth.resource_server.discovery import discovered, endpoint
from dzop.auth.resource_server.fetching import StrictDecoder, Unreachable, fetched
from dzop.auth.resource_server.issuers import TrustedIssuer
from dzop.auth.resource_server.jwks import usable
from dzop.fhir.outcome import Unauthenticated

__all__ = ["Elsewhere", "LoggedIn", "NotLoggedInError"]

LONGEST: Final = 16 * 1024


class NotLoggedInError(Exception):
    """The provider's answer does not show that somebody logged in; the text is one word for the log."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who logged in there: the verified claims of the id token, with those of userinfo; and the id token itself."""

    claims: Mapping[str, Any]
    id_token: str
    authenticated: datetime
    acr: str
    amr: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One identity provider; `redirect_uri` is ours and of this provider alone, so that answers cannot be mixed up."""

    issuer: TrustedIssuer
    registration: Registration
    redirect_uri: str

    def display(self, language: str) -> str:
        """What it is called on the login page."""
        display = self.registration.display
        return display.get(language) or display.get("en") or self.issuer.name

    async def login_address(
        self, asked: Asked | None, language: str, *, state: str, nonce: str, verifier: str
    ) -> str:
        """Where to send the browser; what the app demands of the login is demanded there. Unreachable at times."""
        async with fetching.client() as http:
            metadata = await discovered(http, self.issuer.issuer)
        wanted = asked.acr_values if asked and asked.acr_values else self.registration.acr_values
        return str(
            prepare_grant_uri(
                endpoint(metadata, "authorization_endpoint"),
                self.registration.client_id,
                "code",
                redirect_uri=self.redirect_uri,
                scope=self.registration.scope,
                state=state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
                acr_values=" ".join(wanted) or None,
                max_age=None if asked is None or asked.max_age is None else str(asked.max_age),
                login_hint=asked.login_hint if asked else None,
                prompt="login" if asked and "login" in asked.prompt else None,
                ui_locales=language,
            )
        )

    async def logged_in(
        self, asked: Asked | None, answer: Mapping[str, str], *, nonce: str, verifier: str, now: datetime
    ) -> LoggedIn:
        """Who logged in, by the parameters with which the provider sent the browser back.

        How sure and how recent the login is stands in the id token alone; an app that asks for a recent one is not
        content with a provider that does not say. NotLoggedInError when they do not show it; Unreachable when the
        provider cannot be asked.
        """
        async with fetching.client() as http:
            metadata = await discovered(http, self.issuer.issuer)
            self._require_its_own(answer, metadata)
            tokens = await self._redeemed(http, metadata, answer["code"], verifier, now)
            claims = await self._verified(http, metadata, tokens, nonce, now)
            is_told = self.registration.userinfo
            told = await _userinfo(http, metadata, tokens, claims["sub"]) if is_told else {}
        if asked is not None and asked.max_age is not None and "auth_time" not in claims:
            raise NotLoggedInError("auth-time")
        return LoggedIn(
            {**told, **claims},
            str(tokens["id_token"]),
            _instant(claims.get("auth_time"), now),
            str(claims.get("acr") or ""),
            tuple(str(each) for each in claims.get("amr") or ()),
        )

    async def capacities(
        self, people: People, found: LoggedIn, now: datetime, taken_up: Sequence[str] = ()
    ) -> Sequence[str]:
        """As whom they may act here: as whom they are known, and what they took up by invitation, where the login is
        sure enough.
        """
        try:
            known = await people.capacities(self.issuer.identity.identity(found.claims), now)
        except Unauthenticated:  # a claim of another shape than was configured
            known = ()
        return [each for each in dict.fromkeys((*known, *taken_up)) if self._suffices(found.acr, each)]

    async def logout_address(self, id_token: str, back: str, state: str) -> str | None:
        """Where to log out there too, and come `back` from; None when it does not offer that now."""
        try:
            async with fetching.client() as http:
                there = endpoint(await discovered(http, self.issuer.issuer), "end_session_endpoint")
        except Unreachable:
            return None
        asked = {"id_token_hint": id_token, "client_id": self.registration.client_id, "state": state}
        return str(add_params_to_uri(there, {**asked, "post_logout_redirect_uri": back}))

    def _suffices(self, acr: str, subject: str) -> bool:
        try:
            self.issuer.assurance.require(acr, subject)
        except InsufficientAuthentication:
            return False
        return True

    def _require_its_own(self, answer: Mapping[str, str], metadata: Mapping[str, Any]) -> None:
        says = answer.get("iss")
        if says is None and metadata.get("authorization_response_iss_parameter_supported") is True:
            raise NotLoggedInError("iss-missing")
        if says not in (None, self.issuer.issuer):
            raise NotLoggedInError("iss")
        if "error" in answer or not answer.get("code"):
            raise NotLoggedInError("error")

    async def _redeemed(
        self, http: httpx.AsyncClient, metadata: Mapping[str, Any], code: str, verifier: str, now: datetime
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code", "code": code, "code_verifier": verifier,
            "redirect_uri": self.redirect_uri, **self.registration.form(self.issuer.issuer, now),
        }  # fmt: skip
        there = endpoint(metadata, "token_endpoint")
        tokens = await fetched(
            http, http.build_request("POST", there, data=form, headers=self.registration.headers())
        )
        if not isinstance(tokens.get("id_token"), str) or len(tokens["id_token"]) > LONGEST:
            raise NotLoggedInError("no-id-token")
        return tokens

    async def _verified(
        self,
        http: httpx.AsyncClient,
        metadata: Mapping[str, Any],
        tokens: Mapping[str, Any],
        nonce: str,
        now: datetime,
    ) -> dict[str, Any]:
        there = self.issuer.jwks_uri or endpoint(metadata, "jwks_uri")
        keys = usable(await fetched(http, http.build_request("GET", there)), self.issuer.algorithms)
        client_id = self.registration.client_id
        try:
            token = jwt.decode(
                tokens["id_token"],
                KeySet(list(keys.values())),
                self.issuer.algorithms,
                decoder_cls=StrictDecoder,
            )
            claims = CodeIDToken(
                token.claims,
                token.header,
                {"iss": {"value": self.issuer.issuer}, "aud": {"value": client_id}},
                {"nonce": nonce, "client_id": client_id, "access_token": tokens.get("access_token")},
            )
            claims.validate(int(now.timestamp()), int(self.registration.leeway.total_seconds()))
            _require_text(claims, "iss", "sub")
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise NotLoggedInError("id-token") from None
        return dict(claims)


def _require_text(claims: Mapping[str, Any], *names: str) -> None:
    if not all(isinstance(claims[name], str) and claims[name] for name in names):
        raise ValueError("not a text")


async def _userinfo(
    http: httpx.AsyncClient, metadata: Mapping[str, Any], tokens: Mapping[str, Any], subject: str
) -> Mapping[str, Any]:
    """What it tells about the person whom the id token is about; what the id token says itself goes first."""
    bearer = {"Authorization": f"Bearer {tokens.get('access_token')}"}
    there = endpoint(metadata, "userinfo_endpoint")
    told = await fetched(http, http.build_request("GET", there, headers=bearer))
    if told.get("sub") != subject:
        raise NotLoggedInError("userinfo")
    return told


def _instant(seconds: float | None, now: datetime) -> datetime:
    """When somebody logged in there: now, unless the provider says that it was before."""
    try:
        return now if seconds is None else min(now, datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        raise NotLoggedInError("auth-time") from None
