"""Every rule that determines a decision, and no other."""

from __future__ import annotations

import pytest

from consent.categories import mask
from consent.law import Decision, decide
from consent.matrix import load
from tests.consent.casebook import NOW, read_actor, read_lines

FACTS = [
    "sharing c1",
    "related rita",
    "team t1 Practitioner/nele",
    "team t2 Practitioner/nele care-coordinator",
    "team t3 RelatedPerson/rita informal-carer",
    "carer-share b1 Practitioner/nele by=RelatedPerson/rita",
    "settings s1 deny Practitioner/nele journal",
    "settings s2 permit Practitioner/nele task",
    "settings s3 permit Practitioner/nele data=QuestionnaireResponse/q",
    "settings s4 permit RelatedPerson/rita data=DocumentReference/d",
]
NELE, RITA = "Practitioner/nele health-professional", "RelatedPerson/rita related-person"
NELES = ("relation:team:CareTeam/t1", "relation:team:CareTeam/t2", "consent:sharing")
RITAS = ("relation:team:CareTeam/t3", "consent:sharing")


def decided(
    actor: str, categories: str, *audience: str, action: str = "read", facts: tuple[str, ...] = ()
) -> Decision:
    known = read_lines([*FACTS, *facts])
    bits = mask(categories.split())
    return decide(read_actor(actor), known, NOW, action, bits, set(audience), load())


@pytest.mark.parametrize(
    ("actor", "categories", "audience", "rules"),
    [
        (NELE, "plan", (), (*NELES, "cell:plan/health-professional", "cell:plan/care-coordinator")),
        (
            NELE,
            "task",
            (),
            (*NELES, "setting:Consent/s2#1", "cell:task/health-professional", "cell:task/care-coordinator"),
        ),
        (NELE, "carer-burden", ("shared",), ("carer-share:Consent/b1",)),
        (RITA, "carer-burden", ("author",), ("carer-burden:author",)),
        (RITA, "carer-burden task", ("author",), ("carer-burden:author", *RITAS, "cell:task/informal-carer")),
        (RITA, "document", ("shared",), (*RITAS, "share:Consent/s4", "cell:document/informal-carer")),
        (RITA, "task", ("shared",), (*RITAS, "cell:task/informal-carer")),
        ("Patient/p person", "task", (), ("relation:own-record", "cell:task/person")),
    ],
)
def test_a_permit_names_what_it_rests_on(
    actor: str, categories: str, audience: tuple[str, ...], rules: tuple[str, ...]
) -> None:
    assert Decision(True, rules, load().version, None) == decided(actor, categories, *audience)


@pytest.mark.parametrize(
    ("actor", "categories", "audience", "rules", "step"),
    [
        (
            NELE,
            "plan journal",
            (),
            (
                *NELES,
                "setting:Consent/s1#1",
                "cell:journal/health-professional",
                "cell:journal/care-coordinator",
            ),
            "settings",
        ),
        (NELE, "carer-burden", (), ("carer-share:Consent/b1",), "carer-burden"),
        ("Patient/p person", "carer-burden", ("author",), ("carer-burden:author",), "carer-burden"),
        (
            "Practitioner/wim welfare-professional",
            "task carer-burden",
            (),
            ("carer-burden:author", "relation:none"),
            "carer-burden",
        ),
        ("Practitioner/wim welfare-professional", "task", (), ("relation:none",), "relation"),
        (RITA, "sensitive", (), (*RITAS, "cell:sensitive/informal-carer"), "sensitive"),
        (
            RITA,
            "sensitive document",
            (),
            (*RITAS, "share:Consent/s4", "cell:document/informal-carer", "cell:sensitive/informal-carer"),
            "matrix",
        ),
    ],
)
def test_a_refusal_names_what_it_rests_on(
    actor: str, categories: str, audience: tuple[str, ...], rules: tuple[str, ...], step: str
) -> None:
    assert Decision(False, rules, load().version, step) == decided(actor, categories, *audience)


def test_a_resource_of_no_category_is_open_to_nobody() -> None:
    assert (False, "matrix") == ((found := decided("Patient/p person", "")).permit, found.step)


def test_writing_names_what_ends_it() -> None:
    found = decided(NELE, "plan", action="update", facts=("plan u completed",))
    cells = ("cell:plan/health-professional", "cell:plan/care-coordinator")
    assert Decision(False, (*NELES, "closing:plan:CarePlan/u", *cells), load().version, "closing") == found


def test_what_is_still_written_is_not_ended() -> None:
    found = decided("Patient/p person", "consent", action="update", facts=("plan u completed",))
    assert Decision(True, ("relation:own-record", "cell:consent/person"), load().version, None) == found
