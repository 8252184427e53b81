"""Answers to questionnaires over HTTP: what is refused, what is scored, and who sees it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from persons import Person, ids
from questionnaires import alone, band, chosen, given, group, limit, option, question, questionnaire, score_of
from resources import DZOP, Resource, consent, ours, provision, ref

OUTCOME = {"Prefer": "return=OperationOutcome"}
STRAIN = f"{DZOP}/Questionnaire/carer-strain"
WELL_BEING = f"{DZOP}/Questionnaire/well-being"
RELATED = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"


def _form(person: Person, *items: Resource, name: str = "form", **elements: Any) -> str:
    """Stores a questionnaire; its URL."""
    url = f"http://questionnaires.example/{name}-{person.mark}"
    described = {"url": url, "code": [_category("needs-assessment")], **elements}
    person.store({"id": f"{name}-{person.mark}", **questionnaire(*items, **described)})
    return url


def _category(code: str) -> Resource:
    return {"system": f"{DZOP}/CodeSystem/data-category", "code": code}


def _response(person: Person, url: str, *items: Resource, who: str = "nurse", **elements: Any) -> Resource:
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": url,
        "status": "completed",
        "subject": ref(person.patient),
        "author": ref(person.who(who)),
        "authored": "2026-11-01T10:00:00+01:00",
        **({"item": list(items)} if items else {}),
        **elements,
    }


def _sent(person: Person, response: Resource, who: str = "nurse") -> httpx.Response:
    return person.client(who).post("/QuestionnaireResponse", json=response, headers=OUTCOME)


def _rules(answer: httpx.Response) -> tuple[int, list[tuple[str, str]]]:
    """The status, and each rule with where it says so."""
    said = [
        (each["details"]["coding"][0]["code"], each["expression"][0])
        for each in answer.json()["issue"]
        if "coding" in each.get("details", {})
    ]
    return answer.status_code, said


def _scores(person: Person, who: str, response: str, **parameters: str) -> list[Resource]:
    """The scores of these answers that somebody finds."""
    asked = {"derived-from": response, **parameters}
    found = person.client(who).get("/Observation", params=asked).json()
    return [each["resource"] for each in found.get("entry", ())]


def _strain(person: Person, code: str = "often", **elements: Any) -> Resource:
    """The carer's answers about the strain of caring."""
    system = f"{DZOP}/CodeSystem/instrument-answer"
    asked = ("own-things", "nights", "back", "others", "on-my-own", "satisfaction")
    items = [given(each, chosen(code, system)) for each in asked]
    return _response(person, STRAIN, *items, who="carer", **elements)


def _created(person: Person, response: Resource, who: str) -> Resource:
    answer = person.client(who).post("/QuestionnaireResponse", json=response)
    assert answer.status_code == 201, answer.text
    created: Resource = answer.json()
    return created


# -- what is refused ------------------------------------------------------------------------------------------

_TEXT = {"valueString": "a"}
_ASKED_IF = {"question": "yes", "operator": "=", "answerBoolean": True}
_FAULTS: list[tuple[str, Resource, list[Resource], str]] = [
    ("answer-item-unknown", question("q", "string"), [given("x", _TEXT)], "item[0].linkId"),
    ("answer-item-repeated", question("q", "string"), [given("q", _TEXT), given("q")], "item[1]"),
    ("answer-missing", question("q", "string", required=True), [], ""),
    ("answer-not-asked", question("q", "string", enableWhen=[_ASKED_IF]), [given("q", _TEXT)], "item[0]"),
    ("answer-misplaced", question("q", "string"), [group("q", given("r", _TEXT))], "item[0].item"),
    ("answer-number", question("q", "string"), [given("q", _TEXT, _TEXT)], "item[0].answer[1]"),
    ("answer-type", question("q", "integer"), [given("q", _TEXT)], "item[0].answer[0].value"),
    (
        "answer-not-offered",
        question("q", "choice", answerOption=[option("red", 1)]),
        [given("q", chosen("blue"))],
        "item[0].answer[0].value",
    ),
    (
        "answer-length",
        question("q", "string", maxLength=1),
        [given("q", {"valueString": "ab"})],
        "item[0].answer[0].value",
    ),
    (
        "answer-out-of-range",
        question("q", "integer", extension=[limit("maxValue", valueInteger=10)]),
        [given("q", {"valueInteger": 11})],
        "item[0].answer[0].value",
    ),
    (
        "answer-format",
        question("q", "string", extension=[limit("regex", valueString="[0-9]{4}")]),
        [given("q", {"valueString": "Gent"})],
        "item[0].answer[0].value",
    ),
    (
        "answer-exclusive",
        question("q", "choice", repeats=True, answerOption=[option("red", 1), alone(option("none", 0))]),
        [given("q", chosen("red"), chosen("none"))],
        "item[0].answer[1].value",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "asked", "items", "at"), _FAULTS, ids=[each[0] for each in _FAULTS])
def test_answers_that_do_not_fit_are_refused_where_they_do_not(
    person: Person, rule: str, asked: Resource, items: list[Resource], at: str
) -> None:
    url = _form(person, asked, question("yes", "boolean"))
    answer = _sent(person, _response(person, url, *items))
    assert (422, [(rule, f"QuestionnaireResponse.{at}".rstrip("."))]) == _rules(answer)


@pytest.mark.parametrize(("rule", "asked", "items", "at"), _FAULTS, ids=[each[0] for each in _FAULTS])
def test_validate_says_what_a_write_would_say(
    person: Person, rule: str, asked: Resource, items: list[Resource], at: str
) -> None:
    url = _form(person, asked, question("yes", "boolean"))
    answer = person.client("nurse").post(
        "/QuestionnaireResponse/$validate", json=_response(person, url, *items)
    )
    assert (200, [(rule, f"QuestionnaireResponse.{at}".rstrip("."))]) == _rules(answer)


def test_validate_says_that_answers_are_too_many(person: Person) -> None:
    form = {"id": "f", **questionnaire(question("q", "string", repeats=True))}
    items = [given("x") for _ in range(5_001)]
    response = _response(person, "#f", *items, contained=[form])
    answer = person.client("nurse").post("/QuestionnaireResponse/$validate", json=response)
    assert (200, [("answers-too-many", "QuestionnaireResponse.item")]) == _rules(answer)


def test_validate_says_of_what_is_stored_what_a_write_would_say(person: Person) -> None:
    url = _form(person, question("q", "integer"))
    answers = _created(person, _response(person, url, given("q", {"valueInteger": 3})), "nurse")
    _form(person, question("q", "string"))
    answer = person.client("nurse").get(f"/QuestionnaireResponse/{answers['id']}/$validate")
    assert (200, [("answer-type", "QuestionnaireResponse.item[0].answer[0].value")]) == _rules(answer)


def test_validate_says_which_score_cannot_be_computed(person: Person) -> None:
    form = questionnaire(question("q", "integer"), scores=[score_of("all", "unknown")])
    answer = person.client("nurse").post("/Questionnaire/$validate", json=form)
    assert (200, [("score-definition", "Questionnaire.extension[0]")]) == _rules(answer)


@pytest.mark.parametrize(
    ("form", "at"),
    [
        (
            questionnaire(*[question(f"q{number}", "string") for number in range(5_001)]),
            "Questionnaire.item",
        ),
        (questionnaire(question("q", "integer"), scores=[score_of("all")] * 101), "Questionnaire.extension"),
    ],
    ids=["items", "scores"],
)
def test_validate_says_that_a_questionnaire_is_too_large_to_be_looked_at(
    known: Person, form: Resource, at: str
) -> None:
    answer = known.client("nurse").post("/Questionnaire/$validate", json=form)
    assert (200, [("answers-too-many", at)]) == _rules(answer)


def test_an_expression_that_is_not_offered_is_told_with_its_questionnaire(person: Person) -> None:
    item = question("q", "string", extension=[limit("regex", valueString=r"(a)\1")])
    form = questionnaire(item)
    answer = person.client("nurse").post("/Questionnaire/$validate", json=form)
    assert (200, [("answer-format-unknown", "Questionnaire.item")]) == _rules(answer)


@pytest.mark.parametrize("text", ["a\ud800", "\x00"], ids=["half", "nothing"])
def test_letters_that_are_none_are_refused_before_they_are_held_against_an_expression(
    person: Person, text: str
) -> None:
    item = question("q", "string", extension=[limit("regex", valueString=text)])
    response = _response(person, "#f", given("q", _TEXT), contained=[{"id": "f", **questionnaire(item)}])
    body = json.dumps(response).encode()
    headers = {"Content-Type": "application/fhir+json"}
    answer = person.client("nurse").post("/QuestionnaireResponse", content=body, headers=headers)
    assert 4 == answer.status_code // 100


def test_a_draft_may_be_incomplete(person: Person) -> None:
    url = _form(person, question("q", "string", required=True))
    assert 201 == _sent(person, _response(person, url, status="in-progress")).status_code


def test_answers_to_an_unknown_questionnaire_are_kept_with_a_warning(person: Person) -> None:
    answer = _sent(person, _response(person, "http://questionnaires.example/none", given("q", _TEXT)))
    expected = ("questionnaire-unknown", "QuestionnaireResponse.questionnaire")
    assert (201, [expected]) == _rules(answer)


@pytest.mark.parametrize(
    ("version", "status", "text"),
    [("|1", 201, "one"), ("|2", 201, "two"), ("", 201, "two"), ("", 422, "one"), ("|3", 201, "anything")],
)
def test_answers_are_held_against_the_version_that_they_name_or_the_newest(
    person: Person, version: str, status: int, text: str
) -> None:
    for number, offered in (("1", "one"), ("2", "two"), ("10", "two")):
        item = question("q", "choice", answerOption=[{"valueString": offered}])
        url = _form(person, item, name="form", version=number, id=f"form-{number}-{person.mark}")
    answer = _sent(person, _response(person, f"{url}{version}", given("q", {"valueString": text})))
    assert status == answer.status_code


@pytest.mark.parametrize(
    ("code", "expected"),
    [("life-goal", []), ("nonsense", ["answer-not-offered"])],
)
def test_an_answer_is_of_the_value_set(person: Person, code: str, expected: list[str]) -> None:
    url = _form(person, question("q", "choice", answerValueSet=f"{DZOP}/ValueSet/goal-category"))
    items = given("q", chosen(code, f"{DZOP}/CodeSystem/goal-category"))
    rules = _rules(_sent(person, _response(person, url, items)))[1]
    assert expected == [rule for rule, _ in rules]


def test_an_answer_of_a_value_set_that_is_not_held_is_kept_with_a_warning(person: Person) -> None:
    url = _form(person, question("q", "choice", answerValueSet="http://questionnaires.example/ValueSet/none"))
    answer = _sent(person, _response(person, url, given("q", chosen("red"))))
    expected = ("answer-not-checked", "QuestionnaireResponse.item[0].answer[0].value")
    assert (201, [expected]) == _rules(answer)


def test_a_contained_questionnaire_is_checked_too(person: Person) -> None:
    form = {"id": "f", **questionnaire(question("q", "integer"))}
    response = _response(person, "#f", given("q", _TEXT), contained=[form])
    assert (422, [("answer-type", "QuestionnaireResponse.item[0].answer[0].value")]) == _rules(
        _sent(person, response)
    )


def test_a_token_that_reads_no_questionnaire_is_held_to_it_all_the_same(person: Person) -> None:
    url = _form(person, question("q", "integer"))
    client = person.client("nurse", scope="user/QuestionnaireResponse.cruds")
    answer = client.post("/QuestionnaireResponse", json=_response(person, url, given("q", _TEXT)))
    assert 422 == answer.status_code


def test_what_the_operator_enters_of_others_gets_no_score_of_ours(person: Person) -> None:
    url = _form(person, question("q", "integer"), extension=[score_of("all")])
    person.store(_response(person, url, given("q", {"valueInteger": 3}), id=f"theirs-{person.mark}"))
    about = {"derived-from": person.ref("QuestionnaireResponse", "theirs")}
    answer = person.client("nurse").get("/Observation", params=about)
    assert 0 == answer.json()["total"]


def test_answers_that_stay_as_they_are_are_not_held_against_what_is_asked_since(person: Person) -> None:
    url = _form(person, question("q", "string"), code=[_category("prom")])
    id = f"theirs-{person.mark}"
    person.store(_response(person, url, given("q", _TEXT), who="person", id=id))
    _form(person, question("q", "integer"), code=[_category("prom")])
    theirs = person.client("person")
    body = theirs.get(f"/QuestionnaireResponse/{id}").json()
    assert 200 == theirs.put(f"/QuestionnaireResponse/{id}", json=body).status_code


# -- drafts ---------------------------------------------------------------------------------------------------


def test_who_began_answers_goes_on_with_them(person: Person) -> None:
    url = _form(person, question("q", "string", required=True))
    draft = _created(person, _response(person, url, status="in-progress"), "nurse")
    whole = {**draft, "status": "completed", "item": [given("q", _TEXT)]}
    answer = person.client("nurse").put(f"/QuestionnaireResponse/{draft['id']}", json=whole)
    assert (200, "completed") == (answer.status_code, answer.json()["status"])


def test_a_draft_is_saved_again_by_a_patch_or_unchanged(person: Person) -> None:
    url = _form(person, question("q", "string"))
    nurse, draft = person.client("nurse"), _response(person, url, status="in-progress")
    path = f"/QuestionnaireResponse/{_created(person, draft, 'nurse')['id']}"
    patch = [{"op": "add", "path": "/item", "value": [given("q", _TEXT)]}]
    patched = nurse.patch(path, json=patch, headers={"Content-Type": "application/json-patch+json"})
    assert (200, 200) == (patched.status_code, nurse.put(path, json=patched.json()).status_code)


def test_a_professional_reads_what_the_person_has_begun_of_their_own_health(person: Person) -> None:
    url = _form(person, question("q", "string"), code=[_category("prom")])
    draft = _response(person, url, who="person", status="in-progress")
    path = f"/QuestionnaireResponse/{_created(person, draft, 'person')['id']}"
    found = [person.client(each).get(path).status_code for each in ("nurse", "carer", "neighbour")]
    assert [200, 404, 404] == found


def test_nobody_else_goes_on_with_them(person: Person) -> None:
    url = _form(person, question("q", "string"))
    draft = _created(person, _response(person, url, status="in-progress"), "nurse")
    answer = person.client("gp").put(f"/QuestionnaireResponse/{draft['id']}", json=draft)
    assert 403 == answer.status_code


def test_finished_answers_are_no_draft(person: Person) -> None:
    url = _form(person, question("q", "string"))
    done = _created(person, _response(person, url), "nurse")
    amended = {**done, "status": "amended"}
    assert 403 == person.client("nurse").put(f"/QuestionnaireResponse/{done['id']}", json=amended).status_code


def test_finished_answers_are_not_taken_up_again(person: Person) -> None:
    done = _created(person, _strain(person), "carer")
    again = {**done, "status": "in-progress"}
    answer = person.client("carer").put(f"/QuestionnaireResponse/{done['id']}", json=again)
    assert (409, [("answers-reopened", "QuestionnaireResponse.status")]) == _rules(answer)


# -- scores ---------------------------------------------------------------------------------------------------


def test_finished_answers_are_scored(person: Person) -> None:
    score = score_of("load", decimals=1, bands=[band("light", None, 4), band("heavy", 4.1, None)])
    url = _form(person, question("q", "decimal"), extension=[score])
    goal = [{"url": RELATED, "valueReference": ref(person.ref("Goal", "care"))}]
    basis = [ref(person.ref("CarePlan", "plan"))]
    response = _response(person, url, given("q", {"valueDecimal": 4.25}), extension=goal, basedOn=basis)
    answers = _created(person, {**response, "source": ref(person.patient)}, "nurse")
    (found,) = _scores(person, "nurse", f"QuestionnaireResponse/{answers['id']}")
    survey = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}
    coding = {"system": "http://questionnaires.example/CodeSystem/scores"}
    expected = {
        "identifier": [{"system": f"{DZOP}/NamingSystem/score", "value": f"{answers['id']}.load"}],
        "basedOn": basis,
        "status": "final",
        "category": [ours("data-category", "needs-assessment"), {"coding": [survey]}],
        "code": {"coding": [{**coding, "code": "load"}]},
        "subject": ref(person.patient),
        "focus": [ref(person.ref("Goal", "care"))],
        "effectiveDateTime": "2026-11-01T10:00:00+01:00",
        "performer": [ref(person.patient), ref(person.who("nurse"))],
        "valueQuantity": {
            "value": 4.3, "unit": "score", "system": "http://unitsofmeasure.org", "code": "{score}",
        },
        "interpretation": [{"coding": [{**coding, "code": "heavy"}]}],
        "derivedFrom": [ref(f"QuestionnaireResponse/{answers['id']}")],
    }  # fmt: skip
    assert expected == {name: found[name] for name in expected}


def test_a_draft_is_not_scored(person: Person) -> None:
    url = _form(person, question("q", "integer"), extension=[score_of("all")])
    response = _response(person, url, given("q", {"valueInteger": 1}), status="in-progress")
    draft = _created(person, response, "nurse")
    assert [] == _scores(person, "nurse", f"QuestionnaireResponse/{draft['id']}")


def test_answers_without_what_counts_are_kept_without_a_score(person: Person) -> None:
    url = _form(person, question("q", "integer"), extension=[score_of("all")])
    answer = _sent(person, _response(person, url))
    assert (201, [("score-missing", "QuestionnaireResponse.item")]) == _rules(answer)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("never", ("amended", 4, "2")), ("often", ("final", 16, "1"))],
    ids=["other answers", "the same answers"],
)
def test_amended_answers_amend_their_score(person: Person, code: str, expected: tuple[str, int, str]) -> None:
    created = _created(person, _strain(person), "carer")
    amended = {**_strain(person, code), "id": created["id"], "status": "amended"}
    answer = person.client("carer").put(f"/QuestionnaireResponse/{created['id']}", json=amended)
    (score,) = _scores(person, "carer", f"QuestionnaireResponse/{created['id']}")
    assert (200, *expected) == (
        answer.status_code, score["status"], score["valueInteger"], score["meta"]["versionId"],
    )  # fmt: skip


def test_a_score_with_decimals_that_stays_the_same_is_left_as_it_is(person: Person) -> None:
    url = _form(
        person, question("q", "decimal"), code=[_category("prom")], extension=[score_of("all", decimals=1)]
    )
    response = _response(person, url, given("q", {"valueDecimal": 4.25}), who="person")
    created = _created(person, response, "person")
    path = f"QuestionnaireResponse/{created['id']}"
    person.client("person").put(f"/{path}", json={**created, "status": "amended"})
    (score,) = _scores(person, "person", path)
    assert ("final", "1") == (score["status"], score["meta"]["versionId"])


def test_answers_to_a_questionnaire_that_is_gone_have_no_score_any_more(person: Person) -> None:
    url = _form(person, question("q", "integer"), code=[_category("prom")], extension=[score_of("all")])
    created = _created(
        person, _response(person, url, given("q", {"valueInteger": 1}), who="person"), "person"
    )
    person.client("system").delete(f"/Questionnaire/form-{person.mark}")
    path = f"QuestionnaireResponse/{created['id']}"
    person.client("person").put(f"/{path}", json={**created, "status": "amended"})
    assert ["entered-in-error"] == [each["status"] for each in _scores(person, "person", path)]


def test_answers_taken_back_take_their_score_back(person: Person) -> None:
    created = _created(person, _strain(person), "carer")
    path = f"/QuestionnaireResponse/{created['id']}"
    person.client("carer").put(path, json={**created, "status": "entered-in-error"})
    scores = _scores(person, "carer", path.strip("/"))
    assert ["entered-in-error"] == [each["status"] for each in scores]


def test_finished_answers_are_taken_back_before_they_are_deleted(person: Person) -> None:
    created = _created(person, _strain(person), "carer")
    path = f"/QuestionnaireResponse/{created['id']}"
    carer = person.client("carer")
    refused = _rules(carer.delete(path))
    carer.put(path, json={**created, "status": "entered-in-error"})
    assert ((409, [("answers-in-use", "QuestionnaireResponse.status")]), 204) == (
        refused, carer.delete(path).status_code,
    )  # fmt: skip


def test_scores_of_others_beside_ours_are_left_alone(person: Person) -> None:
    created = _created(person, _strain(person), "carer")
    path = f"QuestionnaireResponse/{created['id']}"
    theirs = {
        "resourceType": "Observation", "status": "final", "category": [ours("data-category", "carer-burden")],
        "code": {"text": "Theirs"}, "subject": ref(person.patient), "performer": [ref(person.who("carer"))],
        "valueInteger": 1, "derivedFrom": [ref(path)],
    }  # fmt: skip
    person.client("carer").post("/Observation", json=theirs)
    person.client("carer").put(f"/{path}", json={**created, "status": "entered-in-error"})
    statuses = [each["status"] for each in _scores(person, "carer", path)]
    assert ["entered-in-error", "final"] == sorted(statuses)


def test_a_score_of_sensitive_answers_is_sensitive(person: Person) -> None:
    url = _form(person, question("q", "integer"), extension=[score_of("all")])
    labelled = {"meta": {"security": [_category("sensitive")]}}
    response = _response(person, url, given("q", {"valueInteger": 1}), who="gp", **labelled)
    answer = person.client("gp").post("/QuestionnaireResponse", json=response)
    reference = answer.headers["Location"].partition("/fhir/")[2].partition("/_history")[0]
    assert ([], 1) == (_scores(person, "helper", reference), len(_scores(person, "person", reference)))


def test_a_later_label_of_the_answers_closes_their_score_too(person: Person) -> None:
    url = _form(person, question("q", "integer"), extension=[score_of("all")])
    answers = _created(person, _response(person, url, given("q", {"valueInteger": 1})), "nurse")
    reference = f"QuestionnaireResponse/{answers['id']}"
    before = len(_scores(person, "helper", reference))
    meta = {"parameter": [{"name": "meta", "valueMeta": {"security": [_category("sensitive")]}}]}
    labelled = person.client("system").post(
        f"/{reference}/$meta-add", json={"resourceType": "Parameters", **meta}
    )
    assert (1, 200, []) == (before, labelled.status_code, _scores(person, "helper", reference))


def test_a_score_that_cannot_be_computed_is_refused_with_its_questionnaire(person: Person) -> None:
    form = questionnaire(question("q", "integer"), extension=[score_of("all", "nowhere")])
    answer = person.client("system").put(
        f"/Questionnaire/bad-{person.mark}", json={"id": f"bad-{person.mark}", **form}
    )
    assert (422, [("score-definition", "Questionnaire.extension[0]")]) == _rules(answer)


def test_scores_of_a_goal_are_found_in_the_order_of_time(person: Person) -> None:
    system, goal = f"{DZOP}/CodeSystem/instrument-answer", person.ref("Goal", "life")
    asked = ("good-days", "what-counts", "people", "body", "worries")
    for month, code in (("09", "often"), ("10", "now-and-then"), ("11", "never")):
        items = [given(each, chosen(code, system)) for each in asked]
        pertains = [{"url": RELATED, "valueReference": ref(goal)}]
        response = _response(person, WELL_BEING, *items, who="person", extension=pertains)
        _created(person, {**response, "authored": f"2026-{month}-01"}, "person")
    code = f"{DZOP}/CodeSystem/instrument-score|well-being"
    found = person.client("nurse").get(f"/Observation?focus={goal}&code={code}&_sort=date").json()["entry"]
    assert [11, 10, 8] == [each["resource"]["valueInteger"] for each in found]


# -- BelRAI informs and gates nothing -----------------------------------------------------------------------


def test_results_of_belrai_arrive_as_answers_and_scores(person: Person) -> None:
    """The response to a questionnaire that is not held here, with the scales that were computed elsewhere."""
    answers = f"urn:uuid:{uuid4()}"
    response = _response(
        person, "http://belrai.example/Questionnaire/screener", given("1", {"valueInteger": 2})
    )
    scale = {
        "resourceType": "Observation", "status": "final",
        "category": [ours("data-category", "needs-assessment")], "code": {"text": "BelRAI ADL"},
        "subject": ref(person.patient), "performer": [ref(person.who("nurse"))],
        "focus": [ref(person.ref("Goal", "care"))], "valueInteger": 3, "derivedFrom": [ref(answers)],
    }  # fmt: skip
    entries = [
        {
            "fullUrl": answers,
            "resource": response,
            "request": {"method": "POST", "url": response["resourceType"]},
        },
        {"resource": scale, "request": {"method": "POST", "url": "Observation"}},
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    stored = person.client("nurse").post("/", json=bundle)
    goal = person.ref("Goal", "care")
    found = person.client("carer").get(f"/Observation?focus={goal}").json()["entry"]
    assert (200, [3]) == (stored.status_code, [each["resource"]["valueInteger"] for each in found])


# -- what a carer says about the strain of caring is the carer's -------------------------------------------------

_OTHERS = ["person", "gp", "nurse", "helper", "neighbour", "stranger"]


@pytest.fixture
def strained(person: Person) -> tuple[Person, str]:
    """A person whose carer has answered, and the reference of the answers."""
    return person, f"QuestionnaireResponse/{_created(person, _strain(person), 'carer')['id']}"


def _seen(person: Person, who: str, answers: str) -> list[int]:
    """How many of the answers and of their score somebody reads, finds, counts and has included."""
    client, id = person.client(who), answers.partition("/")[2]
    read = client.get(f"/{answers}").status_code
    included = f"/Observation?derived-from={answers}&_include=Observation:derived-from"
    asked = (f"/QuestionnaireResponse?_id={id}", f"/Observation?derived-from={answers}", included)
    found = [len(client.get(each).json().get("entry", ())) for each in asked]
    total = client.get(f"/Observation?derived-from={answers}&_summary=count").json()["total"]
    return [int(read == 200), *found, total]


def test_a_carer_sees_what_the_carer_answered(strained: tuple[Person, str]) -> None:
    person, answers = strained
    assert [1, 1, 1, 2, 1] == _seen(person, "carer", answers)


@pytest.mark.parametrize("who", _OTHERS)
def test_nobody_else_sees_what_a_carer_answered(strained: tuple[Person, str], who: str) -> None:
    person, answers = strained
    assert [0, 0, 0, 0, 0] == _seen(person, who, answers)


def test_only_whom_the_carer_names_sees_it_then(strained: tuple[Person, str]) -> None:
    person, answers = strained
    named = provision("permit", (person.who("gp"),), ("carer-burden",))
    share = consent(person.ref("Consent", "carers"), "carer-share", person.patient, named)
    share["performer"] = [ref(person.who("carer"))]
    stored = person.client("carer").put(f"/{person.ref('Consent', 'carers')}", json=share).status_code
    seen = {who: _seen(person, who, answers) for who in ("gp", "nurse", "person")}
    nothing = [0, 0, 0, 0, 0]
    assert (201, {"gp": [1, 1, 1, 2, 1], "nurse": nothing, "person": nothing}) == (stored, seen)


def test_a_carer_is_who_the_answers_are_about_too(person: Person) -> None:
    about = {**_strain(person), "subject": ref(person.who("carer"))}
    created = _created(person, about, "carer")
    (score,) = _scores(person, "carer", f"QuestionnaireResponse/{created['id']}")
    assert (ref(person.patient), [ref(person.who("carer"))]) == (score["subject"], score["focus"])


def test_what_a_person_says_about_the_care_is_not_seen_by_those_who_give_it(person: Person) -> None:
    system = f"{DZOP}/CodeSystem/instrument-answer"
    asked = ("heard", "my-goals", "understood", "whom-to-call", "one-team", "followed-up")
    items = [given(each, chosen("a-little", system)) for each in asked]
    url = f"{DZOP}/Questionnaire/care-experience"
    created = _created(person, _response(person, url, *items, who="person"), "person")
    reference = f"QuestionnaireResponse/{created['id']}"
    seen = {who: len(_scores(person, who, reference)) for who in ("person", "gp", "nurse", "carer")}
    assert {"person": 1, "gp": 0, "nurse": 0, "carer": 0} == seen


@pytest.mark.parametrize("name", ["needs-screener", "well-being", "care-experience", "carer-strain"])
def test_our_questionnaires_are_there_for_everybody(known: Person, name: str) -> None:
    found = known.client("stranger").get(f"/Questionnaire?url={DZOP}/Questionnaire/{name}")
    assert [name] == ids(found)
