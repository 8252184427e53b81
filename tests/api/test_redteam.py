"""What a hostile reviewer of searching, conditions, patches and transactions tried and got; none of it works any more.

What `gp` of `person` tries is aimed at `other`, to whom that doctor is a stranger, and at what is hidden in the own
plan: the carer's burden.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person, ids, new_person, refused
from resources import DZOP, SSIN, Resource, bundle, entity, goal, post, put, ref
from serving import Server

GP = "https://gp.example"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
NOBODY = "urn:uuid:00000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def other(server: Server) -> Person:
    """The person whose plan is attacked."""
    person = new_person(server)
    person.store(goal(person.ref("Goal", "secret"), person.patient, meta=SENSITIVE))
    return person


def listing(person: Person, *items: str) -> Resource:
    """A list of the gp's, without id."""
    entries = [{"item": ref(item)} for item in items]
    return {
        "resourceType": "List", "status": "current", "mode": "working", "subject": ref(person.patient),
        "entry": entries,
    }  # fmt: skip


def without_id(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "id"}


def labels(answer: httpx.Response) -> list[str]:
    """The categories that an answer shows."""
    return [each["code"] for each in answer.json()["meta"].get("security", ())]


def marked(person: Person, name: str = "marked", **elements: Any) -> Resource:
    """A goal that goes by an identifier."""
    identifier = [{"system": GP, "value": f"{name}-{person.mark}"}]
    return goal(person.ref("Goal", name), person.patient, identifier=identifier, **elements)


# -- labels that tell of what they follow from ---------------------------------------------------------------

HIDDEN = (("Goal", "life"), ("Goal", "secret"), ("Observation", "burden"), ("Communication", "message"))


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_list_says_the_same_of_what_is_hidden_and_of_what_is_not_there(
    person: Person, other: Person, hidden: tuple[str, str]
) -> None:
    gp = person.client("gp")
    answers = [
        gp.post("/List", json=listing(person, item))
        for item in (other.ref(*hidden), f"{hidden[0]}/not-there")
    ]
    assert [(each.status_code, labels(each)) for each in answers] == [(201, ["document"])] * 2


def test_a_list_says_nothing_of_what_is_hidden_in_the_own_plan(person: Person) -> None:
    answer = person.client("gp").post("/List", json=listing(person, person.ref("Observation", "burden")))
    assert (answer.status_code, labels(answer)) == (201, ["document"])


def test_a_list_has_the_categories_of_what_its_writer_sees(person: Person) -> None:
    answer = person.client("gp").post("/List", json=listing(person, person.ref("Goal", "life")))
    assert labels(answer) == ["life-goal"]


def test_what_tells_of_a_hidden_task_keeps_its_category(person: Person) -> None:
    told = entity(
        person.ref("Provenance", "told"),
        target=[ref(person.ref("Task", "weigh"))],
        recorded="2026-01-05T14:00:00+01:00",
        agent=[{"who": ref(person.who("neighbour"))}],
    )
    person.store(told)

    meta = {"tag": [{"system": GP, "code": "later"}]}
    body = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": meta}]}
    told_by = f"/{person.ref('Provenance', 'told')}"
    person.client("neighbour").post(f"{told_by}/$meta-add", json=body)
    answer = person.client("system").get(told_by)

    assert (answer.json()["meta"]["versionId"], labels(answer)) == ("2", ["task"])


@pytest.mark.parametrize("place", [0, 1])
def test_a_list_is_as_closed_as_its_items_wherever_they_stand_in_the_transaction(
    person: Person, place: int
) -> None:
    secret = without_id(goal("Goal/x", person.patient, meta=SENSITIVE))
    entries = [post(listing(person, NOBODY)), post(secret, NOBODY)]
    answer = person.client("gp").post("/", json=bundle("transaction", *entries[place:], *entries[:place]))

    found = {each["resource"]["resourceType"]: each["resource"] for each in answer.json()["entry"]}
    assert found["List"]["meta"]["security"] == found["Goal"]["meta"]["security"]


# -- conditions beyond the scopes of the token ----------------------------------------------------------------

NARROW = (
    ("user/Goal.c", "identifier={gp}|marked-{mark}"),
    ("user/Goal.cr", "identifier={gp}|marked-{mark}"),
    ("user/Goal.crs", "identifier={gp}|marked-{mark}&patient.birthdate=1944-03-17"),
    ("user/Goal.crs", "identifier={gp}|marked-{mark}&_has:Task:focus:status=requested"),
    ("user/Goal.crs", "_list=pinned-{mark}"),
    ("user/Goal.crs", "_filter=patient.birthdate eq 1944-03-17"),
)


@pytest.mark.parametrize(("scope", "condition"), NARROW)
def test_a_condition_asks_only_what_the_token_may_search(person: Person, scope: str, condition: str) -> None:
    person.store(marked(person))
    spelled = condition.format(gp=GP, mark=person.mark)
    answer = person.client("gp", scope=scope).post(
        "/Goal", json=without_id(marked(person)), headers={"If-None-Exist": spelled}
    )
    assert refused(answer) == (403, "forbidden")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_conditional_change_needs_to_search(person: Person, method: str) -> None:
    person.store(marked(person))
    body: Resource = {"resourceType": "Parameters"} if method == "PATCH" else without_id(marked(person))
    answer = person.client("person", scope="patient/Goal.u").request(
        method, "/Goal", params={"identifier": f"{GP}|marked-{person.mark}"}, json=body
    )
    assert refused(answer) == (403, "forbidden")


def test_a_conditional_reference_needs_to_search_what_it_looks_for(person: Person) -> None:
    of_whom = {"reference": f"Patient?identifier={SSIN}|{person.ssin}"}
    entry = post(without_id(goal("Goal/x", person.patient)) | {"subject": of_whom})
    answer = person.client("gp", scope="user/Goal.cruds").post("/", json=bundle("transaction", entry))
    assert refused(answer) == (403, "forbidden")


def test_a_token_that_may_not_read_may_not_patch(person: Person) -> None:
    person.store(marked(person, expressedBy=ref(person.patient)))
    patch = [{"op": "add", "path": "/statusDate", "value": "2026-11-01"}]
    answer = person.client("person", scope="patient/Goal.u").patch(
        f"/{person.ref('Goal', 'marked')}",
        json=patch,
        headers={"Content-Type": "application/json-patch+json"},
    )
    assert refused(answer) == (403, "forbidden")


# -- conditions in the log --------------------------------------------------------------------------------------


def asked_of(person: Person) -> int:
    """How often the log of the person says that somebody searched, this look at it left out."""
    asked = {"patient": person.patient, "subtype": "search-type", "_count": "200"}
    return len(ids(person.client("person").get("/AuditEvent", params=asked)))


def test_a_condition_that_finds_nothing_is_in_the_log_of_whom_it_names(person: Person, known: Person) -> None:
    looked_for = {"reference": f"Patient?identifier={SSIN}|{person.ssin}"}
    entry = post(without_id(goal("Goal/x", known.patient)) | {"subject": looked_for})
    answer = known.client("gp").post("/", json=bundle("transaction", entry))
    assert (answer.status_code, asked_of(person)) == (412, 1)


def test_a_condition_that_finds_several_is_in_the_log(person: Person) -> None:
    twice = [{"system": GP, "value": f"twice-{person.mark}"}]
    person.store(*[marked(person, name) | {"identifier": twice} for name in ("one", "two")])
    answer = person.client("gp").post(
        "/Goal",
        json=without_id(marked(person)),
        headers={"If-None-Exist": f"identifier={GP}|twice-{person.mark}"},
    )
    assert (answer.status_code, asked_of(person)) == (412, 1)


def test_a_conditional_patch_that_finds_nothing_is_in_the_log_of_whom_it_names(
    person: Person, known: Person
) -> None:
    answer = known.client("gp").patch(
        "/Goal", params={"patient": person.patient}, json={"resourceType": "Parameters"}
    )
    assert (answer.status_code, asked_of(person)) == (404, 1)


@pytest.mark.parametrize(
    "query",
    [
        "Patient?identifier={ssin}",
        "Goal?_filter=patient.identifier eq {ssin}",
        "Goal?patient:identifier={ssin}",
    ],
)
def test_a_search_by_a_bare_national_number_is_in_the_log_of_that_person(
    person: Person, known: Person, query: str
) -> None:
    known.client("gp").get(f"/{query.format(ssin=person.ssin)}")
    assert asked_of(person) == 1


# -- what one request may use up --------------------------------------------------------------------------------


def test_a_condition_locks_little_whatever_it_brings(person: Person) -> None:
    many = [{"system": GP, "value": f"{number}-{person.mark}"} for number in range(12_000)]
    answer = person.client("gp").post(
        "/Goal",
        json=without_id(marked(person)) | {"identifier": many},
        headers={"If-None-Exist": f"identifier={GP}|none-{person.mark}"},
    )
    assert answer.status_code == 201


def test_a_condition_names_a_limited_number_of_codes(known: Person) -> None:
    lists = [f"identifier={','.join(f'{part}-{number}' for number in range(60))}" for part in range(2)]
    answer = known.client("gp").post(
        "/Goal", json=without_id(marked(known)), headers={"If-None-Exist": "&".join(lists)}
    )
    assert refused(answer) == (400, "too-costly")


@pytest.mark.parametrize("value", ["_text=a{}", "_lastUpdated=gt20{:02}", "start-date=lt20{:02}"])
def test_values_that_are_compared_one_by_one_are_counted(known: Person, value: str) -> None:
    name, _, text = value.partition("=")
    query = f"{name}={','.join(text.format(number) for number in range(99))}"
    answer = known.client("gp").post("/Goal/_search", content="&".join([query] * 4), headers=FORM)
    assert refused(answer) == (400, "too-costly")


def test_what_has_very_many_notes_is_changed_like_anything_else(person: Person) -> None:
    notes = [{"text": f"nota {number}"} for number in range(50_000)]
    full = marked(person, note=notes, expressedBy=ref(person.patient))
    person.store(full)
    answer = person.client("person").put(
        f"/{person.ref('Goal', 'marked')}", json=full | {"note": [*reversed(notes)]}
    )
    assert answer.status_code == 200


@pytest.fixture
def heavy(person: Person) -> Resource:
    """The entry that reads a large document."""
    report = person.client("system").get(f"/{person.ref('DocumentReference', 'report')}").json()
    attached = {"attachment": {"contentType": "text/plain", "data": "QUFB" * 1_100_000}}
    person.store(report | {"content": [attached]})
    return {"request": {"method": "GET", "url": person.ref("DocumentReference", "report")}}


def test_the_answers_to_a_batch_end_where_they_get_too_large(person: Person, heavy: Resource) -> None:
    answer = person.client("gp").post("/", json=bundle("batch", *[heavy] * 15))
    statuses = [each["response"]["status"] for each in answer.json()["entry"]]
    assert (statuses[:10], statuses[-1]) == (["200"] * 10, "413")


def test_a_transaction_that_reads_too_much_is_refused(person: Person, heavy: Resource) -> None:
    answer = person.client("gp").post("/", json=bundle("transaction", *[heavy] * 15))
    assert answer.status_code == 413


# -- who is somebody else behind the own writes -------------------------------------------------------------------


@pytest.mark.parametrize("read", ["Goal/life-{mark}", "Patient/person-{mark}/$everything"])
def test_who_leaves_the_team_reads_nothing_in_the_same_transaction(person: Person, read: str) -> None:
    team = person.client("gp").get(f"/{person.ref('CareTeam', 'team')}").json()
    others = [each for each in team["participant"] if each["member"]["reference"] != person.who("gp")]
    reading = {"request": {"method": "GET", "url": read.format(mark=person.mark)}}
    entries = [reading, put(team | {"participant": others})]
    assert person.client("gp").post("/", json=bundle("transaction", *entries)).status_code == 404


def test_who_leaves_the_team_writes_nothing_in_the_same_transaction(person: Person) -> None:
    team = person.client("gp").get(f"/{person.ref('CareTeam', 'team')}").json()
    others = [each for each in team["participant"] if each["member"]["reference"] != person.who("gp")]
    later = put(entity(person.ref("Goal", "late"), **without_id(goal("Goal/x", person.patient))))
    entries = [put(team | {"participant": others}), later]
    assert person.client("gp").post("/", json=bundle("transaction", *entries)).status_code in (403, 422)
