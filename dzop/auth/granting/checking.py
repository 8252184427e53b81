"""An authorization request as an app sends it, checked: known app first, then everything else.

https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1, https://www.rfc-editor.org/rfc/rfc7636,
https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest,
https://hl7.org/fhir/smart-app-launch/app-launch.html#obtain-authorization-code
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge

from dzop.auth.claims import Identity
from dzop.auth.client import Client
from dzop.auth.granting.asked import Asked
from dzop.auth.granting.provider import Provider
from dzop.auth.granting.requests import Parameters, ServerRequest, single
from dzop.auth.granting.server import Server

__all__ = ["UnknownAppError", "checked", "known_app"]

_PROMPTS: Final = {"none", "login", "consent", "select_account"}
_NOT_SUPPORTED: Final = ("request", "request_uri", "registration")


class UnknownAppError(Exception):
    """Nobody to answer: the client is not registered, or not with this redirect URI."""


async def known_app(provider: Provider, parameters: Parameters) -> Client:
    """The client of the request. UnknownAppError unless its redirect URI is, to the letter, a registered one."""
    client_id, redirect_uri = single(parameters, "client_id"), single(parameters, "redirect_uri")
    client = await provider.registry.client(client_id) if client_id else None
    if client is None or "#" in redirect_uri or not client.check_redirect_uri(redirect_uri):
        raise UnknownAppError
    return client


async def checked(provider: Provider, client: Client, request: ServerRequest) -> Asked:
    """What is asked. OAuth2Error with where to tell it (`redirect_uri`) when something is wrong with it."""
    try:
        if not request.payload.response_type:
            raise InvalidRequestError("A response_type is required.")
        Server(provider, _GRANTS, client).get_consent_grant(request)
        if not client.check_grant_type("authorization_code"):
            raise UnauthorizedClientError("The client is not registered for this.")
        return await _asked(provider, client, request)
    except OAuth2Error as error:
        repeated = len(request.payload.datalist.get("state", [])) > 1
        error.redirect_uri = None if repeated else request.payload.redirect_uri
        error.state = request.payload.state
        raise
    except ValueError:  # Authlib's, where its own error text would repeat odd characters
        raise InvalidRequestError("The request cannot be read.") from None


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """Authlib's checks of an authorization request."""


class _RequiredS256(CodeChallenge):  # type: ignore[misc]
    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar[Sequence[str]] = ("S256",)

    def validate_code_challenge(self, grant: _CodeGrant, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("A code_challenge with the method S256 is required.")
        super().validate_code_challenge(grant, redirect_uri)


class _SmartRequest:
    """What is asked of an authorization request here besides OAuth's own."""

    def __call__(self, grant: _CodeGrant) -> None:
        grant.register_hook("after_validate_authorization_request_payload", self.validate)

    def validate(self, grant: _CodeGrant, redirect_uri: str) -> None:
        provider, parameters = grant.server.provider, grant.request.payload.datalist
        asked: Mapping[str, str] = grant.request.payload.data
        for name in _NOT_SUPPORTED:
            if name in asked:
                raise _NotSupportedError(name)
        if any(len(values) > 1 for values in parameters.values()):
            raise InvalidRequestError("A parameter is repeated.")
        if "state" not in asked:
            raise InvalidRequestError("A state is required.")
        if asked.get("aud", "").rstrip("/") != provider.audience:
            raise InvalidRequestError("The aud must be the FHIR base of this service.")
        if asked.get("response_mode", "query") != "query":
            raise InvalidRequestError("The only response_mode is query.")


class _NotSupportedError(OAuth2Error):  # type: ignore[misc]
    """https://openid.net/specs/openid-connect-core-1_0.html#AuthError"""

    def __init__(self, name: str) -> None:
        super().__init__(description=f"The parameter {name} is not supported.")
        self.error = f"{name}_not_supported"


_GRANTS: Final = {_CodeGrant: (_RequiredS256(required=True), _SmartRequest())}


async def _asked(provider: Provider, client: Client, request: ServerRequest) -> Asked:
    data: Mapping[str, str] = request.payload.data
    scopes = _scopes(client, request.scope.split(), has_launch="launch" in data)
    return Asked(
        client_id=client.client_id,
        redirect_uri=data["redirect_uri"],
        scopes=scopes,
        state=data["state"],
        code_challenge=data["code_challenge"],
        at=request.now.timestamp(),
        nonce=data.get("nonce"),
        launch=await _launch(provider, client, data["launch"], request) if "launch" in scopes else None,
        prompt=_prompt(data.get("prompt", "")),
        max_age=_max_age(data.get("max_age")),
        acr_values=tuple(data.get("acr_values", "").split()),
        login_hint=data.get("login_hint"),
        ui_locales=data.get("ui_locales", ""),
    )


def _scopes(client: Client, asked: Sequence[str], *, has_launch: bool) -> tuple[str, ...]:
    """Those that can come to something: no launch without one, no refresh token for who does not take it."""
    left_out = set() if has_launch else {"launch"}
    if not client.check_grant_type("refresh_token"):
        left_out |= {"offline_access", "online_access"}
    scopes = tuple(scope for scope in asked if scope not in left_out)
    if not scopes:
        raise InvalidScopeError
    return scopes


async def _launch(provider: Provider, client: Client, text: str, request: ServerRequest) -> Mapping[str, Any]:
    """What the EHR said when it launched this app, and `users`: all the capacities of whom it said works there.

    That it counts once is seen to when the code is made.
    """
    launch = provider.launches.open_launch(text, request.now)
    if launch is None or not launch.is_for(client.client_id):
        raise InvalidRequestError("The launch is not for this app, or has expired.")
    if launch.user is None:
        return asdict(launch)
    capacities = await provider.people.capacities(Identity(fhir_user=launch.user), request.now)
    return asdict(launch) | {"users": (launch.user, *capacities)}


def _prompt(text: str) -> tuple[str, ...]:
    prompt = tuple(text.split())
    if not _PROMPTS.issuperset(prompt) or ("none" in prompt and len(prompt) > 1):
        raise InvalidRequestError("The prompt is none, or some of login, consent and select_account.")
    return prompt


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequestError("The max_age is a number of seconds.")
    return int(text)
