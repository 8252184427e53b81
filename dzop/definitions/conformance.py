"""Does a resource do what the profiles say that it claims, or is held against? Ours and those of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from dzop.definitions.words import BASE, WORDS
from dzop.fhir.outcome import Issue
from dzop.fhir.profiles.conformance import conformance
from dzop.fhir.profiles.registry import VALUE_SETS as OF_OTHERS
from dzop.fhir.profiles.registry import Codes, profile_of

__all__ = ["VALUE_SETS", "as_remarks", "asked_issues", "claimed_issues", "is_error"]

VALUE_SETS: Final[Mapping[str, Codes]] = MappingProxyType(
    {
        **OF_OTHERS,
        **{f"{BASE}/ValueSet/{id}": {words.url: frozenset(words.concepts)} for id, words in WORDS.items()},
    }
)
"""The codes of the value sets that are known here, ours included."""


def claimed_issues(value: Mapping[str, Any]) -> list[Issue]:
    """What is to be said of a resource, valid R4, by the profiles in its `meta`; one not known is information."""
    return [issue for canonical, where in _claimed(value) for issue in _issues(value, canonical, where)]


def asked_issues(value: Mapping[str, Any], canonical: str) -> list[Issue]:
    """What is to be said of a resource, valid R4, by one profile; one not known is an error."""
    profile = profile_of(canonical)
    if profile is None:
        text = f"The profile `{canonical[:200]}` is not known here; see `supportedProfile` in /metadata."
        return [Issue("not-found", text, "profile")]
    return conformance(value, profile, VALUE_SETS)


def as_remarks(issues: list[Issue]) -> list[Issue]:
    """The same, none of them an error."""
    return [replace(issue, severity="warning") if is_error(issue) else issue for issue in issues]


def is_error(issue: Issue) -> bool:
    """Whether it keeps a resource from being taken."""
    return issue.severity in ("error", "fatal")


def _claimed(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    meta = value.get("meta")
    profiles = meta.get("profile") if isinstance(meta, Mapping) else None
    for number, canonical in enumerate(profiles if isinstance(profiles, list) else ()):
        if isinstance(canonical, str):
            yield canonical, f"{value.get('resourceType')}.meta.profile[{number}]"


def _issues(value: Mapping[str, Any], canonical: str, where: str) -> list[Issue]:
    profile = profile_of(canonical)
    if profile is None:
        text = f"The profile `{canonical[:200]}` is not known here; it is kept and was not checked."
        return [Issue("informational", text, where, "information")]
    return conformance(value, profile, VALUE_SETS)
