"""JSON as a tree that is opened only where somebody looks, so that all else stays byte for byte as it was.

https://www.rfc-editor.org/rfc/rfc6901 names the places in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dzop.fhir.json import MAX_DEPTH, depth, elements, members
from dzop.fhir.outcome import TooLarge, Unprocessable

__all__ = ["Inapplicable", "Node", "Pointer", "Tree"]

Pointer = tuple[str, ...]
"""The way to a place: member names and positions, the unescaped tokens of a JSON Pointer."""

MAX_WORK: Final = 16 * 1024 * 1024
"""How many characters a patch may compare, copy and move, all its operations together."""
MAX_PARTS: Final = 100_000
"""How many members or elements an object or array may have that a patch looks into."""
VISIT: Final = 64
"""What it counts as to visit one element on a path."""

_POSITION = re.compile(r"0|[1-9][0-9]{0,8}")


class Inapplicable(Exception):
    """An operation that this document does not allow; the text says why, in half a sentence."""


@dataclass(slots=True)
class _Part:
    """A member or element with what stands around it: white space, and a member's name."""

    before: str
    node: Node
    behind: str = ""

    @property
    def text(self) -> str:
        return f"{self.before}{self.node.text}{self.behind}"


class Node:
    """A JSON value: its text, until somebody looks inside."""

    __slots__ = ("_elements", "_members", "_text")

    def __init__(self, text: str) -> None:
        self._text = text.strip()
        self._members: dict[str, _Part] | None = None
        self._elements: list[_Part] | None = None

    @property
    def is_object(self) -> bool:
        return self._text.startswith("{")

    @property
    def is_array(self) -> bool:
        return self._text.startswith("[")

    @property
    def is_null(self) -> bool:
        return self._text == "null"

    @property
    def text(self) -> str:
        if self._members is not None:
            return f"{{{','.join(part.text for part in self._members.values())}}}"
        if self._elements is not None:
            return f"[{','.join(part.text for part in self._elements)}]"
        return self._text

    def member(self, name: str) -> Node | None:
        """The value of this member, when there is one."""
        part = self.members.get(name) if self.is_object else None
        return part.node if part else None

    def __iter__(self) -> Iterator[Node]:
        """The elements of an array; of anything else nothing."""
        return iter([part.node for part in self.elements] if self.is_array else ())

    @property
    def members(self) -> dict[str, _Part]:
        """The members of an object, to be changed in place."""
        if self._members is None:
            spans = members(self._text)
            self._members = dict(zip(spans, _parts(self._text, list(spans.values())), strict=True))
        return self._members

    @property
    def elements(self) -> list[_Part]:
        """The elements of an array, to be changed in place."""
        if self._elements is None:
            self._elements = _parts(self._text, elements(self._text))
        return self._elements


def _parts(text: str, spans: Sequence[tuple[int, int]]) -> list[_Part]:
    """The parts of an object or array; what stands between two values belongs to both, up to the comma."""
    if len(spans) > MAX_PARTS:
        raise TooLarge(
            f"a patch changes arrays of at most {MAX_PARTS} elements; send the whole resource by PUT"
        )
    parts: list[_Part] = []
    at = 1
    for start, end in spans:
        before = text[at:start]
        if parts:
            parts[-1].behind, _, before = before.partition(",")
        parts.append(_Part(before, Node(text[start:end])))
        at = end
    if parts:
        parts[-1].behind = text[at:-1]
    return parts


class Tree:
    """A JSON document under change. Values go in and come out as JSON text.

    TooLarge when the work on it goes beyond `MAX_WORK`, Unprocessable when it gets deeper than a body may be.
    """

    def __init__(self, text: str) -> None:
        self.root = Node(text)
        self._work = 0

    def at(self, pointer: Pointer) -> Node:
        """The value at a pointer; Inapplicable when there is none."""
        node = self.root
        for number, step in enumerate(pointer):
            if node.is_object:
                found = node.member(step)
            elif node.is_array:
                found = node.elements[_position(node, step, pointer[:number])].node
            else:
                raise Inapplicable(f"{_shown(pointer[:number])} is neither an object nor an array")
            if found is None:
                raise Inapplicable(f"{_shown(pointer[: number + 1])} does not exist")
            node = found
        return node

    def text(self, pointer: Pointer) -> str:
        """The value at a pointer as text, which counts as work."""
        text = self.at(pointer).text
        self.spend(len(text))
        return text

    def spend(self, work: int) -> None:
        """Counts work done on the tree, in characters."""
        self._work += work
        if self._work > MAX_WORK:
            raise TooLarge("the patch is too much work; send it in parts, or the whole resource by PUT")

    def add(self, pointer: Pointer, text: str) -> None:
        """Adds a member, or replaces it; inserts an element before the one at the position, `-` behind all."""
        if not pointer:
            self.replace(pointer, text)
            return
        *way, step = pointer
        parent = self.at(tuple(way))
        node = self._node(text, len(pointer))
        if parent.is_object:
            there = parent.members.get(step)
            if there is None:
                parent.members[step] = _Part(f"{json.dumps(step, ensure_ascii=False)}:", node)
            else:
                there.node = node
        elif parent.is_array:
            count = len(parent.elements)
            place = count if step == "-" else _position(parent, step, tuple(way), count)
            parent.elements.insert(place, _Part("", node))
        else:
            raise Inapplicable(f"{_shown(tuple(way))} is neither an object nor an array")

    def replace(self, pointer: Pointer, text: str) -> None:
        """Puts another value in the place of the one that is there."""
        node = self._node(text, len(pointer))
        if not pointer:
            self.root = node
            return
        self.at(pointer)
        parent = self.at(pointer[:-1])
        if parent.is_object:
            parent.members[pointer[-1]].node = node
        else:
            parent.elements[int(pointer[-1])].node = node

    def remove(self, pointer: Pointer) -> None:
        """Takes a member or an element out."""
        if not pointer:
            raise Inapplicable("the whole resource cannot be removed by a patch; DELETE it")
        self.at(pointer)
        parent = self.at(pointer[:-1])
        if parent.is_object:
            del parent.members[pointer[-1]]
        else:
            del parent.elements[int(pointer[-1])]

    def _node(self, text: str, at: int) -> Node:
        if at + depth(text) > MAX_DEPTH:
            raise Unprocessable(f"objects and arrays may be at most {MAX_DEPTH} deep")
        return Node(text)


def _position(array: Node, step: str, way: Pointer, last: int | None = None) -> int:
    """The position that a step names in an array; `last` is the highest there may be, if not the last element."""
    last = len(array.elements) - 1 if last is None else last
    if _POSITION.fullmatch(step) is None:
        raise Inapplicable(
            f"{_shown((*way, step))} does not exist: {_shown(way)} is an array, which has positions"
        )
    if int(step) > last:
        raise Inapplicable(f"{_shown((*way, step))} does not exist: the array ends at {last}")
    return int(step)


def _shown(pointer: Pointer) -> str:
    text = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in pointer)
    safe = text.encode(errors="replace").decode().replace("`", "'")
    return f"`{safe if len(safe) <= 128 else safe[:125] + '...'}`" if pointer else "the whole document"
