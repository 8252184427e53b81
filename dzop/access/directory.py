"""Changes of the directory: who works where, and whose plans that concerns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from consent.periods import read_period
from consent.professions import role_of
from dzop.fhir.paths import values
from dzop.fhir.references import actor_key
from dzop.store import directory, grants
from dzop.store.database import Transaction
from dzop.store.tables import ALWAYS, FOREVER

_FACTS = ["CareTeam", "Consent"]


async def record(transaction: Transaction, value: Mapping[str, Any], base: str) -> set[int]:
    """Keeps what the directory says of this resource; returns the persons whose facts mention it."""
    type, key = value["resourceType"], f"{value['resourceType']}/{value['id']}"
    if type == "PractitionerRole":
        await transaction.run(directory.PUT_ROLE, role=key, **_role(value, base))
        return await _mentioning(transaction, role_ids=[value["id"]], identifiers=[])
    if type in ("Practitioner", "Organization"):
        keys = [
            found for each in value.get("identifier", []) if (found := actor_key({"identifier": each}, base))
        ]
        await transaction.run(directory.CLEAR_IDENTIFIERS, actor=key)
        # The actor's own reference is among its keys, so that its state is known without identifiers.
        active = bool(value.get("active", True))
        await transaction.run(directory.PUT_IDENTIFIERS, actor=key, keys=[key, *keys], active=active)
        # Who keeps out one record of a professional keeps out this one as well.
        same = {row["actor"] for row in await transaction.rows(directory.SAME, keys=[key])} - {key}
        others = [actor.removeprefix("Practitioner/") for actor in same]
        return await _mentioning(transaction, role_ids=[], identifiers=keys, practitioner_ids=others)
    return set()


def _role(value: Mapping[str, Any], base: str) -> dict[str, Any]:
    codings = [(each.get("system"), each.get("code")) for each in values(value, "code.coding")]
    period = read_period(value.get("period"))
    return {
        "practitioner": actor_key(value.get("practitioner", {}), base) or "",
        "organization": actor_key(value.get("organization", {}), base) or "",
        "profession": role_of(codings),
        "active": bool(value.get("active", True)),
        "valid_from": period.start or ALWAYS,
        "valid_until": period.end or FOREVER,
    }


async def _mentioning(
    transaction: Transaction,
    role_ids: list[str],
    identifiers: list[str],
    practitioner_ids: Sequence[str] = (),
) -> set[int]:
    """Persons whose facts name it by role or identifier: their grants resolve it anew."""
    rows = await transaction.rows(
        grants.MENTIONING,
        types=_FACTS,
        role_ids=role_ids,
        practitioner_ids=list(practitioner_ids),
        identifier_values=[key.partition("|")[2][:8] for key in identifiers],
    )
    return {row["person"] for row in rows}
