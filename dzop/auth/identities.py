"""From the verified claims of an identity provider to an `Identity`: which claim says what is configured.

https://www.rfc-editor.org/rfc/rfc7519#section-4, https://www.rfc-editor.org/rfc/rfc6901

    [issuer.claims]
    ssin = ["ssin", "national_number"]        # the first of these that is present
    nihdi = "profile.nihdi"                   # `nihdi` in the object `profile`
    organization = "/resource_access/x~1y/0"  # a JSON pointer, where names have dots or there are lists

    [issuer.disciplines]
    DOCTOR = "persphysician"                  # a code of CD-HCPARTY
    CITIZEN = ""                              # asks for themselves, in no profession
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from dzop.auth.claims import Identity
from dzop.fhir.identifiers import is_cbe, is_nihdi, is_ssin
from dzop.fhir.outcome import Unauthenticated

__all__ = ["IdentityMapping"]

_DISCIPLINE: Final = re.compile(r"pers[a-z0-9]{1,60}")
_REFERENCE: Final = re.compile(
    r"(?:https?://[^\s?#]{1,200}/)?(?:Patient|RelatedPerson|Practitioner|PractitionerRole)/[A-Za-z0-9.-]{1,64}"
)
# Clients of organisations are named `cbe-0406798006`, for one.
_KIND: Final = re.compile(r"(?:cbe|nihdi|nihii)[-:]", re.IGNORECASE)
_NAMES: Final = tuple(field.name for field in fields(Identity))


@dataclass(frozen=True, slots=True)
class IdentityMapping:
    """Where a provider's claims say what `Identity` has: per field the places to look, first come first.

    `disciplines` translates the provider's own words into codes of CD-HCPARTY.
    """

    claims: Mapping[str, tuple[str, ...]]
    disciplines: Mapping[str, str]

    @classmethod
    def read(cls, issuer: Mapping[str, Any]) -> IdentityMapping:
        """The mapping in the table of one issuer, with `claims` and perhaps `disciplines`; ValueError otherwise."""
        claims, disciplines = issuer.get("claims", {}), issuer.get("disciplines", {})
        if not isinstance(claims, Mapping) or not isinstance(disciplines, Mapping):
            raise ValueError("`claims` and `disciplines` are tables")
        if unknown := sorted(set(claims) - set(_NAMES)):
            raise ValueError(f"`claims` has no `{unknown[0]}`; it may have {', '.join(_NAMES)}")
        for word, code in disciplines.items():
            if not isinstance(code, str) or (code and not _DISCIPLINE.fullmatch(code)):
                raise ValueError(f"the discipline `{word}` is no code of CD-HCPARTY such as `persphysician`")
        return cls({name: _places(name, places) for name, places in claims.items()}, dict(disciplines))

    def identity(self, claims: Mapping[str, Any]) -> Identity:
        """Who the claims of a token, of an introspection or of a login are about.

        Unauthenticated for a claim of another shape than expected; the text repeats nothing of it.
        """
        found = {name: self._found(claims, name) for name in self.claims}
        return Identity(**{name: value for name, value in found.items() if value})

    def _found(self, claims: Mapping[str, Any], name: str) -> str | None:
        value = next((at for place in self.claims[name] if (at := _at(claims, place)) is not None), None)
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            raise Unauthenticated(f"The token says the `{name}` in another shape than one text.")
        if name == "organization":
            value = _KIND.sub("", value, count=1)
        if name == "discipline":
            value = self.disciplines.get(value, value)
        if value and not _HAS_SHAPE[name](value):
            raise Unauthenticated(
                f"The token says a `{name}` that cannot be one; check the provider's mapping."
            )
        return value


_HAS_SHAPE: Final[Mapping[str, Callable[[str], bool]]] = {
    "ssin": is_ssin,
    "nihdi": is_nihdi,
    "discipline": lambda value: _DISCIPLINE.fullmatch(value) is not None,
    "organization": lambda value: is_nihdi(value) or is_cbe(value),
    "mandator": is_ssin,
    "fhir_user": lambda value: _REFERENCE.fullmatch(value) is not None,
}


def _places(name: str, places: Any) -> tuple[str, ...]:
    several = places if isinstance(places, list) else [places]
    if not several or not all(isinstance(each, str) and each for each in several):
        raise ValueError(f"`claims.{name}` is the name of a claim, or a list of names")
    return tuple(several)


def _at(claims: Mapping[str, Any], place: str) -> Any:
    """What stands at a place of the claims; None for nothing, and for null."""
    if place in claims:  # a claim may have dots or slashes in its name
        return claims[place]
    pointed = place.startswith("/")
    steps = place[1:].split("/") if pointed else place.split(".")
    found: Any = claims
    for step in steps:
        found = _step(found, step.replace("~1", "/").replace("~0", "~") if pointed else step)
    return found


def _step(found: Any, step: str) -> Any:
    if isinstance(found, Mapping):
        return found.get(step)
    if isinstance(found, list) and re.fullmatch(r"0|[1-9][0-9]{0,3}", step):
        return found[int(step)] if int(step) < len(found) else None
    return None
