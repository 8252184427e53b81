"""How sure an identity provider must be of who somebody is: which `acr` suffices for whom.

https://www.rfc-editor.org/rfc/rfc9470

    [issuer.assurance]
    persons = ["level-500", "eidas-high"]     # for a Patient or a RelatedPerson one of these; best first
    professionals = ["eidas-high"]            # for a Practitioner
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.outcome import Unauthenticated

__all__ = ["Assurance", "InsufficientAuthentication"]

_GROUPS: Final = {
    "Patient": "persons",
    "RelatedPerson": "persons",
    "Practitioner": "professionals",
    "PractitionerRole": "professionals",
}
_VALUE: Final = re.compile(
    r"[\x21\x23-\x5b\x5d-\x7e]{1,200}"
)  # what may stand between quotation marks, no blanks


class InsufficientAuthentication(Unauthenticated):
    """The token is good, but whom it is about must show more of who they are: one of `acr_values`."""

    def __init__(self, acr_values: tuple[str, ...]) -> None:
        super().__init__(
            "This needs a stronger login: log in again with one of the means that are asked for."
        )
        self.challenge = f'error="insufficient_user_authentication", acr_values="{" ".join(acr_values)}"'


@dataclass(frozen=True, slots=True)
class Assurance:
    """The `acr` values that suffice, by group (`persons`, `professionals`); a group without any needs none."""

    sufficient: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, issuer: Mapping[str, Any]) -> Assurance:
        """What the table of one issuer says under `assurance`; nothing is needed without. ValueError otherwise."""
        table = issuer.get("assurance", {})
        if not isinstance(table, Mapping) or not set(table) <= set(_GROUPS.values()):
            raise ValueError("`assurance` has `persons` and `professionals`, each a list of `acr` values")
        return cls({group: _values(group, values) for group, values in table.items()})

    def require(self, acr: str | None, subject: str) -> None:
        """InsufficientAuthentication unless `acr` suffices for `subject`, a reference such as `Patient/x`."""
        sufficient = self.sufficient.get(_GROUPS.get(subject.partition("/")[0], ""))
        if sufficient is not None and acr not in sufficient:
            raise InsufficientAuthentication(sufficient)


def _values(group: str, values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not values:
        raise ValueError(f"`assurance.{group}` is a list of `acr` values, one at least")
    if not all(isinstance(each, str) and _VALUE.fullmatch(each) for each in values):
        raise ValueError(
            f"`assurance.{group}` has an `acr` value that is no text without blanks or quotation marks"
        )
    return tuple(values)
