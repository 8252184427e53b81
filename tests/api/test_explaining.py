"""Why, who, what would they see, who looked, what if: asked over HTTP and held against what really happens."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from persons import Person, ids, refused
from resources import SINCE, Resource, consent, entity, goal, ours, participant, provision, ref
from serving import Server

from dzop.access.explaining.inquiry import NOT_FOR_YOU, NOT_THEIRS

AROUND = ("person", "gp", "nurse", "helper", "carer", "neighbour", "cousin", "stranger")
OPERATIONS = ("explain-access", "who-can-see", "preview-as", "access-log", "what-if")


def asked(who: str, person: Person, operation: str, **given: str) -> httpx.Response:
    """What an operation answers to somebody, by GET."""
    return person.client(who).get(f"/{person.patient}/${operation}", params=given)


def one(answer: httpx.Response, name: str) -> Any:
    """The value of the first parameter of this name."""
    assert answer.status_code == 200, answer.text
    return next(iter(several(answer.json()["parameter"], name)), None)


def several(parameters: list[Resource], name: str) -> list[Any]:
    """The values of the parameters of this name."""
    return [
        next(value for key, value in each.items() if key != "name")
        for each in parameters
        if each["name"] == name
    ]


def parts(answer: httpx.Response, name: str) -> list[dict[str, Any]]:
    """Each part of this name, by the names of its parts; a name that repeats keeps its last."""
    assert answer.status_code == 200, answer.text
    return [
        {part["name"]: next(value for key, value in part.items() if key != "name") for part in found}
        for found in several(answer.json()["parameter"], name)
    ]


def sent(who: str, person: Person, operation: str, *given: Resource) -> httpx.Response:
    """The same by POST."""
    body = {"resourceType": "Parameters", "parameter": list(given)}
    return person.client(who).post(f"/{person.patient}/${operation}", json=body)


def entries(person: Person) -> list[str]:
    """Every entry of the plan, and the facts."""
    plan = [f"{each['resourceType']}/{each['id']}" for each in (*person.plan(), *person.family())]
    return [*plan, person.ref("CareTeam", "team"), person.ref("Consent", "sharing")]


def burden(person: Person) -> str:
    return person.ref("Observation", "burden")


# -- why -----------------------------------------------------------------------------------------------------


def test_every_explanation_says_what_a_read_then_does(known: Person) -> None:
    system = known.server.client("system")
    told, done = {}, {}
    for who in AROUND:
        client = known.client(who)
        for entry in entries(known):
            given = {"actor": known.who(who), "resource": entry}
            answer = system.get(f"/{known.patient}/$explain-access", params=given)
            told[who, entry] = one(answer, "decision")
            done[who, entry] = {200: "permit", 404: "deny"}[client.get(f"/{entry}").status_code]
    assert done == told
    assert set(done.values()) == {"permit", "deny"}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "mag dit lezen, want"), ("fr", "peut lire ceci, car"), ("de", "darf dies lesen, denn"),
        ("en", "may read this, because"),
    ],
)  # fmt: skip
def test_the_reason_is_told_in_the_language_asked_for(known: Person, language: str, said: str) -> None:
    care = known.ref("Goal", "care")
    answer = asked(
        "person", known, "explain-access", actor=known.who("nurse"), resource=care, language=language
    )
    assert said in one(answer, "text")


def test_the_language_is_else_that_of_the_request(known: Person) -> None:
    given = {"actor": known.who("nurse"), "category": "care-goal"}
    answer = known.client("person").get(
        f"/{known.patient}/$explain-access", params=given, headers={"Accept-Language": "pt, fr-BE;q=0.5"}
    )
    assert "peut lire les objectifs de soins" in one(answer, "text")


def test_the_language_is_else_that_of_the_person(person: Person) -> None:
    patient, *_ = person.family()
    spoken = {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "de"}]}, "preferred": True}
    person.store({**patient, "communication": [spoken]})
    answer = asked("person", person, "explain-access", actor=person.who("nurse"), category="care-goal")
    assert "darf die Versorgungsziele lesen" in one(answer, "text")


def test_each_rule_comes_with_its_words_and_its_source(known: Person) -> None:
    answer = asked(
        "person", known, "explain-access", actor=known.who("nurse"), resource=known.ref("Goal", "care")
    )
    team = known.ref("CareTeam", "team")
    assert parts(answer, "reason")[0] == {
        "rule": f"relation:team:{team}",
        "text": f"Nurse-{known.mark} Test zit in het zorgteam sinds 1 januari 2020.",
        "source": ref(team),
    }
    assert len(one(answer, "matrixVersion")) == 12


def test_a_parameters_resource_asks_the_same(known: Person) -> None:
    care = known.ref("Goal", "care")
    answer = sent(
        "person", known, "explain-access",
        {"name": "actor", "valueReference": ref(known.who("stranger"))},
        {"name": "resource", "valueReference": ref(care)},
        {"name": "action", "valueCode": "update"},
        {"name": "at", "valueInstant": "2026-01-31T12:00:00Z"},
    )  # fmt: skip
    assert (one(answer, "decision"), parts(answer, "reason")[0]["rule"]) == ("deny", "relation:none")


def test_a_category_of_which_one_sees_the_own_is_explained_so(known: Person) -> None:
    answer = asked(
        "person", known, "explain-access", actor=known.who("neighbour"), category="task", language="en"
    )
    assert (one(answer, "extent"), "only what concerns neighbour" in one(answer, "text")) == ("own", True)


def test_what_nobody_reads_can_be_asked_about_too(known: Person) -> None:
    given = {"category": "coordination", "action": "create", "language": "en"}
    nurse = asked("person", known, "explain-access", actor=known.who("nurse"), **given)
    carer = asked("person", known, "explain-access", actor=known.who("carer"), **given)
    assert [one(each, "decision") for each in (nurse, carer)] == ["permit", "deny"]


def test_an_exclusion_is_the_reason_once_there_is_one(person: Person) -> None:
    keep_out = provision("deny", (person.who("nurse"),))
    person.store(consent(person.ref("Consent", "out"), "exclusion", person.patient, keep_out))
    answer = asked(
        "person", person, "explain-access", actor=person.who("nurse"), category="task", language="en"
    )
    assert (one(answer, "decision"), one(answer, "text")) == (
        "deny",
        f"Nurse-{person.mark} Test may not read the tasks and requests, because nurse-{person.mark} Test is "
        "excluded by Jet.",
    )


def test_who_is_suspended_is_told_so(person: Person) -> None:
    person.store(entity(person.who("nurse"), active=False, name=[{"text": "Nora"}]))
    answer = asked(
        "person", person, "explain-access", actor=person.who("nurse"), category="task", language="en"
    )
    assert [each["rule"] for each in parts(answer, "reason")] == ["directory:suspended"]


def test_an_explanation_of_another_time_goes_by_what_is_recorded_now(known: Person) -> None:
    before = asked(
        "person",
        known,
        "explain-access",
        actor=known.who("nurse"),
        category="task",
        at="2019-06-01T00:00:00Z",
    )
    assert (one(before, "decision"), one(before, "extent")) == ("deny", "none")


def test_a_representative_may_ask(person: Person) -> None:
    represents(person, "cousin")
    answer = asked(
        "cousin", person, "explain-access", actor=person.who("cousin"), category="task", language="en"
    )
    assert (one(answer, "decision"), "cousin represents Jet" in one(answer, "text")) == ("permit", True)


def represents(person: Person, who: str) -> None:
    """Makes somebody the person's representative."""
    permit = provision("permit", (person.who(who),), period={"start": SINCE})
    document = entity(
        person.ref("DocumentReference", "mandate"),
        status="current",
        subject=ref(person.patient),
        content=[{"attachment": {"contentType": "text/plain", "data": "R29lZA=="}}],
    )
    ground = {
        "url": "https://dzop.example/fhir/StructureDefinition/mandate-ground",
        "valueCode": "designated",
    }
    mandate = consent(
        person.ref("Consent", "mandate"), "mandate", person.patient, permit,
        sourceReference=ref(person.ref("DocumentReference", "mandate")), extension=[ground],
    )  # fmt: skip
    person.store(document, mandate)


# -- nothing for others --------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS)
def test_who_may_see_the_person_but_not_ask_gets_one_constant_refusal(known: Person, operation: str) -> None:
    answer = asked("gp", known, operation, **enough(known, operation))
    assert (refused(answer), answer.json()["issue"][0]["diagnostics"]) == ((403, "forbidden"), NOT_FOR_YOU)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("who", ["stranger", "cousin"])
def test_who_may_not_see_the_person_gets_what_a_free_id_gets(known: Person, who: str, operation: str) -> None:
    client, given = known.client(who), enough(known, operation)
    free = f"person-{uuid4().hex[:10]}"
    hidden = client.get(f"/{known.patient}/${operation}", params=given)
    nobody = client.get(f"/Patient/{free}/${operation}", params=given)
    _, _, id = known.patient.partition("/")
    assert (hidden.status_code, hidden.content.replace(id.encode(), b"")) == (
        404,
        nobody.content.replace(free.encode(), b""),
    )
    varying = {"date", "x-request-id", "content-length"}
    assert [each for each in hidden.headers if each not in varying] == [
        each for each in nobody.headers if each not in varying
    ]


def enough(person: Person, operation: str) -> dict[str, str]:
    """Parameters with which the person would get an answer."""
    return {
        "explain-access": {"actor": person.who("nurse"), "category": "task"},
        "who-can-see": {"category": "task"},
        "preview-as": {"actor": person.who("nurse")},
        "access-log": {},
        "what-if": {"remove": person.ref("Consent", "sharing")},
    }[operation]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_unknown_parameter_is_refused(known: Person, operation: str) -> None:
    answer = asked("person", known, operation, **enough(known, operation), moon="full")
    assert refused(answer) == (400, "invalid")


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("explain-access", {"actor": "Practitioner/x"}),
        ("explain-access", {"actor": "Practitioner/x", "category": "moon"}),
        ("explain-access", {"actor": "Practitioner/x", "category": "task", "resource": "Task/x"}),
        ("explain-access", {"actor": "Practitioner/x", "category": "task", "action": "fly"}),
        ("explain-access", {"actor": "Practitioner/x", "category": "task", "at": "yesterday"}),
        ("explain-access", {"actor": "Practitioner/x", "category": "task", "at": "2026-01-31T12:00:00"}),
        ("explain-access", {"actor": "Practitioner/x", "category": "task", "language": "pt"}),
        ("explain-access", {"actor": "Goal/x", "category": "task"}),
        ("explain-access", {"actor": "Practitioner/x", "resource": "Practitioner/x"}),
        ("explain-access", {"category": "task"}),
        ("who-can-see", {"_since": "yesterday"}),
        ("who-can-see", {"resource": "AuditEvent/x"}),
        ("preview-as", {}),
        ("preview-as", {"actor": "Practitioner/x", "type": "Moon"}),
        ("preview-as", {"actor": "Practitioner/x", "type": "AuditEvent"}),
        ("preview-as", {"actor": "Practitioner/x", "_count": "0"}),
        ("preview-as", {"actor": "Practitioner/x", "_count": "many"}),
        ("preview-as", {"actor": "Practitioner/x", "_count": "9" * 5000}),
        ("who-can-see", {"category": "task", "at": "0001-01-01T00:00:00+14:00"}),
        ("who-can-see", {"category": "task", "at": "9999-12-31T23:59:59-12:00"}),
        ("preview-as", {"actor": "Practitioner/x", "_page": "stolen"}),
        ("access-log", {"start": "once"}),
        ("access-log", {"agent": "Goal/x"}),
        ("what-if", {}),
        ("what-if", {"remove": "Goal/x"}),
        ("what-if", {"consent": "Consent/x"}),
    ],
)
def test_what_cannot_be_asked_is_refused(known: Person, operation: str, given: dict[str, str]) -> None:
    status, _ = refused(asked("person", known, operation, **given))
    assert status == 400


@pytest.mark.parametrize("operation", ["explain-access", "who-can-see"])
def test_an_entry_one_may_not_read_is_as_unknown_as_a_free_id(known: Person, operation: str) -> None:
    given = {"actor": known.who("nurse")} if operation == "explain-access" else {}
    hidden = asked("person", known, operation, resource=burden(known), **given)
    free = asked("person", known, operation, resource="Observation/free", **given)
    assert (hidden.status_code, hidden.text.replace(burden(known), "Observation/free")) == (404, free.text)


def test_an_entry_of_another_plan_is_unknown(known: Person, person: Person) -> None:
    system = known.server.client("system")
    given = {"actor": known.who("nurse"), "resource": person.ref("Goal", "care")}
    assert system.get(f"/{known.patient}/$explain-access", params=given).status_code == 404


@pytest.mark.parametrize("operation", ["explain-access", "who-can-see"])
def test_who_sees_the_burden_of_a_carer_is_for_that_carer_to_know(person: Person, operation: str) -> None:
    given = {"category": "carer-burden"}
    if operation == "explain-access":
        given["actor"] = person.who("nurse")
    before = asked("person", person, operation, **given)
    opens(person)
    after = asked("person", person, operation, **given)
    assert (before.status_code, before.json()["issue"][0]["diagnostics"]) == (403, NOT_THEIRS)
    assert (after.status_code, after.content) == (before.status_code, before.content)


def opens(person: Person) -> None:
    """The carer opens the own burden to the nurse."""
    permit = provision("permit", (person.who("nurse"),))
    shared = consent(
        person.ref("Consent", "burden"), "carer-share", person.patient, permit,
        performer=[ref(person.who("carer"))],
    )  # fmt: skip
    person.store(shared)


def test_a_representative_who_is_the_carer_knows_to_whom_the_burden_is_open(person: Person) -> None:
    represents(person, "carer")
    opens(person)
    answer = asked("carer", person, "who-can-see", resource=burden(person))
    assert {each["actor"]["reference"] for each in parts(answer, "party")} == {
        person.who("carer"),
        person.who("nurse"),
    }


def test_nobody_of_another_family_is_named(known: Person, person: Person) -> None:
    answer = asked(
        "person", known, "explain-access", actor=person.who("carer"), category="task", language="en"
    )
    nobody = asked(
        "person", known, "explain-access", actor="RelatedPerson/nobody", category="task", language="en"
    )
    carer = person.who("carer")
    assert answer.text.replace(carer, "RelatedPerson/nobody") == nobody.text


# -- who -----------------------------------------------------------------------------------------------------


def test_who_can_see_an_entry_is_who_then_reads_it(known: Person) -> None:
    system = known.server.client("system")
    clients = {known.who(who): known.client(who) for who in AROUND}
    for entry in entries(known):
        answer = system.get(f"/{known.patient}/$who-can-see", params={"resource": entry})
        reading = {who for who, client in clients.items() if client.get(f"/{entry}").status_code == 200}
        assert (entry, {each["actor"]["reference"] for each in parts(answer, "party")}) == (entry, reading)


def test_who_can_see_says_what_they_are_and_since_when(known: Person) -> None:
    answer = asked("person", known, "who-can-see", resource=known.ref("Goal", "care"), language="en")
    nurse = next(each for each in parts(answer, "party") if each["actor"] == ref(known.who("nurse")))
    assert {key: nurse[key] for key in ("name", "role", "organizationName", "since", "extent", "text")} == {
        "name": f"nurse-{known.mark} Test",
        "role": "health-professional",
        "organizationName": "Werkgever",
        "since": "2019-12-31T23:00:00.000000Z",
        "extent": "all",
        "text": f"Nurse-{known.mark} Test may read this, because nurse-{known.mark} Test is in the care team "
        "(since 1 January 2020).",
    }


def test_who_can_see_says_until_when(person: Person) -> None:
    members = [
        participant(person.who("nurse"), "health-professional", period={"start": SINCE, "end": "2099-03-31"})
    ]
    person.store(person.team(*members))
    answer = asked("person", person, "who-can-see", category="care-goal")
    nurse = next(each for each in parts(answer, "party") if each["actor"] == ref(person.who("nurse")))
    assert nurse["until"] == "2099-03-31T22:00:00.000000Z"


def test_the_staff_of_a_member_organisation_can_see_too(person: Person) -> None:
    employer = person.ref("Organization", "employer-stranger")
    person.store(person.team(participant(employer, "general-practitioner")))
    answer = asked("person", person, "who-can-see", resource=person.ref("Goal", "care"))
    named = {each["actor"]["reference"] for each in parts(answer, "party")}
    assert named == {person.patient, person.who("stranger"), employer}


def test_of_a_category_it_is_told_who_sees_only_the_own(known: Person) -> None:
    answer = asked("person", known, "who-can-see", category="message")
    extents = {each["actor"]["reference"]: each["extent"] for each in parts(answer, "party")}
    assert {known.patient: "all", known.who("nurse"): "own"}.items() <= extents.items()
    assert known.who("stranger") not in extents


def test_without_a_question_whoever_sees_anything_of_the_plan_is_told(known: Person) -> None:
    answer = asked("person", known, "who-can-see")
    named = {each["actor"]["reference"]: each["extent"] for each in parts(answer, "party")}
    assert {known.who("neighbour"): "own", known.who("nurse"): "all"}.items() <= named.items()


def test_without_a_question_who_reads_nothing_is_not_told(known: Person) -> None:
    answer = asked("person", known, "who-can-see")
    assert known.who("stranger") not in {each["actor"]["reference"] for each in parts(answer, "party")}


def test_nobody_but_the_person_sees_when_the_sharing_ended(person: Person) -> None:
    person.store(person.sharing("inactive"))
    answer = asked("person", person, "who-can-see", resource=person.ref("Condition", "diabetes"))
    found = {each["actor"]["reference"] for each in parts(answer, "party")}
    # Who wrote it still sees it, as long as the relation lasts.
    assert found == {person.patient, person.who("gp")}


# -- what would they see -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["gp", "nurse", "helper", "carer", "neighbour", "stranger"])
def test_a_preview_is_the_search_of_that_member_without_what_is_not_for_the_asker(
    known: Person, who: str
) -> None:
    seen = [entry for entry in entries(known) if known.client(who).get(f"/{entry}").status_code == 200]
    preview = asked("person", known, "preview-as", actor=known.who(who))
    shown = [
        f"{each['resource']['resourceType']}/{each['resource']['id']}"
        for each in preview.json().get("entry", ())
    ]
    assert sorted(set(seen) - {burden(known)}) == sorted(shown)
    assert preview.json()["total"] == len(shown)


def test_the_burden_of_a_carer_is_in_no_preview(person: Person) -> None:
    opens(person)
    assert person.client("nurse").get(f"/{burden(person)}").status_code == 200
    preview = asked("person", person, "preview-as", actor=person.who("nurse"), type="Observation")
    assert ids(preview) == [person.ref("Observation", "mobility").partition("/")[2]]


def test_a_preview_comes_in_pages(known: Person) -> None:
    client = known.client("person")
    given = {"actor": known.who("nurse")}
    whole = ids(client.get(f"/{known.patient}/$preview-as", params=given))
    answer, paged = client.get(f"/{known.patient}/$preview-as", params={**given, "_count": "4"}), []
    while True:
        paged += ids(answer)
        links = {each["relation"]: each["url"] for each in answer.json()["link"]}
        if "next" not in links:
            break
        answer = client.get(links["next"])
    assert paged == whole


def test_where_a_page_ends_tells_nothing_of_what_is_hidden(person: Person) -> None:
    opens(person)
    given = {"actor": person.who("nurse"), "type": "Observation", "_count": "1"}
    [mobility] = ids(answer := asked("person", person, "preview-as", **given))
    assert mobility == person.ref("Observation", "mobility").partition("/")[2]
    assert [each["relation"] for each in answer.json()["link"]] == ["self"]


def test_a_page_of_a_preview_is_for_who_asked_for_it(known: Person) -> None:
    answer = asked("person", known, "preview-as", actor=known.who("nurse"), _count="4")
    following = next(each["url"] for each in answer.json()["link"] if each["relation"] == "next")
    assert known.server.client("system").get(following).status_code == 400


def test_who_works_at_two_places_is_previewed_at_one(person: Person) -> None:
    second = person.ref("PractitionerRole", "second")
    other = person.ref("Organization", "employer-gp")
    role = entity(
        second, active=True, practitioner=ref(person.who("nurse")), organization=ref(other),
        code=[ours("role", "health-professional")],
    )  # fmt: skip
    person.store(role)
    several = asked("person", person, "preview-as", actor=person.who("nurse"))
    one_of = asked("person", person, "preview-as", actor=person.who("nurse"), organization=other)
    assert (several.status_code, one_of.status_code) == (422, 200)
    explained = asked("person", person, "explain-access", actor=second, category="care-goal")
    assert one(explained, "decision") == "permit"


# -- who looked ----------------------------------------------------------------------------------------------


def lines(answer: httpx.Response) -> list[str]:
    return [each["text"] for each in parts(answer, "entry")]


def test_alike_reads_of_a_day_are_one_line(person: Person) -> None:
    for _ in range(3):
        person.client("nurse").get(f"/{person.ref('Goal', 'care')}")
    answer = asked("person", person, "access-log", agent=person.who("nurse"), language="en")
    assert lines(answer) == [
        f"Nurse-{person.mark} Test (health professional, Werkgever) read the care goals (3 times)."
    ]
    assert parts(answer, "entry")[0]["reason"] == f"Nurse-{person.mark} Test is in the care team."


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "wilde de zorgdoelen lezen, maar mocht dat niet."),
        ("fr", "a voulu lire les objectifs de soins, sans en avoir le droit."),
        ("de", "wollte die Versorgungsziele lesen, durfte aber nicht."),
        ("en", "wanted to read the care goals, but was not allowed to."),
    ],
)
def test_who_was_refused_is_in_the_log(person: Person, language: str, said: str) -> None:
    person.client("stranger").get(f"/{person.ref('Goal', 'care')}")
    answer = asked("person", person, "access-log", agent=person.who("stranger"), language=language)
    assert [each.endswith(said) for each in lines(answer)] == [True]
    assert parts(answer, "entry")[0]["outcome"] == "refused"


def test_asking_is_in_the_log_itself(person: Person) -> None:
    for operation in ("explain-access", "who-can-see", "preview-as", "what-if", "access-log"):
        assert asked("person", person, operation, **enough(person, operation)).status_code == 200
    answer = asked("person", person, "access-log", agent=person.patient, language="en")
    assert {
        "Jet asked why somebody has access or not.",
        "Jet asked who can see something.",
        "Jet looked at what somebody else gets to see.",
        "Jet tried out what a consent would change.",
        "Jet looked at the log of who looked.",
    } <= set(lines(answer))


def test_a_refused_question_is_in_the_log(person: Person) -> None:
    asked("stranger", person, "who-can-see", category="task")
    answer = asked("person", person, "access-log", agent=person.who("stranger"))
    assert [each["outcome"] for each in parts(answer, "entry")] == ["refused"]


def test_the_burden_of_a_carer_leaves_no_trace_in_the_log_of_the_person(person: Person) -> None:
    before = lines(asked("person", person, "access-log", agent=person.who("carer")))
    person.client("carer").get(f"/{burden(person)}")
    assert lines(asked("person", person, "access-log", agent=person.who("carer"))) == before


def test_what_a_carer_asks_about_the_own_burden_is_in_the_carers_log_alone(person: Person) -> None:
    represents(person, "carer")
    before = lines(asked("person", person, "access-log", agent=person.who("carer")))
    assert asked("carer", person, "who-can-see", resource=burden(person)).status_code == 200
    own = lines(asked("carer", person, "access-log", agent=person.who("carer"), language="en"))
    assert lines(asked("person", person, "access-log", agent=person.who("carer"))) == before
    assert own == ["Carer asked who can see something."]


def test_the_log_of_other_days_is_asked_by_day(person: Person) -> None:
    person.client("nurse").get(f"/{person.ref('Goal', 'care')}")
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    agent = person.who("nurse")
    assert lines(asked("person", person, "access-log", agent=agent, start=tomorrow)) == []
    assert (
        len(lines(asked("person", person, "access-log", agent=agent, start="2026-01-01", end=tomorrow))) == 1
    )


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days_like_others(known: Person, day: str) -> None:
    for given in ({"start": day}, {"end": day}):
        assert asked("person", known, "access-log", **given).status_code == 200


def test_it_is_said_when_there_is_more(person: Person) -> None:
    assert one(asked("person", person, "access-log", _count="2"), "more") is True
    assert one(asked("person", person, "access-log", agent=person.who("neighbour")), "more") is False


# -- what if -------------------------------------------------------------------------------------------------


def closing(person: Person, *provisions: Resource) -> Resource:
    settings = person.settings(*provisions)
    return {key: value for key, value in settings.items() if key != "id"}


def changes(answer: httpx.Response) -> set[tuple[str, str, str, str]]:
    """(who, action, before, after) of each change."""
    return {
        (each["actor"]["reference"], each["action"], each["before"], each["after"])
        for each in parts(answer, "change")
    }


CASES = {
    "a category closed to everybody": lambda person: closing(person, provision("deny", (), ("care-goal",))),
    "a category closed to the nurse": lambda person: closing(
        person, provision("deny", (person.who("nurse"),), ("care-goal", "task"))
    ),
    "documents opened to the carer": lambda person: closing(
        person, provision("permit", (person.who("carer"),), ("document",))
    ),
    "somebody kept out": lambda person: {
        key: value
        for key, value in consent(
            "Consent/x", "exclusion", person.patient, provision("deny", (person.who("gp"),))
        ).items()
        if key != "id"
    },
    "somebody else let in": lambda person: {
        key: value
        for key, value in consent(
            "Consent/x", "grant", person.patient,
            provision("permit", (person.who("stranger"),), ("care-goal",), period={"end": "2099-01-01"}),
        ).items()
        if key != "id"
    },
    "one entry opened": lambda person: closing(
        person,
        provision(
            "permit", (person.who("neighbour"),),
            data=[{"meaning": "instance", "reference": ref(person.ref("Goal", "care"))}],
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_foretold_is_what_happens(person: Person, case: str) -> None:
    proposed = CASES[case](person)
    before = sees(person)
    foretold = sent("person", person, "what-if", {"name": "consent", "resource": proposed})
    assert (one(foretold, "accepted"), sees(person)) == (True, before)
    stored = person.client("person").post("/Consent", json=proposed)
    assert stored.status_code == 201, stored.text
    after = sees(person)
    happened = {
        (person.who(who), "gained" if after[who, entry] else "lost")
        for who, entry in before
        if before[who, entry] != after[who, entry]
    }
    told = {
        (who, "lost" if new == "none" else "gained")
        for who, action, old, new in changes(foretold)
        if action == "read" and "none" in (old, new)
    }
    assert happened
    # A category may change of which there is no entry, or none that concerns them.
    assert happened <= told
    unseen = {who for who, _ in told - happened}
    assert all(not own_entries(person, who, foretold) for who in unseen)


def own_entries(person: Person, who: str, foretold: httpx.Response) -> bool:
    """Whether somebody would lose or gain all of a category, and not only the own."""
    return any(
        actor == who and "all" in (old, new) and action == "read"
        for actor, action, old, new in changes(foretold)
    )


def sees(person: Person) -> dict[tuple[str, str], bool]:
    """Who reads which entry of the plan."""
    found = {}
    for who in ("gp", "nurse", "helper", "carer", "neighbour", "stranger"):
        client = person.client(who)
        for each in person.plan():
            entry = f"{each['resourceType']}/{each['id']}"
            found[who, entry] = client.get(f"/{entry}").status_code == 200
    return found


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "zou de zorgdoelen niet meer kunnen lezen."), ("fr", "ne pourrait plus lire les objectifs de soins."),
        ("de", "könnte die Versorgungsziele nicht mehr lesen."),
        ("en", "would no longer be able to read the care goals."),
    ],
)  # fmt: skip
def test_a_change_is_one_plain_sentence(known: Person, language: str, said: str) -> None:
    proposed = closing(known, provision("deny", (known.who("nurse"),), ("care-goal",)))
    answer = sent(
        "person",
        known,
        "what-if",
        {"name": "consent", "resource": proposed},
        {"name": "language", "valueCode": language},
    )
    assert f"Nurse-{known.mark} Test {said}" in [each["text"] for each in parts(answer, "change")]


def test_what_would_end_with_the_sharing_consent_is_told(known: Person) -> None:
    answer = asked("person", known, "what-if", remove=known.ref("Consent", "sharing"), language="en")
    assert (known.who("nurse"), "create", "all", "none") in changes(answer)
    assert (known.who("nurse"), "read", "all", "authored") in changes(answer)


def test_nothing_changes_where_nothing_does(known: Person) -> None:
    proposed = closing(known, provision("deny", (known.who("stranger"),), ("care-goal",)))
    answer = sent("person", known, "what-if", {"name": "consent", "resource": proposed})
    assert (one(answer, "text"), parts(answer, "change")) == ("Er verandert niets aan wie wat mag.", [])


def test_a_consent_that_would_be_refused_says_why(known: Person) -> None:
    proposed = closing(known, provision("deny", (), (), provision=[{"type": "deny"}]))
    answer = sent("person", known, "what-if", {"name": "consent", "resource": proposed})
    real = known.client("person").post("/Consent", json=proposed)
    assert (one(answer, "accepted"), real.status_code) == (False, 422)
    assert one(answer, "remarks")["issue"] == real.json()["issue"]


def test_a_warning_is_given_beforehand(known: Person) -> None:
    both = [provision(verb, (known.who("carer"),), ("document",)) for verb in ("permit", "deny")]
    proposed = closing(known, *both)
    answer = sent("person", known, "what-if", {"name": "consent", "resource": proposed})
    assert one(answer, "remarks")["issue"][0]["severity"] == "warning"


def test_a_consent_about_somebody_else_is_refused(known: Person) -> None:
    proposed = {**closing(known), "patient": ref("Patient/somebody-else")}
    answer = sent("person", known, "what-if", {"name": "consent", "resource": proposed})
    assert (refused(answer)[0], answer.json()["issue"][0]["expression"]) == (422, ["Consent.patient"])


def test_what_is_no_consent_is_refused(known: Person) -> None:
    answer = sent("person", known, "what-if", {"name": "consent", "resource": goal("Goal/x", known.patient)})
    assert refused(answer) == (400, "invalid")


def test_an_invalid_consent_is_refused_as_when_it_is_stored(known: Person) -> None:
    proposed = {**closing(known), "status": "moon"}
    assert refused(sent("person", known, "what-if", {"name": "consent", "resource": proposed}))[0] == 422


def test_nothing_of_what_was_tried_is_kept(person: Person) -> None:
    client = person.client("person")
    before = ids(client.get("/Consent", params={"patient": person.patient}))
    sent(
        "person",
        person,
        "what-if",
        {"name": "consent", "resource": closing(person, provision("deny", (), ("task",)))},
    )
    asked("person", person, "what-if", remove=person.ref("Consent", "sharing"))
    assert ids(client.get("/Consent", params={"patient": person.patient})) == before
    sharing = client.get(f"/{person.ref('Consent', 'sharing')}").json()
    assert (sharing["status"], sharing["meta"]["versionId"]) == ("active", "1")


def test_a_relation_that_would_end_is_told(person: Person) -> None:
    gp, period = person.who("stranger"), {"start": SINCE, "end": "2099-01-01"}
    relation = person.ref("Consent", "gmd")
    gmd = [{"url": "https://dzop.example/fhir/StructureDefinition/proof", "valueCode": "gmd"}]
    person.store(
        consent(
            relation, "therapeutic-relation", person.patient, provision("permit", (gp,), period=period),
            extension=gmd,
        )
    )  # fmt: skip
    answer = asked("person", person, "what-if", remove=relation, language="en")
    assert (gp, "read", "all", "none") in changes(answer)


# -- the table -----------------------------------------------------------------------------------------------


def test_the_operations_are_published(server: Server) -> None:
    statement = httpx.get(f"{server.fhir}/metadata").json()
    patient = next(each for each in statement["rest"][0]["resource"] if each["type"] == "Patient")
    assert set(OPERATIONS) <= {each["name"] for each in patient["operation"]}


def test_a_token_that_may_not_read_the_person_may_not_ask(known: Person) -> None:
    client = known.client("person", scope="patient/Goal.rs")
    answer = client.get(f"/{known.patient}/$who-can-see", params={"category": "task"})
    assert refused(answer) == (403, "forbidden")


def test_the_answers_are_valid_parameters(known: Person) -> None:
    from dzop.fhir.validation import validate

    for operation in ("explain-access", "who-can-see", "access-log", "what-if"):
        answer = asked("person", known, operation, **enough(known, operation))
        assert (operation, validate(json.loads(answer.content))) == (operation, [])
