"""`Patient/$declare-relation`: a relation of care with somebody known by number, upon proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from declaring import REFUSED, declaration, declare, evidence, number, relation, values, without_names
from persons import Person, ids, new_person, refused
from resources import CORE, PROVEN, bundle, consent, entity, practitioner, provision, ref, ssin
from serving import Clock, Server, in_process

NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)
MIDNIGHT_IN_BRUSSELS = datetime(2026, 11, 29, 23, tzinfo=UTC)  # there 30 November has just begun
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.instant = NOON
    return clock


@pytest.fixture
def timed(database: str, tmp_path: Path, clock: Clock) -> Iterator[Person]:
    """A person of a service whose clock stands still, and where glass may be broken."""
    with in_process(database, tmp_path, clock, break_glass=True) as service:
        yield new_person(service)


# -- how long it lasts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "now", "last"),
    [
        ("eid-reading", NOON, "2028-02-22"),
        ("pharmacy-delivery", NOON, "2028-02-22"),
        ("referral", NOON, "2027-02-22"),
        ("hospital-stay", NOON, "2027-02-22"),
        ("emergency", NOON, "2026-12-22"),
        ("gmd", NOON, "2027-11-22"),
        ("referral", MIDNIGHT_IN_BRUSSELS, "2027-02-28"),
        ("emergency", MIDNIGHT_IN_BRUSSELS, "2026-12-30"),
    ],
)
def test_how_long_it_lasts_follows_from_the_proof(
    timed: Person, clock: Clock, kind: str, now: datetime, last: str
) -> None:
    clock.instant = now
    period = values(declare(timed, "stranger", kind))["period"]
    assert (last, now) == (period["end"], datetime.fromisoformat(period["start"]))


def test_it_begins_at_once_and_ends_by_itself(timed: Person, clock: Clock) -> None:
    client, plan = timed.client("stranger", ttl=10**8), f"/{timed.ref('CarePlan', 'plan')}"
    before = client.get(plan).status_code
    assert declare(timed, "stranger", "emergency").status_code == 200
    seen = []
    # The last day ends at midnight in Brussels, in winter an hour before midnight UTC.
    for clock.instant in (
        NOON,
        datetime(2026, 12, 22, 23, tzinfo=UTC) - TICK,
        datetime(2026, 12, 22, 23, tzinfo=UTC),
    ):
        seen.append(client.get(plan).status_code)
    assert (404, [200, 200, 404]) == (before, seen)


# -- what it opens ---------------------------------------------------------------------------------------


def test_with_sharing_consent_the_declarer_sees_what_the_profession_does(person: Person) -> None:
    declare(person, "stranger")
    team, declarer = person.client("gp"), person.client("stranger")
    for type in ("CarePlan", "Goal", "Condition", "CareTeam", "Patient"):
        found = ids(
            team.get(f"/{type}?{'_id' if type == 'Patient' else 'patient'}={person.patient.split('/')[1]}")
        )
        same = ids(
            declarer.get(
                f"/{type}?{'_id' if type == 'Patient' else 'patient'}={person.patient.split('/')[1]}"
            )
        )
        assert found == same != []


def test_without_sharing_consent_the_declarer_sees_what_is_the_declarers_own(person: Person) -> None:
    person.store(person.sharing(status="inactive"))
    answer = declare(person, "stranger")
    client = person.client("stranger")
    patient = person.patient.partition("/")[2]
    seen = {
        type: ids(client.get(f"/{type}?patient={patient}"))
        for type in ("CarePlan", "Goal", "Task", "CareTeam", "Consent", "Communication")
    }
    own = [relation(answer).partition("/")[2]]
    nothing: dict[str, list[str]] = {type: [] for type in seen}
    assert ({**nothing, "Consent": own}, 404) == (seen, client.get(f"/{person.patient}").status_code)


def test_the_software_of_an_organisation_declares_for_the_organisation(person: Person) -> None:
    employer = person.ref("Organization", "employer-stranger")
    client = person.server.client(employer)
    body = declaration(
        person.ssin, "hospital-stay", evidence(person.server, employer, person.ssin, "hospital-stay")
    )
    answer = client.post("/Patient/$declare-relation", json=body)
    actor = person.client("person").get(f"/{relation(answer)}").json()["provision"]["actor"][0]["reference"]
    colleague = person.client("stranger").get(f"/{person.ref('CarePlan', 'plan')}").status_code
    assert (ref(employer), 200) == (actor, colleague)


def test_a_second_declaration_leaves_the_first_as_it_is(timed: Person, clock: Clock) -> None:
    first = relation(declare(timed, "stranger", "referral"))
    said = timed.client("person").get(f"/{first}").json()
    clock.instant += DAY
    second = relation(declare(timed, "stranger", "referral"))
    assert (said, True) == (timed.client("person").get(f"/{first}").json(), first != second)


def test_what_is_declared_says_who_how_and_until_when(person: Person) -> None:
    found = person.client("person").get(f"/{relation(declare(person, 'stranger', 'gmd'))}").json()
    role = person.who("stranger").replace("Practitioner", "PractitionerRole")
    assert {
        "status": "active",
        "patient": ref(person.patient),
        "performer": [ref(person.who("stranger"))],
        "extension": [{"url": "https://dzop.example/fhir/StructureDefinition/proof", "valueCode": "gmd"}],
    } == {name: found[name] for name in ("status", "patient", "performer", "extension")}
    assert ref(role) == found["provision"]["actor"][0]["reference"]


# -- the same answer, whoever it is about ------------------------------------------------------------------


def test_the_answer_is_the_same_for_somebody_known_and_somebody_new(person: Person) -> None:
    known, new = declare(person, "stranger"), declare(person, "stranger", ssin=ssin())
    id = person.patient.partition("/")[2]
    assert without_names(known, id) == without_names(new, id)


def test_somebody_new_is_entered_with_the_number_and_nothing_else(person: Person) -> None:
    wanted = ssin()
    patient = values(declare(person, "stranger", ssin=wanted))["patient"]["reference"]
    found = person.server.client("system").get(f"/{patient}").json()
    identifier = number(wanted)["valueIdentifier"]
    assert ({"identifier": [identifier], "active": True}, "1") == (
        {name: found[name] for name in found.keys() - {"resourceType", "id", "meta"}},
        found["meta"]["versionId"],
    )


def test_whoever_is_entered_once_is_known_to_the_next(person: Person) -> None:
    wanted = ssin()
    first, second = declare(person, "stranger", ssin=wanted), declare(person, "gp", ssin=wanted)
    assert values(first)["patient"] == values(second)["patient"]


def test_who_is_known_under_the_older_name_of_the_number_is_known(person: Person) -> None:
    patient, *_ = person.family()
    older = {"system": "https://www.ehealth.fgov.be/standards/fhir/NamingSystem/ssin", "value": person.ssin}
    person.store({**patient, "identifier": [older]})
    assert ref(person.patient) == values(declare(person, "stranger"))["patient"]


def test_it_is_asked_in_a_batch_too_and_not_in_a_transaction(person: Person) -> None:
    body = declaration(
        person.ssin, "eid-reading", evidence(person.server, person.who("stranger"), person.ssin)
    )
    asked = {"resource": body, "request": {"method": "POST", "url": "Patient/$declare-relation"}}
    client = person.client("stranger")
    refusal = client.post("/", json=bundle("transaction", asked)).status_code
    answers = client.post("/", json=bundle("batch", asked, asked)).json()["entry"]
    assert (405, ["200", "422"]) == (refusal, [each["response"]["status"][:3] for each in answers])


@pytest.mark.parametrize("bis", ["85473099822", "85273099876"])
def test_a_bis_number_is_a_number(person: Person, bis: str) -> None:
    assert declare(person, "stranger", ssin=bis).status_code == 200


# -- one refusal -------------------------------------------------------------------------------------------


def _excluded(person: Person) -> httpx.Response:
    keep_out = provision("deny", (person.who("stranger"),))
    person.store(consent(person.ref("Consent", "out"), "exclusion", person.patient, keep_out))
    return declare(person, "stranger")


def _employer_excluded(person: Person) -> httpx.Response:
    keep_out = provision("deny", (person.ref("Organization", "employer-stranger"),))
    person.store(consent(person.ref("Consent", "out"), "exclusion", person.patient, keep_out))
    return declare(person, "stranger")


def _excluded_by_number(person: Person) -> httpx.Response:
    first = 100_000 + int(person.mark, 16) % 90_000
    number = {"system": f"{CORE}/NamingSystem/nihdi", "value": f"{first}{97 - first % 97:02}"}
    named, _ = practitioner(person.who("stranger"), "general-practitioner", "Organization/x")
    keep_out = provision("deny", (person.who("stranger"),))
    keep_out["actor"][0]["reference"] = {"identifier": number}
    person.store(
        {**named, "identifier": [{**number, "value": f"{number['value']}001"}]},
        consent(person.ref("Consent", "out"), "exclusion", person.patient, keep_out),
    )
    return declare(person, "stranger")


def _of_another_kind(person: Person) -> httpx.Response:
    return declare(
        person,
        "stranger",
        "gmd",
        text=evidence(person.server, person.who("stranger"), person.ssin, "referral"),
    )


def _of_somebody_else(person: Person) -> httpx.Response:
    return declare(person, "stranger", text=evidence(person.server, person.who("nurse"), person.ssin))


def _about_somebody_else(person: Person) -> httpx.Response:
    return declare(person, "stranger", text=evidence(person.server, person.who("stranger"), ssin()))


def _too_old(person: Person) -> httpx.Response:
    old = evidence(
        person.server, person.who("stranger"), person.ssin, at=person.server.now() - timedelta(minutes=11)
    )
    return declare(person, "stranger", text=old)


def _not_yet(person: Person) -> httpx.Response:
    early = evidence(
        person.server, person.who("stranger"), person.ssin, at=person.server.now() + timedelta(minutes=5)
    )
    return declare(person, "stranger", text=early)


def _used_before(person: Person) -> httpx.Response:
    text = evidence(person.server, person.who("stranger"), person.ssin)
    assert declare(person, "stranger", text=text).status_code == 200
    return declare(person, "stranger", text=text)


def _access_token(person: Person) -> httpx.Response:
    return declare(person, "stranger", text=person.server.token(person.who("stranger")))


def _bad_number(person: Person) -> httpx.Response:
    wrong = f"{person.ssin[:9]}{(int(person.ssin[9:]) % 97) + 1:02}"
    return declare(person, "stranger", ssin=wrong)


FAILURES: list[Callable[[Person], httpx.Response]] = [
    _excluded, _excluded_by_number, _employer_excluded, _of_another_kind, _of_somebody_else, _about_somebody_else,
    _too_old, _not_yet, _used_before, _access_token, _bad_number,
    lambda person: declare(person, "stranger", text="nothing of the kind"),
    lambda person: declare(person, "stranger", ssin=ssin(), text="nothing of the kind"),
    lambda person: declare(person, "stranger", ssin="abc"),
    lambda person: declare(person, "stranger", "emergency"),  # where glass may not be broken
    lambda person: declare(person, "nurse", "gmd"),  # who is no general practitioner
]  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_is_the_same_refusal(
    person: Person, failure: Callable[[Person], httpx.Response]
) -> None:
    answer = failure(person)
    assert (422, REFUSED) == (answer.status_code, answer.content)


def test_a_refusal_changes_nothing_and_does_not_use_up_the_evidence(person: Person) -> None:
    text = evidence(person.server, person.who("stranger"), person.ssin)
    keep_out = provision("deny", (person.who("stranger"),))
    exclusion = consent(person.ref("Consent", "out"), "exclusion", person.patient, keep_out)
    person.store(exclusion)
    before = person.client("person").get(f"/Consent?patient={person.patient}&_total=accurate").json()["total"]
    first = declare(person, "stranger", text=text).status_code
    after = person.client("person").get(f"/Consent?patient={person.patient}&_total=accurate").json()["total"]
    person.store({**exclusion, "status": "inactive"})
    assert (422, before, 200) == (first, after, declare(person, "stranger", text=text).status_code)


def test_evidence_counts_once_also_when_two_workers_see_it_at_once(
    database: str, tmp_path: Path, clock: Clock
) -> None:
    with in_process(database, tmp_path, clock) as one, in_process(database, tmp_path, clock) as other:
        person = new_person(one)
        text = evidence(one, person.who("stranger"), person.ssin)
        clients = [service.client(person.who("stranger")) for service in (one, other) * 3]
        body = declaration(person.ssin, "eid-reading", text)
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda each: each.post("/Patient/$declare-relation", json=body), clients))
    assert [200, *[422] * 5] == sorted(each.status_code for each in answers)


def _declared(client: httpx.Client, ssin: str, text: str) -> httpx.Response:
    return client.post("/Patient/$declare-relation", json=declaration(ssin, "eid-reading", text))


def test_two_who_declare_at_once_enter_one_person(database: str, tmp_path: Path, clock: Clock) -> None:
    wanted = ssin()
    with in_process(database, tmp_path, clock) as one, in_process(database, tmp_path, clock) as other:
        person = new_person(one)
        both = [(one, "stranger"), (other, "gp"), (one, "nurse"), (other, "helper")]
        asked = [
            (service.client(person.who(name)), evidence(service, person.who(name), wanted))
            for service, name in both
        ]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda each: _declared(each[0], wanted, each[1]), asked))
    assert 1 == len({values(each)["patient"]["reference"] for each in answers})


def test_a_physician_holds_the_global_medical_file(person: Person) -> None:
    number = f"{CORE}/NamingSystem/nihdi"
    named, _ = practitioner(person.who("nurse"), "health-professional", "Organization/x")
    person.store({**named, "identifier": [{"system": number, "value": "19999816004"}]})
    assert 200 == declare(person, "nurse", "gmd").status_code


# -- who may ask, and how often ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["person", "carer", "cousin"])
def test_who_is_no_professional_is_refused_whatever_the_data(person: Person, name: str) -> None:
    answers = [declare(person, name), declare(person, name, ssin=ssin()), declare(person, name, ssin="abc")]
    assert [(403, "forbidden")] * 3 == [refused(each) for each in answers]
    assert 1 == len({each.content for each in answers})


def test_a_professional_without_profession_is_refused(person: Person) -> None:
    who = person.ref("Practitioner", "unmapped")
    employer = person.ref("Organization", "employer-gp")
    named, role = practitioner(who, "general-practitioner", employer)
    person.store(named, {**role, "code": [{"text": "Genezer"}]})
    body = declaration(person.ssin, "eid-reading", evidence(person.server, who, person.ssin))
    assert 403 == person.server.client(who).post("/Patient/$declare-relation", json=body).status_code


def test_a_suspended_professional_is_refused(person: Person) -> None:
    client = person.client("stranger")
    person.store(entity(person.who("stranger"), active=False, name=[{"family": "Test"}]))
    body = declaration(
        person.ssin, "eid-reading", evidence(person.server, person.who("stranger"), person.ssin)
    )
    assert 403 == client.post("/Patient/$declare-relation", json=body).status_code


@pytest.mark.parametrize(
    ("scope", "status"), [("user/Patient.c", 200), ("user/Patient.ruds", 403), ("user/Consent.c", 403)]
)
def test_it_takes_the_scope_to_create_persons(person: Person, scope: str, status: int) -> None:
    body = declaration(
        person.ssin, "eid-reading", evidence(person.server, person.who("stranger"), person.ssin)
    )
    client = person.client("stranger", scope=scope)
    assert status == client.post("/Patient/$declare-relation", json=body).status_code


def test_who_declares_too_often_waits_whatever_the_data(database: str, tmp_path: Path, clock: Clock) -> None:
    with (
        in_process(database, tmp_path, clock, declarations_an_hour=3) as one,
        in_process(database, tmp_path, clock, declarations_an_hour=3) as other,
    ):
        person = new_person(one)
        elsewhere = Person(other, person.mark, person.ssin)
        counted = [
            declare(person, "stranger"),
            declare(elsewhere, "stranger", text="no"),
            declare(person, "stranger"),
        ]
        clock.instant += timedelta(minutes=20)
        late = [
            declare(elsewhere, "stranger"),
            declare(person, "stranger", ssin="abc"),
            declare(person, "stranger", ssin=ssin()),
        ]
        free = declare(person, "gp").status_code
        clock.instant += timedelta(minutes=40)
        again = declare(elsewhere, "stranger").status_code
    assert [200, 422, 200] == [each.status_code for each in counted]
    assert [(429, "2400")] * 3 == [(each.status_code, each.headers["Retry-After"]) for each in late]
    assert (1, 200, 200) == (len({each.content for each in late}), free, again)


def test_workers_count_together(database: str, tmp_path: Path, clock: Clock) -> None:
    with (
        in_process(database, tmp_path, clock, declarations_an_hour=4) as one,
        in_process(database, tmp_path, clock, declarations_an_hour=4) as other,
    ):
        person = new_person(one)
        clients = [service.client(person.who("stranger")) for service in (one, other) * 5]
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda each: _declared(each, person.ssin, "no").status_code, clients))
    assert [*[422] * 4, *[429] * 6] == sorted(answers)


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ([number("44031799819")], 400, "required"),
        ([{"name": "proof", "valueCode": "gmd"}], 400, "invalid"),
        ([number("44031799819"), {"name": "ssin", "valueString": "44031799819"},
          {"name": "proof", "valueCode": "gmd"}], 400, "invalid"),
        ([number("44031799819"), {"name": "proof", "valueBoolean": True}], 400, "invalid"),
        ([{"name": "identifier", "valueIdentifier": {"system": "urn:x", "value": "44031799819"}},
          {"name": "proof", "valueCode": "gmd"}, {"name": "evidence", "valueString": "x"}], 422, "value"),
        ([number("44031799819"), {"name": "proof", "valueCode": "horoscope"},
          {"name": "evidence", "valueString": "x"}], 422, "code-invalid"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_told_without_the_number(
    known: Person, parameters: list[dict[str, Any]], status: int, code: str
) -> None:
    body = {"resourceType": "Parameters", "parameter": parameters}
    answer = known.client("gp").post("/Patient/$declare-relation", json=body)
    assert ((status, code), False) == (refused(answer), "44031799819" in answer.text)


def test_it_is_asked_by_post(known: Person) -> None:
    assert 405 == known.client("gp").get("/Patient/$declare-relation").status_code


# -- what is told, and what is written down ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"),
    [("nl-BE", "doorverwezen"), ("fr", "adressé"), ("de-BE", "überwiesen"), ("en", "referred")],
)
def test_the_person_is_told_in_the_language_of_the_person(person: Person, language: str, words: str) -> None:
    understood = [
        {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": language}]}, "preferred": True}
    ]
    patient, *_ = person.family()
    person.store({**patient, "communication": understood})
    told = notices(person, declare(person, "stranger", "referral"))
    assert (1, True, True) == (len(told), words in told[0], "Test" in told[0])


def test_who_speaks_we_do_not_know_what_is_told_in_each_language(person: Person) -> None:
    told = notices(person, declare(person, "stranger", "referral"))
    found = [word in text for word, text in zip(("u", "vous", "Sie", "you"), told, strict=True)]
    assert [True] * 4 == found


def notices(person: Person, answer: httpx.Response) -> list[str]:
    """What the message about this Consent says to the person."""
    found = person.client("person").get(f"/Communication?recipient={person.patient}").json()
    return [
        payload["contentString"]
        for entry in found["entry"]
        if entry["resource"].get("about") == [ref(relation(answer))]
        for payload in entry["resource"]["payload"]
    ]


def log_of(person: Person) -> list[tuple[str, str, str]]:
    """(who, operation, outcome) of the person's log, as far as it is about declaring."""
    entries = person.client("person").get(f"/AuditEvent?patient={person.patient}&_count=50").json()["entry"]
    return [
        (agent["who"]["reference"], coding["code"], entry["resource"]["outcome"])
        for entry in entries
        for agent in entry["resource"]["agent"][:1]
        for coding in entry["resource"]["subtype"]
        if coding["code"] in ("$declare-relation", "declare-relation")
    ]


def test_the_log_of_the_person_says_who_declared_and_who_was_refused(person: Person) -> None:
    who = person.who("stranger")
    declare(person, "stranger")
    declare(person, "stranger", text="nothing of the kind")
    assert [(who, "4"), (who, "0")] == [(actor, outcome) for actor, _, outcome in log_of(person)]


def test_the_number_is_in_no_log(server: Server) -> None:
    person = new_person(server)
    new = ssin()
    declare(person, "stranger")
    declare(person, "stranger", ssin=new)
    declare(person, "stranger", text="nothing of the kind")
    log = person.client("system").get("/AuditEvent?_count=50").text
    found = [each in text for each in (person.ssin, new) for text in (log, server.log)]
    assert [False] * 4 == found


# -- revoked, never changed ----------------------------------------------------------------------------------


def test_whoever_declared_it_gives_it_up(person: Person) -> None:
    client, plan = person.client("stranger"), f"/{person.ref('CarePlan', 'plan')}"
    consent = relation(declare(person, "stranger"))
    before = client.get(plan).status_code
    answer = client.post(f"/{consent}/$revoke")
    assert (200, 200, b"", 404) == (before, answer.status_code, answer.content, client.get(plan).status_code)


def test_the_person_revokes_it(person: Person) -> None:
    consent = relation(declare(person, "stranger"))
    answer = person.client("person").post(f"/{consent}/$revoke")
    seen = person.client("stranger").get(f"/{person.ref('CarePlan', 'plan')}").status_code
    assert (200, "inactive", 404) == (answer.status_code, answer.json()["status"], seen)


def test_it_is_declared_again_after_it_was_revoked(person: Person) -> None:
    person.client("person").post(f"/{relation(declare(person, 'stranger'))}/$revoke")
    declare(person, "stranger")
    assert 200 == person.client("stranger").get(f"/{person.ref('CarePlan', 'plan')}").status_code


def test_what_was_revoked_is_not_revoked_again(person: Person) -> None:
    consent = relation(declare(person, "stranger"))
    answers = [person.client("person").post(f"/{consent}/$revoke").status_code for _ in range(2)]
    assert [200, 409] == answers


@pytest.mark.parametrize("name", ["nurse", "carer", "cousin"])
def test_nobody_else_revokes_it_or_learns_of_it(person: Person, name: str) -> None:
    consent = relation(declare(person, "stranger"))
    mine = person.client(name).post(f"/{consent}/$revoke")
    none = person.client(name).post("/Consent/00000000-0000-4000-8000-000000000000/$revoke")
    assert (404, 404) == (mine.status_code, none.status_code)
    assert mine.text.replace(consent, "X") == none.text.replace(
        "Consent/00000000-0000-4000-8000-000000000000", "X"
    )


def test_nobody_gives_up_what_is_given_to_others_too(person: Person) -> None:
    both = provision("permit", (person.who("stranger"), person.who("nurse")), period={"end": "2030-01-01"})
    proof = [{"url": "https://dzop.example/fhir/StructureDefinition/proof", "valueCode": "gmd"}]
    named = consent(
        person.ref("Consent", "both"), "therapeutic-relation", person.patient, both, extension=proof
    )
    person.store(named)
    answer = person.client("stranger").post(f"/{person.ref('Consent', 'both')}/$revoke")
    assert (403, "forbidden") == refused(answer)


def test_nobody_gives_up_what_names_somebody_by_number(person: Person) -> None:
    """Whoever is its performer sees it, and still is not the one it names."""
    number = {
        "identifier": {
            "system": f"{CORE}/NamingSystem/nihdi",
            "value": "49999144401",
        }
    }
    permit = provision("permit", (person.who("nurse"),), period={"end": "2030-01-01"})
    permit["actor"][0]["reference"] = number
    named = consent(
        person.ref("Consent", "other"), "therapeutic-relation", person.patient, permit, extension=[PROVEN],
        performer=[ref(person.who("gp"))],
    )  # fmt: skip
    person.store(named)
    client = person.server.client(person.who("gp"))
    seen = client.get(f"/{person.ref('Consent', 'other')}").status_code
    assert (200, 403) == (seen, client.post(f"/{person.ref('Consent', 'other')}/$revoke").status_code)


@pytest.mark.parametrize("name", ["stranger", "gp", "person", "carer"])
def test_nobody_writes_by_hand_what_is_declared(person: Person, name: str) -> None:
    permit = provision("permit", (person.who("stranger"),), period={"end": "2030-01-01"})
    wanted = consent("Consent/x", "therapeutic-relation", person.patient, permit, extension=[PROVEN])
    answer = person.client(name).post("/Consent", json=wanted)
    assert answer.status_code in (403, 422)


def test_a_relation_is_not_prolonged_by_writing(person: Person) -> None:
    reference = relation(declare(person, "stranger", "referral"))
    client = person.client("person")
    consent = client.get(f"/{reference}").json()
    consent["provision"]["period"]["end"] = "2040-01-01"
    answers = [
        client.put(f"/{reference}", json=consent),
        person.client("stranger").put(f"/{reference}", json=consent),
    ]
    assert [True, True] == [each.status_code in (403, 422) for each in answers]
