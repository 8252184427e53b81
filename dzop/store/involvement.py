"""Who was ever near a person, by every version of the teams and consents, whoever may see them today."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, literal, select

from dzop.store.statement import compiled
from dzop.store.tables import resource_version

__all__ = ["VERSIONS"]

VERSIONS = compiled(
    select(resource_version.c.type, resource_version.c.body).where(
        resource_version.c.person == bindparam("person", type_=BigInteger),
        resource_version.c.type.in_([literal("CareTeam"), literal("Consent")]),
    )
)
"""Every version of the teams and consents of a person, as they were kept."""
