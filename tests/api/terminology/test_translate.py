"""`$translate` tells what a code is in another code system."""

from __future__ import annotations

import httpx
import pytest
from aids import AIDS, DEFINED, OLD_AIDS, value_set_url
from telling import asked, place, posted, refused, told

TRANSLATE = "ConceptMap/$translate"
MAP = "https://terms.example/ConceptMap/aids-to-old"
CANE = {"system": AIDS, "code": "cane"}
OLD_CANE = {
    "equivalence": "equivalent",
    "concept": {"system": OLD_AIDS, "code": "cane", "display": "Cane"},
    "source": f"{MAP}|1.0",
}


@pytest.mark.parametrize(
    "given",
    [
        {"url": MAP},
        {"url": MAP, "conceptMapVersion": "1.0"},
        {},
        {"targetsystem": OLD_AIDS},
        {"source": value_set_url("all-aids")},
        {"url": MAP, "source": value_set_url("all-aids"), "target": value_set_url("old-aids")},
        {"target": value_set_url("old-aids")},
    ],
)
def test_a_code_is_translated_by_the_maps_that_fit(client: httpx.Client, given: dict[str, str]) -> None:
    assert told(asked(client, TRANSLATE, **CANE, **given)) == {"result": True, "match": [OLD_CANE]}


def test_a_coding_in_a_body_asks_the_same(client: httpx.Client) -> None:
    assert told(posted(client, TRANSLATE, coding=("Coding", CANE)))["match"] == [OLD_CANE]


def test_each_coding_of_a_concept_is_translated(client: httpx.Client) -> None:
    concept = {"coding": [CANE, {"system": AIDS, "code": "rollator"}]}
    found = told(posted(client, TRANSLATE, url=("Uri", MAP), codeableConcept=("CodeableConcept", concept)))
    assert [(each["equivalence"], each["concept"]["code"]) for each in found["match"]] == [
        ("equivalent", "cane"),
        ("wider", "ROLL"),
    ]


def test_a_concept_map_may_be_named_by_its_id(client: httpx.Client) -> None:
    by_id = f"{place(client, 'ConceptMap', MAP)}/$translate"
    assert told(asked(client, by_id, **CANE))["match"] == [OLD_CANE]


def test_a_map_is_read_backwards(client: httpx.Client) -> None:
    found = told(asked(client, TRANSLATE, url=MAP, system=OLD_AIDS, code="ROLL", reverse=True))
    assert found["match"] == [
        {
            "equivalence": "narrower",
            "concept": {"system": AIDS, "code": "rollator", "display": "rollator"},
            "source": f"{MAP}|1.0",
        }
    ]


def test_a_map_that_is_read_backwards_is_between_the_same_value_sets_the_other_way(
    client: httpx.Client,
) -> None:
    given = {"url": MAP, "system": OLD_AIDS, "code": "ROLL", "reverse": True}
    answers = [
        asked(client, TRANSLATE, **given, source=value_set_url(each)) for each in ("old-aids", "all-aids")
    ]
    assert [told(each)["result"] for each in answers] == [True, False]


def test_what_it_is_elsewhere_is_shown_in_the_language_asked(client: httpx.Client) -> None:
    url = f"/{TRANSLATE}?url={MAP}&system={OLD_AIDS}&code=cane&reverse=true"
    found = told(client.get(url, headers={"Accept-Language": "fr"}))
    assert found["match"][0]["concept"]["display"] == "canne"


def test_a_concept_map_may_be_sent_along(client: httpx.Client) -> None:
    group = {
        "source": AIDS,
        "target": "https://sent.example/x",
        "element": [{"code": "cane", "target": [{"code": "c", "equivalence": "equal", "display": "C"}]}],
    }
    sent = {"resourceType": "ConceptMap", "status": "draft", "group": [group]}
    found = told(posted(client, TRANSLATE, conceptMap=sent, coding=("Coding", CANE)))
    assert found["match"] == [
        {
            "equivalence": "equal",
            "concept": {"system": "https://sent.example/x", "code": "c", "display": "C"},
        }
    ]


def test_what_has_no_translation_says_so(client: httpx.Client) -> None:
    found = told(asked(client, TRANSLATE, url=MAP, system=AIDS, code="hoist"))
    assert found == {
        "result": False,
        "message": f"The concept maps say that nothing there is what `{AIDS}#hoist` is.",
        "match": [{"equivalence": "unmatched", "source": f"{MAP}|1.0"}],
    }


@pytest.mark.parametrize(
    "given",
    [
        {"code": "aid"},
        {"code": "cane", "targetsystem": "https://x.example"},
        {"code": "cane", "target": value_set_url("walking")},
    ],
)
def test_what_no_map_names_is_no_error(client: httpx.Client, given: dict[str, str]) -> None:
    found = told(asked(client, TRANSLATE, url=MAP, system=AIDS, **given))
    assert found == {
        "result": False,
        "message": f"No concept map that was asked says what `{AIDS}#{given['code']}` is.",
    }


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"url": "https://x.example", **CANE}, (404, "not-found", "url")),
        ({"url": MAP, "conceptMapVersion": "2", **CANE}, (404, "not-found", "url")),
        ({"url": MAP, "code": "cane"}, (400, "invalid", "system")),
        ({"url": MAP, "system": AIDS}, (400, "invalid", "code")),
        ({"url": MAP, **CANE, "dependency": "x"}, (400, "not-supported", "dependency")),
        ({"url": MAP, **CANE, "targetSystem": OLD_AIDS}, (400, "not-supported", "targetSystem")),
        ({"conceptMap": "x", **CANE}, (400, "invalid", "conceptMap")),
        ({"url": MAP, **CANE, "reverse": "yes"}, (400, "invalid", "reverse")),
        ({"url": MAP, **CANE, "target": "a", "targetsystem": "b"}, (400, "invalid", "targetsystem")),
    ],
)
def test_what_cannot_be_translated_is_refused(
    client: httpx.Client, given: dict[str, str], refusal: tuple[int, str, str]
) -> None:
    assert refused(asked(client, TRANSLATE, **given)) == refusal


def test_a_map_that_is_named_twice_is_refused(client: httpx.Client) -> None:
    sent = next(each for each in DEFINED if each["resourceType"] == "ConceptMap")
    by_id = f"{place(client, 'ConceptMap', MAP)}/$translate"
    answer = posted(client, by_id, conceptMap=sent, coding=("Coding", CANE))
    assert refused(answer) == (400, "invalid", "conceptMap")


def test_a_code_system_that_nobody_knows_is_not_found(client: httpx.Client) -> None:
    answer = asked(client, TRANSLATE, system="http://nobody.example/cs", code="cane")
    assert refused(answer) == (404, "not-found", "system")


def test_a_code_system_that_only_a_map_knows_is_asked(client: httpx.Client) -> None:
    loinc = told(asked(client, TRANSLATE, system="http://loinc.org", code="0-0"))
    assert loinc["result"] is False
