"""How far a goal is reached: a scale agreed beforehand, ratings of each rater apart, and all that in order of time."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from goals import broken, level, scale
from persons import Person, ids
from resources import DZOP, Resource, bundle, entity, goal, ours, post, ref

SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}


def rating(person: Person, name: str, focus: str, value: int = 0, **elements: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": ours("observation-kind", "goal-attainment"),
        "subject": ref(person.patient),
        "focus": [ref(focus)],
        "performer": [ref(person.who(name))],
        "valueInteger": value,
        **elements,
    }


def scaled(person: Person, category: str = "care-goal", name: str = "walk") -> str:
    """A goal with a scale."""
    reference = person.ref("Goal", name)
    person.store(goal(reference, person.patient, category, extension=[scale()]))
    return reference


def rated(person: Person, name: str, focus: str, value: int = 0, **elements: Any) -> httpx.Response:
    return person.client(name).post("/Observation", json=rating(person, name, focus, value, **elements))


# -- the scale ---------------------------------------------------------------------------------------------


def test_whoever_makes_a_goal_gives_it_a_scale(person: Person) -> None:
    body = goal("Goal/x", person.patient, extension=[scale()])
    assert person.client("nurse").post("/Goal", json=body).status_code == 201


@pytest.mark.parametrize(
    "levels",
    [
        [level(score, "x") for score in (-2, -1, 0, 1)],
        [level(score, "x") for score in (-2, -1, 0, 1, 3)],
        [level(score, "x") for score in (-2, -1, 0, 1, 1)],
        [level(score, "x") for score in (-2, -1, 0, 1, 2, 2)],
        [*[level(score, "x") for score in (-2, -1, 0, 1)], level(2, None)],
    ],
    ids=["four", "beyond", "twice", "six", "without words"],
)
def test_a_scale_has_five_levels_in_words(known: Person, levels: list[Resource]) -> None:
    body = goal("Goal/x", known.patient, extension=[scale(*levels)])
    answer = known.client("nurse").post("/Goal", json=body)
    assert broken(answer) == (422, "goal-scale", "Goal.extension[0]")


def test_a_goal_has_one_scale(known: Person) -> None:
    body = goal("Goal/x", known.patient, extension=[scale(), scale()])
    answer = known.client("nurse").post("/Goal", json=body)
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["expression"]) == (422, ["Goal.extension[1]"])


# -- ratings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"), [("person", -2), ("gp", -1), ("nurse", 0), ("helper", 1), ("carer", 2)]
)
def test_person_carer_and_professional_each_rate_for_themselves(
    person: Person, name: str, value: int
) -> None:
    answer = rated(person, name, scaled(person), value)
    assert (answer.status_code, answer.json().get("valueInteger")) == (201, value), answer.text


@pytest.mark.parametrize("value", [-3, 3])
def test_a_rating_off_the_scale_is_refused(person: Person, value: int) -> None:
    answer = rated(person, "nurse", scaled(person), value)
    assert broken(answer) == (422, "goal-rating-level", "Observation.value")


def test_a_rating_without_number_is_refused(person: Person) -> None:
    body = rating(person, "nurse", scaled(person))
    del body["valueInteger"]
    answer = person.client("nurse").post("/Observation", json={**body, "valueString": "goed"})
    assert broken(answer) == (422, "goal-rating-level", "Observation.value")


def test_a_goal_without_scale_is_not_rated(known: Person) -> None:
    answer = rated(known, "nurse", known.ref("Goal", "care"))
    assert broken(answer) == (422, "goal-rating-scale", "Observation.focus")


@pytest.mark.parametrize("focus", ["hidden", "nothing", "of another person"])
def test_what_is_hidden_is_rated_as_little_as_what_is_not_there(
    person: Person, known: Person, focus: str
) -> None:
    hidden = person.ref("Goal", "hidden")
    person.store({**goal(hidden, person.patient, extension=[scale()]), "meta": SENSITIVE})
    others = known.ref("Goal", "care")
    meant = {"hidden": hidden, "nothing": person.ref("Goal", "nothing"), "of another person": others}
    answer = rated(person, "nurse", meant[focus])
    assert broken(answer) == (422, "goal-rating-goal", "Observation.focus")


def test_a_rating_is_of_one_goal(person: Person) -> None:
    both = [ref(scaled(person)), ref(scaled(person, name="talk"))]
    body = {**rating(person, "nurse", ""), "focus": both}
    answer = person.client("nurse").post("/Observation", json=body)
    assert broken(answer) == (422, "goal-rating-goal", "Observation.focus")


@pytest.mark.parametrize("performers", [(), ("nurse", "person")], ids=["nobody", "two"])
def test_a_rating_is_that_of_one_rater(person: Person, performers: tuple[str, ...]) -> None:
    named = [ref(person.who(name)) for name in performers]
    body = rating(person, "nurse", scaled(person), performer=named)
    if not named:
        del body["performer"]
    answer = person.client("nurse").post("/Observation", json=body)
    assert broken(answer) == (422, "goal-rating-rater", "Observation.performer")


@pytest.mark.parametrize("other", ["gp", "carer"])
def test_nobody_rates_in_the_name_of_another(person: Person, other: str) -> None:
    body = rating(person, other, scaled(person))
    assert person.client("nurse").post("/Observation", json=body).status_code == 403


def test_what_the_person_says_is_noted_down_by_somebody_else(person: Person) -> None:
    body = rating(person, "person", scaled(person), 1)
    made = person.client("nurse").post("/Observation", json=body).json()
    told = person.client("person").get("/Provenance", params={"target": f"Observation/{made['id']}"}).json()
    agent = told["entry"][0]["resource"]["agent"][0]
    assert (agent["who"], agent["onBehalfOf"]) == (ref(person.who("nurse")), ref(person.patient))


def test_a_rating_in_error_is_taken_back_by_who_rates(person: Person) -> None:
    made = rated(person, "nurse", scaled(person)).json()
    wrong = {**made, "status": "entered-in-error"}
    answer = person.client("nurse").put(f"/Observation/{made['id']}", json=wrong)
    assert answer.status_code == 200, answer.text


def test_a_goal_and_its_rating_come_in_one_transaction_in_any_order(person: Person) -> None:
    urn = "urn:uuid:6d2a7c4e-5b0f-4c2a-9f7e-0d5f3f1c7a04"
    body = goal("Goal/x", person.patient, extension=[scale()])
    new = {name: value for name, value in body.items() if name != "id"}
    entries = [post(rating(person, "nurse", urn)), post(new, urn)]
    answer = person.client("nurse").post("/", json=bundle("transaction", *entries))
    assert answer.status_code == 200, answer.text


# -- who sees a rating -------------------------------------------------------------------------------------


def labels(resource: Resource) -> list[str]:
    return [each["code"] for each in resource["meta"]["security"]]


@pytest.mark.parametrize("category", ["life-goal", "care-goal", "support-goal"])
def test_a_rating_is_of_the_category_of_its_goal(person: Person, category: str) -> None:
    assert labels(rated(person, "carer", scaled(person, category)).json()) == [category]


def test_a_rating_is_seen_by_who_sees_the_goal_and_not_by_others(person: Person) -> None:
    made = rated(person, "carer", scaled(person)).json()
    names = ("person", "gp", "nurse", "helper", "neighbour")
    found = [person.client(name).get(f"/Observation/{made['id']}").status_code for name in names]
    searched = ids(person.client("neighbour").get("/Observation", params={"patient": person.patient}))
    assert (found, searched) == ([200, 200, 200, 200, 404], [])


def test_a_rating_is_closed_with_its_goal(person: Person) -> None:
    walk = scaled(person)
    made = rated(person, "carer", walk).json()
    person.store({**goal(walk, person.patient, extension=[scale()]), "meta": SENSITIVE})
    found = [
        person.client(name).get(f"/Observation/{made['id']}").status_code for name in ("nurse", "person")
    ]
    assert found == [404, 200]


def test_another_observation_about_a_goal_keeps_its_own_category(person: Person) -> None:
    other = entity(
        person.ref("Observation", "steps"),
        status="final",
        category=[ours("data-category", "prom")],
        code={"text": "Stappen"},
        subject=ref(person.patient),
        focus=[ref(scaled(person))],
    )
    person.store(other)
    assert labels(person.client("person").get(f"/Observation/{other['id']}").json()) == ["prom"]


# -- in order of time --------------------------------------------------------------------------------------


def told(answer: httpx.Response, *parts: str) -> list[tuple[Any, ...]]:
    """Name and chosen parts of what `$progress` tells, in its order."""
    assert answer.status_code == 200, answer.text
    found = []
    for each in answer.json().get("parameter", ()):
        said = {part["name"]: next(v for k, v in part.items() if k != "name") for part in each["part"]}
        found.append((each["name"], *[said.get(part) for part in parts]))
    return found


def progress(person: Person, name: str, reference: str, **scopes: str) -> httpx.Response:
    return person.client(name, **scopes).get(f"/{reference}/$progress")


def test_the_states_of_a_goal_are_told_where_they_are_new(person: Person) -> None:
    walk, client = scaled(person), person.client("person")
    for status, note in (("active", "a"), ("on-hold", "b"), ("on-hold", "c"), ("completed", "d")):
        there = client.get(f"/{walk}").json()
        client.put(f"/{walk}", json={**there, "lifecycleStatus": status, "note": [{"text": note}]})
    found = told(progress(person, "carer", walk), "lifecycleStatus", "version")
    assert found == [("status", "active", "1"), ("status", "on-hold", "3"), ("status", "completed", "5")]


def test_ratings_are_told_apart_by_who_rates_with_the_words_of_the_goal(person: Person) -> None:
    walk = scaled(person)
    for day, (name, value) in enumerate((("person", -1), ("carer", 0), ("nurse", 2)), 1):
        rated(person, name, walk, value, effectiveDateTime=f"2099-03-0{day}")
    found = told(progress(person, "helper", walk), "raterKind", "value", "meaning")[1:]
    assert found == [
        ("rating", "person", -1, "valt soms"),
        ("rating", "carer", 0, "wandelt thuis veilig"),
        ("rating", "professional", 2, "fietst weer"),
    ]


def test_a_rating_keeps_the_words_of_the_scale_it_was_given_on(person: Person) -> None:
    walk = scaled(person)
    rated(person, "nurse", walk, 2)
    lower = [level(score, f"anders {score}") for score in (-2, -1, 0, 1, 2)]
    person.store(goal(walk, person.patient, extension=[scale(*lower)]))
    rated(person, "nurse", walk, 2)
    assert told(progress(person, "nurse", walk), "meaning")[1:] == [
        ("rating", "fietst weer"),
        ("rating", "anders 2"),
    ]


def test_what_happened_first_is_told_first_whenever_it_was_written_down(person: Person) -> None:
    walk = scaled(person)
    for day in ("2099-03-02", "2020-03-01", "2099-03-01T08:00:00+01:00"):
        rated(person, "nurse", walk, effectiveDateTime=day)
    found = [each[1] for each in told(progress(person, "nurse", walk), "time") if each[0] == "rating"]
    assert found == ["2020-03-01", "2099-03-01T08:00:00+01:00", "2099-03-02"]


def test_a_rating_in_error_is_not_told(person: Person) -> None:
    walk = scaled(person)
    made = rated(person, "nurse", walk).json()
    person.client("nurse").put(f"/Observation/{made['id']}", json={**made, "status": "entered-in-error"})
    assert [each[0] for each in told(progress(person, "nurse", walk))] == ["status"]


def scored(person: Person, name: str, **elements: Any) -> Resource:
    usual = {
        "status": "final",
        "category": [ours("data-category", "needs-assessment")],
        "code": {"coding": [{"system": "http://loinc.org", "code": "72133-2"}]},
        "subject": ref(person.patient),
        "effectiveDateTime": "2099-03-01",
        "valueInteger": 7,
    }
    return entity(person.ref("Observation", name), **{**usual, **elements})


def test_scores_are_told_that_are_about_the_goal_or_measured_by_its_target_or_named_by_it(
    person: Person,
) -> None:
    walk, answers = person.ref("Goal", "walk"), person.ref("QuestionnaireResponse", "answers")
    plain = {"text": "Iets anders"}
    about = scored(person, "about", code=plain, focus=[ref(walk)])
    named = scored(person, "named", code=plain)
    source = scored(person, "source", code=plain, derivedFrom=[ref(answers)])
    measured, other = scored(person, "measured"), scored(person, "other", code=plain)
    instrument = {"url": f"{DZOP}/StructureDefinition/source-instrument", "valueReference": ref(answers)}
    body = goal(
        walk,
        person.patient,
        extension=[instrument],
        target=[{"measure": measured["code"]}],
        outcomeReference=[ref(person.ref("Observation", "named"))],
    )
    person.store(body, about, named, source, measured, other)
    found = told(progress(person, "nurse", walk), "source", "value")[1:]
    names = {each[1]["reference"].partition("/")[2].partition("-")[0] for each in found}
    assert (names, {each[2] for each in found}) == ({"about", "measured", "named", "source"}, {7})


def test_a_score_keeps_its_unit_and_its_interpretation(person: Person) -> None:
    walk, quantity = scaled(person), {"value": 310, "unit": "m"}
    low = {"text": "goed"}
    result = scored(person, "about", focus=[ref(walk)], valueQuantity=quantity, interpretation=[low])
    del result["valueInteger"]
    person.store(result)
    found = told(progress(person, "nurse", walk), "value", "interpretation")[1:]
    assert found == [("score", quantity, low)]


def test_of_scores_that_somebody_does_not_see_nothing_is_told(person: Person) -> None:
    walk = scaled(person)
    person.store(scored(person, "about", focus=[ref(walk)], category=[ours("data-category", "prem")]))
    found = [[each[0] for each in told(progress(person, name, walk))] for name in ("person", "nurse")]
    assert found == [["status", "score"], ["status"]]


def test_of_versions_that_somebody_does_not_see_nothing_is_told(person: Person) -> None:
    walk = person.ref("Goal", "walk")
    person.store({**goal(walk, person.patient, "life-goal"), "meta": SENSITIVE})
    assert progress(person, "nurse", walk).status_code == 404


def test_progress_needs_the_scope_of_what_it_tells(person: Person) -> None:
    assert progress(person, "person", scaled(person), scope="user/Goal.rs").status_code == 403


def test_progress_can_be_asked_in_a_batch(person: Person) -> None:
    walk = scaled(person)
    entry = {"request": {"method": "GET", "url": f"{walk}/$progress"}}
    answer = person.client("nurse").post("/", json=bundle("batch", entry)).json()
    assert answer["entry"][0]["resource"]["parameter"][0]["name"] == "status"
