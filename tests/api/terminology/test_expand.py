"""`$expand` lists the codes of a value set."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from aids import AIDS, OLD_AIDS, ROLE, UNHELD, filtered, imported, listed, value_set, value_set_url
from telling import asked, codes, expanded, place, posted, refused

EXPAND = "ValueSet/$expand"
ALL = value_set_url("all-aids")
ORDER = [
    "aid",
    "walking-aid",
    "cane",
    "rollator",
    "wheelchair",
    "electric-wheelchair",
    "ear-trumpet",
    "hoist",
]


def expand(client: httpx.Client, name: str, **given: Any) -> httpx.Response:
    return asked(client, EXPAND, url=value_set_url(name), **given)


def said(answer: httpx.Response) -> list[tuple[str, Any]]:
    """The parameters of an expansion."""
    return [
        next((each["name"], value) for name, value in each.items() if name != "name")
        for each in expanded(answer)["parameter"]
    ]


def sent(client: httpx.Client, *include: dict[str, Any], **given: Any) -> httpx.Response:
    return posted(client, EXPAND, valueSet=value_set("sent", *include), **given)


# -- what is in it


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("all-aids", ORDER),
        ("walking", ["walking-aid", "cane", "rollator"]),
        ("reimbursed", ["rollator", "wheelchair"]),
        ("named", ["rollator", "cane"]),
        ("both", ["rollator"]),
        ("old-version", ORDER[:-1]),
        ("unheld", ["x"]),
    ],
)
def test_a_value_set_has_the_codes_that_its_definition_means(
    client: httpx.Client, name: str, found: list[str]
) -> None:
    assert codes(expand(client, name)) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("nested", {"walking-aid", "cane", "rollator", "wheelchair"}),
        ("without-canes", {"walking-aid", "rollator", "wheelchair"}),
    ],
)
def test_imports_are_put_in_and_exclusions_left_out(client: httpx.Client, name: str, found: set[str]) -> None:
    assert set(codes(expand(client, name))) == found


def test_a_concept_is_shown_with_system_code_and_display(client: httpx.Client) -> None:
    assert expanded(expand(client, "walking"))["contains"][1] == {
        "system": AIDS,
        "code": "cane",
        "display": "cane",
    }


def test_what_groups_others_and_what_is_inactive_is_marked(client: httpx.Client) -> None:
    contains = {each["code"]: each for each in expanded(expand(client, "all-aids"))["contains"]}
    assert (contains["aid"]["abstract"], contains["ear-trumpet"]["inactive"]) == (True, True)


def test_what_the_value_set_calls_a_concept_goes_first(client: httpx.Client) -> None:
    shown = [
        expanded(expand(client, "named", displayLanguage=each))["contains"][1] for each in ("en", "nl", "fr")
    ]
    assert [each["display"] for each in shown] == ["walking stick", "stok", "canne"]


def test_systems_follow_each_other_in_the_order_of_the_value_set(client: httpx.Client) -> None:
    contains = expanded(expand(client, "mixed"))["contains"]
    assert list(dict.fromkeys(each["system"] for each in contains)) == [AIDS, OLD_AIDS, ROLE]


# -- who asks how


def test_a_value_set_may_be_named_by_its_id(client: httpx.Client) -> None:
    by_id = f"{place(client, 'ValueSet', value_set_url('walking'))}/$expand"
    assert codes(asked(client, by_id)) == codes(expand(client, "walking"))


def test_a_value_set_that_is_named_by_its_id_has_its_version(client: httpx.Client) -> None:
    by_id = f"{place(client, 'ValueSet', value_set_url('walking'))}/$expand"
    answers = [asked(client, by_id, valueSetVersion=each) for each in ("1.0", "2.0")]
    assert [each.status_code for each in answers] == [200, 400]


def test_a_value_set_may_be_sent_along_or_be_the_body_itself(client: httpx.Client) -> None:
    definition = value_set("sent", imported("walking"), listed(ROLE, "person"))
    answers = [posted(client, EXPAND, valueSet=definition), client.post(f"/{EXPAND}", json=definition)]
    assert [set(codes(each)) for each in answers] == [{"walking-aid", "cane", "rollator", "person"}] * 2


def test_the_rest_of_a_question_may_stand_beside_the_body(client: httpx.Client) -> None:
    answer = client.post(f"/{EXPAND}?count=1", json=value_set("sent", imported("walking")))
    assert codes(answer) == ["walking-aid"]


def test_the_answer_names_the_value_set_and_not_its_definition(client: httpx.Client) -> None:
    without, with_it = (expand(client, "walking", includeDefinition=each).json() for each in (False, True))
    named = {name: without[name] for name in without if name != "expansion"}
    assert named == {
        "resourceType": "ValueSet",
        "url": value_set_url("walking"),
        "version": "1.0",
        "name": "Walking",
        "title": "Walking",
        "status": "active",
    }
    assert with_it["compose"] == {"include": [filtered("concept", "is-a", "walking-aid")]}


def test_two_equal_questions_have_equal_answers_but_for_the_time(client: httpx.Client) -> None:
    answers = [expand(client, "mixed").json() for _ in range(2)]
    for each in answers:
        del each["expansion"]["timestamp"]
    assert answers[0] == answers[1]


# -- words and languages


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("wheel", {"wheelchair", "electric-wheelchair"}),
        ("WHEEL elec", {"electric-wheelchair"}),
        ("rolstoel", {"wheelchair", "electric-wheelchair"}),
        ("electrique", {"electric-wheelchair"}),
        ("leve", {"hoist"}),
        ("heel", set()),
        ("ear-trumpet", {"ear-trumpet"}),
        ("", set(ORDER)),
    ],
)
def test_words_narrow_it_in_any_language(client: httpx.Client, words: str, found: set[str]) -> None:
    assert set(codes(expand(client, "all-aids", filter=words))) == found


def test_the_best_match_comes_first(client: httpx.Client) -> None:
    assert codes(expand(client, "all-aids", filter="wheelchair")) == ["wheelchair", "electric-wheelchair"]


@pytest.mark.parametrize("by_header", [False, True])
def test_displays_are_in_the_language_asked(client: httpx.Client, by_header: bool) -> None:
    headers = {"Accept-Language": "fr-BE"} if by_header else {}
    parameter = "" if by_header else "&displayLanguage=fr-BE"
    answer = client.get(f"/{EXPAND}?url={ALL}&count=3{parameter}", headers=headers)
    assert [each["display"] for each in expanded(answer)["contains"]] == [
        "aide technique",
        "aide à la marche",
        "canne",
    ]


def test_all_names_come_along_when_asked(client: httpx.Client) -> None:
    answer = expand(client, "both", includeDesignations=True)
    assert expanded(answer)["contains"][0]["designation"] == [
        {"language": "en", "value": "rollator"},
        {"language": "nl", "value": "rollator"},
        {"language": "fr", "value": "déambulateur"},
    ]


@pytest.mark.parametrize(
    ("token", "values"),
    [
        ("fr", ["fauteuil roulant"]),
        ("urn:ietf:bcp:47|nl", ["rolstoel"]),
        ("https://terms.example/use|short", ["rolst."]),
        ("https://terms.example/use|", ["rolst."]),
    ],
)
def test_names_of_one_language_or_use_come_along_when_asked(
    client: httpx.Client, token: str, values: list[str]
) -> None:
    contains = expanded(expand(client, "reimbursed", designation=token))["contains"]
    (chair,) = [each for each in contains if each["code"] == "wheelchair"]
    assert [each["value"] for each in chair["designation"]] == values


# -- pages and limits


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"count": 3}, ORDER[:3]),
        ({"count": 3, "offset": 3}, ORDER[3:6]),
        ({"offset": 6}, ORDER[6:]),
        ({"count": 3, "offset": 100}, []),
        ({"count": 0}, []),
    ],
)
def test_a_page_has_its_part_and_the_number_of_all(
    client: httpx.Client, given: dict[str, int], found: list[str]
) -> None:
    expansion = expanded(expand(client, "all-aids", **given))
    shown = [each["code"] for each in expansion.get("contains", ())]
    assert (shown, expansion["total"], expansion["offset"]) == (found, len(ORDER), given.get("offset", 0))


def test_pages_go_over_from_one_system_to_the_next(client: httpx.Client) -> None:
    whole = codes(expand(client, "mixed"))
    pages = [codes(expand(client, "mixed", count=3, offset=offset)) for offset in range(0, len(whole), 3)]
    assert [code for page in pages for code in page] == whole


def test_what_is_too_large_is_asked_in_pages(client: httpx.Client) -> None:
    both = {"include": [{"system": ROLE}, {"system": AIDS}]}
    large = value_set("large", *both["include"])
    assert refused(posted(client, EXPAND, valueSet=large)) == (422, "too-costly", "valueSet")
    assert len(codes(posted(client, EXPAND, valueSet=large, count=("Integer", 1_000)))) == 20


# -- what is left out


def test_inactive_concepts_can_be_left_out(client: httpx.Client) -> None:
    found = codes(expand(client, "all-aids", activeOnly=True))
    assert found == [each for each in ORDER if each != "ear-trumpet"]


@pytest.mark.parametrize("name", ["all-aids", "mixed", "unheld"])
def test_concepts_that_only_group_others_can_be_left_out(client: httpx.Client, name: str) -> None:
    whole, chosen = (codes(expand(client, name, excludeNotForUI=each)) for each in (False, True))
    assert chosen == [each for each in whole if each != "aid"]


@pytest.mark.parametrize(
    ("canonical", "systems"), [(AIDS, {OLD_AIDS, ROLE}), (f"{AIDS}|1.9", {AIDS, OLD_AIDS, ROLE})]
)
def test_a_code_system_can_be_left_out(client: httpx.Client, canonical: str, systems: set[str]) -> None:
    contains = expanded(expand(client, "mixed", exclude_system=canonical))["contains"]
    assert {each["system"] for each in contains} == systems


@pytest.mark.parametrize(
    ("name", "given", "version"),
    [
        ("walking", {}, "1.10"),
        ("walking", {"system_version": f"{AIDS}|1.9"}, "1.9"),
        ("walking", {"check_system_version": f"{AIDS}|1.9"}, "1.9"),
        ("walking", {"force_system_version": f"{AIDS}|1.9"}, "1.9"),
        ("old-version", {"system_version": f"{AIDS}|1.10"}, "1.9"),
        ("old-version", {"check_system_version": f"{AIDS}|1.9"}, "1.9"),
        ("old-version", {"force_system_version": f"{AIDS}|1.10"}, "1.10"),
    ],
)
def test_the_version_of_a_code_system_can_be_asked(
    client: httpx.Client, name: str, given: dict[str, str], version: str
) -> None:
    assert dict(said(expand(client, name, **given)))["version"] == f"{AIDS}|{version}"


# -- what it says of itself


def test_an_expansion_says_what_was_asked_and_which_versions_were_used(client: httpx.Client) -> None:
    given = {"filter": "wheel", "count": 2, "offset": 0, "activeOnly": True, "displayLanguage": "nl"}
    assert said(expand(client, "all-aids", **given)) == [
        ("filter", "wheel"),
        ("offset", 0),
        ("count", 2),
        ("activeOnly", True),
        ("displayLanguage", "nl"),
        ("version", f"{AIDS}|1.10"),
    ]


def test_a_system_that_is_not_held_is_named_as_the_value_set_does(client: httpx.Client) -> None:
    assert said(expand(client, "unheld")) == [("version", UNHELD)]


def test_what_makes_no_difference_is_taken(client: httpx.Client) -> None:
    given = {"excludeNested": True, "excludePostCoordinated": True, "valueSetVersion": "1.0"}
    assert codes(expand(client, "both", **given)) == ["rollator"]


# -- what cannot be


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"url": value_set_url("nothing")}, (404, "not-found", "url")),
        ({"url": f"{ALL}|7"}, (404, "not-found", "url")),
        ({"url": ALL, "valueSetVersion": "7"}, (404, "not-found", "url")),
        ({"url": value_set_url("egg")}, (422, "processing", "url")),
        ({"url": value_set_url("all-unheld")}, (404, "not-found", "url")),
        ({"url": value_set_url("odd-expression")}, (400, "invalid", "url")),
        ({}, (400, "invalid", "url")),
        ({"url": ALL, "count": "many"}, (400, "invalid", "count")),
        ({"url": ALL, "count": "-1"}, (400, "invalid", "count")),
        ({"url": ALL, "offset": "-1"}, (400, "invalid", "offset")),
        ({"url": ALL, "filter": "a " * 1_001}, (400, "invalid", "filter")),
        ({"url": ALL, "filter": "a\0"}, (400, "invalid", "filter")),
        ({"url": ALL, "designation": ["nl"] * 51}, (400, "invalid", "designation")),
        ({"url": ALL, "activeOnly": "1"}, (400, "invalid", "activeOnly")),
        ({"url": ALL, "date": "2001-01-01"}, (400, "not-supported", "date")),
        ({"url": ALL, "context": "x"}, (400, "not-supported", "context")),
        ({"url": ALL, "profile": "x"}, (400, "not-supported", "profile")),
        ({"url": ALL, "default-valueset-version": "x"}, (400, "not-supported", "default-valueset-version")),
        ({"url": ALL, "valueSet": "x"}, (400, "invalid", "valueSet")),
        ({"url": ALL, "system_version": AIDS}, (400, "invalid", "system-version")),
        ({"url": ALL, "system_version": f"{AIDS}|6"}, (404, "not-found", "system-version")),
        ({"url": ALL, "force_system_version": f"{AIDS}|6"}, (404, "not-found", "force-system-version")),
        (
            {"url": ALL, "system_version": [f"{AIDS}|1.9", f"{AIDS}|1.10"]},
            (400, "invalid", "system-version"),
        ),
        (
            {"url": value_set_url("old-version"), "check_system_version": f"{AIDS}|1.10"},
            (400, "business-rule", "check-system-version"),
        ),
    ],
)
def test_what_cannot_be_expanded_is_refused(
    client: httpx.Client, given: dict[str, str], refusal: tuple[int, str, str]
) -> None:
    assert refused(asked(client, EXPAND, **given)) == refusal


@pytest.mark.parametrize(
    ("include", "status"),
    [
        ({}, 422),
        (listed("https://x.example", "x"), 200),
        ({"system": "https://x.example"}, 404),
        (filtered("concept", "is-a", "nothing"), 200),
        (filtered("code", "regex", "(a+"), 400),
    ],
)
def test_a_value_set_sent_along_is_held_to_the_same(
    client: httpx.Client, include: dict[str, Any], status: int
) -> None:
    assert sent(client, include).status_code == status
