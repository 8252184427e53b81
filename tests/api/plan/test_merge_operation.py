"""Two changes of one version brought together on request; nothing is stored."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person, refused
from resources import Resource, ref


def stored(person: Person) -> Resource:
    found: Resource = person.client("person").get(f"/{person.ref('CarePlan', 'plan')}").json()
    return found


def asked(person: Person, name: str, **sides: Resource) -> httpx.Response:
    given = [{"name": each, "resource": side} for each, side in sides.items()]
    body = {"resourceType": "Parameters", "parameter": given}
    return person.client(name).post(f"/{person.ref('CarePlan', 'plan')}/$merge", json=body)


def merged(answer: httpx.Response) -> tuple[Resource, list[dict[str, Any]]]:
    assert answer.status_code == 200, answer.text
    first, *others = answer.json()["parameter"]
    assert (first["name"], {each["name"] for each in others} - {"conflicts"}) == ("merged", set())
    conflicts = [{part["name"]: part["valueString"] for part in each["part"]} for each in others]
    return first["resource"], conflicts


def test_changes_of_different_elements_are_both_in_what_comes_of_it(known: Person) -> None:
    base = stored(known)
    mine, theirs = {**base, "title": "Thuis wonen"}, {**base, "description": "Samen", "status": "on-hold"}
    plain = {name: value for name, value in base.items() if name != "meta"}
    expected = {**plain, "title": "Thuis wonen", "description": "Samen", "status": "on-hold"}
    assert merged(asked(known, "person", base=base, mine=mine, theirs=theirs)) == (expected, [])


def test_a_contradiction_is_told_with_what_was_and_what_each_made_of_it(known: Person) -> None:
    base = stored(known)
    mine, theirs = {**base, "title": "Thuis"}, {**base, "title": "Naar zee"}
    result, conflicts = merged(asked(known, "person", base=base, mine=mine, theirs=theirs))
    assert (result["title"], conflicts) == (
        "Naar zee",
        [{"path": "CarePlan.title", "base": "Plan", "mine": "Thuis", "theirs": "Naar zee"}],
    )


def test_lists_have_what_either_side_added(known: Person) -> None:
    base = stored(known)
    first, mine, theirs = base["goal"], ref("Goal/mine"), ref("Goal/theirs")
    sides = {
        "base": base,
        "mine": {**base, "goal": [*first, mine]},
        "theirs": {**base, "goal": [*first, theirs]},
    }
    assert merged(asked(known, "person", **sides))[0]["goal"] == [*first, mine, theirs]


def test_numbers_keep_their_digits(known: Person) -> None:
    quantity = '"target":[{"measure":{"text":"Gewicht"},"detailQuantity":{"value":1.10,"unit":"kg"}}]'
    head = f'"resourceType":"Goal","lifecycleStatus":"active","subject":{{"reference":"{known.patient}"}}'
    side = f'{{{head},"description":{{"text":"Eten"}},{quantity}}}'
    given = ",".join(f'{{"name":"{each}","resource":{side}}}' for each in ("base", "mine", "theirs"))
    answer = known.client("person").post(
        f"/{known.ref('Goal', 'life')}/$merge",
        content=f'{{"resourceType":"Parameters","parameter":[{given}]}}',
        headers={"Content-Type": "application/fhir+json"},
    )
    assert quantity in answer.text


def test_nothing_is_stored(known: Person) -> None:
    base = stored(known)
    asked(known, "person", base=base, mine={**base, "title": "Anders"}, theirs=base)
    assert stored(known) == base


def test_whoever_does_not_see_the_plan_is_told_nothing(known: Person) -> None:
    base = stored(known)
    assert refused(asked(known, "neighbour", base=base, mine=base, theirs=base)) == (404, "not-found")


@pytest.mark.parametrize(
    ("elements", "status"),
    [
        ({"id": "another"}, 400),
        ({"resourceType": "Goal"}, 422),
        ({"status": "nonsense"}, 422),
    ],
)
def test_a_side_that_is_no_version_of_the_plan_is_refused(
    known: Person, elements: dict[str, Any], status: int
) -> None:
    base = stored(known)
    assert refused(asked(known, "person", base=base, mine={**base, **elements}, theirs=base))[0] == status


def test_another_type_is_refused_by_name(known: Person) -> None:
    base, goal = stored(known), known.client("person").get(f"/{known.ref('Goal', 'life')}").json()
    answer = asked(known, "person", base=base, mine=goal, theirs=base)
    assert (refused(answer)[0], "`mine` is a `CarePlan`, not a `Goal`" in answer.text) == (400, True)


def test_all_three_sides_are_needed(known: Person) -> None:
    base = stored(known)
    assert refused(asked(known, "person", base=base, mine=base)) == (400, "required")


def test_it_is_asked_and_answered_in_xml_too(known: Person) -> None:
    headers = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+xml"}
    patient = f'<subject><reference value="{known.patient}"/></subject>'

    def side(name: str, title: str, status: str) -> str:
        told = f'<status value="{status}"/><intent value="plan"/><title value="{title}"/>{patient}'
        return (
            f'<parameter><name value="{name}"/><resource><CarePlan>{told}</CarePlan></resource></parameter>'
        )

    sides = [("base", "a", "active"), ("mine", "b", "active"), ("theirs", "a", "on-hold")]
    body = f'<Parameters xmlns="http://hl7.org/fhir">{"".join(side(*each) for each in sides)}</Parameters>'
    url = f"/{known.ref('CarePlan', 'plan')}/$merge"
    answer = known.client("person").post(url, content=body, headers=headers)
    expected = '<status value="on-hold"/><intent value="plan"/><title value="b"/>'
    assert (answer.status_code, expected in answer.text) == (200, True)
