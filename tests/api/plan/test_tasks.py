"""A task goes from hand to hand: offered, taken on, handed over, done; and who asked for it is told."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person, ids
from resources import DZOP, Resource, bundle, ours, participant, put, ref, task

from dzop.plan.task_states import AT_FIRST, CLOSED, NEXT

CANDIDATES = "http://hl7.org/fhir/StructureDefinition/task-candidateList"
RECURRENCE = f"{DZOP}/StructureDefinition/task-recurrence"
SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
ESCALATED = ours("task-business-status", "escalated")


def broken(answer: httpx.Response) -> tuple[int, str]:
    """(status, code of the rule) of a refusal."""
    return answer.status_code, answer.json()["issue"][0]["details"]["coding"][0]["code"]


def asked_of(person: Person, owner: str | None, **elements: Any) -> Resource:
    """A task for the person, asked by the doctor of this owner."""
    known = owner is None or "/" in owner
    whom = {} if owner is None else {"owner": ref(owner if known else person.who(owner))}
    return task(
        person.ref("Task", "own"), person.patient, **{"requester": ref(person.who("gp")), **whom, **elements}
    )


def stored(person: Person, body: Resource) -> Resource:
    person.store(body)
    return body


def sent(person: Person, name: str, body: Resource) -> httpx.Response:
    return person.client(name).put(f"/Task/{body['id']}", json=body)


def topics(person: Person, name: str) -> list[str]:
    """What this one was told by the server, oldest first."""
    whom = {"recipient": person.who(name), "topic": f"{DZOP}/CodeSystem/message-kind|", "_sort": "sent"}
    answer = person.client(name).get(
        "/Communication", params={"recipient": whom["recipient"], "_sort": "sent"}
    )
    found = [each["resource"] for each in answer.json().get("entry", ())]
    return [each["topic"]["coding"][0]["code"] for each in found if "topic" in each]


def tasks(person: Person, name: str = "nurse", **query: str) -> list[Resource]:
    answer = person.client(name).get("/Task", params={"patient": person.patient, **query})
    assert answer.status_code == 200, answer.text
    return [each["resource"] for each in answer.json().get("entry", ())]


def recurring(**repeat: Any) -> list[Resource]:
    return [{"url": RECURRENCE, "valueTiming": {"repeat": repeat}}]


# -- steps -----------------------------------------------------------------------------------------------


def test_every_step_is_taken_or_refused_as_the_table_says(person: Person) -> None:
    """All states against all, by the person, who may take every step that a task takes."""
    pairs = [(was, now) for was in NEXT for now in NEXT]
    before = [
        asked_of(person, "nurse", id=f"step{at}-{person.mark}", status=was)
        for at, (was, _) in enumerate(pairs)
    ]
    person.store(*before)
    entries = [put({**body, "status": now}) for body, (_, now) in zip(before, pairs, strict=True)]
    answer = person.client("person").post("/", json=bundle("batch", *entries)).json()
    taken = [each["response"]["status"][:3] for each in answer["entry"]]
    expected = ["200" if was == now or now in NEXT[was] else "409" for was, now in pairs]
    assert dict(zip(pairs, taken, strict=True)) == dict(zip(pairs, expected, strict=True))


def test_a_task_begins_open_or_done(person: Person) -> None:
    made = [
        asked_of(person, "nurse", id=f"new{at}-{person.mark}", status=each) for at, each in enumerate(NEXT)
    ]
    answer = person.client("gp").post("/", json=bundle("batch", *map(put, made))).json()
    taken = [each["response"]["status"][:3] for each in answer["entry"]]
    assert dict(zip(NEXT, taken, strict=True)) == {
        each: "201" if each in AT_FIRST else "422" for each in NEXT
    }


def test_a_task_that_begins_cancelled_is_refused_by_name(person: Person) -> None:
    assert broken(sent(person, "gp", asked_of(person, "nurse", status="cancelled"))) == (
        422,
        "task-begins-open",
    )


def test_a_step_that_no_task_takes_is_refused_by_name(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="accepted"))
    assert broken(sent(person, "nurse", {**body, "status": "received"})) == (409, "task-step")


def test_the_steps_that_a_task_takes_are_named(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="on-hold"))
    text = sent(person, "nurse", {**body, "status": "received"}).json()["issue"][0]["diagnostics"]
    allowed = [each for each in NEXT if f"`{each}`" in text]
    assert sorted(allowed) == sorted({*NEXT["on-hold"], "on-hold", "received"})


@pytest.mark.parametrize("closed", CLOSED)
def test_a_closed_task_is_not_asked_for_again(person: Person, closed: str) -> None:
    body = stored(person, asked_of(person, "nurse", status=closed))
    assert broken(sent(person, "nurse", {**body, "status": "requested"})) == (409, "task-closed")


def test_a_refused_step_changes_nothing(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="completed"))
    sent(person, "nurse", {**body, "status": "requested"})
    found = person.client("nurse").get(f"/Task/{body['id']}").json()
    assert (found["status"], found["meta"]["versionId"]) == ("completed", "1")


def test_a_note_is_added_to_what_is_done(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="completed"))
    assert sent(person, "nurse", {**body, "note": [{"text": "Ging vlot"}]}).status_code == 200


def test_whose_a_closed_task_was_stays(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="completed"))
    answer = sent(person, "person", {**body, "owner": ref(person.who("helper"))})
    assert broken(answer) == (409, "task-closed-content")


@pytest.mark.parametrize("closed", ["completed", "rejected"])
@pytest.mark.parametrize(
    "change",
    [
        {"description": "Iets anders"},
        {"output": []},
        {"note": [{"text": "Nieuw"}]},
        {"statusReason": {"text": "x"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_happened_is_not_written_anew(person: Person, closed: str, change: Resource) -> None:
    output = [{"type": {"text": "Gewicht"}, "valueString": "71 kg"}]
    body = stored(
        person, asked_of(person, "nurse", status=closed, output=output, note=[{"text": "Ging vlot"}])
    )
    anew = {name: each for name, each in {**body, **change}.items() if each}
    assert broken(sent(person, "nurse", anew)) == (409, "task-closed-content")


def test_a_mistake_says_why_it_was_one(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="completed"))
    mistake = {**body, "status": "entered-in-error", "statusReason": {"text": "Verkeerde dag"}}
    assert sent(person, "nurse", mistake).status_code == 200


@pytest.mark.parametrize("requester", ["carer", None])
def test_who_asked_for_a_task_stays(person: Person, requester: str | None) -> None:
    body = stored(person, asked_of(person, "nurse"))
    other = {**body, "requester": requester and ref(person.who(requester))}
    answer = sent(person, "carer", {name: each for name, each in other.items() if each})
    assert broken(answer) == (422, "task-requester")


def test_who_asked_is_whom_the_task_names_and_not_the_author(person: Person) -> None:
    answer = sent(person, "gp", asked_of(person, "nurse", requester=ref(person.who("carer"))))
    text = answer.json()["issue"][0]["diagnostics"]
    assert (answer.status_code, "`requester`" in text, "author" in text) == (403, True, False)


def test_a_task_for_nobody_says_where_the_person_is_named(person: Person) -> None:
    body = {name: each for name, each in asked_of(person, "nurse").items() if name != "for"}
    issue = sent(person, "gp", body).json()["issue"][0]
    assert (issue["expression"], "`for`" in issue["diagnostics"]) == (["Task.for"], True)


@pytest.mark.parametrize("status", ["accepted", "ready", "in-progress", "on-hold", "completed", "failed"])
def test_what_is_under_way_or_done_has_an_owner(person: Person, status: str) -> None:
    body = stored(person, asked_of(person, None))
    assert broken(sent(person, "person", {**body, "status": status})) == (422, "task-without-owner")


def test_the_operator_enters_a_task_in_any_state(person: Person) -> None:
    body = asked_of(person, None, status="cancelled")
    assert 201 == person.client("system").put(f"/Task/{body['id']}", json=body).status_code


# -- taking on -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["accepted", "ready", "in-progress", "on-hold", "rejected"])
@pytest.mark.parametrize(("name", "expected"), [("nurse", 200), ("person", 200), ("carer", 422)])
def test_the_owner_or_the_person_agrees_and_declines_and_nobody_else(
    person: Person, name: str, expected: int, status: str
) -> None:
    body = stored(person, asked_of(person, "nurse"))
    assert sent(person, name, {**body, "status": status}).status_code == expected


def test_that_somebody_else_agrees_is_refused_by_name(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse"))
    assert broken(sent(person, "carer", {**body, "status": "accepted"})) == (422, "task-agreed-by-owner")


def test_the_coordinator_agrees_for_a_member(person: Person) -> None:
    nurse = participant(person.who("nurse"), "health-professional")
    gp = participant(person.who("gp"), "general-practitioner")
    person.store(person.team(gp, nurse, {**gp, "role": [ours("role", "care-coordinator")]}))
    body = stored(person, asked_of(person, "nurse"))
    assert sent(person, "gp", {**body, "status": "accepted"}).status_code == 200


def test_who_works_there_agrees_for_an_organisation(person: Person) -> None:
    body = stored(person, asked_of(person, person.ref("Organization", "employer-nurse")))
    assert sent(person, "nurse", {**body, "status": "accepted"}).status_code == 200


def test_a_member_takes_up_what_the_team_was_asked(person: Person) -> None:
    body = stored(person, asked_of(person, person.ref("CareTeam", "team")))
    mine = {**body, "status": "accepted", "owner": ref(person.who("nurse"))}
    assert sent(person, "nurse", mine).status_code == 200


def test_what_was_done_by_another_is_noted_by_who_may_change_it(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse"))
    assert sent(person, "carer", {**body, "status": "completed"}).status_code == 200


def test_a_task_entered_as_accepted_by_another_is_remarked_on(person: Person) -> None:
    answer = person.client("gp").put(
        f"/{person.ref('Task', 'own')}",
        json=asked_of(person, "nurse", status="accepted"),
        headers={"Prefer": "return=OperationOutcome"},
    )
    rules = [each["details"].get("coding", [{}])[0].get("code") for each in answer.json()["issue"]]
    assert (answer.status_code, rules) == (201, [None, "task-agreed-for-another"])


def test_whoever_is_said_to_have_agreed_is_told(person: Person) -> None:
    sent(person, "gp", asked_of(person, "nurse", status="accepted"))
    assert topics(person, "nurse") == ["task-assigned"]


@pytest.mark.parametrize(
    ("owner", "remarks"),
    [("stranger", ["task-owner-outside"]), ("cousin", ["task-owner-outside"]), ("helper", [])],
)
def test_an_owner_outside_the_team_is_remarked_on(person: Person, owner: str, remarks: list[str]) -> None:
    answer = person.client("gp").put(
        f"/{person.ref('Task', 'own')}",
        json=asked_of(person, owner),
        headers={"Prefer": "return=OperationOutcome"},
    )
    rules = [each["details"].get("coding", [{}])[0].get("code") for each in answer.json()["issue"]]
    assert [each for each in rules if each] == remarks


# -- candidates ------------------------------------------------------------------------------------------


def offered(person: Person, *names: str, **elements: Any) -> Resource:
    to = [{"url": CANDIDATES, "valueReference": ref(person.who(each))} for each in names]
    return stored(person, asked_of(person, None, extension=to, **elements))


@pytest.mark.parametrize("name", ["nurse", "helper", "neighbour"])
def test_a_candidate_takes_up_what_nobody_has(person: Person, name: str) -> None:
    body = offered(person, name)
    assert (
        sent(person, name, {**body, "status": "accepted", "owner": ref(person.who(name))}).status_code == 200
    )


def test_a_recipient_takes_up_what_nobody_has(person: Person) -> None:
    body = stored(person, asked_of(person, None, restriction={"recipient": [ref(person.who("nurse"))]}))
    mine = {**body, "status": "in-progress", "owner": ref(person.who("nurse"))}
    assert sent(person, "nurse", mine).status_code == 200


def test_a_member_of_a_team_that_is_a_candidate_takes_it_up(person: Person) -> None:
    to = [{"url": CANDIDATES, "valueReference": ref(person.ref("CareTeam", "team"))}]
    body = stored(person, asked_of(person, None, extension=to))
    mine = {**body, "status": "accepted", "owner": ref(person.who("helper"))}
    assert sent(person, "helper", mine).status_code == 200


def test_a_number_stays_as_it_was_written_when_a_task_is_taken_up(person: Person) -> None:
    more = {"input": [{"type": {"text": "Doel"}, "valueDecimal": 1.1}]}
    body = offered(person, "nurse", **more)
    mine = {**body, "status": "accepted", "owner": ref(person.who("nurse"))}
    assert sent(person, "nurse", mine).status_code == 200


def test_who_is_no_candidate_takes_up_nothing(person: Person) -> None:
    body = offered(person, "helper")
    assert (
        sent(person, "nurse", {**body, "status": "accepted", "owner": ref(person.who("nurse"))}).status_code
        == 403
    )


def test_a_candidate_changes_nothing_else(person: Person) -> None:
    body = offered(person, "nurse")
    mine = {**body, "status": "accepted", "owner": ref(person.who("nurse")), "description": "Iets anders"}
    assert broken(sent(person, "nurse", mine)) == (422, "task-taken-up")


def test_a_candidate_gives_it_to_nobody_else(person: Person) -> None:
    body = offered(person, "nurse")
    theirs = {**body, "status": "requested", "owner": ref(person.who("helper"))}
    assert sent(person, "nurse", theirs).status_code == 403


def test_of_two_candidates_the_second_comes_too_late(person: Person) -> None:
    body = offered(person, "nurse", "helper")
    answers = [
        sent(person, name, {**body, "status": "accepted", "owner": ref(person.who(name))}).status_code
        for name in ("nurse", "helper")
    ]
    assert answers == [200, 403]


def passed_up(body: Resource, person: Person, name: str) -> Resource:
    """The offer without this one's name."""
    rest = [each for each in body["extension"] if each["valueReference"] != ref(person.who(name))]
    return {**body, "extension": rest}


def test_a_candidate_who_says_no_leaves_the_offer_to_the_others(person: Person) -> None:
    body = offered(person, "neighbour", "helper")
    left = passed_up(body, person, "neighbour")
    mine = {**left, "status": "accepted", "owner": ref(person.who("helper"))}
    answers = [
        sent(person, name, each).status_code
        for name, each in (("neighbour", {**left, "note": [{"text": "Met verlof"}]}), ("helper", mine))
    ]
    assert (answers, topics(person, "gp")) == ([200, 200], ["task-declined", "task-accepted"])


@pytest.mark.parametrize("name", ["neighbour", "carer"])
def test_nobody_declines_an_offer_for_the_others(person: Person, name: str) -> None:
    body = offered(person, "helper", name)
    mine = {**body, "status": "rejected", "owner": ref(person.who(name))}
    assert broken(sent(person, name, mine)) == (422, "task-offer-declined")


def test_a_candidate_takes_nobody_else_off_the_list(person: Person) -> None:
    body = offered(person, "nurse", "helper")
    assert sent(person, "nurse", passed_up(body, person, "helper")).status_code == 403


def test_a_member_does_not_say_no_for_the_team(person: Person) -> None:
    whom = [person.ref("CareTeam", "team"), person.who("nurse")]
    to = [{"url": CANDIDATES, "valueReference": ref(each)} for each in whom]
    body = stored(person, asked_of(person, None, extension=to))
    assert sent(person, "helper", {**body, "extension": to[1:]}).status_code == 403


def test_what_the_person_keeps_from_a_candidate_is_not_taken_up(person: Person) -> None:
    body = offered(person, "nurse")
    settings = {"type": "deny", "class": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "task"}]}
    action = {
        "action": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentaction", "code": "correct"}]}
        ]
    }
    person.store(person.settings({**settings, **action}))
    assert (
        sent(person, "nurse", {**body, "status": "accepted", "owner": ref(person.who("nurse"))}).status_code
        == 403
    )


# -- handing over ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("was", ["requested", "accepted", "in-progress", "on-hold"])
def test_the_owner_hands_over_what_is_then_requested(person: Person, was: str) -> None:
    body = stored(person, asked_of(person, "nurse", status=was))
    theirs = {**body, "status": "requested", "owner": ref(person.who("helper"))}
    assert sent(person, "nurse", theirs).status_code == 200


@pytest.mark.parametrize("name", ["nurse", "person"])
def test_what_is_handed_over_is_never_accepted_for_another(person: Person, name: str) -> None:
    body = stored(person, asked_of(person, "nurse", status="accepted"))
    theirs = {**body, "status": "accepted", "owner": ref(person.who("helper"))}
    assert broken(sent(person, name, theirs)) == (422, "task-handed-over")


def test_the_owner_gives_a_task_back(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="accepted"))
    without = {name: each for name, each in body.items() if name != "owner"}
    assert sent(person, "nurse", {**without, "status": "requested"}).status_code == 200


def test_what_somebody_else_took_on_is_not_taken_as_if_it_were_offered(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="accepted"))
    mine = {**body, "owner": ref(person.who("carer"))}
    assert broken(sent(person, "carer", mine)) == (409, "task-under-way")


def test_the_person_gives_a_task_back_and_another_takes_it_up(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="accepted"))
    without = {**{name: each for name, each in body.items() if name != "owner"}, "status": "requested"}
    mine = {**body, "owner": ref(person.who("carer"))}
    assert [sent(person, "person", without).status_code, sent(person, "carer", mine).status_code] == [
        200,
        200,
    ]


# -- being told ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "change", "topic"),
    [
        ("requested", {"status": "accepted"}, "task-accepted"),
        ("requested", {"status": "rejected"}, "task-declined"),
        ("in-progress", {"status": "completed"}, "task-completed"),
        ("in-progress", {"status": "failed"}, "task-failed"),
        ("requested", {"status": "on-hold"}, "task-on-hold"),
        ("in-progress", {"status": "on-hold"}, "task-on-hold"),
        ("in-progress", {"status": "requested"}, "task-handed-over"),
    ],
)
def test_who_asked_for_it_is_told(person: Person, was: str, change: Resource, topic: str) -> None:
    body = stored(person, asked_of(person, "nurse", status=was))
    before = topics(person, "gp")
    sent(person, "nurse", {**body, **change})
    assert topics(person, "gp") == [*before, topic]


def test_who_asked_for_it_is_told_that_it_was_handed_over(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="accepted"))
    sent(person, "nurse", {**body, "status": "requested", "owner": ref(person.who("helper"))})
    assert topics(person, "gp") == ["task-handed-over"]


def test_who_had_a_task_is_told_that_somebody_else_has_it(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="accepted"))
    sent(person, "person", {**body, "owner": ref(person.patient)})
    assert topics(person, "nurse") == ["task-handed-over"]


@pytest.mark.parametrize("end", ["cancelled", "entered-in-error"])
@pytest.mark.parametrize(
    ("name", "told"), [("nurse", ["gp"]), ("carer", ["gp", "nurse"]), ("person", ["gp", "nurse"])]
)
def test_who_asked_for_it_and_whose_it_is_are_told_that_it_is_cancelled(
    person: Person, name: str, told: list[str], end: str
) -> None:
    body = stored(person, asked_of(person, "nurse", status="accepted"))
    sent(person, name, {**body, "status": end})
    heard = [each for each in ("gp", "nurse", "carer", "person") if "task-cancelled" in topics(person, each)]
    assert heard == told


def test_who_had_a_task_is_told_that_somebody_else_did_it(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="accepted"))
    sent(person, "carer", {**body, "status": "completed"})
    assert topics(person, "nurse") == ["task-completed"]


def test_whoever_is_asked_is_told(person: Person) -> None:
    sent(person, "gp", asked_of(person, "nurse"))
    assert topics(person, "nurse") == ["task-requested"]


def test_for_whom_somebody_else_agreed_is_told(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse"))
    sent(person, "person", {**body, "status": "accepted"})
    assert (topics(person, "nurse"), topics(person, "gp")) == (["task-assigned"], ["task-accepted"])


def test_what_is_asked_at_once_is_told_in_one_message(person: Person) -> None:
    asked = [asked_of(person, "nurse", id=f"ask{at}-{person.mark}") for at in range(3)]
    secret = asked_of(person, "nurse", id=f"secret-{person.mark}", meta=SENSITIVE)
    both = bundle("transaction", *map(put, [*asked, secret]))
    answer = person.client("gp").post("/", json=both)
    assert answer.status_code == 200, answer.text
    found = person.client("person").get(f"/Communication?recipient={person.who('nurse')}").json()["entry"]
    about = [
        sorted(subject["reference"] for subject in each["resource"]["about"])
        for each in found
        if "topic" in each["resource"]
    ]
    assert sorted(about) == sorted([[f"Task/{each['id']}" for each in asked], [f"Task/{secret['id']}"]])


def test_who_wrote_a_task_that_names_no_requester_is_told(person: Person) -> None:
    body = {name: each for name, each in asked_of(person, "nurse").items() if name != "requester"}
    sent(person, "gp", body)
    sent(person, "nurse", {**body, "status": "accepted"})
    assert topics(person, "gp") == ["task-accepted"]


def test_nobody_is_told_what_they_did_themselves(person: Person) -> None:
    body = stored(person, asked_of(person, "gp"))
    sent(person, "gp", {**body, "status": "accepted"})
    assert topics(person, "gp") == []


def test_a_notice_leads_to_the_task_and_says_nothing_of_it(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", description="Wonde verzorgen"))
    sent(person, "nurse", {**body, "status": "accepted"})
    found = person.client("gp").get("/Communication", params={"recipient": person.who("gp")}).json()
    notice = next(each["resource"] for each in found["entry"] if "topic" in each["resource"])
    assert (notice["about"], "Wonde" in str(notice)) == ([ref(f"Task/{body['id']}")], False)


def test_an_output_goes_with_what_is_done(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="in-progress"))
    output = [{"type": {"text": "Gewicht"}, "valueString": "71 kg"}]
    answer = sent(person, "nurse", {**body, "status": "completed", "output": output})
    assert (answer.status_code, answer.json()["output"]) == (200, output)


# -- escalation ------------------------------------------------------------------------------------------


def test_who_asked_and_who_coordinates_are_told_what_cannot_wait(person: Person) -> None:
    helper = participant(person.who("helper"), "welfare-professional")
    others = [participant(person.who(each), "health-professional") for each in ("nurse", "gp")]
    person.store(person.team(*others, helper, {**helper, "role": [ours("role", "care-coordinator")]}))
    body = stored(person, asked_of(person, "nurse", status="accepted"))
    answer = sent(person, "nurse", {**body, "priority": "urgent", "businessStatus": ESCALATED})
    told = [topics(person, each) for each in ("gp", "helper")]
    assert (answer.status_code, told) == (200, [["task-escalated"]] * 2)


def for_few(person: Person, requester: str) -> Resource:
    """A sensitive task of the doctor's, under way, that somebody asked for."""
    asked = asked_of(person, "gp", status="in-progress", requester=ref(person.who(requester)))
    return stored(person, {**asked, "meta": SENSITIVE})


@pytest.mark.parametrize(
    ("requester", "told"), [("nurse", ["task-completed"]), ("carer", []), ("neighbour", [])]
)
def test_of_a_sensitive_task_is_told_who_may_read_what_is_sensitive(
    person: Person, requester: str, told: list[str]
) -> None:
    sent(person, "gp", {**for_few(person, requester), "status": "completed"})
    assert topics(person, requester) == told


def test_what_is_told_of_a_sensitive_task_is_sensitive(person: Person) -> None:
    body = for_few(person, "carer")
    sent(person, "gp", {**body, "status": "completed"})
    found = person.client("person").get(f"/Communication?recipient={person.who('carer')}").json()["entry"]
    told = [
        each["resource"] for each in found if each["resource"].get("about") == [ref(f"Task/{body['id']}")]
    ]
    labels = [[each["code"] for each in message["meta"]["security"]] for message in told]
    assert labels == [["message", "sensitive"]]


def test_the_coordinator_is_not_told_of_a_sensitive_task_that_cannot_wait(person: Person) -> None:
    helper = participant(person.who("helper"), "care-coordinator")
    person.store(person.team(*person.team()["participant"], helper))
    body = for_few(person, "nurse")
    answer = sent(person, "gp", {**body, "priority": "urgent", "businessStatus": ESCALATED})
    told = [topics(person, each) for each in ("nurse", "helper")]
    assert (answer.status_code, told) == (200, [["task-escalated"], []])


def test_what_cannot_wait_is_urgent_too(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", status="accepted", priority="routine"))
    assert broken(sent(person, "nurse", {**body, "businessStatus": ESCALATED})) == (422, "task-escalation")


# -- what comes back -------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["completed", "failed"])
def test_a_task_that_comes_back_is_there_again(person: Person, end: str) -> None:
    week = recurring(period=1, periodUnit="wk")
    body = stored(
        person, asked_of(person, "nurse", status="in-progress", extension=week, description="Weegdag")
    )
    sent(person, "nurse", {**body, "status": end})
    found = [each for each in tasks(person) if each.get("description") == "Weegdag"]
    assert sorted(each["status"] for each in found) == sorted(["accepted", end])


def test_the_next_time_belongs_to_whoever_wrote_the_first(person: Person) -> None:
    body = asked_of(person, "nurse", extension=recurring(period=1, periodUnit="wk"))
    sent(person, "gp", body)
    sent(person, "nurse", {**body, "status": "completed"})
    following = next(each for each in tasks(person, status="accepted") if "extension" in each)
    assert (
        person.client("gp")
        .put(f"/Task/{following['id']}", json={**following, "priority": "urgent"})
        .status_code
        == 200
    )


def test_the_next_time_of_what_is_for_few_is_for_few(person: Person) -> None:
    body = asked_of(
        person, "gp", status="in-progress", extension=recurring(period=1, periodUnit="wk"), meta=SENSITIVE
    )
    person.store(body)
    sent(person, "gp", {**body, "status": "completed"})
    described = {each["id"]: each for each in tasks(person, "gp") if "extension" in each}
    assert (len(described), [each for each in tasks(person, "helper") if each["id"] in described]) == (2, [])


def test_what_is_cancelled_does_not_come_back(person: Person) -> None:
    body = stored(person, asked_of(person, "nurse", extension=recurring(period=1, periodUnit="wk")))
    sent(person, "person", {**body, "status": "cancelled"})
    assert len([each for each in tasks(person) if "extension" in each]) == 1


def test_a_recurrence_that_gives_no_day_is_refused(person: Person) -> None:
    answer = sent(person, "gp", asked_of(person, "nurse", extension=recurring(period=1, periodUnit="h")))
    assert broken(answer) == (422, "task-recurrence")


@pytest.mark.parametrize(
    "timing", [{}, {"event": ["2027-01-01"]}, {"repeat": {"period": 10**9, "periodUnit": "a"}}], ids=str
)
def test_no_timing_breaks_the_service(person: Person, timing: Resource) -> None:
    body = asked_of(person, "nurse", extension=[{"url": RECURRENCE, "valueTiming": timing}])
    assert sent(person, "gp", body).status_code in (400, 422)


def test_a_series_at_the_end_of_the_calendar_ends(person: Person) -> None:
    within = {"period": {"end": "9999-12-31"}}
    body = asked_of(person, "nurse", extension=recurring(period=1, periodUnit="a"), restriction=within)
    stored(person, body)
    assert sent(person, "nurse", {**body, "status": "completed"}).status_code == 200


def test_open_tasks_are_found_by_owner_and_deadline(person: Person) -> None:
    stored(person, asked_of(person, "nurse", restriction={"period": {"end": "2031-05-06"}}))
    query = {"owner": person.who("nurse"), "status": "requested", "due": "eb2031-05-08"}
    answer = person.client("nurse").get("/Task", params=query)
    assert person.ref("Task", "own").partition("/")[2] in ids(answer)
