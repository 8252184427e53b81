"""A search that finds 50 resources, beside a single read: below 4 times is the aim."""

from __future__ import annotations

from bench.person import NAME, Beside, beside_a_read
from bench.server import Server

MOST = 4.0


def beside(server: Server) -> Beside:
    """A page of 50 goals of the person, by the person."""
    return beside_a_read(server, f"/fhir/Goal?patient={NAME}&_count=50")
