"""capabilities: what this server offers. https://hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from typing import Any, Final

from dzop.access.including import MOST_INCLUDED, ROUNDS
from dzop.access.vocabulary.source import Held
from dzop.fhir.capability_statement import NORMATIVE, Offer, capability_statement
from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.terminology_capabilities import OfferedSystem, terminology_capabilities
from dzop.interactions.exchanged import Answer, Service
from dzop.interactions.rendered import json_bytes

_MODES: Final[Mapping[str, tuple[str, ...]]] = {
    "full": tuple(RESOURCE_TYPES),
    "normative": tuple(type for type in RESOURCE_TYPES if type in NORMATIVE),
}


_TERMINOLOGY: Final = "terminology"


async def capabilities(service: Service, mode: str = "full", if_none_match: str | None = None) -> Answer:
    """200 with the CapabilityStatement, or TerminologyCapabilities; 304 to who has it already; Invalid for a mode that
    is not offered.
    """
    if mode not in (*_MODES, _TERMINOLOGY):
        possible = ", ".join(f"`{each}`" for each in (*_MODES, _TERMINOLOGY))
        raise Invalid(Issue("not-supported", f"`mode` is `{mode[:64]}`; offered are {possible}", "http.mode"))
    offer = _offer(service)
    if mode == _TERMINOLOGY:
        systems = _offered(await service.vocabulary.code_systems())
        statement, etag = _terminology(offer, systems, service.expansion_limit)
    else:
        statement, etag = _stated(offer, mode)
    known = {each.strip() for each in (if_none_match or "").split(",")}
    return Answer(304, etag=etag) if known & {etag, "*"} else Answer(200, statement, etag)


def _offer(service: Service) -> Offer:
    return Offer(
        service.software, service.base, service.published, tuple(service.oauth.items()), service.client_ids,
        service.page_size, MOST_INCLUDED, ROUNDS, service.bundle_entries, service.max_body,
    )  # fmt: skip


def _offered(held: Sequence[Held]) -> tuple[OfferedSystem, ...]:
    """The code systems by URL, each with its versions, of which the first counts where none is named."""
    by_url = [(url, list(versions)) for url, versions in groupby(held, lambda each: each.url)]
    return tuple(
        OfferedSystem(url, tuple(each.version for each in versions), bool(versions[0].hierarchy_meaning))
        for url, versions in by_url
    )


@lru_cache(maxsize=8)
def _stated(offer: Offer, mode: str) -> tuple[bytes, str]:
    return _with_etag(capability_statement(offer, _MODES[mode]))


@lru_cache(maxsize=8)
def _terminology(offer: Offer, systems: tuple[OfferedSystem, ...], most: int) -> tuple[bytes, str]:
    return _with_etag(terminology_capabilities(offer, systems, most))


def _with_etag(statement: Mapping[str, Any]) -> tuple[bytes, str]:
    served = json_bytes(statement)
    return served, f'W/"{sha256(served).hexdigest()[:16]}"'
