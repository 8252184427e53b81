"""A hub simulator in the shape of Vitalink: versioned nodes, consent, relations, and faults on demand."""

from dzop.exchange.hub.app import hub_app
from dzop.exchange.hub.faults import Faults
from dzop.exchange.hub.server import serve_hub
from dzop.exchange.hub.state import HubState

__all__ = ["Faults", "HubState", "hub_app", "serve_hub"]
