"""patch, also conditional: a new version made by changing the current one. https://hl7.org/fhir/R4/http.html#patch

| format | media type | in a Bundle |
|---|---|---|
| JSON Patch | `application/json-patch+json` | a Binary of this content type |
| FHIRPath Patch | `application/fhir+json`, a Parameters resource | the Parameters |

A patch is applied to the resource as it is read, `meta` included, so `test` may ask for a version. Every patch
that is carried out makes a version, as every update does, also one that changes nothing.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import Any

from dzop.access.keeping import Written
from dzop.access.labels import DATA_CATEGORY, SENSITIVE
from dzop.access.proposal import Proposal
from dzop.access.unit import Unit
from dzop.definitions.conformance import is_error
from dzop.fhir.json import Source
from dzop.fhir.outcome import Invalid, Unprocessable, UnsupportedMediaType
from dzop.fhir.patch.fhirpath_patch import read_fhirpath_patch
from dzop.fhir.patch.json_patch import MEDIA_TYPE, read_json_patch
from dzop.fhir.patch.patch import Patch
from dzop.interactions.conditional import condition_in_url, resolved
from dzop.interactions.etag import version_of
from dzop.interactions.exchanged import Answer, Ask, Request
from dzop.interactions.rendered import written
from dzop.interactions.resource_body import findings

Change = Callable[[Source], Proposal]


async def patch(ask: Ask) -> Answer:
    """200 with the new version; 422 when an operation cannot be carried out, or its result not be taken."""
    change, if_match = read_change(ask), version_of(ask.request.if_match)
    condition = None if ask.id else await condition_in_url(ask)

    async def work(unit: Unit) -> Written:
        id = ask.id if condition is None else await resolved(unit, condition)
        return await unit.patch(ask.type, id, change, if_match)

    return written(ask, await ask.service.gateway.commit(ask.call, work))


def read_change(ask: Ask) -> Change:
    """What the request would make of a resource of the type; Invalid when it carries no patch."""
    given, service, is_system = read_patch(ask.request), ask.service, ask.call.actor.is_system

    def change(source: Source) -> Proposal:
        changed = given.apply(source, service.max_body)
        _require_identity(source.value, changed.value)
        found = findings(changed.value, is_system=is_system, checks=service.identifier_checks)
        if issues := [issue for issue in found if is_error(issue)]:
            raise Unprocessable(*issues)
        _require_meta(source.value, changed.value)
        return Proposal(ask.type, str(source.value["id"]), changed, tuple(found))

    return change


def read_patch(request: Request) -> Patch:
    """The patch in a request, in whichever format; Invalid, or UnsupportedMediaType, when there is none."""
    if request.document is not None:
        return read_json_patch(request.document)
    if request.body is None:
        raise Invalid(f"a patch is expected in the body: `Parameters`, or `{MEDIA_TYPE}`")
    if request.body.value.get("resourceType") == "Binary":
        return _in_binary(request.body.value)
    return read_fhirpath_patch(request.body)


def _in_binary(value: Mapping[str, Any]) -> Patch:
    if value.get("contentType") != MEDIA_TYPE:
        raise UnsupportedMediaType(
            f"a patch in a Binary is of the content type `{MEDIA_TYPE}`", expression="Binary.contentType"
        )
    try:
        # White space may stand between its lines.
        data = "".join(str(value.get("data", "")).split())
        return read_json_patch(binascii.a2b_base64(data, strict_mode=True))
    except ValueError:
        raise Invalid("`data` must be base64 text", expression="Binary.data") from None


def _require_identity(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    for name in ("resourceType", "id"):
        if after.get(name) != before[name]:
            raise Unprocessable(
                f"a patch never changes `{name}`", expression=f"{before['resourceType']}.{name}"
            )


def _require_meta(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """What the server says in `meta` is not the client's to change; only `sensitive` may be put on."""
    then, now, where = before["meta"], after.get("meta", {}), f"{before['resourceType']}.meta"
    for name in ("versionId", "lastUpdated"):
        if now.get(name) != then[name]:
            raise Unprocessable(f"`{name}` is the server's to give", expression=f"{where}.{name}")
    if _categories(now) not in (_categories(then), _categories(then) | {SENSITIVE}):
        raise Unprocessable(
            "the data categories follow from the resource; only `sensitive` can be put on, and is taken off by "
            "`$meta-delete`",
            expression=f"{where}.security",
        )


def _categories(meta: Mapping[str, Any]) -> frozenset[str]:
    labels = (label for label in meta.get("security", ()) if label.get("system") == DATA_CATEGORY)
    return frozenset(str(label.get("code")) for label in labels)
