"""An earlier version is put back by reading it and writing it."""

from __future__ import annotations

from persons import Person, refused
from resources import Resource


def version(person: Person, name: str, number: int) -> Resource:
    answer = person.client(name).get(f"/{person.ref('CarePlan', 'plan')}/_history/{number}")
    assert answer.status_code == 200, answer.text
    found: Resource = answer.json()
    return found


def titled(person: Person, title: str) -> None:
    url = f"/{person.ref('CarePlan', 'plan')}"
    answer = person.client("person").put(url, json={**version(person, "person", 1), "title": title})
    assert answer.status_code == 200, answer.text


def test_an_earlier_version_becomes_the_newest(person: Person) -> None:
    titled(person, "Anders")
    first = version(person, "person", 1)
    url, headers = f"/{person.ref('CarePlan', 'plan')}", {"If-Match": 'W/"2"'}
    restored = person.client("person").put(url, json=first, headers=headers).json()
    assert {**restored, "meta": None} == {**first, "meta": None}
    assert restored["meta"]["versionId"] == "3"


def test_nothing_is_different_after_a_version_was_restored(person: Person) -> None:
    titled(person, "Anders")
    url = f"/{person.ref('CarePlan', 'plan')}"
    person.client("person").put(url, json=version(person, "person", 1)).raise_for_status()
    told = person.client("person").get(f"{url}/$diff", params={"from": "1", "to": "3"}).json()
    assert [each["name"] for each in told["parameter"]] == ["from", "to"]


def test_who_may_not_write_the_plan_may_not_restore_it(person: Person) -> None:
    titled(person, "Anders")
    url = f"/{person.ref('CarePlan', 'plan')}"
    answer = person.client("helper").put(url, json=version(person, "helper", 1))
    assert refused(answer) == (403, "forbidden")
