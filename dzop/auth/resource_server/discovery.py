"""What an identity provider tells about itself.

https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig, https://www.rfc-editor.org/rfc/rfc8414#section-3
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from dzop.auth.resource_server.addresses import is_loopback, safe
from dzop.auth.resource_server.fetching import Unreachable, fetched

__all__ = ["discovered", "endpoint"]


async def discovered(http: httpx.AsyncClient, issuer: str) -> Mapping[str, Any]:
    """The metadata of `issuer`, in which `issuer` is exactly that; Unreachable when there are none."""
    for address in _addresses(issuer):
        try:
            document = await fetched(http, http.build_request("GET", address))
        except Unreachable:
            continue
        # Somebody else's metadata would have us trust somebody else's keys: RFC 8414, 3.3.
        if document.get("issuer") == issuer:
            return document
    raise Unreachable


def endpoint(metadata: Mapping[str, Any], name: str) -> str:
    """The address that the metadata name, such as `jwks_uri`; Unreachable unless it may be asked.

    A provider elsewhere cannot send us to what listens on this machine only.
    """
    address = metadata.get(name)
    try:
        if isinstance(address, str) and is_loopback(safe(address)) <= is_loopback(metadata["issuer"]):
            return address
    except ValueError:
        pass
    raise Unreachable


def _addresses(issuer: str) -> tuple[str, str]:
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    return (
        f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{path}",
    )
