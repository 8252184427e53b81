"""Authlib's OAuth client, set up for one server."""

from __future__ import annotations

import warnings
from typing import Any

from authlib.deprecate import AuthlibDeprecationWarning

from dzop.gp_sim.server import Server

with warnings.catch_warnings():
    # It would rather have the successor of httpx; whoever runs the example cannot do anything about that.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.base_client import OAuthError
    from authlib.integrations.httpx_client import OAuth2Client

__all__ = ["OAuth2Client", "OAuthError", "oauth_client"]

_FHIR = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}


def oauth_client(
    server: Server, client_id: str, key: Any, method: str, timeout: float, **options: Any
) -> OAuth2Client:
    """A client that authenticates by `method` (`none` without a key) and carries its token in all other requests."""
    return OAuth2Client(
        client_id, key, method, method,
        token_endpoint=server.token, headers=_FHIR, timeout=timeout, **options,
    )  # fmt: skip
