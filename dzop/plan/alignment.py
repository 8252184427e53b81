"""Which element of a list is which of another: by id, by content, by what it is about, at last by its place."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.verbatim import canonical

__all__ = ["KEYS", "paired"]

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "AppointmentParticipant": ("actor.reference", "actor.identifier.value"),
    "Annotation": ("time", "authorReference.reference", "authorString"),
    "CarePlanActivity": ("reference.reference", "detail.code.coding.code", "detail.code.text"),
    "CareTeamParticipant": ("member.reference", "member.identifier.value", "role.coding.code", "role.text"),
    "CodeableConcept": ("coding.system", "coding.code", "text"),
    "Coding": ("system", "code"),
    "CommunicationPayload": ("contentString", "contentReference.reference", "contentAttachment.url"),
    "ContactPoint": ("system", "value"),
    "CompositionSection": ("title", "code.coding.code"),
    "EncounterParticipant": ("individual.reference",),
    "Extension": ("url", "valueReference.reference", "extension.valueReference.reference"),
    "GoalTarget": ("measure.coding.code", "measure.text"),
    "Identifier": ("system", "value"),
    "ObservationComponent": ("code.coding.code", "code.text"),
    "QuestionnaireItem": ("linkId",),
    "QuestionnaireResponseItem": ("linkId",),
    "Reference": ("reference", "identifier.system", "identifier.value", "display"),
    "TaskInput": ("type.coding.code", "type.text"),
    "TaskOutput": ("type.coding.code", "type.text"),
}
"""What tells an element of a list from the others, by its data type or the name of its structure; where nothing of it
is there, only its content does."""

Identity = Callable[[Any], Hashable | None]


def paired(older: Sequence[Any], newer: Sequence[Any], type: str, *, by_place: bool = True) -> dict[int, int]:
    """The place in `newer` of each element of `older` that is still there, by its place in `older`.

    What nothing tells apart is taken to be the same one after the other, if `by_place`.
    """
    found: dict[int, int] = {}
    for identity in (_own_id, canonical, _key(type)):
        waiting = defaultdict[Hashable, deque[int]](deque)
        for place in _left(newer, found.values()):
            waiting[identity(newer[place])].append(place)
        for place in _left(older, found):
            known = identity(older[place])
            if known is not None and waiting[known]:
                found[place] = waiting[known].popleft()
    return found | (_by_place(older, newer, type, found) if by_place else {})


def _left(elements: Sequence[Any], taken: Any) -> list[int]:
    known = set(taken)
    return [place for place in range(len(elements)) if place not in known]


def _by_place(
    older: Sequence[Any], newer: Sequence[Any], type: str, found: Mapping[int, int]
) -> dict[int, int]:
    key = _key(type)

    def nameless(elements: Sequence[Any], taken: Any) -> list[int]:
        left = _left(elements, taken)
        return [place for place in left if _own_id(elements[place]) is None and key(elements[place]) is None]

    return dict(zip(nameless(older, found), nameless(newer, found.values()), strict=False))


def _own_id(element: Any) -> Hashable | None:
    return element.get("id") if isinstance(element, Mapping) else None


def _key(type: str) -> Identity:
    paths = KEYS.get(type, ())

    def key(element: Any) -> Hashable | None:
        if not isinstance(element, Mapping):
            return None
        named = tuple(tuple(map(canonical, values(element, path))) for path in paths)
        return named if any(named) else None

    return key
