"""What a search asks of terminology, and what it makes of the answers."""

import pytest
from answering import SYSTEMS, TERMINOLOGY
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.outcome import Invalid
from dzop.fhir.search.clause import AllOf, AnyOf, Chain
from dzop.fhir.search.match import matches
from dzop.fhir.search.query import read_query
from dzop.fhir.search.terminology import MOST_CODES, Question, Unanswered
from dzop.fhir.search.token import Codes
from terminology.fault import Fault

BASE = "https://dzop.example/fhir"
ANIMALS = "https://x.example/CodeSystem/animals"
PETS = "https://x.example/ValueSet/pets"
IN = Question("in", PETS)


def _read(*parameters, answers, type="Task", lenient=False):
    return read_query(type, parameters, base=BASE, lenient=lenient, answers=answers)


def _asked(*parameters, answers=None):
    with pytest.raises(Unanswered) as raised:
        _read(*parameters, answers=answers or {})
    return raised.value.questions


def _codes(*codes, system=ANIMALS):
    return Codes(system, frozenset(codes))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("code:in", PETS, [IN]),
        ("code:not-in", f"{PETS}|2,{PETS}", [Question("in", f"{PETS}|2"), IN]),
        ("code:in", f"{BASE}/ValueSet/pets", [Question("in", "ValueSet/pets")]),
        ("code:in", "http://snomed.info/sct?fhir_vs=isa/73211009",
         [Question("in", "http://snomed.info/sct?fhir_vs=isa/73211009")]),
        ("code:below", f"{ANIMALS}|cat,{ANIMALS}|bird",
         [Question("below", "cat", ANIMALS), Question("below", "bird", ANIMALS)]),
        ("code:above", f"{ANIMALS}|cat", [Question("above", "cat", ANIMALS)]),
        ("focus:Goal.category:in", PETS, [IN]),
        ("_has:Task:focus:code:below", f"{ANIMALS}|cat", [Question("below", "cat", ANIMALS)]),
        ("_filter", f"status eq a and not (code in {PETS})", [IN]),
        ("_filter", f'code sb "{ANIMALS}|cat"', [Question("above", "cat", ANIMALS)]),
    ],
)  # fmt: skip
def test_what_is_not_yet_known_is_asked(name, text, expected):
    assert expected == list(_asked((name, text)))


def test_only_what_is_not_yet_known_is_asked():
    known = {IN: (_codes("cat"),)}

    assert (Question("below", "cat", ANIMALS),) == _asked(
        ("code:in", PETS), ("code:below", f"{ANIMALS}|cat"), answers=known
    )


@pytest.mark.parametrize("lenient", [True, False])
def test_a_question_is_asked_also_where_what_cannot_be_used_is_left_out(lenient):
    with pytest.raises(Unanswered):
        _read(("code:in", PETS), answers={}, lenient=lenient)


def test_without_a_terminology_value_sets_are_refused():
    with pytest.raises(Invalid):
        _read(("code:in", PETS), answers=None)


def test_all_codes_of_a_system_are_one_value():
    answers = {IN: (_codes("cat"), _codes("a", system="s")), Question("in", "b"): (_codes("bird"),)}
    (criterion,) = _read(("code:in", f"{PETS},b"), answers=answers).criteria

    assert (_codes("cat", "bird"), _codes("a", system="s")) == criterion.values


def test_codes_of_the_system_that_goes_without_saying_are_kept_without_it():
    system = "http://hl7.org/fhir/task-status"
    (criterion,) = _read(("status:in", PETS), answers={IN: (_codes("draft", system=system),)}).criteria

    assert (_codes("draft", system=""),) == criterion.values


@pytest.mark.parametrize(("modifier", "expected"), [("in", AnyOf(())), ("not-in", AllOf(()))])
def test_nothing_is_in_an_empty_value_set(modifier, expected):
    assert (expected,) == _read((f"code:{modifier}", PETS), answers={IN: ()}).criteria


@pytest.mark.parametrize("code", ["not-found", "invalid", "processing", "not-supported"])
def test_what_cannot_be_told_is_refused_with_the_reason(code):
    with pytest.raises(Invalid) as refused:
        _read(("code:in", PETS), answers={IN: Fault(code, "the moon is not held here")})

    (issue,) = refused.value.issues
    assert ("invalid", "http.code:in", True) == (
        issue.code, issue.expression, "the moon is not held here" in issue.text
    )  # fmt: skip


def test_what_cannot_be_told_is_left_out_when_lenient():
    fault = Fault("not-found", "the moon is not held here")
    query = _read(("code:in", PETS), answers={IN: fault}, lenient=True)

    assert ((), True) == (query.criteria, "the moon is not held here" in query.ignored[0])


@pytest.mark.parametrize("lenient", [True, False])
def test_what_is_too_costly_is_refused_also_when_lenient(lenient):
    with pytest.raises(Invalid) as refused:
        _read(("code:in", PETS), answers={IN: Fault("too-costly", "too many")}, lenient=lenient)

    assert [("too-costly", "http.code:in")] == [(each.code, each.expression) for each in refused.value.issues]


def _many(number):
    return {IN: (Codes(ANIMALS, frozenset(map(str, range(number)))),)}


def test_as_many_codes_as_are_taken_are_one_condition():
    (criterion,) = _read(("code:in", PETS), answers=_many(MOST_CODES)).criteria

    assert MOST_CODES == len(criterion.values[0].codes)


@pytest.mark.parametrize(
    "parameters",
    [[("code:in", PETS)] * 2, [("focus.code:in", PETS)], [("_filter", f"code in {PETS} or code in {PETS}")]],
)
def test_codes_are_counted_in_all_conditions_of_a_search(parameters):
    with pytest.raises(Invalid) as refused:
        _read(*parameters, answers=_many(MOST_CODES))

    assert ["too-costly"] == [each.code for each in refused.value.issues]


def test_a_chain_asks_of_what_is_referenced():
    (chain,) = _read(("focus:Goal.category:in", PETS), answers={IN: (_codes("cat"),)}).criteria

    assert (True, (_codes("cat"),)) == (isinstance(chain, Chain), chain.targets[0][1].values)


_TREE = SYSTEMS[ANIMALS]


def _is_at_or_below(code, other):
    return code == other or (bool(_TREE[code]) and _is_at_or_below(_TREE[code], other))


@given(st.sampled_from(sorted(_TREE)), st.sampled_from(sorted(_TREE)))
def test_a_task_of_a_code_is_found_below_whatever_is_above_it(code, asked):
    task = {"resourceType": "Task", "id": "t", "code": {"coding": [{"system": ANIMALS, "code": code}]}}
    (below,) = _read(("code:below", f"{ANIMALS}|{asked}"), answers=TERMINOLOGY).criteria
    (above,) = _read(("code:above", f"{ANIMALS}|{asked}"), answers=TERMINOLOGY).criteria

    assert (_is_at_or_below(code, asked), _is_at_or_below(asked, code)) == (
        matches(task, below, BASE), matches(task, above, BASE)
    )  # fmt: skip


@pytest.mark.parametrize("system", ["", "https://x.example/CodeSystem/other"])
def test_a_code_of_another_system_is_not_found(system):
    task = {"resourceType": "Task", "id": "t", "code": {"coding": [{"system": system, "code": "cat"}]}}
    (below,) = _read(("code:below", f"{ANIMALS}|cat"), answers=TERMINOLOGY).criteria

    assert not matches(task, below, BASE)
