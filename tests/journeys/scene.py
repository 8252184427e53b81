"""A person, the people around, and what each of them sees: what the six scenarios are played on.

Every look is taken through four doors: read, search, what comes along with the person (`_revinclude`), and what comes
along with an appointment that names it (`_include`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from resources import (
    DZOP,
    SINCE,
    SSIN,
    Resource,
    bundle,
    consent,
    entity,
    participant,
    practitioner,
    provision,
    put,
    ref,
    ssin,
)
from serving import Service

from dzop.fhir.resource_types import RESOURCE_TYPES

Parameter = dict[str, Any]
COORDINATOR: Parameter = {
    "name": "role",
    "valueCoding": {"system": f"{DZOP}/CodeSystem/role", "code": "care-coordinator"},
}


@dataclass(frozen=True)
class Scene:
    """`cast` is who plays: their references by name; `person` is who it is all about."""

    server: Service
    mark: str
    cast: Mapping[str, str]
    roles: Mapping[str, str] = field(default_factory=dict)

    @property
    def patient(self) -> str:
        return self.cast["person"]

    def ref(self, type: str, name: str) -> str:
        """The reference of a resource of this scene."""
        return f"{type}/{name}-{self.mark}"

    def client(self, name: str, **options: Any) -> httpx.Client:
        """A client in the name of somebody of the cast, or `system`."""
        return self.server.client(self.cast.get(name, name), **options)

    def store(self, *resources: Resource) -> None:
        """Stores resources as the operator, in one transaction."""
        answer = self.client("system").post("/", json=bundle("transaction", *map(put, resources)))
        assert answer.status_code == 200, answer.text

    def write(self, name: str, resource: Resource, answered: int = 201) -> Resource:
        """What somebody writes under its own id, and what comes back."""
        answer = self.client(name).put(f"/{resource['resourceType']}/{resource['id']}", json=resource)
        assert answer.status_code == answered, answer.text
        return dict(answer.json()) if answer.content else {}

    def read(self, name: str, reference: str) -> Resource:
        answer = self.client(name).get(f"/{reference}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def change(self, name: str, reference: str, *, answered: int = 200, **elements: Any) -> Resource:
        """What somebody changes: reads it, puts other elements in (None takes one out), and writes it back."""
        changed = {**self.read(name, reference), **elements}
        kept = {key: value for key, value in changed.items() if value is not None}
        return self.write(name, kept, answered)

    def ask(self, name: str, path: str, *parameters: Parameter, answered: int = 200) -> Any:
        """What an operation answers (POST); `path` as in `CareTeam/x/$agree`."""
        body = {"resourceType": "Parameters", **({"parameter": list(parameters)} if parameters else {})}
        answer = self.client(name).post(f"/{path}", json=body)
        assert answer.status_code == answered, answer.text
        return answer.json() if answer.content else None

    def sees(self, name: str, *references: str) -> None:
        """Asserts that somebody sees all of these, through every door."""
        assert [each for each in self._looks(name, references) if not each[2]] == []

    def misses(self, name: str, *references: str) -> None:
        """Asserts that somebody sees none of these, through any door."""
        assert [each for each in self._looks(name, references) if each[2]] == []

    def _looks(self, name: str, references: Sequence[str]) -> list[tuple[str, str, bool]]:
        """(what, through which door, whether it is seen)."""
        client = self.client(name)
        found = [(each, "read", client.get(f"/{each}").status_code == 200) for each in references]
        for type, ids in _by_type(references).items():
            named = [f"{type}/{id}" for id in ids]
            seen = _seen(client, type, _id=",".join(ids))
            found += [(each, "search", each in seen) for each in named]
            beside = self._beside_the_person(client, type)
            found += [(each, "_revinclude", each in beside) for each in named if beside]
        along = self._along_with_an_appointment(client, name, references)
        return found + [(each, "_include", each in along) for each in references if along]

    def _beside_the_person(self, client: httpx.Client, type: str) -> set[str]:
        """The person and what of this type comes along; nothing for who does not know the person."""
        if not RESOURCE_TYPES[type].parameter("patient"):
            return set()
        id = self.patient.partition("/")[2]
        return _seen(client, "Patient", _id=id, _revinclude=f"{type}:patient")

    def _along_with_an_appointment(
        self, client: httpx.Client, name: str, references: Sequence[str]
    ) -> set[str]:
        """An appointment of who looks, and what comes along of all that it names; nothing for who sees no such."""
        there = dict.fromkeys(
            self.cast[each] for each in ("person", name) if not _is_software(self.cast[each])
        )
        appointment = entity(
            self.ref("Appointment", f"look-of-{name}"),
            status="proposed",
            participant=[{"actor": ref(each), "status": "accepted"} for each in there],
            supportingInformation=[ref(each) for each in references],
        )
        self.store(appointment)
        return _seen(client, "Appointment", _id=appointment["id"], _include="Appointment:supporting-info")


def scene(
    server: Service,
    *,
    family: Mapping[str, str] | None = None,
    professionals: Mapping[str, str] | None = None,
    organisations: Mapping[str, str] | None = None,
    outside: Mapping[str, str] | None = None,
    language: str = "nl",
    birth: str = "1944-03-17",
) -> Scene:
    """A person with a plan, a team and a sharing consent.

    `family` (RelatedPerson), `professionals` (each with an employer of their own, `employer-NAME`) and `organisations`
    are members by name and role; `outside` are professionals without any relation. A member with the role `""` is no
    member, only known: a relative without a place in the team.
    """
    mark = uuid4().hex[:8]
    family, professionals = family or {}, professionals or {}
    organisations, outside = organisations or {}, outside or {}
    cast = {"person": f"Patient/person-{mark}"}
    cast |= {name: f"RelatedPerson/{name}-{mark}" for name in family}
    cast |= {name: f"Practitioner/{name}-{mark}" for name in (*professionals, *outside)}
    cast |= {
        f"employer-{name}": f"Organization/employer-{name}-{mark}" for name in (*professionals, *outside)
    }
    cast |= {name: f"Organization/{name}-{mark}" for name in organisations}
    made = Scene(server, mark, cast, {**family, **professionals, **organisations, **outside})
    made.store(
        *_directory(made, professionals, organisations, outside), *_people(made, family, language, birth)
    )
    made.store(*_plan(made, {**family, **professionals, **organisations}))
    return made


def parameter(name: str, **value: Any) -> Parameter:
    """A parameter of an operation: `parameter("member", valueReference=ref(...))`."""
    return {"name": name, **value}


def coordinated_by(made: Scene, name: str) -> None:
    """Somebody of the team takes up coordination, and the person agrees."""
    team = made.ref("CareTeam", "team")
    made.ask(name, f"{team}/$claim-coordination")
    made.ask(
        "person", f"{team}/$agree", parameter("member", valueReference=ref(made.cast[name])), COORDINATOR
    )


def events(made: Scene, name: str, **asked: str) -> list[Resource]:
    """What the access log tells somebody about the person, the newest first."""
    about = {"patient": made.patient, "_count": "200", **asked}
    found = made.client(name).get("/AuditEvent", params=about).json()
    return [each["resource"] for each in found.get("entry", ())]


def remarks(made: Scene, name: str) -> dict[str, list[str]]:
    """What the overview of the plan tells somebody: what each remark, by its code, is about."""
    told = made.client(name).get(f"/{made.ref('CarePlan', 'plan')}/$overview").json()
    found = {}
    for each in told.get("parameter", ()):
        (code,) = (part["valueCoding"]["code"] for part in each["part"] if part["name"] == "code")
        about = [part["valueReference"]["reference"] for part in each["part"] if part["name"] == "about"]
        found[code] = about
    return found


def mandate(made: Scene, name: str, since: str = "2026-01-01", **elements: Any) -> list[Resource]:
    """That somebody speaks for the person, and the document that says so."""
    proof = made.ref("DocumentReference", f"mandate-{name}")
    named = provision("permit", (made.cast[name],), period={"start": since})
    attached = [{"attachment": {"contentType": "text/plain", "data": "R29lZA=="}}]
    return [
        entity(proof, status="current", subject=ref(made.patient), content=attached),
        consent(
            made.ref("Consent", f"mandate-{name}"),
            "mandate",
            made.patient,
            named,
            **{"sourceReference": ref(proof), **elements},
        ),
    ]


def _directory(
    made: Scene,
    professionals: Mapping[str, str],
    organisations: Mapping[str, str],
    outside: Mapping[str, str],
) -> list[Resource]:
    found = [entity(made.cast[name], active=True, name=name) for name in organisations]
    for name, role in {**professionals, **outside}.items():
        employer = made.cast[f"employer-{name}"]
        found += [entity(employer, active=True, name=f"Werkgever van {name}")]
        found += practitioner(made.cast[name], role, employer)
    return found


def _people(made: Scene, family: Mapping[str, str], language: str, birth: str) -> list[Resource]:
    spoken = {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": language}]}, "preferred": True}
    person = entity(
        made.patient,
        identifier=[{"system": SSIN, "value": ssin()}],
        name=[{"text": f"Persoon {made.mark}"}],
        birthDate=birth,
        communication=[spoken],
    )
    related = [
        entity(made.cast[name], active=True, patient=ref(made.patient), name=[{"text": name}])
        for name in family
    ]
    return [person, *related]


def _plan(made: Scene, members: Mapping[str, str]) -> list[Resource]:
    entries = [participant(made.cast[name], role) for name, role in members.items() if role]
    team = made.ref("CareTeam", "team")
    permit = provision("permit", period={"start": SINCE})
    return [
        entity(team, status="active", name="Team", subject=ref(made.patient), participant=entries),
        entity(
            made.ref("CarePlan", "plan"),
            status="active",
            intent="plan",
            title="Zorg- en ondersteuningsplan",
            subject=ref(made.patient),
            careTeam=[ref(team)],
        ),
        consent(made.ref("Consent", "sharing"), "sharing", made.patient, permit),
    ]


def _by_type(references: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for reference in references:
        type, _, id = reference.partition("/")
        found.setdefault(type, []).append(id)
    return found


def _seen(client: httpx.Client, type: str, **asked: str) -> set[str]:
    """The references of all that a search brings."""
    answer = client.get(f"/{type}", params=asked)
    assert answer.status_code == 200, answer.text
    found = (each["resource"] for each in answer.json().get("entry", ()))
    return {f"{each['resourceType']}/{each['id']}" for each in found}


def _is_software(reference: str) -> bool:
    """Software of an organisation takes part in nothing."""
    return reference.startswith("Organization/")
