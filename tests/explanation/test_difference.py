"""What changed in a plan is told so that people understand it, in four languages."""

from __future__ import annotations

from typing import Any

import pytest
from resources import DZOP, Resource, entity, ours, ref

from dzop.explanation.difference import NAMING, name_of, told_difference
from dzop.explanation.words import WORDS
from dzop.fhir.profiles.registry import PROFILES
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.structure import structure_of_resource
from dzop.fhir.verbatim import Number
from dzop.plan import reviews
from dzop.plan.belonging import TYPES
from dzop.plan.plan_difference import between
from terminology.content import LANGUAGES

GOAL = {"resourceType": "Goal", "description": {"text": "Naar de markt"}}
NAMES = {"Practitioner/an": "An Peeters"}


def told(language: str, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    found = between({"Goal/a": {**GOAL, **before}}, {"Goal/a": {**GOAL, **after}})
    return [told_difference(WORDS[language], each, NAMES) for each in found]


CHANGES: list[tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = [
    (
        {"lifecycleStatus": "active"},
        {"lifecycleStatus": "completed"},
        {
            "nl": "Doel ‘Naar de markt’, toestand: eerst ‘we werken hieraan’, nu ‘klaar’.",
            "fr": "Objectif « Naar de markt », état : avant « nous y travaillons », maintenant « terminé ».",
            "de": "Ziel „Naar de markt“, Stand: vorher „wir arbeiten daran“, jetzt „fertig“.",
            "en": "Goal ‘Naar de markt’, state: was ‘we are working on it’, is now ‘done’.",
        },
    ),
    (
        {"startDate": "2026-03-01"},
        {"startDate": "2026-05-02"},
        {
            "nl": "Doel ‘Naar de markt’, begin: eerst 1 maart 2026, nu 2 mei 2026.",
            "fr": "Objectif « Naar de markt », début : avant 1er mars 2026, maintenant 2 mai 2026.",
            "de": "Ziel „Naar de markt“, Beginn: vorher 1. März 2026, jetzt 2. Mai 2026.",
            "en": "Goal ‘Naar de markt’, beginning: was 1 March 2026, is now 2 May 2026.",
        },
    ),
    (
        {},
        {"note": [{"text": "Elke week"}]},
        {
            "nl": "Doel ‘Naar de markt’, notitie: toegevoegd: ‘Elke week’.",
            "fr": "Objectif « Naar de markt », note : ajouté : « Elke week ».",
            "de": "Ziel „Naar de markt“, Notiz: hinzugefügt: „Elke week“.",
            "en": "Goal ‘Naar de markt’, note: added: ‘Elke week’.",
        },
    ),
    (
        {"expressedBy": {"reference": "Practitioner/an"}},
        {},
        {
            "nl": "Doel ‘Naar de markt’, wie het uitsprak: weggehaald: ‘An Peeters’.",
            "fr": "Objectif « Naar de markt », qui l’a exprimé : enlevé : « An Peeters ».",
            "de": "Ziel „Naar de markt“, wer es geäußert hat: entfernt: „An Peeters“.",
            "en": "Goal ‘Naar de markt’, who expressed it: taken out: ‘An Peeters’.",
        },
    ),
    (
        {"expressedBy": {"reference": "Practitioner/x"}},
        {"expressedBy": {"reference": "Practitioner/y"}},
        {
            "nl": "Doel ‘Naar de markt’, wie het uitsprak: gewijzigd.",
            "fr": "Objectif « Naar de markt », qui l’a exprimé : modifié.",
            "de": "Ziel „Naar de markt“, wer es geäußert hat: geändert.",
            "en": "Goal ‘Naar de markt’, who expressed it: changed.",
        },
    ),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("before", "after", "expected"), CHANGES)
def test_a_change_is_one_sentence(
    language: str, before: dict[str, Any], after: dict[str, Any], expected: dict[str, str]
) -> None:
    assert told(language, before, after) == [expected[language]]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            {
                "target": [
                    {"measure": {"text": "m"}, "detailQuantity": {"value": Number("1.0"), "unit": "kg"}}
                ]
            },
            {
                "target": [
                    {"measure": {"text": "m"}, "detailQuantity": {"value": Number("1.50"), "unit": "kg"}}
                ]
            },
            "target value: was 1.0, is now 1.50",
        ),
        (
            {},
            {"target": [{"measure": {"text": "Gewicht"}, "dueDate": "2026-01-01"}]},
            "target: added: ‘Gewicht’",
        ),
        (
            {"extension": [{"url": "http://x/goal-acceptance", "valueCode": "agree"}]},
            {"extension": [{"url": "http://x/goal-acceptance", "valueCode": "disagree"}]},
            "who agrees: was ‘agree’, is now ‘disagree’",
        ),
        ({}, {"implicitRules": "http://x"}, "another detail: added: ‘http://x’"),
        ({"text": {"div": "<div>a</div>"}}, {"text": {"div": "<div>b</div>"}}, "written summary: changed"),
        (
            {"note": [{"text": "a", "id": "1"}, {"text": "b", "id": "2"}]},
            {"note": [{"text": "b", "id": "2"}, {"text": "a", "id": "1"}]},
            "note: in another order",
        ),
        (
            {},
            {"note": [{"text": "a", "time": "2026-01-01T10:00:00+01:00"}]},
            "note: added: ‘a’",
        ),
        ({}, {"statusDate": "2026-02"}, "date of the state: added: ‘2026-02’"),
    ],
)
def test_what_was_and_is_stands_in_it_where_it_can_be_said(
    before: dict[str, Any], after: dict[str, Any], expected: str
) -> None:
    assert told("en", before, after) == [f"Goal ‘Naar de markt’, {expected}."]


def test_a_long_text_is_cut() -> None:
    (said,) = told("en", {}, {"note": [{"text": "x" * 500}]})
    assert said == f"Goal ‘Naar de markt’, note: added: ‘{'x' * 159}…’."


def test_every_type_that_belongs_to_a_plan_has_a_name_in_plain_words() -> None:
    assert set(TYPES) - set(WORDS["en"].texts["element"]) == set()


def test_every_element_of_these_types_that_people_write_has_a_name_in_plain_words() -> None:
    named = WORDS["en"].texts["element"]
    elements = {
        (element.choice or name)
        for type in ("CarePlan", "Goal", "Task")
        if (structure := structure_of_resource(type)) is not None
        for name, element in structure.elements.items()
        if not element.sibling
    }
    technical = {
        "groupIdentifier", "id", "implicitRules", "instantiatesCanonical", "instantiatesUri", "insurance", "meta",
        "modifierExtension", "relevantHistory", "replaces",
    }  # fmt: skip
    assert elements - set(named) == technical


def test_names_are_looked_for_in_types_that_there_are() -> None:
    assert set(NAMING) - set(RESOURCE_TYPES) == set()


def test_what_has_no_name_is_told_by_its_kind() -> None:
    assert name_of({"resourceType": "QuestionnaireResponse"}, "nl") == ""


CONTEXTS = ("CarePlan", "Goal", "Task", "Appointment", "CareTeam", "Communication", "Extension")


def test_every_extension_of_ours_in_a_plan_has_a_name_in_plain_words() -> None:
    named = {
        each.url.rpartition("/")[2]
        for each in PROFILES.values()
        if each.type == "Extension" and each.url.startswith(DZOP)
        for context in each.context.split()
        if context.partition(".")[0] in CONTEXTS
    }
    assert named - set(WORDS["en"].texts["element"]) == set()


def new(language: str, resource: Resource) -> str:
    """What is said of something that came to belong to a plan."""
    (found,) = between({}, {f"{resource['resourceType']}/new": resource})
    return told_difference(WORDS[language], found, {})


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nl", "Nieuw in het plan: observatie ‘welbevinden’ (9 november 2026): 15."),
        ("fr", "Nouveau dans le plan : observation « bien-être » (9 novembre 2026) : 15."),
        ("de", "Neu im Plan: Beobachtung „Wohlbefinden“ (9. November 2026): 15."),
        ("en", "New in the plan: observation ‘well-being’ (9 November 2026): 15."),
    ],
)
def test_a_new_score_is_told_with_its_name_its_day_and_what_it_says(language: str, expected: str) -> None:
    code = {**ours("instrument-score", "well-being"), "text": "welbevinden"}
    score = entity("Observation/new", code=code, effectiveDateTime="2026-11-09", valueInteger=Number("15"))
    assert new(language, score) == expected


def test_what_there_is_many_a_time_is_told_with_its_moment() -> None:
    visit = entity("Appointment/new", start="2027-01-03T10:00:00+01:00", description="Huisbezoek")
    assert new("en", visit) == "New in the plan: appointment ‘Huisbezoek’ (3 January 2027 at 10:00)."


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nl", "Nieuw in het plan: taak ‘opnieuw bekijken: past het nog?’."),
        ("fr", "Nouveau dans le plan : tâche « revoir ensemble : est-ce encore bon ? »."),
        ("de", "Neu im Plan: Aufgabe „neu ansehen: passt es noch?“."),
        ("en", "New in the plan: task ‘look at it again: does it still fit?’."),
    ],
)
def test_a_task_of_the_server_is_told_in_one_language(language: str, expected: str) -> None:
    plan = entity("CarePlan/plan", subject=ref("Patient/jet"))
    assert new(language, reviews.task(plan, "2026-12-01", None, [], "Patient/jet", "")) == expected


def test_the_day_of_review_has_a_name() -> None:
    url = f"{DZOP}/StructureDefinition/review-due"
    before, after = ({"extension": [{"url": url, "valueDate": day}]} for day in ("2026-11-16", "2026-12-16"))
    assert told("en", before, after) == [
        "Goal ‘Naar de markt’, by when to look at it again: was 16 November 2026, is now 16 December 2026."
    ]
