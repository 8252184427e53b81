"""`CarePlan/[id]/$document`: the plan on paper, as FHIR and as PDF, for whoever asks and no more."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from persons import Person, refused
from pypdf import PdfReader
from resources import DZOP, Resource, bundle, communication, consent, entity, goal, ours, provision, ref

PDF = {"Accept": "application/pdf"}
PLAN_ONLY = "user/CarePlan.rs user/Patient.rs"


def path(person: Person) -> str:
    return f"/{person.ref('CarePlan', 'plan')}/$document"


def asked(person: Person, name: str = "person", scope: str | None = None, **headers: str) -> httpx.Response:
    options = {"scope": scope} if scope else {}
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    answer = person.client(name, **options).get(path(person), headers=sent)
    assert answer.status_code == 200, answer.text
    return answer


def composition(person: Person, name: str = "person", scope: str | None = None, **headers: str) -> Resource:
    found: Resource = asked(person, name, scope, **headers).json()["entry"][0]["resource"]
    return found


def told(found: Resource, code: str) -> str:
    """The narrative of a section."""
    texts = [each["text"]["div"] for each in found["section"] if each["code"]["coding"][0]["code"] == code]
    return str(texts[0])


def named(found: Resource, code: str) -> list[str]:
    """What a section names."""
    return [
        entry["reference"]
        for each in found["section"]
        if each["code"]["coding"][0]["code"] == code
        for entry in each.get("entry", ())
    ]


def pages(answer: httpx.Response) -> str:
    return "\n".join(each.extract_text() for each in PdfReader(BytesIO(answer.content)).pages)


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [each for child in value.values() for each in references(child)]
    return [each for child in value for each in references(child)] if isinstance(value, list) else []


# -- the FHIR document ---------------------------------------------------------------------------------------


def test_it_is_a_document_that_begins_with_its_composition(known: Person) -> None:
    found = asked(known).json()
    assert (found["type"], found["entry"][0]["resource"]["resourceType"], set(found) - {"entry"}) == (
        "document",
        "Composition",
        {"resourceType", "identifier", "type", "timestamp"},
    )


def test_it_is_valid_r4(known: Person) -> None:
    assert Bundle.model_validate_json(asked(known).content).get_resource_type() == "Bundle"


def test_everything_the_composition_references_is_in_it(known: Person) -> None:
    found = asked(known).json()
    urls = {each["fullUrl"] for each in found["entry"]}
    base = f"{known.server.fhir}/"
    missing = [
        each
        for each in references(found["entry"][0]["resource"])
        if each not in urls and base + each not in urls
    ]
    assert missing == []


def test_no_resource_is_in_it_twice(known: Person) -> None:
    urls = [each["fullUrl"] for each in asked(known).json()["entry"]]
    assert sorted(set(urls)) == sorted(urls)


def test_two_documents_are_never_the_same(known: Person) -> None:
    one, other = (asked(known).json()["identifier"]["value"] for _ in range(2))
    assert one != other


def test_it_can_be_had_as_xml(known: Person) -> None:
    answer = asked(known, Accept="application/fhir+xml")
    assert '<Bundle xmlns="http://hl7.org/fhir"><identifier>' in answer.text


def test_in_a_batch_it_is_a_document_too(known: Person) -> None:
    entry = {"request": {"method": "GET", "url": path(known)[1:]}}
    answer = known.client("person").post("/", json=bundle("batch", entry))
    assert answer.json()["entry"][0]["resource"]["type"] == "document"


def test_what_the_plan_has_is_told_where_it_belongs(known: Person) -> None:
    found = composition(known)
    assert {
        code: [each.partition("-")[0] for each in named(found, code)]
        for code in ("what-matters", "goals", "tasks", "appointments")
    } == {
        "what-matters": ["CarePlan/plan", "Goal/life"],
        "goals": ["Goal/life", "Goal/care"],
        "tasks": ["Task/market", "Task/weigh"],
        "appointments": ["Appointment/visit"],
    }


def test_what_was_agreed_is_told(person: Person) -> None:
    said = communication(
        person.ref("Communication", "agreed"), person.patient, "message", person.who("nurse"), person.patient
    )
    person.store({**said, "topic": ours("message-kind", "agreement")})
    assert named(composition(person), "agreements") == [person.ref("Communication", "agreed")]


def test_what_was_entered_for_somebody_else_is_marked_and_its_provenance_goes_along(person: Person) -> None:
    life = goal(person.ref("Goal", "new"), person.patient, "life-goal", expressedBy=ref(person.patient))
    assert person.client("nurse").put(f"/{person.ref('Goal', 'new')}", json=life).status_code == 201
    found = asked(person).json()
    marks = [
        each["resource"]["agent"][0]["onBehalfOf"]
        for each in found["entry"]
        if each["resource"]["resourceType"] == "Provenance"
    ]
    mark = f"ingevoerd door nurse-{person.mark} Test voor Jet"
    assert (mark in told(found["entry"][0]["resource"], "goals"), marks) == (True, [ref(person.patient)])


# -- PDF -----------------------------------------------------------------------------------------------------


def test_it_can_be_had_as_pdf(known: Person) -> None:
    answer = asked(known, **PDF)
    assert (answer.headers["content-type"], answer.content[:5]) == ("application/pdf", b"%PDF-")


def test_the_pages_say_what_the_document_says(known: Person) -> None:
    titles = [each["title"] for each in composition(known)["section"]]
    printed = pages(asked(known, **PDF))
    assert [each for each in titles if each not in printed] == []


@pytest.mark.parametrize("format", ["pdf", "application/pdf"])
def test_the_format_may_stand_in_the_url(known: Person, format: str) -> None:
    answer = known.client("person").get(path(known), params={"_format": format})
    assert answer.headers["content-type"] == "application/pdf"


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/fhir+json, application/pdf;q=0.5"])
def test_without_a_wish_for_pages_it_is_fhir(known: Person, accept: str) -> None:
    assert asked(known, Accept=accept).headers["content-type"] == "application/fhir+json; charset=utf-8"


@pytest.mark.parametrize(
    "accept", ["application/pdf, application/fhir+json;q=0.5", "text/html, application/pdf, */*;q=0.1"]
)
def test_whoever_likes_pages_best_gets_pages(known: Person, accept: str) -> None:
    assert asked(known, Accept=accept).headers["content-type"] == "application/pdf"


def test_nothing_else_is_printed(known: Person) -> None:
    answer = known.client("person").get(f"/{known.ref('CarePlan', 'plan')}", headers=PDF)
    assert refused(answer) == (406, "not-supported")


def test_it_can_be_asked_by_post(known: Person) -> None:
    answer = known.client("person").post(path(known), json={"resourceType": "Parameters"}, headers=PDF)
    assert answer.content[:5] == b"%PDF-"


def test_the_head_of_the_pages_can_be_had_alone(known: Person) -> None:
    answer = known.client("person").head(path(known), headers=PDF)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (
        200,
        "application/pdf",
        b"",
    )


def test_a_refusal_is_told_in_fhir_also_to_who_wants_pages(known: Person) -> None:
    assert refused(known.client("stranger").get(path(known), headers=PDF)) == (404, "not-found")


# -- languages -----------------------------------------------------------------------------------------------

TITLES = {
    "nl": "Wat belangrijk is voor mij",
    "fr": "Ce qui compte pour moi",
    "de": "Was mir wichtig ist",
    "en": "What matters to me",
}


@pytest.mark.parametrize("language", TITLES)
def test_it_speaks_the_language_of_the_reader(known: Person, language: str) -> None:
    found = composition(known, Accept_Language=f"{language}-BE, en;q=0.1")
    assert (found["language"], found["section"][0]["title"]) == (language, TITLES[language])


@pytest.mark.parametrize("language", TITLES)
def test_the_pages_speak_it_too(known: Person, language: str) -> None:
    assert TITLES[language] in pages(asked(known, Accept_Language=language, **PDF))


def test_the_parameter_counts_before_the_header(known: Person) -> None:
    answer = known.client("person").get(
        path(known), params={"language": "de"}, headers={"Accept-Language": "fr"}
    )
    assert answer.json()["entry"][0]["resource"]["language"] == "de"


def test_without_a_wish_it_is_the_language_of_the_person(person: Person) -> None:
    spoken = [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "fr"}]}}]
    patient, *_ = person.family()
    person.store({**patient, "communication": spoken})
    assert composition(person)["language"] == "fr"


def test_a_language_that_is_not_ours_is_refused(known: Person) -> None:
    answer = known.client("person").get(path(known), params={"language": "it"})
    assert refused(answer) == (400, "invalid")


# -- who sees what -------------------------------------------------------------------------------------------


def hide(person: Person) -> str:
    """A life goal that is for the person's own eyes, in words that stand nowhere else."""
    label = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
    words = "Nooit meer naar dat huis"
    person.store(
        goal(
            person.ref("Goal", "hidden"), person.patient, "life-goal", description={"text": words}, meta=label
        )
    )
    return words


@pytest.mark.parametrize(("name", "sees"), [("person", True), ("carer", False), ("helper", False)])
def test_what_is_hidden_from_the_reader_is_not_in_the_document(person: Person, name: str, sees: bool) -> None:
    words = hide(person)
    assert (words in asked(person, name).text) == sees


@pytest.mark.parametrize(("name", "sees"), [("person", True), ("carer", False), ("helper", False)])
def test_what_is_hidden_from_the_reader_is_not_on_the_pages(person: Person, name: str, sees: bool) -> None:
    words = hide(person)
    assert (words in pages(asked(person, name, **PDF))) == sees


def test_a_reader_who_sees_less_gets_the_document_as_if_the_rest_were_not_there(person: Person) -> None:
    def shown() -> list[str]:
        return [each.get("fullUrl") for each in asked(person, "carer").json()["entry"][2:]]

    before = shown()
    hide(person)
    assert shown() == before


def test_the_burden_of_a_carer_is_never_printed(known: Person) -> None:
    answers = asked(known, "carer").json()["entry"]
    assert [
        each
        for each in answers
        if each["resource"]["resourceType"] in ("Observation", "QuestionnaireResponse")
    ] == []


def scored(person: Person, name: str, category: str, code: str) -> str:
    """Somebody is scored; the reference of the score."""
    reference = person.ref("Observation", name)
    person.store(
        entity(
            reference,
            status="final",
            category=[ours("data-category", category)],
            code=ours("instrument-score", code),
            subject=ref(person.patient),
            performer=[ref(person.who("carer") if category == "carer-burden" else person.patient)],
            effectiveDateTime="2026-11-01",
            valueInteger=12,
            derivedFrom=[ref(person.ref("QuestionnaireResponse", "answers"))],
        )
    )
    return reference


@pytest.mark.parametrize(("name", "sees"), [("person", True), ("nurse", True), ("carer", False)])
def test_a_score_is_in_the_document_of_who_sees_it(person: Person, name: str, sees: bool) -> None:
    reference = scored(person, "mine", "prom", "well-being")
    assert ([reference] if sees else []) == named(composition(person, name), "scores")


@pytest.mark.parametrize(("name", "sees"), [("person", True), ("carer", False)])
def test_a_score_is_on_the_pages_of_who_sees_it(person: Person, name: str, sees: bool) -> None:
    scored(person, "mine", "prom", "well-being")
    assert sees == ("welbevinden: 12" in pages(asked(person, name, **PDF)))


def test_not_even_carers_print_how_heavy_caring_is(person: Person) -> None:
    strain = scored(person, "strain", "carer-burden", "carer-strain")
    assert person.client("carer").get(f"/{strain}").status_code == 200
    assert [] == named(composition(person, "carer"), "scores")


def test_the_person_is_told_who_may_see_the_plan(known: Person) -> None:
    assert f"nurse-{known.mark} Test" in told(composition(known), "who-may-see")


def test_others_are_told_that_the_person_decides(known: Person) -> None:
    assert "Alleen de persoon beslist wie het plan ziet." in told(composition(known, "nurse"), "who-may-see")


def test_who_may_not_ask_who_sees_it_is_not_on_record_as_refused(person: Person) -> None:
    asked(person, "nurse")
    log = (
        person.client("person")
        .get(f"/{person.patient}/$access-log", params={"agent": person.who("nurse")})
        .json()
    )
    outcomes = [
        part["valueCode"]
        for entry in log["parameter"]
        for part in entry.get("part", ())
        if part["name"] == "outcome"
    ]
    assert outcomes == ["done"]


def test_the_person_reads_in_the_log_who_printed_the_plan(person: Person) -> None:
    asked(person, "nurse", **PDF)
    answer = person.client("person").get(f"/{person.patient}/$access-log", params={"language": "nl"}).json()
    texts = [
        part["valueString"]
        for entry in answer["parameter"]
        for part in entry.get("part", ())
        if part["name"] == "text"
    ]
    assert f"Nurse-{person.mark} Test (zorgverlener, Werkgever) zette het plan op papier." in texts


def test_scopes_narrow_what_is_printed(known: Person) -> None:
    found = asked(known, scope=PLAN_ONLY).json()
    assert {each["resource"]["resourceType"] for each in found["entry"][2:]} == {"CarePlan", "Patient"}


def test_without_the_scope_for_consents_nobody_is_told_who_sees_the_plan(known: Person) -> None:
    assert named(composition(known, scope=PLAN_ONLY), "who-may-see") == []


def test_a_reader_who_was_excluded_gets_nothing(person: Person) -> None:
    deny = provision("deny", (person.who("nurse"),))
    person.store(consent(person.ref("Consent", "exclusion"), "exclusion", person.patient, deny))
    assert refused(person.client("nurse").get(path(person))) == (404, "not-found")


def test_the_reader_is_named(known: Person) -> None:
    assert f"door nurse-{known.mark} Test." in composition(known, "nurse")["text"]["div"]


def test_a_plan_that_was_never_there_is_not_known(known: Person) -> None:
    assert refused(known.client("person").get(f"/CarePlan/never-{known.mark}/$document")) == (
        404,
        "not-found",
    )


# -- told once -----------------------------------------------------------------------------------------------


def telling(person: Person, topic: str) -> Resource:
    """The Patient, who tells something about a topic."""
    patient, *_ = person.family()
    parts = [{"url": "topic", "valueCode": topic}, {"url": "text", "valueString": "Bel eerst An."}]
    return {**patient, "extension": [{"url": f"{DZOP}/StructureDefinition/about-me", "extension": parts}]}


def test_what_the_person_tells_stands_on_the_paper_of_others(person: Person) -> None:
    answer = person.client("person").put(f"/{person.patient}", json=telling(person, "in-an-emergency"))
    assert answer.status_code == 200, answer.text
    assert "Wat te doen als het misgaat: Bel eerst An." in told(composition(person, "nurse"), "emergency")
