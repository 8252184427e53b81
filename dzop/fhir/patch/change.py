"""Changes of elements: a value and what stands beside it move together, and lists keep both in step.

https://hl7.org/fhir/R4/json.html#primitive
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dzop.fhir.patch.given import Value
from dzop.fhir.patch.places import Place, alternatives, structure_at
from dzop.fhir.patch.tree import Inapplicable, Node, Pointer, Tree
from dzop.fhir.primitives import PRIMITIVES
from dzop.fhir.structure import Element, Structure, structure_of

__all__ = ["Collection", "added", "built", "deleted", "replaced"]

Written = tuple[str | None, str | None]
"""The JSON text of an element, and of what stands beside it when it is a primitive."""
_NULL = "null"


@dataclass(frozen=True, slots=True)
class Collection:
    """The list of an element within its owner: an array, and for primitives perhaps a second one beside."""

    tree: Tree
    owner: Place
    element: Element

    def __len__(self) -> int:
        return max(self._length(name) for name in _names(self.element))

    def insert(self, index: int, text: str | None, beside: str | None) -> None:
        """Puts an element before the one at `index`; behind all when that is how many there are."""
        count = len(self)
        if index > count:
            raise Inapplicable(f"the list has {count} elements: nothing can be inserted at {index}")
        for name, each in _written(self.element, text, beside):
            if each is not None or self._length(name):
                self._fill(name, index, count)
                self.tree.add(self._at(name, index), each or _NULL)

    def replace(self, index: int, text: str | None, beside: str | None) -> None:
        """Puts another element in the place of the one at `index`."""
        for name, each in _written(self.element, text, beside):
            if each is not None:
                self._fill(name, index + 1, index + 1)
            if self._length(name) > index:
                self.tree.replace(self._at(name, index), each or _NULL)
        self._sweep()

    def remove(self, index: int) -> None:
        """Takes an element out."""
        for name in _names(self.element):
            if self._length(name) > index:
                self.tree.remove(self._at(name, index))
        self._sweep()

    def move(self, source: int, destination: int) -> None:
        """Takes the element at `source` to where `destination` will be its position."""
        count = len(self)
        for index in (source, destination):
            if index >= count:
                raise Inapplicable(f"the list has {count} elements: there is none at {index}")
        for name in _names(self.element):
            if self._length(name):
                self._fill(name, count, count)
                text = self.tree.text(self._at(name, source))
                self.tree.remove(self._at(name, source))
                self.tree.add(self._at(name, destination), text)

    def _length(self, name: str) -> int:
        array = _member(self.tree, self.owner, name)
        return len(array.elements) if array is not None and array.is_array else 0

    def _at(self, name: str, index: int) -> Pointer:
        return (*self.owner.inside, name, str(index))

    def _fill(self, name: str, length: int, new: int) -> None:
        """Fills one of the arrays up to a length, so that positions agree; a new one gets `new` places."""
        if _member(self.tree, self.owner, name) is None:
            self.tree.add((*self.owner.inside, name), "[]")
            length = new
        for place in range(self._length(name), length):
            self.tree.add(self._at(name, place), _NULL)

    def _sweep(self) -> None:
        """Takes out an array that holds nothing any more."""
        for name in _names(self.element):
            array = _member(self.tree, self.owner, name)
            if array is not None and all(each.is_null for each in array):
                self.tree.remove((*self.owner.inside, name))


def added(tree: Tree, owner: Place, name: str, value: Value) -> None:
    """Adds an element to its owner, behind the others when it repeats."""
    structure = structure_at(owner)
    element = _chosen(structure, name, value)
    written = built(value, element)
    _open(tree, owner)
    if element.is_list:
        collection = Collection(tree, owner, element)
        collection.insert(len(collection), *written)
        return
    for each in alternatives(structure, element.choice or element.name):
        if any(_member(tree, owner, name) for name in _names(each)):
            raise Inapplicable(f"`{each.name}` is there already; use `replace`")
    _set(tree, owner, element, written)


def replaced(tree: Tree, place: Place, value: Value) -> None:
    """Puts a value in the place of an element; of a choice it may be of another type."""
    owner, former = place.owner, place.element
    if owner is None or former is None:
        raise Inapplicable("the whole resource is replaced by PUT, not by a patch")
    element = _chosen(structure_at(owner), former.choice or former.name, value)
    written = built(value, element)
    if place.index is not None:
        Collection(tree, owner, element).replace(place.index, *written)
        return
    if element.name != former.name:
        _unset(tree, owner, former)
    _set(tree, owner, element, written)


def deleted(tree: Tree, place: Place) -> None:
    """Takes an element out, and whatever is empty without it."""
    if place.owner is None or place.element is None:
        raise Inapplicable("a resource is deleted by DELETE, not by a patch")
    if place.index is None:
        _unset(tree, place.owner, place.element)
    else:
        Collection(tree, place.owner, place.element).remove(place.index)
    _tidy(tree, place.owner)


def built(value: Value, element: Element) -> Written:
    """A value as it is written for this element; Inapplicable when it is of another type."""
    if value.parts:
        if element.model is None:
            raise Inapplicable(f"`{element.name}` is of type {element.type}, which has no parts")
        return _object(value, structure_of(element.model)), None
    fits = value.type in PRIMITIVES if element.check else value.type == element.type
    if not fits:
        raise Inapplicable(f"`{element.name}` is of type {element.type}, not {value.type}")
    return value.text, value.beside


def _object(value: Value, structure: Structure) -> str:
    """The JSON of an element that is made of parts."""
    found: dict[str, tuple[Element, list[Written]]] = {}
    for name, part in value.parts:
        element = _chosen(structure, name, part)
        found.setdefault(element.name, (element, []))[1].append(built(part, element))
    members = [member for element, written in found.values() for member in _members(element, written)]
    return f"{{{','.join(members)}}}"


def _members(element: Element, written: Sequence[Written]) -> Iterator[str]:
    if len(written) > 1 and not element.is_list:
        raise Inapplicable(f"`{element.name}` may be given once only")
    for name, texts in zip(_names(element), zip(*written, strict=True), strict=False):
        if any(texts):
            array = f"[{','.join(text or _NULL for text in texts)}]"
            yield f"{json.dumps(name)}:{array if element.is_list else texts[0]}"


def _chosen(structure: Structure, name: str, value: Value) -> Element:
    """The element of this name; of a choice the one for the type of the value."""
    possible = alternatives(structure, name)
    if len(possible) == 1:
        return possible[0]
    for each in possible:
        if each.type == value.type:
            return each
    listed = ", ".join(each.type for each in possible)
    raise Inapplicable(f"`{name}` is of type {listed}, not {value.type or 'made of parts'}")


def _set(tree: Tree, owner: Place, element: Element, written: Written) -> None:
    """Writes an element that does not repeat, in the place where it was."""
    for name, text in _written(element, *written):
        if text is not None:
            tree.add((*owner.inside, name), text)
        elif _member(tree, owner, name):
            tree.remove((*owner.inside, name))


def _unset(tree: Tree, owner: Place, element: Element) -> None:
    _set(tree, owner, element, (None, None))


def _open(tree: Tree, place: Place) -> None:
    """Makes the object within a primitive, where there is nothing beside it yet."""
    if not _is_primitive(place) or place.beside is not None or place.owner is None or place.element is None:
        return
    written = (place.node.text if place.node else None, "{}")
    if place.index is None:
        _set(tree, place.owner, place.element, written)
    else:
        Collection(tree, place.owner, place.element).replace(place.index, *written)


def _tidy(tree: Tree, place: Place) -> None:
    """Takes an element out that became empty; a primitive that has a value loses only what was beside it."""
    if place.owner is None or place.element is None or tree.at(place.inside).members:
        return
    if not _is_primitive(place) or place.node is None:
        deleted(tree, place)
    elif place.index is None:
        _set(tree, place.owner, place.element, (place.node.text, None))
    else:
        Collection(tree, place.owner, place.element).replace(place.index, place.node.text, None)


def _is_primitive(place: Place) -> bool:
    return place.element is not None and place.element.check is not None


def _names(element: Element) -> tuple[str, ...]:
    return (element.name, f"_{element.name}") if element.check else (element.name,)


def _written(element: Element, text: str | None, beside: str | None) -> Iterator[tuple[str, str | None]]:
    return zip(_names(element), (text, beside), strict=False)


def _member(tree: Tree, owner: Place, name: str) -> Node | None:
    """A member within the owner, as it is now."""
    return tree.at(owner.inside).member(name)
