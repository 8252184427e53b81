"""The userinfo endpoint: who somebody is, for the app they logged in to.

https://openid.net/specs/openid-connect-core-1_0.html#UserInfo, https://www.rfc-editor.org/rfc/rfc6750
"""

from __future__ import annotations

from authlib.oauth2.rfc6750 import InsufficientScopeError, InvalidTokenError
from starlette.requests import Request

from dzop.auth.granting.provider import Provider
from dzop.fhir.outcome import Unauthenticated

__all__ = ["described"]


async def described(provider: Provider, request: Request) -> dict[str, str]:
    """The claims that the scopes of the access token give: `openid`, `fhirUser`, `profile`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidTokenError(description="An access token is needed.")
    now = provider.clock()
    try:
        claims = await provider.accepted(token.strip(), now)
    except Unauthenticated:
        raise InvalidTokenError(description="The access token is not accepted.") from None
    if not await provider.people.may_act(claims.subject, now):
        raise InvalidTokenError(description="Who it is about may not act now.")
    if "openid" not in claims.scopes:
        raise InsufficientScopeError(description="The scope openid is needed.")
    said = {"sub": claims.subject}
    if "fhirUser" in claims.scopes:
        said["fhirUser"] = f"{provider.audience}/{claims.subject}"
    if "profile" in claims.scopes:
        known = await provider.people.described([claims.subject])
        said |= {"name": known[0].name} if known else {}
    return said
