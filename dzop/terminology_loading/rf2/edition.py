"""Which edition of SNOMED CT a release is, and of which day.

https://docs.snomed.org/snomed-ct-specifications/snomed-ct-uri-standard
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from terminology.fault import Fault

__all__ = ["SNOMED_CT", "Edition", "edition_of"]

SNOMED_CT: Final = "http://snomed.info/sct"
_CORE: Final = "900000000000207008"
# The digits of a concept's identifier that say that it is of an extension.
_OF_EXTENSION: Final = "10"


@dataclass(frozen=True, slots=True)
class Edition:
    """`module` is the identifier of the edition's module, `date` the day of the release, YYYYMMDD."""

    module: str
    date: str

    @property
    def version(self) -> str:
        """The version as R4 writes it: https://hl7.org/fhir/R4/snomedct.html#version."""
        return f"{SNOMED_CT}/{self.module}/version/{self.date}"


def edition_of(dependencies: Iterable[tuple[str, str]], module: str | None) -> Edition:
    """The edition of a release by its modules and their days, as its module dependencies have them: `module` if it is
    given, else the one extension there is, else the international edition.

    Fault `invalid` when there is no such module, or more than one extension.
    """
    days = dict(sorted(dependencies))
    chosen = module or _most_special(days)
    if chosen not in days:
        raise Fault("invalid", f"The release has no module `{chosen}`; it has {_listed(days) or 'none'}")
    return Edition(chosen, days[chosen])


def _most_special(modules: Iterable[str]) -> str:
    # Those of maps depend on the module of the edition too, so who depends on whom does not tell which one it is.
    found = [each for each in modules if each[-3:-1] == _OF_EXTENSION]
    if len(found) > 1:
        raise Fault(
            "invalid",
            f"The release has several modules; say with --module which one names it: {_listed(found)}",
        )
    return found[0] if found else _CORE


def _listed(modules: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in modules)
