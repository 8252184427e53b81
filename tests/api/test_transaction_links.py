"""What links between the entries of a transaction become. https://hl7.org/fhir/R4/http.html#trules"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person
from resources import Resource, bundle, goal, post, put, ref, task

SYSTEM = "https://gp.example/goal"
CARE = "urn:uuid:0b5f9ab3-5b3e-4d0c-9c7e-6a3f0f0c5d11"
ELSEWHERE = "https://gp.example/fhir"
NARRATIVE = (
    '<div xmlns="http://www.w3.org/1999/xhtml"><p><a href="{0}">{0}</a> <img src="{0}" alt="x"/></p></div>'
)


def sent(client: httpx.Client, *entries: Resource) -> list[Any]:
    """The resources in the answer to a transaction, by place."""
    answer = client.post("/", json=bundle("transaction", *entries))
    assert answer.status_code == 200, answer.text
    return [each.get("resource") for each in answer.json()["entry"]]


def about(person: Person, link: str, **elements: Any) -> Resource:
    return task("Task/x", person.patient, focus=ref(link), **elements)


def marked(person: Person, value: str = "a") -> Resource:
    identifier = [{"system": SYSTEM, "value": f"{value}-{person.mark}"}]
    return goal("Goal/x", person.patient, identifier=identifier)


def asked(person: Person, value: str = "a") -> str:
    return f"Goal?identifier={SYSTEM}|{value}-{person.mark}"


@pytest.mark.parametrize(
    "url", [CARE, "urn:oid:1.2.3.4", f"{ELSEWHERE}/Goal/of-gp", "https://gp.example/any/thing"]
)
def test_a_reference_to_an_entry_becomes_one_to_what_is_stored(person: Person, url: str) -> None:
    made, told = sent(
        person.client("gp"), post(goal("Goal/x", person.patient), url), post(about(person, url))
    )
    assert told["focus"] == {"reference": f"Goal/{made['id']}"}


def test_a_relative_reference_is_of_the_server_of_its_entry(person: Person) -> None:
    """Bundle, "Resolving references": its root is that of the `fullUrl` of the entry that holds it."""
    made, told = sent(
        person.client("gp"),
        post(goal("Goal/x", person.patient), f"{ELSEWHERE}/Goal/7"),
        post(about(person, "Goal/7"), f"{ELSEWHERE}/Task/8"),
    )
    assert told["focus"] == {"reference": f"Goal/{made['id']}"}


def test_a_relative_reference_to_no_entry_is_kept(person: Person) -> None:
    (told,) = sent(person.client("gp"), post(about(person, "Goal/7"), f"{ELSEWHERE}/Task/8"))
    assert told["focus"] == {"reference": "Goal/7"}


def test_a_versioned_reference_to_a_new_entry_names_the_version_it_gets(person: Person) -> None:
    made, told = sent(
        person.client("gp"),
        post(goal("Goal/x", person.patient), f"{ELSEWHERE}/Goal/7"),
        post(about(person, f"{ELSEWHERE}/Goal/7/_history/3")),
    )
    assert told["focus"] == {"reference": f"Goal/{made['id']}/_history/1"}


def test_a_versioned_reference_to_an_updated_entry_names_the_version_it_gets(person: Person) -> None:
    client, weigh = person.client("nurse"), person.ref("Task", "weigh")
    body = client.get(weigh).json()
    _, told = sent(
        client,
        {**put(body), "fullUrl": f"{ELSEWHERE}/Task/7"},
        post(about(person, f"{ELSEWHERE}/Task/7/_history/3")),
    )
    assert told["focus"] == {"reference": f"{weigh}/_history/2"}


def test_a_reference_by_our_own_address_to_an_updated_entry_stays_as_it_was_sent(person: Person) -> None:
    client, weigh = person.client("nurse"), person.ref("Task", "weigh")
    address = f"{person.server.fhir}/{weigh}"
    _, told = sent(
        client, {**put(client.get(weigh).json()), "fullUrl": address}, post(about(person, address))
    )
    assert told["focus"] == {"reference": address}


def test_links_in_narrative_become_what_is_stored(person: Person) -> None:
    text = {"status": "generated", "div": NARRATIVE.format(CARE)}
    made, told = sent(
        person.client("gp"), post(goal("Goal/x", person.patient), CARE), post(about(person, CARE, text=text))
    )
    expected = NARRATIVE.format(f"Goal/{made['id']}").replace(f">Goal/{made['id']}<", f">{CARE}<")
    assert told["text"]["div"] == expected


@pytest.mark.parametrize("name", ["valueUri", "valueUrl", "valueCanonical"])
def test_addresses_in_extensions_become_what_is_stored(person: Person, name: str) -> None:
    extension = [{"url": "https://gp.example/about", name: CARE}]
    made, told = sent(
        person.client("gp"),
        post(goal("Goal/x", person.patient), CARE),
        post(about(person, CARE, extension=extension)),
    )
    assert told["extension"] == [{"url": "https://gp.example/about", name: f"Goal/{made['id']}"}]


def test_what_is_no_link_stays_though_it_looks_like_one(person: Person) -> None:
    _, told = sent(
        person.client("gp"),
        post(goal("Goal/x", person.patient), CARE),
        post(about(person, CARE, identifier=[{"value": CARE}], description=CARE)),
    )
    assert (told["identifier"], told["description"]) == ([{"value": CARE}], CARE)


def test_a_patch_may_refer_to_another_entry(person: Person) -> None:
    client, weigh = person.client("nurse"), person.ref("Task", "weigh")
    parts: list[Resource] = [
        {"name": "type", "valueCode": "add"},
        {"name": "path", "valueString": "Task"},
        {"name": "name", "valueString": "basedOn"},
        {"name": "value", "valueReference": ref(CARE)},
    ]
    patch = {
        "resource": {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]},
        "request": {"method": "PATCH", "url": weigh},
    }
    told, made = sent(
        client, patch, post(goal("Goal/x", person.patient, expressedBy=ref(person.who("nurse"))), CARE)
    )
    assert told["basedOn"] == [ref(f"Goal/{made['id']}")]


# -- faults ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("urn", ["urn:uuid:5d0c6f0a-93a1-4f0e-8a55-2b1f3c4d5e66", "urn:oid:1.2.3"])
def test_a_reference_to_an_entry_that_is_not_there_is_refused(person: Person, urn: str) -> None:
    answer = person.client("gp").post("/", json=bundle("transaction", post(about(person, urn))))
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["expression"], urn in issue["diagnostics"]) == (
        422,
        ["Bundle.entry[0].resource.focus.reference"],
        True,
    )


def test_two_entries_with_the_same_full_url_are_refused_by_name(person: Person) -> None:
    entries = [post(goal("Goal/x", person.patient), CARE), post(about(person, CARE), CARE)]
    answer = person.client("gp").post("/", json=bundle("transaction", *entries))
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, ["Bundle.entry[1].fullUrl"])


# -- conditional references --------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, -1])
def test_a_conditional_reference_finds_what_another_entry_makes(person: Person, order: int) -> None:
    entries = [post(marked(person)), post(about(person, asked(person)))][::order]
    made, told = sent(person.client("gp"), *entries)[::order]
    assert told["focus"] == {"reference": f"Goal/{made['id']}"}


def test_two_entries_may_find_each_other(person: Person) -> None:
    def entry(own: str, other: str) -> Resource:
        identifier = [{"system": SYSTEM, "value": f"{own}-{person.mark}"}]
        link = f"Task?identifier={SYSTEM}|{other}-{person.mark}"
        return post(task("Task/x", person.patient, identifier=identifier, basedOn=[ref(link)]))

    one, two = sent(person.client("gp"), entry("a", "b"), entry("b", "a"))
    assert (one["basedOn"], two["basedOn"]) == ([ref(f"Task/{two['id']}")], [ref(f"Task/{one['id']}")])


def test_a_conditional_reference_meets_what_an_update_will_say(person: Person) -> None:
    client, care = person.client("gp"), f"of-gp-{person.mark}"
    body = marked(person) | {"id": care, "expressedBy": ref(person.who("gp"))}
    assert client.put(f"/Goal/{care}", json=body).status_code == 201
    changed = body | {"identifier": [{"system": SYSTEM, "value": f"b-{person.mark}"}]}
    _, told = sent(client, put(changed), post(about(person, asked(person, "b"))))
    assert told["focus"] == {"reference": f"Goal/{care}"}


def test_a_conditional_reference_does_not_meet_what_an_update_says_no_more(person: Person) -> None:
    client, care = person.client("gp"), f"of-gp-{person.mark}"
    body = marked(person) | {"id": care, "expressedBy": ref(person.who("gp"))}
    assert client.put(f"/Goal/{care}", json=body).status_code == 201
    changed = {name: value for name, value in body.items() if name != "identifier"}
    answer = client.post("/", json=bundle("transaction", put(changed), post(about(person, asked(person)))))
    assert answer.status_code == 412


def test_a_conditional_reference_is_refused_when_two_still_meet_it_after_an_update(person: Person) -> None:
    client, ids = person.client("gp"), [f"{letter}-{person.mark}" for letter in "abc"]
    bodies = [marked(person) | {"id": id, "expressedBy": ref(person.who("gp"))} for id in ids]
    for body in bodies:
        assert client.put(f"/Goal/{body['id']}", json=body).status_code == 201
    changed = {name: value for name, value in bodies[0].items() if name != "identifier"}
    answer = client.post("/", json=bundle("transaction", put(changed), post(about(person, asked(person)))))
    assert answer.status_code == 412


def test_a_conditional_reference_that_two_entries_meet_is_refused(person: Person) -> None:
    entries = [post(marked(person)), post(marked(person)), post(about(person, asked(person)))]
    answer = person.client("gp").post("/", json=bundle("transaction", *entries))
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (
        412,
        ["Bundle.entry[2].resource.focus.reference"],
    )


@pytest.mark.parametrize("query", ["", "nonsense=1", "_sort=status", "identifier"])
def test_a_conditional_reference_that_is_no_condition_is_refused(person: Person, query: str) -> None:
    answer = person.client("gp").post("/", json=bundle("transaction", post(about(person, f"Goal?{query}"))))
    assert (answer.status_code, answer.json()["issue"][0]["expression"][0][:15]) == (400, "Bundle.entry[0]")
