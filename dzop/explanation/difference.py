"""What is different in a plan, as a sentence: which entry, which part of it, what it was and what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from dzop.explanation.dates import day, moment
from dzop.explanation.words import Words, sentence
from dzop.fhir.bindings import BINDINGS
from dzop.fhir.paths import values
from dzop.fhir.structure import structure_of, structure_of_resource
from dzop.fhir.verbatim import Number
from dzop.plan.every_language import in_one_language
from dzop.plan.fields import Path
from dzop.plan.plan_difference import Differing
from terminology.content import CONTENT
from terminology.shipped import codes

__all__ = ["NAMING", "name_of", "told_difference"]

NAMING: Final[Mapping[str, tuple[str, ...]]] = {
    "Appointment": ("description", "appointmentType"),
    "CarePlan": ("title", "description"),
    "CareTeam": ("name",),
    "Communication": ("topic.text", "payload.contentString", "topic"),
    "CommunicationRequest": ("payload.contentString",),
    "Composition": ("title", "type"),
    "Condition": ("code",),
    "DocumentReference": ("description", "type"),
    "Encounter": ("type",),
    "Goal": ("description.text", "description"),
    "Observation": ("code",),
    "Organization": ("name",),
    "Patient": ("name.text", "name.family"),
    "Practitioner": ("name.text", "name.family"),
    "RelatedPerson": ("name.text", "name.family"),
    "ServiceRequest": ("code",),
    "Task": ("description", "code"),
}
"""Where the name of a resource stands, by which people know it: the first of these that is there."""

_KINDS: Final[Mapping[str, str]] = {"Communication": "topic", "Task": "code"}
"""Where it stands what the server writes about in every language."""
_DATES: Final[Mapping[str, str]] = {
    "Appointment": "start",
    "Communication": "sent",
    "Composition": "date",
    "Encounter": "period.start",
    "Observation": "effectiveDateTime",
    "QuestionnaireResponse": "authored",
}
"""Of when it is, where there are many alike."""
_LONGEST: Final = 160
_SYSTEMS: Final = {each.url: each for each in CONTENT.code_systems.values()}
_OTHER: Final = "other"


def name_of(resource: Mapping[str, Any], language: str) -> str:
    """What people call it, in one of LANGUAGES where it is known in it; empty where it says nothing of that."""
    type = str(resource.get("resourceType"))
    found = (each for path in NAMING.get(type, ()) for each in values(resource, path))
    kind = resource.get(_KINDS.get(type, ""))
    names = (
        in_one_language(each, kind, language) if isinstance(each, str) else _concept(each, language)
        for each in found
    )
    return _cut(next(filter(None, names), ""))


def told_difference(words: Words, differing: Differing, names: Mapping[str, str]) -> str:
    """One sentence. `names` are those of the resources that may be referenced, by key."""
    resource, change = differing.resource, differing.change
    thing = _thing(words, resource)
    if not change.path:
        came = words.say("difference", "new" if change.what == "added" else "gone", thing=thing)
        result = next(iter(_results(words, resource, names)), "")
        return sentence(words.say("difference", "with", what=came, result=result) if result else came)
    type = str(resource["resourceType"])
    known = _codes_at(type, change.path)
    before, after = (
        _value(words, {"reference": each} if change.path[-1] == "reference" else each, known, names)
        for each in (change.before, change.after)
    )
    is_told = all(text or value is None for text, value in ((before, change.before), (after, change.after)))
    key = change.what if is_told or change.what == "moved" else f"{change.what}_untold"
    element = _element(words, type, _steps(resource, change.path))
    return sentence(words.say("difference", key, thing=thing, element=element, before=before, after=after))


def _thing(words: Words, resource: Mapping[str, Any]) -> str:
    type = str(resource["resourceType"])
    name, dates = name_of(resource, words.language), values(resource, _DATES.get(type, "id"))
    on = _day(words, str(dates[0])) if dates else ""
    return " ".join(filter(None, (_called(words, type), name and words.quoted(name), on and f"({on})")))


def _results(words: Words, resource: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """What an observation says."""
    if resource["resourceType"] == "Observation":
        for each in values(resource, "value[x]"):
            yield _value(words, each, {}, names)


# -- which part ------------------------------------------------------------------------------------------


def _steps(resource: Mapping[str, Any], path: Path) -> list[str]:
    """The names on the way, as far as they are those of the resource; an extension is called by the end of its url."""
    type, found, at = str(resource["resourceType"]), list[str](), resource
    structure = structure_of_resource(type)
    for step in path:
        at = _inner(at, step)
        if isinstance(step, str):
            found.append(step)
            element = structure.elements.get(step) if structure is not None else None
            model = element.model if element is not None else None
            # What is written within a data type says nothing apart.
            structure = structure_of(model) if model and model.rpartition(".")[2].startswith(type) else None
        elif isinstance(at, Mapping) and found[-1] == "extension" and isinstance(at.get("url"), str):
            found[-1] = at["url"].rpartition("/")[2]
        if structure is None and found[-1] != "extension":
            break
    return found


def _inner(value: Any, step: str | int) -> Any:
    if isinstance(value, list) and isinstance(step, int):
        return value[step] if step < len(value) else None
    return value.get(step) if isinstance(value, Mapping) else None


def _element(words: Words, type: str, steps: list[str]) -> str:
    """What the innermost part is called that has a name."""
    for length in range(len(steps), 0, -1):
        for code in (".".join((type, *steps[:length])), steps[length - 1]):
            if code in words.texts["element"]:
                return _called(words, code)
    return _called(words, _OTHER)


def _called(words: Words, code: str) -> str:
    called = words.texts["element"]
    return str(called[code if code in called else _OTHER])


# -- what it was, what it is -----------------------------------------------------------------------------


def _value(words: Words, value: Any, known: Mapping[str, frozenset[str]], names: Mapping[str, str]) -> str:
    """What a value says; empty where that cannot be said in a few words."""
    match value:
        case None:
            return ""
        case bool():
            return str(words.texts["difference"]["yes" if value else "no"])
        case Number():
            return str(value)
        case str():
            return _text(words, value, known)
        case {"reference": str(key)}:
            return words.quoted(name) if (name := names.get(key) or value.get("display", "")) else ""
        case {"value": Number() as number}:
            return f"{number} {value.get('unit', value.get('code', ''))}".strip()
        case {"text": str(text)} | {"display": str(text)} | {"description": str(text)}:
            return words.quoted(_cut(text))
        case {"description": {"text": str(text)}}:
            return words.quoted(_cut(text))
        case {"coding": [*_]}:
            return _quoted(words, _concept(value, words.language))
        case {"system": _, "code": _}:
            return _quoted(words, _concept({"coding": [value]}, words.language))
        case _:
            return _within(words, value, known, names)


def _within(words: Words, value: Any, known: Mapping[str, frozenset[str]], names: Mapping[str, str]) -> str:
    """Of what has parts, the first that says what it is."""
    for name in ("member", "actor", "detail", "measure", "contentString", "valueString"):
        if isinstance(value, Mapping) and (said := _value(words, value.get(name), known, names)):
            return said
    return ""


def _text(words: Words, text: str, known: Mapping[str, frozenset[str]]) -> str:
    for system, listed in known.items():
        if text in listed and system in _SYSTEMS:
            return words.quoted(_SYSTEMS[system].display(text, words.language))
    if text.startswith("<"):
        return ""
    return _day(words, text) or words.quoted(_cut(text))


def _day(words: Words, text: str) -> str:
    try:
        return day(words, date.fromisoformat(text)) if len(text) == 10 else moment(words, _instant(text))
    except ValueError:
        return ""


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no instant")
    return at


def _concept(concept: Mapping[str, Any], language: str) -> str:
    """What the first code of ours is called, else what was written, else what the first code is called."""
    codings = values(concept, "coding")
    ours = (_ours(each, language) for each in codings)
    known = next(filter(None, ours), "") or concept.get("text")
    return str(known or next((each.get("display") or each.get("code") for each in codings), None) or "")


def _ours(coding: Mapping[str, Any], language: str) -> str:
    system, code = _SYSTEMS.get(coding.get("system", "")), str(coding.get("code", ""))
    if system is None or code not in system.concepts or system.technical:
        return ""
    return system.display(code, language)


def _quoted(words: Words, text: str) -> str:
    return words.quoted(_cut(text)) if text else ""


def _codes_at(type: str, path: Path) -> Mapping[str, frozenset[str]]:
    """The codes by system that R4 lets an element have."""
    structure = structure_of_resource(type)
    *way, last = [step for step in path if isinstance(step, str)]
    for step in way:
        element = structure.elements.get(step) if structure is not None else None
        structure = structure_of(element.model) if element is not None and element.model else None
    binding = BINDINGS.get((structure.name, last)) if structure is not None else None
    return {} if binding is None else codes(binding.value_set) or {}


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
