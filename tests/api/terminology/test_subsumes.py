"""`$subsumes` tells how two codes of one code system stand to each other."""

from __future__ import annotations

import httpx
import pytest
from aids import AIDS, ROLE
from telling import asked, place, posted, refused, told

SUBSUMES = "CodeSystem/$subsumes"


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        ("cane", "cane", "equivalent"),
        ("aid", "cane", "subsumes"),
        ("walking-aid", "cane", "subsumes"),
        ("cane", "aid", "subsumed-by"),
        ("cane", "rollator", "not-subsumed"),
    ],
)
def test_codes_stand_to_each_other_as_the_hierarchy_says(
    client: httpx.Client, first: str, second: str, outcome: str
) -> None:
    assert told(asked(client, SUBSUMES, system=AIDS, codeA=first, codeB=second)) == {"outcome": outcome}


def test_codings_in_a_body_ask_the_same(client: httpx.Client) -> None:
    codings = [("Coding", {"system": AIDS, "code": each}) for each in ("aid", "cane")]
    assert told(posted(client, SUBSUMES, codingA=codings[0], codingB=codings[1])) == {"outcome": "subsumes"}


def test_a_code_system_may_be_named_by_its_id(client: httpx.Client) -> None:
    by_id = f"{place(client, 'CodeSystem', AIDS, '1.9')}/$subsumes"
    assert told(asked(client, by_id, codeA="cane", codeB="aid")) == {"outcome": "subsumed-by"}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"system": AIDS, "codeA": "aid", "codeB": "x"}, (404, "not-found", "codeB")),
        ({"system": AIDS, "codeA": "x", "codeB": "x"}, (404, "not-found", "codeA")),
        ({"system": "https://x.example", "codeA": "x", "codeB": "x"}, (404, "not-found", "system")),
        ({"system": AIDS, "version": "5", "codeA": "aid", "codeB": "aid"}, (404, "not-found", "system")),
        ({"codeA": "aid", "codeB": "aid"}, (400, "invalid", "system")),
        ({"system": AIDS, "codeA": "aid"}, (400, "invalid", "codeB")),
        ({"system": AIDS, "codeB": "aid"}, (400, "invalid", "codeA")),
    ],
)
def test_what_cannot_be_compared_is_refused(
    client: httpx.Client, given: dict[str, str], refusal: tuple[int, str, str]
) -> None:
    assert refused(asked(client, SUBSUMES, **given)) == refusal


@pytest.mark.parametrize("second", [{"system": ROLE}, {"system": AIDS, "version": "1.10"}])
def test_codings_of_two_systems_or_versions_are_refused(client: httpx.Client, second: dict[str, str]) -> None:
    codings = [{"system": AIDS, "version": "1.9", "code": "aid"}, {**second, "code": "aid"}]
    answer = posted(client, SUBSUMES, codingA=("Coding", codings[0]), codingB=("Coding", codings[1]))
    assert refused(answer) == (400, "not-supported", "system")
