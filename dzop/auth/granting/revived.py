"""Dataclasses that went through JSON (`dataclasses.asdict`) and come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

__all__ = ["revived"]

Kind = TypeVar("Kind")


def revived(kind: type[Kind], content: Mapping[str, Any]) -> Kind:
    """The dataclass as it was: JSON knows lists and no tuples, and ours have no lists."""
    values: dict[str, Any] = {each.name: content[each.name] for each in fields(kind)}  # type: ignore[arg-type]
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
    return kind(**values)
