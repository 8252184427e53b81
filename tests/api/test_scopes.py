"""What the scopes of a token reach, in every interaction: docs/scopes.md, and group 42 of the attacks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person, ids, refused
from resources import DZOP, Resource, bundle, goal, ours, post, ref, task

_CATEGORY = f"{DZOP}/CodeSystem/goal-category"
SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
CARE = f"category={_CATEGORY}|care-goal"
LIFE = f"category={_CATEGORY}|life-goal"
PATCH = {"Content-Type": "application/json-patch+json"}
AGAIN = [{"op": "add", "path": "/language", "value": "fr"}]


def bare(person: Person) -> str:
    """The id of the Patient in context."""
    return person.patient.partition("/")[2]


def without_id(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "id"}


def names(answer: httpx.Response) -> list[str]:
    """The ids in a Bundle without the mark of the person."""
    assert answer.status_code == 200, answer.text
    return [each["resource"]["id"].rpartition("-")[0] for each in answer.json().get("entry", ())]


def care_goal(person: Person, **elements: Any) -> Resource:
    return goal(person.ref("Goal", "new"), person.patient, "care-goal", **elements)


# -- letters -----------------------------------------------------------------------------------------


def test_s_without_r_finds_and_shows_but_reads_nothing_by_its_id(known: Person) -> None:
    client = known.client("gp", scope="user/Goal.s")
    found = names(client.get("/Goal", params={"patient": known.patient}))
    assert (sorted(found), client.get(known.ref("Goal", "life")).status_code) == (["care", "life"], 403)


def test_r_without_s_reads_by_the_id_but_finds_nothing(known: Person) -> None:
    client = known.client("gp", scope="user/Goal.r")
    assert [client.get(each).status_code for each in (known.ref("Goal", "life"), "/Goal", "/Goal/_history")] == [
        200, 403, 403,
    ]  # fmt: skip


def test_r_without_s_is_followed_by_no_chain(known: Person) -> None:
    chain = f"/Task?patient={known.patient}&focus:Goal._id=care-{known.mark}"
    assert names(known.client("gp", scope="user/Task.s user/Goal.s").get(chain)) == ["weigh"]
    assert names(known.client("gp", scope="user/Task.s user/Goal.r").get(chain)) == []


def test_s_without_r_brings_nothing_along(known: Person) -> None:
    query = f"/Task?_id=weigh-{known.mark}&_include=Task:focus"
    assert names(known.client("gp", scope="user/Task.s user/Goal.r").get(query)) == ["weigh", "care"]
    assert names(known.client("gp", scope="user/Task.s user/Goal.s").get(query)) == ["weigh"]


@pytest.mark.parametrize(
    "scope", ["user/Goal.read", "user/Goal.rs", "user/Goal.*", "user/*.read user/Goal.c"]
)
def test_both_versions_of_the_syntax_read_and_search(known: Person, scope: str) -> None:
    client = known.client("gp", scope=scope)
    assert [client.get(each).status_code for each in (known.ref("Goal", "life"), "/Goal")] == [200, 200]


def test_a_write_without_r_has_no_body_in_its_answer(person: Person) -> None:
    client = person.client("gp", scope="user/Goal.cu")
    answers = [
        client.post("/Goal", json=without_id(care_goal(person))),
        client.put(person.ref("/Goal", "put"), json=care_goal(person) | {"id": f"put-{person.mark}"}),
    ]
    assert [(each.status_code, each.content) for each in answers] == [(201, b""), (201, b"")]


def test_a_conditional_create_that_finds_something_shows_it_only_with_r(person: Person) -> None:
    asked = {"If-None-Exist": f"_id=life-{person.mark}"}
    client = person.client("gp", scope="user/Goal.cs")
    answer = client.post("/Goal", json=without_id(care_goal(person)), headers=asked)
    assert (answer.status_code, answer.content) == (200, b"")


# -- what is not understood grants nothing -----------------------------------------------------------


@pytest.mark.parametrize(
    "scope",
    [
        "user/Goal.sr",
        "user/goal.rs",
        "User/Goal.rs",
        "USER/GOAL.RS",
        "user/*.rs?category=x",
        f"user/*.rs?{CARE}",
        f"user/Goal.read?{CARE}",
        f"user/Goal.rs?{CARE}&{CARE}",
        f"user/Goal.rs?{CARE}&nonsense=x",
        f"user/Goal.rs?{CARE}&_count=1000",
        f"user/Goal.rs?{CARE}&_include=*",
        "user/Goal.rs?Category=x",
        "user/Goal.rs?categories=x",
        "user/Goal.rs?patient.birthdate=1944-03-17",
        "user/Goal.rs?_has:Task:focus:status=requested",
        "user/Goal.rs?_filter=category%20pr%20true",
        "user/Goal.rs?_list=pinned",
        "user/Goal.rs?category",
        "user/Goal.rs?category=",
        "user/Goal.rs?category=%zz",
        "user/Goal.rs?",
        "openid launch launch/patient fhirUser offline_access",
        "launch/patient patient/Goal.rs",
        "system/*.cruds",
        "patient/../user/Goal.rs",
    ],
)
def test_a_scope_that_is_not_understood_reaches_nothing(known: Person, scope: str) -> None:
    client = known.client("gp", scope=scope)
    answers = [client.get(each) for each in (known.ref("Goal", "life"), "/Goal", known.ref("Goal", "care"))]
    assert [refused(each) for each in answers] == [(403, "forbidden")] * 3


def test_a_scope_that_is_not_understood_leaves_the_others_as_they_are(known: Person) -> None:
    client = known.client(
        "gp", scope=f"user/Goal.sr user/Goal.rs?nonsense=x user/Goal.rs?{CARE} user/Goal.rs?{CARE}"
    )
    assert names(client.get("/Goal", params={"patient": known.patient})) == ["care"]


def test_an_encoded_restriction_is_decoded_once(known: Person) -> None:
    once, twice = CARE.replace(":", "%3A").replace("|", "%7C"), CARE.replace("|", "%257C")
    found = [
        names(known.client("gp", scope=f"user/Goal.s?{each}").get(f"/Goal?patient={known.patient}"))
        for each in (once, twice)
    ]
    assert found == [["care"], []]


def test_scopes_narrow_the_law_and_never_widen_it(known: Person) -> None:
    for who in ("stranger", "cousin"):
        client = known.client(who, scope="user/*.cruds patient/*.cruds system/*.cruds", patient=bare(known))
        assert client.get(known.ref("Goal", "life")).status_code == 404
        assert names(client.get("/Goal", params={"patient": known.patient})) == []


# -- whose scopes count ------------------------------------------------------------------------------


def test_system_scopes_are_for_software_and_user_scopes_are_not(person: Person) -> None:
    employer = person.ref("Organization", "employer-gp")
    asked = [
        person.server.client(employer, scope=scope).get("/Organization").status_code
        for scope in ("system/Organization.rs", "user/Organization.rs", "patient/Organization.rs")
    ]
    assert asked == [200, 403, 403]


def test_patient_scopes_reach_the_patient_in_context_and_nobody_else(known: Person, person: Person) -> None:
    client = person.client("gp", scope="patient/Goal.rs", patient=bare(person))
    other = known.client("gp", scope="patient/Goal.rs", patient=bare(person))
    asked = [client.get(person.ref("Goal", "life")), other.get(known.ref("Goal", "life"))]
    assert [each.status_code for each in asked] == [200, 404]
    assert sorted(names(client.get("/Goal"))) == ["care", "life"]
    assert names(other.get("/Goal", params={"_total": "accurate"})) == []


def test_patient_scopes_without_a_patient_reach_nothing(known: Person) -> None:
    assert known.client("gp", scope="patient/*.cruds").get("/Goal").status_code == 403


def test_a_patient_in_context_that_is_not_known_reaches_nobody(known: Person) -> None:
    client = known.client("gp", scope="patient/*.rs", patient="nobody")
    assert (names(client.get("/Goal")), client.get(known.ref("Goal", "life")).status_code) == ([], 404)


def test_a_patient_without_a_claim_is_their_own(known: Person) -> None:
    client = known.client("person", scope="patient/Goal.rs")
    assert sorted(names(client.get("/Goal"))) == ["care", "life"]


def test_a_related_person_without_a_claim_is_of_whom_they_are_near(known: Person, person: Person) -> None:
    client = known.client("carer", scope="patient/Goal.rs")
    asked = [client.get(each.ref("Goal", "life")).status_code for each in (known, person)]
    assert (asked, sorted(names(client.get("/Goal")))) == ([200, 404], ["care", "life"])


def test_a_patient_in_context_is_none_that_the_law_hides(known: Person) -> None:
    client = known.client("stranger", scope="patient/*.rs", patient=bare(known))
    assert (names(client.get("/Goal")), client.get(known.patient).status_code) == ([], 404)


def test_patient_scopes_reach_the_directory_and_what_is_published_whole(known: Person) -> None:
    client = known.client("gp", scope="patient/*.rs", patient="nobody")
    asked = (known.who("nurse"), "/Organization", "/ValueSet?_count=1", "/CodeSystem/role")
    assert [client.get(each).status_code for each in asked] == [200] * 4


def test_patient_scopes_show_the_log_of_the_patient_alone(known: Person, person: Person) -> None:
    person.client("gp").get(person.ref("Goal", "life"))
    own, other = (
        person.client("person", scope="patient/AuditEvent.rs", patient=bare(each)) for each in (person, known)
    )
    event = own.get("/AuditEvent").json()["entry"][0]["resource"]["id"]
    assert [each.get(f"/AuditEvent/{event}").status_code for each in (own, other)] == [200, 404]
    assert names(other.get("/AuditEvent")) == []


# -- reading within a restriction --------------------------------------------------------------------


@pytest.mark.parametrize("level", ["user", "patient"])
def test_a_restricted_scope_reads_what_its_search_would_find(known: Person, level: str) -> None:
    client = known.client("gp", scope=f"{level}/Goal.rs?{CARE}", patient=bare(known))
    asked = (known.ref("Goal", "care"), known.ref("Goal", "life"), known.ref("Goal", "free"))
    assert [client.get(each).status_code for each in asked] == [200, 404, 404]


def test_beyond_a_restriction_is_told_as_what_is_not_there(known: Person) -> None:
    client = known.client("gp", scope=f"user/Goal.rs?{CARE}")
    told = [
        client.get(f"{known.ref('Goal', name)}{path}").text.replace(name, "x")
        for path in ("", "/_history", "/_history/1", "/$meta")
        for name in ("life", "free")
    ]
    assert told[::2] == told[1::2]


def test_totals_and_pages_know_nothing_beyond_a_restriction(known: Person) -> None:
    client = known.client("gp", scope=f"user/Goal.rs?{CARE}")
    answer = client.get("/Goal", params={"patient": known.patient, "_total": "accurate", "_count": "1"})
    links = [each["relation"] for each in answer.json()["link"]]
    assert (names(answer), answer.json()["total"], links) == (["care"], 1, ["self"])


def test_one_of_several_restrictions_is_enough(known: Person) -> None:
    client = known.client("gp", scope=f"user/Goal.rs?{CARE} user/Goal.s?{LIFE}")
    assert sorted(names(client.get("/Goal", params={"patient": known.patient}))) == ["care", "life"]
    assert client.get(known.ref("Goal", "life")).status_code == 404


def test_all_parameters_of_a_restriction_are_to_be_met(known: Person) -> None:
    client = known.client("gp", scope=f"user/Goal.rs?{CARE}&lifecycle-status=completed")
    assert names(client.get("/Goal", params={"patient": known.patient})) == []


def test_a_restriction_by_label_follows_the_categories(known: Person) -> None:
    client = known.client("gp", scope="user/Goal.rs?_security=life-goal")
    assert names(client.get("/Goal", params={"patient": known.patient})) == ["life"]


@pytest.mark.parametrize(
    ("scope", "query", "found"),
    [
        ("user/Task.s user/Goal.s?{care}", "Task?patient={p}&focus:Goal.category=care-goal", ["weigh"]),
        ("user/Task.s user/Goal.s?{life}", "Task?patient={p}&focus:Goal.category=care-goal", []),
        ("user/Task.s user/Goal.s?{life}", "Task?patient={p}&_filter=focus.category eq care-goal", []),
        ("user/Goal.s user/Task.s?status=requested", "Goal?patient={p}&_has:Task:focus:status=requested", ["care"]),
        ("user/Goal.s user/Task.s?status=completed", "Goal?patient={p}&_has:Task:focus:status=requested", []),
        ("user/Goal.s user/List.s?status=current", "Goal?patient={p}&_list=pinned-{m}", ["life"]),
        ("user/Goal.s user/List.s?status=retired", "Goal?patient={p}&_list=pinned-{m}", []),
        ("user/Goal.s patient/List.s", "Goal?patient={p}&_list=pinned-{m}", []),
    ],
)  # fmt: skip
def test_every_hop_of_a_search_stays_within_the_scopes_of_its_type(
    known: Person, scope: str, query: str, found: list[str]
) -> None:
    client = known.client("gp", scope=scope.format(care=CARE, life=LIFE), patient="nobody")
    assert names(client.get(f"/{query.format(p=known.patient, m=known.mark)}")) == found


@pytest.mark.parametrize(
    ("scope", "query", "found"),
    [
        ("user/Goal.r?{care}", "Task?_id=weigh-{m}&_include=Task:focus", ["weigh", "care"]),
        ("user/Goal.r?{life}", "Task?_id=weigh-{m}&_include=Task:focus", ["weigh"]),
        ("user/Goal.r?{life}", "Task?_id=weigh-{m}&_include=*&_include:iterate=*", ["weigh"]),
        ("patient/Goal.r", "Task?_id=weigh-{m}&_include=Task:focus", ["weigh"]),
        ("user/Goal.s user/Task.r?status=completed", "Goal?_id=care-{m}&_revinclude=Task:focus", ["care"]),
        ("user/Goal.s user/Task.r?status=requested", "Goal?_id=care-{m}&_revinclude=Task:focus", ["care", "weigh"]),
    ],
)  # fmt: skip
def test_what_comes_along_stays_within_the_scopes_of_its_type(
    known: Person, scope: str, query: str, found: list[str]
) -> None:
    granted = f"user/Task.s {scope.format(care=CARE, life=LIFE)}"
    client = known.client("gp", scope=granted, patient="nobody")
    assert names(client.get(f"/{query.format(m=known.mark)}")) == found


def test_everything_of_a_person_is_what_the_scopes_reach(known: Person) -> None:
    client = known.client("gp", scope=f"user/Patient.r user/Goal.r?{CARE} patient/Task.r", patient="nobody")
    assert names(client.get(f"{known.patient}/$everything")) == ["person", "care"]


def test_everything_needs_the_person_within_reach(known: Person) -> None:
    client = known.client("gp", scope="patient/Patient.r user/Goal.r", patient="nobody")
    assert client.get(f"{known.patient}/$everything").status_code == 404


@pytest.mark.parametrize("asked", ["", "?_at=2999-01-01"])
def test_everything_of_a_plan_is_what_the_scopes_reach(known: Person, asked: str) -> None:
    plan = f"{known.ref('CarePlan', 'plan')}/$everything{asked}"
    found = [
        names(known.client("gp", scope=f"user/CarePlan.r user/Goal.r?{each}").get(plan))
        for each in (CARE, LIFE)
    ]
    assert found == [["plan"], ["plan", "life"]]


def test_a_batch_reads_within_a_restriction(known: Person) -> None:
    entries = [{"request": {"method": "GET", "url": known.ref("Goal", each)}} for each in ("care", "life")]
    client = known.client("gp", scope=f"user/Goal.rs?{CARE}")
    for type in ("batch", "transaction"):
        answer = client.post("/", json=bundle(type, *entries[: 2 if type == "batch" else 1]))
        told = [each["response"]["status"].split()[0] for each in answer.json()["entry"]]
        assert told == ["200", "404"][: len(told)]


# -- the past ----------------------------------------------------------------------------------------


@pytest.fixture
def moved(person: Person) -> Person:
    """A goal that was a care goal, became a life goal, and is a care goal again."""
    for category in ("care-goal", "life-goal", "care-goal"):
        person.store(goal(person.ref("Goal", "moved"), person.patient, category))
    return person


def versions(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["response"]["etag"] for each in answer.json().get("entry", ())]


def test_a_version_beyond_the_restriction_is_not_read(moved: Person) -> None:
    client, url = moved.client("gp", scope=f"user/Goal.rs?{CARE}"), f"{moved.ref('Goal', 'moved')}/_history"
    assert [client.get(f"{url}/{each}").status_code for each in "1234"] == [200, 404, 200, 404]


@pytest.mark.parametrize(
    "path", ["{goal}/_history", "Goal/_history?_since={since}", "_history?_since={since}"]
)
def test_a_history_leaves_out_the_versions_beyond_the_restriction(moved: Person, path: str) -> None:
    reference = moved.ref("Goal", "moved")
    since = moved.client("gp").get(f"{reference}/_history/1").json()["meta"]["lastUpdated"]
    client = moved.client("gp", scope=f"user/Goal.rs?{CARE}")
    answer = client.get(f"/{path.format(goal=reference, since=since)}")
    assert (versions(answer), "total" in answer.json()) == (['W/"3"', 'W/"1"'], False)


def test_pages_of_a_restricted_history_are_full(moved: Person) -> None:
    client = moved.client("gp", scope=f"user/Goal.rs?{CARE}")
    first = client.get(f"{moved.ref('Goal', 'moved')}/_history", params={"_count": "1"})
    following = next(each["url"] for each in first.json()["link"] if each["relation"] == "next")
    second = client.get(following)
    links = [each["relation"] for each in second.json()["link"]]
    assert (versions(first), versions(second), "next" in links) == (['W/"3"'], ['W/"1"'], False)


def test_a_history_ends_where_the_resource_has_left_the_restriction(moved: Person) -> None:
    client, url = moved.client("gp", scope=f"user/Goal.rs?{LIFE}"), f"{moved.ref('Goal', 'moved')}/_history"
    assert [client.get(each).status_code for each in (url, f"{url}/2")] == [404, 404]


def test_a_restricted_history_takes_no_instant(moved: Person) -> None:
    client = moved.client("gp", scope=f"user/Goal.rs?{CARE}")
    asked = (
        f"{moved.ref('Goal', 'moved')}/_history?_at=2999",
        "/Goal/_history?_at=2999",
        "/_history?_at=2999",
    )
    assert [refused(client.get(each)) for each in asked] == [(403, "forbidden")] * 3


def test_the_history_of_a_type_is_that_of_the_patient_in_context(moved: Person, known: Person) -> None:
    since = moved.client("gp").get(f"{moved.ref('Goal', 'moved')}/_history/1").json()["meta"]["lastUpdated"]
    for patient, found in ((bare(moved), 3), (bare(known), 0)):
        client = moved.client("gp", scope="patient/Goal.rs", patient=patient)
        answer = client.get("/Goal/_history", params={"_since": since})
        assert (len(versions(answer)), answer.json()["total"]) == (found, found)


def test_a_plan_as_it_was_shows_what_was_within_the_restriction_and_still_is(person: Person) -> None:
    plan = person.ref("CarePlan", "plan")
    at = person.client("gp").get(plan).json()["meta"]["lastUpdated"]
    person.store(goal(person.ref("Goal", "life"), person.patient, "care-goal"))
    found = [
        names(
            person.client("gp", scope=f"user/CarePlan.r user/Goal.r?{each}").get(
                f"{plan}/$everything", params=when
            )
        )
        for each in (CARE, LIFE)
        for when in ({}, {"_at": at})
    ]
    assert found == [["plan", "care", "life"], ["plan"], ["plan"], ["plan"]]


def test_what_was_deleted_meets_no_restriction(person: Person) -> None:
    system = person.server.client("system")
    assert system.delete(person.ref("Task", "weigh")).status_code == 204
    client = person.client("gp", scope="user/Task.rs?status=requested user/Task.rs?status:not=completed")
    paths = ("", "/_history", "/_history/1")
    assert [client.get(f"{person.ref('Task', 'weigh')}{each}").status_code for each in paths] == [404] * 3


# -- writing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("category", "status"), [("care-goal", 201), ("life-goal", 403)])
def test_what_is_created_is_within_the_restriction(person: Person, category: str, status: int) -> None:
    made = without_id(goal("Goal/x", person.patient, category))
    client = person.client("person", scope=f"user/Goal.crs?{CARE}")
    before = person.client("gp").get("/Goal", params={"patient": person.patient, "_summary": "count"}).json()
    answer = client.post("/Goal", json=made)
    after = person.client("gp").get("/Goal", params={"patient": person.patient, "_summary": "count"}).json()
    assert (answer.status_code, after["total"] - before["total"]) == (status, status == 201)


@pytest.mark.parametrize(("category", "status"), [("care-goal", 200), ("life-goal", 403)])
def test_an_update_stays_within_the_restriction(person: Person, category: str, status: int) -> None:
    client = person.client("person", scope=f"user/Goal.rsu?{CARE} user/Goal.u?{CARE}")
    changed = goal(person.ref("Goal", "care"), person.patient, category, language="fr")
    answer = client.put(person.ref("Goal", "care"), json=changed)
    now = person.client("gp").get(person.ref("Goal", "care")).json()
    assert (answer.status_code, now["meta"]["versionId"]) == (status, "2" if status == 200 else "1")


def test_an_update_takes_nothing_in_from_beyond_the_restriction(person: Person) -> None:
    client = person.client("person", scope=f"user/Goal.ru?{CARE}")
    changed = goal(person.ref("Goal", "life"), person.patient, "care-goal")
    answers = [
        client.put(person.ref("Goal", "life"), json=changed),
        client.patch(person.ref("Goal", "life"), json=AGAIN, headers=PATCH),
    ]
    assert [each.status_code for each in answers] == [409, 404]
    assert person.client("gp").get(person.ref("Goal", "life")).json()["meta"]["versionId"] == "1"


def test_a_patch_does_not_take_a_resource_out_of_the_restriction(person: Person) -> None:
    client = person.client("person", scope=f"user/Goal.ru?{CARE}")
    away = [{"op": "replace", "path": "/category/0", "value": ours("goal-category", "life-goal")}]
    answers = [client.patch(person.ref("Goal", "care"), json=each, headers=PATCH) for each in (away, AGAIN)]
    assert [each.status_code for each in answers] == [403, 200]


def test_a_delete_finds_nothing_beyond_the_restriction(person: Person) -> None:
    requested = person.server.client("system", scope="system/Task.d?status=completed")
    assert requested.delete(person.ref("Task", "weigh")).status_code == 204
    assert person.client("gp").get(person.ref("Task", "weigh")).status_code == 200


def test_labels_are_changed_within_the_restriction_only(person: Person) -> None:
    client = person.client("person", scope=f"user/Goal.ru?{CARE}")
    meta = {
        "resourceType": "Parameters",
        "parameter": [{"name": "meta", "valueMeta": {"tag": [{"code": "x"}]}}],
    }
    asked = [
        client.post(f"{person.ref('Goal', each)}/$meta-add", json=meta).status_code
        for each in ("care", "life")
    ]
    assert asked == [200, 404]


def test_patient_scopes_write_about_the_patient_in_context_only(person: Person, known: Person) -> None:
    made = without_id(goal("Goal/x", person.patient))
    answers = [
        person.client("gp", scope="patient/Goal.cr", patient=each).post("/Goal", json=made)
        for each in (bare(person), bare(known), "nobody")
    ]
    assert [each.status_code for each in answers] == [201, 422, 422]


def test_a_person_out_of_reach_is_told_as_one_who_is_not_known(person: Person, known: Person) -> None:
    client = person.client("gp", scope="patient/Goal.cr", patient=bare(known))
    told = [
        client.post("/Goal", json=without_id(goal("Goal/x", each))).text
        for each in (person.patient, "Patient/free")
    ]
    assert told[0] == told[1]


def test_patient_scopes_change_nothing_of_somebody_else(person: Person) -> None:
    client = person.client("gp", scope="patient/Goal.cruds", patient="nobody")
    changed = goal(person.ref("Goal", "care"), person.patient, language="fr")
    answers = [
        client.put(person.ref("Goal", "care"), json=changed),
        client.patch(person.ref("Goal", "care"), json=AGAIN, headers=PATCH),
        client.delete(person.ref("Goal", "care")),
    ]
    assert [each.status_code for each in answers][:2] == [422, 404]
    assert person.client("gp").get(person.ref("Goal", "care")).json()["meta"]["versionId"] == "1"


def test_a_condition_finds_what_the_token_would_find(person: Person) -> None:
    asked = {"If-None-Exist": f"_id=life-{person.mark}"}
    made = without_id(care_goal(person))
    statuses = [
        person.client("gp", scope=f"user/Goal.cr user/Goal.s?{each}").post("/Goal", json=made, headers=asked)
        for each in (LIFE, CARE)
    ]
    assert [each.status_code for each in statuses] == [200, 201]


def test_a_transaction_is_undone_when_one_entry_leaves_the_restriction(person: Person) -> None:
    client = person.client("person", scope=f"user/Goal.crs?{CARE}")
    entries = [post(without_id(goal("Goal/x", person.patient, each))) for each in ("care-goal", "life-goal")]
    answer = client.post("/", json=bundle("transaction", *entries))
    assert refused(answer) == (403, "forbidden")
    assert sorted(ids(person.client("gp").get("/Goal", params={"patient": person.patient}))) == sorted(
        f"{each}-{person.mark}" for each in ("care", "life")
    )


def test_what_a_write_refers_to_is_looked_up_whatever_the_scopes(person: Person) -> None:
    about = {
        "resourceType": "Provenance",
        "target": [ref(person.ref("Goal", "life"))],
        "agent": [{"who": ref(person.who("gp"))}],
    }
    client = person.client("gp", scope="user/Provenance.c")
    assert (
        client.post("/Provenance", json=about | {"recorded": "2026-01-05T14:00:00+01:00"}).status_code == 201
    )


def test_labels_follow_from_all_that_the_writer_may_see_whatever_the_scopes(person: Person) -> None:
    person.store(goal(person.ref("Goal", "secret"), person.patient, meta=SENSITIVE))
    about = without_id(task("Task/x", person.patient, focus=ref(person.ref("Goal", "secret"))))
    labels = [
        person.client("person", scope=scope).post("/Task", json=about).json()["meta"]["security"]
        for scope in ("user/*.cruds", "user/Task.cr")
    ]
    assert labels[0] == labels[1]


# -- operations --------------------------------------------------------------------------------------

WHO_MAY = "user/Patient.r user/CareTeam.r user/Consent.r"


@pytest.mark.parametrize("code", ["who-can-see", "explain-access", "what-if", "access-log"])
def test_an_explanation_needs_the_scopes_of_what_it_tells_of(known: Person, code: str) -> None:
    answer = known.client("person", scope="user/Patient.r").post(f"{known.patient}/${code}", json={})
    assert refused(answer) == (403, "forbidden")


@pytest.mark.parametrize("code", ["who-can-see", "access-log"])
def test_an_explanation_needs_its_patient_within_reach(known: Person, code: str) -> None:
    asked = [
        known.client(
            "person", scope=f"{WHO_MAY} patient/AuditEvent.s".replace("user", "patient"), patient=each
        )
        .get(f"{known.patient}/${code}")
        .status_code
        for each in (bare(known), "nobody")
    ]
    assert asked == [200, 404]


def test_an_explanation_tells_of_no_entry_out_of_reach(known: Person) -> None:
    asked = [
        known.client("person", scope=f"{WHO_MAY} user/Goal.r?{each}").get(
            f"{known.patient}/$who-can-see", params={"resource": known.ref("Goal", "life")}
        ).status_code
        for each in (LIFE, CARE)
    ]  # fmt: skip
    assert asked == [200, 404]


def test_an_explanation_names_nobody_out_of_reach(known: Person) -> None:
    named = [
        "Werkgever"
        in known.client("person", scope=f"{WHO_MAY} {more}").get(f"{known.patient}/$who-can-see").text
        for more in ("user/Organization.r", "")
    ]
    assert named == [True, False]


def test_a_preview_shows_what_the_asker_reaches(known: Person) -> None:
    client = known.client("person", scope=f"user/Patient.r user/Goal.r?{CARE}")
    answer = client.get(f"{known.patient}/$preview-as", params={"actor": known.who("gp"), "type": "Goal"})
    assert names(answer) == ["care"]


@pytest.mark.parametrize("code", ["declare-relation", "break-glass"])
@pytest.mark.parametrize("scope", ["patient/Patient.c", "user/Patient.c?name=Jet"])
def test_what_names_a_person_by_number_needs_every_patient(known: Person, code: str, scope: str) -> None:
    given = [{"name": "ssin", "valueString": known.ssin}]
    given += [
        {"name": "proof", "valueCode": "eid-reading"}
        if code == "declare-relation"
        else {"name": "reason", "valueString": "gevonden op straat"}
    ]
    body = {"resourceType": "Parameters", "parameter": given}
    answer = known.client("gp", scope=scope, patient=bare(known)).post(f"/Patient/${code}", json=body)
    assert refused(answer) == (403, "forbidden")


def test_a_consent_beyond_the_restriction_is_not_revoked(person: Person) -> None:
    client = person.client("person", scope="user/Consent.ru?status=inactive")
    answer = client.post(f"{person.ref('Consent', 'sharing')}/$revoke", json={"resourceType": "Parameters"})
    assert answer.status_code == 404


def test_a_member_beyond_the_restriction_of_teams_agrees_to_nothing(person: Person) -> None:
    client = person.client("gp", scope="user/CareTeam.ru?status=inactive")
    answer = client.post(f"{person.ref('CareTeam', 'team')}/$leave", json={"resourceType": "Parameters"})
    assert answer.status_code == 404


# -- how much one token may ask ----------------------------------------------------------------------


def test_thirty_restricted_scopes_of_a_token_count_and_no_more(known: Person) -> None:
    idle = " ".join(f"user/Goal.rs?category=a{number:02}" for number in range(29))
    for more, found in (("", ["care"]), (" user/Goal.rs?category=a99", [])):
        client = known.client("gp", scope=f"{idle}{more} user/Goal.rs?{CARE}")
        assert names(client.get("/Goal", params={"patient": known.patient})) == found


def test_a_token_with_many_scopes_is_answered(known: Person) -> None:
    many = " ".join(f"patient/Task.rs?code=c{number}" for number in range(60))
    client = known.client("gp", scope=f"{many} user/Goal.rs", patient=bare(known))
    chain = f"/Goal?patient={known.patient}&_has:Task:focus:status=requested&_revinclude=Task:focus"
    assert (names(client.get(chain)), names(client.get("/Task"))) == ([], [])
