"""The concepts of a CodeSystem: read from the resource one by one, and held in memory with their hierarchy.

https://hl7.org/fhir/R4/codesystem.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from terminology.concept import Concept, Designation, Property
from terminology.fault import Fault

__all__ = ["Concepts", "concepts", "with_parents"]

Resource = Mapping[str, Any]

_STANDARD: Final = "http://hl7.org/fhir/concept-properties#"
_MEANT: Final = frozenset({"inactive", "notSelectable", "status", "parent", "child"})
"""Properties of R4 that mean the same in every code system. https://hl7.org/fhir/R4/codesystem-concept-properties.html"""
_INACTIVE_STATUSES: Final = frozenset({"deprecated", "retired", "inactive", "entered-in-error"})
_DEEPEST: Final = 100


class Concepts:
    """The concepts of one code system, in order, by code; in any case of letters when it is not case sensitive."""

    def __init__(self, listed: Iterable[Concept], *, is_case_sensitive: bool = True) -> None:
        """Fault `invalid` when a code stands twice or is above itself."""
        self._is_case_sensitive = is_case_sensitive
        self._by_code: dict[str, Concept] = {}
        for each in listed:
            if self._folded(each.code) in self._by_code:
                raise Fault("invalid", f"the code `{each.code}` stands twice; list it once")
            self._by_code[self._folded(each.code)] = each
        self._children: defaultdict[str, list[str]] = defaultdict(list)
        self._place()

    def __iter__(self) -> Iterator[Concept]:
        return iter(self._by_code.values())

    def __len__(self) -> int:
        return len(self._by_code)

    def get(self, code: str) -> Concept | None:
        """The concept with this code."""
        return self._by_code.get(self._folded(code))

    def known(self, code: str) -> str | None:
        """The code as the system writes it; None when there is no such code."""
        found = self.get(code)
        return None if found is None else found.code

    def children(self, code: str) -> tuple[str, ...]:
        """The codes right below, in order."""
        return tuple(self._children.get(self.known(code) or code, ()))

    def ancestors(self, code: str) -> tuple[str, ...]:
        """All codes above, the code itself first, the nearest before others; nothing for a code that is not known."""
        start = self.known(code)
        found = {} if start is None else {start: None}
        following = list(found)
        for each in following:
            above = [parent for parent in self._parents(each) if parent not in found]
            found.update(dict.fromkeys(above))
            following.extend(above)
        return tuple(found)

    def descendants(self, code: str) -> Iterator[str]:
        """All codes below, the code itself first; nothing for a code that is not known."""
        start = self.known(code)
        following = [] if start is None else [start]
        met = set(following)
        while following:
            each = following.pop()
            yield each
            below = [child for child in self._children.get(each, ()) if child not in met]
            met.update(below)
            following.extend(reversed(below))

    def _folded(self, code: str) -> str:
        return code if self._is_case_sensitive else code.lower()

    def _place(self) -> None:
        """Puts each concept below its parents; a parent that is not listed is left out, as it says nothing."""
        for key, each in self._by_code.items():
            parents = tuple(dict.fromkeys(known for parent in each.parents if (known := self.known(parent))))
            if parents != each.parents:
                self._by_code[key] = replace(each, parents=parents)
            for parent in parents:
                self._children[parent].append(each.code)
        self._require_order()

    def _require_order(self) -> None:
        """Every concept is below its parents only: who has none is placed, then who is right below them, and so on."""
        waiting = {each.code: len(each.parents) for each in self if each.parents}
        placed = [each.code for each in self if not each.parents]
        for each in placed:
            for child in self._children.get(each, ()):
                waiting[child] -= 1
                if not waiting[child]:
                    del waiting[child]
                    placed.append(child)
        if waiting:
            raise Fault("invalid", f"the code `{self._in_ring(waiting)}` is above itself in the hierarchy")

    def _in_ring(self, waiting: Container[str]) -> str:
        """A code that is above itself: who goes up from one that cannot be placed comes by one twice."""
        code = next(each.code for each in self if each.code in waiting)
        met: set[str] = set()
        while code not in met:
            met.add(code)
            code = next(each for each in self._parents(code) if each in waiting)
        return code

    def _parents(self, code: str) -> list[str]:
        return list(self._by_code[self._folded(code)].parents)


def concepts(resource: Resource) -> Iterator[Concept]:
    """The concepts of a CodeSystem, those above before those below; Fault `invalid` for one without a code.

    A concept has as parents the one in which it stands and those that its property `parent` names; those of a
    property `child` are not here yet (`with_parents`).
    """
    meanings = _meanings(resource)
    for given, parents in _nested(resource):
        yield _concept(given, parents, meanings)


def with_parents(resource: Resource) -> tuple[Concept, ...]:
    """The concepts with all their parents, also those that name them as a `child`."""
    found, above = tuple(concepts(resource)), defaultdict(list)
    meanings = _meanings(resource)
    for given, _ in _nested(resource):
        for name, value in _given_properties(given):
            if meanings.get(name) == "child":
                above[value.value].append(given["code"])
    return tuple(
        replace(each, parents=tuple(dict.fromkeys((*each.parents, *above[each.code]))))
        if each.code in above
        else each
        for each in found
    )


def _nested(resource: Resource) -> Iterator[tuple[Resource, tuple[str, ...]]]:
    """Each concept with the one in which it stands."""
    following: list[tuple[Iterator[Resource], tuple[str, ...]]] = [(iter(resource.get("concept", ())), ())]
    while following:
        concept = next(following[-1][0], None)
        if concept is None:
            following.pop()
            continue
        if not concept.get("code"):
            raise Fault("invalid", f"a concept of `{resource.get('url', '')}` has no `code`")
        if len(following) > _DEEPEST:
            raise Fault("invalid", f"the concept `{concept['code']}` stands more than {_DEEPEST} deep")
        yield concept, following[-1][1]
        following.append((iter(concept.get("concept", ())), (concept["code"],)))


def _meanings(resource: Resource) -> Mapping[str, str]:
    """What properties mean that mean something in every code system, by the code that they have here."""
    declared = {
        each["code"]: each["uri"].removeprefix(_STANDARD)
        for each in resource.get("property", ())
        if each.get("uri", "").startswith(_STANDARD)
    }
    return {each: each for each in _MEANT} | declared


def _concept(given: Resource, parents: Sequence[str], meanings: Mapping[str, str]) -> Concept:
    properties, said = [], defaultdict[str, list[Any]](list)
    for name, value in _given_properties(given):
        meaning = meanings.get(name, "")
        said[meaning].append(value.value)
        if meaning not in ("parent", "child", "inactive", "notSelectable"):
            properties.append(value)
    return Concept(
        given["code"],
        given.get("display", ""),
        given.get("definition", ""),
        tuple(map(_designation, given.get("designation", ()))),
        tuple(properties),
        tuple(dict.fromkeys((*parents, *said["parent"]))),
        True in said["inactive"] or not _INACTIVE_STATUSES.isdisjoint(said["status"]),
        True in said["notSelectable"],
    )


def _given_properties(given: Resource) -> Iterator[tuple[str, Property]]:
    for each in given.get("property", ()):
        key = next((key for key in each if key.startswith("value")), None)
        if key is not None:
            yield each["code"], Property(each["code"], _type(key), each[key])


def _type(key: str) -> str:
    """The type in `value[x]`: those that are no datatype with a capital begin with a small letter."""
    name = key.removeprefix("value")
    return name if name == "Coding" else name[0].lower() + name[1:]


def _designation(given: Resource) -> Designation:
    use = given.get("use", {})
    return Designation(
        given.get("language", ""),
        given.get("value", ""),
        (use.get("system", ""), use.get("code", ""), use.get("display", "")),
    )
