"""What scopes let an app do, in sentences; and what is left of them when somebody allows only a part.

https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from dzop.auth.pages.words import Words
from dzop.auth.scopes import Permission, described
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.scopes import read_scope
from terminology.content import CONTENT

__all__ = ["Line", "Whose", "allowed", "lines"]

Whose = Literal["you", "patient", "user", "nobody"]
_WHOSE: Final[tuple[Whose, ...]] = ("you", "patient", "user", "nobody")

_GROUPS: Final = (
    ("*",),
    ("Goal", "CarePlan"),
    ("Task", "ServiceRequest", "Appointment"),
    ("Communication", "CommunicationRequest"),
    ("CareTeam",),
    ("Patient", "RelatedPerson"),
    (
        "Condition",
        "Observation",
        "QuestionnaireResponse",
        "Encounter",
        "DocumentReference",
        "Composition",
        "Binary",
    ),
    ("List",),
    ("Consent",),
    ("AuditEvent", "Provenance"),
    ("Practitioner", "PractitionerRole", "Organization", "HealthcareService"),
    ("Questionnaire", "PlanDefinition"),
)
"""Types that are told in one sentence, in the order of the page; others come last."""
_TYPES: Final = tuple(type for group in _GROUPS for type in group)
_CHANGING: Final = {"add-change": "cu", "add": "c", "change": "u", "delete": "d"}
_ABOUT_YOU: Final = {
    "identity": ("openid", "fhirUser", "profile"),
    "context": ("launch", "launch/patient"),
    "online": ("online_access",),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that an app may do.

    `whose` data it is about: `you` for who you are, `patient` for one person's only, `user` for everybody's
    that one may see oneself, `nobody` for what is about no person. `is_change` when it adds, changes or deletes.
    """

    whose: Whose
    is_change: bool
    text: str


def lines(scopes: Iterable[str], words: Words) -> tuple[Line, ...]:
    """All that these scopes allow, one line for what belongs together; `offline_access` is not among them."""
    asked = frozenset(scopes)
    permissions = sorted(described(asked), key=_order)
    about_you = (key for key, about in _ABOUT_YOU.items() if asked.intersection(about))
    return (
        *(Line("you", False, words.say("may", key)) for key in about_you),
        *_told("read", [each for each in permissions if set("rs").intersection(each.letters)], words),
        *(line for act in _CHANGING for line in _told(act, _changed(act, permissions), words)),
    )


def allowed(scopes: Iterable[str], *, change: bool, offline: bool) -> tuple[str, ...]:
    """What is left of the scopes without changing, or without going on when nobody is there; in their order."""
    kept = (scope if change else _unchanging(scope) for scope in scopes)
    return tuple(scope for scope in kept if scope and (offline or scope != "offline_access"))


def _unchanging(scope: str) -> str:
    """The part of a scope that only reads; empty when there is none."""
    read = read_scope(scope)
    if read is None:
        return scope
    letters = "".join(each for each in read.letters if each in "rs")
    _, restricts, restriction = scope.partition("?")
    return f"{read.level}/{read.type}.{letters}{restricts}{restriction}" if letters else ""


def _changed(act: str, permissions: Sequence[Permission]) -> list[Permission]:
    """What may be changed in this way, and not in a way that says more."""
    only = {"add": "u", "change": "c"}.get(act, "")
    return [
        each
        for each in permissions
        if set(_CHANGING[act]) <= set(each.letters) and not set(only) & set(each.letters)
    ]


def _told(act: str, permissions: Sequence[Permission], words: Words) -> Iterator[Line]:
    """The sentences of one act; what belongs together is one."""
    together: dict[tuple[Whose, int, str], dict[str, None]] = {}
    for each in permissions:
        key = (_whose(each), _group(each.type), _only(each, words))
        thing = words.say("wide", act) if each.type == "*" else words.say("thing", each.type)
        together.setdefault(key, {})[thing] = None
    for (whose, _, only), things in together.items():
        text = words.say("act", act, things=words.listed(list(things)))
        yield Line(whose, act != "read", text + only)


def _order(permission: Permission) -> tuple[int, int]:
    place = _TYPES.index(permission.type) if permission.type in _TYPES else len(_TYPES)
    return _WHOSE.index(_whose(permission)), place


def _whose(permission: Permission) -> Whose:
    """What is of no person, such as the directory, is reached whole."""
    if permission.type != "*" and RESOURCE_TYPES[permission.type].compartment != "person":
        return "nobody"
    return "patient" if permission.level == "patient" else "user"


def _group(type: str) -> int:
    return next((number for number, group in enumerate(_GROUPS) if type in group), len(_GROUPS))


def _only(permission: Permission, words: Words) -> str:
    """What a restriction leaves, such as `, only: life goal`."""
    parts = [_restriction(name, value, words) for name, value in permission.only]
    return words.say("act", "only", what=words.listed(parts)) if parts else ""


def _restriction(name: str, value: str, words: Words) -> str:
    displays = [_display(code, words.language) for code in value.split(",")]
    listed = words.say("act", "or").join(displays)
    return listed if name in ("category", "code", "type") else f"{name} {listed}"


def _display(code: str, language: str) -> str:
    """What a code is called that we have words for; another code as it is."""
    system, _, bare = code.rpartition("|")
    try:
        return _CODE_SYSTEMS[system].display(bare, language)
    except KeyError:
        return bare


_CODE_SYSTEMS: Final = {each.url: each for each in CONTENT.code_systems.values()}
