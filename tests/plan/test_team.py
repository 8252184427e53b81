"""The agreement of team members, added to what was sent without touching it."""

from __future__ import annotations

from dzop.fhir import json
from dzop.plan.team import MEMBER_AGREEMENT, agreed_participants, agreement

SAID = '{"url":"%s","valueCode":"agreed"}' % MEMBER_AGREEMENT  # noqa: UP031 - braces all over


def team(participants: str) -> json.Source:
    return json.parse(f'{{"resourceType":"CareTeam","participant":{participants}}}'.encode())


def test_a_member_of_whom_nothing_is_said_has_agreed() -> None:
    """The operator's and the person's own entries are agreed."""
    assert f'[{{"member":{{"reference":"Patient/a"}},"extension":[{SAID}]}}]' == agreed_participants(
        team('[{"member":{"reference":"Patient/a"}}]')
    )


def test_what_was_sent_stays_byte_for_byte() -> None:
    """Spaces, decimals and extensions of others are not ours to change."""
    sent = '[ {"extension": [{"url":"u", "valueDecimal":1.10}] , "member":{"display":"é"}} ]'
    expected = f'[{{"extension": [{{"url":"u", "valueDecimal":1.10}},{SAID}] , "member":{{"display":"é"}}}}]'

    assert expected == agreed_participants(team(sent))


def test_a_proposal_stays_a_proposal() -> None:
    """What is said of a member is not said again."""
    sent = f'[{{"extension":[{{"url":"{MEMBER_AGREEMENT}","valueCode":"proposed"}}]}}]'

    assert agreed_participants(team(sent)) is None
    assert agreement(team(sent).value["participant"][0]) == "proposed"


def test_a_team_without_members_needs_nothing() -> None:
    """There is nobody to agree."""
    assert agreed_participants(json.parse(b'{"resourceType":"CareTeam"}')) is None
