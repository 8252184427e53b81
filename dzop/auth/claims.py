"""What a verified token says, whoever issued it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Claims", "Identity"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is in the words of an identity provider, to be found among those who are known here.

    `ssin` 11 digits, `nihdi` 8 or 11 digits; `discipline` a code of CD-HCPARTY (`persphysician`); `organization` the
    NIHDI or CBE number of the organisation in whose name it is asked; `mandator` the SSIN of the person on whose
    behalf; `fhir_user` a reference such as `Practitioner/x` where the provider knows it.
    """

    ssin: str | None = None
    nihdi: str | None = None
    discipline: str | None = None
    organization: str | None = None
    mandator: str | None = None
    fhir_user: str | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says.

    `subject` is a reference such as `Patient/x`, or `system`; in a token of another issuer it is empty until `identity`
    has been found here. `patient` is the id of the Patient in context. `grant` and `session` (`sid`) are what
    the token ends with; `acr` is how sure the issuer is of who it is.
    """

    subject: str
    scopes: frozenset[str]
    issuer: str
    expires: datetime
    token_id: str | None = None
    client_id: str | None = None
    role: str | None = None
    patient: str | None = None
    identity: Identity | None = None
    issued: datetime | None = None
    grant: str | None = None
    session: str | None = None
    acr: str | None = None

    @property
    def is_system(self) -> bool:
        return self.subject == "system"
