"""The `meta` of an answer: what the client sent, the version, and the category labels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from consent import categories

DATA_CATEGORY = "https://dzop.example/fhir/CodeSystem/data-category"
SENSITIVE = "sensitive"
_CLIENT_OWNED = ("source", "profile", "security", "tag", "extension")


def is_labelled_sensitive(meta: Mapping[str, Any]) -> bool:
    return any(
        label.get("system") == DATA_CATEGORY and label.get("code") == SENSITIVE
        for label in meta.get("security", [])
    )


def kept_meta(meta: Mapping[str, Any]) -> bytes:
    """What stays of a client's `meta`: the rest, and every label of ours, belongs to the server."""
    kept = {name: meta[name] for name in _CLIENT_OWNED if name in meta}
    if "security" in kept:
        kept["security"] = [label for label in kept["security"] if label.get("system") != DATA_CATEGORY]
        if not kept["security"]:
            del kept["security"]
    return orjson.dumps(kept, default=float)


@lru_cache(maxsize=4096)
def _labels(mask: int) -> list[dict[str, str]]:
    return [{"system": DATA_CATEGORY, "code": code} for code in categories.codes(mask)]


@lru_cache(maxsize=4096)
def _labels_alone(mask: int) -> str:
    """The member `security` where the client has sent no labels, as it follows others."""
    return f',"security":{orjson.dumps(_labels(mask)).decode()}' if mask else ""


def served_meta(version: int, last_updated: datetime, kept: bytes, mask: int) -> bytes:
    """The JSON of `meta`, as it is spliced into the body at read."""
    if kept == b"{}":  # most often; and it is made for each entry of every Bundle
        labels = _labels_alone(mask)
        return f'{{"versionId":"{version}","lastUpdated":"{instant(last_updated)}"{labels}}}'.encode()
    meta: dict[str, Any] = {"versionId": str(version), "lastUpdated": instant(last_updated)}
    meta |= orjson.loads(kept)
    if mask:
        meta["security"] = [*meta.get("security", []), *_labels(mask)]
    return orjson.dumps(meta)


def instant(moment: datetime) -> str:
    """A FHIR instant in UTC, with the microseconds the store keeps."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"
