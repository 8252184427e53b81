"""The plans behind the gateway, as one partner may read and change them at this moment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from dzop.access.actors import actor_of
from dzop.access.conflict_notice import tell_of_conflict
from dzop.access.gateway import Gateway
from dzop.access.proposal import Proposal
from dzop.access.shown import Shown
from dzop.access.unit import Unit
from dzop.actor import Call
from dzop.exchange.kept_outbox import actor_of_partner, held
from dzop.exchange.logical import SSIN, Identifier, Logical
from dzop.exchange.partners import Partner
from dzop.exchange.ports import (
    Applied,
    Change,
    Conflict,
    Content,
    Deleted,
    Lane,
    Merged,
    Outcome,
    Readable,
    Refused,
    Withheld,
)
from dzop.exchange.visit import LeaseLost
from dzop.fhir import verbatim
from dzop.fhir.json import Source, parse
from dzop.fhir.outcome import FhirError, Forbidden, PreconditionFailed, Unavailable, Unprocessable
from dzop.fhir.references import CBE, NIHDI, actor_key
from dzop.interactions.resource_body import faults
from dzop.plan.merge import merge
from dzop.store import directory, exchange
from dzop.store.database import Database

__all__ = ["KeptPlans"]

_OF_PERSON = ("Patient", "RelatedPerson")


class KeptPlans:
    """Each read and each change is a call of its own, with its rows in the access log."""

    def __init__(
        self, database: Database, gateway: Gateway, partner: Partner, base: str, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._partner = partner
        self._base = base
        self._clock = clock

    async def read(self, lane: Lane, reference: str) -> Readable:
        type, _, id = reference.partition("/")

        async def work(unit: Unit) -> Shown | None:
            return await unit.disclose(type, id)

        try:
            found = await self._gateway.commit(await self._call(self._partner.organization), work)
        except Forbidden as suspended:
            return Withheld(str(suspended))
        if found is None:
            return Withheld("The law or the person does not let this leave for the partner now.")
        return Deleted(found.version) if found.deleted else Content(found.version, found.served)

    async def identifiers(self, lane: Lane, literals: Collection[str]) -> Mapping[str, Identifier]:
        named = [literal.partition("/") for literal in literals]
        rows = await self._database.rows(
            exchange.IDENTIFIERS,
            types=[type for type, _, _ in named],
            ids=[id for _, _, id in named],
            ssin_system=SSIN,
            systems=[NIHDI, CBE],
            **held(lane),
        )
        return {f"{row['type']}/{row['id']}": Identifier(row["system"], row["code"]) for row in rows}

    async def literals(self, lane: Lane, logicals: Collection[Logical]) -> Mapping[Logical, str]:
        keys = {each: key for each in logicals if (key := self._key(each.identifier)) is not None}
        bearers = await self._bearers(lane, keys.values())
        found = {each: _of_type(bearers.get(key, set()), each.type) for each, key in keys.items()}
        # An identifier that two records carry names nobody.
        return {each: next(iter(meant)) for each, meant in found.items() if len(meant) == 1}

    async def apply(self, lane: Lane, change: Change, resource: bytes) -> Outcome:
        source = parse(resource)
        try:
            try:
                return await self._apply(lane, change, source)
            except PreconditionFailed as stale:
                return await self._overtaken(lane, change, source, stale)
        except Unavailable:
            raise
        except FhirError as refusal:
            return Refused(str(refusal))

    async def tell(self, lane: Lane, change: Change) -> None:
        call = await self._call(self._partner.organization)

        async def work(unit: Unit) -> None:
            if change.reference is not None:
                await tell_of_conflict(unit, call, change.reference, self._base)

        await self._gateway.commit(call, work)

    async def _apply(self, lane: Lane, change: Change, source: Source, *, merged: bool = False) -> Outcome:
        """Writes it; what is `merged` is placed as a version that the hub lacks."""
        call = await self._call(await self._sender(lane, change))
        issues = faults(source.value, is_system=False)
        if issues:
            raise Unprocessable(*issues)
        proposal = Proposal(change.node.type, str(source.value.get("id") or uuid4()), source)

        async def work(unit: Unit) -> Outcome:
            at = {"node": str(change.node), "hub_version": change.hub_version, **held(lane)}
            known = await unit.alongside(exchange.PLACED_AT, **at)
            if known is not None:
                return _taken_up(f"{known['type']}/{known['id']}", known["version"])
            written = (
                await unit.create(proposal)
                if change.reference is None
                else await unit.update(proposal, change.base, may_create=False)
            )
            version = 0 if merged else written.version
            named = {"type": written.type, "id": written.id, "version": version, "unplaced": []}
            if await unit.alongside(exchange.SENT, **named, **at) is None:
                raise LeaseLost
            return _taken_up(f"{written.type}/{written.id}", version)

        return await self._gateway.commit(call, work)

    async def _overtaken(
        self, lane: Lane, change: Change, source: Source, stale: PreconditionFailed
    ) -> Outcome:
        """Where the resource went on here: both changes together, or a conflict; refused when its very base is not
        the sender's to see.
        """
        type, _, id = (change.reference or "").partition("/")
        row = await self._database.row(exchange.STANDING, type=type, id=id, **held(lane))
        if row is None or (row["version"] == change.base and not row["deleted"]):
            return Refused(str(stale))
        call = await self._call(await self._sender(lane, change))
        versions = await self._gateway.both_versions(call, type, id, change.base)
        both = None if versions is None else _together(*versions, source)
        if versions is None or both is None:
            return Conflict(row["version"])
        try:
            upon = replace(change, base=versions[1].version)
            return await self._apply(lane, upon, both, merged=True)
        except PreconditionFailed:
            return Conflict(row["version"])

    # -- who acts ------------------------------------------------------------------------------------

    async def _call(self, subject: str) -> Call:
        now = self._clock()
        actor = await actor_of(
            self._database, subject, None, actor_of_partner(self._partner), now, sandbox=False
        )
        return Call(actor, now)

    async def _sender(self, lane: Lane, change: Change) -> str:
        """The professional whom the hub certifies, in the capacity at the sending organisation, if known
        here; else the partner itself.
        """
        names = [each for each in (change.professional, change.organization) if each]
        keys = {each: key for each in names if (key := self._key(_identifier(each))) is not None}
        bearers = await self._bearers(lane, keys.values())

        def only(name: str | None, type: str) -> str | None:
            meant = _of_type(bearers.get(keys.get(name or "", ""), set()), type)
            return next(iter(meant)) if len(meant) == 1 else None

        professional = only(change.professional, "Practitioner")
        if professional is None:
            return self._partner.organization
        organization = only(change.organization, "Organization")
        rows = await self._database.rows(directory.CAPACITIES, actor=professional, now=self._clock())
        there = [row["role"] for row in rows if row["in_force"] and row["organization"] == organization]
        return there[0] if len(there) == 1 else professional

    def _key(self, identifier: Identifier) -> str | None:
        return actor_key({"identifier": {"system": identifier.system, "value": identifier.value}}, self._base)

    async def _bearers(self, lane: Lane, keys: Collection[str]) -> Mapping[str, set[str]]:
        parts = [key.partition("|") for key in keys]
        rows = await self._database.rows(
            exchange.BEARERS,
            keys=list(keys),
            key_systems=[system for system, _, _ in parts],
            key_codes=[code for _, _, code in parts],
            of_person=list(_OF_PERSON),
            **held(lane),
        )
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row["key"], set()).add(row["actor"])
        return found


def _taken_up(reference: str, version: int) -> Applied | Merged:
    return Applied(reference, version) if version else Merged(reference)


def _together(then: Shown, now: Shown, source: Source) -> Source | None:
    """The change made to a version then, upon what it is now; None where the two contradict. Its `meta` is as sent."""
    base, theirs, ours = (_without_meta(each) for each in (then.served, source.text.encode(), now.served))
    merged = merge(base, theirs, ours)
    if merged.conflicts:
        return None
    sent = verbatim.read(source.text).get("meta")
    return parse(verbatim.written({**merged.value, **({"meta": sent} if sent else {})}))


def _without_meta(body: bytes) -> dict[str, Any]:
    return {name: value for name, value in verbatim.read(body).items() if name != "meta"}


def _identifier(text: str) -> Identifier:
    system, _, value = text.rpartition("|")
    return Identifier(system, value)


def _of_type(references: set[str], type: str | None) -> set[str]:
    return {each for each in references if type is None or each.startswith(f"{type}/")}
