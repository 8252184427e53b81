"""The authorization code grant with PKCE, for the sandbox login.

https://www.rfc-editor.org/rfc/rfc6749#section-4.1, https://www.rfc-editor.org/rfc/rfc7636,
https://hl7.org/fhir/smart-app-launch/app-launch.html
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Payload,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.responses import JSONResponse, Response

from dzop.auth import scopes, tokens
from dzop.auth.client import Client
from dzop.auth.codes import Code, Login
from dzop.auth.keys import IDENTITY_ALGORITHM
from dzop.auth.seals import Seal

__all__ = ["Parameters", "Server", "ServerRequest"]

CODE_LASTS = timedelta(seconds=60)
Parameters = Mapping[str, list[str]]


class _Payload(OAuth2Payload):  # type: ignore[misc]
    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters

    @property
    def data(self) -> dict[str, str]:
        return {name: values[-1] for name, values in self._parameters.items()}

    @property
    def datalist(self) -> Parameters:
        return self._parameters


class ServerRequest(OAuth2Request):  # type: ignore[misc]
    """One request to the server, at one instant; `parameters` are of the query or of the form."""

    def __init__(self, method: str, uri: str, parameters: Parameters, now: datetime) -> None:
        super().__init__(method, uri)
        self.payload = _Payload(parameters)
        self.now = now

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


class Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server over sealed codes and signed tokens; it keeps no state but the spent codes."""

    def __init__(
        self,
        *,
        key: ECKey,
        identity_key: RSAKey,
        issuer: str,
        audience: str,
        clients: tuple[Client, ...],
        token_lasts: timedelta,
        spend: Callable[[str, datetime, datetime], bool],
    ) -> None:
        super().__init__()
        self.key, self.identity_key = key, identity_key
        self.issuer, self.audience = issuer, audience
        self.codes = Seal(key, "authorization code")
        self.token_lasts, self.spend = token_lasts, spend
        self._clients = {client.client_id: client for client in clients}
        self.register_grant(_CodeGrant, [_RequiredS256(required=True), _SmartRequest()])

    def query_client(self, client_id: str) -> Client | None:
        return self._clients.get(client_id)

    def save_token(self, token: Mapping[str, Any], request: ServerRequest) -> None:
        """Nothing to save: a token carries what it says."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: ServerRequest) -> ServerRequest:
        return request

    def handle_response(
        self, status: int, body: Mapping[str, Any] | str, headers: list[tuple[str, str]]
    ) -> Response:
        location = dict(headers).get("Location")
        if location is not None:
            # RFC 9207: the app can tell which server answered. 303: a POST is never repeated elsewhere.
            named = add_params_to_uri(location, {"iss": self.issuer})
            return Response(status_code=303, headers={"Location": named, "Cache-Control": "no-store"})
        return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store"})


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[Sequence[str]] = ("none",)
    server: Server
    request: ServerRequest

    def generate_authorization_code(self) -> str:
        login: Login = self.request.user
        asked = self.request.payload.data
        expires = self.request.now + CODE_LASTS
        code = Code(
            code_id=secrets.token_urlsafe(16),
            expires=expires.timestamp(),
            client_id=self.request.client.client_id,
            redirect_uri=asked["redirect_uri"],
            scope=self._scope_for(login),
            code_challenge=asked["code_challenge"],
            nonce=asked.get("nonce"),
            subject=login.subject,
            patient=login.patient,
        )
        return self.server.codes.close(code.__dict__, expires)

    def save_authorization_code(self, code: str, request: ServerRequest) -> None:
        """Nothing to save: a code carries what it grants."""

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        content = self.server.codes.open(code, self.request.now)
        return Code(**content) if content and content["client_id"] == client.client_id else None

    def authenticate_user(self, authorization_code: Code) -> str | None:
        """The subject; the code is spent here, when all else about the request was right."""
        expires = datetime.fromtimestamp(authorization_code.expires, self.request.now.tzinfo)
        fresh = self.server.spend(authorization_code.code_id, expires, self.request.now)
        return authorization_code.subject if fresh else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """It was spent in `authenticate_user`, before a token was made of it."""

    def generate_token(self, user: str, scope: str, **_: Any) -> dict[str, Any]:
        code: Code = self.request.authorization_code
        lasts = int(self.server.token_lasts.total_seconds())
        token: dict[str, Any] = {
            "token_type": "Bearer",
            "expires_in": lasts,
            "scope": scope,
            "access_token": tokens.issue(
                self.server.key,
                issuer=self.server.issuer,
                audience=self.server.audience,
                subject=user,
                scope=scope,
                ttl=lasts,
                now=self.request.now,
                client_id=code.client_id,
                patient=code.patient,
            ),
        }
        if code.patient is not None:
            token["patient"] = code.patient
        if "openid" in scope.split():
            token["id_token"] = self._id_token(code, lasts)
        return token

    def _scope_for(self, login: Login) -> str:
        granted = [
            scope
            for scope in self.request.scope.split()
            if login.patient is not None or not scopes.within_patient(scope)
        ]
        if not granted:
            raise InvalidScopeError(redirect_uri=self.redirect_uri)
        return " ".join(granted)

    def _id_token(self, code: Code, lasts: int) -> str:
        now = int(self.request.now.timestamp())
        claims = {
            "iss": self.server.issuer,
            "aud": code.client_id,
            "sub": code.subject,
            "iat": now,
            "exp": now + lasts,
            "nonce": code.nonce,
            "fhirUser": f"{self.server.audience}/{code.subject}"
            if "fhirUser" in code.scope.split()
            else None,
        }
        key = self.server.identity_key
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": IDENTITY_ALGORITHM, "kid": key.kid}, present, key, [IDENTITY_ALGORITHM])


class _RequiredS256(CodeChallenge):  # type: ignore[misc]
    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar[Sequence[str]] = ("S256",)

    def validate_code_challenge(self, grant: _CodeGrant, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("A code_challenge with the method S256 is required.")
        super().validate_code_challenge(grant, redirect_uri)


class _SmartRequest:
    """What SMART asks of an authorization request besides OAuth: `state`, and the right `aud`."""

    def __call__(self, grant: _CodeGrant) -> None:
        grant.register_hook("after_validate_authorization_request_payload", self.validate)

    def validate(self, grant: _CodeGrant, redirect_uri: str) -> None:
        request = grant.request.payload
        if any(len(request.datalist.get(name, [])) > 1 for name in ("aud", "nonce")):
            raise InvalidRequestError("A parameter is repeated.")
        if not request.state:
            raise InvalidRequestError("A state is required.")
        if request.data.get("aud", "").rstrip("/") != grant.server.audience:
            raise InvalidRequestError("The aud must be the FHIR base of this service.")
