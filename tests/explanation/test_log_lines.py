from typing import Any

import pytest

from dzop.access.explaining.log import Entry, entries, people_in
from dzop.access.logged import Logged
from dzop.explanation.words import WORDS
from terminology.content import LANGUAGES

SYSTEM = "https://dzop.example/fhir/CodeSystem"
KNOWN = {
    "Practitioner/a": "Ann",
    "Practitioner/b": "Bert",
    "Organization/o": "De Linde",
    "Patient/p": "Jet",
}


def event(
    recorded: str,
    who: str,
    interaction: str,
    *categories: str,
    outcome: str = "0",
    rules: tuple[str, ...] = (),
) -> Logged:
    """An AuditEvent with what the lines are made of."""
    labels = [{"system": f"{SYSTEM}/data-category", "code": each} for each in (*categories, "access-log")]
    resource: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "meta": {"security": labels},
        "recorded": recorded,
        "subtype": [{"system": "http://hl7.org/fhir/restful-interaction", "code": interaction}],
        "outcome": outcome,
        "agent": [
            {
                "who": {"reference": who} if "/" in who else {"display": who},
                "role": [{"coding": [{"system": f"{SYSTEM}/role", "code": "health-professional"}]}],
                "requestor": True,
            },
            {"who": {"reference": "Organization/o"}, "requestor": False},
        ],
        "entity": [{"detail": [{"type": "rule", "valueString": rule} for rule in rules]}] if rules else [],
    }
    return Logged(0, resource)


def lines(*events: Logged, language: str = "nl") -> list[Entry]:
    return entries(WORDS[language], events, KNOWN, "Patient/p")


def test_alike_events_of_a_day_are_one_line_with_its_first_and_last() -> None:
    morning, noon = "2026-01-05T08:00:00+00:00", "2026-01-05T12:00:00+00:00"
    [line] = lines(
        event(noon, "Practitioner/a", "read", "task"), event(morning, "Practitioner/a", "read", "task")
    )
    assert (line.count, line.first.isoformat(), line.last.isoformat()) == (2, morning, noon)


def test_midnight_in_brussels_parts_two_days() -> None:
    before, after = "2026-01-05T22:59:59+00:00", "2026-01-05T23:00:00+00:00"
    found = lines(
        event(before, "Practitioner/a", "read", "task"), event(after, "Practitioner/a", "read", "task")
    )
    assert [each.count for each in found] == [1, 1]


@pytest.mark.parametrize(
    "other",
    [
        event("2026-01-05T09:00:00+00:00", "Practitioner/b", "read", "task"),
        event("2026-01-05T09:00:00+00:00", "Practitioner/a", "read", "message"),
        event("2026-01-05T09:00:00+00:00", "Practitioner/a", "update", "task"),
        event("2026-01-05T09:00:00+00:00", "Practitioner/a", "read", "task", outcome="4"),
    ],
)
def test_what_differs_is_a_line_of_its_own(other: Logged) -> None:
    assert len(lines(event("2026-01-05T08:00:00+00:00", "Practitioner/a", "read", "task"), other)) == 2


def test_the_newest_comes_first() -> None:
    found = lines(
        event("2026-01-05T08:00:00+00:00", "Practitioner/a", "read", "task"),
        event("2026-01-06T08:00:00+00:00", "Practitioner/b", "read", "task"),
    )
    assert [each.name for each in found] == ["Bert", "Ann"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_emergency_comes_first_and_is_marked(language: str) -> None:
    glass = ("relation:break-glass:Consent/x", "consent:sharing")
    [first, second] = lines(
        event("2026-01-06T08:00:00+00:00", "Practitioner/b", "read", "task"),
        event("2026-01-05T08:00:00+00:00", "Practitioner/a", "read", "task", rules=glass),
        language=language,
    )
    assert (first.break_glass, second.break_glass) == (True, False)
    assert first.text.startswith(WORDS[language].say("log", "break_glass", sentence="Ann"))


def test_of_a_refusal_it_is_told_what_forbade_it() -> None:
    rules = ("relation:team:CareTeam/t", "consent:none", "cell:task/health-professional")
    [line] = lines(
        event("2026-01-05T08:00:00+00:00", "Practitioner/a", "read", "task", outcome="4", rules=rules)
    )
    assert line.reason == "Er is geen geldige toestemming van Jet om het plan te delen."


def test_a_rule_that_nobody_knows_any_more_gives_no_reason() -> None:
    [line] = lines(
        event("2026-01-05T08:00:00+00:00", "Practitioner/a", "read", "task", rules=("relation:moon",))
    )
    assert line.reason is None


def test_who_is_not_known_goes_by_the_reference() -> None:
    [line] = lines(event("2026-01-05T08:00:00+00:00", "RelatedPerson/x", "read", "task"))
    assert line.text == "RelatedPerson/x (zorgverlener, De Linde) heeft de taken en aanvragen gelezen."


def test_whose_names_are_looked_up_is_everybody_in_the_events() -> None:
    named = people_in(
        [event("2026-01-05T08:00:00+00:00", "Practitioner/a", "read"), event("2026-01-05", "system", "read")]
    )
    assert named == ["Practitioner/a", "Organization/o"]
