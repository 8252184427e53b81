"""A request to the authorization server as Authlib reads it, and the parameters of a query or a form.

https://www.rfc-editor.org/rfc/rfc6749#section-3.1: none may be repeated, and one without a value counts as left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, OAuth2Payload, OAuth2Request
from starlette.requests import Request

from dzop.auth.client import Client

__all__ = ["Parameters", "ServerRequest", "form_of", "posted", "read", "single"]

MAX_BODY: Final = 32 * 1024
_FORM: Final = "application/x-www-form-urlencoded"
Parameters = Mapping[str, list[str]]
_NO_SECRETS: Final = "There are no client secrets here: send client_id, or a client_assertion, in the form."


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
    """One request at one instant; `client` is who has been found to ask."""

    client: Client

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


async def posted(request: Request, uri: str, now: datetime) -> ServerRequest:
    """What a client sent as a form. A client that sends a password of its own has one that we do not know."""
    if "authorization" in request.headers:
        raise InvalidClientError(status_code=401, description=_NO_SECRETS)
    form = await form_of(request)
    return ServerRequest("POST", uri, {name: [value] for name, value in form.items()}, now)


async def form_of(request: Request) -> dict[str, str]:
    """The parameters of a form. InvalidRequestError when it is no form, is too long, or repeats one."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise InvalidRequestError(f"The body must be a form ({_FORM}).")
    parameters = read(await _body(request))
    repeated = [name for name, values in parameters.items() if len(values) > 1]
    if repeated:
        raise InvalidRequestError("A parameter is repeated.")
    return {name: values[0] for name, values in parameters.items()}


def read(text: str | bytes) -> Parameters:
    """The parameters in a query or form; those without a value are left out."""
    if len(text) > MAX_BODY:
        raise InvalidRequestError("The request is too long.")
    try:
        ascii = text.decode("ascii") if isinstance(text, bytes) else text
        return parse_qs(ascii, errors="strict", max_num_fields=50)
    except ValueError:
        raise InvalidRequestError("The parameters cannot be read.") from None


def single(parameters: Parameters, name: str) -> str:
    """The value of a parameter that is there once, else an empty text."""
    values = parameters.get(name, [])
    return values[0] if len(values) == 1 else ""


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise InvalidRequestError("The request is too long.")
    return body
