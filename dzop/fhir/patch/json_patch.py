"""JSON Patch, `application/json-patch+json`. https://www.rfc-editor.org/rfc/rfc6902

The library at hand, jsonpatch, lets `test` take `true` for 1 and looks into strings as if they were arrays
(its issues 178 and 187), and it knows values only: decimals and untouched text would be written anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.json import MAX_DEPTH, elements, members, parse_array, value_of
from dzop.fhir.outcome import Invalid
from dzop.fhir.patch.patch import Patch, require_few
from dzop.fhir.patch.tree import Inapplicable, Pointer, Tree

__all__ = ["MEDIA_TYPE", "equal", "read_json_patch"]

MEDIA_TYPE: Final = "application/json-patch+json"

_ESCAPE = re.compile(r"~([01]?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_json_patch(document: bytes) -> Patch:
    """The patch in a document; Invalid, with the place in it such as `patch[0].op`, when it is none."""
    given, text = parse_array(document)
    require_few(given)
    return Patch(
        tuple(
            _read(each, text[start:end], f"patch[{number}]")
            for number, (each, (start, end)) in enumerate(zip(given, elements(text), strict=True))
        )
    )


def equal(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: of one type, numbers by their value, members in any order."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


@dataclass(frozen=True, slots=True)
class _Operation:
    """One operation: `value` is JSON text, empty where it takes none, as `source` is then."""

    name: str
    path: Pointer
    source: Pointer
    value: str

    def expression(self, type: str) -> str:
        return _expression(type, self.path)

    def perform(self, tree: Tree) -> None:
        _PERFORMED[self.name](self, tree)


def _add(asked: _Operation, tree: Tree) -> None:
    tree.add(asked.path, asked.value)


def _remove(asked: _Operation, tree: Tree) -> None:
    tree.remove(asked.path)


def _replace(asked: _Operation, tree: Tree) -> None:
    tree.replace(asked.path, asked.value)


def _move(asked: _Operation, tree: Tree) -> None:
    text = tree.text(asked.source)
    if asked.path == asked.source:
        return
    if asked.path[: len(asked.source)] == asked.source:
        raise Inapplicable("a value cannot be moved into itself")
    tree.remove(asked.source)
    tree.add(asked.path, text)


def _copy(asked: _Operation, tree: Tree) -> None:
    tree.add(asked.path, tree.text(asked.source))


def _test(asked: _Operation, tree: Tree) -> None:
    if not equal(value_of(tree.text(asked.path)), value_of(asked.value)):
        raise Inapplicable("the value is another than the one tested for")


_PERFORMED: Final[Mapping[str, Callable[[_Operation, Tree], None]]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
_WITH_VALUE: Final = ("add", "replace", "test")
_WITH_SOURCE: Final = ("move", "copy")


def _read(given: Any, text: str, where: str) -> _Operation:
    if not isinstance(given, dict):
        raise Invalid("an operation is a JSON object", expression=where)
    name = given.get("op")
    if not isinstance(name, str) or name not in _PERFORMED:
        listed = ", ".join(f"`{each}`" for each in _PERFORMED)
        raise Invalid(f"`op` must be one of {listed}", expression=f"{where}.op")
    if name in _WITH_VALUE and "value" not in given:
        raise Invalid(f"`{name}` needs a `value`", expression=f"{where}.value")
    start, end = members(text)["value"] if name in _WITH_VALUE else (0, 0)
    source = _pointer(given, "from", where) if name in _WITH_SOURCE else ()
    return _Operation(name, _pointer(given, "path", where), source, text[start:end])


def _pointer(given: Mapping[str, Any], name: str, where: str) -> Pointer:
    """The JSON Pointer in this member (RFC 6901)."""
    text, at = given.get(name), f"{where}.{name}"
    if not isinstance(text, str):
        raise Invalid(
            f"an operation needs `{name}`, a JSON Pointer such as `/description/text`", expression=at
        )
    if text and not text.startswith("/"):
        raise Invalid(f"`{name}` is a JSON Pointer: it is empty, or begins with `/`", expression=at)
    if not all(match[1] for match in _ESCAPE.finditer(text)):
        raise Invalid(f"in `{name}` a `~` is followed by `0` or `1`", expression=at)
    steps = text.split("/")[1:]
    if len(steps) > MAX_DEPTH:
        raise Invalid(f"`{name}` has at most {MAX_DEPTH} steps", expression=at)
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def _expression(type: str, pointer: Pointer) -> str:
    """The pointer as FHIRPath, as far as it names elements."""
    expression = type
    for step in pointer:
        if step.isdecimal() and len(step) < 10:
            expression += f"[{step}]"
        elif _NAME.fullmatch(step) and len(step) <= 64:
            expression += f".{step}"
        else:
            break
    return expression
