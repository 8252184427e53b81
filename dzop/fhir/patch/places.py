"""Where a path leads: the elements of a resource, each with its type and its place in the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.json import value_of
from dzop.fhir.patch.fhirpath import Call, Expression, Literal, Member, Path, Position
from dzop.fhir.patch.json_patch import equal
from dzop.fhir.patch.tree import VISIT, Inapplicable, Node, Pointer, Tree
from dzop.fhir.structure import Element, Structure, structure_of, structure_of_resource

__all__ = ["Place", "alternatives", "found", "only", "structure_at"]


@dataclass(frozen=True, slots=True)
class Place:
    """An element: whose it is, its name and position there, what R4 says of it, and its value.

    A primitive may have its id and extensions `beside` it, or nothing but them. The resource itself has
    neither owner nor element.
    """

    owner: Place | None
    name: str
    index: int | None
    element: Element | None
    node: Node | None
    beside: Node | None = None

    @property
    def pointer(self) -> Pointer:
        return self._pointer(self.name)

    @property
    def inside(self) -> Pointer:
        """Where the elements within this one are kept: of a primitive beside its value."""
        is_primitive = self.element is not None and self.element.check is not None
        return self._pointer(f"_{self.name}") if is_primitive else self.pointer

    def _pointer(self, name: str) -> Pointer:
        if self.owner is None:
            return ()
        position = () if self.index is None else (str(self.index),)
        return (*self.owner.inside, name, *position)


def found(path: Path, tree: Tree) -> list[Place]:
    """The elements that a path leads to, in document order; Inapplicable for what R4 does not have."""
    root = Place(None, "", None, None, tree.root)
    steps = path.steps
    if steps and isinstance(steps[0], Member) and steps[0].name[:1].isupper():
        type = _resource_type(tree.root)
        if steps[0].name != type:
            raise Inapplicable(f"the path begins with `{steps[0].name[:64]}`, but this is a `{type}`")
        steps = steps[1:]
    return [each for each in _walked(steps, [root], tree) if isinstance(each, Place)]


def only(path: Path, tree: Tree) -> Place:
    """The one element that a path leads to; Inapplicable when there is none, or more."""
    places = found(path, tree)
    if len(places) != 1:
        raise Inapplicable(
            "the path leads to nothing"
            if not places
            else f"the path leads to {len(places)} elements, not to one"
        )
    return places[0]


def structure_at(place: Place) -> Structure:
    """The elements that there may be within this one."""
    element = place.element
    if element is not None and element.check is not None:
        return structure_of("fhir.resources.R4B.element.Element")
    if element is not None and element.model is not None:
        return structure_of(element.model)
    structure = structure_of_resource(_resource_type(place.node)) if place.node is not None else None
    if structure is None:
        raise Inapplicable("what is within this element is not known here")
    return structure


def alternatives(structure: Structure, name: str) -> list[Element]:
    """The element of this name, or all that a choice of this name may be; Inapplicable when there is none."""
    exact = structure.elements.get(name)
    if exact is not None and not exact.sibling:
        return [exact]
    chosen = [each for each in structure.elements.values() if each.choice == name]
    if not chosen:
        raise Inapplicable(f"`{structure.name}` has no element `{name[:64]}`")
    return chosen


Values = Sequence[Any]
"""Places, and within a condition also texts, numbers and truth values."""


def _walked(steps: Sequence[Any], focus: Values, tree: Tree) -> Values:
    for step in steps:
        tree.spend(VISIT * (len(focus) + 1))
        if isinstance(step, Member):
            places = [each for each in focus if isinstance(each, Place)]
            focus = [child for each in places for child in _children(each, step.name)]
        elif isinstance(step, Position):
            focus = focus[step.number : step.number + 1]
        else:
            focus = _CALLED[step.name](focus, step, tree)
    return focus


def _children(place: Place, name: str) -> Iterator[Place]:
    kept = place.beside if place.element is not None and place.element.check else place.node
    for element in alternatives(structure_at(place), name):
        node = kept.member(element.name) if kept else None
        beside = kept.member(f"_{element.name}") if kept and element.check else None
        if not element.is_list:
            if node is not None or beside is not None:
                yield Place(place, element.name, None, element, node, beside)
            continue
        values, besides = list(node or ()), list(beside or ())
        for index in range(max(len(values), len(besides))):
            value, extra = _present(values, index), _present(besides, index)
            if value is not None or extra is not None:
                yield Place(place, element.name, index, element, value, extra)


def _present(nodes: Sequence[Node], index: int) -> Node | None:
    """The element of an array, unless it is a `null` that only keeps the place."""
    node = nodes[index] if index < len(nodes) else None
    return None if node is None or node.is_null else node


def _evaluated(expression: Expression, focus: Values, tree: Tree) -> Values:
    if isinstance(expression, Literal):
        return [expression.value]
    if isinstance(expression, Path):
        return _walked(expression.steps, focus, tree)
    left = _evaluated(expression.left, focus, tree)
    right = _evaluated(expression.right, focus, tree)
    return _COMBINED[expression.name](left, right, tree)


def _same(left: Values, right: Values, tree: Tree) -> Values:
    if not left or not right:
        return []
    return [equal([_value(each, tree) for each in left], [_value(each, tree) for each in right])]


def _different(left: Values, right: Values, tree: Tree) -> Values:
    return [not each for each in _same(left, right, tree)]


def _both(left: Values, right: Values, tree: Tree) -> Values:
    return [_holds(left, tree) and _holds(right, tree)]


def _either(left: Values, right: Values, tree: Tree) -> Values:
    return [_holds(left, tree) or _holds(right, tree)]


_COMBINED: Final[Mapping[str, Callable[[Values, Values, Tree], Values]]] = {
    "=": _same,
    "!=": _different,
    "and": _both,
    "or": _either,
}


def _holds(values: Values, tree: Tree) -> bool:
    if len(values) > 1:
        raise Inapplicable("a condition in the path is met by several values at once")
    value = _value(values[0], tree) if values else False
    return value if isinstance(value, bool) else True


def _value(each: Any, tree: Tree) -> Any:
    if not isinstance(each, Place):
        return each
    if each.node is None:
        return None
    text = each.node.text
    tree.spend(len(text))
    return value_of(text)


def _where(focus: Values, call: Call, tree: Tree) -> Values:
    return [each for each in focus if _holds(_evaluated(call.argument, [each], tree), tree)]


def _exists(focus: Values, call: Call, tree: Tree) -> Values:
    return [bool(_where(focus, call, tree) if call.argument is not None else focus)]


def _single(focus: Values, call: Call, tree: Tree) -> Values:
    if len(focus) > 1:
        raise Inapplicable(f"`single()` in the path finds {len(focus)} elements")
    return focus


def _not(focus: Values, call: Call, tree: Tree) -> Values:
    return [not _holds(focus, tree)] if focus else []


def _of_type(focus: Values, call: Call, tree: Tree) -> Values:
    return [each for each in focus if _type(each) == call.argument]


def _extension(focus: Values, call: Call, tree: Tree) -> Values:
    extensions = _walked([Member("extension")], focus, tree)
    return [each for each in extensions if _string(each.node.member("url")) == call.argument]


def _tested(test: Callable[[str, str], bool]) -> Callable[[Values, Call, Tree], Values]:
    """A function on one text, and nothing on what is none."""

    def called(focus: Values, call: Call, tree: Tree) -> Values:
        texts = [_value(each, tree) for each in focus]
        return [test(each, str(call.argument)) for each in texts if isinstance(each, str)]

    return called


_CALLED: Final[Mapping[str, Callable[[Values, Call, Tree], Values]]] = {
    "where": _where,
    "exists": _exists,
    "empty": lambda focus, call, tree: [not focus],
    "not": _not,
    "count": lambda focus, call, tree: [len(focus)],
    "first": lambda focus, call, tree: focus[:1],
    "last": lambda focus, call, tree: focus[-1:],
    "single": _single,
    "tail": lambda focus, call, tree: focus[1:],
    "skip": lambda focus, call, tree: focus[call.argument :],
    "take": lambda focus, call, tree: focus[: call.argument],
    "ofType": _of_type,
    "as": _of_type,
    "extension": _extension,
    "startsWith": _tested(str.startswith),
    "endsWith": _tested(str.endswith),
    "contains": _tested(str.__contains__),
}


def _type(each: Any) -> str:
    if not isinstance(each, Place):
        return ""
    if each.element is not None and (each.element.check or each.element.model):
        return each.element.type
    return _resource_type(each.node) if each.node else ""


def _resource_type(node: Node | None) -> str:
    return _string(node.member("resourceType")) if node else ""


def _string(node: Node | None) -> str:
    value = value_of(node.text) if node else ""
    return value if isinstance(value, str) else ""
