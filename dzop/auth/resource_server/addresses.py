"""Addresses at which an identity provider may be asked: https, or http on this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

__all__ = ["is_loopback", "safe"]


def safe(url: str) -> str:
    """The address as it is; ValueError unless it is https, or http on this machine, without user or fragment."""
    parts = urlsplit(url)
    if parts.fragment or parts.username is not None or not parts.hostname:
        raise ValueError("must be an address without user and fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise ValueError("must begin with https:// (http:// is for this machine only)")
    return url


def is_loopback(url: str) -> bool:
    """Whether this address is of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
