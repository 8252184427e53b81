"""$expand: the codes of a value set. https://hl7.org/fhir/R4/valueset-operation-expand.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dzop.access.labels import instant
from dzop.access.vocabulary.answers import Contained, Expansion
from dzop.fhir.outcome import Invalid, Issue, Unprocessable
from dzop.fhir.parameters import Given
from dzop.fhir.terminology_operations import EXPANSION_PARAMETERS
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes
from dzop.interactions.terminology.asked import Asked
from dzop.interactions.terminology.designations import names_of, rendered
from dzop.interactions.terminology.faults import told
from dzop.interactions.terminology.named import named_value_set
from dzop.interactions.terminology.system_versions import in_versions_asked
from terminology.concept import Designation
from terminology.concept_set import Filter, Without
from terminology.question import Wanted
from terminology.text import words_of
from terminology.value_set import Composed

_HEAD: Final = ("resourceType", "url", "version", "name", "title", "status", "experimental")
"""What remains of a value set without its definition."""
_NOT_PART: Final = ("text", "expansion", "meta")
_NAMING: Final = ("url", "valueSet", "valueSetVersion")
_BCP_47: Final = "urn:ietf:bcp:47"
_MOST_COUNTED: Final = 1_000_000
_MOST_WORDS: Final = 20
"""Each is looked for by itself."""
_VALUES: Final[Mapping[str, str]] = {
    "boolean": "valueBoolean",
    "integer": "valueInteger",
    "string": "valueString",
    "code": "valueCode",
    "canonical": "valueUri",
    "dateTime": "valueDateTime",
}


async def expand(ask: Ask, given: Given) -> Answer:
    """200 with the value set and its expansion; 404 for one that is not held, 422 when it is too large."""
    asked = Asked(ask, given)
    asked.require_today()
    count, offset = asked.number("count"), asked.number("offset")
    value_set, resource = await named_value_set(asked)
    most = ask.service.expansion_limit
    wanted = Wanted(
        _words(asked),
        asked.is_true("activeOnly"),
        offset or 0,
        most if count is None else min(count, most),
        _MOST_COUNTED if count == 0 else most,
    )
    with told(value_set.where):
        composed = await value_set.vocabulary.composed(resource)
        composed = await in_versions_asked(asked, composed, value_set.vocabulary)
        if asked.is_true("excludeNotForUI"):
            composed = _without_groups(composed)
        found = await value_set.vocabulary.expansion(composed, wanted, whole=count is None and offset is None)
    if count == 0 and found.total is None:
        text = f"there are more than {_MOST_COUNTED:,} codes; ask for fewer by `filter`"
        raise Unprocessable(Issue("too-costly", text, "count"))
    return Answer(200, json_bytes({**_head(asked, resource), "expansion": _expansion(asked, found, wanted)}))


def _words(asked: Asked) -> tuple[str, ...]:
    """The words of `filter`, each once."""
    words = tuple(dict.fromkeys(words_of(asked.text("filter"))))
    if len(words) > _MOST_WORDS:
        raise Invalid(f"`filter` has at most {_MOST_WORDS} words", expression="filter")
    return words


def _without_groups(composed: Composed) -> Composed:
    """The same without what cannot be chosen."""
    groups = Filter("notSelectable", "=", "true")
    return tuple((system, Without(concepts, groups)) for system, concepts in composed)


def _head(asked: Asked, resource: Mapping[str, Any]) -> dict[str, Any]:
    if asked.is_true("includeDefinition"):
        return {name: each for name, each in resource.items() if name not in _NOT_PART}
    return {name: resource[name] for name in _HEAD if name in resource}


def _expansion(asked: Asked, found: Expansion, wanted: Wanted) -> dict[str, Any]:
    paged = asked.given.get("count") is not None or asked.given.get("offset") is not None
    return {
        "timestamp": instant(asked.ask.call.now),
        **({} if found.total is None else {"total": found.total}),
        **({"offset": wanted.offset} if paged else {}),
        "parameter": list(_parameters(asked, found, wanted)),
        **({"contains": list(_contains(asked, found))} if found.contained else {}),
    }


def _parameters(asked: Asked, found: Expansion, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """What was asked, and what of it counted; then the code systems that were used."""
    counted = {"count": wanted.count}
    for each in EXPANSION_PARAMETERS:
        if each.name in _NAMING:
            continue
        given = asked.given.all(each.name)
        if each.name == "displayLanguage":
            given = [", ".join(asked.languages)]
        for value in (value for value in given if value != ""):
            yield {"name": each.name, _VALUES[each.type]: counted.get(each.name, value)}
    yield from ({"name": "version", "valueUri": str(each)} for each in found.used)


def _contains(asked: Asked, found: Expansion) -> Iterator[dict[str, Any]]:
    languages = asked.languages
    shown = asked.several("designation")
    with_names = asked.is_true("includeDesignations", otherwise=bool(shown))
    urls = [each.url for each in found.used]
    for each in found.contained:
        names = _names(each, shown) if with_names else ()
        yield {
            "system": each.system,
            **({"abstract": True} if each.concept.abstract else {}),
            **({"inactive": True} if each.concept.inactive else {}),
            **({"version": each.version} if urls.count(each.system) > 1 else {}),
            "code": each.concept.code,
            "display": each.display(languages),
            **({"designation": [rendered(name) for name in names]} if names else {}),
        }


def _names(each: Contained, shown: Sequence[str]) -> list[Designation]:
    """All names, or those of the languages and uses that are asked for."""
    names = names_of(each.concept, each.default_language)
    return [name for name in names if not shown or any(_fits(name, token) for token in shown)]


def _fits(name: Designation, token: str) -> bool:
    system, bar, code = token.rpartition("|")
    if not bar:
        return code.lower() in (name.language.lower(), name.use[1].lower())
    if system == _BCP_47:
        return code.lower() == name.language.lower()
    return name.use[0] == system and code in ("", name.use[1])
