"""A person decides who sees what; each change counts from the very next request on."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from persons import FAMILY, MEMBERS, Person, ids
from resources import Resource, consent, participant, provision

EVERYBODY = (*MEMBERS, *FAMILY)


def set_by(person: Person, resource: Resource) -> httpx.Response:
    """The person stores a resource of their own."""
    answer = person.client("person").put(f"/{resource['resourceType']}/{resource['id']}", json=resource)
    assert answer.status_code in (200, 201), answer.text
    return answer


def exclusion(person: Person, name: str, **elements: str) -> Resource:
    return consent(
        person.ref("Consent", f"exclude-{name}"),
        "exclusion",
        person.patient,
        provision("deny", (person.who(name),)),
        **elements,
    )


def plan_of(person: Person, client: httpx.Client) -> tuple[int, list[str]]:
    """What a client sees of the plan: by id, and by search."""
    return client.get(person.ref("CarePlan", "plan")).status_code, ids(
        client.get("/CarePlan", params={"patient": person.patient})
    )


def test_a_category_that_the_person_closes_is_gone_from_the_next_request_on(person: Person) -> None:
    nurse, note = person.client("nurse"), person.ref("Communication", "note")
    before = nurse.get(person.ref("Goal", "care")).status_code
    set_by(person, person.settings(provision("deny", (person.who("nurse"),), ("care-goal",))))
    assert (before, nurse.get(person.ref("Goal", "care")).status_code, nurse.get(note).status_code) == (
        200,
        404,
        200,
    )


def test_a_category_that_the_person_closes_is_gone_from_searches(person: Person) -> None:
    nurse = person.client("nurse")
    set_by(person, person.settings(provision("deny", (person.who("nurse"),), ("care-goal",))))
    assert ids(nurse.get("/Goal", params={"patient": person.patient})) == [f"life-{person.mark}"]


def test_a_category_that_the_person_opens_again_is_back(person: Person) -> None:
    nurse = person.client("nurse")
    set_by(person, person.settings(provision("deny", (person.who("nurse"),), ("care-goal",))))
    closed = nurse.get(person.ref("Goal", "care")).status_code
    set_by(person, person.settings())
    assert (closed, nurse.get(person.ref("Goal", "care")).status_code) == (404, 200)


def test_a_setting_for_one_member_leaves_the_others_alone(person: Person) -> None:
    set_by(person, person.settings(provision("deny", (person.who("nurse"),), ("care-goal",))))
    assert person.client("gp").get(person.ref("Goal", "care")).status_code == 200


def test_settings_never_narrow_the_person(person: Person) -> None:
    set_by(person, person.settings(provision("deny", (), ("care-goal", "plan"))))
    assert plan_of(person, person.client("person")) == (200, [f"plan-{person.mark}"])


@pytest.mark.parametrize("name", EVERYBODY)
def test_without_sharing_consent_nobody_sees_the_plan(person: Person, name: str) -> None:
    member = person.client(name)
    set_by(person, person.sharing("inactive"))
    assert plan_of(person, member) == (404, [])


def test_the_person_keeps_the_plan_without_sharing_consent(person: Person) -> None:
    set_by(person, person.sharing("inactive"))
    assert plan_of(person, person.client("person"))[0] == 200


def test_an_author_keeps_what_they_wrote_without_sharing_consent(person: Person) -> None:
    nurse = person.client("nurse")
    set_by(person, person.sharing("inactive"))
    assert nurse.get(person.ref("Communication", "note")).status_code == 200


def test_sharing_again_brings_the_plan_back(person: Person) -> None:
    nurse = person.client("nurse")
    set_by(person, person.sharing("inactive"))
    set_by(person, person.sharing())
    assert plan_of(person, nurse)[0] == 200


def test_an_excluded_professional_sees_nothing(person: Person) -> None:
    nurse = person.client("nurse")
    set_by(person, exclusion(person, "nurse"))
    assert [
        nurse.get(person.ref(*each)).status_code
        for each in (("CarePlan", "plan"), ("Communication", "note"), ("Task", "weigh"))
    ] == [404] * 3


def test_an_excluded_professional_finds_nothing(person: Person) -> None:
    nurse = person.client("nurse")
    set_by(person, exclusion(person, "nurse"))
    assert [
        ids(nurse.get(f"/{type}", params={"patient": person.patient}))
        for type in ("Goal", "Task", "Communication")
    ] == [[]] * 3


def test_an_exclusion_that_is_withdrawn_lets_the_professional_back_in(person: Person) -> None:
    nurse = person.client("nurse")
    set_by(person, exclusion(person, "nurse"))
    set_by(person, exclusion(person, "nurse", status="inactive"))
    assert plan_of(person, nurse)[0] == 200


def test_a_deleted_exclusion_lets_the_professional_back_in(person: Person) -> None:
    nurse = person.client("nurse")
    set_by(person, exclusion(person, "nurse"))
    person.client("person").delete(person.ref("Consent", "exclude-nurse"))
    assert plan_of(person, nurse)[0] == 200


def _without_nurse(person: Person) -> Resource:
    return person.team(participant(person.who("gp"), "general-practitioner"))


def _of_which_she_left(person: Person) -> Resource:
    ended = participant(
        person.who("nurse"), "health-professional", period={"start": "2020-01-01", "end": "2024-12-31"}
    )
    return person.team(ended)


def _that_ended(person: Person) -> Resource:
    return person.team(period={"start": "2020-01-01", "end": "2024-12-31"})


def _that_is_inactive(person: Person) -> Resource:
    return person.team(status="inactive")


@pytest.mark.parametrize("team", [_without_nurse, _of_which_she_left, _that_ended, _that_is_inactive])
def test_who_is_no_member_any_more_is_out_with_the_same_token(
    person: Person, team: Callable[[Person], Resource]
) -> None:
    nurse = person.client("nurse")
    before = plan_of(person, nurse)[0]
    set_by(person, team(person))
    assert (before, plan_of(person, nurse)) == (200, (404, []))


def test_a_team_that_is_deleted_admits_nobody(person: Person) -> None:
    nurse = person.client("nurse")
    person.client("person").delete(person.ref("CareTeam", "team"))
    assert plan_of(person, nurse) == (404, [])


def test_a_professional_whose_post_ended_is_out(person: Person) -> None:
    nurse = person.client("nurse")
    role = next(
        each
        for each in person.directory()
        if each["id"] == f"nurse-{person.mark}" and each["resourceType"] == "PractitionerRole"
    )
    person.store(role | {"active": False})
    assert nurse.get(person.ref("CarePlan", "plan")).status_code in (403, 404)


def test_a_suspended_professional_is_refused(person: Person) -> None:
    nurse = person.client("nurse")
    named = next(each for each in person.directory() if each["id"] == f"nurse-{person.mark}")
    person.store(named | {"active": False})
    assert nurse.get(person.ref("CarePlan", "plan")).status_code == 403


def test_a_person_sees_who_read_the_plan(person: Person) -> None:
    person.client("nurse").get(person.ref("CarePlan", "plan"))
    assert (person.who("nurse"), "read", person.ref("CarePlan", "plan")) in log_of(person)


def test_a_person_sees_who_searched_the_plan(person: Person) -> None:
    person.client("gp").get("/Goal", params={"patient": person.patient})
    assert (person.who("gp"), "search-type") in [each[:2] for each in log_of(person)]


def test_a_person_sees_who_changed_the_plan(person: Person) -> None:
    nurse, weigh = person.client("nurse"), person.ref("Task", "weigh")
    nurse.put(weigh, json={**nurse.get(weigh).json(), "status": "completed"})
    assert (person.who("nurse"), "update", weigh) in log_of(person)


def test_the_log_of_a_person_is_theirs_alone(person: Person) -> None:
    person.client("gp").get(person.ref("CarePlan", "plan"))
    others = [name for name in EVERYBODY if name != "carer"]  # who has a log of what they said of themselves
    assert [
        ids(person.client(name).get("/AuditEvent", params={"patient": person.patient})) for name in others
    ] == [[]] * 4


def test_a_search_of_the_log_sees_only_what_was_before_it(person: Person) -> None:
    client = person.client("person")
    first = ids(client.get("/AuditEvent", params={"patient": person.patient}))
    second = ids(client.get("/AuditEvent", params={"patient": person.patient}))
    assert second[1:] == first


def log_of(person: Person) -> list[tuple[str, str, str]]:
    """(who, what they did, with what) of every event that the person may see, newest first."""
    bundle = (
        person.client("person").get("/AuditEvent", params={"patient": person.patient, "_count": "200"}).json()
    )
    events = [each["resource"] for each in bundle.get("entry", ())]
    return [
        (
            each["agent"][0]["who"].get("reference", ""),
            each["subtype"][0]["code"],
            each["entity"][-1].get("what", {}).get("reference", "").partition("/_history")[0],
        )
        for each in events
    ]
