"""Which code system, value set or concept map is asked about: by the path, a canonical, or sent along."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dzop.access.vocabulary.vocabulary import Vocabulary
from dzop.fhir.outcome import Invalid
from dzop.interactions.terminology.asked import Asked
from dzop.interactions.terminology.faults import told

__all__ = ["Named", "named", "named_value_set", "of_path"]

Resource = Mapping[str, Any]
Type = Literal["CodeSystem", "ConceptMap", "ValueSet"]


@dataclass(frozen=True, slots=True)
class Named:
    """A definition by canonical and version, both empty when none is named, and where it is looked up."""

    url: str
    version: str
    vocabulary: Vocabulary
    where: str = "url"
    sent: Resource | None = None


async def of_path(asked: Asked, type: Type) -> tuple[str, str]:
    """(url, version) of the definition that the URL names by its id; both empty where it names none."""
    if not asked.ask.id:
        return "", ""
    with told("id"):
        found = await asked.ask.service.vocabulary.identified(type, asked.ask.id)
    return found.url, found.version


async def named(asked: Asked, type: Type, version: str) -> Named:
    """The one definition that is named; `version` is the parameter that says which of it. Invalid when two are."""
    vocabulary, along = asked.ask.service.vocabulary, f"{type[0].lower()}{type[1:]}"
    given = asked.only(("url", along))
    if asked.ask.id:
        if given is not None:
            raise Invalid(f"the URL names the `{type}` already", expression=given)
        url, own = await of_path(asked, type)
        if asked.text(version) not in ("", own):
            raise Invalid(f"the URL names version `{own}` of the `{type}`", expression=version)
        return Named(url, own, vocabulary)
    if given == along:
        resource = asked.given.get(along)
        with told(along):
            # It may have as many concepts as a body bears, and others are answered meanwhile.
            beside = await asyncio.to_thread(vocabulary.beside, resource)
        return Named(resource.get("url", ""), resource.get("version", ""), beside, along, resource)
    return Named(*asked.canonical(version), vocabulary)


async def named_value_set(asked: Asked) -> tuple[Named, Resource]:
    """The value set that is named, and itself; Invalid when none is."""
    found = await named(asked, "ValueSet", "valueSetVersion")
    if found.sent is not None:
        return found, found.sent
    if not found.url:
        raise Invalid("say which value set: `url` or `valueSet`", expression="url")
    with told("url"):
        return found, await found.vocabulary.value_set(found.url, found.version)
