"""What codes are called is put in where it is asked for, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.displays import Display, coded, read_display
from dzop.fhir.outcome import Invalid

SYSTEM = "https://x.example/animals"
NAMED, OLD, NEW = 'Het "dier" {1}', "oude naam", "nieuwe naam"
NAMES = {(SYSTEM, "bare"): NAMED, (SYSTEM, "called"): NEW}

BARE = {"system": SYSTEM, "code": "bare"}
CALLED = {"system": SYSTEM, "code": "called", "display": OLD}
UNKNOWN = {"system": SYSTEM, "code": "unknown"}
INCOMPLETE: list[dict[str, Any]] = [{"system": SYSTEM}, {"code": "bare"}, {"display": OLD}]


def _goal(*codings: Mapping[str, Any], **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Goal", "category": [{"coding": list(codings)}], **elements}


def _called(value: Mapping[str, Any], which: Any = "missing", names: Any = NAMES) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(coded(json.dumps(value).encode(), which).called(names))
    return found


@pytest.mark.parametrize(
    ("which", "coding", "expected"),
    [
        ("missing", BARE, BARE | {"display": NAMED}),
        ("missing", CALLED, CALLED),
        ("missing", UNKNOWN, UNKNOWN),
        ("all", BARE, BARE | {"display": NAMED}),
        ("all", CALLED, CALLED | {"display": NEW}),
        ("all", UNKNOWN, UNKNOWN),
        ("missing", BARE | {"_display": {"id": "d"}}, BARE | {"_display": {"id": "d"}}),
        ("all", BARE | {"_display": {"id": "d"}}, BARE | {"_display": {"id": "d"}}),
        ("all", CALLED | {"_display": {"id": "d"}}, CALLED | {"_display": {"id": "d"}, "display": NEW}),
        *[("all", each, each) for each in INCOMPLETE],
    ],
)
def test_a_code_is_called_by_its_name_as_asked(which, coding, expected):
    assert _goal(expected) == _called(_goal(coding), which)


PLACES = {
    "meta": lambda coding: {"resourceType": "Goal", "meta": {"tag": [coding]}},
    "extension": lambda coding: {"resourceType": "Goal", "extension": [{"url": "u", "valueCoding": coding}]},
    "extension of a primitive": lambda coding: {
        "resourceType": "Goal", "_startDate": {"extension": [{"url": "u", "valueCoding": coding}]}
    },
    "extension of a coding": lambda coding: _goal({**UNKNOWN, "extension": [{"url": "u", "valueCoding": coding}]}),
    "contained": lambda coding: _goal(contained=[_goal(coding)]),
    "Bundle": lambda coding: {"resourceType": "Bundle", "entry": [{"resource": _goal(coding)}]},
    "Bundle in Parameters": lambda coding: {
        "resourceType": "Parameters",
        "parameter": [{"name": "a", "part": [{"name": "b", "resource": {
            "resourceType": "Bundle", "entry": [{"resource": _goal(coding)}]
        }}]}],
    },
    "value of Parameters": lambda coding: {
        "resourceType": "Parameters", "parameter": [{"name": "a", "valueCoding": coding}]
    },
    "backbone": lambda coding: {
        "resourceType": "Observation", "component": [{"code": {"coding": [coding]}}]
    },
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_coding_is_found_wherever_it_stands(place):
    assert PLACES[place](BARE | {"display": NAMED}) == _called(PLACES[place](BARE))


OTHERS = {
    "Quantity": {"resourceType": "Observation", "valueQuantity": BARE},
    "expansion": {"resourceType": "ValueSet", "expansion": {"contains": [BARE]}},
    "element that R4 does not know": {"resourceType": "Goal", "other": {"coding": [BARE]}},
    "type that R4 does not know": {"resourceType": "Other", "valueCoding": BARE},
    "no resource": {"coding": [BARE]},
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_no_coding_stays_as_it_is(other):
    assert OTHERS[other] == _called(OTHERS[other], "all")


def test_a_coding_inside_a_coding_is_named_as_the_other_is():
    inner = [{"url": "u", "valueCoding": CALLED}]
    expected = [{"url": "u", "valueCoding": CALLED | {"display": NEW}}]

    assert _goal({**BARE, "extension": expected, "display": NAMED}) == _called(
        _goal({**BARE, "extension": inner}), "all"
    )


def test_a_display_that_says_it_already_keeps_its_bytes():
    body = rb'{"resourceType":"Goal","category":[{"coding":[{"system":"s","code":"a","display":"\u0065\u00e9n"}]}]}'

    assert body == coded(body, "all").called({("s", "a"): "eén"})


def test_each_code_of_an_answer_is_asked_once():
    assert {(SYSTEM, "bare"), (SYSTEM, "called")} == coded(
        json.dumps(_goal(BARE, BARE, CALLED)).encode(), "all"
    ).codings


def test_only_what_is_missing_is_asked_where_only_that_is_wanted():
    assert {(SYSTEM, "bare")} == coded(json.dumps(_goal(BARE, CALLED)).encode(), "missing").codings


def test_a_code_under_an_older_name_of_its_system_is_known_too():
    older = "https://www.ehealth.fgov.be/standards/fhir/CodeSystem/cd-hcparty"
    now = "https://www.ehealth.fgov.be/standards/fhir/core/CodeSystem/cd-hcparty"
    coding = {"system": older, "code": "persnurse"}

    assert _goal(coding | {"display": "verpleegkundige"}) == _called(
        _goal(coding), names={(now, "persnurse"): "verpleegkundige"}
    )


CODINGS = st.sampled_from([BARE, CALLED, UNKNOWN, *INCOMPLETE, {"code": "bare", "system": SYSTEM}])
TEXTS = st.sampled_from(
    ['"', "{", "}", '{"system":"', "\\", '"display":"', "x,{}", "\n", "é\u2028", "Ω\U0001f600", ""]
) | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@st.composite
def goals(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    """A Goal with Codings, things that look like them, and texts that look like JSON."""
    codings = draw(st.lists(CODINGS, max_size=3))
    extension = [{"url": draw(TEXTS), "valueCoding": each} for each in draw(st.lists(CODINGS, max_size=2))]
    parts = [
        ("meta", {"tag": codings}),
        ("category", [{"coding": [*codings, {**BARE, "extension": extension}], "text": draw(TEXTS)}]),
        ("target", [{"detailQuantity": draw(CODINGS)}, {}]),
        ("note", [{"text": draw(TEXTS)}]),
        ("_startDate", {"extension": extension}),
        ("x", draw(st.sampled_from([1, 1.5, None, True, []]))),
    ]
    if depth:
        parts.append(("contained", draw(st.lists(goals(depth - 1), max_size=2))))
    return dict(draw(st.permutations([("resourceType", "Goal"), *parts])))


@st.composite
def written(draw: st.DrawFn, value: Any) -> str:
    """JSON with white space and escapes wherever it allows them; names and codes are written plainly."""
    space = draw(st.sampled_from(["", " ", "\n\t"]))
    if isinstance(value, dict):
        inner = [f"{space}{json.dumps(name)}{space}:{draw(written(each))}" for name, each in value.items()]
        return f"{space}{{{','.join(inner)}{space}}}{space}"
    if isinstance(value, list):
        return f"{space}[{','.join(draw(written(each)) for each in value)}{space}]{space}"
    return f"{space}{json.dumps(value, ensure_ascii=draw(st.booleans()))}{space}"


def _expected(value: Any, which: str, is_coding: bool = False) -> Any:
    """The same said by values instead of bytes."""
    if isinstance(value, list):
        return [_expected(each, which, is_coding) for each in value]
    if not isinstance(value, dict):
        return value
    found = {
        name: _expected(each, which, name in ("tag", "coding", "valueCoding")) for name, each in value.items()
    }
    name = NAMES.get((value.get("system", ""), value.get("code", ""))) if is_coding else None
    if name is not None and (which == "all" or "display" not in value):
        found["display"] = name
    return found


@given(goals(), st.data(), st.sampled_from(["missing", "all"]))
def test_the_displays_that_are_asked_for_are_there(goal, data, which):
    text = data.draw(written(goal))

    assert _expected(goal, which) == json.loads(coded(text.encode(), which).called(NAMES))


@given(goals(), st.data(), st.sampled_from(["missing", "all"]))
def test_every_other_byte_stays_as_it_was(goal, data, which):
    text = data.draw(written(goal))
    called = coded(text.encode(), which).called(NAMES).decode()
    before = called.replace(f',"display":{json.dumps(NAMED)}', "").replace(json.dumps(NEW), json.dumps(OLD))

    assert text == before


@given(goals(), st.data(), st.sampled_from(["missing", "all"]))
def test_a_resource_of_which_nothing_is_known_stays_as_it_was(goal, data, which):
    text = data.draw(written(goal))

    assert text.encode() == coded(text.encode(), which).called({})


@pytest.mark.parametrize(
    ("parameters", "accept_language", "expected"),
    [
        ([], "nl", None),
        ([("status", "active")], "nl", None),
        ([("_display", "missing")], "", Display("missing", ())),
        ([("_display", "all")], "nl-BE,fr;q=0.5", Display("all", ("nl-BE", "fr"))),
        ([("_displayLanguage", "de")], "nl", Display("all", ("de",))),
        ([("_displayLanguage", "fr;q=0.5,de")], "nl", Display("all", ("de", "fr"))),
        ([("_display", "missing"), ("_displayLanguage", "de")], "nl", Display("missing", ("de",))),
        ([("_display", "all")], "*, ;;", Display("all", ())),
    ],
)
def test_the_parameters_say_what_is_wanted(parameters, accept_language, expected):
    assert expected == read_display(parameters, accept_language)


@pytest.mark.parametrize(
    ("parameters", "where"),
    [
        ([("_display", "some")], "http._display"),
        ([("_display", "")], "http._display"),
        ([("_display", "all"), ("_display", "all")], "http._display"),
        ([("_displayLanguage", "")], "http._displayLanguage"),
        ([("_displayLanguage", "nl_BE")], "http._displayLanguage"),
        ([("_displayLanguage", "nl"), ("_displayLanguage", "fr")], "http._displayLanguage"),
    ],
)
def test_what_nobody_could_mean_is_refused(parameters, where):
    with pytest.raises(Invalid) as refused:
        read_display(parameters, "")

    assert [where] == [issue.expression for issue in refused.value.issues]
