"""`$lookup` tells what a code means, in the language of who asks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from aids import AIDS, OLD_AIDS, ROLE
from telling import asked, posted, refused, told

LOOKUP = "CodeSystem/$lookup"
CHAIR = {"system": AIDS, "code": "wheelchair"}


def properties(found: dict[str, Any], code: str) -> list[Any]:
    return [each["value"] for each in found["property"] if each["code"] == code]


def test_a_code_is_told_with_its_code_system_and_version(client: httpx.Client) -> None:
    found = told(asked(client, LOOKUP, **CHAIR))
    assert (found["name"], found["version"], found["display"]) == ("Aids", "1.10", "wheelchair")


def test_a_coding_in_a_body_asks_the_same(client: httpx.Client) -> None:
    assert told(posted(client, LOOKUP, coding=("Coding", CHAIR))) == told(asked(client, LOOKUP, **CHAIR))


@pytest.mark.parametrize(
    ("language", "display"),
    [
        ("nl", "rolstoel"),
        ("nl-NL", "rolstoel"),
        ("fr-BE", "fauteuil roulant"),
        ("de", "wheelchair"),
        ("de, fr;q=0.5", "fauteuil roulant"),
        ("fr;q=0.1, nl", "rolstoel"),
        ("???", "wheelchair"),
    ],
)
def test_it_is_shown_in_the_language_asked(client: httpx.Client, language: str, display: str) -> None:
    asked_by_parameter = told(asked(client, LOOKUP, **CHAIR, displayLanguage=language))["display"]
    assert asked_by_parameter == display


def test_accept_language_counts_where_no_parameter_says_otherwise(client: httpx.Client) -> None:
    url = f"/{LOOKUP}?system={AIDS}&code=wheelchair"
    header = {"Accept-Language": "fr"}
    answers = [client.get(each, headers=header) for each in (url, f"{url}&displayLanguage=nl")]
    assert [told(each)["display"] for each in answers] == ["fauteuil roulant", "rolstoel"]


def test_all_names_are_told_with_language_and_use(client: httpx.Client) -> None:
    assert told(asked(client, LOOKUP, **CHAIR))["designation"] == [
        {"language": "en", "value": "wheelchair"},
        {"language": "nl", "value": "rolstoel"},
        {"language": "fr", "value": "fauteuil roulant"},
        {
            "language": "nl-BE",
            "use": {"system": "https://terms.example/use", "code": "short", "display": "short name"},
            "value": "rolst.",
        },
    ]


def test_without_asking_all_is_told_but_what_is_below(client: httpx.Client) -> None:
    found = told(asked(client, LOOKUP, **CHAIR))["property"]
    assert {each["code"]: each["value"] for each in found} == {
        "inactive": False,
        "parent": "aid",
        "reimbursed": True,
        "wheels": 4,
    }


def test_a_neighbour_is_described_in_the_language_asked(client: httpx.Client) -> None:
    found = told(asked(client, LOOKUP, **CHAIR, property=["parent", "child"], displayLanguage="nl"))
    assert found["property"] == [
        {"code": "parent", "value": "aid", "description": "hulpmiddel"},
        {"code": "child", "value": "electric-wheelchair", "description": "elektrische rolstoel"},
    ]


def test_only_what_is_asked_for_is_told(client: httpx.Client) -> None:
    found = told(asked(client, LOOKUP, **CHAIR, property="wheels"))
    assert (found["property"], "designation" in found) == ([{"code": "wheels", "value": 4}], False)


def test_names_in_one_language_can_be_asked_for(client: httpx.Client) -> None:
    found = told(asked(client, LOOKUP, **CHAIR, property="lang.fr"))
    assert found["designation"] == [{"language": "fr", "value": "fauteuil roulant"}]


def test_everything_can_be_asked_for(client: httpx.Client) -> None:
    found = told(asked(client, LOOKUP, system=AIDS, code="walking-aid", property="*"))
    assert (properties(found, "definition"), properties(found, "child"), properties(found, "url")) == (
        ["What helps to walk."],
        ["cane", "rollator"],
        [AIDS],
    )


def test_what_groups_others_and_what_is_inactive_says_so(client: httpx.Client) -> None:
    group = told(asked(client, LOOKUP, system=AIDS, code="aid"))
    old = told(asked(client, LOOKUP, system=AIDS, code="ear-trumpet"))
    assert (properties(group, "notSelectable"), properties(old, "inactive")) == ([True], [True])


def test_a_version_is_told_as_it_was(client: httpx.Client) -> None:
    hoist = {"system": AIDS, "code": "hoist"}
    assert told(asked(client, LOOKUP, **hoist, version="1.10"))["display"] == "hoist"
    assert refused(asked(client, LOOKUP, **hoist, version="1.9"))[:2] == (404, "not-found")


def test_the_version_may_stand_behind_the_system(client: httpx.Client) -> None:
    found = told(asked(client, LOOKUP, system=f"{AIDS}|1.9", code="cane"))
    assert found["version"] == "1.9"


def test_a_code_in_another_case_is_told_where_case_does_not_matter(client: httpx.Client) -> None:
    assert told(asked(client, LOOKUP, system=OLD_AIDS, code="roll"))["display"] == "Rollator"


@pytest.mark.parametrize(
    ("language", "display"),
    [("nl", "huisarts"), ("fr", "médecin généraliste"), ("en", "general practitioner")],
)
def test_roles_have_a_display_in_each_language(client: httpx.Client, language: str, display: str) -> None:
    found = told(asked(client, LOOKUP, system=ROLE, code="general-practitioner", displayLanguage=language))
    assert found["display"] == display


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"system": AIDS, "code": "x"}, (404, "not-found", "code")),
        ({"system": "https://x.example", "code": "x"}, (404, "not-found", "system")),
        ({"system": AIDS, "code": "cane", "version": "3"}, (404, "not-found", "system")),
        ({"code": "cane"}, (400, "invalid", "system")),
        ({"system": AIDS}, (400, "invalid", "code")),
        ({"system": AIDS, "code": ""}, (400, "invalid", "code")),
        ({"system": AIDS, "code": "cane", "date": "2020-01-01"}, (400, "not-supported", "date")),
        ({"system": AIDS, "code": "cane", "useSupplement": "x"}, (400, "not-supported", "useSupplement")),
        ({"system": AIDS, "code": "cane", "colour": "red"}, (400, "invalid", "colour")),
    ],
)
def test_what_cannot_be_told_is_refused(
    client: httpx.Client, given: dict[str, str], refusal: tuple[int, str, str]
) -> None:
    assert refused(asked(client, LOOKUP, **given)) == refusal


def test_several_codings_as_one_are_refused(client: httpx.Client) -> None:
    answer = posted(client, LOOKUP, coding=("CodeableConcept", {"coding": [CHAIR, CHAIR]}))
    assert refused(answer) == (400, "invalid", "coding")


def test_a_code_and_a_coding_together_are_refused(client: httpx.Client) -> None:
    answer = posted(client, LOOKUP, code=("Code", "cane"), system=("Uri", AIDS), coding=("Coding", CHAIR))
    assert refused(answer) == (400, "invalid", "coding")
