"""The casebook, and one generated case per cell of the matrix."""

from __future__ import annotations

import pytest

from consent.categories import CATEGORIES, mask
from consent.law import decide, permitted
from consent.matrix import ROLES, load
from consent.professions import PROFESSIONS
from consent.rules import RULE_KINDS, STEPS, kind_of
from tests.consent.casebook import NOW, Case, cases, read_actor, read_lines

CASES = list(cases())

IN_ROLE = {
    "person": ("Patient/p person",),
    "representative": ("RelatedPerson/rita related-person", "mandate m RelatedPerson/rita documented"),
    "case-manager": ("Practitioner/cas case-manager", "case-management m Practitioner/cas ..2024-12-31"),
    "informal-carer": ("RelatedPerson/rita related-person", "team t RelatedPerson/rita informal-carer"),
    "informal-network": ("RelatedPerson/rita related-person", "team t RelatedPerson/rita"),
    "care-coordinator": ("RelatedPerson/rita related-person", "team t RelatedPerson/rita care-coordinator"),
    "system-client": ("*@Organization/home system-client", "team t Organization/home"),
    "population-analyst": ("Practitioner/nora population-analyst", "team t Practitioner/nora"),
    "no-relation": ("Practitioner/nora health-professional",),
} | {role: (f"Practitioner/nele {role}", "team t Practitioner/nele") for role in PROFESSIONS}
"""For each role an actor who has it, and the facts that give it."""

CELLS = [(category, role) for category in CATEGORIES for role in ROLES]
OTHER_TIES = frozenset({"acting", "addressed", "derived", "shared"})


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case_is_decided_as_told_and_for_the_reason_told(case: Case) -> None:
    decision = case.decide()
    assert (case.expect, True) == ("permit" if decision.permit else "deny", case.rule in decision.rules)
    assert case.step in (None, decision.step)


AT_LARGE = [case for case in CASES if not case.audience & {"aftercare", "reopening"}]


@pytest.mark.parametrize("case", AT_LARGE, ids=[case.name for case in AT_LARGE])
def test_what_is_permitted_at_large_permits_the_case(case: Case) -> None:
    found = permitted(read_actor(case.actor), read_lines(case.facts), case.at, case.action, load())
    ties = {"read": {"acting", "addressed", "derived", "shared"}, "create": set[str]()}.get(
        case.action, {"acting"}
    )
    opened = found.full | (found.own if case.audience & {"author", *ties} else 0)
    ways = [opened]
    ways += [opened | found.authored] if "author" in case.audience else []
    ways += [opened | found.shared] if "shared" in case.audience else []
    bits = mask(case.category)
    assert (case.expect == "permit") == any(bits & ~way == 0 for way in ways)


def test_what_is_permitted_at_large_tells_its_rules() -> None:
    lines = ["sharing c1", "patient p 2008-06-03", "related rita", "settings s1 deny plan correct"]
    mandate = "mandate m1 RelatedPerson/rita documented ground=parenthood"
    facts = read_lines([*lines, mandate])
    found = permitted(read_actor("RelatedPerson/rita related-person"), facts, NOW, "update", load())
    expected = ("carer-burden:author", "relation:mandate:Consent/m1", "setting:Consent/s1#1", "age:decides")
    assert expected == found.rules


@pytest.mark.parametrize(("category", "role"), CELLS)
def test_reading_is_as_wide_as_the_cell_says(category: str, role: str) -> None:
    actor, *relations = IN_ROLE[role]
    facts = read_lines(["sharing c1", "related RelatedPerson/rita", *relations])

    def permits(*audience: str) -> bool:
        categories = mask([category])
        return decide(read_actor(actor), facts, NOW, "read", categories, set(audience), load()).permit

    expected = {"all": (True, True, True), "own": (False, True, True)}.get(
        load().cell(category, role).read, (False, False, False)
    )
    if category == "carer-burden" and actor.endswith("related-person"):
        expected = (False, False, True)  # step 2: its author, always and only
    assert expected == (permits(), permits(*OTHER_TIES), permits("author"))


ONE_OUTCOME = {
    "relation:none": "deny",
    "exclusion": "deny",
    "age:represented": "deny",
    "age:decides": "deny",
    "closing:death": "deny",
    "closing:plan": "deny",
}
"""The rules that can only refuse; every other kind determines permits and refusals."""


@pytest.mark.parametrize("kind", RULE_KINDS)
def test_every_kind_of_rule_permits_somewhere_and_refuses_somewhere(kind: str) -> None:
    outcomes = {case.expect for case in CASES if kind in {kind_of(rule) for rule in case.decide().rules}}
    assert ({ONE_OUTCOME[kind]} if kind in ONE_OUTCOME else {"permit", "deny"}) == outcomes


@pytest.mark.parametrize("step", STEPS)
def test_every_step_refuses_somewhere(step: str) -> None:
    assert [case for case in CASES if case.step == step]


def test_a_decision_that_permits_has_no_step() -> None:
    assert {None} == {decision.step for decision in map(Case.decide, CASES) if decision.permit}


def test_a_refusal_names_a_step() -> None:
    assert {decision.step for decision in map(Case.decide, CASES) if not decision.permit} <= set(STEPS)


def test_no_two_cases_have_one_name() -> None:
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)
