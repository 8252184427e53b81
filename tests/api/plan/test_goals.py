"""What may be written of goals: in whose words, for whom, in which order, and who stands behind them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from goals import R4, acceptance, broken, link, remarked
from persons import Person, ids
from resources import (
    DZOP,
    Resource,
    bundle,
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

from dzop.fhir.references import SSIN
from dzop.plan.rule import RULES


def stored(person: Person, name: str, resource: Resource) -> httpx.Response:
    client = person.client(name)
    return client.put(f"/{resource['resourceType']}/{resource['id']}", json=resource)


def asked(person: Person, name: str, reference: str, code: str, **given: Any) -> httpx.Response:
    """An operation on a goal; parameters by name are codes, or references."""
    parameters = [
        {"name": key, "valueReference": value}
        if isinstance(value, dict)
        else {"name": key, "valueCode": value}
        for key, value in given.items()
    ]
    body = {"resourceType": "Parameters", "parameter": parameters}
    return person.client(name).post(f"/{reference}/${code}", json=body)


# -- no form to fill in ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["proposed", "planned", "accepted", "active"])
def test_a_goal_may_be_a_bare_sentence_without_date_code_or_plan(person: Person, status: str) -> None:
    sentence = {
        "resourceType": "Goal",
        "lifecycleStatus": status,
        "description": {"text": "Nog eens naar zee"},
        "subject": ref(person.patient),
    }
    assert person.client("nurse").post("/Goal", json=sentence).status_code == 201


# -- circles -----------------------------------------------------------------------------------------------


def chain(person: Person, *types: str) -> list[Resource]:
    """Goals that each name the next one by a relationship of a type; the last one names none."""
    names = [person.ref("Goal", f"step{number}") for number in range(len(types) + 1)]
    linked = [
        goal(mine, person.patient, extension=[link(next, type)])
        for mine, next, type in zip(names, names[1:], types, strict=False)
    ]
    return [*linked, goal(names[-1], person.patient)]


@pytest.mark.parametrize(
    ("name", "length", "type"),
    [
        ("person", 0, "other"),
        ("person", 1, "other"),
        ("person", 1, "milestone"),
        ("person", 1, "predecessor"),
        ("person", 1, "successor"),
        ("person", 4, "replacement"),
        ("system", 2, "other"),
    ],
)
def test_goals_do_not_stand_in_a_circle(person: Person, name: str, length: int, type: str) -> None:
    *others, last = chain(person, *[type] * length)
    person.store(*others, last)
    first = person.ref("Goal", "step0")
    answer = stored(person, name, {**last, "extension": [link(first, type)]})
    there = person.client("person").get(f"/Goal/{last['id']}").json()
    assert (broken(answer), "extension" in there) == ((422, "goal-cycle", "Goal.extension"), False)


def test_a_circle_is_refused_with_a_text_that_names_nothing(person: Person) -> None:
    mine = person.ref("Goal", "care")
    answer = stored(person, "person", goal(mine, person.patient, extension=[link(mine)]))
    assert answer.json()["issue"][0]["diagnostics"] == RULES["goal-cycle"].definition


@pytest.mark.parametrize("name", ["person", "system"])
def test_a_circle_within_one_transaction_stores_nothing(person: Person, name: str) -> None:
    one, other = (person.ref("Goal", each) for each in ("one", "other"))
    goals = [
        goal(one, person.patient, extension=[link(other)]),
        goal(other, person.patient, extension=[link(one)]),
    ]
    answer = person.client(name).post("/", json=bundle("transaction", *[put(each) for each in goals]))
    there = [person.client("person").get(f"/{each}").status_code for each in (one, other)]
    assert (answer.status_code, there) == (422, [404, 404])


def test_a_circle_of_new_goals_that_name_each_other_by_urn_is_refused(person: Person) -> None:
    urns = ["urn:uuid:6d2a7c4e-5b0f-4c2a-9f7e-0d5f3f1c7a01", "urn:uuid:6d2a7c4e-5b0f-4c2a-9f7e-0d5f3f1c7a02"]
    entries = []
    for mine, other in zip(urns, urns[::-1], strict=True):
        body = goal("Goal/x", person.patient, extension=[link(other)])
        entries.append(post({name: value for name, value in body.items() if name != "id"}, mine))
    answer = person.client("person").post("/", json=bundle("transaction", *entries))
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "goal-cycle"


def test_a_circle_through_a_goal_that_the_writer_does_not_see_is_refused_alike(person: Person) -> None:
    sensitive = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
    mine, hidden = person.ref("Goal", "mine"), person.ref("Goal", "hidden")
    person.store(
        goal(mine, person.patient),
        {**goal(hidden, person.patient, extension=[link(mine)]), "meta": sensitive},
    )
    seen = person.client("nurse").get(f"/{hidden}").status_code
    answer = stored(person, "system", goal(mine, person.patient, extension=[link(hidden)]))
    assert (seen, broken(answer)) == (404, (422, "goal-cycle", "Goal.extension"))


def test_two_goals_may_say_the_same_of_each_other_from_both_ends(person: Person) -> None:
    life, care = person.ref("Goal", "life"), person.ref("Goal", "care")
    there = person.client("person").get(f"/{life}").json()
    assert stored(person, "person", {**there, "extension": [link(care, "milestone")]}).status_code == 200


def test_a_circle_of_goals_entered_in_error_is_none(person: Person) -> None:
    *_, last = goals = chain(person, "other")
    person.store({**goals[0], "lifecycleStatus": "entered-in-error"}, last)
    back = {**last, "extension": [link(person.ref("Goal", "step0"))]}
    assert stored(person, "person", back).status_code == 200


def test_a_goal_entered_in_error_comes_back_only_where_it_closes_no_circle(person: Person) -> None:
    first, last = chain(person, "other")
    person.store({**first, "lifecycleStatus": "entered-in-error"}, last)
    person.store({**last, "extension": [link(person.ref("Goal", "step0"))]})
    assert broken(stored(person, "person", first)) == (422, "goal-cycle", "Goal.extension")


def test_a_goal_that_is_patched_into_a_circle_stays_as_it_was(person: Person) -> None:
    care = person.ref("Goal", "life")
    patch = [{"op": "add", "path": "/extension", "value": [link(person.ref("Goal", "care"))]}]
    headers = {"Content-Type": "application/json-patch+json"}
    answer = person.client("person").patch(f"/{care}", json=patch, headers=headers)
    assert broken(answer) == (422, "goal-cycle", "Goal.extension")


# -- in whose words ----------------------------------------------------------------------------------------


def as_written_by(person: Person, name: str) -> str:
    """A life goal of an author's own words."""
    reference = person.ref("Goal", "wish")
    assert stored(person, name, goal(reference, person.patient, "life-goal")).status_code == 201
    return reference


@pytest.mark.parametrize("element", ["description", "category", "expressedBy"])
def test_the_author_of_a_life_goal_does_not_change_its_words_once_it_is_stored(
    person: Person, element: str
) -> None:
    mine = as_written_by(person, "gp")
    changes = {
        "description": {"text": "Bewegen volgens schema"},
        "category": [ours("goal-category", "care-goal")],
        "expressedBy": ref(person.who("gp")),
    }
    there = person.client("gp").get(f"/{mine}").json()
    answer = stored(person, "gp", {**there, element: changes[element]})
    assert broken(answer) == (422, "life-goal-words", f"Goal.{element}")


def test_the_person_puts_a_life_goal_in_other_words(person: Person) -> None:
    mine = as_written_by(person, "gp")
    there = person.client("person").get(f"/{mine}").json()
    answer = stored(person, "person", {**there, "description": {"text": "Met Louis naar de markt"}})
    assert (answer.status_code, answer.json()["description"]["text"]) == (200, "Met Louis naar de markt")


@pytest.fixture
def represented(person: Person) -> Person:
    """A person whose cousin represents them."""
    document = ref(person.ref("DocumentReference", "report"))
    allowed = provision("permit", (person.who("cousin"),))
    mandate = person.ref("Consent", "mandate")
    person.store(consent(mandate, "mandate", person.patient, allowed, sourceReference=document))
    return person


def test_a_representative_puts_a_life_goal_in_other_words(represented: Person) -> None:
    mine = as_written_by(represented, "gp")
    there = represented.client("cousin").get(f"/{mine}").json()
    answer = stored(represented, "cousin", {**there, "description": {"text": "Naar de zee kijken"}})
    assert answer.status_code == 200, answer.text


def test_a_representative_agrees_for_the_person_and_that_is_told(represented: Person) -> None:
    life = represented.ref("Goal", "life")
    asked(represented, "cousin", life, "accept", status="agree", individual=ref(represented.patient))
    told = represented.client("person").get("/Provenance", params={"agent": represented.who("cousin")}).json()
    spoken = [each["resource"]["agent"][0]["onBehalfOf"] for each in told["entry"]]
    assert (said_of(represented, life), spoken) == (
        [(represented.patient, "agree")],
        [ref(represented.patient)],
    )


def test_the_author_says_how_a_life_goal_goes(person: Person) -> None:
    mine = as_written_by(person, "gp")
    there = person.client("gp").get(f"/{mine}").json()
    answer = stored(person, "gp", {**there, "lifecycleStatus": "on-hold", "note": [{"text": "Even geduld"}]})
    assert answer.status_code == 200


def test_who_may_not_update_a_life_goal_is_refused_by_the_law(person: Person) -> None:
    mine = person.ref("Goal", "life")
    there = person.client("carer").get(f"/{mine}").json()
    assert stored(person, "carer", {**there, "description": {"text": "Iets anders"}}).status_code == 403


def test_the_words_of_a_care_goal_are_changed_by_its_author(person: Person) -> None:
    mine = person.ref("Goal", "walk")
    stored(person, "gp", goal(mine, person.patient))
    answer = stored(person, "gp", goal(mine, person.patient, description={"text": "300 meter stappen"}))
    assert answer.status_code == 200


def test_the_operator_enters_a_life_goal_as_it_was_told(person: Person) -> None:
    mine = person.ref("Goal", "life")
    told = goal(mine, person.patient, "life-goal", description={"text": "Thuis blijven wonen"})
    assert stored(person, "system", told).status_code == 200


# -- what serves what --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "said"), [("life-goal", ["life-goal-below"]), ("support-goal", [])], ids=["life", "support"]
)
def test_a_life_goal_that_serves_a_care_goal_is_stored_with_a_remark(
    person: Person, category: str, said: list[str]
) -> None:
    body = goal("Goal/x", person.patient, category, extension=[link(person.ref("Goal", "care"))])
    headers = {"Prefer": "return=OperationOutcome"}
    assert remarked(person.client("person").post("/Goal", json=body, headers=headers)) == said


def test_a_link_to_what_is_no_goal_is_stored_with_a_remark(person: Person) -> None:
    body = goal("Goal/x", person.patient, extension=[link(person.ref("Task", "pills"))])
    headers = {"Prefer": "return=OperationOutcome"}
    assert remarked(person.client("nurse").post("/Goal", json=body, headers=headers)) == ["goal-link"]


def test_of_a_care_goal_that_the_writer_does_not_see_nothing_is_remarked(person: Person) -> None:
    sensitive = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
    hidden = person.ref("Goal", "hidden")
    person.store({**goal(hidden, person.patient), "meta": sensitive})
    body = goal("Goal/x", person.patient, "life-goal", extension=[link(hidden)])
    headers = {"Prefer": "return=OperationOutcome"}
    assert remarked(person.client("nurse").post("/Goal", json=body, headers=headers)) == []


def test_the_goals_that_serve_a_goal_are_found_from_above_and_from_below(known: Person) -> None:
    client, life = known.client("carer"), known.ref("Goal", "life")
    below = ids(client.get("/Goal", params={"related-goal": life}))
    above = client.get("/Goal", params={"_id": known.ref("x", "care")[2:], "_include": "Goal:related-goal"})
    found = [each["resource"]["id"] for each in above.json()["entry"]]
    assert (below, found) == ([f"care-{known.mark}"], [f"care-{known.mark}", f"life-{known.mark}"])


# -- for whom ----------------------------------------------------------------------------------------------


def for_somebody(person: Person, who: Resource) -> Resource:
    extension = {"url": f"{DZOP}/StructureDefinition/goal-for", "valueReference": who}
    body = goal("Goal/x", person.patient, "support-goal", extension=[extension])
    return {name: value for name, value in body.items() if name != "id"}


def test_a_goal_may_be_for_an_informal_carer(person: Person) -> None:
    body = for_somebody(person, ref(person.who("carer")))
    assert person.client("nurse").post("/Goal", json=body).status_code == 201


@pytest.mark.parametrize("who", ["nurse", "person", "nobody"])
def test_a_goal_is_for_nobody_who_is_not_near_the_person(known: Person, who: str) -> None:
    named = known.ref("RelatedPerson", "nobody") if who == "nobody" else known.who(who)
    answer = known.client("gp").post("/Goal", json=for_somebody(known, ref(named)))
    assert broken(answer) == (422, "goal-for", "Goal.extension")


def test_a_goal_is_not_for_somebody_near_another_person(known: Person, person: Person) -> None:
    answer = known.client("gp").post("/Goal", json=for_somebody(known, ref(person.who("carer"))))
    assert broken(answer) == (422, "goal-for", "Goal.extension")


@pytest.mark.parametrize(
    "who",
    [
        {"type": "RelatedPerson", "identifier": {"system": SSIN, "value": "85073003328"}},
        {"reference": "https://elsewhere.example/fhir/RelatedPerson/an"},
    ],
    ids=["by number", "by address"],
)
def test_somebody_known_elsewhere_is_kept_as_it_is(person: Person, who: Resource) -> None:
    assert person.client("gp").post("/Goal", json=for_somebody(person, who)).status_code == 201


def test_the_goals_for_a_carer_are_found(person: Person) -> None:
    carer = person.who("carer")
    made = person.client("nurse").post("/Goal", json=for_somebody(person, ref(carer))).json()["id"]
    assert ids(person.client("nurse").get("/Goal", params={"goal-for": carer})) == [made]


@pytest.mark.parametrize("value", [{"valueString": "An"}, {}], ids=["text", "nothing"])
def test_an_extension_of_ours_with_another_value_is_refused(known: Person, value: Resource) -> None:
    extension = {"url": f"{DZOP}/StructureDefinition/goal-for", **value}
    extension |= {} if value else {"extension": [{"url": "who", "valueString": "An"}]}
    answer = known.client("gp").post("/Goal", json=goal("Goal/x", known.patient, extension=[extension]))
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (422, ["Goal.extension[0]"])


def test_validate_tells_of_an_extension_of_ours_with_another_value(known: Person) -> None:
    extension = {"url": f"{DZOP}/StructureDefinition/source-instrument", "valueString": "COPM"}
    body = goal("Goal/x", known.patient, extension=[extension])
    issue = known.client("gp").post("/Goal/$validate", json=body).json()["issue"][0]
    assert (issue["severity"], issue["expression"]) == ("error", ["Goal.extension[0]"])


def test_a_goal_for_a_carer_comes_in_one_transaction_with_the_carer(person: Person) -> None:
    urn = "urn:uuid:6d2a7c4e-5b0f-4c2a-9f7e-0d5f3f1c7a03"
    friend = {"resourceType": "RelatedPerson", "patient": ref(person.patient), "name": [{"text": "Rosa"}]}
    entries = [post(for_somebody(person, ref(urn))), post(friend, urn)]
    answer = person.client("person").post("/", json=bundle("transaction", *entries))
    assert answer.status_code == 200, answer.text


# -- what kind of goal it is, and who takes a mistake back ------------------------------------------------


def test_a_kind_of_goal_that_does_not_exist_is_refused(known: Person) -> None:
    answer = known.client("nurse").post("/Goal", json=goal("Goal/x", known.patient, "nonsense"))
    assert broken(answer) == (422, "goal-kind", "Goal.category")


@pytest.mark.parametrize(
    ("name", "type", "code"),
    [("nurse", "Goal", 200), ("person", "Goal", 403), ("nurse", "Task", 200), ("carer", "Task", 403)],
)
def test_a_mistake_is_taken_back_by_its_author(person: Person, name: str, type: str, code: int) -> None:
    body = goal("Goal/x", person.patient) if type == "Goal" else task("Task/x", person.patient)
    made = person.client("nurse").post(f"/{type}", json=body).json()
    state = "lifecycleStatus" if type == "Goal" else "status"
    assert stored(person, name, {**made, state: "entered-in-error"}).status_code == code


@pytest.mark.parametrize(("author", "code"), [("person", 200), ("nurse", 403)])
def test_who_represents_the_person_takes_back_what_the_person_said(
    represented: Person, author: str, code: int
) -> None:
    made = represented.client(author).post("/Goal", json=goal("Goal/x", represented.patient)).json()
    answer = stored(represented, "cousin", {**made, "lifecycleStatus": "entered-in-error"})
    assert answer.status_code == code


def test_whom_a_life_goal_is_for_is_said_by_the_person(person: Person) -> None:
    coordinating = participant(person.who("nurse"), "care-coordinator")
    person.store(person.team(*person.team()["participant"], coordinating))
    there = person.client("person").get(f"/{person.ref('Goal', 'life')}").json()
    extension = {"url": f"{DZOP}/StructureDefinition/goal-for", "valueReference": ref(person.who("carer"))}
    answer = stored(person, "nurse", {**there, "extension": [extension]})
    assert broken(answer) == (422, "life-goal-words", "Goal.extension")


# -- who stands behind it ----------------------------------------------------------------------------------


def said_of(person: Person, reference: str) -> list[tuple[str, str]]:
    """Who says what of a goal."""
    there = person.client("person").get(f"/{reference}").json()
    found = []
    for each in there.get("extension", ()):
        if each["url"] == f"{R4}/goal-acceptance":
            parts = {part["url"]: part for part in each["extension"]}
            found.append((parts["individual"]["valueReference"]["reference"], parts["status"]["valueCode"]))
    return found


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("person", "agree"),
        ("gp", "pending"),
        ("nurse", "disagree"),
        ("helper", "agree"),
        ("carer", "disagree"),
    ],
)
def test_everybody_in_the_team_says_whether_they_stand_behind_a_goal(
    person: Person, name: str, status: str
) -> None:
    life = person.ref("Goal", "life")
    answer = asked(person, name, life, "accept", status=status)
    assert (answer.status_code, said_of(person, life)) == (200, [(person.who(name), status)])


def test_who_only_reads_a_goal_is_told_that_agreeing_is_not_for_them(person: Person) -> None:
    life = person.ref("Goal", "life")
    person.store(
        task(person.ref("Task", "help"), person.patient, owner=ref(person.who("neighbour")), focus=ref(life))
    )
    answer = asked(person, "neighbour", life, "accept", status="agree")
    text = answer.json()["issue"][0]["diagnostics"]
    assert (answer.status_code, "tell somebody of the team what you think of it" in text) == (403, True)


def test_whoever_thinks_otherwise_later_is_heard_once(person: Person) -> None:
    life = person.ref("Goal", "life")
    for name, status in (("carer", "agree"), ("nurse", "pending"), ("carer", "disagree")):
        assert asked(person, name, life, "accept", status=status).status_code == 200
    assert said_of(person, life) == [(person.who("nurse"), "pending"), (person.who("carer"), "disagree")]


def test_how_much_it_matters_is_kept_with_it(person: Person) -> None:
    life = person.ref("Goal", "life")
    answer = asked(person, "carer", life, "accept", status="agree", priority="low-priority")
    parts = {each["url"]: each for each in answer.json()["extension"][0]["extension"]}
    assert parts["priority"]["valueCodeableConcept"]["coding"][0]["code"] == "low-priority"


def test_an_agreement_leaves_every_other_byte_of_the_goal_as_it_was(person: Person) -> None:
    care = person.ref("Goal", "care")
    before = person.client("person").get(f"/{care}").json()
    after = asked(person, "carer", care, "accept", status="agree").json()
    mine = acceptance(person.who("carer"), "agree")
    without = [{name: value for name, value in each.items() if name != "meta"} for each in (before, after)]
    assert without[1] == {**without[0], "extension": [*without[0]["extension"], mine]}


def test_a_plain_update_that_says_nothing_else_is_an_agreement_too(person: Person) -> None:
    life = person.ref("Goal", "life")
    there = person.client("carer").get(f"/{life}").json()
    answer = stored(person, "carer", {**there, "extension": [acceptance(person.who("carer"), "disagree")]})
    assert (answer.status_code, said_of(person, life)) == (200, [(person.who("carer"), "disagree")])


@pytest.mark.parametrize(
    "more",
    [
        {"note": [{"text": "En nog iets"}]},
        {"description": {"text": "Iets anders"}},
        {"meta": {"tag": [{"system": "https://gp.example/tag", "code": "x"}]}},
        {"meta": {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}},
    ],
    ids=["note", "words", "tag", "label"],
)
def test_an_update_that_says_more_needs_the_right_to_update(person: Person, more: Resource) -> None:
    life = person.ref("Goal", "life")
    there = person.client("carer").get(f"/{life}").json()
    mine = {**there, "extension": [acceptance(person.who("carer"), "agree")], **more}
    assert stored(person, "carer", mine).status_code == 403


@pytest.mark.parametrize("name", ["carer", "nurse", "person"])
def test_nobody_agrees_in_the_name_of_another(person: Person, name: str) -> None:
    life = person.ref("Goal", "life")
    answer = asked(person, name, life, "accept", status="agree", individual=ref(person.who("gp")))
    assert (answer.status_code, said_of(person, life)) == (403, [])


def test_software_that_passes_on_an_agreement_gains_nothing_by_it(person: Person) -> None:
    office, colleague = person.ref("Organization", "office"), person.ref("Practitioner", "colleague")
    person.store(
        entity(office, active=True, name="Thuiszorg"),
        *practitioner(colleague, "health-professional", office),
        person.team(participant(office, "health-professional")),
    )
    care = person.ref("Goal", "care")
    parameters = [
        {"name": "status", "valueCode": "agree"},
        {"name": "individual", "valueReference": ref(colleague)},
    ]
    software = person.server.client(office)
    agreed = software.post(
        f"/{care}/$accept", json={"resourceType": "Parameters", "parameter": parameters}
    ).json()
    changed = software.put(f"/{care}", json={**agreed, "description": {"text": "Iets anders"}})
    assert (said_of(person, care), changed.status_code) == ([(colleague, "agree")], 403)


def test_software_and_the_operator_say_whose_agreement_it_is(known: Person) -> None:
    life = known.ref("Goal", "life")
    assert asked(known, "system", life, "accept", status="agree").status_code == 422


def test_the_operator_enters_an_agreement_that_was_given_on_paper(person: Person) -> None:
    life = person.ref("Goal", "life")
    asked(person, "system", life, "accept", status="agree", individual=ref(person.patient))
    assert said_of(person, life) == [(person.patient, "agree")]


# -- what was agreed to other words ------------------------------------------------------------------------


def agreed(person: Person, *statuses: str, **elements: Any) -> Resource:
    """A care goal that the nurse wrote, and of which person and carer, in this order, say this."""
    said = [
        acceptance(person.who(who), each) for who, each in zip(("person", "carer"), statuses, strict=False)
    ]
    written = goal(person.ref("Goal", "said"), person.patient, **elements)
    assert stored(person, "nurse", written).status_code == 201
    if said:
        person.store({**written, "extension": said})
    return written


def changed(person: Person, name: str, goal: Resource, *statuses: str, **elements: Any) -> httpx.Response:
    """An update that changes the words, or these elements, and says that both say this."""
    said = [
        acceptance(person.who(who), each) for who, each in zip(("person", "carer"), statuses, strict=False)
    ]
    body = {**goal, "description": {"text": "Iets anders"}, "extension": said, **elements}
    body = {name: value for name, value in body.items() if value != []}
    headers = {"Prefer": "return=OperationOutcome"}
    return person.client(name).put(f"/Goal/{goal['id']}", json=body, headers=headers)


def test_who_changes_the_words_may_ask_anew_who_agreed(person: Person) -> None:
    there = agreed(person, "agree", "disagree")
    answer = changed(person, "nurse", there, "pending", "disagree")
    said = [(person.patient, "pending"), (person.who("carer"), "disagree")]
    assert (answer.status_code, said_of(person, f"Goal/{there['id']}")) == (200, said)


def test_asking_anew_is_not_saying_it_for_somebody(person: Person) -> None:
    there = agreed(person, "agree")
    changed(person, "nurse", there, "pending")
    found = person.client("person").get("/Provenance", params={"target": f"Goal/{there['id']}"}).json()
    assert found.get("entry", []) == []


@pytest.mark.parametrize(
    ("before", "now", "more"),
    [
        (("disagree",), ("pending",), {}),
        (("pending",), ("agree",), {}),
        (("agree",), (), {}),
        (("agree",), ("disagree",), {}),
        (("agree",), ("pending",), {"description": {"text": "Veilig stappen"}}),
    ],
    ids=["dissent", "an answer", "left out", "turned round", "the same words"],
)
def test_nothing_else_that_others_said_is_changed_with_the_words(
    person: Person, before: tuple[str, ...], now: tuple[str, ...], more: Resource
) -> None:
    there = agreed(person, *before, description={"text": "Veilig stappen"})
    assert changed(person, "nurse", there, *now, **more).status_code == 403


def test_how_much_it_matters_to_others_stays_when_they_are_asked_anew(person: Person) -> None:
    there = agreed(person, "agree")
    asked_anew = acceptance(person.patient, "pending")
    low = {"url": "priority", "valueCodeableConcept": {"text": "niet zo"}}
    asked_anew["extension"].append(low)
    assert changed(person, "nurse", there, extension=[asked_anew]).status_code == 403


@pytest.mark.parametrize(
    ("status", "more", "expected"),
    [
        ("agree", {}, [("goal-reworded", "Goal.extension[0]")]),
        ("pending", {}, []),
        ("agree", {"description": {"text": "Veilig stappen"}}, []),
    ],
    ids=["stands", "asked anew", "the same words"],
)
def test_an_agreement_to_other_words_is_remarked_on(
    person: Person, status: str, more: Resource, expected: list[tuple[str, str]]
) -> None:
    there = agreed(person, "agree", description={"text": "Veilig stappen"})
    assert remarks(changed(person, "nurse", there, status, **more)) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("nurse", [("goal-reworded", "Goal.expressedBy")]), ("person", [])]
)
def test_whose_words_it_is_said_to_be_in_is_remarked_on(
    person: Person, name: str, expected: list[tuple[str, str]]
) -> None:
    there = agreed(person, expressedBy=ref(person.patient))
    assert remarks(changed(person, name, there)) == expected


def remarks(answer: httpx.Response) -> list[tuple[str, str]]:
    """(code of the rule, place) of each remark on a write that was done."""
    assert answer.status_code == 200, answer.text
    coded = [(each["details"].get("coding"), each.get("expression")) for each in answer.json()["issue"]]
    return [(coding[0]["code"], place[0]) for coding, place in coded if coding]


@pytest.mark.parametrize(("name", "value"), [("status", "perhaps"), ("priority", "urgent")])
def test_an_agreement_in_unknown_words_is_told_which_there_are(known: Person, name: str, value: str) -> None:
    given = {"status": "agree", name: value}
    answer = asked(known, "person", known.ref("Goal", "life"), "accept", **given)
    assert (answer.status_code, f"`{value}`" in answer.json()["issue"][0]["diagnostics"]) == (400, True)


@pytest.mark.parametrize(
    "statuses", [("agree", "disagree"), ("perhaps",), ()], ids=["two answers", "another word", "none"]
)
def test_an_agreement_says_one_thing_of_one_individual(known: Person, statuses: tuple[str, ...]) -> None:
    body = goal("Goal/x", known.patient, extension=[acceptance(known.who("nurse"), *statuses)])
    answer = known.client("nurse").post("/Goal", json=body)
    assert broken(answer) == (422, "goal-acceptance", "Goal.extension[0]")


def test_an_agreement_of_nobody_is_none(known: Person) -> None:
    body = goal("Goal/x", known.patient, extension=[acceptance(None, "agree")])
    answer = known.client("nurse").post("/Goal", json=body)
    assert broken(answer) == (422, "goal-acceptance", "Goal.extension[0]")


def test_dissent_is_found(person: Person) -> None:
    life, care = person.ref("Goal", "life"), person.ref("Goal", "care")
    asked(person, "carer", life, "accept", status="disagree")
    asked(person, "nurse", care, "accept", status="agree")
    client = person.client("person")
    by_anybody = ids(client.get("/Goal", params={"acceptance-status": "disagree"}))
    by = [
        ids(client.get("/Goal", params={"acceptance": f"{person.who(name)}$disagree"}))
        for name in ("carer", "nurse")
    ]
    assert (by_anybody, by) == ([f"life-{person.mark}"], [[f"life-{person.mark}"], []])
