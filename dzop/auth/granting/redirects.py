"""Sending a browser on, back to the app with an answer or to another page of ours."""

from __future__ import annotations

from collections.abc import Mapping

from authlib.common.urls import add_params_to_uri
from starlette.responses import Response

__all__ = ["back", "see"]


def see(address: str) -> Response:
    """To another address; 303, so that a form is never sent again there.

    https://www.rfc-editor.org/rfc/rfc9700#section-4.12
    """
    return Response(
        status_code=303,
        headers={"Location": address, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
    )


def back(redirect_uri: str, issuer: str, told: Mapping[str, str | None]) -> Response:
    """To the app, which can tell which server answered. https://www.rfc-editor.org/rfc/rfc9207"""
    present = {name: value for name, value in {**told, "iss": issuer}.items() if value}
    return see(add_params_to_uri(redirect_uri, present))
