"""JSON that keeps what was sent: parse strictly, and splice text instead of writing it anew.

https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from dzop.fhir.outcome import Invalid, Issue

__all__ = [
    "MAX_DEPTH", "Source", "depth", "elements", "entry_resources", "members", "objects", "parse", "parse_array",
    "place_of_member", "replace_at", "served", "stored", "value_of", "with_member", "without_member"
]  # fmt: skip

MAX_DEPTH = 64
MAX_EXPONENT = 308
MAX_DIGITS = 400


@dataclass(frozen=True, slots=True)
class Source:
    """A JSON object: its `value` (decimals as Decimal) and its `text` exactly as sent."""

    value: dict[str, Any]
    text: str


def parse(data: bytes, max_depth: int = MAX_DEPTH) -> Source:
    """The JSON object in `data`.

    Raises Invalid for anything that is not one strict JSON object in UTF-8: byte order mark, duplicate
    names, NaN, numbers out of range, NUL, lone surrogates, nesting deeper than `max_depth`.
    """
    value, text = _strict(data, max_depth)
    if not isinstance(value, dict):
        _refuse("The body must be one JSON object, `{...}`, not another JSON value", text, _first(text, 0))
    return Source(value, text)


def parse_array(data: bytes) -> tuple[list[Any], str]:
    """The JSON array in `data`, and its text; Invalid as for `parse`."""
    value, text = _strict(data, MAX_DEPTH)
    if not isinstance(value, list):
        _refuse("The body must be one JSON array, `[...]`, not another JSON value", text, _first(text, 0))
    return value, text


def value_of(text: str) -> Any:
    """The (valid) JSON `text` as a value, decimals as Decimal."""
    return _VALUES.decode(text)


def depth(text: str) -> int:
    """How deep the objects and arrays of the (valid) JSON `text` are; 0 for a string or a number."""
    deepest = level = 0
    for match in _BRACKET.finditer(text):
        token = match[0]
        if token in "[{":
            level += 1
            deepest = max(deepest, level)
        elif token in "]}":
            level -= 1
    return deepest


def entry_resources(bundle: Source) -> tuple[Source | None, ...]:
    """The resource of each `Bundle.entry` with its own text, in the order of the entries."""
    entries = bundle.value.get("entry", [])
    if not isinstance(entries, list):
        raise Invalid(Issue("structure", "`entry` must be an array of entries.", "Bundle.entry"))
    if not entries:
        return ()
    start, end = members(bundle.text)["entry"]
    text = bundle.text[start:end]
    return tuple(
        _entry_resource(entry, text[start:end])
        for entry, (start, end) in zip(entries, elements(text), strict=True)
    )


def members(text: str) -> dict[str, tuple[int, int]]:
    """The span of the value of each top-level member of the (valid) object `text`."""
    return {name: (start, end) for name, _, start, end, _ in _segments(text)}


def elements(text: str) -> list[tuple[int, int]]:
    """The span of each element of the (valid) array `text`."""
    spans: list[tuple[int, int]] = []
    at = _first(text, _first(text, 0) + 1)
    while text[at] != "]":
        _, end = _SPANS.raw_decode(text, at)
        spans.append((at, end))
        at = _first(text, end)
        if text[at] == ",":
            at = _first(text, at + 1)
    return spans


def stored(source: Source, type: str, id: str) -> bytes:
    """The accepted JSON with `id` and `meta` replaced: type and id first, all else exactly as sent."""
    parts = [f'{{"resourceType":"{type}","id":"{id}"']
    text = source.text
    parts += [
        text[start:end]
        for name, start, _, _, end in _segments(text)
        if name not in ("resourceType", "id", "meta")
    ]
    return (",".join(parts) + "}").encode()


def served(body: bytes, type: str, id: str, meta: bytes) -> bytes:
    """A stored body with its `meta` object spliced in right behind the id."""
    head = _HEAD + len(type) + len(id)
    return b"".join((body[:head], b',"meta":', meta, body[head:]))


def with_member(text: str, name: str, new_json_text: str) -> str:
    """The object `text` with one top-level member replaced, or added as the last, all else as it was."""
    start, end, written = place_of_member(text, name, new_json_text)
    return text[:start] + written + text[end:]


def place_of_member(text: str, name: str, new_json_text: str, at: int = 0) -> tuple[int, int, str]:
    """What to write between which places of `text` so that the object that begins `at` a place has this member."""
    last = None
    for found, _, start, end, _ in _segments(text, at):
        if found == name:
            return start, end, new_json_text
        last = end
    member = f"{json.dumps(name)}:{new_json_text}"
    if last is None:
        first = _first(text, at) + 1
        return first, first, member
    return last, last, f",{member}"


def objects(text: str) -> Iterator[int]:
    """Where each object of the (valid) JSON `text` begins, in the order in which they begin."""
    return (match.start() for match in _OPENING.finditer(text) if match[0] == "{")


def without_member(text: str, name: str) -> str:
    """The object `text` without one top-level member, all else as it was."""
    kept = [text[start:end] for found, start, _, _, end in _segments(text) if found != name]
    return "{" + ",".join(kept) + "}"


def replace_at(text: str, mapping: Mapping[tuple[str | int, ...], str]) -> str:
    """The JSON `text` with the strings at these paths replaced, all else as it was."""
    parts, at = [], 0
    for path, match in _tokens(text):
        if match["colon"] is None and match["string"] is not None and path in mapping:
            parts += [text[at : match.start()], json.dumps(mapping[path], ensure_ascii=False)]
            at = match.end()
    return "".join((*parts, text[at:]))


_HEAD = len('{"resourceType":"","id":""')
# Possessive, and matching even what is not terminated: no text makes these take more than linear time.
_STRING_PATTERN = r'(?P<string>"(?:[^"\\]++|\\.)*+["\\]?+)(?P<colon>\s*+:)?+'
_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+["\\]?+|[\[\]{}]', re.DOTALL)
_OPENING = re.compile(r'"(?:[^"\\]++|\\.)*+["\\]?+|\{', re.DOTALL)
_TOKEN = re.compile(_STRING_PATTERN + r"|[\[\]{},]|[^\[\]{},:\"\s]++", re.DOTALL)
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_SPACE = re.compile(r"[ \t\n\r]*+")
_MENDING = {
    "Expecting property name": "a member name in double quotes is expected; remove a trailing comma",
    "Illegal trailing comma": "a comma is followed by nothing; remove it",
    "Expecting ',' delimiter": "a `,` or a closing bracket is expected",
    "Expecting ':' delimiter": "a `:` is expected behind the member name",
    "Expecting value": "a JSON value is expected",
    "Invalid control character": "a control character must be escaped, a line break as `\\n`",
    "Unterminated string": "a string has no closing double quote",
    "Invalid \\escape": 'a backslash must be followed by one of `"\\/bfnrtu`',
    "Invalid \\uXXXX": "`\\u` must be followed by four hexadecimal digits",
    "Extra data": "nothing may follow the JSON object",
}


class _Refused(Exception):
    """Raised out of the scanner, which does not tell where it is; the place is looked up afterwards."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Refused
    return value


def _decimal(token: str) -> Decimal:
    if len(token) > MAX_DIGITS:
        raise _Refused
    try:
        number = Decimal(token)
    except InvalidOperation:
        raise _Refused from None
    if not -MAX_EXPONENT <= number.adjusted() <= MAX_EXPONENT:
        raise _Refused
    return number


def _integer(token: str) -> int:
    if len(token) > MAX_DIGITS:
        raise _Refused
    return int(token)


def _constant(_: str) -> NoReturn:
    raise _Refused


_VALUES = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_float=_decimal, parse_int=_integer, parse_constant=_constant
)
# Only finds where values end, so it does not interpret numbers.
_SPANS = json.JSONDecoder(parse_float=str, parse_int=str)


def _strict(data: bytes, max_depth: int) -> tuple[Any, str]:
    text = _decoded(data)
    _refuse_depth(text, max_depth)
    value = _parsed(text)
    if _SUSPECT_ESCAPE.search(text):
        _refuse_characters(text)
    return value, text


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise Invalid(Issue("structure", "The body starts with a byte order mark; send UTF-8 without it."))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        _refuse("The body must be UTF-8, but a byte is not", before, len(before))


def _refuse_depth(text: str, max_depth: int) -> None:
    if text.count("{") + text.count("[") <= max_depth:
        return
    depth = 0
    for match in _BRACKET.finditer(text):
        token = match[0]
        if token in "[{":
            depth += 1
            if depth > max_depth:
                _refuse(f"Objects and arrays may be at most {max_depth} deep", text, match.start())
        elif token in "]}":
            depth -= 1


def _parsed(text: str) -> Any:
    try:
        return _VALUES.decode(text)
    except json.JSONDecodeError as error:
        if not text.strip():
            raise Invalid(Issue("structure", "The body is empty; send one JSON object.")) from None
        mending = next((m for start, m in _MENDING.items() if error.msg.startswith(start)), error.msg)
        _refuse(f"The body is not JSON: {mending}", text, error.pos)
    except _Refused:
        _refuse_token(text)


def _refuse_token(text: str) -> NoReturn:
    """Say where the duplicate name or the impossible number is that the scanner stopped at."""
    seen: set[tuple[str | int, ...]] = set()
    for path, match in _tokens(text):
        if match["colon"] is not None:
            if path in seen:
                _refuse(
                    f"`{_shortened(str(path[-1]))}` is there twice in one object; keep one",
                    text, match.start(), path
                )  # fmt: skip
            seen.add(path)
        elif match["string"] is None and _is_refused_number(match[0]):
            _refuse(
                f"`{_shortened(match[0])}` is no decimal of FHIR; send a number within 1e{MAX_EXPONENT}",
                text, match.start(), path
            )  # fmt: skip
    raise AssertionError("the scanner refused a text without a refusable token")


def _is_refused_number(token: str) -> bool:
    if token in ("true", "false", "null"):
        return False
    try:
        _VALUES.decode(token)
    except (_Refused, json.JSONDecodeError):
        return True
    return False


def _refuse_characters(text: str) -> None:
    for path, match in _tokens(text):
        if match["string"] is None or "\\u" not in match[0]:
            continue
        characters = json.loads(match["string"])
        if "\x00" in characters:
            _refuse(r"A string holds the character `\u0000`; leave it out", text, match.start(), path)
        if any("\ud800" <= character <= "\udfff" for character in characters):
            _refuse(
                "A string holds half of a surrogate pair; send the whole character", text, match.start(), path
            )


def _tokens(text: str) -> Iterator[tuple[tuple[str | int, ...], re.Match[str]]]:
    """Each member name and scalar of the JSON `text`, with its path."""
    path: list[str | int] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "{[":
            path.append("" if token == "{" else 0)
        elif token in "]}":
            path.pop()
        elif token == ",":
            if isinstance(path[-1], int):
                path[-1] += 1
        else:
            if match["colon"] is not None:
                path[-1] = json.loads(match["string"])
            yield tuple(path), match


def _refuse(text: str, source: str, at: int, path: tuple[str | int, ...] = ()) -> NoReturn:
    line, column = source.count("\n", 0, at) + 1, at - source.rfind("\n", 0, at)
    expression = _expression(source, path) if path else None
    raise Invalid(Issue("structure", f"{text} (line {line}, column {column}).", expression))


def _expression(source: str, path: tuple[str | int, ...]) -> str:
    try:
        value = _SPANS.decode(source)
    except json.JSONDecodeError:  # what was refused came before what is malformed
        value = None
    root = value.get("resourceType") if isinstance(value, dict) else None
    expression = root if isinstance(root, str) and root.isalpha() else ""
    for step in path:
        expression += f"[{step}]" if isinstance(step, int) else f".{_shortened(step)}"
    return expression.lstrip(".")


def _shortened(token: str) -> str:
    safe = token.encode(errors="replace").decode().replace("`", "'")
    return safe if len(safe) <= 64 else safe[:61] + "..."


def _first(text: str, at: int) -> int:
    """Where the first character at or behind `at` is that is not white space."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _segments(text: str, at: int = 0) -> Iterator[tuple[str, int, int, int, int]]:
    """Each member: name, start of its segment, start and end of its value, end of its segment.

    A segment runs from behind a `{` or `,` up to the next `,` or `}`, white space included.
    """
    start = _first(text, at) + 1
    at = _first(text, start)
    while text[at] != "}":
        name, at = _SPANS.raw_decode(text, at)
        value = _first(text, _first(text, at) + 1)
        _, end = _SPANS.raw_decode(text, value)
        at = _first(text, end)
        yield name, start, value, end, at
        if text[at] == ",":
            start = at + 1
            at = _first(text, start)


def _entry_resource(entry: Any, text: str) -> Source | None:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(resource, dict):
        return None
    start, end = members(text)["resource"]
    return Source(resource, text[start:end])
