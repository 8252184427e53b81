"""What somebody wrote, said or accepted cannot be claimed in the name of another; who speaks for whom is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from persons import Person, refused
from resources import (
    SSIN,
    Resource,
    bundle,
    communication,
    consent,
    entity,
    goal,
    ours,
    participant,
    post,
    practitioner,
    provision,
    put,
    ref,
    task,
)

from dzop.access.authorship import ACCEPTED_BY_OTHERS, FORGED, NOTED_BY_OTHERS
from dzop.access.on_behalf import UNCHANGED

ACCEPTANCE = "http://hl7.org/fhir/StructureDefinition/goal-acceptance"
Made = Callable[[Person, str], Resource]


def _plan(person: Person, who: str) -> Resource:
    return entity("CarePlan/x", status="active", intent="plan", subject=ref(person.patient), author=ref(who))


def _goal(person: Person, who: str) -> Resource:
    return goal("Goal/x", person.patient, expressedBy=ref(who))


def _message(person: Person, who: str) -> Resource:
    return communication("Communication/x", person.patient, "message", who, person.who("nurse"))


def _condition(person: Person, who: str) -> Resource:
    return entity("Condition/x", code={"text": "Pijn"}, subject=ref(person.patient), recorder=ref(who))


def _asserted(person: Person, who: str) -> Resource:
    return entity("Condition/x", code={"text": "Pijn"}, subject=ref(person.patient), asserter=ref(who))


def _observation(person: Person, who: str) -> Resource:
    return entity(
        "Observation/x",
        status="final",
        category=[ours("data-category", "needs-assessment")],
        code={"text": "Stappen"},
        subject=ref(person.patient),
        performer=[ref(who)],
    )


def _answers(person: Person, who: str) -> Resource:
    return entity("QuestionnaireResponse/x", status="completed", subject=ref(person.patient), author=ref(who))


def _source(person: Person, who: str) -> Resource:
    return entity(
        "QuestionnaireResponse/x",
        status="completed",
        subject=ref(person.patient),
        author=ref(person.who("gp")),
        source=ref(who),
    )


def _document(person: Person, who: str, **elements: Any) -> Resource:
    return entity(
        "DocumentReference/x",
        status="current",
        subject=ref(person.patient),
        **({"author": [ref(who)]} | elements),
        content=[{"attachment": {"contentType": "text/plain", "data": "R29lZA=="}}],
    )


def _attested(person: Person, who: str) -> Resource:
    return _document(person, person.who("gp"), authenticator=ref(who))


def _task(person: Person, who: str) -> Resource:
    return task("Task/x", person.patient, requester=ref(who), owner=ref(person.who("nurse")))


def _order(person: Person, who: str) -> Resource:
    return entity(
        "ServiceRequest/x", status="active", intent="order", subject=ref(person.patient), requester=ref(who)
    )


def _call(person: Person, who: str) -> Resource:
    return entity("CommunicationRequest/x", status="active", subject=ref(person.patient), requester=ref(who))


def _provenance(person: Person, who: str) -> Resource:
    return entity(
        "Provenance/x",
        target=[ref(person.ref("Goal", "care"))],
        recorded="2026-01-05T14:00:00+01:00",
        agent=[{"who": ref(who)}],
    )


def _noted(person: Person, who: str) -> Resource:
    return goal("Goal/x", person.patient, note=[{"authorReference": ref(who), "text": "Goed"}])


AUTHORED = (_condition, _message, _answers, _document, _provenance)
SAID = (_goal, _observation, _source, _task, _order, _call, _asserted)


def made(client: httpx.Client, resource: Resource) -> httpx.Response:
    return client.post(f"/{resource['resourceType']}", json=resource)


@pytest.mark.parametrize("make", [*AUTHORED, *SAID, _noted, _attested])
def test_the_writer_may_be_named(person: Person, make: Made) -> None:
    assert made(person.client("gp"), make(person, person.who("gp"))).status_code == 201


@pytest.mark.parametrize("other", ["nurse", "carer", "stranger"])
@pytest.mark.parametrize("make", [*AUTHORED, *SAID, _noted])
def test_nobody_is_named_in_the_place_of_another(person: Person, make: Made, other: str) -> None:
    answer = made(person.client("gp"), make(person, person.who(other)))
    issue = answer.json()["issue"][0]
    text = FORGED.format(element=issue["expression"][0].partition(".")[2])
    assert (refused(answer), issue["diagnostics"]) == (
        (403, "forbidden"),
        NOTED_BY_OTHERS if make is _noted else text,
    )


@pytest.mark.parametrize("make", AUTHORED)
def test_what_somebody_wrote_is_not_what_the_person_wrote(person: Person, make: Made) -> None:
    assert refused(made(person.client("gp"), make(person, person.patient)))[0] == 403


@pytest.mark.parametrize("make", [each for each in SAID if each is not _source])
def test_what_the_person_said_may_be_written_down(person: Person, make: Made) -> None:
    assert made(person.client("gp"), make(person, person.patient)).status_code == 201


def test_what_the_matrix_does_not_let_one_write_one_does_not_write_for_the_person(person: Person) -> None:
    prom = {**_observation(person, person.patient), "category": [ours("data-category", "prom")]}
    answers = [made(person.client("gp"), body) for body in (prom, _source(person, person.patient))]
    assert [refused(each) for each in answers] == [(403, "forbidden")] * 2


def test_nobody_attests_in_the_place_of_another(person: Person) -> None:
    assert refused(made(person.client("gp"), _attested(person, person.who("nurse")))) == (403, "forbidden")


@pytest.mark.parametrize("written", ["relative", "absolute", "versioned", "beside a number"])
def test_a_forged_author_is_recognised_however_it_is_written(person: Person, written: str) -> None:
    nurse, number = person.who("nurse"), {"system": SSIN, "value": person.ssin}
    who: dict[str, Resource] = {
        "relative": ref(nurse),
        "absolute": ref(f"{person.server.fhir}/{nurse}"),
        "versioned": ref(f"{nurse}/_history/1"),
        "beside a number": {**ref(person.who("gp")), "identifier": number},
    }
    body = {**_condition(person, "x"), "recorder": who[written]}
    assert refused(made(person.client("gp"), body)) == (403, "forbidden")


def test_a_forged_author_is_refused_in_an_update_and_changes_nothing(person: Person) -> None:
    gp = person.client("gp")
    mine = made(gp, _condition(person, person.who("gp"))).json()
    answer = gp.put(f"/Condition/{mine['id']}", json={**mine, "recorder": ref(person.who("nurse"))})
    now = gp.get(f"/Condition/{mine['id']}").json()
    assert (refused(answer)[0], now["recorder"], now["meta"]["versionId"]) == (403, mine["recorder"], "1")


def test_who_was_named_before_may_stay(person: Person) -> None:
    person.store({**_goal(person, person.who("nurse")), "id": f"nurses-{person.mark}"})
    client, reference = person.client("person"), f"/Goal/nurses-{person.mark}"
    body = {**client.get(reference).json(), "description": {"text": "Anders"}}
    assert client.put(reference, json=body).status_code == 200


def test_who_was_named_in_one_place_is_not_taken_into_another(person: Person) -> None:
    reference = f"/QuestionnaireResponse/nurses-{person.mark}"
    person.store({**_answers(person, person.who("nurse")), "id": f"nurses-{person.mark}"})
    gp = person.client("gp")
    body = {**gp.get(reference).json(), "source": ref(person.who("nurse"))}
    assert refused(gp.put(reference, json=body)) == (403, "forbidden")


def test_a_transaction_with_a_forged_author_changes_nothing(person: Person) -> None:
    gp, kept = person.client("gp"), person.ref("Goal", "kept")
    entries = [put(goal(kept, person.patient)), post(_condition(person, person.who("nurse")))]
    answer = gp.post("/", json=bundle("transaction", *entries))
    assert (refused(answer)[0], gp.get(kept).status_code) == (403, 404)


@pytest.mark.parametrize("make", [_task, _order])
def test_work_may_be_given_to_others(person: Person, make: Made) -> None:
    body = make(person, person.who("gp"))
    place = (
        {"performer": [ref(person.who("nurse"))]} if make is _order else {"owner": ref(person.who("carer"))}
    )
    assert made(person.client("gp"), {**body, **place}).status_code == 201


def test_events_of_the_log_are_written_by_nobody(person: Person) -> None:
    event = entity("AuditEvent/x", type={"code": "rest"}, recorded="2026-01-05T14:00:00Z")
    answers = [made(person.client(name), event).status_code for name in ("person", "gp", "system")]
    assert answers == [405] * 3


# -- speaking for somebody ---------------------------------------------------------------------------------


@pytest.fixture
def represented(person: Person) -> Person:
    """A person whose cousin represents them."""
    allowed = provision("permit", (person.who("cousin"),))
    document = ref(person.ref("DocumentReference", "report"))
    person.store(
        consent(
            person.ref("Consent", "mandate"), "mandate", person.patient, allowed, sourceReference=document
        )
    )
    return person


def told(person: Person, reference: str, reader: str = "person") -> list[Resource]:
    """The Provenances about a resource, as somebody finds them."""
    answer = person.client(reader).get("/Provenance", params={"target": reference})
    return [each["resource"] for each in answer.json().get("entry", [])]


def agents(provenance: Resource) -> list[tuple[str, str]]:
    return [(each["who"]["reference"], each["onBehalfOf"]["reference"]) for each in provenance["agent"]]


@pytest.mark.parametrize("make", [_plan, _goal, _document, _noted])
def test_a_representative_speaks_for_the_person(represented: Person, make: Made) -> None:
    answer = made(represented.client("cousin"), make(represented, represented.patient))
    local = f"{answer.json()['resourceType']}/{answer.json()['id']}"
    (found,) = told(represented, local)
    assert (answer.status_code, agents(found), found["target"]) == (
        201,
        [(represented.who("cousin"), represented.patient)],
        [{"reference": f"{local}/_history/1"}],
    )


def test_a_representative_speaks_for_the_person_only_while_the_mandate_lasts(represented: Person) -> None:
    cousin = represented.client("cousin")
    mandate = represented.client("person").get(represented.ref("Consent", "mandate")).json()
    represented.store(
        {**mandate, "status": "inactive"},
        represented.team(participant(represented.who("cousin"), "informal-carer")),
    )
    body = _noted(represented, represented.patient)
    assert refused(made(cousin, body)) == (403, "forbidden")


def test_a_representative_does_not_speak_for_others(represented: Person) -> None:
    assert refused(made(represented.client("cousin"), _goal(represented, represented.who("gp"))))[0] == 403


def test_what_the_person_said_is_told_with_who_wrote_it_down_and_in_which_capacity(person: Person) -> None:
    answer = made(person.client("gp"), _goal(person, person.patient))
    (found,) = told(person, f"Goal/{answer.json()['id']}")
    gp = person.who("gp")
    assert (agents(found), found["activity"]["coding"][0]["code"]) == (
        [(gp, person.patient), (gp.replace("Practitioner/", "PractitionerRole/"), person.patient)],
        "CREATE",
    )


def test_who_writes_down_what_the_person_said_still_corrects_it(person: Person) -> None:
    gp = person.client("gp")
    mine = made(gp, _goal(person, person.patient)).json()
    answer = gp.put(f"/Goal/{mine['id']}", json={**mine, "lifecycleStatus": "on-hold"})
    assert (answer.status_code, len(told(person, f"Goal/{mine['id']}"))) == (200, 1)


def test_naming_the_person_in_an_update_is_told_of_that_version(person: Person) -> None:
    gp = person.client("gp")
    mine = made(gp, goal("Goal/x", person.patient)).json()
    gp.put(f"/Goal/{mine['id']}", json={**mine, "expressedBy": ref(person.patient)})
    (found,) = told(person, f"Goal/{mine['id']}")
    assert (found["target"][0]["reference"], found["activity"]["coding"][0]["code"]) == (
        f"Goal/{mine['id']}/_history/2",
        "UPDATE",
    )


def test_who_may_read_the_entry_may_read_who_spoke(person: Person) -> None:
    answer = made(person.client("gp"), _goal(person, person.patient))
    found = [
        len(told(person, f"Goal/{answer.json()['id']}", name)) for name in ("nurse", "carer", "neighbour")
    ]
    assert found == [1, 1, 0]


def test_the_person_is_meant_by_national_number_too(person: Person) -> None:
    body = {
        **goal("Goal/x", person.patient),
        "expressedBy": {"identifier": {"system": SSIN, "value": person.ssin}},
    }
    other = {**body, "expressedBy": {"identifier": {"system": SSIN, "value": "99999999999"}}}
    assert [made(person.client("gp"), each).status_code for each in (body, other)] == [201, 403]


@pytest.fixture
def software(person: Person) -> tuple[httpx.Client, str]:
    """The software of an organisation in the team, and somebody who works there."""
    office, colleague = person.ref("Organization", "office"), person.ref("Practitioner", "colleague")
    person.store(
        entity(office, active=True, name="Thuiszorg"),
        *practitioner(colleague, "health-professional", office),
        person.team(participant(office, "health-professional")),
    )
    return person.server.client(office), colleague


def test_software_writes_for_who_works_there(person: Person, software: tuple[httpx.Client, str]) -> None:
    client, colleague = software
    answer = made(client, _condition(person, colleague))
    (found,) = told(person, f"Condition/{answer.json()['id']}")
    assert (answer.status_code, agents(found)) == (201, [(person.ref("Organization", "office"), colleague)])


def test_software_does_not_write_for_who_works_elsewhere(
    person: Person, software: tuple[httpx.Client, str]
) -> None:
    assert refused(made(software[0], _condition(person, person.who("gp")))) == (403, "forbidden")


def test_software_does_not_write_for_who_worked_there(
    person: Person, software: tuple[httpx.Client, str]
) -> None:
    client, colleague = software
    _, role = practitioner(colleague, "health-professional", person.ref("Organization", "office"))
    person.store({**role, "active": False})
    assert refused(made(client, _condition(person, colleague))) == (403, "forbidden")


def test_a_provenance_of_one_s_own_says_for_whom(person: Person) -> None:
    own = _provenance(person, person.who("gp"))
    own["agent"][0]["onBehalfOf"] = ref(person.patient)
    forged = _provenance(person, person.who("gp"))
    forged["agent"][0]["onBehalfOf"] = ref(person.who("nurse"))
    assert [made(person.client("gp"), each).status_code for each in (own, forged)] == [201, 403]


def test_a_representative_is_still_the_agent(represented: Person) -> None:
    body = _provenance(represented, represented.patient)
    assert refused(made(represented.client("cousin"), body)) == (403, "forbidden")


def test_a_provenance_is_never_changed(person: Person) -> None:
    answer = made(person.client("gp"), _goal(person, person.patient))
    (found,) = told(person, f"Goal/{answer.json()['id']}")
    changed = {**found, "recorded": "2020-01-01T00:00:00Z"}
    answers = [
        person.client(name).put(f"/Provenance/{found['id']}", json=changed) for name in ("gp", "person")
    ]
    assert [each.status_code for each in answers] == [403, 403]
    assert answers[0].json()["issue"][0]["diagnostics"] == UNCHANGED


# -- acceptance --------------------------------------------------------------------------------------------


def accepted(who: str, status: str = "agree") -> Resource:
    return {
        "url": ACCEPTANCE,
        "extension": [
            {"url": "individual", "valueReference": ref(who)},
            {"url": "status", "valueCode": status},
        ],
    }


@pytest.fixture
def agreed(person: Person) -> str:
    """A goal that the nurse accepted; the person and the general practitioner may change it."""
    reference = person.ref("Goal", "agreed")
    by = [accepted(person.who("nurse"))]
    person.store(goal(reference, person.patient, expressedBy=ref(person.who("gp")), extension=by))
    return reference


@pytest.mark.parametrize(
    "change",
    [
        lambda nurse, mine: [accepted(nurse, "disagree")],
        lambda nurse, mine: [],
        lambda nurse, mine: [accepted(mine)],
        lambda nurse, mine: [accepted(nurse), accepted(nurse, "pending")],
    ],
    ids=["changed", "left out", "taken over", "added to"],
)
@pytest.mark.parametrize("name", ["gp", "person"])
def test_what_somebody_else_accepted_stays_as_it_is(
    person: Person, agreed: str, name: str, change: Callable[[str, str], list[Resource]]
) -> None:
    client = person.client(name)
    body = {**client.get(agreed).json(), "extension": change(person.who("nurse"), person.who(name))}
    if not body["extension"]:
        del body["extension"]
    answer = client.put(agreed, json=body)
    assert (refused(answer), answer.json()["issue"][0]["diagnostics"]) == (
        (403, "forbidden"),
        ACCEPTED_BY_OTHERS,
    )


@pytest.mark.parametrize("name", ["gp", "person"])
def test_the_own_acceptance_is_given_and_withdrawn(person: Person, agreed: str, name: str) -> None:
    client, nurse = person.client(name), accepted(person.who("nurse"))
    statuses = []
    for mine in ([accepted(person.who(name))], [accepted(person.who(name), "disagree")], []):
        body = {**client.get(agreed).json(), "extension": [*mine, nurse]}
        statuses.append(client.put(agreed, json=body).status_code)
    assert statuses == [200] * 3


def test_a_representative_accepts_for_the_person(represented: Person) -> None:
    reference = represented.ref("Goal", "wish")
    represented.store(goal(reference, represented.patient))
    cousin = represented.client("cousin")
    body = {**cousin.get(reference).json(), "extension": [accepted(represented.patient)]}
    assert (cousin.put(reference, json=body).status_code, len(told(represented, reference))) == (200, 1)


def test_a_professional_does_not_accept_for_the_person(person: Person) -> None:
    body = goal("Goal/x", person.patient, extension=[accepted(person.patient)])
    assert refused(made(person.client("gp"), body)) == (403, "forbidden")


def test_notes_of_others_stay_and_are_not_altered(person: Person) -> None:
    reference = person.ref("Goal", "noted")
    note = {"authorReference": ref(person.who("nurse")), "text": "Gaat goed"}
    person.store(goal(reference, person.patient, note=[note]))
    client = person.client("person")
    body = client.get(reference).json()
    mine = {"authorReference": ref(person.patient), "text": "Vind ik ook"}
    answers = [
        client.put(reference, json={**body, "note": [note, mine]}),
        client.put(reference, json={**body, "note": [{**note, "text": "Gaat slecht"}]}),
    ]
    assert [each.status_code for each in answers] == [200, 403]


# -- the person of a resource ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def other(known: Person) -> Person:
    return known


def spelled(person: Person, way: str) -> str:
    return {
        "relative": person.patient,
        "absolute": f"{person.server.fhir}/{person.patient}",
        "versioned": f"{person.patient}/_history/1",
        "urn": "urn:uuid:0e1d4b6c-7f0e-4e59-9a55-0c8f5b6b9a11",
        "upper case": f"{person.server.fhir.replace('http://', 'HTTP://')}/{person.patient}",
    }[way]


TYPES: tuple[tuple[str, str, str], ...] = (
    ("Goal", "care", "subject"),
    ("CarePlan", "plan", "subject"),
    ("Task", "weigh", "for"),
    ("Communication", "journal", "subject"),
    ("CareTeam", "team", "subject"),
    ("Consent", "sharing", "patient"),
)


@pytest.mark.parametrize("way", ["relative", "absolute", "versioned", "urn", "upper case"])
@pytest.mark.parametrize(("type", "id", "element"), TYPES)
def test_no_resource_moves_to_another_person(
    person: Person, other: Person, type: str, id: str, element: str, way: str
) -> None:
    client, reference = person.client("person"), person.ref(type, id)
    body = client.get(reference).json()
    answer = client.put(reference, json={**body, element: ref(spelled(other, way))})
    assert (refused(answer)[0], client.get(reference).json()["meta"]["versionId"]) == (
        422,
        body["meta"]["versionId"],
    )


@pytest.mark.parametrize("way", ["relative", "absolute", "versioned", "upper case"])
def test_the_same_person_may_be_written_differently(person: Person, way: str) -> None:
    client, reference = person.client("person"), person.ref("Goal", "care")
    body = {**client.get(reference).json(), "subject": ref(spelled(person, way))}
    assert client.put(reference, json=body).status_code == 200


def test_no_resource_moves_in_a_transaction(person: Person, other: Person) -> None:
    client, reference = person.client("person"), person.ref("Goal", "care")
    moved = {**client.get(reference).json(), "subject": ref(other.patient)}
    answer = client.post("/", json=bundle("transaction", put(moved)))
    assert (refused(answer)[0], client.get(reference).json()["subject"]) == (422, ref(person.patient))


# -- answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preference", [{}, {"Prefer": "return=representation"}])
def test_who_may_not_read_what_was_written_gets_no_content(
    person: Person, preference: dict[str, str]
) -> None:
    sender = person.ref("Practitioner", "sender")
    person.store(
        *practitioner(sender, "hospital-sender", person.ref("Organization", "employer-gp")),
        person.team(participant(sender, "hospital-sender")),
    )
    client = person.server.client(sender)
    answer = client.post("/DocumentReference", json=_document(person, sender), headers=preference)
    place = answer.headers["Location"].removeprefix(f"{person.server.fhir}/")
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (201, b"", 'W/"1"')
    assert (place.partition("/")[0], client.get(place.partition("/_history")[0]).status_code) == (
        "DocumentReference",
        404,
    )
