"""Scopes as the authorization server hands them out: which ones, to whom, and what they come to.

https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
What they mean for a request is `dzop.fhir.scopes`: they only narrow the access law.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from dzop.fhir.scopes import LETTERS, Level, Scope, read_scope

__all__ = [
    "SUPPORTED",
    "Permission",
    "covered",
    "described",
    "grantable",
    "grantable_to_system",
    "parse",
    "within_patient",
]

_CONTEXT: Final = (
    "openid", "fhirUser", "profile", "launch", "launch/patient", "offline_access", "online_access",
)  # fmt: skip
SUPPORTED: Final = (*_CONTEXT, "patient/*.cruds", "user/*.cruds", "system/*.cruds")
"""What discovery lists; any subset of the letters, single types and restrictions are granted too."""


@dataclass(frozen=True, slots=True)
class Permission:
    """What scopes come to on one type (`*` for all): `letters` in the order of `cruds`.

    `level` patient: only of the person in context. `only`: with nothing in it, of every resource of the type; else of
    those that meet all of these search parameters, as (`category`, `system|code`), decoded.
    """

    level: Level
    type: str
    letters: str
    only: tuple[tuple[str, str], ...] = ()


def parse(scope: str) -> frozenset[str]:
    """The scopes in the space-separated text of a `scope` parameter or claim."""
    return frozenset(scope.split())


def grantable(scope: str) -> bool:
    """Whether a user may hand this one scope to an app; `system/` scopes are not a user's to give.

    What grants nothing (see `dzop.fhir.scopes`) is not handed out either.
    """
    found = read_scope(scope)
    return scope in _CONTEXT or (found is not None and found.level != "system")


def grantable_to_system(scope: str) -> bool:
    """Whether software that acts by itself may get this one scope: on resources, `system/` alone."""
    found = read_scope(scope)
    return found is not None and found.level == "system"


def within_patient(scope: str) -> bool:
    """Whether this one scope means nothing without a patient in context."""
    return scope == "launch/patient" or scope.startswith("patient/")


def covered(scope: str, registered: Iterable[str]) -> bool:
    """Whether this one scope is among those that a client registered, or within one of them."""
    narrow = read_scope(scope)
    wide = [found for each in registered if (found := read_scope(each))]
    return scope in registered or (narrow is not None and any(_holds(each, narrow) for each in wide))


def _holds(wide: Scope, narrow: Scope) -> bool:
    return (
        wide.level == narrow.level
        and wide.type in ("*", narrow.type)
        and set(narrow.letters) <= set(wide.letters)
        and wide.restriction in ((), narrow.restriction)
    )


def described(scopes: Iterable[str]) -> tuple[Permission, ...]:
    """What scopes come to, for a page in plain words: by level, `*` first, by type, the unrestricted before the others.

    Scopes that say the same of a type are put together; what a wider one says of all resources is not said again.
    """
    found: dict[Permission, set[str]] = {}
    for scope in filter(None, map(read_scope, scopes)):
        found.setdefault(Permission(scope.level, scope.type, "", scope.restriction), set()).update(
            scope.letters
        )
    left = {each: _ordered(letters - _wider(found, each)) for each, letters in found.items()}
    permissions = [replace(each, letters=letters) for each, letters in left.items() if letters]
    return tuple(sorted(permissions, key=lambda each: (each.level, each.type != "*", each.type, each.only)))


def _wider(found: Mapping[Permission, set[str]], permission: Permission) -> set[str]:
    """The letters that others give on more than this one."""
    wider = {replace(permission, only=()), replace(permission, type="*", only=())} - {permission}
    return set().union(*(found.get(each, ()) for each in wider))


def _ordered(letters: set[str]) -> str:
    return "".join(each for each in LETTERS if each in letters)
