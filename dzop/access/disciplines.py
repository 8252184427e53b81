"""Which capacity a profession fits: an identity provider says `persphysician`, the directory `perscardiologist`.

https://www.ehealth.fgov.be/standards/fhir/core/CodeSystem/cd-hcparty has no hierarchy; that a cardiologist is a
physician says a line of `disciplines.csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from importlib.resources import files
from typing import Final

from consent.professions import role_of

__all__ = ["CD_HCPARTY", "fits"]

CD_HCPARTY: Final = "https://www.ehealth.fgov.be/standards/fhir/core/CodeSystem/cd-hcparty"

_LINES = files("dzop.access").joinpath("disciplines.csv").read_text("utf-8").splitlines()
_DISCIPLINES: Final = {line["speciality"]: line["discipline"] for line in csv.DictReader(_LINES)}


def fits(discipline: str, codes: Collection[str], profession: str | None) -> bool:
    """Whether who is of this discipline may act in a capacity with these codes of CD-HCPARTY.

    Where the directory has no such code, the role that the capacity has here (`profession`) must be that of
    the discipline; a general practitioner is a physician.
    """
    if codes:
        return any(discipline in (code, _DISCIPLINES.get(code)) for code in codes)
    if profession == "general-practitioner":
        return discipline in ("persphysician", "persgeneralphysician")
    return profession is not None and profession == role_of([(CD_HCPARTY, discipline)])
