"""What becomes of a team that somebody sends: a table, and what holds whatever is sent."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from resources import Resource, ours, participant

from dzop.fhir import json
from dzop.fhir.outcome import FhirError
from dzop.plan.team import MEMBER_AGREEMENT, MEMBER_PROPOSER, STATES, Entry, entries
from dzop.plan.team_agreement import (
    DECIDED,
    MISSING,
    NOT_TO_ADD,
    NOT_TO_CHANGE,
    NOT_TO_COORDINATE,
    May,
    Settled,
    require_consistent,
    settle,
)

BASE = "https://dzop.example/fhir"
ACTOR, OTHER, THIRD = "Practitioner/actor", "Practitioner/other", "Practitioner/third"
ROLE = "health-professional"

DECIDES = May(ACTOR, decides=True, proposes=True, agrees=True)
PROPOSES = May(ACTOR, proposes=True, claims=True)
CARES = May(ACTOR, proposes=True, agrees=True)
NEITHER = May(ACTOR)


def entry(
    member: str = OTHER,
    state: str | None = "agreed",
    proposer: str | None = None,
    role: str = ROLE,
    **elements: Any,
) -> Resource:
    found = participant(member, role, **elements)
    if state is None:
        return found
    said: Resource = {"url": MEMBER_AGREEMENT, "valueCode": state}
    if proposer is not None:
        by = {"url": MEMBER_PROPOSER, "valueReference": {"reference": proposer}}
        said["_valueCode"] = {"extension": [by]}
    return {**found, "extension": [said]}


def team(*participants: Resource) -> tuple[Entry, ...]:
    source = json.parse(orjson.dumps({"resourceType": "CareTeam", "participant": participants}))
    return entries(source, BASE, {})


def consistent(before: tuple[Entry, ...], after: tuple[Entry, ...], may: May) -> Settled:
    found = settle(before, after, may)
    require_consistent(before, after, found)
    return found


def settled(before: list[Resource], after: list[Resource], may: May) -> Settled:
    return consistent(team(*before), team(*after), may)


def outcome(before: list[Resource], after: list[Resource], may: May) -> Any:
    """The entries that are kept, as (member, state, end of the period), or why it was refused."""
    try:
        found = settled(before, after, may).entries
    except FhirError as error:
        return error.issues[0].rule or error.issues[0].text
    return [
        (each.value["member"]["reference"], each.state, each.value["period"].get("end")) for each in found
    ]


UNTIL = {"period": {"start": "2020-01-01", "end": "2030-12-31"}}
LATER = {"period": {"start": "2021-01-01"}}
STAYS = [(OTHER, "agreed", None)]


@pytest.mark.parametrize(
    ("may", "expected"),
    [
        (DECIDES, [*STAYS, (THIRD, "agreed", None)]),
        (PROPOSES, [*STAYS, (THIRD, "proposed", None)]),
        (NEITHER, NOT_TO_ADD),
    ],
)
def test_who_decides_adds_and_who_proposes_proposes(may: May, expected: Any) -> None:
    assert outcome([entry()], [entry(), entry(THIRD, None)], may) == expected


@pytest.mark.parametrize("state", [None, "agreed", "declined", "proposed"])
def test_what_a_proposer_adds_waits_whatever_is_said(state: str | None) -> None:
    assert outcome([entry()], [entry(), entry(THIRD, state)], PROPOSES) == [
        *STAYS,
        (THIRD, "proposed", None),
    ]


@pytest.mark.parametrize("state", ["agreed", "declined", "proposed"])
def test_what_who_decides_says_of_an_addition_holds(state: str) -> None:
    assert outcome([entry()], [entry(), entry(THIRD, state)], DECIDES) == [*STAYS, (THIRD, state, None)]


@pytest.mark.parametrize("before", ["agreed", "declined", "proposed"])
@pytest.mark.parametrize("may", [DECIDES, PROPOSES, NEITHER])
def test_an_update_that_says_nothing_of_the_agreement_keeps_it(may: May, before: str) -> None:
    assert outcome([entry(state=before)], [entry(state=None)], may) == [(OTHER, before, None)]


@pytest.mark.parametrize(
    ("before", "after"),
    list(permutations(STATES, 2)),
)
@pytest.mark.parametrize("may", [DECIDES, PROPOSES, CARES, NEITHER])
def test_only_who_decides_changes_the_agreement(may: May, before: str, after: str) -> None:
    expected = [(OTHER, after, None)] if may.decides else DECIDED
    assert outcome([entry(state=before)], [entry(state=after)], may) == expected


def test_the_client_learns_which_entry_is_not_theirs_to_agree() -> None:
    with pytest.raises(FhirError) as refusal:
        settled([entry(THIRD), entry(state="proposed")], [entry(THIRD), entry()], PROPOSES)
    assert refusal.value.issues[0].expression == (
        f"CareTeam.participant[1].extension.where(url = '{MEMBER_AGREEMENT}')"
    )


@pytest.mark.parametrize(
    ("may", "expected"),
    [
        (DECIDES, [(OTHER, "agreed", "2030-12-31")]),
        (PROPOSES, [*STAYS, (OTHER, "proposed", "2030-12-31")]),
        (NEITHER, NOT_TO_CHANGE),
    ],
)
def test_a_changed_period_waits_beside_what_is_agreed(may: May, expected: Any) -> None:
    assert outcome([entry()], [entry(**UNTIL)], may) == expected


@pytest.mark.parametrize(
    ("may", "expected"),
    [
        (DECIDES, [(OTHER, "agreed", None)]),
        (PROPOSES, [(OTHER, "proposed", None), (OTHER, "agreed", None)]),
        (NEITHER, NOT_TO_ADD),
    ],
)
def test_a_changed_role_waits_beside_what_is_agreed(may: May, expected: Any) -> None:
    changed = entry(state=None, role="welfare-professional")
    assert outcome([entry()], [changed], may) == expected


def test_a_change_that_is_sent_again_is_the_same_proposal() -> None:
    before = [entry(), entry(state="proposed", proposer=ACTOR, **UNTIL)]
    assert outcome(before, [entry(state=None, **UNTIL)], PROPOSES) == [
        (OTHER, "proposed", "2030-12-31"),
        *STAYS,
    ]


@pytest.mark.parametrize(
    ("left_out", "may", "expected"),
    [
        (entry(), DECIDES, []),
        (entry(), PROPOSES, MISSING),
        (entry(), NEITHER, MISSING),
        (entry(state="declined"), DECIDES, []),
        (entry(state="declined"), PROPOSES, MISSING),
        (entry(state="declined", proposer=ACTOR), PROPOSES, MISSING),
        (entry(ACTOR, "declined"), NEITHER, MISSING),
        (entry(state="proposed", proposer=THIRD), DECIDES, []),
        (entry(state="proposed", proposer=THIRD), PROPOSES, MISSING),
        (entry(state="proposed", proposer=ACTOR), PROPOSES, []),
        (entry(state="proposed", proposer=ACTOR), NEITHER, []),
        (entry(state="agreed", proposer=ACTOR), PROPOSES, MISSING),
        (entry(ACTOR), PROPOSES, []),
        (entry(ACTOR), NEITHER, []),
        (entry(ACTOR, "proposed"), NEITHER, []),
    ],
)
def test_only_what_is_ones_own_is_left_out(left_out: Resource, may: May, expected: Any) -> None:
    stays = entry(THIRD)
    left = [(THIRD, "agreed", None)] if expected == [] else expected
    assert outcome([stays, left_out], [stays], may) == left


def test_a_member_whom_nobody_recognises_is_left_out_by_nobody_else() -> None:
    nobody = {**entry(), "member": {"display": "Dr. Niemand"}}
    assert outcome([nobody], [], PROPOSES) == MISSING


@pytest.mark.parametrize("may", [PROPOSES, NEITHER])
def test_a_member_may_end_the_own_membership_and_not_prolong_it(may: May) -> None:
    ends = entry(ACTOR, **UNTIL)
    assert outcome([entry(ACTOR)], [ends], may) == [(ACTOR, "agreed", "2030-12-31")]
    assert outcome([ends], [entry(ACTOR)], may) != [(ACTOR, "agreed", None)]


def test_who_leaves_changes_nothing_else_of_the_entry() -> None:
    ends = entry(ACTOR, onBehalfOf={"reference": "Organization/home"}, **UNTIL)
    assert outcome([entry(ACTOR)], [ends], PROPOSES) == [
        (ACTOR, "agreed", None),
        (ACTOR, "proposed", "2030-12-31"),
    ]
    assert outcome([entry(ACTOR)], [ends], NEITHER) == NOT_TO_CHANGE


def test_an_organisation_leaves_through_its_own_software_only() -> None:
    organisation = "Organization/home"
    before = [entry(THIRD), entry(organisation)]
    worker, software = (
        May(ACTOR, organisation, proposes=True),
        May(organisation, organisation, is_software=True),
    )
    assert outcome(before, before[:1], worker) == MISSING
    assert outcome(before, before[:1], software) == [(THIRD, "agreed", None)]


@pytest.mark.parametrize(
    ("proposer", "may", "expected"),
    [
        (ACTOR, PROPOSES, [(OTHER, "proposed", None)]),
        (THIRD, PROPOSES, NOT_TO_CHANGE),
        (THIRD, DECIDES, [(OTHER, "proposed", None)]),
    ],
)
def test_only_the_own_proposal_is_changed(proposer: str, may: May, expected: Any) -> None:
    before = entry(state="proposed", proposer=proposer)
    assert outcome([before], [entry(state=None, **LATER)], may) == expected


def test_a_proposal_names_who_made_it_and_nobody_else_can_be_named() -> None:
    (found,) = settled([], [entry(THIRD, "agreed", OTHER)], PROPOSES).entries
    assert (found.state, found.proposer) == ("proposed", ACTOR)
    (added,) = settled([], [entry(THIRD, "agreed", OTHER)], DECIDES).entries
    assert (added.state, added.proposer) == ("agreed", None)


def test_who_made_a_proposal_stays_known_when_it_is_agreed() -> None:
    (found,) = settled([entry(state="proposed", proposer=THIRD)], [entry(proposer=OTHER)], DECIDES).entries
    assert (found.state, found.proposer) == ("agreed", THIRD)


def test_what_was_declined_stays_and_may_be_proposed_again() -> None:
    declined = entry(state="declined")
    assert outcome([declined], [declined, entry(state=None)], PROPOSES) == [
        (OTHER, "declined", None),
        (OTHER, "proposed", None),
    ]


@pytest.mark.parametrize(
    ("may", "expected"),
    [
        (DECIDES, [(OTHER, "agreed", "2030-12-31")]),
        (PROPOSES, [(OTHER, "proposed", "2030-12-31"), (OTHER, "declined", None)]),
    ],
)
def test_what_differs_from_a_declined_entry_is_another_entry(may: May, expected: Any) -> None:
    assert outcome([entry(state="declined")], [entry(state=None, **UNTIL)], may) == expected


def test_a_proposal_that_is_agreed_takes_the_place_of_what_it_changes() -> None:
    change = entry(state="proposed", proposer=THIRD, **UNTIL)
    agreed = entry(state="agreed", proposer=THIRD, **UNTIL)
    assert outcome([entry(), change], [entry(), agreed], DECIDES) == [(OTHER, "agreed", "2030-12-31")]


@pytest.mark.parametrize(("may", "state"), [(DECIDES, "agreed"), (PROPOSES, "proposed")])
def test_nobody_is_twice_in_the_same_role_at_the_same_time(may: May, state: str) -> None:
    before = [entry(state=state, proposer=ACTOR)]
    assert outcome(before, [*before, entry(state=state, **LATER)], may) == "member-twice"


def test_one_after_the_other_is_not_twice() -> None:
    first = entry(period={"start": "2020-01-01", "end": "2020-12-31"})
    assert outcome([first], [first, entry(**LATER)], DECIDES) == [
        (OTHER, "agreed", "2020-12-31"),
        (OTHER, "agreed", None),
    ]


def test_what_the_operator_entered_twice_hinders_nobody() -> None:
    before = [entry(), entry(**LATER)]
    assert outcome(before, [*before, entry(THIRD)], DECIDES) == [*STAYS, *STAYS, (THIRD, "agreed", None)]


@pytest.mark.parametrize(
    "extension",
    [
        [{"url": MEMBER_AGREEMENT, "valueCode": "accepted"}],
        [{"url": MEMBER_AGREEMENT}],
        [
            {"url": MEMBER_AGREEMENT, "valueCode": "agreed"},
            {"url": MEMBER_AGREEMENT, "valueCode": "declined"},
        ],
    ],
)
@pytest.mark.parametrize("may", [DECIDES, PROPOSES])
def test_an_agreement_is_one_of_three_and_said_once(may: May, extension: list[Resource]) -> None:
    assert outcome([], [{**entry(state=None), "extension": extension}], may) == "member-agreement"


# -- the care coordinator ----------------------------------------------------------------------------------

COORDINATES = "care-coordinator"
WEEK = {"start": "2026-05-04", "end": "2026-05-10"}


@pytest.mark.parametrize(
    ("may", "expected"),
    [
        (PROPOSES, [*STAYS, (OTHER, "proposed", None)]),
        (CARES, NOT_TO_COORDINATE),
        (DECIDES, [*STAYS, (OTHER, "agreed", None)]),
        (NEITHER, NOT_TO_ADD),
    ],
)
def test_a_coordinator_is_proposed_by_who_may_claim(may: May, expected: Any) -> None:
    assert outcome([entry()], [entry(), entry(state=None, role=COORDINATES)], may) == expected


@pytest.mark.parametrize("state", ["agreed", "declined"])
@pytest.mark.parametrize("may", [DECIDES, CARES, PROPOSES, NEITHER])
def test_a_carer_agrees_to_a_coordinator_on_behalf_of_the_person(may: May, state: str) -> None:
    waits, said = (entry(state=each, role=COORDINATES) for each in ("proposed", state))
    expected = [*STAYS, (OTHER, state, None)] if may in (DECIDES, CARES) else DECIDED
    assert outcome([entry(), waits], [entry(), said], may) == expected


def test_a_carer_does_not_agree_to_a_membership_that_comes_with_the_coordination() -> None:
    both = {"role": [ours("role", ROLE), ours("role", COORDINATES)]}
    before, after = [{**entry(state="proposed"), **both}], [{**entry(), **both}]
    assert outcome(before, after, CARES) == DECIDED


def test_a_carer_does_not_undo_an_agreement() -> None:
    before = [entry(), entry(role=COORDINATES)]
    assert outcome(before, [entry(), entry(state="declined", role=COORDINATES)], CARES) == DECIDED


@pytest.mark.parametrize(
    "membership",
    [
        [],
        [entry(state="proposed")],
        [entry(THIRD)],
        [entry(period={"start": "2020-01-01", "end": "2026-05-07"})],
        [entry(period={"start": "2026-05-05"})],
    ],
)
def test_a_coordinator_is_a_member_for_as_long(membership: list[Resource]) -> None:
    after = [*membership, entry(role=COORDINATES, period=WEEK)]
    assert outcome(membership, after, DECIDES) == "coordinator-outside-team"


def test_a_member_who_coordinates_leaves_both() -> None:
    before = [entry(THIRD), entry(ACTOR), entry(ACTOR, role=COORDINATES)]
    assert outcome(before, [before[0], before[2]], NEITHER) == "coordinator-outside-team"
    assert outcome(before, before[:1], NEITHER) == [(THIRD, "agreed", None)]


def handed_over(proposer: str, may: May = DECIDES, during: Resource = WEEK, **coordinator: Any) -> Any:
    """OTHER coordinates; `proposer` proposed THIRD for a week, and that is agreed to."""
    members = [entry(), entry(THIRD)]
    first = entry(role=COORDINATES, **coordinator)
    second = entry(THIRD, "proposed", proposer, role=COORDINATES, period=during)
    agreed = entry(THIRD, "agreed", proposer, role=COORDINATES, period=during)
    found = settled([*members, first, second], [*members, first, agreed], may)
    return [
        (each.value["member"]["reference"], each.state, each.value["period"])
        for each in found.entries
        if each.only_coordinates
    ], found.interruptions


@pytest.mark.parametrize("may", [DECIDES, CARES])
def test_a_coordinator_who_proposed_somebody_for_a_while_is_interrupted(may: May) -> None:
    assert handed_over(OTHER, may) == (
        [
            (OTHER, "agreed", {"start": "2020-01-01", "end": "2026-05-04T00:00:00+02:00"}),
            (OTHER, "agreed", {"start": "2026-05-11T00:00:00+02:00"}),
            (THIRD, "agreed", WEEK),
        ],
        (2, 3),
    )


def test_a_hand_over_at_the_end_leaves_nothing_behind() -> None:
    ends = {"start": "2020-01-01", "end": "2026-05-10"}
    assert handed_over(OTHER, period=ends)[0] == [
        (OTHER, "agreed", {"start": "2020-01-01", "end": "2026-05-04T00:00:00+02:00"}),
        (THIRD, "agreed", WEEK),
    ]


@pytest.mark.parametrize("proposer", [ACTOR, THIRD])
def test_nobody_else_interrupts_a_coordinator(proposer: str) -> None:
    found, interruptions = handed_over(proposer)
    assert (found[0], interruptions) == ((OTHER, "agreed", {"start": "2020-01-01"}), ())


def test_a_coordinator_is_not_interrupted_for_good() -> None:
    found, interruptions = handed_over(OTHER, during={"start": "2026-05-04"})
    assert (found[0], interruptions) == ((OTHER, "agreed", {"start": "2020-01-01"}), ())


# -- whatever is sent ----------------------------------------------------------------------------------------

_STATES = st.sampled_from(("proposed", "agreed", "declined"))
_PERIODS = st.sampled_from(
    ({"start": "2020-01-01"}, {"start": "2021-01-01"}, {"start": "2020-01-01", "end": "2030-01-01"}, {})
)
_ENTRIES = st.builds(
    lambda member, state, proposer, role, period: entry(member, state, proposer, role, period=period),
    st.sampled_from((ACTOR, OTHER, THIRD)),
    _STATES,
    st.sampled_from((ACTOR, OTHER, None)),
    st.sampled_from((ROLE, "welfare-professional", COORDINATES)),
    _PERIODS,
)
_NOBODY = st.just({**entry(), "member": {"display": "Iemand"}})
_TEAMS = st.lists(_ENTRIES | _NOBODY, max_size=5)


@st.composite
def updates(draw: st.DrawFn) -> tuple[list[Resource], list[Resource]]:
    """A team, and one sent in its place: entries kept, changed, left out, and new ones."""
    before = draw(_TEAMS)
    kept = [
        draw(
            st.sampled_from(
                (each, entry(**_changed(each)), {k: v for k, v in each.items() if k != "extension"})
            )
        )
        for each in before
        if draw(st.booleans())
    ]
    return before, draw(st.permutations([*kept, *draw(_TEAMS)]))


def _changed(each: Resource) -> dict[str, Any]:
    return {
        "member": each["member"].get("reference", THIRD),
        "state": "agreed",
        "period": {"start": "2019-01-01"},
    }


@given(updates(), st.sampled_from((PROPOSES, CARES, NEITHER)))
def test_who_does_not_decide_takes_no_agreement_from_anybody_else_and_gives_none(
    update: tuple[list[Resource], list[Resource]], may: May
) -> None:
    before, after = team(*update[0]), team(*update[1])
    try:
        found = consistent(before, after, may).entries
    except FhirError:
        return
    assert _agreed(before, may) == _agreed(found, may)


def _agreed(found: tuple[Entry, ...], may: May) -> list[str]:
    """What is agreed of others than the actor, byte for byte; a carer may agree to coordinators besides."""
    return sorted(
        each.text
        for each in found
        if each.state == "agreed" and not may.is_member(each) and not (may.agrees and each.only_coordinates)
    )


@given(updates())
def test_what_was_sent_and_settled_is_settled(update: tuple[list[Resource], list[Resource]]) -> None:
    """Sending the answer again changes nothing, so a client that reads and writes never surprises."""
    before, after = team(*update[0]), team(*update[1])
    for may in (DECIDES, PROPOSES, NEITHER):
        try:
            found = consistent(before, after, may)
        except FhirError:
            continue
        again = consistent(found.entries, found.entries, may)
        assert [each.text for each in again.entries] == [each.text for each in found.entries]
        assert again.grounds == frozenset()


@given(updates())
def test_nobody_gains_a_longer_membership_alone(update: tuple[list[Resource], list[Resource]]) -> None:
    before, after = team(*update[0]), team(*update[1])
    try:
        found = consistent(before, after, PROPOSES).entries
    except FhirError:
        return
    for each in found:
        if each.state == "agreed":
            assert any(
                each.is_like(old)
                and old.state == "agreed"
                and old.stretch[0] == each.stretch[0]
                and each.stretch[1] <= old.stretch[1]
                for old in before
            ) or each.text in [old.text for old in before]
