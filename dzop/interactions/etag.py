"""Versions in HTTP: weak ETags, If-Match and If-None-Match. https://hl7.org/fhir/R4/http.html#versioning"""

from __future__ import annotations

import re

from dzop.fhir.outcome import Invalid

_ETAG = re.compile(r'\s*(?:W/)?"(?P<version>[1-9][0-9]{0,8})"\s*')


def version_of(if_match: str | None) -> int | None:
    """The version that `If-Match` names; None without the header; Invalid when it names none."""
    if if_match is None:
        return None
    match = _ETAG.fullmatch(if_match)
    if match is None:
        raise Invalid('`If-Match` must hold one version, such as `W/"1"`')
    return int(match["version"])


def is_unchanged(if_none_match: str | None, version: int) -> bool:
    """Whether the client already has this version."""
    if if_none_match is None:
        return False
    return any(
        each.strip() == "*"
        or ((match := _ETAG.fullmatch(each)) is not None and int(match["version"]) == version)
        for each in if_none_match.split(",")
    )
