"""Changes of the directory act at once, with the same token."""

from __future__ import annotations

import httpx
from persons import Person
from resources import ours, ref


def test_a_role_that_is_deleted_gives_no_access(person: Person, system: httpx.Client) -> None:
    nurse, goal = person.client("nurse"), person.ref("Goal", "life")
    before = nurse.get(goal).status_code
    system.delete(person.who("nurse").replace("Practitioner/", "PractitionerRole/"))

    assert (before, nurse.get(goal).status_code) == (200, 404)


def test_who_has_a_function_alone_is_what_the_directory_says_they_are(
    person: Person, system: httpx.Client
) -> None:
    role = person.ref("PractitionerRole", "nurse")
    person.store(person.team({"role": [ours("team-function", "educator")], "member": ref(role)}))
    nurse, document = person.client("nurse"), person.ref("DocumentReference", "report")
    seen = [nurse.get(document).status_code]
    for profession in ("welfare-professional", "health-professional"):
        changed = {**system.get(role).json(), "code": [ours("role", profession)]}
        system.put(role, json=changed)
        seen.append(nurse.get(document).status_code)

    assert seen == [200, 404, 200]


def test_a_professional_who_is_deleted_is_refused(person: Person, system: httpx.Client) -> None:
    nurse, goal = person.client("nurse"), person.ref("Goal", "life")
    before = nurse.get(goal).status_code
    system.delete(person.who("nurse"))

    assert (before, nurse.get(goal).status_code) == (200, 403)


def test_an_author_still_corrects_what_they_wrote_when_sharing_ends(person: Person) -> None:
    nurse = person.client("nurse")
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "Elke dag een wandeling"},
        "subject": {"reference": person.patient},
    }
    own = nurse.post("/Goal", json=goal).json()
    person.store(person.sharing("inactive"))
    corrected = nurse.put(f"/Goal/{own['id']}", json=own | {"lifecycleStatus": "entered-in-error"})

    assert (corrected.status_code, nurse.post("/Goal", json=goal).status_code) == (200, 422)


def test_what_stands_beside_a_national_number_is_served_as_it_was_sent(system: httpx.Client) -> None:
    ssin = '{"system": "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin", "value": "44031799819"}'
    other = '{"value": "a", "extension": [{"url": "https://gp.example/weight", "valueDecimal": 1.10}]}'
    body = f'{{"resourceType": "Practitioner", "identifier": [{ssin}, {other}]}}'
    answer = system.post("/Practitioner", content=body, headers={"Content-Type": "application/fhir+json"})

    assert (answer.status_code, f'"identifier": [{other}]' in answer.text, "44031799819" in answer.text) == (
        201, True, False
    )  # fmt: skip
