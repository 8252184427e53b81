"""What a hostile client asks of terminology is refused or answered; it neither breaks nor stops the service."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from aids import AIDS, ROLE, value_set_url
from telling import asked, codes, posted, refused

EXPAND, TRANSLATE = "ValueSet/$expand", "ConceptMap/$translate"
BESIDE_HALVES = "[^\ud7ff]+|[^\ue000]+|[^\ud7ff\ue000]+"
MANY = 1_001


def value_set(*include: dict[str, Any], **compose: Any) -> dict[str, Any]:
    return {
        "resourceType": "ValueSet", "url": "urn:example:hostile", "status": "active",
        "compose": {"include": list(include), **compose},
    }  # fmt: skip


def fitting(system: str, expression: str) -> dict[str, Any]:
    """The value set of what is called as the regular expression says."""
    return value_set(
        {"system": system, "filter": [{"property": "display", "op": "regex", "value": expression}]}
    )


@pytest.mark.parametrize("name", ["all-aids", "role"])
def test_a_class_that_ends_beside_half_a_character_is_compared(client: httpx.Client, name: str) -> None:
    system = {"all-aids": AIDS, "role": ROLE}[name]
    every = codes(posted(client, EXPAND, valueSet=value_set({"system": system})))
    assert codes(posted(client, EXPAND, valueSet=fitting(system, BESIDE_HALVES))) == every


@pytest.mark.parametrize("system", [AIDS, ROLE])
@pytest.mark.parametrize("expression", ["[^\u0001-\U0010ffff]", r"[^\d\D]"], ids=["none", "neither"])
def test_a_class_in_which_nothing_fits_is_refused(client: httpx.Client, system: str, expression: str) -> None:
    answer = posted(client, EXPAND, valueSet=fitting(system, expression))
    assert refused(answer)[:2] == (400, "invalid")


def test_a_value_set_that_is_named_very_often_is_meant_once(client: httpx.Client) -> None:
    url = value_set_url("all-aids")
    once = codes(posted(client, EXPAND, valueSet=value_set({"valueSet": [url]})))
    assert codes(posted(client, EXPAND, valueSet=value_set({"valueSet": [url] * 5_000}))) == once


def test_very_many_includes_are_not_held_against_very_many_excludes(client: httpx.Client) -> None:
    included = [{"system": f"urn:example:in-{number}"} for number in range(30_000)]
    excluded = [{"system": f"urn:example:out-{number}"} for number in range(30_000)]
    answer = posted(client, EXPAND, valueSet=value_set(*included, exclude=excluded))
    assert refused(answer)[:2] == (422, "too-costly")


def test_a_filter_of_very_many_words_is_refused(client: httpx.Client) -> None:
    words = " ".join(f"a{number}" for number in range(21))
    answer = asked(client, EXPAND, url=value_set_url("all-aids"), filter=words)
    assert refused(answer)[:2] == (400, "invalid")


def test_a_word_that_is_said_very_often_counts_once(client: httpx.Client) -> None:
    url = value_set_url("all-aids")
    once = codes(asked(client, EXPAND, url=url, filter="cane"))
    assert codes(asked(client, EXPAND, url=url, filter="cane " * 300)) == once


def test_a_concept_map_that_says_very_much_of_a_code_is_refused(client: httpx.Client) -> None:
    groups = [
        {
            "source": "urn:example:from", "target": f"urn:example:to-{number}",
            "element": [{"code": "other"}], "unmapped": {"mode": "fixed", "code": "x"},
        }
        for number in range(MANY)
    ]  # fmt: skip
    concept_map = {
        "resourceType": "ConceptMap",
        "url": "urn:example:map",
        "status": "active",
        "group": groups,
    }
    coding = {"system": "urn:example:from", "code": "a"}
    answer = posted(client, TRANSLATE, conceptMap=concept_map, coding=("Coding", coding))
    assert refused(answer)[:2] == (422, "too-costly")


def test_a_concept_with_more_right_below_it_than_an_expansion_may_have_does_not_list_them(
    client: httpx.Client,
) -> None:
    """There are 22, and 20 are the limit here."""
    answer = asked(
        client,
        "CodeSystem/$lookup",
        system="http://terminology.hl7.org/CodeSystem/v3-ActReason",
        code="HOPERAT",
        property="child",
    )
    assert refused(answer) == (422, "too-costly", "property")
