"""CarePlan/[id]/$billing-facts: when an organisation took part, and nothing else of the plan."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from persons import Person
from resources import Resource, entity, ours, participant, practitioner, provision, ref

TODAY = datetime.now(ZoneInfo("Europe/Brussels")).date().isoformat()
SENSITIVE = {
    "security": [{"system": "https://dzop.example/fhir/CodeSystem/data-category", "code": "sensitive"}]
}
SPRING = {"start": "2026-03-01", "end": "2026-05-31"}


def asked(person: Person, name: str = "nurse", **query: str) -> httpx.Response:
    address = f"/{person.ref('CarePlan', 'plan')}/$billing-facts"
    return person.client(name).get(address, params={**SPRING, **query})


def told(person: Person, name: str = "nurse", **query: str) -> dict[str, list[Any]]:
    """The values by the name of their parameter."""
    answer = asked(person, name, **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, list[Any]] = {}
    for each in answer.json()["parameter"]:
        (value,) = [value for key, value in each.items() if key != "name"]
        found.setdefault(each["name"], []).append(value)
    return found


def employer(person: Person, name: str) -> str:
    return person.ref("Organization", f"employer-{name}")


def consultation(person: Person, *names: str, **elements: Any) -> Resource:
    """One that took place in April, with the person and these."""
    there = [ref(person.who(each)) for each in ("person", *names)]
    return entity(
        person.ref("Appointment", "consultation"),
        **{
            "status": "fulfilled",
            "appointmentType": ours("meeting-kind", "mdo"),
            "start": "2026-04-09T14:00:00+02:00",
            "end": "2026-04-09T15:00:00+02:00",
            "participant": [{"actor": each, "status": "accepted"} for each in there],
            **elements,
        },
    )


def meeting(person: Person, *names: str, **elements: Any) -> Resource:
    """The same as an Encounter."""
    return entity(
        person.ref("Encounter", "consultation"),
        **{
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"},
            "type": [ours("meeting-kind", "mdo")],
            "subject": ref(person.patient),
            "period": {"start": "2026-04-16T14:00:00+02:00", "end": "2026-04-16T15:00:00+02:00"},
            "participant": [{"individual": ref(person.who(each))} for each in names],
            **elements,
        },
    )


def as_nurse(person: Person, **elements: Any) -> Resource:
    return participant(person.who("nurse"), "health-professional", **elements)


# -- what is told ----------------------------------------------------------------------------------------


def test_it_tells_the_organisation_its_periods_and_days_and_nothing_else(person: Person) -> None:
    coordinates = participant(
        person.who("nurse"), "care-coordinator", period={"start": "2026-04-01", "end": "2026-04-30"}
    )
    person.store(person.team(as_nurse(person), coordinates), consultation(person, "nurse"))
    assert asked(person).json() == {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "organization", "valueReference": {"reference": employer(person, "nurse")}},
            {"name": "involvement", "valuePeriod": SPRING},
            {"name": "coordination", "valuePeriod": {"start": "2026-04-01", "end": "2026-04-30"}},
            {"name": "consultation", "valueDate": "2026-04-09"},
        ],
    }


def test_of_an_organisation_that_did_nothing_there_is_nothing_to_tell(person: Person) -> None:
    stranger = employer(person, "stranger")
    assert told(person, organization=stranger) == {"organization": [{"reference": stranger}]}


def test_the_person_asks_of_any_organisation(person: Person) -> None:
    assert told(person, "person", organization=employer(person, "gp"))["involvement"] == [SPRING]


def test_software_of_an_organisation_asks_of_its_own(person: Person) -> None:
    own = employer(person, "nurse")
    person.store(person.team(participant(own, "health-professional")))
    answer = person.server.client(own).get(f"/{person.ref('CarePlan', 'plan')}/$billing-facts", params=SPRING)
    assert [each["name"] for each in answer.json()["parameter"]] == ["organization", "involvement"]


def test_the_person_sees_in_the_log_who_asked(person: Person) -> None:
    told(person, "gp")
    logged = person.client("person").get("/AuditEvent", params={"subtype": "$billing-facts"}).json()
    agents = [each["resource"]["agent"][0]["who"]["reference"] for each in logged["entry"]]
    assert agents == [person.who("gp")]


# -- in the team -----------------------------------------------------------------------------------------


def test_who_waits_for_agreement_is_not_involved(person: Person) -> None:
    role = {"name": "role", "valueCodeableConcept": ours("role", "health-professional")}
    member = {"name": "member", "valueReference": ref(person.who("stranger"))}
    body = {"resourceType": "Parameters", "parameter": [member, role]}
    person.client("nurse").post(f"/{person.ref('CareTeam', 'team')}/$propose", json=body)
    found = told(person, organization=employer(person, "stranger"), start="2026-01-01", end=TODAY)
    assert "involvement" not in found


def test_who_says_no_beginning_is_involved_since_it_was_agreed(person: Person) -> None:
    joined = participant(person.who("stranger"), "health-professional")
    del joined["period"]
    person.store(person.team(as_nurse(person), joined))
    found = told(person, organization=employer(person, "stranger"), end=TODAY)
    assert found["involvement"] == [{"start": TODAY, "end": TODAY}]


def test_who_was_taken_out_was_involved_before(person: Person) -> None:
    person.store(person.team(participant(person.who("helper"), "welfare-professional")))
    assert told(person, "helper", organization=employer(person, "nurse"))["involvement"] == [SPRING]


def test_a_team_that_was_entered_in_error_never_was(person: Person) -> None:
    own = employer(person, "nurse")
    before = "involvement" in told(person, "person", organization=own)
    person.store(person.team(as_nurse(person), status="entered-in-error"))
    assert (before, "involvement" in told(person, "person", organization=own)) == (True, False)


def test_two_people_one_after_the_other_are_one_involvement(person: Person) -> None:
    own = employer(person, "nurse")
    person.store(
        *practitioner(person.who("stranger"), "health-professional", own),
        person.team(
            as_nurse(person, period={"start": "2026-03-05", "end": "2026-03-31"}),
            participant(
                person.who("stranger"),
                "health-professional",
                period={"start": "2026-04-01", "end": "2026-04-20"},
            ),
        ),
    )
    found = told(person, "person", organization=own)
    assert found["involvement"] == [{"start": "2026-03-05", "end": "2026-04-20"}]


def test_somebody_counts_for_the_time_of_working_there(person: Person) -> None:
    _, role = practitioner(person.who("nurse"), "health-professional", employer(person, "nurse"))
    person.store({**role, "active": False, "period": {"start": "2020-01-01", "end": "2026-03-15"}})
    found = told(person, "gp", organization=employer(person, "nurse"))
    assert found["involvement"] == [{"start": "2026-03-01", "end": "2026-03-15"}]


def test_who_is_in_the_team_for_one_employer_does_not_count_for_another(person: Person) -> None:
    second = person.ref("Organization", "second-employer")
    _, role = practitioner(person.who("stranger"), "health-professional", second)
    named = person.ref("PractitionerRole", "second")
    person.store(
        entity(second, active=True, name="Tweede werkgever"),
        {**role, "id": named.partition("/")[2]},
        person.team(participant(named, "health-professional")),
    )
    found = [
        "involvement" in told(person, "person", organization=each)
        for each in (second, employer(person, "stranger"))
    ]
    assert found == [True, False]


# -- consultations ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "elements",
    [
        {"status": "booked"},
        {"status": "noshow"},
        {"appointmentType": ours("meeting-kind", "home-visit")},
        {"start": "2026-02-28T23:30:00+01:00"},
    ],
    ids=["booked", "noshow", "of another kind", "before"],
)
def test_what_is_no_consultation_held_in_that_time_is_not_told(person: Person, elements: Resource) -> None:
    person.store(consultation(person, "nurse", **elements))
    assert "consultation" not in told(person)


def test_who_declined_did_not_take_part(person: Person) -> None:
    held = consultation(person, "gp", "nurse")
    held["participant"][2]["status"] = "declined"
    person.store(held)
    found = ["consultation" in told(person, name) for name in ("gp", "nurse", "helper")]
    assert found == [True, False, False]


def test_an_encounter_of_an_appointment_is_the_same_consultation(person: Person) -> None:
    planned = consultation(person, "nurse")
    same = meeting(person, "nurse", appointment=[ref(f"Appointment/{planned['id']}")])
    person.store(planned, same)
    assert told(person)["consultation"] == ["2026-04-09"]


def test_an_encounter_alone_is_a_consultation_too(person: Person) -> None:
    person.store(meeting(person, "nurse"))
    assert told(person)["consultation"] == ["2026-04-16"]


def test_two_consultations_on_one_day_are_two(person: Person) -> None:
    again = {**consultation(person, "nurse"), "id": f"again-{person.mark}"}
    person.store(consultation(person, "nurse"), again)
    assert told(person)["consultation"] == ["2026-04-09", "2026-04-09"]


def test_a_consultation_that_is_hidden_is_not_told(person: Person) -> None:
    person.store({**consultation(person, "nurse"), "meta": SENSITIVE})
    own = employer(person, "nurse")
    found = ["consultation" in told(person, name, organization=own) for name in ("person", "gp", "helper")]
    assert found == [True, True, False]


def test_who_is_shown_no_appointments_is_told_none(person: Person) -> None:
    person.store(
        consultation(person, "nurse"),
        person.settings(provision("deny", (person.who("helper"),), ("appointment",))),
    )
    assert "consultation" not in told(person, "helper", organization=employer(person, "nurse"))


# -- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"end": "2099-01-01"}, "end"),
        ({"start": "2026-06-01"}, "start"),
        ({"start": "2026-03"}, "start"),
        ({"end": "yesterday"}, "end"),
        ({"organization": "Practitioner/x"}, "organization"),
        ({"organization": "https://elsewhere.example/fhir/Organization/x"}, "organization"),
    ],
    ids=str,
)
def test_a_time_or_an_organisation_that_cannot_be_is_refused(
    known: Person, query: dict[str, str], named: str
) -> None:
    answer = asked(known, **query)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, [named])


def test_who_acts_for_no_organisation_names_one(known: Person) -> None:
    answer = asked(known, "person")
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, ["organization"])


@pytest.mark.parametrize("left_out", ["CareTeam", "Appointment", "Encounter", "PractitionerRole"])
def test_a_token_that_does_not_reach_what_is_told_of_is_refused(known: Person, left_out: str) -> None:
    types = {"CarePlan", "CareTeam", "Appointment", "Encounter", "PractitionerRole"} - {left_out}
    scope = " ".join(f"user/{each}.rs" for each in sorted(types))
    address = f"/{known.ref('CarePlan', 'plan')}/$billing-facts"
    assert known.client("nurse", scope=scope).get(address, params=SPRING).status_code == 403
