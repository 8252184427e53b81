"""Runs the steps of one client of Python, one after another, and keeps what it was told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Visit = dict[str, Any]
Steps = Mapping[str, Callable[[Visit], Any]]


def run(steps: Steps, visit: Visit) -> dict[str, Any]:
    """By step what was told; a step may leave in the visit what later ones need, or be told an error."""
    return {step: _told(ask, visit) for step, ask in steps.items()}


def _told(ask: Callable[[Visit], Any], visit: Visit) -> Any:
    try:
        return ask(visit)
    except Exception as error:  # the library's own, or ours: the test shows it
        return f"{type(error).__name__}: {error}"[:500]


def counted(resources: Iterable[Any]) -> list[list[Any]]:
    """How many there are of each type, as [type, number], by type."""
    return [list(each) for each in sorted(Counter(each["resourceType"] for each in resources).items())]


def entries(bundle: Any) -> list[Any]:
    """The resources of a Bundle."""
    return [each["resource"] for each in bundle.get("entry", ()) if "resource" in each]


def display(parameters: Any) -> str:
    """What a code is called."""
    return next(str(each["valueString"]) for each in parameters["parameter"] if each["name"] == "display")


def displays(value_set: Any) -> list[str]:
    """What the codes of an expansion are called."""
    return [each["display"] for each in value_set["expansion"]["contains"]]


def statuses(bundle: Any) -> list[str]:
    """The status of each entry of a batch or transaction, without its words."""
    return [each["response"]["status"][:3] for each in bundle["entry"]]


def versions(bundle: Any, id: str) -> list[str]:
    """The versions of one resource in a history, in its order."""
    return [each["meta"]["versionId"] for each in entries(bundle) if each["id"] == id]
