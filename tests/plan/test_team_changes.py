"""What the operations make of a team, and how an entry tells its time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.periods import read_period
from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.search.date import EARLIEST, LATEST
from dzop.plan.team import MEMBER_AGREEMENT, Entry, entries
from dzop.plan.team_changes import Named, agreed, claimed, declined, left, proposed

BASE = "https://dzop.example/fhir"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ROLE = '"role":[{"coding":[{"system":"https://dzop.example/fhir/CodeSystem/role","code":"health-professional"}]}]'
OTHER = '{ "member" : {"reference":"Practitioner/other"}, "extension":[{"url":"u","valueDecimal":1.10}] }'


def entry(state: str, member: str = "Practitioner/a", period: str = '{"start":"2020-01-01"}') -> str:
    said = f'{{"url":"{MEMBER_AGREEMENT}","valueCode":"{state}"}}'
    return f'{{{ROLE},"member":{{"reference":"{member}"}},"period":{period},"extension":[{said}]}}'


def team(*participants: str) -> Source:
    joined = ",".join(participants)
    return json.parse(f'{{"resourceType":"CareTeam","participant":[{joined}], "name": "Team"}}'.encode())


def texts(found: Source) -> list[str]:
    start, end = json.members(found.text)["participant"]
    array = found.text[start:end]
    return [array[first:last] for first, last in json.elements(array)]


def test_agreeing_changes_the_agreement_of_that_entry_alone() -> None:
    found = agreed(team(OTHER, entry("proposed")), BASE, Named("Practitioner/a"))
    assert texts(found) == [OTHER, entry("agreed")]


def test_who_leaves_ends_now_and_nothing_else_is_touched() -> None:
    found = left(team(OTHER, entry("agreed")), BASE, {"Practitioner/a"}, NOW)
    ended = '{"start":"2020-01-01","end":"2026-05-04T14:00:00+02:00"}'
    assert texts(found) == [OTHER, entry("agreed", period=ended)]


def test_the_last_one_who_waited_leaves_a_team_without_members() -> None:
    found = left(team(entry("proposed")), BASE, {"Practitioner/a"}, NOW)
    assert "participant" not in found.value
    assert found.value["name"] == "Team"


@pytest.mark.parametrize("state", ["proposed", "agreed"])
def test_what_has_not_begun_is_declined(state: str) -> None:
    later = '{"start":"2030-01-01"}'
    found = declined(team(OTHER, entry(state, period=later)), BASE, Named("Practitioner/a"), "Patient/p", NOW)
    assert texts(found) == [OTHER, entry("declined", period=later)]


def test_who_proposed_an_entry_takes_it_out_and_anybody_else_declines_it() -> None:
    (waits,) = (
        each.said("proposed", "Practitioner/b") for each in entries(team(entry("proposed")), BASE, {})
    )
    found = [
        declined(team(OTHER, waits.text), BASE, Named("Practitioner/a"), actor, NOW).value["participant"][1:]
        for actor in ("Practitioner/b", "Patient/p")
    ]
    assert found == [[], [waits.said("declined", "Practitioner/b").value]]


def test_a_proposal_comes_last_in_the_words_of_the_client() -> None:
    member = {"reference": "Practitioner/b", "display": "Zoë"}
    found = proposed(team(OTHER), BASE, member, [{"text": "arts"}], None, NOW)
    since = '"period":{"start":"2026-05-04T14:00:00+02:00"}'
    assert texts(found) == [
        OTHER,
        f'{{"role":[{{"text":"arts"}}],"member":{{"reference":"Practitioner/b","display":"Zoë"}},{since}}}',
    ]


def test_a_claim_is_of_the_member_as_the_team_names_it() -> None:
    found = claimed(team(OTHER, entry("agreed")), BASE, {"Practitioner/a"}, None, NOW)
    assert found.value["participant"][2] == {
        "role": [
            {"coding": [{"system": "https://dzop.example/fhir/CodeSystem/role", "code": "care-coordinator"}]}
        ],
        "member": {"reference": "Practitioner/a"},
        "period": {"start": "2026-05-04T14:00:00+02:00"},
    }


_TIMES = st.sampled_from(
    (
        None,
        "2026",
        "2026-03",
        "2026-03-29",
        "2026-10-25",
        "2026-03-29T02:30:00+01:00",
        "2026-05-04T12:00:00.123Z",
    )
)


@given(_TIMES, _TIMES)
def test_an_entry_holds_as_long_as_the_law_says(start: str | None, end: str | None) -> None:
    period = {name: value for name, value in (("start", start), ("end", end)) if value is not None}
    law = read_period(period)
    assert Entry("", {"period": period}, None).stretch == (law.start or EARLIEST, law.end or LATEST)
