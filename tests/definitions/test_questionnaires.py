"""Our own questionnaires, as they are shipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from dzop.definitions.questionnaires import questionnaires
from dzop.fhir import json
from dzop.fhir.profiles.conformance import conformance
from dzop.fhir.profiles.registry import PROFILES
from dzop.fhir.validation import validate
from dzop.plan.questionnaire import questions
from dzop.plan.questionnaire_response import checked
from dzop.plan.scoring import definition_issues

FORMS = [json.parse(orjson.dumps(each)).value for each in questionnaires()]
EACH = pytest.mark.parametrize("form", FORMS, ids=lambda each: str(each["id"]))
_SPOKEN = ("text", "title", "description", "display")


@EACH
def test_it_is_valid(form: dict[str, Any]) -> None:
    assert [] == list(validate(form))


@EACH
def test_its_scores_can_be_computed(form: dict[str, Any]) -> None:
    assert () == definition_issues(form, questions(form["item"]))


@EACH
def test_its_scores_conform_to_the_extension(form: dict[str, Any]) -> None:
    faults = [conformance(each, PROFILES["score"]) for each in form["extension"]]
    assert [[]] * len(form["extension"]) == faults


@EACH
def test_all_its_words_are_there_in_four_languages(form: dict[str, Any]) -> None:
    spoken = list(_spoken(form))
    assert [["fr", "de", "en"]] * len(spoken) == spoken


def test_there_is_one_for_each_category_of_answers() -> None:
    codes = {each["code"][0]["code"] for each in FORMS}
    assert {"needs-assessment", "prom", "prem", "carer-burden"} == codes


def test_the_example_of_the_page_fits_its_questionnaire() -> None:
    page = (Path(__file__).parents[2] / "docs" / "instruments.md").read_text()
    example = json.parse(page.partition("```json\n")[2].partition("```")[0].encode()).value
    (form,) = (each for each in FORMS if each["url"] == example["questionnaire"])
    found = checked(questions(form["item"]), example, {}).issues
    assert ([], ()) == (list(validate(example)), found)


def _spoken(value: Any) -> Iterator[list[str]]:
    """Of each text for people, the languages of its translations that say something of their own."""
    if isinstance(value, list):
        for each in value:
            yield from _spoken(each)
    elif isinstance(value, Mapping):
        for name in _SPOKEN:
            if name in value:
                yield _translated(value.get(f"_{name}", {}))
        for name, each in value.items():
            if not name.startswith("_"):
                yield from _spoken(each)


def _translated(beside: Mapping[str, Any]) -> list[str]:
    parts = [{part["url"]: part for part in each["extension"]} for each in beside.get("extension", ())]
    return [each["lang"]["valueCode"] for each in parts if each["content"]["valueString"].strip()]
