"""Software registers itself, and takes its registration back. https://www.rfc-editor.org/rfc/rfc7591"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from dzop.gp_sim.answers import Failed, expect, json_of, member
from dzop.gp_sim.server import Server

__all__ = ["ORGANIZATION", "Registration", "registered"]

ORGANIZATION = "https://dzop.example/fhir/client-organization"
"""The member that says for which organisation a system acts; only a sandbox believes it."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A registered client, and what it takes to remove it."""

    client_id: str
    address: str
    access_token: str

    def removed(self, http: httpx.Client) -> None:
        """Takes the registration back. https://www.rfc-editor.org/rfc/rfc7592#section-2.3"""
        expect(http.delete(self.address, headers={"Authorization": f"Bearer {self.access_token}"}), 204)


def registered(http: httpx.Client, server: Server, metadata: Mapping[str, Any]) -> Registration:
    """Registers a client with this metadata."""
    if server.registration is None:
        raise Failed(
            "software cannot register itself there (the smart-configuration names no `registration_endpoint`): "
            "ask who runs the server to register it, or to open the registration"
        )
    told = json_of(expect(http.post(server.registration, json=metadata), 201))
    what = "the answer to the registration"
    return Registration(
        member(told, "client_id", what),
        member(told, "registration_client_uri", what),
        member(told, "registration_access_token", what),
    )
