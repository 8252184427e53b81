"""What is hidden changes no byte of an answer (access law, "Disclosure")."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from persons import Person, new_person
from resources import SSIN, Resource, bundle, communication, entity, goal, ours, provision, ref, task

IDENTIFIER = "https://gp.example/shared"
TYPES = (
    "Patient",
    "RelatedPerson",
    "CarePlan",
    "Goal",
    "CareTeam",
    "Task",
    "Consent",
    "Communication",
    "Appointment",
    "ServiceRequest",
    "CommunicationRequest",
    "Encounter",
    "Condition",
    "Observation",
    "QuestionnaireResponse",
    "DocumentReference",
    "Provenance",
)
SEARCHES = (
    *(f"{type}?_total=accurate&_count=3" for type in TYPES),
    *(f"{type}?_sort=-_lastUpdated&_count=2" for type in TYPES),
    f"Goal?identifier={IDENTIFIER}|1&_total=accurate",
    f"Communication?identifier={IDENTIFIER}|1",
    "Task?_include=Task:focus&_include=Task:owner&_include=Task:patient",
    "Goal?category:not=life-goal&_count=0&_total=accurate",
    "Communication?category=message&_sort=sent",
    "Communication?recipient:missing=false",
    "Provenance?_include=Provenance:target",
    "Observation?category=https://dzop.example/fhir/CodeSystem/data-category|&_total=accurate",
    "Patient?birthdate=1944-03-17",
    "Patient?name=jet&_sort=_id&_total=accurate",
    "CarePlan?_include=CarePlan:goal&_include=CarePlan:patient",
    "Goal?_lastUpdated=ge2020",
    "Task?focus:Goal.lifecycle-status=active&_total=accurate",
    f"Task?focus:Goal.identifier={IDENTIFIER}|1&_total=accurate",
    "Goal?_has:Task:focus:status=requested&_total=accurate",
    "Patient?_has:Observation:patient:status=final&_total=accurate",
    "Goal?_filter=lifecycle-status eq active and category ne life-goal&_total=accurate",
    "Goal?_text=markt&_total=accurate",
    "Observation?_content=x&_total=accurate",
    "Goal?category:text=x&_total=accurate",
    "Goal?category:in=https://dzop.example/fhir/ValueSet/goal-category&_total=accurate",
    "Goal?category:not-in=https://dzop.example/fhir/ValueSet/goal-category&_total=accurate",
    "Task?focus:Goal.category:below=https://dzop.example/fhir/CodeSystem/goal-category|life-goal&_total=accurate",
    "Goal?_security=https://dzop.example/fhir/CodeSystem/data-category|sensitive&_total=accurate",
    "Goal?_sort=lifecycle-status,-start-date,identifier&_count=1",
    "Task?_include=*&_include:iterate=*",
    "Patient?_revinclude=Goal:patient&_revinclude=Observation:patient&_revinclude:iterate=Task:focus",
    "Goal?_revinclude=Task:focus&_revinclude=Provenance:target",
    "Task/$mine?date=2099-01-01&_count=1",
    "Task/$mine?date=2099-01-01&_count=1&_total=accurate",
    "Goal?_summary=count",
    "Goal?_elements=identifier&_count=2",
    "Goal?_displayLanguage=nl&_count=2",
    "Task?_display=missing&_include=Task:focus",
    "Goal/_history?_display=all&_count=2",
    "Goal/_history?_count=2",
    "Observation/_history?_since=2020&_count=1",
    "Communication/_history?_at=2099",
)


def normalised(text: str) -> str:
    """An answer without what may differ: the Bundle's own id and time, and page tokens."""
    text = re.sub(r"_page=[^\"&]+", "_page=", text)
    head = re.match(r'\{"resourceType":"Bundle","id":"[^"]*","meta":\{"lastUpdated":"[^"]*"\}', text)
    return text if head is None else text[head.end() :]


def answers(person: Person, client: httpx.Client) -> list[tuple[str, int, str, str]]:
    """What an actor is told, question by question, with every page that follows."""
    hidden = [
        person.ref("Communication", "hidden"),
        person.ref("Goal", "hidden"),
        person.ref("Observation", "burden"),
    ]
    reads = [f"{reference}{path}" for reference in hidden for path in ("", "/_history", "/_history/1")]
    visible = [
        person.ref("Goal", "life"),
        person.ref("Task", "market"),
        person.ref("Task", "market") + "/_history",
        person.patient,
    ]
    found = []
    for url in (*SEARCHES, *reads, *visible, f"Patient?identifier={SSIN}|{person.ssin}&_total=accurate"):
        following: str | None = f"{person.server.fhir}/{url}"
        while following:
            answer = client.get(following)
            found.append((url, answer.status_code, answer.headers.get("ETag", ""), normalised(answer.text)))
            links = answer.json().get("link", ()) if answer.is_success else ()
            following = next((link["url"] for link in links if link["relation"] == "next"), None)
    return found


def writes(person: Person, client: httpx.Client) -> list[tuple[int, str]]:
    """What an actor is told when a write must not go through."""
    life = goal("Goal/x", person.patient, identifier=[{"system": IDENTIFIER, "value": "1"}])
    batch = bundle(
        "batch",
        *[
            {"request": {"method": "GET", "url": url}}
            for url in (person.ref("Goal", "hidden"), "Goal?_total=accurate&_count=0")
        ],
    )
    conditional = task("Task/x", person.patient, focus=ref(f"Goal?identifier={IDENTIFIER}|2"))
    asked = [
        client.put(
            person.ref("Goal", "hidden"),
            json=goal(person.ref("Goal", "hidden"), person.patient),
            headers={"If-Match": 'W/"1"'},
        ),
        client.delete(person.ref("Communication", "hidden"), headers={"If-Match": 'W/"1"'}),
        client.delete(person.ref("Communication", "hidden")),
        client.post(
            "/Goal",
            json=life | {"subject": ref("Patient/nobody")},
            headers={"If-None-Exist": f"identifier={IDENTIFIER}|3"},
        ),
        client.post(
            "/",
            json=bundle(
                "transaction", {"resource": conditional, "request": {"method": "POST", "url": "Task"}}
            ),
        ),
        client.post("/", json=batch),
    ]
    return [
        (each.status_code, re.sub(r'"(id|lastUpdated)":"[^"]*"', "", normalised(each.text))) for each in asked
    ]


def elsewhere(person: Person) -> list[Resource]:
    """What happens in the plan of somebody else, as like this one as can be."""
    other = new_person(person.server)
    alike = [{"system": IDENTIFIER, "value": value} for value in "123"]
    return [
        *other.plan(),
        entity(
            other.patient,
            identifier=[{"system": SSIN, "value": other.ssin}],
            name=[{"text": "Jet"}],
            birthDate="1944-03-17",
        ),
        goal(person.ref("Goal", "hidden"), other.patient, identifier=alike),
        communication(
            person.ref("Communication", "hidden"), other.patient, "message", other.patient, other.who("nurse")
        ),
        task(person.ref("Task", "hidden"), other.patient, focus=ref(person.ref("Goal", "life"))),
    ]


def between_others(person: Person) -> list[Resource]:
    """Entries of the same plan that neither a family helper, a neighbour, a carer nor a stranger may see."""
    alike = [{"system": IDENTIFIER, "value": "1"}]
    patient = person.patient
    return [
        {
            **communication(
                person.ref("Communication", "hidden"),
                patient,
                "message",
                person.who("gp"),
                person.who("nurse"),
            ),
            "identifier": alike,
        },
        communication(person.ref("Communication", "diary"), patient, "journal", patient),
        entity(
            person.ref("DocumentReference", "hidden"),
            status="current",
            subject=ref(patient),
            author=[ref(person.who("gp"))],
            content=[{"attachment": {"contentType": "text/plain"}}],
        ),
        {
            **goal(person.ref("Goal", "hidden"), patient, identifier=alike),
            "meta": {"security": ours("data-category", "sensitive")["coding"]},
        },
        entity(
            person.ref("Observation", "hidden"),
            status="final",
            category=[ours("data-category", "prem")],
            code={"text": "x"},
            subject=ref(patient),
        ),
    ]


def of_the_carer(person: Person) -> list[Resource]:
    """What the carer says about the own burden, which nobody else sees."""
    burden = ours("data-category", "carer-burden")
    names = ("burden", "more", "yet-more")
    return [
        entity(
            person.ref("Observation", name),
            status="final",
            category=[burden],
            code={"text": name},
            subject=ref(person.patient),
            performer=[ref(person.who("carer"))],
            identifier=[{"system": IDENTIFIER, "value": "1"}],
        )
        for name in names
    ]


CASES = [
    *((elsewhere, actor) for actor in ("person", "nurse", "neighbour", "stranger")),
    *((between_others, actor) for actor in ("helper", "carer", "neighbour", "cousin", "stranger")),
    *((of_the_carer, actor) for actor in ("person", "gp", "nurse", "helper", "neighbour")),
]


@pytest.mark.parametrize(("hidden", "actor"), CASES)
def test_hidden_data_changes_no_answer(
    person: Person, hidden: Callable[[Person], list[Resource]], actor: str
) -> None:
    client = person.client(actor)
    before = answers(person, client), writes(person, client)
    person.store(*hidden(person))
    assert (answers(person, client), writes(person, client)) == before


@pytest.mark.parametrize("actor", ["helper", "neighbour", "stranger"])
def test_hidden_data_that_changes_and_goes_changes_no_answer(person: Person, actor: str) -> None:
    client = person.client(actor)
    before = answers(person, client), writes(person, client)
    stored = between_others(person)
    person.store(*stored)
    person.store(*[{**each, "language": "nl"} for each in stored])
    person.server.client("system").post(
        "/",
        json=bundle(
            "transaction", {"request": {"method": "DELETE", "url": person.ref("Communication", "hidden")}}
        ),
    )
    assert (answers(person, client), writes(person, client)) == before


def test_a_setting_for_somebody_else_changes_no_answer(person: Person) -> None:
    client = person.client("nurse")
    before = answers(person, client)
    person.store(person.settings(provision("deny", (person.who("helper"),), ("plan", "task"))))
    assert answers(person, client) == before


def test_the_person_s_log_is_silent_about_what_the_carer_keeps(person: Person) -> None:
    log = f"/AuditEvent?patient={person.patient}&_count=200"
    person.store(*of_the_carer(person))
    person.client("carer").get(person.ref("Observation", "more"))
    text = person.client("person").get(log).text
    assert [
        name for name in ("burden", "more", "yet-more") if f"Observation/{name}-{person.mark}" in text
    ] == []


def test_the_comparison_would_notice_something_visible(person: Person) -> None:
    client = person.client("gp")
    before = answers(person, client)
    person.store(goal(person.ref("Goal", "new"), person.patient))
    assert answers(person, client) != before
