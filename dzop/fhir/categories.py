"""The data categories of a resource, computed from its type and codes by the rules of the table.

Only codes of our own systems choose a category; what others code is about the content. The label
`sensitive` is not computed: it is in `meta.security`, or in the code itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from dzop.fhir.audience import consent_kinds
from dzop.fhir.paths import values
from dzop.fhir.resource_types import RESOURCE_TYPES, CategoryRule

__all__ = ["categories", "category_sources"]

_PATIENT_WILL: Final = (
    "https://www.ehealth.fgov.be/standards/fhir/patientwill/CodeSystem/be-cs-patientwill-category"
)

# Where an answer says who gave it: the first of these that is present.
_ANSWERS: Final = {"Observation": ("performer",), "QuestionnaireResponse": ("source", "author")}
_ABOUT: Final = ("subject", "focus")

_ACTOR: Final = re.compile(r"(?:.*/)?(?P<key>(?P<type>[A-Z][A-Za-z]+)/[A-Za-z0-9.-]{1,64})(?:/_history/.+)?")


def categories(value: Mapping[str, Any], type: str, related: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The categories of a resource of a person; of a Questionnaire those it gives to its answers.

    `related` has the categories of each of `category_sources(value, type)` that exists. Empty only for
    the directory.
    """
    if type == "Consent":
        return _of_consent(value)
    rule = _rule_of(value, type)
    if type in _ANSWERS and _carer_about_themselves(value, type):
        return frozenset({"carer-burden"})
    found = {*rule.always, *_declared(value, rule), *_inherited(value, rule, related)}
    if not found - {"sensitive"}:
        found |= _default(value, type, rule)
    if type == "CarePlan" and values(value, "activity.detail"):
        found.add("task")
    return frozenset(found)


def category_sources(value: Mapping[str, Any], type: str) -> tuple[str, ...]:
    """References and canonicals, as written, of the resources whose categories this one has too."""
    sources = _sources(value, _rule_of(value, type))
    return tuple(dict.fromkeys(source for source in sources if source is not None))


def _rule_of(value: Mapping[str, Any], type: str) -> CategoryRule:
    """The rule of the type, with the sources of the kinds that this resource is of."""
    rule = RESOURCE_TYPES[type].categories
    if not rule.kinds:
        return rule
    more = [
        source
        for kind in rule.kinds
        if any(
            (each.get("system"), each.get("code")) == (kind.system, kind.code)
            for each in values(value, f"{kind.path}.coding")
        )
        for source in kind.sources
    ]
    return replace(rule, sources=(*rule.sources, *more)) if more else rule


def _of_consent(value: Mapping[str, Any]) -> frozenset[str]:
    kinds = consent_kinds(value)
    if "carer-share" in kinds:
        return frozenset({"carer-burden"})
    if not kinds and _PATIENT_WILL in values(value, "category.coding.system"):
        return frozenset({"document", "sensitive"})
    return frozenset({"consent"})


def _declared(value: Mapping[str, Any], rule: CategoryRule) -> Iterator[str]:
    for path in rule.paths:
        for coding in (*values(value, path), *values(value, f"{path}.coding")):
            code = coding.get("code")
            if code in rule.codes and coding.get("system") in (None, *rule.systems):
                yield code
            elif coding.get("system") in rule.systems and rule.unknown is not None:
                yield "sensitive" if code == "sensitive" else rule.unknown


def _inherited(
    value: Mapping[str, Any], rule: CategoryRule, related: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    for source in _sources(value, rule):
        known = related.get(source) if source is not None else None
        if known is not None:
            yield from known
        elif rule.unknown is not None:
            yield rule.unknown


def _default(value: Mapping[str, Any], type: str, rule: CategoryRule) -> set[str]:
    if type in _ANSWERS and any(named.startswith("Patient/") for named in _answering(value, type)):
        return {"prom"}
    return set() if rule.default is None else {rule.default}


def _carer_about_themselves(value: Mapping[str, Any], type: str) -> bool:
    about = {named for named in _named(value, _ABOUT) if named.startswith("RelatedPerson/")}
    answering = _answering(value, type)
    # Nobody named as answering: the one it is about is the likeliest, and the smallest audience.
    return bool(about) and (not answering or not about.isdisjoint(answering))


def _answering(value: Mapping[str, Any], type: str) -> frozenset[str]:
    found = (_named(value, (path,)) for path in _ANSWERS[type])
    return next((named for named in found if named), frozenset())


def _named(value: Mapping[str, Any], paths: tuple[str, ...]) -> frozenset[str]:
    """Who is named at the paths, as `Type/id`, or `Type/system|value` when only by identifier."""
    found = set()
    for element in (node for path in paths for node in values(value, path)):
        literal = _ACTOR.fullmatch(element.get("reference") or "")
        if literal is not None:
            found.add(literal["key"])
        elif isinstance(identifier := element.get("identifier"), Mapping):
            found.add(f"{element.get('type')}/{identifier.get('system')}|{identifier.get('value')}")
    return frozenset(found)


def _sources(value: Mapping[str, Any], rule: CategoryRule) -> list[str | None]:
    nodes = [node for path in rule.sources for node in values(value, path)]
    texts = [node.get("reference") if isinstance(node, Mapping) else node for node in nodes]
    return [text if isinstance(text, str) else None for text in texts]
