"""A real store and the real adapter before a real hub: one person, a team, and a partner of their own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from resources import SSIN, Resource, consent, entity, goal, participant, practitioner, provision, ref, ssin

from consent.matrix import load
from dzop.access.actors import actor_of
from dzop.access.gateway import Gateway
from dzop.access.keeping import Written
from dzop.access.logged import Asked
from dzop.access.proposal import Proposal
from dzop.access.unit import Unit
from dzop.actor import SYSTEM, Actor, Call
from dzop.exchange.adapter import Adapter
from dzop.exchange.hub import Faults, HubState, hub_app
from dzop.exchange.hub.state import Sender, Version
from dzop.exchange.kept_outbox import KeptOutbox
from dzop.exchange.kept_plans import KeptPlans
from dzop.exchange.node_client import NodeClient
from dzop.exchange.partners import Partner
from dzop.fhir.json import parse
from dzop.store.audit import Writer
from dzop.store.database import Database, Row
from dzop.store.statement import Statement
from tests.exchange.fakes import BASE, CBE, NIHDI, OURS, THEIRS, Clock

TYPES = ("Goal", "CareTeam", "CarePlan", "Task")


@dataclass
class Home:
    """`mark` makes every id of this home its own, so that homes share a database."""

    url: str
    database: Database
    audit: Writer
    mark: str = field(default_factory=lambda: uuid4().hex[:8])
    ssin: str = field(default_factory=ssin)
    clock: Clock = field(default_factory=Clock)
    hub: HubState = field(default_factory=HubState)

    def __post_init__(self) -> None:
        self.app = hub_app(self.hub)
        organization = self.ref("Organization", "hub")
        self.joined_by(Partner(f"hub-{self.mark}", "node", "http://hub", OURS, organization, TYPES))
        self.hub.consent(self.ssin, given=True)
        for number in (OURS, THEIRS):
            self.hub.relation(self.ssin, number.rpartition("|")[2], given=True)

    def joined_by(self, partner: Partner) -> None:
        """From now on the exchange is with this partner."""
        self.partner = partner
        self.gateway = Gateway(self.database, self.audit, load(), BASE, {partner.name: frozenset(TYPES)})
        self.outbox = KeptOutbox(self.database, partner, self.clock)
        self.plans = KeptPlans(self.database, self.gateway, partner, BASE, self.clock)

    def ref(self, type: str, name: str) -> str:
        return f"{type}/{name}-{self.mark}"

    @property
    def patient(self) -> str:
        return self.ref("Patient", "person")

    @property
    def gp(self) -> str:
        return self.ref("Practitioner", "gp")

    def adapter(self, transport: httpx.AsyncBaseTransport | None = None) -> Adapter:
        """A new one, as after a start of the process."""
        client = NodeClient.to("http://hub", OURS, 5, transport or httpx.ASGITransport(self.app))
        return Adapter(self.partner, client, self.outbox, self.plans, self.clock, BASE)

    def faults(self, spec: str) -> None:
        self.app.state.faults = Faults.read(spec)

    # -- what people do here -----------------------------------------------------------------------

    async def call(self, who: str) -> Call:
        if who == SYSTEM:
            return Call(Actor(SYSTEM, SYSTEM), self.clock())
        return Call(
            await actor_of(self.database, who, None, Actor("", ""), self.clock(), sandbox=False), self.clock()
        )

    async def write(self, *resources: Resource, by: str = SYSTEM) -> None:
        """Stores resources in one transaction."""
        proposals = [
            Proposal(each["resourceType"], each["id"], parse(json.dumps(each).encode())) for each in resources
        ]

        async def work(unit: Unit) -> list[Written]:
            return [await unit.update(each, None, may_create=True) for each in proposals]

        await self.gateway.commit(await self.call(by), work)
        self.clock.advance(seconds=1)

    async def delete(self, reference: str) -> None:
        type, _, id = reference.partition("/")

        async def work(unit: Unit) -> Written | None:
            return await unit.delete(type, id, None)

        await self.gateway.commit(await self.call(SYSTEM), work)
        self.clock.advance(seconds=1)

    async def found(self, reference: str) -> dict[str, Any]:
        """The resource as the operator sees it."""
        type, _, id = reference.partition("/")
        shown = await self.gateway.read(await self.call(SYSTEM), type, id)
        value: dict[str, Any] = json.loads(shown.served)
        return value

    async def log(self, *, by: str) -> list[tuple[str, str, str]]:
        """(interaction, outcome, resource) of what `by` did with this person's plan, oldest first."""
        self.clock.advance(seconds=1)
        asked = Asked((("patient", [self.patient.partition("/")[2]]),))
        events = await self.gateway.log(await self.call(SYSTEM), asked, before=2**62, count=1000)
        return [
            (event["subtype"][0]["code"], event["outcome"], entity["what"]["reference"].partition("/_")[0])
            for each in reversed(events)
            if by in json.dumps((event := each.resource)["agent"])
            for entity in event["entity"][-1:]
        ]

    async def move_in(self) -> None:
        """Person, directory, a team of the GP and the partner, and sharing consent."""
        doctor, role = practitioner(self.gp, "general-practitioner", self.ref("Organization", "practice"))
        await self.write(
            entity(
                self.partner.organization,
                name="Hub",
                identifier=[{"system": CBE, "value": OURS.rpartition("|")[2]}],
            ),
            entity(self.ref("Organization", "practice"), name="Praktijk"),
            {**doctor, "identifier": [{"system": NIHDI, "value": self.number}]},
            role,
            entity(
                self.patient, identifier=[{"system": SSIN, "value": self.ssin}], name=[{"family": "Test"}]
            ),
            self.team(self.gp, self.partner.organization),
            self.sharing(),
        )

    @property
    def number(self) -> str:
        """The GP's NIHDI, this home's own."""
        return f"1{int(self.mark, 16) % 10**7:07}004"

    def team(self, *members: str) -> Resource:
        roles = {self.gp: "general-practitioner", self.partner.organization: "system-client"}
        return entity(
            self.ref("CareTeam", "team"),
            status="active",
            subject=ref(self.patient),
            participant=[participant(each, roles[each]) for each in members],
        )

    def sharing(self, status: str = "active", period: Resource | None = None) -> Resource:
        permit = provision("permit", period=period or {"start": "2020-01-01"})
        return consent(self.ref("Consent", "sharing"), "sharing", self.patient, permit, status=status)

    def settings(self, *provisions: Resource) -> Resource:
        rules = {"type": "permit", "provision": list(provisions)}
        return consent(self.ref("Consent", "settings"), "settings", self.patient, rules)

    def goal(self, name: str = "walk", text: str = "Terug naar de markt", **more: Any) -> Resource:
        described = {"description": {"text": text}, "expressedBy": ref(self.gp), **more}
        return goal(self.ref("Goal", name), self.patient, **described)

    def plan(self, *goals: str) -> Resource:
        return entity(
            self.ref("CarePlan", "plan"),
            status="active",
            intent="plan",
            title="Plan",
            subject=ref(self.patient),
            goal=[ref(self.ref("Goal", each)) for each in goals],
        )

    # -- what is at the hub, and what GP software does there ----------------------------------------

    def at_hub(self, *types: str) -> list[tuple[str, int]]:
        """Type and newest version of each node, in the order of their last change."""
        return [
            (each.type, each.version)
            for each in self.hub.newest(self.ssin)
            if not types or each.type in types
        ]

    def node(self, type: str) -> Version:
        (version,) = self.hub.newest(self.ssin, type)
        return version

    def content(self, type: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.node(type).body or "{}")
        return found

    def hub_changes(self, type: str, *, sender: str = "", **elements: Any) -> None:
        """The GP changes elements of the only node of a type."""
        version = self.node(type)
        body = json.dumps(json.loads(version.body or "{}") | elements).encode()
        by = Sender(THEIRS, sender or f"{NIHDI}|{self.number}")
        self.hub.update((self.ssin, type, version.node), version.version, by, body, None)

    def hub_creates(self, type: str, **elements: Any) -> None:
        """The GP puts something new about the person."""
        about = {"identifier": {"system": SSIN, "value": self.ssin}}
        body = json.dumps({"resourceType": type, "subject": about, **elements}).encode()
        self.hub.create(self.ssin, type, Sender(THEIRS, f"{NIHDI}|{self.number}"), body, None)

    # -- what the store holds --------------------------------------------------------------------------

    async def waiting(self) -> dict[str, tuple[str, int | None]]:
        """State and code of each entry of the outbox."""
        rows = await self._rows(
            "select type, id, state, code from outbox where partner = $1 order by sequence"
        )
        return {f"{row['type']}/{row['id']}": (row["state"], row["code"]) for row in rows}

    async def kept(self) -> list[tuple[str, str | None]]:
        """Kind and resource of each change in quarantine."""
        rows = await self._rows(
            "select kind, type, id from exchange_quarantine where partner = $1 order by sequence"
        )
        return [(row["kind"], row["id"] and f"{row['type']}/{row['id']}") for row in rows]

    async def is_parked(self) -> bool:
        """Is the lane in nobody's turn until something changes?"""
        (row,) = await self._rows(
            "select due_at is null and pull_at = 'infinity' as parked from exchange_lane where partner = $1"
        )
        return bool(row["parked"])

    async def _rows(self, sql: str) -> list[Row]:
        return await self.database.rows(Statement(sql, ("partner",), {}), partner=self.partner.name)


@asynccontextmanager
async def home_on(url: str) -> AsyncIterator[Home]:
    """A home on the database at `url`, into which nobody has moved yet."""
    async with Database.opened(url, 4) as database, Writer.running(database) as audit:
        yield Home(url, database, audit)
