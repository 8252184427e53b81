"""References: what a Reference element points at, and which actor it names.

https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.resource_types import GOAL_RELATIONSHIP, RESOURCE_TYPES

__all__ = [
    "CBE", "NIHDI", "SSIN", "Reference", "actor_key", "canonical_system", "goal_milestones",
    "goal_references", "parse_reference", "person_references", "read_reference",
]  # fmt: skip

_NAMING_SYSTEMS: Final = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem"
SSIN: Final = f"{_NAMING_SYSTEMS}/ssin"
NIHDI: Final = f"{_NAMING_SYSTEMS}/nihdi"
CBE: Final = f"{_NAMING_SYSTEMS}/cbe"

# Systems that were published without `/core` and are still in use mean the same.
_CANONICAL: Final = {
    system.replace("/core/", "/"): system
    for system in (
        SSIN,
        NIHDI,
        CBE,
        "https://www.ehealth.fgov.be/standards/fhir/core/CodeSystem/cd-hcparty",
    )
}

_MILESTONE: Final = frozenset({"milestone"})
# Of https://hl7.org/fhir/R4/codesystem-goal-relationship-type.html: a milestone is a piece of attaining the goal that
# names it, so below it; the others are of the same height.
_NOT_ABOVE: Final = _MILESTONE | {"predecessor", "successor", "replacement"}

_LITERAL: Final = re.compile(
    r"(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9.-]{1,64})"
    r"(?:/_history/(?P<version>[A-Za-z0-9.-]{1,64}))?"
)
_ABSOLUTE: Final = re.compile(r"(?P<origin>https?://[^/?#]+)(?P<path>.*)", re.IGNORECASE | re.DOTALL)
_VERSIONED: Final = re.compile(r"(?P<url>.+)/_history/(?P<version>[A-Za-z0-9.-]{1,64})", re.DOTALL)
_SEPARATORS: Final = re.compile(r"[\s./-]")


@dataclass(frozen=True, slots=True)
class Reference:
    """What a Reference says.

    Local: `type` and `id`, perhaps `version`. Anything else that is written in `reference` (another
    server, `urn:`, `#contained`) is `url`, without its version, and has no `id`; `type` is then what
    the element declares. `identifier` is (canonical system or '', value).
    """

    type: str | None = None
    id: str | None = None
    version: str | None = None
    url: str | None = None
    identifier: tuple[str, str] | None = None

    @property
    def local(self) -> str | None:
        """`Type/id` when the reference points into this server."""
        return f"{self.type}/{self.id}" if self.id is not None else None


def read_reference(element: Mapping[str, Any], base: str) -> Reference:
    """The meaning of a Reference element; `base` is this server's own base URL."""
    declared = _text(element.get("type"))
    identifier = _identifier(element.get("identifier"))
    text = _text(element.get("reference"))
    if text is None:
        return Reference(type=declared, identifier=identifier)
    found = parse_reference(text, base)
    return Reference(found.type or declared, found.id, found.version, found.url, identifier)


def parse_reference(text: str, base: str) -> Reference:
    """The meaning of the string in `Reference.reference`, of a canonical, or of a search value."""
    # What is remembered is bounded in number and in size: a client may send any text.
    return _parsed(text, base) if len(text) <= _LONGEST else _parsed.__wrapped__(text, base)


_LONGEST = 200


@lru_cache(maxsize=4096)
def _parsed(text: str, base: str) -> Reference:
    literal = _LITERAL.fullmatch(_relative(text, base))
    if literal is not None:
        return Reference(literal["type"], literal["id"], literal["version"])
    versioned = _VERSIONED.fullmatch(text)
    if versioned is not None:
        return Reference(version=versioned["version"], url=versioned["url"])
    return Reference(url=text)


def actor_key(element: Mapping[str, Any], base: str) -> str | None:
    """Who a Reference names: `Practitioner/x`, or `system|value`, or a URL of another server.

    None when it names nobody who can be recognised: display only, `#contained`, `urn:`.
    """
    reference = read_reference(element, base)
    if reference.local is not None:
        return reference.local
    if reference.identifier is not None and reference.identifier[0]:
        return _identifier_key(*reference.identifier)
    if reference.url is not None and _ABSOLUTE.fullmatch(reference.url):
        return reference.url
    return None


def person_references(value: Mapping[str, Any], type: str, base: str) -> tuple[Reference, ...]:
    """The references that say whose record this is, without repeats.

    The person is the one whose compartment the target is in: a Patient is in its own, a RelatedPerson
    in that of its person, a Provenance's targets in theirs. A Patient yields a reference to itself.
    """
    entry = RESOURCE_TYPES[type]
    if type == "Patient":
        return (Reference("Patient", _text(value.get("id"))),)
    found = (read_reference(element, base) for element in _elements(value, entry.person_paths))
    return tuple(
        dict.fromkeys(
            reference
            for reference in found
            if not entry.person_targets or reference.type in entry.person_targets
        )
    )


def goal_references(value: Mapping[str, Any], type: str, base: str) -> tuple[str, ...]:
    """The goals right above: those a Task serves, or those a Goal says that it contributes to, as `Goal/id`.

    A goal that comes before, after or instead of this one is not above it, nor is one that is a step towards it.
    """
    elements = _elements(value, RESOURCE_TYPES[type].goal_paths)
    if type == "Goal":
        elements += [target for types, target in _goal_relations(value) if types.isdisjoint(_NOT_ABOVE)]
    return _goals(elements, base)


def goal_milestones(goal: Mapping[str, Any], base: str) -> tuple[str, ...]:
    """The goals that a Goal names as steps towards it, as `Goal/id`."""
    return _goals([target for types, target in _goal_relations(goal) if types & _MILESTONE], base)


def _goal_relations(goal: Mapping[str, Any]) -> Iterator[tuple[frozenset[Any], Mapping[str, Any]]]:
    """The codes of each relation to another goal, and the Reference to that goal."""
    for relation in _elements(goal, (GOAL_RELATIONSHIP,)):
        types = frozenset(values(relation, "extension(type).valueCodeableConcept.coding.code"))
        for target in _elements(relation, ("extension(target).valueReference",)):
            yield types, target


def _goals(elements: Iterable[Mapping[str, Any]], base: str) -> tuple[str, ...]:
    found = (read_reference(element, base) for element in elements)
    return tuple(
        dict.fromkeys(
            reference.local for reference in found if reference.type == "Goal" and reference.local is not None
        )
    )


def canonical_system(system: str) -> str:
    """The system under which an identifier or code is compared: its `/core/` form if it has one."""
    return _CANONICAL.get(system, system)


def _elements(value: Mapping[str, Any], paths: tuple[str, ...]) -> list[Mapping[str, Any]]:
    return [node for path in paths for node in values(value, path) if isinstance(node, Mapping)]


def _identifier(identifier: Any) -> tuple[str, str] | None:
    if not isinstance(identifier, Mapping):
        return None
    value = _text(identifier.get("value"))
    return None if value is None else (canonical_system(_text(identifier.get("system")) or ""), value)


def _identifier_key(system: str, value: str) -> str:
    if system in (SSIN, NIHDI, CBE):
        value = _SEPARATORS.sub("", value)
    # The last three digits of a NIHDI tell the qualification and change within a career.
    if system == NIHDI and len(value) == 11:
        value = value[:8]
    return f"{system}|{value}"


def _relative(text: str, base: str) -> str:
    """The text without our own base; scheme and host compare without regard to case."""
    absolute = _ABSOLUTE.fullmatch(text)
    own = _ABSOLUTE.fullmatch(base.rstrip("/"))
    if absolute is None or own is None or absolute["origin"].casefold() != own["origin"].casefold():
        return text
    prefix = own["path"] + "/"
    return absolute["path"][len(prefix) :] if absolute["path"].startswith(prefix) else text


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
