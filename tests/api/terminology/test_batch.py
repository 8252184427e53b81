"""Many questions about codes in one Bundle, and who may ask them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from aids import AIDS, value_set_url
from persons import Person
from resources import DZOP, bundle
from telling import parameters, place, refused

CANE = f"system={AIDS}&code=cane"


def get(url: str) -> dict[str, Any]:
    return {"request": {"method": "GET", "url": url}}


def post(url: str, /, **given: Any) -> dict[str, Any]:
    return {"request": {"method": "POST", "url": url}, "resource": parameters(**given)}


def test_a_batch_asks_all_operations_at_once(client: httpx.Client) -> None:
    entries = [
        get(f"CodeSystem/$lookup?{CANE}"),
        get(f"CodeSystem/$validate-code?url={AIDS}&code=cane"),
        post("CodeSystem/$subsumes", system=("Uri", AIDS), codeA=("Code", "aid"), codeB=("Code", "cane")),
        get(f"ValueSet/$expand?url={value_set_url('walking')}"),
        post("ValueSet/$validate-code", url=("Uri", value_set_url("walking")), code=("Code", "cane")),
        get(f"ConceptMap/$translate?{CANE}"),
        get(f"{place(client, 'ValueSet', value_set_url('walking'))}/$expand"),
    ]
    answer = client.post("/", json=bundle("batch", *entries)).json()
    assert [each["response"]["status"][:3] for each in answer["entry"]] == ["200"] * len(entries)


def test_one_question_that_cannot_be_answered_spoils_no_other(client: httpx.Client) -> None:
    entries = [get(f"CodeSystem/$lookup?system={AIDS}&code=x"), get(f"CodeSystem/$lookup?{CANE}")]
    answer = client.post("/", json=bundle("batch", *entries)).json()
    assert [each["response"]["status"][:3] for each in answer["entry"]] == ["404", "200"]


def test_the_language_of_the_batch_is_that_of_its_questions(client: httpx.Client) -> None:
    entries = [get(f"ValueSet/$expand?url={value_set_url('both')}")]
    answer = client.post("/", json=bundle("batch", *entries), headers={"Accept-Language": "fr"}).json()
    assert answer["entry"][0]["resource"]["expansion"]["contains"][0]["display"] == "déambulateur"


@pytest.mark.parametrize(
    ("type", "question"),
    [
        ("CodeSystem", f"$lookup?system={DZOP}/CodeSystem/role&code=person"),
        ("ValueSet", f"$expand?url={DZOP}/ValueSet/role"),
        ("ConceptMap", f"$translate?system={DZOP}/CodeSystem/role&code=person"),
    ],
)
def test_the_scope_to_read_a_type_is_enough_and_needed(known: Person, type: str, question: str) -> None:
    enough = known.client("gp", scope=f"user/{type}.r").get(f"/{type}/{question}")
    lacking = known.client("gp", scope=f"user/{type}.cuds user/Goal.r").get(f"/{type}/{question}")
    assert (enough.status_code, refused(lacking)[:2]) == (200, (403, "forbidden"))


def test_questions_about_codes_are_in_nobodys_log(person: Person) -> None:
    client, log = person.client("person"), f"/AuditEvent?patient={person.patient}&_count=1000"
    before = len(client.get(log).json().get("entry", ()))
    client.get(f"/ValueSet/$expand?url={DZOP}/ValueSet/role")
    # The first look at the log is itself in the log by now.
    assert len(client.get(log).json()["entry"]) == before + 1
