"""The demo persons and their plans: one FHIR R4 Bundle per person, and one with the directory they share."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ["documents"]


def documents() -> Iterator[Traversable]:
    """The Bundles (type `collection`, JSON) in the order to load them: the directory first."""
    data = files("dzop.demo").joinpath("data")
    yield from sorted(
        (file for file in data.iterdir() if file.name.endswith(".json")),
        key=lambda file: file.name,
    )
