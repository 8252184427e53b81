"""A person with a plan and people around it, whom no other test knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from resources import (
    DZOP,
    SINCE,
    SSIN,
    Resource,
    bundle,
    communication,
    concept,
    consent,
    entity,
    goal,
    ours,
    participant,
    practitioner,
    provision,
    put,
    ref,
    ssin,
    task,
)
from serving import Service

MEMBERS = {
    "gp": "general-practitioner",
    "nurse": "health-professional",
    "helper": "welfare-professional",
}
FAMILY = {"carer": "informal-carer", "neighbour": "informal-network"}


@dataclass(frozen=True)
class Person:
    """The person, the references to the people around them, and clients in their names.

    `gp`, `nurse`, `helper` (professionals), `carer` and `neighbour` (related) are members of the
    team; `stranger` is a general practitioner and `cousin` a related person without any relation.
    """

    server: Service
    mark: str
    ssin: str

    def ref(self, type: str, name: str) -> str:
        """The reference of a resource of this person's world."""
        return f"{type}/{name}-{self.mark}"

    @property
    def patient(self) -> str:
        return self.ref("Patient", "person")

    def who(self, name: str) -> str:
        """The reference of somebody around the person: `person`, `gp`, `carer`, `stranger` ..."""
        if name == "person":
            return self.patient
        if name == "system":
            return name
        return self.ref("RelatedPerson" if name in (*FAMILY, "cousin") else "Practitioner", name)

    def client(self, name: str, **options: Any) -> httpx.Client:
        """A client in the name of somebody around the person."""
        return self.server.client(self.who(name), **options)

    def store(self, *resources: Resource) -> None:
        """Stores resources as the operator, in one transaction."""
        transaction = bundle("transaction", *[put(each) for each in resources])
        answer = self.server.client("system").post("/", json=transaction)
        assert answer.status_code == 200, answer.text

    def sharing(self, status: str = "active", **elements: Any) -> Resource:
        """The person's sharing consent."""
        permit = provision("permit", period={"start": SINCE})
        return consent(
            self.ref("Consent", "sharing"), "sharing", self.patient, permit, status=status, **elements
        )

    def settings(self, *provisions: Resource) -> Resource:
        """The person's settings, as the one list they are."""
        rules = {"type": "permit", **({"provision": list(provisions)} if provisions else {})}
        return consent(self.ref("Consent", "settings"), "settings", self.patient, rules)

    def team(self, *participants: Resource, **elements: Any) -> Resource:
        """The team, with the usual members unless others are given."""
        usual = [participant(self.who(name), role) for name, role in {**MEMBERS, **FAMILY}.items()]
        return entity(
            self.ref("CareTeam", "team"),
            **{
                "status": "active",
                "name": "Team",
                "subject": ref(self.patient),
                "participant": list(participants) or usual,
                **elements,
            },
        )

    def directory(self) -> list[Resource]:
        """Everybody who works around the person, and a stranger, each with an employer of their own."""
        professions = {**MEMBERS, "stranger": "general-practitioner"}
        staff = []
        for name, profession in professions.items():
            employer = self.ref("Organization", f"employer-{name}")
            staff += [entity(employer, active=True, name="Werkgever")]
            staff += practitioner(self.who(name), profession, employer)
        return staff

    def family(self) -> list[Resource]:
        """The Patient and the related persons; `cousin` is in no team."""
        related = [
            entity(self.who(name), active=True, patient=ref(self.patient), name=[{"text": name}])
            for name in (*FAMILY, "cousin")
        ]
        identifier = [{"system": SSIN, "value": self.ssin}]
        return [
            entity(self.patient, identifier=identifier, name=[{"text": "Jet"}], birthDate="1944-03-17"),
            *related,
        ]

    def plan(self) -> list[Resource]:
        """One resource of each type of the person's compartment, and of each category that shows differently."""
        patient, nurse, carer = self.patient, self.who("nurse"), self.who("carer")
        life = self.ref("Goal", "life")
        link = {
            "url": "http://hl7.org/fhir/StructureDefinition/goal-relationship",
            "extension": [
                {"url": "type", "valueCodeableConcept": {"text": "draagt bij aan"}},
                {"url": "target", "valueReference": ref(life)},
            ],
        }
        needs, burden = ours("data-category", "needs-assessment"), ours("data-category", "carer-burden")
        snomed = concept("http://snomed.info/sct", "44054006")
        return [
            entity(
                self.ref("CarePlan", "plan"),
                status="active",
                intent="plan",
                title="Plan",
                subject=ref(patient),
                author=ref(patient),
                goal=[ref(life)],
            ),
            goal(life, patient, "life-goal", expressedBy=ref(patient)),
            goal(self.ref("Goal", "care"), patient, extension=[link]),
            task(
                self.ref("Task", "weigh"),
                patient,
                owner=ref(nurse),
                focus=ref(self.ref("Goal", "care")),
                requester=ref(self.who("gp")),
            ),
            task(self.ref("Task", "market"), patient, owner=ref(self.who("neighbour"))),
            communication(self.ref("Communication", "message"), patient, "message", self.who("gp"), nurse),
            communication(self.ref("Communication", "journal"), patient, "journal", patient),
            communication(self.ref("Communication", "note"), patient, "shared-note", nurse),
            entity(
                self.ref("Observation", "mobility"),
                status="final",
                category=[needs],
                code={"text": "Stappen"},
                subject=ref(patient),
                performer=[ref(nurse)],
            ),
            entity(
                self.ref("Observation", "burden"),
                status="final",
                category=[burden],
                code={"text": "Last"},
                subject=ref(patient),
                performer=[ref(carer)],
            ),
            entity(
                self.ref("QuestionnaireResponse", "answers"),
                status="completed",
                subject=ref(patient),
                author=ref(nurse),
            ),
            entity(
                self.ref("Appointment", "visit"),
                status="booked",
                start="2027-01-11T10:00:00+01:00",
                end="2027-01-11T10:30:00+01:00",
                participant=[{"actor": ref(each), "status": "accepted"} for each in (patient, nurse)],
            ),
            entity(
                self.ref("Condition", "diabetes"),
                code=snomed,
                subject=ref(patient),
                recorder=ref(self.who("gp")),
            ),
            entity(
                self.ref("DocumentReference", "report"),
                status="current",
                subject=ref(patient),
                author=[ref(self.who("gp"))],
                content=[{"attachment": {"contentType": "text/plain", "data": "R29lZA=="}}],
            ),
            entity(
                self.ref("Composition", "consultation"),
                status="final",
                type=ours("data-category", "shared-note"),
                subject=ref(patient),
                date="2026-02-03",
                author=[ref(self.who("gp"))],
                title="Verslag van het overleg",
            ),
            entity(
                self.ref("Binary", "photo"),
                contentType="image/png",
                securityContext=ref(self.ref("Communication", "journal")),
                data="iVBORw0KGgo=",
            ),
            entity(
                self.ref("ServiceRequest", "physio"),
                status="active",
                intent="order",
                subject=ref(patient),
                requester=ref(self.who("gp")),
            ),
            entity(
                self.ref("CommunicationRequest", "call"),
                status="active",
                subject=ref(patient),
                sender=ref(nurse),
            ),
            entity(
                self.ref("Encounter", "stay"),
                status="finished",
                subject=ref(patient),
                **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}},
            ),
            entity(
                self.ref("List", "pinned"),
                status="current",
                mode="working",
                subject=ref(patient),
                source=ref(nurse),
                entry=[{"item": ref(life)}],
            ),
            entity(
                self.ref("Provenance", "origin"),
                target=[ref(life)],
                recorded="2026-01-05T14:00:00+01:00",
                agent=[{"who": ref(patient)}],
            ),
        ]


def new_person(server: Service) -> Person:
    """A person entered with family, team, sharing consent and a whole plan."""
    person = Person(server, uuid4().hex[:10], ssin())
    person.store(*person.directory(), *person.family(), person.team(), person.sharing(), *person.plan())
    return person


def ids(answer: httpx.Response) -> list[str]:
    """The ids of the matches of a search, in order."""
    assert answer.status_code == 200, answer.text
    return [
        each["resource"]["id"] for each in answer.json().get("entry", ()) if each["search"]["mode"] == "match"
    ]


def refused(answer: httpx.Response) -> tuple[int, str]:
    """(status, code of the first issue) of a refusal, which always is an OperationOutcome."""
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome"
    return answer.status_code, body["issue"][0]["code"]


__all__ = ["DZOP", "FAMILY", "MEMBERS", "Person", "ids", "new_person", "refused"]
