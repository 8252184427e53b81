"""Claims of a verified token -> Actor, with the directory asked anew on every request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from dzop.actor import SYSTEM, Actor
from dzop.fhir.outcome import Forbidden, Unauthenticated
from dzop.store import directory
from dzop.store.database import Connection, Row

_OF_PERSONS = {"Patient": "person", "RelatedPerson": "related-person"}


class Barred(Forbidden):
    """Known, and not to act; `actor` is for the log."""

    def __init__(self, text: str, actor: Actor) -> None:
        super().__init__(text)
        self.actor = actor


async def actor_of(
    database: Connection, subject: str, role: str | None, token: Actor, now: datetime, *, sandbox: bool
) -> Actor:
    """The actor that a token's subject is now; `token` has what the token itself says: scopes, client.

    `subject` is `system` (sandbox only), `Patient/x`, `RelatedPerson/x`, `Organization/x` (its own
    software), `Practitioner/x` or `PractitionerRole/x`; `role` overrides the profession (sandbox only).
    Barred for a suspended professional, and for one with several capacities who named none.
    """
    kind = subject.partition("/")[0]
    if subject == SYSTEM:
        if not sandbox:
            raise Unauthenticated("`system` acts on its own machine only")
        return replace(token, individual=SYSTEM, role=SYSTEM)
    if kind in _OF_PERSONS:
        return replace(token, individual=subject, role=_OF_PERSONS[kind], keys=(subject,))
    if kind not in ("Practitioner", "PractitionerRole", "Organization"):
        raise Unauthenticated("the token names nobody who can act here")
    rows = await database.rows(directory.CAPACITIES, actor=subject, now=now)
    if not all(row["active"] for row in rows):
        raise suspended(subject, token)
    if kind == "Organization":
        keys = _keys(rows[0], subject, rows[0]["keys"])
        return replace(token, individual=subject, role="system-client", organization=subject, keys=keys)
    return _professional(subject, rows, role if sandbox else None, token)


def _professional(subject: str, rows: list[Row], role: str | None, token: Actor) -> Actor:
    in_force = [row for row in rows if row["role"] and row["in_force"]]
    unable = replace(token, individual=subject, role="none")
    if subject.startswith("PractitionerRole/") and not in_force:
        raise Barred("this capacity is suspended, has ended, or is not known", unable)
    if len(in_force) > 1 and role is None:
        raise Barred("you work in several capacities: ask for a token for one PractitionerRole", unable)
    if len(in_force) != 1:
        return replace(
            token, individual=subject, role=role or "none", keys=_keys(rows[0], subject, rows[0]["keys"])
        )
    return in_capacity(in_force[0], in_force[0]["keys"], replace(token, role=role or ""))


def in_capacity(row: Row, keys: Iterable[str], token: Actor) -> Actor:
    """The professional in the capacity of a row of the directory, who goes by these keys too.

    The role is that of the profession, unless `token` has one.
    """
    individual = row["practitioner"] or row["role"]
    return replace(
        token,
        individual=individual,
        role=token.role or row["profession"] or "none",
        organization=row["organization"] or None,
        practitioner_role=row["role"],
        keys=_keys(row, individual, keys),
    )


def suspended(subject: str, token: Actor) -> Barred:
    """What to raise for who is suspended."""
    return Barred(
        "this professional or organisation is suspended", replace(token, individual=subject, role="none")
    )


def _keys(row: Row, own: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Every key by which a resource may name the actor."""
    return tuple(dict.fromkeys(key for key in (own, row["role"], row["organization"], *keys) if key))
