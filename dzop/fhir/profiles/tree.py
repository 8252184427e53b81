"""The rules of a profile as a tree along the elements, which is how they are checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from dzop.fhir.profiles.definition import Rule

__all__ = ["Node", "Slice", "tree"]

Placed = tuple[tuple[str, ...], Rule]
_EXTENSIONS: Final = ("extension", "modifierExtension")


@dataclass(frozen=True, slots=True)
class Node:
    """An element, such as `period` or `value[x]`: its rule, the elements below it, and its slices.

    `only` is (path, value): of several such elements, those are meant that have this value there.
    """

    name: str
    rule: Rule
    children: tuple[Node, ...] = ()
    slices: tuple[Slice, ...] = ()
    only: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The elements that have `value` at `path`, or, where `path` is `$this`, the member of a choice named so."""

    path: str
    value: str
    node: Node


def tree(rules: Iterable[Rule]) -> tuple[Node, ...]:
    """The nodes right below the root."""
    return _nodes([(tuple(rule.at.split(".")), rule) for rule in rules], "")


def _nodes(placed: list[Placed], above: str) -> tuple[Node, ...]:
    names = dict.fromkeys(parts[0].partition(":")[0] for parts, _ in placed)
    nodes = (_node(name, placed, f"{above}{name}") for name in names)
    return tuple(node for node in nodes if node.rule.is_checked or node.children or node.slices)


def _node(name: str, placed: list[Placed], at: str) -> Node:
    rule = _own(name, placed) or Rule(at)
    slices = dict.fromkeys(parts[0] for parts, _ in placed if parts[0].startswith(f"{name}:"))
    path = rule.sliced or ("url" if name in _EXTENSIONS else "")
    return Node(
        name, rule, _below(name, placed, at),
        tuple(_slice(each, path, placed, f"{at}:{each.partition(':')[2]}") for each in slices),
    )  # fmt: skip


def _slice(segment: str, path: str, placed: list[Placed], at: str) -> Slice:
    rule, children = _own(segment, placed) or Rule(at), _below(segment, placed, at)
    value = segment.partition(":")[2] if path == "$this" else rule.profile or _fixed(children, path)
    first, _, member = path.partition(".")
    if member:
        children = tuple(
            Node(each.name, each.rule, each.children, each.slices, (member, value))
            if each.name == first
            else each
            for each in children
        )
    return Slice(path, value, Node(segment.partition(":")[0], rule, children))


def _own(segment: str, placed: list[Placed]) -> Rule | None:
    return next((rule for parts, rule in placed if parts == (segment,)), None)


def _below(segment: str, placed: list[Placed], at: str) -> tuple[Node, ...]:
    inner = [(parts[1:], rule) for parts, rule in placed if parts[0] == segment and len(parts) > 1]
    return _nodes(inner, f"{at}.")


def _fixed(children: Iterable[Node], path: str) -> str:
    """The value that the rules below a slice fix at the path of its discriminator."""
    known: Mapping[str, Node] = {each.name: each for each in children}
    first, _, rest = path.partition(".")
    node = known[first]
    return _fixed(node.children, rest) if rest else str(node.rule.fixed)
