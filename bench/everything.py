"""`$everything` of a person with 300 resources, beside a single read: below 8 times is the aim."""

from __future__ import annotations

from bench.person import NAME, Beside, beside_a_read
from bench.server import Server

MOST = 8.0


def beside(server: Server) -> Beside:
    """All of the person in one Bundle, by the person."""
    return beside_a_read(server, f"/fhir/Patient/{NAME}/$everything")
