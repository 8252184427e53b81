"""What codes are called, put into a resource for who asks: `_display` and `_displayLanguage`; all else stays as it is.

| parameter | shows |
|---|---|
| `_display=missing` | a `display` in each Coding that has none, where the code is known |
| `_display=all` | what each known code is called, also where another display stands |
| `_displayLanguage=nl-BE,fr` | in the first of these languages; alone it means `all` |

Without a language `Accept-Language` tells it, else each code is called as its code system does.
https://hl7.org/fhir/R4/datatypes.html#Coding
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from dzop.fhir.json import objects, place_of_member
from dzop.fhir.outcome import Invalid
from dzop.fhir.references import canonical_system
from dzop.fhir.structure import Structure, structure_of, structure_of_resource
from terminology.concept import Coding
from terminology.languages import preferences

__all__ = ["Coded", "Display", "coded", "read_display"]

Which = Literal["missing", "all"]
_WHICH: Final[Mapping[str, Which]] = {"missing": "missing", "all": "all"}


@dataclass(frozen=True, slots=True)
class Display:
    """Which displays are wanted, and in which languages, best first."""

    which: Which
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coded:
    """A resource, and the Codings in it that shall be called by their names.

    `places` has, by the number of the object in the text, what is coded there and what it is called as it stands.
    """

    text: str
    places: Mapping[int, tuple[Coding, str | None]]

    @property
    def codings(self) -> frozenset[Coding]:
        """What is coded, each once."""
        return frozenset(coding for coding, _ in self.places.values())

    def called(self, names: Mapping[Coding, str]) -> bytes:
        """The resource with the names that are known; every other byte stays as it was."""
        parts, behind = [], 0
        for start, end, written in sorted(self._changes(names)):
            parts += [self.text[behind:start], written]
            behind = end
        return "".join((*parts, self.text[behind:])).encode()

    def _changes(self, names: Mapping[Coding, str]) -> Iterator[tuple[int, int, str]]:
        """(from where, up to where, what is written there)."""
        for number, at in enumerate(objects(self.text)):
            coding, display = self.places.get(number, (("", ""), None))
            name = names.get(coding)
            if name and name != display:
                yield place_of_member(self.text, "display", orjson.dumps(name).decode(), at)


def read_display(parameters: Sequence[tuple[str, str]], accept_language: str) -> Display | None:
    """What the parameters of a request ask for; None when they ask for nothing. Raises Invalid."""
    which, language = _one(parameters, "_display"), _one(parameters, "_displayLanguage")
    if which is None and language is None:
        return None
    if which is not None and which not in _WHICH:
        raise Invalid("`_display` is `missing` or `all`", expression="http._display")
    languages = preferences(accept_language if language is None else language)
    if language is not None and not languages:
        raise Invalid(
            "`_displayLanguage` is a language such as `nl` or `nl-BE`, or a list as in `Accept-Language`",
            expression="http._displayLanguage",
        )
    return Display(_WHICH[which or "all"], languages)


def coded(body: bytes, which: Which) -> Coded:
    """A resource of JSON, and where in it names are wanted: in each Coding, also those in a Bundle."""
    finding = _Finding(which)
    finding.visit_resource(orjson.loads(body))
    return Coded(body.decode(), finding.places)


class _Finding:
    """Goes through a resource in the order of its text, and counts its objects."""

    def __init__(self, which: Which) -> None:
        self.places: dict[int, tuple[Coding, str | None]] = {}
        self._which = which
        self._count = 0

    def visit_resource(self, value: dict[str, Any]) -> None:
        type = value.get("resourceType")
        self._visit(value, structure_of_resource(type) if isinstance(type, str) else None)

    def _visit(self, value: dict[str, Any], structure: Structure | None) -> None:
        if structure is not None and structure.name == "Coding" and self._is_wanted(value):
            coding = (canonical_system(value["system"]), value["code"])
            self.places[self._count] = (coding, value.get("display"))
        self._count += 1
        elements = structure.elements if structure is not None else {}
        for name, item in value.items():
            element = elements.get(name)
            for each in item if isinstance(item, list) else (item,):
                if not isinstance(each, dict):
                    continue
                if element is not None and element.model is None:
                    self.visit_resource(each)
                else:
                    self._visit(each, structure_of(element.model) if element and element.model else None)

    def _is_wanted(self, value: Mapping[str, Any]) -> bool:
        if not isinstance(value.get("system"), str) or not isinstance(value.get("code"), str):
            return False
        if "display" in value:
            return self._which == "all"
        # Something else is said of why there is no display.
        return "_display" not in value


def _one(parameters: Sequence[tuple[str, str]], name: str) -> str | None:
    given = [text for each, text in parameters if each == name]
    if len(given) > 1:
        raise Invalid(f"`{name}` is given more than once", expression=f"http.{name}")
    return given[0] if given else None
