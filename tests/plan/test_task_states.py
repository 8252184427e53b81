"""The states of a Task: R4's codes, each with what follows on it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.outcome import FhirError
from dzop.plan.task_owner import Speaker
from dzop.plan.task_states import BEGUN, CLOSED, NEXT, OFFERED, OPEN, OWNED, follows
from dzop.plan.tasks import ruled

BASE = "https://dzop.example/fhir"
STATES = (
    "draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold",
    "failed", "completed", "entered-in-error",
)  # fmt: skip
WHO = ("nurse", "gp", "helper")
ROUNDS = st.lists(
    st.tuples(st.sampled_from(WHO), st.sampled_from(STATES), st.none() | st.sampled_from(WHO)), max_size=20
)


def test_every_state_of_r4_is_open_or_closed() -> None:
    assert sorted((*OPEN, *CLOSED)) == sorted(STATES)


def test_every_state_says_what_follows() -> None:
    assert sorted(NEXT) == sorted(STATES)


def test_from_every_open_state_a_task_can_be_done_given_up_or_entered_in_error() -> None:
    ends = ("completed", "cancelled", "failed", "entered-in-error")
    assert [(was, now) for was in OPEN for now in ends if not follows(was, now)] == []


def test_what_is_closed_stays_closed() -> None:
    assert [(was, now) for was in CLOSED for now in STATES if was != now and follows(was, now)] == [
        (was, "entered-in-error") for was in CLOSED if was != "entered-in-error"
    ]


def test_work_that_was_accepted_begins_and_is_done_without_ready_between() -> None:
    assert [follows("accepted", "in-progress"), follows("in-progress", "completed")] == [True, True]


@given(ROUNDS)
def test_nobody_has_agreed_to_a_task_but_who_said_so(rounds: list[tuple[str, str, str | None]]) -> None:
    """Whatever three members without special rights try, in any order: the machine by what it may never do."""
    task, agreed = {"status": "requested", "owner": {"reference": "Practitioner/nurse"}}, set[str]()
    for writer, status, owner in rounds:
        after = {
            "status": status,
            **({} if owner is None else {"owner": {"reference": f"Practitioner/{owner}"}}),
        }
        try:
            ruled(task, after, Speaker(frozenset({f"Practitioner/{writer}"}), decides=False), BASE)
        except FhirError:
            continue
        assert task["status"] not in CLOSED or status in (task["status"], "entered-in-error")
        assert status not in OWNED or owner is not None
        if owner == writer and status not in OFFERED:
            agreed.add(writer)
        elif status in OFFERED:
            agreed.clear()
        assert status not in (*BEGUN, "rejected") or owner in agreed
        task = after
