"""FHIRPath Patch: a Parameters resource of operations. https://hl7.org/fhir/R4/fhirpatch.html

What an operation needs of R4 comes from its elements: whether one repeats, and which `value[x]` a value is.
An element that becomes empty goes too, for FHIR has no empty elements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.json import Source
from dzop.fhir.outcome import Invalid, Unprocessable
from dzop.fhir.patch.change import Collection, added, built, deleted, replaced
from dzop.fhir.patch.fhirpath import Member, Path, read_path
from dzop.fhir.patch.given import Value, parts_of, read_value
from dzop.fhir.patch.patch import Patch, require_few
from dzop.fhir.patch.places import alternatives, found, only, structure_at
from dzop.fhir.patch.tree import Inapplicable, Node, Tree
from dzop.fhir.validation import validate

__all__ = ["read_fhirpath_patch"]


def read_fhirpath_patch(source: Source) -> Patch:
    """The patch in a Parameters resource; Invalid, with the place in it, when it is none."""
    if source.value.get("resourceType") != "Parameters":
        raise Invalid("a FHIRPath Patch is a `Parameters` resource", expression="resourceType")
    if issues := [issue for issue in validate(source.value) if issue.severity in ("error", "fatal")]:
        raise Unprocessable(*issues)
    given = source.value.get("parameter", [])
    require_few(given)
    nodes = Node(source.text).member("parameter") or ()
    return Patch(tuple(_read(node, f"Parameters.parameter[{number}]") for number, node in enumerate(nodes)))


@dataclass(frozen=True, slots=True)
class _Operation:
    """One operation, with the parts that it takes; the others are empty."""

    name: str
    path: Path
    text: str
    element: str = ""
    value: Value | None = None
    numbers: tuple[int, ...] = ()

    def expression(self, type: str) -> str:
        return self.text if self.text[:1].isupper() else f"{type}.{self.text}"

    def perform(self, tree: Tree) -> None:
        _PERFORMED[self.name](self, tree)


def _add(asked: _Operation, tree: Tree) -> None:
    added(tree, only(asked.path, tree), asked.element, _value(asked))


def _insert(asked: _Operation, tree: Tree) -> None:
    collection = _collection(asked, tree)
    element = collection.element
    collection.insert(asked.numbers[0], *built(_value(asked), element))


def _delete(asked: _Operation, tree: Tree) -> None:
    places = found(asked.path, tree)
    if len(places) > 1:
        raise Inapplicable(f"the path leads to {len(places)} elements, and only one can be deleted")
    if places:
        deleted(tree, places[0])


def _replace(asked: _Operation, tree: Tree) -> None:
    replaced(tree, only(asked.path, tree), _value(asked))


def _move(asked: _Operation, tree: Tree) -> None:
    _collection(asked, tree).move(*asked.numbers)


def _collection(asked: _Operation, tree: Tree) -> Collection:
    """The list that a path ends in: its last step names it, the others lead to whose it is."""
    *way, last = asked.path.steps or (None,)
    if not isinstance(last, Member) or (not way and last.name[:1].isupper()):
        raise Inapplicable("the path must end with the name of a list, such as `Goal.category`")
    owner = only(Path(tuple(way)), tree)
    element = alternatives(structure_at(owner), last.name)[0]
    if not element.is_list:
        raise Inapplicable(f"`{last.name}` is no list")
    return Collection(tree, owner, element)


def _value(asked: _Operation) -> Value:
    if asked.value is None:
        raise AssertionError("was required when the patch was read")
    return asked.value


_PERFORMED: Final[Mapping[str, Callable[[_Operation, Tree], None]]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}
_TAKEN: Final[Mapping[str, tuple[str, ...]]] = {
    "add": ("name", "value"),
    "insert": ("index", "value"),
    "delete": (),
    "replace": ("value",),
    "move": ("source", "destination"),
}
"""What each operation takes besides `type` and `path`."""
_NUMBERS: Final = ("index", "source", "destination")
_TEXTS: Final = ("type", "path", "name")


def _read(node: Node, where: str) -> _Operation:
    name, parts = parts_of(node, where)
    if name != "operation":
        raise Invalid("a parameter of a FHIRPath Patch is called `operation`", expression=f"{where}.name")
    type = _text(parts, "type", where)
    if type not in _TAKEN:
        listed = ", ".join(f"`{each}`" for each in _TAKEN)
        raise Invalid(f"`type` must be one of {listed}", expression=_part(where, "type"))
    unknown = sorted(parts.keys() - {"type", "path", *_TAKEN[type]})
    if unknown:
        raise Invalid(f"`{type}` takes no part `{unknown[0][:64]}`", expression=_part(where, unknown[0][:64]))
    text = _text(parts, "path", where)
    taken = {part: _READ[part](parts, part, where) for part in _TAKEN[type]}
    return _Operation(
        type, read_path(text, _part(where, "path")), text, taken.get("name", ""), taken.get("value"),
        tuple(taken[part] for part in _TAKEN[type] if part in _NUMBERS),
    )  # fmt: skip


def _given(parts: Mapping[str, Node], name: str, where: str) -> Node:
    if name not in parts:
        raise Invalid(f"an operation of this type needs the part `{name}`", expression=where)
    return parts[name]


def _text(parts: Mapping[str, Node], name: str, where: str) -> str:
    value = read_value(_given(parts, name, where), _part(where, name))
    plain = value.plain
    if not isinstance(plain, str):
        raise Invalid(f"`{name}` is a text, in `valueString` or `valueCode`", expression=_part(where, name))
    return plain


def _number(parts: Mapping[str, Node], name: str, where: str) -> int:
    plain = read_value(_given(parts, name, where), _part(where, name)).plain
    if not isinstance(plain, int) or isinstance(plain, bool) or plain < 0:
        raise Invalid(f"`{name}` is a position from 0, in `valueInteger`", expression=_part(where, name))
    return plain


def _content(parts: Mapping[str, Node], name: str, where: str) -> Value:
    return read_value(_given(parts, name, where), _part(where, name))


_READ: Final[Mapping[str, Callable[[Mapping[str, Node], str, str], Any]]] = {
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys(_NUMBERS, _number),
    "value": _content,
}


def _part(where: str, name: str) -> str:
    return f"{where}.part.where(name = '{name}')" if name.isalnum() else where
