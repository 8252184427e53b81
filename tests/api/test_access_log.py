"""What stands in the access log, who may read it, and in which shapes."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from persons import Person, ids, new_person, refused
from resources import communication
from serving import Server

from dzop.fhir.validation import validate

Event = dict[str, Any]
BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."


def log_of(person: Person, who: str, reader: str = "person", **asked: str) -> list[Event]:
    """The events of somebody around the person that `reader` may see, newest first."""
    parameters = {"patient": person.patient, "_count": "200", **asked}
    answer = person.client(reader).get("/AuditEvent", params=parameters)
    events = [each["resource"] for each in answer.json().get("entry", ())]
    return [each for each in events if each["agent"][0]["who"].get("reference") == person.who(who)]


def details(event: Event, kind: str) -> list[str]:
    """The rules by which it was decided, or the version of the matrix."""
    found = [detail for entity in event["entity"] for detail in entity.get("detail", ())]
    return [detail["valueString"] for detail in found if detail["type"] == kind]


def resource_in(event: Event) -> str:
    """The reference of the resource an event is about, without its version."""
    return str(event["entity"][-1].get("what", {}).get("reference", "")).partition("/_history")[0]


def looked_at(person: Person, who: str, **asked: str) -> list[str]:
    """What the person sees that somebody was shown or was refused."""
    return [resource_in(event) for event in log_of(person, who, **asked)]


# -- what is in it -------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    "path", ["/{goal}", "/{goal}/_history", "/{goal}/_history/1", "/Goal?_id={id}", "/Task?focus={goal}"]
)
def test_who_is_refused_is_in_the_log_of_the_person_and_learns_nothing(person: Person, path: str) -> None:
    goal = person.ref("Goal", "life")
    url = path.format(goal=goal, id=goal.partition("/")[2])
    hidden, free = (
        person.client("stranger").get(url),
        person.client("stranger").get(url.replace("life", "none")),
    )

    assert (hidden.status_code, hidden.json().get("entry")) == (free.status_code, free.json().get("entry"))
    assert [resource_in(event) or goal for event in log_of(person, "stranger")] == [goal]


@pytest.mark.parametrize("parameter", ["patient", "subject"])
def test_a_search_of_somebody_hidden_is_in_their_log(person: Person, parameter: str) -> None:
    person.client("stranger").get("/Goal", params={parameter: person.patient})

    assert [event["action"] for event in log_of(person, "stranger")] == ["E"]


def test_a_search_by_a_number_of_somebody_hidden_is_in_their_log(person: Person) -> None:
    identifier = f"https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin|{person.ssin}"
    answer = person.client("stranger").get("/Patient", params={"identifier": identifier})

    assert (ids(answer), [event["action"] for event in log_of(person, "stranger")]) == ([], ["E"])


def test_a_search_is_one_event_whatever_it_finds_and_includes(person: Person) -> None:
    answer = person.client("gp").get("/Goal", params={"patient": person.patient})

    assert (len(ids(answer)) > 1, len(log_of(person, "gp"))) == (True, 1)


def test_the_words_of_a_search_are_not_in_the_log(person: Person) -> None:
    person.client("gp").get(
        "/Task", params={"patient": person.patient, "owner": "Practitioner/somebody-else"}
    )
    event = log_of(person, "gp")[0]
    asked = base64.b64decode(event["entity"][-1]["query"]).decode()

    assert (asked.startswith("Task?"), "somebody-else" in str(event) + asked) == (True, False)


def test_who_reads_the_log_is_in_it(person: Person) -> None:
    person.client("person").get("/AuditEvent", params={"patient": person.patient})

    assert log_of(person, "person")[0]["entity"][-1]["what"]["type"] == "AuditEvent"


def test_who_reads_one_event_is_in_the_log_of_whom_it_is_about(person: Person) -> None:
    event = log_of(person, "person")
    person.client("nurse").get(f"/{person.ref('Goal', 'life')}")
    event = log_of(person, "nurse")[0]
    person.client("person").get(f"/AuditEvent/{event['id']}")

    assert f"AuditEvent/{event['id']}" in looked_at(person, "person", subtype="read")


def test_a_version_of_another_category_is_logged_with_it(person: Person) -> None:
    journal = person.ref("Communication", "note")
    body = person.client("nurse").get(f"/{journal}").json()
    message = {
        "coding": [
            {"system": "https://dzop.example/fhir/CodeSystem/communication-category", "code": "message"}
        ]
    }
    person.client("nurse").put(f"/{journal}", json=body | {"category": [message]})
    person.client("nurse").get(f"/{journal}/_history/1")
    labels = {each["code"] for each in log_of(person, "nurse", subtype="vread")[0]["meta"]["security"]}

    assert {"access-log", "shared-note"} <= labels


def test_a_search_that_the_scopes_do_not_reach_is_in_the_log_of_whom_it_names(person: Person) -> None:
    person.client("nurse", scope="user/Task.rs").get("/Goal", params={"patient": person.patient})

    assert [event["outcomeDesc"] for event in log_of(person, "nurse")] == ["403 Forbidden"]


def test_what_a_suspended_professional_asked_for_is_in_the_log(person: Person) -> None:
    nurse = person.client("nurse")
    named = next(each for each in person.directory() if each["id"] == f"nurse-{person.mark}")
    person.store(named | {"active": False})
    nurse.get(f"/{person.ref('Goal', 'life')}")

    assert looked_at(person, "nurse") == [person.ref("Goal", "life")]


# -- the burden of a carer -----------------------------------------------------------------------------------


def test_what_concerns_the_burden_of_a_carer_is_in_the_log_of_the_carer_alone(person: Person) -> None:
    burden = person.ref("Observation", "burden")
    person.client("stranger").get(f"/{burden}")
    seen = {
        reader: len(log_of(person, "stranger", reader))
        for reader in ("person", "carer", "nurse", "neighbour")
    }

    assert seen == {"person": 0, "carer": 1, "nurse": 0, "neighbour": 0}


def test_a_search_that_finds_the_burden_too_is_in_both_logs_with_what_belongs_there(person: Person) -> None:
    person.client("carer").get("/Observation", params={"patient": person.patient})
    own, others = log_of(person, "carer", "carer"), log_of(person, "carer")
    labels = {each["code"] for event in others for each in event["meta"]["security"]}

    assert [resource_in(event) for event in own] == [person.ref("Observation", "burden")]
    assert ([event["action"] for event in others], "carer-burden" in labels) == (["E"], False)


def test_that_the_carer_reads_the_own_log_does_not_show_in_the_log_of_the_person(person: Person) -> None:
    person.client("stranger").get(f"/{person.ref('Observation', 'burden')}")
    log_of(person, "stranger", "carer")

    assert log_of(person, "carer") == []


# -- shapes --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def events(server: Server) -> dict[str, Event]:
    """One event of each kind of interaction, as the operator sees it."""
    person = new_person(server)
    system, nurse, goal = person.client("system"), person.client("nurse"), person.ref("Goal", "life")
    note = person.ref("Communication", "shape")
    body = communication(note, person.patient, "shared-note", person.who("nurse"))
    for _ in range(2):
        nurse.put(f"/{note}", json=body)
    for path in (goal, f"{goal}/_history", f"{goal}/_history/1", f"Goal?patient={person.patient}"):
        nurse.get(f"/{path}")
    person.client("stranger").get(f"/{goal}")
    system.delete(f"/{note}")
    found = system.get("/AuditEvent", params={"patient": person.patient, "_count": "20"}).json()["entry"]
    newest = [each["resource"] for each in reversed(found)]
    return {f"{event['subtype'][0]['code']} {event['outcome']}": event for event in newest}


KINDS = (
    "read 0", "read 4", "vread 0", "history-instance 0", "search-type 0", "create 0", "update 0", "delete 0",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_is_valid(events: dict[str, Event], kind: str) -> None:
    assert validate(events[kind]) == []


@pytest.mark.parametrize(
    ("kind", "profile"),
    [
        ("read 0", ["PatientRead"]), ("vread 0", ["PatientRead"]), ("search-type 0", ["PatientQuery"]),
        ("create 0", ["PatientCreate"]), ("update 0", ["PatientUpdate"]), ("delete 0", ["PatientDelete"]),
        ("read 4", []), ("history-instance 0", []),
    ],
)  # fmt: skip
def test_an_event_names_the_pattern_it_keeps_to(
    events: dict[str, Event], kind: str, profile: list[str]
) -> None:
    assert events[kind]["meta"].get("profile", []) == [f"{BALP}{name}" for name in profile]


AGENTS = {
    "read 0": ["IRCP", "PROV", "110152", "110153"],
    "search-type 0": ["IRCP", "PROV", "110153", "110152"],
    "create 0": ["AUT", "PROV", "110153", "110152"],
    "update 0": ["AUT", "PROV", "110153", "110152"],
    "delete 0": ["AUT", "110150", "custodian"],
}


@pytest.mark.parametrize("kind", AGENTS)
def test_an_event_has_the_agents_of_its_pattern(events: dict[str, Event], kind: str) -> None:
    assert [each["type"]["coding"][0]["code"] for each in events[kind]["agent"]] == AGENTS[kind]


ENTITIES = {
    "read 0": [("1", "1"), ("XrequestId", None), ("4", "13"), ("2", "4")],
    "search-type 0": [("1", "1"), ("XrequestId", None), ("4", "13"), ("2", "24")],
    "create 0": [("1", "1"), ("XrequestId", None), ("4", "13"), ("2", "4")],
}


@pytest.mark.parametrize("kind", ENTITIES)
def test_an_event_has_the_entities_of_its_pattern(events: dict[str, Event], kind: str) -> None:
    entities = events[kind]["entity"]
    assert [(each["type"]["code"], each.get("role", {}).get("code")) for each in entities] == ENTITIES[kind]


def test_an_event_says_why_a_professional_asked_and_through_which_client(events: dict[str, Event]) -> None:
    user, _, client, _ = events["read 0"]["agent"]
    purpose = user["purposeOfUse"][0]["coding"][0]["code"]
    assert (purpose, client["who"], user["requestor"]) == ("TREAT", {"identifier": {"value": "tests"}}, True)


def test_an_event_carries_the_id_of_its_request(person: Person) -> None:
    answer = person.client("nurse").get(f"/{person.ref('Goal', 'life')}")
    requests = [
        each["what"]["identifier"]["value"]
        for each in log_of(person, "nurse")[0]["entity"]
        if each["type"]["code"] == "XrequestId"
    ]
    assert requests == [answer.headers["X-Request-Id"]]


def test_an_event_names_the_version_it_is_about(events: dict[str, Event]) -> None:
    assert events["vread 0"]["entity"][-1]["what"]["reference"].endswith("/_history/1")


# -- searching it --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def asked(server: Server) -> Person:
    """A person whose log has a read, a search and a refusal."""
    person = new_person(server)
    person.client("gp").get(f"/{person.ref('Goal', 'life')}")
    person.client("gp").get("/Task", params={"patient": person.patient})
    person.client("cousin").get(f"/{person.ref('Goal', 'care')}")
    return person


def kinds_found(person: Person, **parameters: str) -> set[tuple[str, str]]:
    """(who, interaction) of the events found that the GP or the cousin made."""
    answer = person.client("person").get(
        "/AuditEvent", params={"patient": person.patient, "_count": "500", **parameters}
    )
    assert answer.status_code == 200, answer.text
    events = [each["resource"] for each in answer.json().get("entry", ())]
    names = {person.who(name): name for name in ("gp", "cousin")}
    who = [names.get(event["agent"][0]["who"].get("reference", ""), "") for event in events]
    return {(name, event["subtype"][0]["code"]) for name, event in zip(who, events, strict=True) if name}


READ, SEARCH, REFUSED = ("gp", "read"), ("gp", "search-type"), ("cousin", "read")


@pytest.mark.parametrize(
    ("parameter", "value", "expected"),
    [
        ("agent", "{gp}", {READ, SEARCH}),
        ("agent", "{cousin}", {REFUSED}),
        ("agent", "{gp},{cousin}", {READ, SEARCH, REFUSED}),
        ("agent", "Practitioner/nobody", set()),
        ("entity", "{life}", {READ}),
        ("entity", "{person}", {READ, SEARCH, REFUSED}),
        ("action", "R", {READ, REFUSED}),
        ("action", "E", {SEARCH}),
        ("action", "C,X", set()),
        ("action", "http://hl7.org/fhir/audit-event-action|E", {SEARCH}),
        ("action", "http://nowhere.example|E", set()),
        ("outcome", "4", {REFUSED}),
        ("outcome", "0", {READ, SEARCH}),
        ("outcome", "0,4", {READ, SEARCH, REFUSED}),
        ("outcome", "12", set()),
        ("subtype", "read", {READ, REFUSED}),
        ("subtype", "http://hl7.org/fhir/restful-interaction|search-type", {SEARCH}),
        ("type", "rest", {READ, SEARCH, REFUSED}),
        ("type", "login", set()),
        ("_sort", "-date", {READ, SEARCH, REFUSED}),
    ],
)
def test_the_log_is_searched(
    asked: Person, parameter: str, value: str, expected: set[tuple[str, str]]
) -> None:
    names = {"gp": asked.who("gp"), "cousin": asked.who("cousin"), "life": asked.ref("Goal", "life")}
    assert kinds_found(asked, **{parameter: value.format(person=asked.patient, **names)}) == expected


def test_conditions_hold_together(asked: Person) -> None:
    assert kinds_found(asked, agent=asked.who("gp"), action="E") == {SEARCH}


def test_a_condition_given_twice_holds_twice(asked: Person) -> None:
    url = f"/AuditEvent?agent={asked.who('gp')}&agent={asked.who('cousin')}"
    assert ids(asked.client("person").get(url)) == []


@pytest.mark.parametrize("who", ["gp", "nurse", "stranger", "neighbour"])
def test_no_condition_shows_what_one_may_not_see(asked: Person, who: str) -> None:
    client = asked.client(who)
    conditions = [f"agent={asked.who('gp')}", f"entity={asked.ref('Goal', 'life')}", "action=R", "outcome=4"]
    assert [ids(client.get(f"/AuditEvent?{each}")) for each in conditions] == [[]] * 4


@pytest.mark.parametrize(
    "query", ["patient:missing=true", "agent:identifier=a|b", "action:not=R", "_sort=date"]
)
def test_what_the_log_does_not_offer_is_said(known: Person, query: str) -> None:
    assert refused(known.client("person").get(f"/AuditEvent?{query}"))[0] == 400


# -- nobody writes it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["person", "nurse", "system"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/AuditEvent"), ("PUT", "/AuditEvent/x"), ("DELETE", "/AuditEvent/x")]
)
def test_nobody_writes_the_log(known: Person, who: str, method: str, path: str) -> None:
    answer = known.client(who).request(method, path, json={"resourceType": "AuditEvent", "id": "x"})
    assert refused(answer) == (405, "not-supported")
