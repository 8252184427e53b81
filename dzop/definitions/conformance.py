"""Does a resource do what the profiles say that it claims, or is held against? Ours and those of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from dzop.fhir.bound import Bound, loosely_bound
from dzop.fhir.outcome import Issue
from dzop.fhir.profiles.conformance import conformance, unchecked
from dzop.fhir.profiles.registry import profile_of

__all__ = ["as_remarks", "asked_issues", "bound_codes", "claimed_issues", "is_error"]


def claimed_issues(value: Mapping[str, Any]) -> list[Issue]:
    """What is to be said of a resource, valid R4, by the profiles in its `meta`; one not known is information."""
    return [issue for canonical, where in _claimed(value) for issue in _issues(value, canonical, where)]


def asked_issues(value: Mapping[str, Any], canonical: str) -> list[Issue]:
    """What is to be said of a resource, valid R4, by one profile; one not known is an error."""
    profile = profile_of(canonical)
    if profile is None:
        text = f"The profile `{canonical[:200]}` is not known here; see `supportedProfile` in /metadata."
        return [Issue("not-found", text, "profile")]
    return conformance(value, profile)


def bound_codes(value: Mapping[str, Any], canonical: str | None = None) -> list[Bound]:
    """The codes of a resource, valid R4, that only a vocabulary can tell of: those that R4 binds otherwise than
    required, and those that the profiles claimed, and the one asked, bind to value sets that are not shipped.
    """
    claimed = (each for each, _ in _claimed(value))
    profiles = dict.fromkeys((*claimed, *([] if canonical is None else [canonical])))
    known = [profile for each in profiles if (profile := profile_of(each)) is not None]
    return [*loosely_bound(value), *(bound for profile in known for bound in unchecked(value, profile))]


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
    return conformance(value, profile)
