"""$validate: what is to be said of a resource, or of one as it is stored; nothing is, and nobody is told who may.

https://hl7.org/fhir/R4/resource-operation-validate.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dzop.access.labels import instant
from dzop.definitions.conformance import asked_issues, bound_codes, claimed_issues, is_error
from dzop.fhir import json
from dzop.fhir.identifiers import identifier_issues
from dzop.fhir.outcome import Invalid, Issue, operation_outcome
from dzop.fhir.parameters import Given
from dzop.fhir.profiles.extensions import extension_issues
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.validation import validate
from dzop.interactions.bound_codes import binding_issues
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.known_codes import coding_issues
from dzop.interactions.rendered import json_bytes
from dzop.interactions.resource_body import wrongly_contained

_MODES: Final = ("create", "update", "delete", "profile")
_WELL: Final = Issue("informational", "Nothing is wrong with this.", severity="information")
_LATER: Final = Issue(
    "informational",
    "Profiles and numbers are looked at once the resource is R4: mend the errors and ask again.",
    severity="information",
)


async def validate_offered(ask: Ask, given: Given) -> Answer:
    """200 with an OperationOutcome about the resource in the request, whatever there is to say."""
    mode, resource = _mode(given), given.get("resource")
    if resource is None:
        raise Invalid(
            "`$validate` of a type needs the parameter `resource`", expression="Parameters.parameter"
        )
    wrong_id = mode == "update" and not isinstance(resource.get("id"), str)
    missing = Issue("required", "An update needs the `id` of what it changes.", f"{ask.type}.id")
    return _outcome([*([missing] if wrong_id else []), *await _issues(ask, given, resource)])


async def validate_instance(ask: Ask, given: Given) -> Answer:
    """The same of a new content for this resource, else of what is stored; 404 and 410 as for a read."""
    mode, resource = _mode(given), given.get("resource")
    found = await ask.service.gateway.read(ask.call, ask.type, ask.id)
    if mode == "delete":
        offered = "delete" in RESOURCE_TYPES[ask.type].interactions
        return _outcome(
            [] if offered else [Issue("not-supported", f"A `{ask.type}` cannot be deleted here.")]
        )
    if resource is None:
        answer = _outcome(await _issues(ask, given, json.parse(found.served).value))
        return Answer(200, answer.resource, found.etag, instant(found.last_updated))
    other = Issue("value", f"The `id` must be that of the URL, `{ask.id}`.", f"{ask.type}.id")
    return _outcome(
        [*([other] if resource.get("id") != ask.id else []), *await _issues(ask, given, resource)]
    )


def _mode(given: Given) -> str:
    mode = str(given.get("mode", "profile"))
    if mode not in _MODES:
        listed = ", ".join(f"`{each}`" for each in _MODES)
        raise Invalid(f"`mode` is one of {listed}", expression="mode")
    return mode


async def _issues(ask: Ask, given: Given, value: Mapping[str, Any]) -> list[Issue]:
    """Structure first; what profiles ask only of what is R4."""
    asked = given.get("profile")
    if value.get("resourceType") != ask.type:
        text = f"The URL says `{ask.type}`, the resource says another type."
        return [Issue("invalid", text, "resourceType")]
    issues = validate(value)
    if any(is_error(issue) for issue in issues):
        return [*issues, _LATER]
    issues += wrongly_contained(value)
    issues += claimed_issues(value)
    issues += extension_issues(value)
    issues += asked_issues(value, str(asked)) if asked is not None else []
    issues += await binding_issues(
        ask.service.vocabulary, bound_codes(value, None if asked is None else str(asked))
    )
    issues += await coding_issues(ask.service.vocabulary, value)
    issues += identifier_issues(value, ask.service.identifier_checks)
    issues += await ask.service.gateway.instrument_issues(value)
    return issues


def _outcome(issues: list[Issue]) -> Answer:
    """What is said twice, by a profile that is both claimed and asked, once."""
    return Answer(200, json_bytes(operation_outcome(dict.fromkeys(issues) or [_WELL])))
