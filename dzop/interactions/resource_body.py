"""The resource in a request body: of the right type, valid, and under the right id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from dzop.access.proposal import Proposal
from dzop.definitions.conformance import as_remarks, claimed_issues, is_error
from dzop.fhir.identifiers import IdentifierChecks, identifier_issues
from dzop.fhir.outcome import Invalid, Issue, Unprocessable
from dzop.fhir.profiles.extensions import extension_issues
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.summary import subset_issues
from dzop.fhir.validation import validate
from dzop.interactions.exchanged import Ask

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def read_body(ask: Ask) -> Proposal:
    """The resource that a create or update carries; `Ask.id` is that of the URL, or empty to make one."""
    if ask.request.body is None:
        raise Invalid(f"a `{ask.type}` is expected in the body")
    value = ask.request.body.value
    found = value.get("resourceType")
    if found != ask.type:
        said = "has no `resourceType`" if found is None else f"is `{_short(found)}`"
        raise Invalid(f"the URL says `{ask.type}`, the body {said}", expression="resourceType")
    found_in_it = findings(value, is_system=ask.call.actor.is_system, checks=ask.service.identifier_checks)
    if issues := [issue for issue in found_in_it if is_error(issue)]:
        raise Unprocessable(*issues)
    if ask.id:
        _require_same_id(ask, value.get("id"))
    return Proposal(ask.type, ask.id or str(uuid4()), ask.request.body, tuple(found_in_it))


def faults(value: Mapping[str, Any], *, is_system: bool, checks: IdentifierChecks = "off") -> list[Issue]:
    """Why a resource cannot be taken as it is, whoever sends it."""
    return [issue for issue in findings(value, is_system=is_system, checks=checks) if is_error(issue)]


def findings(value: Mapping[str, Any], *, is_system: bool, checks: IdentifierChecks = "off") -> list[Issue]:
    """Why a resource cannot be taken as it is; when it can, what there is to remark on.

    What the operator enters of the data of others is kept also where it breaks a profile or has a wrong number.
    """
    issues = [issue for issue in validate(value) if is_error(issue)]
    issues += subset_issues(value)
    if issues:
        return issues
    said = [*claimed_issues(value), *extension_issues(value), *identifier_issues(value, checks)]
    said = [issue for issue in said if issue.severity != "information"]
    return as_remarks(said) if is_system else [*wrongly_contained(value), *said]


def wrongly_contained(value: Mapping[str, Any]) -> list[Issue]:
    """Plan resources have an access of their own: inside another they would escape it."""
    type = value["resourceType"]
    return [
        Issue(
            "business-rule",
            f"a `{inner}` must not be contained; send it as a resource of its own",
            f"{type}.contained[{number}]",
        )
        for number, each in enumerate(value.get("contained", []))
        if (inner := each.get("resourceType")) in RESOURCE_TYPES
        and RESOURCE_TYPES[inner].compartment == "person"
    ]


def _require_same_id(ask: Ask, id: object) -> None:
    if id != ask.id:
        raise Invalid(f"the body must have the id of the URL, `{ask.id}`", expression=f"{ask.type}.id")


def may_choose_id(ask: Ask) -> bool:
    """Whether a PUT may create under the id of its URL (setting `client_ids`)."""
    policy = ask.service.client_ids
    return ask.call.actor.is_system or policy == "any" or (policy == "uuid" and _is_uuid(ask.id))


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _short(found: object) -> str:
    return str(found)[:64]
