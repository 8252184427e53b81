"""`CodeSystem/$validate-code` and `ValueSet/$validate-code` tell whether a code is valid, and why not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from aids import AIDS, OLD_AIDS, ROLE, UNHELD, aids, filtered, value_set, value_set_url
from serving import Service
from telling import asked, place, posted, refused, told

IN_SYSTEM = "CodeSystem/$validate-code"
IN_VALUE_SET = "ValueSet/$validate-code"
WALKING = value_set_url("walking")


def coding(code: str, system: str = AIDS, **more: str) -> dict[str, str]:
    return {"system": system, "code": code, **more}


# -- in a code system


def test_a_code_of_the_system_is_valid_and_is_called(client: httpx.Client) -> None:
    assert told(asked(client, IN_SYSTEM, url=AIDS, code="cane")) == {"result": True, "display": "cane"}


def test_an_unknown_code_is_not_valid(client: httpx.Client) -> None:
    assert told(asked(client, IN_SYSTEM, url=AIDS, code="stool")) == {
        "result": False,
        "message": f"`stool` is no code of `{AIDS}` in version `1.10`.",
    }


def test_of_a_fragment_it_is_said_that_it_is_one(client: httpx.Client) -> None:
    found = told(asked(client, IN_SYSTEM, url=OLD_AIDS, code="stool"))
    assert (found["result"], found["message"].endswith("Only part of that code system is held here.")) == (
        False,
        True,
    )


@pytest.mark.parametrize("display", ["cane", "CANE", " wandel stok", "Wandelstok", "canne"])
def test_any_name_of_a_code_is_right(client: httpx.Client, display: str) -> None:
    assert told(asked(client, IN_SYSTEM, url=AIDS, code="cane", display=display))["result"] is True


def test_a_wrong_name_is_told_with_the_right_one(client: httpx.Client) -> None:
    found = told(asked(client, IN_SYSTEM, url=AIDS, code="cane", display="rollator", displayLanguage="fr"))
    assert found == {
        "result": False,
        "message": "`rollator` is not what `cane` is called; it is called `canne`.",
        "display": "canne",
    }


def test_what_only_groups_others_is_valid_unless_that_is_refused(client: httpx.Client) -> None:
    group = {"url": AIDS, "code": "aid"}
    answers = [
        asked(client, IN_SYSTEM, **group, **more) for more in ({}, {"abstract": True}, {"abstract": False})
    ]
    assert [told(each)["result"] for each in answers] == [True, True, False]


def test_what_is_inactive_is_valid_and_said_to_be_so(client: httpx.Client) -> None:
    found = told(asked(client, IN_SYSTEM, url=AIDS, code="ear-trumpet"))
    assert (found["result"], found["message"]) == (True, "`ear-trumpet` is inactive.")


def test_the_code_system_may_be_that_of_the_coding(client: httpx.Client) -> None:
    assert told(posted(client, IN_SYSTEM, coding=("Coding", coding("cane"))))["result"] is True


def test_a_coding_of_another_system_is_not_valid(client: httpx.Client) -> None:
    found = told(posted(client, IN_SYSTEM, url=("Uri", AIDS), coding=("Coding", coding("person", ROLE))))
    assert found == {
        "result": False,
        "message": f"`{ROLE}#person` is not of the code system `{AIDS}`.",
    }


def test_one_coding_of_a_concept_is_enough(client: httpx.Client) -> None:
    concept = {"coding": [coding("stool"), coding("cane")]}
    found = told(posted(client, IN_SYSTEM, url=("Uri", AIDS), codeableConcept=("CodeableConcept", concept)))
    assert (found["result"], found["display"]) == (True, "cane")


@pytest.mark.parametrize(("version", "valid"), [("1.9", False), ("1.10", True)])
def test_a_code_is_valid_in_the_versions_that_have_it(
    client: httpx.Client, version: str, valid: bool
) -> None:
    assert told(asked(client, IN_SYSTEM, url=AIDS, version=version, code="hoist"))["result"] is valid
    of_coding = coding("hoist", version=version)
    assert told(posted(client, IN_SYSTEM, coding=("Coding", of_coding)))["result"] is valid


def test_a_code_system_may_be_named_by_its_id(client: httpx.Client) -> None:
    by_id = f"{place(client, 'CodeSystem', AIDS, '1.9')}/$validate-code"
    answers = [asked(client, by_id, code=each) for each in ("cane", "hoist")]
    assert [told(each)["result"] for each in answers] == [True, False]


def test_a_code_system_may_be_sent_along(client: httpx.Client) -> None:
    extra = {"code": "stool", "display": "stool"}
    sent = {**aids("7", extra), "url": "https://sent.example/CodeSystem/aids"}
    assert told(posted(client, IN_SYSTEM, codeSystem=sent, code=("Code", "stool")))["result"] is True


def test_a_code_system_may_be_the_body_itself(client: httpx.Client) -> None:
    sent = {**aids("7"), "url": "https://sent.example/CodeSystem/aids"}
    answers = [client.post(f"/{IN_SYSTEM}?code={each}", json=sent) for each in ("cane", "stool")]
    assert [told(each)["result"] for each in answers] == [True, False]


def test_what_is_sent_along_is_kept_nowhere(client: httpx.Client) -> None:
    url = "https://sent.example/CodeSystem/once"
    told(posted(client, IN_SYSTEM, codeSystem={**aids("7"), "url": url}, code=("Code", "cane")))
    assert refused(asked(client, IN_SYSTEM, url=url, code="cane")) == (404, "not-found", "url")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"url": "https://x.example", "code": "x"}, (404, "not-found", "url")),
        ({"url": AIDS, "version": "4", "code": "cane"}, (404, "not-found", "url")),
        ({"code": "cane"}, (400, "invalid", "url")),
        ({"url": AIDS}, (400, "invalid", "code")),
        ({"url": AIDS, "code": "cane", "abstract": "maybe"}, (400, "invalid", "abstract")),
        ({"url": AIDS, "code": "cane", "date": "1999"}, (400, "not-supported", "date")),
        ({"url": AIDS, "code": "cane", "codeSystem": "x"}, (400, "invalid", "codeSystem")),
    ],
)
def test_a_question_about_a_system_that_cannot_be_answered_is_refused(
    client: httpx.Client, given: dict[str, str], refusal: tuple[int, str, str]
) -> None:
    assert refused(asked(client, IN_SYSTEM, **given)) == refusal


def test_a_code_system_that_is_not_r4_is_refused(client: httpx.Client) -> None:
    answer = posted(
        client, IN_SYSTEM, codeSystem={"resourceType": "CodeSystem", "url": AIDS}, code=("Code", "x")
    )
    assert refused(answer)[:2] == (422, "required")


def test_a_value_set_is_no_code_system(client: httpx.Client) -> None:
    answer = posted(client, IN_SYSTEM, codeSystem=value_set("x", {"system": AIDS}), code=("Code", "x"))
    assert refused(answer) == (400, "invalid", "Parameters.parameter[0].resource")


# -- in a value set


def test_a_code_of_the_value_set_is_valid_and_is_called(client: httpx.Client) -> None:
    found = told(asked(client, IN_VALUE_SET, url=WALKING, system=AIDS, code="cane", displayLanguage="nl"))
    assert found == {"result": True, "display": "wandelstok"}


def test_a_code_beside_the_value_set_is_not_valid(client: httpx.Client) -> None:
    assert told(asked(client, IN_VALUE_SET, url=WALKING, system=AIDS, code="wheelchair")) == {
        "result": False,
        "message": f"`{AIDS}#wheelchair` is not in `{WALKING}`.",
    }


def test_a_code_that_nobody_knows_is_not_valid(client: httpx.Client) -> None:
    assert told(asked(client, IN_VALUE_SET, url=WALKING, system=AIDS, code="stool")) == {
        "result": False,
        "message": f"`stool` is no code of `{AIDS}` that is known here, and not in `{WALKING}`.",
    }


@pytest.mark.parametrize("system", [ROLE, "https://x.example"])
def test_a_code_of_a_system_beside_the_value_set_is_not_valid(client: httpx.Client, system: str) -> None:
    found = told(asked(client, IN_VALUE_SET, url=WALKING, system=system, code="person"))
    assert found == {"result": False, "message": f"No code of `{system}` is in `{WALKING}`."}


@pytest.mark.parametrize("more", [{}, {"inferSystem": True}])
def test_a_code_without_system_is_taken_when_one_system_has_it(client: httpx.Client, more: Any) -> None:
    codes = ("cane", "stool")
    answers = [asked(client, IN_VALUE_SET, url=WALKING, code=each, **more) for each in codes]
    assert [told(each)["result"] for each in answers] == [True, False]


def test_a_code_without_system_that_two_have_is_refused(client: httpx.Client) -> None:
    answer = asked(client, IN_VALUE_SET, url=value_set_url("mixed"), code="cane")
    assert refused(answer) == (400, "invalid", "system")
    assert told(asked(client, IN_VALUE_SET, url=value_set_url("mixed"), code="hoist"))["result"] is True


@pytest.mark.parametrize("display", ["walking stick", "stok", "cane", "Canne"])
def test_what_the_value_set_or_the_system_calls_it_is_right(client: httpx.Client, display: str) -> None:
    given = {"url": value_set_url("named"), "system": AIDS, "code": "cane", "display": display}
    assert told(asked(client, IN_VALUE_SET, **given))["result"] is True


def test_a_wrong_name_is_told_with_that_of_the_value_set(client: httpx.Client) -> None:
    given = {"url": value_set_url("named"), "system": AIDS, "code": "cane", "display": "rollator"}
    found = told(asked(client, IN_VALUE_SET, **given))
    assert (found["result"], found["display"]) == (False, "walking stick")


def test_a_listed_code_of_a_system_that_is_not_held_is_valid(client: httpx.Client) -> None:
    given = {"url": value_set_url("unheld"), "system": UNHELD}
    answers = [asked(client, IN_VALUE_SET, **given, code=each) for each in ("x", "y")]
    assert [told(each)["result"] for each in answers] == [True, False]


def test_a_name_that_nobody_here_knows_is_not_judged(client: httpx.Client) -> None:
    given = {"url": value_set_url("unheld"), "system": UNHELD, "code": "x", "display": "Anything"}
    assert told(asked(client, IN_VALUE_SET, **given))["result"] is True


def test_one_coding_in_the_value_set_is_enough(client: httpx.Client) -> None:
    concept = {"coding": [coding("person", ROLE), coding("cane")]}
    given = {"url": ("Uri", WALKING), "codeableConcept": ("CodeableConcept", concept)}
    assert told(posted(client, IN_VALUE_SET, **given))["result"] is True


def test_a_value_set_may_be_named_by_its_id(client: httpx.Client) -> None:
    by_id = f"{place(client, 'ValueSet', WALKING)}/$validate-code"
    found = told(asked(client, by_id, system=AIDS, code="cane"))
    assert found["result"] is True


def test_a_value_set_may_be_sent_along(client: httpx.Client) -> None:
    sent = value_set("sent", filtered("wheels", "=", "4"))
    given = {"valueSet": sent, "system": ("Uri", AIDS)}
    answers = [posted(client, IN_VALUE_SET, **given, code=("Code", each)) for each in ("rollator", "cane")]
    assert [told(each)["result"] for each in answers] == [True, False]


@pytest.mark.parametrize(("version", "valid"), [("1.9", True), ("1.10", False)])
def test_a_version_that_the_value_set_does_not_take_is_not_valid(
    client: httpx.Client, version: str, valid: bool
) -> None:
    given = {"url": value_set_url("old-version"), "system": AIDS, "code": "cane", "systemVersion": version}
    assert told(asked(client, IN_VALUE_SET, **given))["result"] is valid


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"url": value_set_url("nothing"), "code": "x"}, (404, "not-found", "url")),
        ({"url": WALKING, "valueSetVersion": "9", "code": "x"}, (404, "not-found", "url")),
        ({"url": f"{WALKING}|9", "code": "x"}, (404, "not-found", "url")),
        (
            {"url": f"{WALKING}|1.0", "valueSetVersion": "9", "code": "x"},
            (400, "invalid", "valueSetVersion"),
        ),
        ({"url": WALKING, "code": "x" * 2_001}, (400, "invalid", "code")),
        ({"url": WALKING, "code": "x\0"}, (400, "invalid", "code")),
        ({"url": value_set_url("egg"), "code": "x"}, (422, "processing", "url")),
        (
            {"url": value_set_url("all-unheld"), "system": UNHELD, "code": "x"},
            (404, "not-found", "system"),
        ),
        ({"code": "x"}, (400, "invalid", "url")),
        ({"url": WALKING}, (400, "invalid", "code")),
        ({"url": WALKING, "code": "x", "context": "y"}, (400, "not-supported", "context")),
        ({"url": WALKING, "code": "x", "date": "2019-01-01"}, (400, "not-supported", "date")),
    ],
)
def test_a_question_about_a_value_set_that_cannot_be_answered_is_refused(
    client: httpx.Client, given: dict[str, str], refusal: tuple[int, str, str]
) -> None:
    assert refused(asked(client, IN_VALUE_SET, **given)) == refusal


def test_a_date_that_is_today_changes_nothing(terms: Service, client: httpx.Client) -> None:
    today = terms.now().date().isoformat()
    given = {"url": WALKING, "system": AIDS, "code": "cane"}
    assert told(asked(client, IN_VALUE_SET, **given, date=today))["result"] is True
