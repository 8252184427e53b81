"""The hierarchy of a code system by numbers: what is above each concept, and how much is below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from terminology.fault import Fault

__all__ = ["Hierarchy", "hierarchy"]

MOST: Final = 30_000_000
"""Pairs of a concept and one above it, itself among them: what is kept. SNOMED CT has a third of it."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """By the number of each concept: the numbers right above, its own and all above in order, and how many concepts
    are below it, itself among them.
    """

    parents: Sequence[tuple[int, ...]]
    ancestors: Sequence[tuple[int, ...]]
    descendants: Sequence[int]


def hierarchy(numbers: Mapping[str, int], parents: Sequence[Sequence[str]], *, most: int = MOST) -> Hierarchy:
    """The hierarchy of concepts, given their numbers (from 0, each once) by code and their parents by number.

    A parent that is not there says nothing. Fault `invalid` when a concept is above itself, `too-costly` when they
    are above each other more than `most` times.
    """
    above = [tuple(dict.fromkeys(numbers[each] for each in codes if each in numbers)) for codes in parents]
    ancestors: list[tuple[int, ...]] = [()] * len(above)
    descendants = [0] * len(above)
    left = most
    for number in _from_the_top(above, list(numbers)):
        found = {number}.union(*(ancestors[each] for each in above[number]))
        left -= len(found)
        if left < 0:
            raise Fault("too-costly", "the hierarchy is too deep to be kept; make it flatter")
        ancestors[number] = tuple(sorted(found))
        for each in found:
            descendants[each] += 1
    return Hierarchy(above, ancestors, descendants)


def _from_the_top(above: Sequence[tuple[int, ...]], codes: Sequence[str]) -> Sequence[int]:
    """All numbers, each behind those above it."""
    below: dict[int, list[int]] = {}
    for number, parents in enumerate(above):
        for parent in parents:
            below.setdefault(parent, []).append(number)
    waiting = [len(parents) for parents in above]
    found = [number for number, left in enumerate(waiting) if not left]
    for number in found:  # grows while it is gone through
        for child in below.get(number, ()):
            waiting[child] -= 1
            if not waiting[child]:
                found.append(child)
    if len(found) < len(above):
        circular = next(number for number, left in enumerate(waiting) if left)
        raise Fault(
            "invalid", f"the code `{codes[circular]}` is above itself in the hierarchy, or below such a code"
        )
    return found
