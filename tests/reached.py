"""Scopes drawn for a test, and what they reach, asked resource by resource.

Shares with the product how a scope and a query are read, and nothing of how resources are looked up by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import quote

from hypothesis import strategies as st
from resources import Resource

from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.scopes import Scope, read_scope
from dzop.fhir.search.match import matches

Restrictions = Callable[[str], st.SearchStrategy[tuple[str, str]]]
"""For a type the strategy of a parameter, with its modifier, and its value as a client writes it."""

_FORMS = ("whole", "patient", "restricted", "restricted", "restricted patient")


@st.composite
def scopes(
    draw: st.DrawFn, types: Sequence[str], restrictions: Restrictions, letters: Sequence[str]
) -> tuple[str, ...]:
    """Up to two scopes for each type, whole, of the patient in context, restricted by a search, or both."""
    found = []
    for type in types:
        for form in draw(st.lists(st.sampled_from(_FORMS), max_size=2)):
            level = "patient" if "patient" in form else "user"
            scope = f"{level}/{type}.{draw(st.sampled_from(letters))}"
            if "restricted" in form:
                name, value = draw(restrictions(type))
                scope += f"?{quote(name, safe='')}={quote(value, safe='')}"
            found.append(scope)
    return tuple(dict.fromkeys(found))


def reaches(scopes: Iterable[str], letter: str, value: Resource, base: str, *, is_of_patient: bool) -> bool:
    """Whether any of the scopes reaches this resource, as it is served, by this letter."""
    read = [each for each in map(read_scope, scopes) if each is not None]
    return any(_reaches(each, letter, value, base, is_of_patient=is_of_patient) for each in read)


def _reaches(scope: Scope, letter: str, value: Resource, base: str, *, is_of_patient: bool) -> bool:
    type = value["resourceType"]
    is_near = is_of_patient or scope.level != "patient" or RESOURCE_TYPES[type].compartment != "person"
    return (
        scope.type in ("*", type)
        and letter in scope.letters
        and is_near
        and all(matches(value, clause, base) for clause in scope.only)
    )
