"""capabilities: what this server offers. https://hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

from dzop.access.including import MOST_INCLUDED, ROUNDS
from dzop.fhir.capability_statement import NORMATIVE, Offer, capability_statement
from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.interactions.exchanged import Answer, Service
from dzop.interactions.rendered import json_bytes

_MODES: Final[Mapping[str, tuple[str, ...]]] = {
    "full": tuple(RESOURCE_TYPES),
    "normative": tuple(type for type in RESOURCE_TYPES if type in NORMATIVE),
}


def capabilities(service: Service, mode: str = "full", if_none_match: str | None = None) -> Answer:
    """200 with the CapabilityStatement; 304 to who has it already; Invalid for a mode that is not offered."""
    if mode not in _MODES:
        possible = " and ".join(f"`{each}`" for each in _MODES)
        raise Invalid(Issue("not-supported", f"`mode` is `{mode[:64]}`; offered are {possible}", "http.mode"))
    offer = Offer(
        service.software, service.base, service.published, tuple(service.oauth.items()), service.client_ids,
        service.page_size, MOST_INCLUDED, ROUNDS, service.bundle_entries, service.max_body,
    )  # fmt: skip
    statement, etag = _stated(offer, mode)
    known = {each.strip() for each in (if_none_match or "").split(",")}
    return Answer(304, etag=etag) if known & {etag, "*"} else Answer(200, statement, etag)


@lru_cache(maxsize=8)
def _stated(offer: Offer, mode: str) -> tuple[bytes, str]:
    statement = json_bytes(capability_statement(offer, _MODES[mode]))
    return statement, f'W/"{sha256(statement).hexdigest()[:16]}"'
