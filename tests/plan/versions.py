"""Versions of a goal as Hypothesis makes them, each made of another by changes like those of people."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dzop.fhir.verbatim import Number

Goal = dict[str, Any]

_TEXTS = st.sampled_from(["Naar de markt", "Slapen", "Koken", "1.0"])
_NUMBERS = st.sampled_from([Number("1.0"), Number("1.00"), Number("2")])
_REFERENCES = st.sampled_from("abcde").map(lambda name: {"reference": f"Goal/{name}"})
_QUANTITIES = st.fixed_dictionaries({"value": _NUMBERS}, optional={"unit": st.sampled_from(["kg", "g"])})
_TARGETS = st.one_of(
    st.fixed_dictionaries({"detailQuantity": _QUANTITIES}, optional={"dueDate": st.just("2027-01-01")}),
    st.fixed_dictionaries(
        {"measure": st.sampled_from(["Gewicht", "Stappen"]).map(lambda text: {"text": text})},
        optional={"detailString": _TEXTS, "detailQuantity": _QUANTITIES, "_dueDate": st.just({"id": "when"})},
    ),
)
_NOTES = st.fixed_dictionaries({"text": _TEXTS}, optional={"authorString": st.sampled_from(["An", "Bo"])})
_ACCEPTANCES = st.tuples(st.sampled_from("xy"), st.sampled_from(["agree", "disagree"])).map(
    lambda each: {
        "url": "http://hl7.org/fhir/StructureDefinition/goal-acceptance",
        "extension": [
            {"url": "individual", "valueReference": {"reference": f"Practitioner/{each[0]}"}},
            {"url": "status", "valueCode": each[1]},
        ],
    }
)

goals: st.SearchStrategy[Goal] = st.fixed_dictionaries(
    {"resourceType": st.just("Goal"), "description": st.fixed_dictionaries({"text": _TEXTS})},
    optional={
        "lifecycleStatus": st.sampled_from(["active", "completed"]),
        "_lifecycleStatus": st.just({"id": "status"}),
        "startDate": st.just("2026-01-01"),
        "startCodeableConcept": st.just({"text": "bij thuiskomst"}),
        "addresses": st.lists(_REFERENCES, min_size=1, max_size=4),
        "target": st.lists(_TARGETS, min_size=1, max_size=3),
        "note": st.lists(_NOTES, min_size=1, max_size=3),
        "extension": st.lists(_ACCEPTANCES, min_size=1, max_size=3),
    },
)
"""Whole goals, of few values, so that two have much in common."""


@st.composite
def threes(draw: st.DrawFn) -> tuple[Goal, Goal, Goal]:
    """A goal, and two made of it: some elements are those of another goal, lists have lost or gained some."""
    base = draw(goals)
    return base, draw(_changed(base)), draw(_changed(base))


def _changed(base: Goal) -> st.SearchStrategy[Goal]:
    names = sorted({*base, "target", "note", "addresses", "extension"} - {"resourceType", "description"})
    return st.builds(
        _with, st.just(base), goals, st.sets(st.sampled_from(names)), st.randoms(use_true_random=False)
    )


def _with(base: Goal, other: Goal, names: set[str], random: Any) -> Goal:
    changed = {name: value for name, value in base.items() if name not in names}
    for name in names:
        mixed = _mixed(base.get(name), other.get(name), random)
        if mixed not in (None, []):
            changed[name] = mixed
    return changed


def _mixed(one: Any, other: Any, random: Any) -> Any:
    if not isinstance(one, list):
        return other
    elements = [each for each in [*one, *(other or [])] if random.random() < 0.7]
    if random.random() < 0.3:
        random.shuffle(elements)
    return elements
