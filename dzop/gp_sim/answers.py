"""Answers of a server that is not ours: read with care, and told in plain words when they are not what was expected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import httpx

__all__ = ["Failed", "entries", "expect", "json_of", "member"]

_MOST_TOLD = 300


class Failed(Exception):
    """A step did not go as it should; the text says what went wrong."""


def expect(answer: httpx.Response, *statuses: int) -> httpx.Response:
    """The answer, when it has one of these statuses."""
    if answer.status_code not in statuses:
        wanted = " or ".join(str(each) for each in statuses)
        request = f"{answer.request.method} {answer.request.url.path}"
        raise Failed(f"{request} was answered {answer.status_code} and not {wanted}{_said(answer)}")
    return answer


def json_of(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object in an answer."""
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Failed(f"the answer to {answer.request.method} {answer.request.url.path} is no JSON object")
    return content


def member(content: Mapping[str, Any], name: str, what: str) -> str:
    """The text that stands under a name in `what`, such as `the smart-configuration`."""
    value = content.get(name)
    if not isinstance(value, str) or not value:
        raise Failed(f"{what} names no `{name}`")
    return value


def entries(bundle: Mapping[str, Any], types: Collection[str]) -> list[dict[str, Any]]:
    """The resources of these types in a Bundle."""
    found = [each.get("resource", {}) for each in bundle.get("entry", ())]
    return [each for each in found if each.get("resourceType") in types]


def _said(answer: httpx.Response) -> str:
    """What the server says about it: an OperationOutcome of FHIR, or an error of OAuth."""
    try:
        content = answer.json()
        issue = content.get("issue", [{}])[0]
        told = content.get("error_description") or content.get("error")
        told = told or issue.get("diagnostics") or issue.get("details", {}).get("text")
    except (ValueError, LookupError, AttributeError):
        return ""
    return f": {str(told)[:_MOST_TOLD]}" if told else ""
