"""What counts as one address: of IPv6 the network, since each subscriber has 2^64 addresses of it."""

from __future__ import annotations

import ipaddress

__all__ = ["network_of"]


def network_of(address: str) -> str:
    """The address; of IPv6 that of IPv4 which it maps, or the network that one household or company has."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
