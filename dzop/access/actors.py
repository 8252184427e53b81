"""Claims of a verified token -> Actor, with the directory asked anew on every request."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from dzop.actor import SYSTEM, Actor
from dzop.fhir.outcome import Forbidden, Unauthenticated
from dzop.store import directory
from dzop.store.database import Database, Row

_OF_PERSONS = {"Patient": "person", "RelatedPerson": "related-person"}


async def actor_of(
    database: Database, subject: str, role: str | None, scopes: Collection[str], client: str, now: datetime, *, sandbox: bool
) -> Actor:
    """The actor that a token's subject is now.

    `subject` is `system` (sandbox only), `Patient/x`, `RelatedPerson/x`, `Organization/x` (its own
    software), `Practitioner/x` or `PractitionerRole/x`; `role` overrides the profession (sandbox only).
    Forbidden for a suspended professional, and for one with several capacities who named none.
    """
    kind = subject.partition("/")[0]
    given = {"scopes": tuple(scopes), "client": client}
    if subject == SYSTEM:
        if not sandbox:
            raise Unauthenticated("`system` acts on its own machine only")
        return Actor(SYSTEM, SYSTEM, **given)
    if kind in _OF_PERSONS:
        return Actor(subject, _OF_PERSONS[kind], keys=(subject,), **given)
    if kind == "Organization":
        row = await database.row(directory.CAPACITIES, actor=subject, now=now)
        _refuse_suspended(row is None or row["active"])
        return Actor(subject, "system-client", subject, keys=_keys(row, subject), **given)
    if kind not in ("Practitioner", "PractitionerRole"):
        raise Unauthenticated("the token names nobody who can act here")
    rows = await database.rows(directory.CAPACITIES, actor=subject, now=now)
    return _professional(subject, rows, role if sandbox else None, given)


def _professional(subject: str, rows: list[Row], role: str | None, given: dict[str, object]) -> Actor:
    _refuse_suspended(all(row["active"] for row in rows))
    in_force = [row for row in rows if row["role"] and row["in_force"]]
    if subject.startswith("PractitionerRole/") and not in_force:
        raise Forbidden("this capacity is suspended, has ended, or is not known")
    if len(in_force) > 1 and role is None:
        raise Forbidden("you work in several capacities: ask for a token for one PractitionerRole")
    row = in_force[0] if len(in_force) == 1 else None
    individual = row["practitioner"] if row and row["practitioner"] else subject
    return Actor(
        individual,
        role or (row["profession"] if row else None) or "none",
        organization=(row["organization"] if row else None) or None,
        practitioner_role=row["role"] if row else None,
        keys=_keys(row or (rows[0] if rows else None), individual),
        **given,  # type: ignore[arg-type]
    )


def _refuse_suspended(active: bool) -> None:
    if not active:
        raise Forbidden("this professional is suspended")


def _keys(row: Row | None, own: str) -> tuple[str, ...]:
    """Every key by which a resource may name the actor."""
    named = [row["role"], row["organization"], *row["keys"]] if row else []
    return tuple(dict.fromkeys(key for key in (own, *named) if key))
