"""What stands in the access log: who, what, with which outcome, and by which rules."""

from __future__ import annotations

from typing import Any

import pytest
from persons import Person

Event = dict[str, Any]


def log_of(person: Person, who: str) -> list[Event]:
    """The events of somebody around the person that the person may see, newest first."""
    answer = person.client("person").get("/AuditEvent", params={"patient": person.patient, "_count": "200"})
    events = [each["resource"] for each in answer.json().get("entry", ())]
    return [each for each in events if each["agent"][0]["who"].get("reference") == person.who(who)]


def details(event: Event, kind: str) -> list[str]:
    """The rules by which it was decided, or the version of the matrix."""
    found = [detail for entity in event["entity"] for detail in entity.get("detail", ())]
    return [detail["valueString"] for detail in found if detail["type"] == kind]


def test_a_read_names_its_rules_and_the_matrix(person: Person) -> None:
    person.client("nurse").get(f"/{person.ref('Goal', 'life')}")
    event = log_of(person, "nurse")[0]

    assert (event["outcome"], event["subtype"][0]["code"]) == ("0", "read")
    assert details(event, "rule") == [f"relation:team:{person.ref('CareTeam', 'team')}", "consent:sharing"]
    assert len(details(event, "matrix")) == 1


def test_a_search_names_its_rules(person: Person) -> None:
    person.client("nurse").get("/Goal", params={"patient": person.patient})

    assert "consent:sharing" in details(log_of(person, "nurse")[0], "rule")


def test_a_write_names_the_cell_that_permits_it(person: Person) -> None:
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "Elke dag een wandeling"},
        "subject": {"reference": person.patient},
    }
    answer = person.client("nurse").post("/Goal", json=goal)
    event = log_of(person, "nurse")[0]

    assert (answer.status_code, event["subtype"][0]["code"]) == (201, "create")
    assert any(rule.startswith("cell:care-goal/") for rule in details(event, "rule"))


@pytest.mark.parametrize("scope", ["user/Task.rs", "openid"])
def test_what_the_scopes_do_not_reach_is_in_the_log(person: Person, scope: str) -> None:
    answer = person.client("nurse", scope=scope).get(f"/{person.ref('Goal', 'life')}")
    event = log_of(person, "nurse")[0]

    assert (answer.status_code, event["outcome"]) == (403, "4")


def test_a_refused_write_is_in_the_log(person: Person) -> None:
    body = person.client("carer").get(f"/{person.ref('CarePlan', 'plan')}").json()
    answer = person.client("carer").put(f"/{person.ref('CarePlan', 'plan')}", json=body)
    event = log_of(person, "carer")[0]

    assert (answer.status_code, event["outcome"], event["action"]) == (403, "4", "U")
