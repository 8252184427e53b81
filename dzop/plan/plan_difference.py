"""What is different between a whole plan at one moment and at another: what came, went, or changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dzop.plan.difference import Change, changes, difference

__all__ = ["Differing", "Resources", "between"]

Resources = Mapping[str, Mapping[str, Any]]
"""The resources of a plan by key (`Goal/x`), the plan itself first, as `verbatim.read` gives them."""


@dataclass(frozen=True, slots=True)
class Differing:
    """One thing that is different. `resource` is the newer state of `key`, or its last one where it is gone.

    The path of the change is empty where the resource as a whole came or went.
    """

    key: str
    resource: Mapping[str, Any]
    change: Change


def between(older: Resources, newer: Resources) -> tuple[Differing, ...]:
    """All that is different, resource by resource; what is no longer part of the plan last."""
    found: list[Differing] = []
    for key, resource in newer.items():
        if key not in older:
            found.append(Differing(key, resource, Change("added", ())))
        else:
            found += [Differing(key, resource, each) for each in changes(difference(older[key], resource))]
    gone = [key for key in older if key not in newer]
    return (*found, *(Differing(key, older[key], Change("removed", ())) for key in gone))
