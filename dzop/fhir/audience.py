"""Who is concerned by a resource, as far as the resource itself says.

Kinds `derived` and `shared` depend on other resources; the store adds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import actor_key
from dzop.fhir.resource_types import CONSENT_KIND, RESOURCE_TYPES

__all__ = ["audience", "consent_kinds", "of_aftercare"]

# In these an actor is given something and may know it; in all others only the performer may.
_TELLING: Final = frozenset({"grant", "case-management", "therapeutic-relation", "mandate"})


_AFTERCARE: Final = ("https://dzop.example/fhir/CodeSystem/task-kind", "aftercare")


def audience(value: Mapping[str, Any], type: str, base: str) -> tuple[tuple[str, str], ...]:
    """(kind, actor key) for author, acting and addressed, without repeats, in the order of the table.

    A team that is a recipient or owner comes out as its own key, `CareTeam/x`.
    """
    rules = RESOURCE_TYPES[type].audience
    silent = type == "Consent" and not _tells_its_actor(value)
    kinds = (
        ("author", rules.author),
        ("acting", rules.acting),
        ("addressed", () if silent else rules.addressed),
    )
    return tuple(dict.fromkeys((kind, key) for kind, paths in kinds for key in _keys(value, paths, base)))


def consent_kinds(value: Mapping[str, Any]) -> frozenset[str]:
    """The kinds of a Consent in our own system; empty for one that is a mere document."""
    return frozenset(
        coding["code"]
        for coding in values(value, "category.coding")
        if coding.get("system") == CONSENT_KIND and isinstance(coding.get("code"), str)
    )


def of_aftercare(kinds: frozenset[str], value: Mapping[str, Any], type: str) -> frozenset[str]:
    """These ties with `aftercare` for a Task of that kind, which is written even when the plan is closed."""
    codings = values(value, "code.coding") if type == "Task" else ()
    is_aftercare = any((each.get("system"), each.get("code")) == _AFTERCARE for each in codings)
    return kinds - {"aftercare"} | ({"aftercare"} if is_aftercare else frozenset())


def _tells_its_actor(value: Mapping[str, Any]) -> bool:
    kinds = consent_kinds(value)
    return bool(kinds) and kinds <= _TELLING


def _keys(value: Mapping[str, Any], paths: tuple[str, ...], base: str) -> Iterator[str]:
    for path in paths:
        for element in values(value, path):
            key = actor_key(element, base) if isinstance(element, Mapping) else None
            if key is not None:
                yield key
