"""A colleague joins the team, reads, takes over for a week, and leaves: the person has the last word."""

from __future__ import annotations

from persons import Person
from resources import ours, ref

from dzop.plan.team import MEMBER_AGREEMENT

WEEK = {"start": "2030-05-06", "end": "2030-05-12"}


def test_a_nurse_brings_in_a_colleague_and_the_person_agrees(person: Person) -> None:
    where, plan = person.ref("CareTeam", "team"), person.ref("CarePlan", "plan")
    nurse, jet, colleague = (person.client(name) for name in ("nurse", "person", "stranger"))

    proposal = [
        {"name": "member", "valueReference": {**ref(person.who("stranger")), "display": "Dr. Verweg"}},
        {"name": "role", "valueCodeableConcept": ours("role", "general-practitioner")},
    ]
    asked = nurse.post(f"{where}/$propose", json={"resourceType": "Parameters", "parameter": proposal})
    assert (asked.status_code, colleague.get(plan).status_code) == (200, 404)

    # The portal reads the team, and sends it back with the entry agreed, if nobody changed it meanwhile.
    answer = jet.get(where)
    team = answer.json()
    (waiting,) = (
        extension
        for each in team["participant"]
        for extension in each["extension"]
        if extension["url"] == MEMBER_AGREEMENT and extension["valueCode"] == "proposed"
    )
    waiting["valueCode"] = "agreed"
    assert jet.put(where, json=team, headers={"If-Match": answer.headers["ETag"]}).status_code == 200

    assert colleague.get(plan).json()["title"] == "Plan"
    assert colleague.get(where).json()["participant"][-1]["member"]["display"] == "Dr. Verweg"

    assert colleague.post(f"{where}/$leave").status_code == 200
    assert (colleague.get(plan).status_code, colleague.get(where).status_code) == (404, 404)
    assert "end" in jet.get(where).json()["participant"][-1]["period"]
