"""A photograph is seen by whoever sees what it belongs to."""

from __future__ import annotations

from persons import Person
from resources import Resource, communication, entity, ours, ref

PNG = "iVBORw0KGgo="


def photograph(person: Person, of: str) -> Resource:
    return entity(person.ref("Binary", "wound"), contentType="image/png", securityContext=ref(of), data=PNG)


def readers(person: Person, reference: str) -> set[str]:
    names = ("person", "gp", "nurse", "helper", "carer", "neighbour", "stranger")
    return {name for name in names if person.client(name).get(f"/{reference}").status_code == 200}


def test_a_photograph_of_a_message_is_for_whom_the_message_is_for(person: Person) -> None:
    message = person.ref("Communication", "message")
    answer = person.client("gp").put(f"/{person.ref('Binary', 'wound')}", json=photograph(person, message))
    assert (answer.status_code, readers(person, person.ref("Binary", "wound"))) == (
        201,
        readers(person, message),
    )


def test_a_message_to_the_team_brings_its_photograph_to_the_team(person: Person) -> None:
    gp, message = person.client("gp"), person.ref("Communication", "team")
    sent = communication(message, person.patient, "message", person.who("gp"), person.ref("CareTeam", "team"))
    statuses = [gp.put(f"/{each['resourceType']}/{each['id']}", json=each).status_code
                for each in (sent, photograph(person, message))]  # fmt: skip
    assert (statuses, readers(person, person.ref("Binary", "wound"))) == (
        [201, 201],
        readers(person, message),
    )


def test_who_may_not_see_what_it_is_of_is_told_nothing(person: Person) -> None:
    answer = person.client("nurse").put(
        f"/{person.ref('Binary', 'wound')}", json=photograph(person, person.ref("Communication", "journal"))
    )
    assert (answer.status_code, answer.json()["issue"][0].get("expression")) == (
        422,
        ["Binary.securityContext"],
    )


def test_a_report_is_a_document_unless_it_says_that_it_is_for_the_team(person: Person) -> None:
    report = {
        "resourceType": "Composition", "status": "final", "type": ours("document-kind", "mdo-report"),
        "subject": ref(person.patient), "date": "2026-02-03", "author": [ref(person.who("gp"))], "title": "Verslag",
    }  # fmt: skip
    gp = person.client("gp")
    closed = gp.post("/Composition", json=report).json()
    opened = gp.post(
        "/Composition", json={**report, "category": [ours("data-category", "shared-note")]}
    ).json()
    assert [
        person.client("carer").get(f"/Composition/{each['id']}").status_code for each in (closed, opened)
    ] == [404, 200]
