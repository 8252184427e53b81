"""Which version of a definition counts when none is named, and whether one is meant.

https://hl7.org/fhir/R4/references.html#canonical
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["fits", "order"]

_PART: Final = re.compile(r"[0-9]+|[A-Za-z]+|-(?=[A-Za-z])")
_SNOMED: Final = re.compile(r"http://snomed\.info/x?sct/([0-9]+)/version/([0-9]+)")
_NUMBER, _TEXT, _END, _BEFORE = 3, 2, 1, 0


def order(version: str) -> tuple[tuple[int, int, str], ...]:
    """A key by which the newest version is the greatest: numbers count as numbers (`1.10` after `1.9`), what is
    longer is newer, but `2.0-draft` is before `2.0`. Of SNOMED CT's the date counts before the edition.
    """
    if edition := _SNOMED.fullmatch(version):
        return ((_NUMBER, int(edition[2]), ""), (_NUMBER, int(edition[1]), ""))
    return (*map(_ranked, _PART.findall(version)), (_END, 0, ""))


def fits(version: str, asked: str) -> bool:
    """Whether the version is the one asked, or any, or of the edition of SNOMED CT that is asked."""
    return asked in ("", version) or version.startswith(f"{asked}/version/")


def _ranked(part: str) -> tuple[int, int, str]:
    if part == "-":
        return (_BEFORE, 0, "")
    return (_NUMBER, int(part), "") if part.isdigit() else (_TEXT, 0, part)
