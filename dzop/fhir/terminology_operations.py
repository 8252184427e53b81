"""The operations on code systems, value sets and concept maps, as rows of the table of operations.

https://hl7.org/fhir/R4/terminology-service.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from dzop.fhir.operation import Level, Operation, Parameter

__all__ = ["EXPANSION_PARAMETERS", "TERMINOLOGY_OPERATIONS"]

_LEVELS: Final[Mapping[str, tuple[Level, ...]]] = {
    "CodeSystem-lookup": ("type",),
    "CodeSystem-validate-code": ("type", "instance"),
    "CodeSystem-subsumes": ("type", "instance"),
    "ValueSet-expand": ("type", "instance"),
    "ValueSet-validate-code": ("type", "instance"),
    "ConceptMap-translate": ("type", "instance"),
}
"""By the id of R4's OperationDefinition: on what it may be asked."""


def _in(name: str, type: str, documentation: str, max: str = "1") -> Parameter:
    return Parameter(name, type, "in", 0, max, documentation)


def _out(name: str, type: str, documentation: str, min: int = 0) -> Parameter:
    return Parameter(name, type, "out", min, documentation=documentation)


def _part(name: str, type: str, min: int = 0) -> Parameter:
    return Parameter(name, type, "out", min)


_CODE: Final = (
    _in("code", "code", "A code of `system`."),
    _in("system", "uri", "The code system of `code`."),
)
_CODING: Final = _in("coding", "Coding", "Or a coding.")
_CONCEPT: Final = _in("codeableConcept", "CodeableConcept", "Or a concept; one of its codings is enough.")
_LANGUAGE: Final = _in(
    "displayLanguage",
    "code",
    "The language of displays, such as `nl` or `fr-BE, nl;q=0.5`; else Accept-Language, else the code system's own.",
)
_DATE: Final = _in("date", "dateTime", "Today only: definitions are kept by version, not by date.")
_VERSION: Final = _in("version", "string", "Of the code system; without it the newest that is held.")
_DISPLAY: Final = _in("display", "string", "What the sender calls the code; any of its names is right.")
_ABSTRACT: Final = _in(
    "abstract", "boolean", "false: a code that only groups others is not valid; else it is."
)
_VALUE_SET: Final = (
    _in("url", "uri", "The canonical of a value set; `|` and a version may follow."),
    _in("valueSet", "ValueSet", "Or a value set itself."),
    _in("valueSetVersion", "string", "Of the value set; without it the newest that is held."),
)
_VALIDATED: Final = (
    _out("result", "boolean", "Whether it is valid.", 1),
    _out("message", "string", "Why not; or what there is to remark."),
    _out("display", "string", "What the code is called."),
)
_DESIGNATION: Final = Parameter(
    "designation",
    "",
    "out",
    0,
    "*",
    "Another name of the concept.",
    (_part("language", "code"), _part("use", "Coding"), _part("value", "string", 1)),
)
_PROPERTY: Final = Parameter(
    "property",
    "",
    "out",
    0,
    "*",
    "What else is said of the concept.",
    (_part("code", "code", 1), _part("value", "Element"), _part("description", "string")),
)
_MATCH: Final = Parameter(
    "match",
    "",
    "out",
    0,
    "*",
    "What it is mapped to, and how well that fits.",
    (_part("equivalence", "code"), _part("concept", "Coding"), _part("source", "uri")),
)

_NO_CONTEXT: Final = ("context", "name the value set by `url`")
_NO_SUPPLEMENT: Final = ("useSupplement", "supplements are not held")
_OMITTED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "CodeSystem-lookup": (_NO_SUPPLEMENT,),
    "CodeSystem-validate-code": (_NO_SUPPLEMENT,),
    "ValueSet-expand": (
        _NO_CONTEXT,
        ("contextDirection", "name the value set by `url`"),
        ("profile", "give its parameters by themselves"),
        ("property", "ask `CodeSystem/$lookup` of a code"),
        ("default-valueset-version", "name the version where the value set is imported"),
        ("check-valueset-version", "name the version where the value set is imported"),
        ("force-valueset-version", "name the version where the value set is imported"),
        _NO_SUPPLEMENT,
    ),
    "ValueSet-validate-code": (
        _NO_CONTEXT,
        ("system-version", "give `systemVersion`"),
        ("default-valueset-version", "name the version where the value set is imported"),
        _NO_SUPPLEMENT,
    ),
    "ConceptMap-translate": (
        ("dependency", "maps are read by the code alone"),
        ("sourceCode", "R4 calls it `code`"),
        ("sourceCoding", "R4 calls it `coding`"),
        ("sourceCodeableConcept", "R4 calls it `codeableConcept`"),
        ("sourceScope", "R4 calls it `source`"),
        ("targetScope", "R4 calls it `target`"),
        ("targetSystem", "R4 calls it `targetsystem`"),
        ("targetCode", "give `code` and `reverse`"),
        ("targetCoding", "give `coding` and `reverse`"),
        ("targetCodeableConcept", "give `codeableConcept` and `reverse`"),
    ),
}
"""What other versions of FHIR know, or R4 and we do not."""

EXPANSION_PARAMETERS: Final = (
    *_VALUE_SET,
    _in(
        "filter",
        "string",
        "Words, or how they begin: all of them stand in the code or one of its names, in any language, whatever case "
        "and accents.",
    ),
    _DATE,
    _in("offset", "integer", "How many to pass over."),
    _in("count", "integer", "How many to give; 0 gives the number of all only."),
    _in("includeDesignations", "boolean", "Whether each concept comes with its names in all languages."),
    _in(
        "designation",
        "string",
        "Only these of them: a language, also as `urn:ietf:bcp:47|nl`, or a use as `system|code`.",
        "*",
    ),
    _in("includeDefinition", "boolean", "Whether `compose` comes along."),
    _in("activeOnly", "boolean", "Whether inactive concepts are left out."),
    _in("excludeNested", "boolean", "An expansion is flat in any case."),
    _in("excludeNotForUI", "boolean", "Whether concepts that only group others are left out."),
    _in("excludePostCoordinated", "boolean", "There are none in any case."),
    _LANGUAGE,
    _in("exclude-system", "canonical", "A code system to leave out, also in one version only.", "*"),
    _in("system-version", "canonical", "The version of a code system where the value set names none.", "*"),
    _in("check-system-version", "canonical", "The version of a code system that must be used.", "*"),
    _in(
        "force-system-version", "canonical", "The version of a code system whatever the value set says.", "*"
    ),
)

_DOCUMENTATION: Final[Mapping[str, str]] = {
    "CodeSystem-lookup": "What a code means: its names in all languages, and what is said of it.",
    "CodeSystem-validate-code": "Whether a code is in a code system, and is called so.",
    "CodeSystem-subsumes": "Whether one code is above another in the hierarchy of a code system.",
    "ValueSet-expand": "The codes of a value set, page by page, narrowed to words in any language.",
    "ValueSet-validate-code": (
        "Whether a code is in a value set, and is called so. Without `system` the code is taken when the value set "
        "has it of one code system only."
    ),
    "ConceptMap-translate": "What a code is in another code system, by one concept map or all that are held.",
}

_PARAMETERS: Final[Mapping[str, tuple[Parameter, ...]]] = {
    "CodeSystem-lookup": (
        *_CODE,
        _VERSION,
        _CODING,
        _DATE,
        _LANGUAGE,
        _in(
            "property",
            "code",
            "What is to be told: `definition`, `designation`, `lang.nl`, `parent`, `child`, `inactive`, a property of "
            "the code system, or `*`. Without it all but `child`.",
            "*",
        ),
        _out("name", "string", "What the code system is called.", 1),
        _out("version", "string", "Of the code system."),
        _out("display", "string", "What the code is called.", 1),
        _DESIGNATION,
        _PROPERTY,
    ),
    "CodeSystem-validate-code": (
        _in("url", "uri", "The canonical of a code system; `|` and a version may follow."),
        _in("codeSystem", "CodeSystem", "Or a code system itself."),
        _CODE[0],
        _VERSION,
        _DISPLAY,
        _CODING,
        _CONCEPT,
        _DATE,
        _ABSTRACT,
        _LANGUAGE,
        *_VALIDATED,
    ),
    "CodeSystem-subsumes": (
        _in("codeA", "code", "A code of `system`."),
        _in("codeB", "code", "Another."),
        _in("system", "uri", "The code system of both."),
        _VERSION,
        _in("codingA", "Coding", "Or a coding."),
        _in("codingB", "Coding", "And another, of the same code system."),
        _out("outcome", "code", "equivalent, subsumes (A is above B), subsumed-by or not-subsumed.", 1),
    ),
    "ValueSet-expand": (
        *EXPANSION_PARAMETERS,
        _out("return", "ValueSet", "The value set with its expansion.", 1),
    ),
    "ValueSet-validate-code": (
        *_VALUE_SET,
        *_CODE,
        _in("systemVersion", "string", "The version of the code system."),
        _DISPLAY,
        _CODING,
        _CONCEPT,
        _DATE,
        _ABSTRACT,
        _LANGUAGE,
        _in("inferSystem", "boolean", "A `code` without `system` is taken in any case."),
        *_VALIDATED,
    ),
    "ConceptMap-translate": (
        _in("url", "uri", "The canonical of a concept map; without it all that fit."),
        _in("conceptMap", "ConceptMap", "Or a concept map itself."),
        _in("conceptMapVersion", "string", "Of the concept map; without it the newest that is held."),
        *_CODE,
        _VERSION,
        _in("source", "uri", "The value set that the code was chosen from."),
        _CODING,
        _CONCEPT,
        _in("target", "uri", "The value set in which a translation is wanted."),
        _in("targetsystem", "uri", "Or the code system."),
        _in("reverse", "boolean", "Whether the maps are read backwards."),
        _out("result", "boolean", "Whether there is anything that it is.", 1),
        _out("message", "string", "Why not."),
        _MATCH,
    ),
}


def _operations() -> Iterator[Operation]:
    for standard, levels in _LEVELS.items():
        type, _, code = standard.partition("-")
        for level in levels:
            yield Operation(
                code,
                (type,),
                level,
                "r",
                affects_state=False,
                documentation=_DOCUMENTATION[standard],
                parameters=_PARAMETERS[standard],
                standard=standard,
                own_id=standard if levels == ("type",) else f"{standard}-{level}",
                omitted=_OMITTED.get(standard, ()),
            )


TERMINOLOGY_OPERATIONS: Final = tuple(_operations())
