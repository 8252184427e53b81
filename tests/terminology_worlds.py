"""Generated code systems with a hierarchy, sets of their concepts, and questions about them."""

from __future__ import annotations

from hypothesis import strategies as st

from terminology.concept import Concept, Designation, Property
from terminology.concept_set import AllOf, AnyOf, ConceptSet, Every, Filter, Listed, ListedConcept, Without
from terminology.question import Wanted

CODES = ("A", "b", "a-1", "a-10", "10", "20", "é", "A B", "x|y")
STRANGERS = ("a", "B", "nowhere")
"""Codes that a system has only when it is not case sensitive, and one that it never has."""
TEXTS = ("Œdème aigu", "oedeem", "acute pain", "Pijn, acuut", "Schmerz 10%_x", "pain", "")
EXPRESSIONS = (
    "a.*",
    "[A-Za-z]",
    "[^a-z]+",
    r"\d{2}",
    "(A|b|pain)",
    "true|a-1?0?",
    "x[|]y",
    ".*é.*",
    r"\w+ .*",
)
COMPARED = ("http://other.example|A", "20", "true", "false", "A, b,10", "nowhere", *TEXTS[:-1])
NAMES = ("concept", "code", "display", "parent", "child", "inactive", "notSelectable", "kind", "flag", "none")

_chance = st.sampled_from
_designations = st.builds(
    Designation,
    _chance(("nl", "fr", "nl-BE", "")),
    _chance(TEXTS),
    _chance((("", "", ""), ("http://snomed.info/sct", "900000000000003001", "FSN"))),
)
_properties = st.one_of(
    st.builds(Property, st.just("kind"), _chance(("code", "string")), _chance(("A", "b", "pain"))),
    st.builds(Property, st.just("kind"), st.just("integer"), _chance((10, 20))),
    st.builds(
        Property,
        st.just("kind"),
        st.just("Coding"),
        _chance(({"system": "http://other.example", "code": "A"}, {"code": "b", "display": "B"})),
    ),
    st.builds(Property, st.just("flag"), st.just("boolean"), st.booleans()),
)


@st.composite
def systems(draw: st.DrawFn) -> tuple[Concept, ...]:
    """The concepts of a code system, those above before those below."""
    codes = draw(st.lists(_chance(CODES), unique=True, max_size=len(CODES)))
    return tuple(
        Concept(
            code,
            draw(_chance(TEXTS)),
            "",
            tuple(draw(st.lists(_designations, max_size=2))),
            tuple(draw(st.lists(_properties, max_size=2))),
            tuple(draw(st.lists(_chance(codes[:place]), unique=True, max_size=2))) if place else (),
            draw(st.booleans()),
            draw(st.booleans()),
        )
        for place, code in enumerate(codes)
    )


_filters = st.one_of(
    st.builds(
        Filter, _chance(("concept", "code")), _chance(("is-a", "descendent-of", "is-not-a", "generalizes")),
        _chance((*CODES, *STRANGERS)),
    ),
    st.builds(Filter, _chance(NAMES), _chance(("=", "in", "not-in")), _chance((*CODES, *STRANGERS, *COMPARED))),
    st.builds(Filter, _chance(NAMES), st.just("regex"), _chance(EXPRESSIONS)),
    st.builds(Filter, _chance(NAMES), st.just("exists"), _chance(("true", "false"))),
)  # fmt: skip
_listed = st.builds(
    Listed,
    st.lists(
        st.builds(ListedConcept, _chance((*CODES, *STRANGERS)), _chance(("", "own name"))), max_size=4
    ).map(tuple),
)


def _more(sets: st.SearchStrategy[ConceptSet]) -> st.SearchStrategy[ConceptSet]:
    several = st.lists(sets, max_size=3).map(tuple)
    some = st.lists(sets, min_size=1, max_size=3).map(tuple)
    return st.builds(AnyOf, several) | st.builds(AllOf, some) | st.builds(Without, sets, sets)


concept_sets: st.SearchStrategy[ConceptSet] = st.recursive(
    st.builds(Every) | _listed | _filters, _more, max_leaves=5
)
wanted = st.builds(
    Wanted,
    _chance(((), ("pain",), ("ac", "p"), ("oede",), ("10",), ("zzz",))),
    st.booleans(),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(8, 12),
)
