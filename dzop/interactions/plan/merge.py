"""`$merge`: two changes of one version brought together; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from dzop.access.labels import DATA_CATEGORY, SENSITIVE
from dzop.fhir import verbatim
from dzop.fhir.outcome import Invalid
from dzop.fhir.parameters import Given, parameters
from dzop.interactions.beside import beside
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.plan.diff import as_text
from dzop.interactions.rendered import json_bytes
from dzop.plan.fields import fhirpath
from dzop.plan.merge import Conflict
from dzop.plan.merge import merge as merged_of

__all__ = ["comparable", "merge"]

_SIDES: Final = ("base", "mine", "theirs")
_OF_THE_SERVER: Final = ("versionId", "lastUpdated")


async def merge(ask: Ask, given: Given) -> Answer:
    """Parameters of what came of it, and of each conflict."""
    await ask.service.gateway.require(ask.call, "$merge", ask.type, ask.id)
    for name in _SIDES:
        _require_this(ask, name, given.get(name))
    body = ask.request.body
    return Answer(200, await beside(_merged, body.text.encode() if body is not None else b""))


def _require_this(ask: Ask, name: str, value: Mapping[str, Any]) -> None:
    where = f"Parameters.parameter.where(name = '{name}').resource"
    if value["resourceType"] != ask.type:
        raise Invalid(f"`{name}` is a `{ask.type}`, not a `{value['resourceType']}`", expression=where)
    if value.get("id", ask.id) != ask.id:
        raise Invalid(
            f"`{name}` is a version of `{ask.type}/{ask.id}`, with this id or none", expression=where
        )


def _merged(body: bytes) -> bytes:
    # The text and not the parsed body, for a number keeps its digits in it.
    sent = {each["name"]: each["resource"] for each in verbatim.read(body)["parameter"]}
    base, mine, theirs = (comparable(sent[name]) for name in _SIDES)
    found = merged_of(base, mine, theirs)
    type = str(theirs["resourceType"])
    return json_bytes(
        parameters(
            ("merged", "Resource", orjson.Fragment(verbatim.written(found.value))),
            *[("conflicts", "part", _conflict(type, each)) for each in found.conflicts],
        )
    )


def _conflict(type: str, conflict: Conflict) -> list[tuple[str, str, Any]]:
    sides = {"base": conflict.base, "mine": conflict.mine, "theirs": conflict.theirs}
    told = [(name, "string", as_text(value)) for name, value in sides.items()]
    return [("path", "string", fhirpath(type, conflict.path)), *told]


def comparable(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A resource as it is read, without what the server says in `meta`; the label `sensitive` is for clients too."""
    given = resource.get("meta", {})
    meta = {name: value for name, value in given.items() if name not in _OF_THE_SERVER}
    if labels := [each for each in meta.pop("security", ()) if not _is_category(each)]:
        meta["security"] = labels
    plain = {name: value for name, value in resource.items() if name != "meta"}
    return {**plain, "meta": meta} if meta else plain


def _is_category(label: Mapping[str, Any]) -> bool:
    return label.get("system") == DATA_CATEGORY and label.get("code") != SENSITIVE
