"""From the codes of a PractitionerRole or a team participant to a role of the matrix, read from
`professions.csv`.

CD-HCPARTY names professions, not functions: a physician is a health-professional, and `general-practitioner`
takes our own code. Verzorgende / aide-soignante (`perspracticalnurse`) counts as family help. Administrative
staff, data managers and drivers have no row, and so no role.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from importlib.resources import files

__all__ = ["FUNCTIONS", "PROFESSIONS", "ROLE_OF_CODE", "ROLE_SYSTEM", "read", "role_of", "roles_of"]

ROLE_SYSTEM = "https://dzop.example/fhir/CodeSystem/role"

PROFESSIONS = ("general-practitioner", "health-professional", "welfare-professional", "hospital-sender")
"""The roles a professional brings by profession and may have in a team, widest first."""

_FUNCTION_SYSTEM = "https://dzop.example/fhir/CodeSystem/team-function"

FUNCTIONS = frozenset(
    (_FUNCTION_SYSTEM, code)
    for code in (
        "educator",
        "family-coach",
        "gmd-holder",
        "liaison",
        "oncology-coordinator",
        "reference-person",
    )
)
"""What a professional may do for a team beside the role, as (system, code): it names no role and takes none.

Look-alike coordinators coordinate nothing by it: that is a role of its own, with its own agreement.
"""

_WIDEST_FIRST = (*PROFESSIONS, "informal-carer", "informal-network")

_LEGACY = {
    "https://www.ehealth.fgov.be/standards/fhir/CodeSystem/cd-hcparty": (
        "https://www.ehealth.fgov.be/standards/fhir/core/CodeSystem/cd-hcparty"
    )
}


def read(text: str) -> Mapping[tuple[str, str], str]:
    """The role of each (system, code) in a file of lines `system,code,role`."""
    return {(line["system"], line["code"]): line["role"] for line in csv.DictReader(text.splitlines())}


ROLE_OF_CODE = read(files("consent").joinpath("professions.csv").read_text("utf-8"))
"""The role of each (system, code) that has one."""


def roles_of(codings: Iterable[tuple[str | None, str | None]]) -> frozenset[str]:
    """The roles our own codes among these name; `no-relation` for a code of our system that is not in it."""
    return frozenset(
        ROLE_OF_CODE.get((ROLE_SYSTEM, code or ""), "no-relation")
        for system, code in codings
        if system == ROLE_SYSTEM
    )


def role_of(codings: Iterable[tuple[str | None, str | None]]) -> str | None:
    """The one role these (system, code) pairs mean together; None when none of them is mapped.

    Our own code refines a CD-HCPARTY code; among several of one kind the one with fewer rights counts.
    `care-coordinator` adds to a base role and never refines one, so it is the answer only when nothing else
    is.
    """
    mapped = [key for key in map(_canonical, codings) if key in ROLE_OF_CODE]
    own = {ROLE_OF_CODE[key] for key in mapped if key[0] == ROLE_SYSTEM} - {"care-coordinator"}
    others = {ROLE_OF_CODE[key] for key in mapped if key[0] != ROLE_SYSTEM}
    return max(own or others or {ROLE_OF_CODE[key] for key in mapped}, key=_narrowness, default=None)


def _canonical(coding: tuple[str | None, str | None]) -> tuple[str, str]:
    system, code = coding
    return _LEGACY.get(system or "", system or ""), code or ""


def _narrowness(role: str) -> tuple[int, str]:
    return (_WIDEST_FIRST.index(role) if role in _WIDEST_FIRST else len(_WIDEST_FIRST), role)
