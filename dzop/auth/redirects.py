"""Where a browser may be sent back to: one exact address, of the app and of nobody else.

https://www.rfc-editor.org/rfc/rfc9700#section-2.1, https://www.rfc-editor.org/rfc/rfc8252#section-7,
https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from authlib.oauth2.rfc7591 import InvalidClientMetadataError, InvalidRedirectURIError

__all__ = ["Redirects", "origin_of", "require_web_address"]

_MOST: Final = 500
# Visible ASCII without what a browser reads in its own way: `\` as `/`, quotes and brackets as the end.
_PLAIN: Final = re.compile(r"[!$-;=?-\[\]_a-z~]+")
_NUMBER: Final = re.compile(r"(?:^|\.)(?:\d+|0x[0-9a-f]*)$")  # `127.1`, `2130706433`, `0x7f.0.0.1`
_OF_AN_APP: Final = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")


@dataclass(frozen=True, slots=True)
class Redirects:
    """The rules of one kind of registration.

    `own_origin` is that of this service, to which no other app may send anybody; `loopback` is whether an app may
    listen on the user's own machine, `native` whether by a scheme of its own (`com.example.app:/back`).
    """

    own_origin: str
    loopback: bool
    native: bool

    def checked(self, addresses: Sequence[str]) -> tuple[str, ...]:
        """The addresses, each once; InvalidRedirectURIError for the first that may not be."""
        for each in addresses:
            fault = self._fault(each)
            if fault:
                raise InvalidRedirectURIError(f"`{_shown(each)}` cannot be a redirect URI: {fault}.")
        return tuple(dict.fromkeys(addresses))

    def _fault(self, address: str) -> str | None:
        parts = _split(address)
        if parts is None:
            return "it is not an absolute URL in plain characters, or is too long"
        if "#" in address or "*" in address:
            return "it has a fragment or a wildcard"
        if self.native and _OF_AN_APP.fullmatch(parts.scheme):
            return None if not parts.netloc else "after a scheme of the app's own there is no host"
        if parts.scheme not in ("https", "http") or not parts.hostname:
            return "it must begin with https://"
        if "@" in parts.netloc:
            return "it has a user in it"
        if _is_loopback(parts.hostname):
            return None if self.loopback else "it leads to the user's own machine"
        if parts.scheme != "https":
            return "it must begin with https://"
        return "it leads to this service itself" if origin_of(address) == self.own_origin else None


def require_web_address(name: str, address: str) -> None:
    """InvalidClientMetadataError unless it is an https address, or http on this machine; it is not fetched."""
    parts = _split(address)
    if parts is None or not parts.hostname or "@" in parts.netloc or "#" in address:
        raise InvalidClientMetadataError(f"`{name}` is not a web address.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise InvalidClientMetadataError(f"`{name}` must begin with https://.")


def _split(address: str) -> SplitResult | None:
    if len(address) > _MOST or not _PLAIN.fullmatch(address.replace("#", "")):
        return None
    try:
        parts = urlsplit(address)
        return parts if parts.scheme and (parts.port is None or parts.port > 0) else None
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    """Whether this is the user's own machine, also in the odd ways of writing an address that browsers take."""
    name = host.rstrip(".")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost") or bool(_NUMBER.search(name))
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def origin_of(address: str) -> str:
    """Scheme, host and port, as a browser compares them."""
    parts = urlsplit(address)
    usual = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}"


def _shown(address: str) -> str:
    """As much as an error may repeat (RFC 6749, section 5.2)."""
    return "".join(each if " " < each < "\x7f" and each not in '`"\\' else "?" for each in address[:100])
