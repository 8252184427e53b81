"""A patch: operations that are applied in order, all of them or none. https://hl7.org/fhir/R4/http.html#patch"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.outcome import TooLarge, Unprocessable
from dzop.fhir.patch.tree import Inapplicable, Tree

__all__ = ["MAX_OPERATIONS", "Operation", "Patch", "require_few"]

MAX_OPERATIONS = 1_000


class Operation(Protocol):
    """One step of a patch."""

    @property
    def name(self) -> str:
        """What it is called in errors: `add`, `remove` ..."""

    def expression(self, type: str) -> str:
        """The place it is about in a resource of this type, as FHIRPath."""

    def perform(self, tree: Tree) -> None:
        """Changes the tree, or raises Inapplicable."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Operations that were read and understood, of whichever format."""

    operations: tuple[Operation, ...]

    def apply(self, source: Source, limit: int) -> Source:
        """The resource with all operations carried out, what they do not touch byte for byte as it was.

        Unprocessable, with the place as `expression`, when one cannot be carried out; TooLarge when the
        result has more than `limit` bytes, or the work is out of proportion.
        """
        tree = Tree(source.text)
        for number, operation in enumerate(self.operations, start=1):
            try:
                operation.perform(tree)
            except Inapplicable as fault:
                which = f"operation {number} of {len(self.operations)} (`{operation.name}`)"
                place = operation.expression(str(source.value.get("resourceType", "")))
                raise Unprocessable(f"{which}: {fault}", expression=place) from None
        if not tree.root.is_object:
            raise Unprocessable("a patch leaves a resource, which is a JSON object")
        data = tree.root.text.encode()
        if len(data) > limit:
            raise TooLarge(f"the resource would have more than {limit} bytes")
        return json.parse(data)


def require_few(operations: Sequence[object]) -> None:
    """TooLarge for more operations than one patch may have."""
    if len(operations) > MAX_OPERATIONS:
        raise TooLarge(f"a patch has at most {MAX_OPERATIONS} operations; send it in parts")
