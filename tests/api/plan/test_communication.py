"""Messages stay in their thread and team; who got one marks it as read; a page of a journal is opened one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from persons import DZOP, Person, ids
from resources import Resource, concept, consent, ours, provision, ref

TOLD = {"Prefer": "return=OperationOutcome"}
READ = {"system": "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "code": "access"}


def message(
    person: Person, sender: str, *recipients: str, category: str = "message", **elements: Any
) -> Resource:
    """From somebody around the person to others; a recipient with a slash is a reference."""
    named = [ref(each if "/" in each else person.who(each)) for each in recipients]
    return {
        "resourceType": "Communication",
        "status": "completed",
        "category": [ours("data-category", category)],
        "subject": ref(person.patient),
        "sender": ref(person.who(sender)),
        **({"recipient": named} if named else {}),
        "payload": [{"contentString": "Hoe gaat het vandaag?"}],
        **elements,
    }


def sent(person: Person, sender: str, *recipients: str, **elements: Any) -> httpx.Response:
    given = message(person, sender, *recipients, **elements)
    return person.client(sender).post("/Communication", json=given, headers=TOLD)


def stored(answer: httpx.Response) -> str:
    """The reference of what was stored."""
    assert answer.status_code == 201, answer.text
    return "/".join(answer.headers["Location"].split("/")[-4:-2])


def answering(*references: str, first: str | None = None) -> dict[str, Any]:
    """The elements of a reply to these messages, in the thread of the first."""
    thread = references[0] if first is None else first
    return {"inResponseTo": [ref(each) for each in references], "partOf": [ref(thread)]}


def told(answer: httpx.Response) -> tuple[int, list[str]]:
    """The status, and the rules of which the answer tells."""
    issues = answer.json().get("issue", ())
    return answer.status_code, [
        each["details"]["coding"][0]["code"] for each in issues if "coding" in each["details"]
    ]


def status(person: Person, name: str, reference: str) -> int:
    return person.client(name).get(f"/{reference}").status_code


# -- threads --------------------------------------------------------------------------------------------------


def test_a_message_about_a_goal_reaches_whom_it_names(person: Person) -> None:
    about = [ref(person.ref("Goal", "life"))]
    reference = stored(sent(person, "gp", "nurse", about=about))
    readers = {name: status(person, name, reference) for name in ("person", "gp", "nurse", "helper", "carer")}
    assert readers == {"person": 200, "gp": 200, "nurse": 200, "helper": 404, "carer": 404}


def test_a_message_to_the_team_reaches_its_members(person: Person) -> None:
    reference = stored(sent(person, "carer", person.ref("CareTeam", "team")))
    readers = {
        name: status(person, name, reference) for name in ("gp", "nurse", "helper", "neighbour", "stranger")
    }
    assert readers == {"gp": 200, "nurse": 200, "helper": 200, "neighbour": 200, "stranger": 404}


def test_a_reply_in_its_thread_is_stored(person: Person) -> None:
    first = stored(sent(person, "gp", "nurse"))
    assert told(sent(person, "nurse", "gp", **answering(first))) == (201, [])


def test_a_whole_thread_is_one_search(person: Person) -> None:
    first = stored(sent(person, "gp", "nurse"))
    second = stored(sent(person, "nurse", "gp", **answering(first)))
    third = stored(sent(person, "gp", "nurse", **answering(second, first=first)))
    found = ids(
        person.client("nurse").get("/Communication", params={"part-of": first, "_sort": "_lastUpdated"})
    )
    assert [f"Communication/{each}" for each in found] == [second, third]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("about", "Goal/life-{mark}"),
        ("in-response-to", "{first}"),
        ("topic", f"{DZOP}/CodeSystem/message-kind|answer"),
    ],
)
def test_a_reply_is_found_by_what_it_says_of_itself(person: Person, parameter: str, value: str) -> None:
    first = stored(sent(person, "gp", "nurse"))
    elements = {"about": [ref(person.ref("Goal", "life"))], "topic": ours("message-kind", "answer")}
    reply = stored(sent(person, "nurse", "gp", **answering(first), **elements))
    query = {"patient": person.patient, parameter: value.format(mark=person.mark, first=first)}
    found = ids(person.client("gp").get("/Communication", params=query))
    assert [f"Communication/{each}" for each in found] == [reply]


def test_a_reply_without_its_thread_is_remarked_on(person: Person) -> None:
    first = stored(sent(person, "gp", "nurse"))
    reply = {"inResponseTo": [ref(first)]}
    assert told(sent(person, "nurse", "gp", **reply)) == (201, ["reply-without-thread"])


def test_a_reply_does_not_go_over_to_another_thread(person: Person) -> None:
    first, other = (stored(sent(person, "gp", "nurse")) for _ in range(2))
    reply = answering(first, first=other)
    assert told(sent(person, "nurse", "gp", **reply)) == (422, ["reply-in-other-thread"])


@pytest.mark.parametrize("name", ["stranger", "cousin"])
def test_a_reply_goes_to_nobody_outside_of_thread_and_team(person: Person, name: str) -> None:
    first = stored(sent(person, "gp", "nurse"))
    answer = sent(person, "nurse", "gp", name, **answering(first))
    place = answer.json()["issue"][0]["expression"]
    assert (told(answer), place) == ((422, ["recipient-outside-thread"]), ["Communication.recipient[1]"])


def test_what_is_refused_is_not_stored(person: Person) -> None:
    first = stored(sent(person, "gp", "nurse"))
    sent(person, "nurse", "stranger", **answering(first))
    assert ids(person.client("nurse").get("/Communication", params={"in-response-to": first})) == []


def test_a_reply_may_go_to_more_of_the_team(person: Person) -> None:
    first = stored(sent(person, "gp", "nurse"))
    assert told(sent(person, "nurse", "gp", "helper", "person", **answering(first))) == (201, [])


def test_a_reply_reaches_who_began_the_thread_and_is_in_no_team(person: Person) -> None:
    team = [each for each in person.team()["participant"] if "gp" not in each["member"]["reference"]]
    first = stored(sent(person, "gp", "nurse"))
    person.store(person.team(*team))
    assert told(sent(person, "nurse", "gp", **answering(first))) == (201, [])


def test_a_reply_to_what_is_hidden_is_answered_like_one_to_what_is_free(person: Person) -> None:
    hidden = stored(sent(person, "gp", "helper"))
    answers = [
        told(sent(person, "nurse", *to, **answering(first)))
        for to in (("gp",), ("stranger",))
        for first in (hidden, "Communication/nowhere")
    ]
    assert (
        (answers[0], answers[2]) == (answers[1], answers[3]) == ((201, []), (201, ["recipient-outside-team"]))
    )


def test_a_new_message_to_somebody_outside_of_the_team_is_remarked_on(person: Person) -> None:
    assert told(sent(person, "nurse", "stranger")) == (201, ["recipient-outside-team"])


def test_a_colleague_in_the_team_may_be_named_by_the_role(person: Person) -> None:
    role = person.who("gp").replace("Practitioner/", "PractitionerRole/")
    assert told(sent(person, "nurse", role)) == (201, [])


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("nurse", (201, [])),
        ("person", (201, [])),
        ("stranger", (422, ["recipient-outside-thread"])),
        ("cousin", (422, ["recipient-outside-thread"])),
    ],
)
def test_a_neighbour_writes_to_the_team_only(
    person: Person, recipient: str, expected: tuple[int, list[str]]
) -> None:
    assert told(sent(person, "neighbour", recipient)) == expected


def test_a_message_to_nobody_is_remarked_on(person: Person) -> None:
    assert told(sent(person, "nurse")) == (201, ["message-without-recipient"])


def test_an_agreement_is_found_by_its_topic(person: Person) -> None:
    agreement = ours("message-kind", "agreement")
    reference = stored(sent(person, "nurse", person.ref("CareTeam", "team"), topic=agreement))
    query = {"patient": person.patient, "topic": f"{DZOP}/CodeSystem/message-kind|agreement"}
    assert ids(person.client("carer").get("/Communication", params=query)) == [reference.partition("/")[2]]


@pytest.mark.parametrize("topic", [ours("message-kind", "gossip"), concept("http://snomed.info/sct", "1")])
def test_a_kind_of_message_that_is_not_known_is_remarked_on(person: Person, topic: Resource) -> None:
    assert told(sent(person, "nurse", "gp", topic=topic)) == (201, ["topic-unknown"])


def test_a_kind_of_message_may_be_told_in_words(person: Person) -> None:
    assert told(sent(person, "nurse", "gp", topic={"text": "Over zondag"})) == (201, [])


@pytest.mark.parametrize("state", ["preparation", "not-done", "on-hold", "stopped", "entered-in-error"])
def test_a_message_that_is_not_sent_is_not_stored(person: Person, state: str) -> None:
    assert told(sent(person, "nurse", "gp", status=state)) == (422, ["message-not-sent"])


def test_a_page_of_the_journal_may_be_a_draft(person: Person) -> None:
    assert told(sent(person, "person", category="journal", status="preparation")) == (201, [])


def change(person: Person, name: str, reference: str, **elements: Any) -> int:
    """The answer to somebody who sends a message again with other elements."""
    there = person.client(name).get(f"/{reference}").json()
    return person.client(name).put(f"/{reference}", json={**there, **elements}).status_code


def test_who_sent_a_message_takes_it_back(person: Person) -> None:
    reference = stored(sent(person, "neighbour", "nurse"))
    reason = {"text": "Aan de verkeerde"}
    code = change(person, "neighbour", reference, status="entered-in-error", statusReason=reason)
    seen = person.client("nurse").get(f"/{reference}").json()["status"]
    assert (code, seen) == (200, "entered-in-error")


@pytest.mark.parametrize(
    ("name", "elements"),
    [
        ("nurse", {"status": "entered-in-error"}),
        ("person", {"status": "entered-in-error"}),
        ("gp", {"status": "entered-in-error", "payload": [{"contentString": "Iets anders"}]}),
        ("gp", {"status": "stopped"}),
    ],
    ids=["a recipient", "the person", "with other words", "as stopped"],
)
def test_a_message_is_not_changed_otherwise(person: Person, name: str, elements: Resource) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    assert change(person, name, reference, **elements) == 403


def test_what_was_taken_back_stays_so(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    taken_back = change(person, "gp", reference, status="entered-in-error")
    assert (taken_back, change(person, "gp", reference, status="completed")) == (200, 403)


def test_no_message_is_taken_back_after_the_end_of_the_plan(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    patient = person.client("person").get(f"/{person.patient}").json()
    person.store({**patient, "deceasedDateTime": "2026-01-01"})
    assert change(person, "gp", reference, status="entered-in-error") == 403


def test_a_whole_thread_with_its_first_message_is_one_search(person: Person) -> None:
    first = stored(sent(person, "gp", "nurse"))
    second = stored(sent(person, "nurse", "gp", **answering(first)))
    query = {"_id": first.partition("/")[2], "_revinclude": "Communication:part-of"}
    found = person.client("nurse").get("/Communication", params=query).json()["entry"]
    assert [f"Communication/{each['resource']['id']}" for each in found] == [first, second]


def test_a_reply_to_very_many_messages_is_stored_all_the_same(person: Person) -> None:
    first = stored(sent(person, "gp", "nurse"))
    many = {
        **answering(first),
        "inResponseTo": [ref(first), *[ref(f"Communication/x{n}") for n in range(500)]],
    }
    assert told(sent(person, "nurse", "gp", **many)) == (201, [])


def test_who_has_left_the_team_meanwhile_does_not_keep_a_note_from_being_corrected(person: Person) -> None:
    first = stored(sent(person, "gp", "nurse"))
    note = message(person, "nurse", "gp", "helper", category="shared-note", **answering(first))
    reference = stored(person.client("nurse").post("/Communication", json=note))
    person.store(person.team(*[each for each in person.team()["participant"] if "helper" not in str(each)]))
    changed = {**note, "id": reference.partition("/")[2], "status": "entered-in-error"}
    assert person.client("nurse").put(f"/{reference}", json=changed).status_code == 200


def test_an_app_that_may_only_send_messages_sends_them(person: Person) -> None:
    client = person.client("neighbour", scope="user/Communication.c")
    answers = [
        client.post("/Communication", json=message(person, "neighbour", to)) for to in ("nurse", "stranger")
    ]
    assert [each.status_code for each in answers] == [201, 422]


# -- read receipts --------------------------------------------------------------------------------------------


def marked(person: Person, name: str, reference: str) -> httpx.Response:
    return person.client(name).post(f"/{reference}/$mark-read", json={"resourceType": "Parameters"})


def readers(person: Person, name: str, reference: str) -> list[str]:
    """Who has read it, as far as somebody sees."""
    found = (
        person.client(name).get("/Provenance", params={"target": reference, "_sort": "_lastUpdated"}).json()
    )
    receipts = [each["resource"] for each in found.get("entry", ())]
    return [each["agent"][0]["who"]["reference"] for each in receipts if READ in each["activity"]["coding"]]


def test_who_got_a_message_marks_it_as_read_and_the_sender_sees_that(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    assert (marked(person, "nurse", reference).status_code, readers(person, "gp", reference)) == (
        200,
        [person.who("nurse")],
    )


def test_a_receipt_says_which_version_was_read_and_when(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    answer = {each["name"]: each for each in marked(person, "nurse", reference).json()["parameter"]}
    receipt = person.client("gp").get(f"/{answer['receipt']['valueReference']['reference']}").json()
    assert (receipt["target"], receipt["recorded"]) == (
        [ref(f"{reference}/_history/1")],
        answer["read"]["valueInstant"],
    )


def test_the_message_itself_stays_as_it_was(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    before = person.client("gp").get(f"/{reference}").content
    marked(person, "nurse", reference)
    assert person.client("gp").get(f"/{reference}").content == before


def test_receipts_come_along_with_messages(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    marked(person, "nurse", reference)
    query = {"_id": reference.partition("/")[2], "_revinclude": "Provenance:target"}
    found = person.client("gp").get("/Communication", params=query).json()["entry"]
    assert [each["resource"]["resourceType"] for each in found] == ["Communication", "Provenance"]


@pytest.mark.parametrize(
    ("name", "seen"), [("person", 1), ("gp", 1), ("nurse", 1), ("helper", 0), ("carer", 0), ("stranger", 0)]
)
def test_other_recipients_do_not_see_who_has_read_it(person: Person, name: str, seen: int) -> None:
    reference = stored(sent(person, "gp", person.ref("CareTeam", "team")))
    marked(person, "nurse", reference)
    assert len(readers(person, name, reference)) == seen


def test_what_somebody_got_and_has_read_is_found(person: Person) -> None:
    read, unread = (stored(sent(person, "gp", person.ref("CareTeam", "team"))) for _ in range(2))
    marked(person, "nurse", read)
    marked(person, "helper", unread)
    query = {"category": "message", "patient": person.patient, "_sort": "_lastUpdated"}
    asked = [query, {**query, "_has:Provenance:target:agent": person.who("nurse")}]
    found = [ids(person.client("nurse").get("/Communication", params=each)) for each in asked]
    there = [person.ref("Communication", "message"), read, unread]
    assert [[f"Communication/{each}" for each in some] for some in found] == [there, [read]]


def test_a_message_is_marked_as_read_once(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    answers = [marked(person, "nurse", reference).json() for _ in range(2)]
    assert (answers[0] == answers[1], len(readers(person, "gp", reference))) == (True, 1)


def test_a_message_is_marked_as_read_once_at_the_same_time_too(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: marked(person, "nurse", reference).status_code, range(4)))
    assert (answers, len(readers(person, "gp", reference))) == ([200] * 4, 1)


def test_a_note_that_was_changed_is_read_anew(person: Person) -> None:
    note = message(person, "nurse", category="shared-note")
    reference = stored(person.client("nurse").post("/Communication", json=note))
    marked(person, "gp", reference)
    id = reference.partition("/")[2]
    person.client("nurse").put(f"/{reference}", json={**note, "id": id, "status": "in-progress"})
    marked(person, "gp", reference)
    assert readers(person, "nurse", reference) == [person.who("gp")] * 2


def test_nobody_marks_an_own_message_as_read(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    assert told(marked(person, "gp", reference)) == (422, ["own-message"])


def test_a_token_that_does_not_reach_the_message_does_not_mark_it_as_read(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    scope = f"user/Communication.r user/Communication.u?category={DZOP}/CodeSystem/data-category|journal"
    answer = person.client("nurse", scope=scope).post(f"/{reference}/$mark-read")
    assert (answer.status_code, readers(person, "gp", reference)) == (404, [])


def test_the_operator_marks_nothing_as_read(person: Person) -> None:
    reference = stored(sent(person, "nurse", "gp"))
    assert person.server.client("system").post(f"/{reference}/$mark-read").status_code == 403


def test_what_is_deleted_is_not_marked_as_read(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    person.server.client("system").delete(f"/{reference}")
    assert marked(person, "nurse", reference).status_code == 410


def test_nothing_is_marked_as_read_after_the_end_of_the_plan(person: Person) -> None:
    reference = stored(sent(person, "gp", "nurse"))
    patient = person.client("person").get(f"/{person.patient}").json()
    person.store({**patient, "deceasedDateTime": "2026-01-01"})
    assert (marked(person, "nurse", reference).status_code, readers(person, "gp", reference)) == (403, [])


# -- the journal ----------------------------------------------------------------------------------------------


def with_recipients(person: Person, *names: str) -> int:
    """Opens the page of the journal to these, and to nobody else."""
    client, journal = person.client("person"), person.ref("Communication", "journal")
    page = {key: value for key, value in client.get(f"/{journal}").json().items() if key != "recipient"}
    named = {"recipient": [ref(person.who(each)) for each in names]} if names else {}
    return client.put(f"/{journal}", json={**page, **named}).status_code


def test_a_page_of_the_journal_is_opened_by_naming_a_recipient(person: Person) -> None:
    before = status(person, "nurse", person.ref("Communication", "journal"))
    changed = with_recipients(person, "nurse")
    after = [
        status(person, name, person.ref("Communication", "journal")) for name in ("nurse", "gp", "carer")
    ]
    assert (before, changed, after) == (404, 200, [200, 404, 404])


def test_a_page_of_the_journal_is_closed_by_naming_nobody(person: Person) -> None:
    with_recipients(person, "nurse")
    with_recipients(person)
    assert status(person, "nurse", person.ref("Communication", "journal")) == 404


def test_the_switch_of_a_page_is_a_patch(person: Person) -> None:
    journal, switch = person.ref("Communication", "journal"), {"path": "/recipient"}
    opened = {"op": "add", **switch, "value": [ref(person.who("nurse"))]}
    seen = []
    for each in (opened, {"op": "remove", **switch}):
        person.client("person").patch(
            f"/{journal}", json=[each], headers={"Content-Type": "application/json-patch+json"}
        )
        seen.append(status(person, "nurse", journal))
    assert seen == [200, 404]


def test_one_page_is_opened_and_the_others_stay_closed(person: Person) -> None:
    other = stored(sent(person, "person", category="journal"))
    with_recipients(person, "nurse")
    found = ids(
        person.client("nurse").get(
            "/Communication", params={"patient": person.patient, "category": "journal"}
        )
    )
    assert (found, status(person, "nurse", other)) == ([f"journal-{person.mark}"], 404)


def test_nobody_else_opens_a_page_of_the_journal(person: Person) -> None:
    with_recipients(person, "nurse")
    page = person.client("nurse").get(f"/{person.ref('Communication', 'journal')}").json()
    page["recipient"].append(ref(person.who("gp")))
    answer = person.client("nurse").put(f"/{person.ref('Communication', 'journal')}", json=page)
    assert (answer.status_code, status(person, "gp", person.ref("Communication", "journal"))) == (403, 404)


def test_a_setting_that_closes_the_journal_closes_what_was_opened(person: Person) -> None:
    with_recipients(person, "nurse")
    person.store(person.settings(provision("deny", (person.who("nurse"),), ("journal",))))
    assert status(person, "nurse", person.ref("Communication", "journal")) == 404


def test_a_page_is_opened_to_a_neighbour_by_a_consent(person: Person) -> None:
    journal = person.ref("Communication", "journal")
    opened = provision(
        "permit",
        (person.who("neighbour"),),
        period={"start": "2026-01-01", "end": "2099-01-01"},
        data=[{"meaning": "instance", "reference": ref(journal)}],
    )
    share = consent(person.ref("Consent", "share"), "grant", person.patient, opened)
    person.client("person").put(f"/{person.ref('Consent', 'share')}", json=share)
    assert [status(person, name, journal) for name in ("neighbour", "cousin")] == [200, 404]


def test_what_a_representative_notes_in_the_journal_says_for_whom(person: Person) -> None:
    person.store(mandate(person))
    page = message(person, "person", category="journal")
    reference = stored(person.client("carer").post("/Communication", json=page))
    query = {"target": reference}
    (entry,) = person.client("person").get("/Provenance", params=query).json()["entry"]
    (agent,) = entry["resource"]["agent"]
    assert (agent["who"], agent["onBehalfOf"]) == (ref(person.who("carer")), ref(person.patient))


def test_nobody_else_sends_a_message_in_the_name_of_the_person(person: Person) -> None:
    answer = person.client("nurse").post("/Communication", json=message(person, "person", "gp"))
    assert answer.status_code == 403


def mandate(person: Person) -> Resource:
    """By which the carer represents the person."""
    permit = provision("permit", (person.who("carer"),), period={"start": "2026-01-01"})
    return consent(
        person.ref("Consent", "mandate"),
        "mandate",
        person.patient,
        permit,
        sourceReference=ref(person.ref("DocumentReference", "report")),
    )
