"""XML to JSON: strictly the elements of R4, and nothing that XML could do besides.

The parser is expat. It is told to stop at a document type, so there are no entities to expand and
nothing outside to fetch, and it knows no XInclude. https://hl7.org/fhir/R4/xml.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat

from dzop.fhir import json, verbatim
from dzop.fhir.bindings import RESOURCE_TYPE_NAMES
from dzop.fhir.json import MAX_DEPTH, Source
from dzop.fhir.outcome import FhirError, Invalid, Issue, Unprocessable
from dzop.fhir.primitives import shown
from dzop.fhir.structure import Element, Structure, structure_of, structure_of_resource
from dzop.fhir.verbatim import Number

__all__ = ["parse"]

_FHIR = "http://hl7.org/fhir"
_XHTML = "http://www.w3.org/1999/xhtml"
_SCHEMA = "http://www.w3.org/2001/XMLSchema-instance "
_ELEMENT = structure_of("fhir.resources.R4B.element.Element")
_TYPES = RESOURCE_TYPE_NAMES - {"Resource", "DomainResource"}
_ENCODINGS = ("utf-8", "utf8", "us-ascii")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*+)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_FORMS = {
    "boolean": (re.compile("true|false"), "`true` or `false`"),
    "decimal": (_DECIMAL, "a decimal number such as `1.10`"),
    **dict.fromkeys(("integer", "positiveInt", "unsignedInt"), (_WHOLE, "a whole number")),
}
"""The types that are no strings in JSON: how they are written, and how that is said."""
_TAG = re.compile(r"<(?:(?P<prefix>[^\s/>:]++):)?[^\s/>]++")


def parse(data: bytes) -> Source:
    """The JSON that an XML resource means.

    Raises Invalid for what is not well-formed XML in UTF-8, has a document type or nests deeper than
    JSON may, and Unprocessable for elements, attributes and values that R4 does not know.
    """
    if b"\x00" in data:  # also in whatever is UTF-16, which expat would take for what it is
        raise Invalid(Issue("structure", "The body must be XML in UTF-8, and hold no NUL."))
    reader = _Reader(data.removeprefix(b"\xef\xbb\xbf"))
    return json.parse(verbatim.written(reader.read()))


@dataclass(slots=True)
class _Frame:
    """An element that has begun. What is in it goes into `value`; `structure` is None where one resource is.

    `element` is that of the parent, None for a resource; `text` the value of a primitive; `depth` that of
    the object in JSON.
    """

    path: str
    element: Element | None
    structure: Structure | None
    depth: int
    value: dict[str, Any] = field(default_factory=dict)
    text: Any = None
    is_resource: bool = False


class _Reader:
    """One pass over a document."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._frames: list[_Frame] = []
        self._root: dict[str, Any] = {}
        self._declared: list[str | None] = []
        self._div_at, self._div_depth = 0, 0
        self._div_declared: list[str | None] = []
        self._parser = parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = self._document_type
        parser.StartNamespaceDeclHandler = self._namespace

    def read(self) -> dict[str, Any]:
        """The value of the root resource."""
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            text = f"The body is not well-formed XML: {expat.ErrorString(error.code)}"
            place = f"line {error.lineno}, column {error.offset + 1}"
            raise Invalid(Issue("structure", f"{text} ({place}).")) from None
        return self._root

    # -- what expat calls ------------------------------------------------------------------------------

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            self._refuse(Invalid, f"The body must be XML in UTF-8, it says{shown(encoding) or ' another'}")

    def _document_type(self, *_: object) -> NoReturn:
        self._refuse(Invalid, "A document type (`<!DOCTYPE`) is not read; send only the resource")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        self._declared.append(prefix)

    def _characters(self, text: str) -> None:
        if not self._div_depth and text.strip():
            self._refuse(
                Unprocessable, "Text stands between elements; a value is the attribute `value`", self._path
            )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        declared, self._declared = self._declared, []
        if self._div_depth:
            self._div_depth += 1
            return
        namespace, _, tag = name.rpartition(" ")
        if not self._frames:
            self._begin_resource(namespace, tag, attributes, "", 1)
            return
        parent = self._frames[-1]
        if parent.structure is None:
            self._begin_resource(namespace, tag, attributes, parent.path, parent.depth)
            return
        element = self._element(parent, tag)
        path, depth = self._place(parent, element), parent.depth + 1 + element.is_list
        if element.type == "xhtml":
            self._begin_narrative(namespace, declared, path)
            return
        if namespace != _FHIR:
            self._refuse(Unprocessable, f"`{tag[:64]}` must be in the namespace `{_FHIR}`", path)
        self._begin_element(element, attributes, path, depth)

    def _end(self, name: str) -> None:
        if self._div_depth:
            self._div_depth -= 1
            if not self._div_depth:
                self._end_narrative()
            return
        frame = self._frames.pop()
        if frame.element is None:
            self._close_resource(frame)
        elif frame.element.check is not None:
            self._close_primitive(frame, frame.element)
        else:
            if not frame.value:
                self._refuse(
                    Unprocessable, f"`{frame.element.name}` is empty; fill it or leave it out", frame.path
                )
            self._add(frame.element, _without_blanks(frame.value))

    # -- beginning -------------------------------------------------------------------------------------

    def _begin_resource(
        self, namespace: str, type: str, attributes: dict[str, str], path: str, depth: int
    ) -> None:
        if namespace != _FHIR:
            self._refuse(
                Invalid, f'A resource must be in the namespace of FHIR: `<Patient xmlns="{_FHIR}">`', path
            )
        structure = structure_of_resource(type) if type in _TYPES else None
        if structure is None:
            known = "can be read as JSON only" if type in _TYPES else "is no resource type of R4"
            self._refuse(Invalid, f"The element{shown(type)} {known}", path)
        if path and self._frames[-1].value:
            self._refuse(Unprocessable, "There may be one resource only here", path)
        self._attributes(attributes, (), type, path or type)
        self._push(_Frame(path or type, None, structure, depth, {"resourceType": type}, is_resource=True))

    def _begin_element(self, element: Element, attributes: dict[str, str], path: str, depth: int) -> None:
        if element.check is not None:
            given = self._attributes(attributes, ("id", "value"), element.name, path)
            text = self._value(element, given.pop("value"), path) if "value" in given else None
            self._push(_Frame(path, element, _ELEMENT, depth, given, text))
        elif element.model is None:
            self._attributes(attributes, (), element.name, path)
            self._push(_Frame(path, element, None, depth))
        else:
            structure = structure_of(element.model)
            known = ("id", "url") if structure.name == "Extension" else ("id",)
            given = self._attributes(attributes, known, element.name, path)
            self._push(_Frame(path, element, structure, depth, given))

    def _begin_narrative(self, namespace: str, declared: list[str | None], path: str) -> None:
        if namespace != _XHTML:
            self._refuse(Unprocessable, f'The narrative must be one `<div xmlns="{_XHTML}">`', path)
        self._div_at, self._div_depth = self._parser.CurrentByteIndex, 1
        self._div_declared = declared

    # -- ending ----------------------------------------------------------------------------------------

    def _end_narrative(self) -> None:
        at, data = self._parser.CurrentByteIndex, self._data
        if data[at : at + 2] == b"</":
            text = self._standing_alone(data[self._div_at : data.index(b">", at) + 1].decode())
        else:
            text = f'<div xmlns="{_XHTML}"/>'
        self._frames[-1].value["div"] = text

    def _standing_alone(self, div: str) -> str:
        """The div with the namespace that it took from the elements around it."""
        opened = _TAG.match(div)
        prefix = opened["prefix"] if opened else None
        if opened is None or prefix in self._div_declared:
            return div
        name = f"xmlns:{prefix}" if prefix else "xmlns"
        return f'{opened[0]} {name}="{_XHTML}"{div[opened.end() :]}'

    def _close_resource(self, frame: _Frame) -> None:
        value = _without_blanks(frame.value)
        if self._frames:
            self._frames[-1].value = value
        else:
            self._root = value

    def _close_primitive(self, frame: _Frame, element: Element) -> None:
        sibling = _without_blanks(frame.value) or None
        if frame.text is None and sibling is None:
            self._refuse(
                Unprocessable, f"`{element.name}` has no `value`; give it one or leave it out", frame.path
            )
        parent = self._frames[-1].value
        if element.is_list:
            parent.setdefault(element.name, []).append(frame.text)
            parent.setdefault(f"_{element.name}", []).append(sibling)
        else:
            parent.update({element.name: frame.text, f"_{element.name}": sibling})

    def _add(self, element: Element, value: dict[str, Any]) -> None:
        parent = self._frames[-1].value
        if element.is_list:
            parent.setdefault(element.name, []).append(value)
        else:
            parent[element.name] = value

    # -- what may be -----------------------------------------------------------------------------------

    def _element(self, parent: _Frame, tag: str) -> Element:
        structure = parent.structure
        element = structure.elements.get(tag) if structure else None
        at = f"{parent.path}.{tag}" if tag.isalnum() and len(tag) <= 64 else parent.path
        is_extension = structure is not None and structure.name == "Extension"
        if (tag == "id" and not parent.is_resource) or (tag == "url" and is_extension):
            self._refuse(Unprocessable, f"`{tag}` is an attribute here, not an element", at)
        if element is None or element.sibling:
            said = shown(tag).strip() or "An element"
            type = structure.name if structure else ""
            text = f"{said} is no element of `{type}`; remove it, or send it as an extension"
            self._refuse(Unprocessable, text, at)
        if not element.is_list and tag in parent.value:
            self._refuse(Unprocessable, f"`{tag}` is there twice, it is there once at most", at)
        return element

    def _place(self, parent: _Frame, element: Element) -> str:
        path = f"{parent.path}.{element.name}"
        return f"{path}[{len(parent.value.get(element.name, ()))}]" if element.is_list else path

    def _attributes(
        self, given: dict[str, str], known: tuple[str, ...], name: str, path: str
    ) -> dict[str, Any]:
        """The attributes of an element; where a schema is to be found is nobody's business here."""
        kept = {key: text for key, text in given.items() if not key.startswith(_SCHEMA)}
        for key in kept:
            if key not in known:
                said = shown(key).strip() or "an attribute"
                self._refuse(Unprocessable, f"`{name}` has no attribute {said}; remove it", path)
        return kept

    def _value(self, element: Element, text: str, path: str) -> Any:
        form = _FORMS.get(element.type)
        if form is None:
            return text
        if form[0].fullmatch(text) is None:
            self._refuse(Unprocessable, f"`{element.name}` must be {form[1]}", path)
        return text == "true" if element.type == "boolean" else Number(text)

    def _push(self, frame: _Frame) -> None:
        if frame.depth > MAX_DEPTH:
            self._refuse(Invalid, f"Elements may be at most {MAX_DEPTH} deep", frame.path)
        self._frames.append(frame)

    @property
    def _path(self) -> str | None:
        return self._frames[-1].path if self._frames else None

    def _refuse(self, kind: type[FhirError], text: str, path: str | None = None) -> NoReturn:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        raise kind(Issue("structure", f"{text} (line {line}, column {column}).", path or None))


def _without_blanks(value: dict[str, Any]) -> dict[str, Any]:
    """Without the values and siblings that no occurrence has."""
    return {
        name: item
        for name, item in value.items()
        if item is not None and not (isinstance(item, list) and all(each is None for each in item))
    }
