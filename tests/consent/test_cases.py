"""The casebook, and one generated case per cell of the matrix."""

from __future__ import annotations

import pytest

from consent.categories import CATEGORIES, mask
from consent.law import decide
from consent.matrix import ROLES, load
from consent.professions import PROFESSIONS
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


def test_every_kind_of_rule_permits_somewhere_and_refuses_somewhere() -> None:
    def kinds(outcome: str) -> set[str]:
        return {case.rule.split(":")[0] for case in CASES if case.expect == outcome}

    assert {"relation", "consent", "cell", "setting", "carer-burden", "carer-share"} <= kinds("permit")
    assert {"relation", "consent", "exclusion", "cell", "setting", "carer-burden", "carer-share"} <= kinds(
        "deny"
    )
