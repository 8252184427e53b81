"""The plan as a FHIR document: the Composition that comes first."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.composition import Composition
from fhir.resources.R4B.device import Device
from papers import PERSON, PLAN, paper
from resources import Resource, goal, ref

from dzop.fhir.narrative import narrative_fault
from dzop.plan.paper.composition import composition, device, narrative
from dzop.plan.paper.content import Line, Section


def made(*resources: Resource, language: str = "nl") -> dict[str, Any]:
    return composition(
        paper(*resources, language=language), ref(PERSON), PLAN, "urn:uuid:x", "2026-11-22T19:30:00Z"
    )


def of(*lines: Line, remark: str = "") -> str:
    return "".join(narrative(Section("goals", "Goals", remark, lines, ())))


def test_it_is_a_composition() -> None:
    assert Composition.model_validate(made()).get_resource_type() == "Composition"


def test_its_author_is_a_device() -> None:
    assert Device.model_validate(device("1.0")).get_resource_type() == "Device"


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_it_says_in_which_language_it_is(language: str) -> None:
    found = made(language=language)
    texts = [found["text"], *(each["text"] for each in found["section"])]
    assert (found["language"], [each for each in texts if f'lang="{language}"' not in each["div"]]) == (
        language,
        [],
    )


def test_every_section_has_a_narrative_that_can_only_be_read() -> None:
    found = made(goal("Goal/a", PERSON, description={"text": "<script>alert(1)</script> & </div>"}))
    texts = [found["text"], *(each["text"] for each in found["section"])]
    assert [fault for each in texts if (fault := narrative_fault(each["div"]))] == []


def test_a_section_names_what_it_tells_of() -> None:
    found = made(goal("Goal/a", PERSON))
    assert found["section"][1]["entry"] == [ref("Goal/a")]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], ""),
        ([Line("a"), Line("b")], "<ul><li><b>a</b></li><li><b>b</b></li></ul>"),
        ([Line("a", ("x", "y"))], "<ul><li><b>a</b><br/>x · y</li></ul>"),
        (
            [Line("a"), Line("b", level=1), Line("c", level=2), Line("d", level=1), Line("e")],
            "<ul><li><b>a</b><ul><li><b>b</b><ul><li><b>c</b></li></ul></li><li><b>d</b></li></ul></li>"
            "<li><b>e</b></li></ul>",
        ),
        ([Line("a", level=1), Line("b", level=1)], "<ul><li><b>a</b></li><li><b>b</b></li></ul>"),
        ([Line("a & <b>")], "<ul><li><b>a &amp; &lt;b&gt;</b></li></ul>"),
    ],
    ids=["nothing", "flat", "notes", "nested", "deeper from the start", "escaped"],
)
def test_lines_that_stand_below_others_are_nested_in_them(lines: list[Line], expected: str) -> None:
    assert of(*lines) == expected


def test_what_is_said_of_the_whole_comes_before_the_lines() -> None:
    assert of(Line("a"), remark="All") == "<p>All</p><ul><li><b>a</b></li></ul>"
