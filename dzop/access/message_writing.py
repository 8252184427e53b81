"""Communication: a reply stays in its thread, and goes to nobody outside of thread and team; its sender takes it back.

Who may only write in the own thread (access law, `own` in the matrix for `create`) writes to nobody else at all; for
others a new message to somebody outside of the teams they see is remarked on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from consent.law import Decision
from dzop.access import guarded
from dzop.access.seen import around, meant
from dzop.access.surroundings import keeps_labels
from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.fhir import json
from dzop.fhir.outcome import Issue
from dzop.fhir.references import read_reference
from dzop.plan import thread
from dzop.plan.rule import refusal, remark

__all__ = ["RULES", "permission"]

_MOST: Final = 20


async def permission(writing: Writing) -> Decision | None:
    """The law's decision where the author takes back what nobody may change: who may write such a thing may.

    None where more changes, and where the cells let the writer update it.
    """
    before, person = writing.before, writing.person
    if before is None or before.deleted or "author" not in before.kinds:
        return None
    mask, type, id = before.row["mask"], writing.proposal.type, writing.proposal.id
    if await writing.law.permits(person, "update", mask, before.kinds) or not keeps_labels(writing):
        return None
    if not thread.only_taken_back(json.parse(before.row["kept"]).value, writing.proposal.value):
        return None
    return await writing.law.require(person, "create", mask, before.kinds, type, id)


async def ruled(writing: Writing) -> Ruled:
    """A Communication as it was sent; Unprocessable where it leaves its thread."""
    value, base = writing.proposal.value, writing.base
    if writing.call.actor.is_system:
        return Ruled(writing.proposal)
    if writing.before is None or writing.before.deleted:
        thread.require_sent(value)
        thread.require_signed(value)
    if _goes_where_it_went(writing):
        return Ruled(writing.proposal)
    # Scopes narrow what is answered, not whom somebody may write to.
    writing = replace(writing, call=writing.call.unbounded)
    replied = await _read(writing, thread.answered(value, base))
    thread.require_in_thread(value, replied, base)
    outside = await _outside(writing, replied)
    if outside and (replied or await _only_in_thread(writing)):
        raise refusal("recipient-outside-thread", f"Communication.recipient[{outside[0]}]")
    return Ruled(writing.proposal, remarks=(*thread.said(value, base), *_remarked(outside)))


def _goes_where_it_went(writing: Writing) -> bool:
    """Whether it names the same people in the same thread as before, who may have left the team meanwhile."""
    before, value = writing.before, writing.proposal.value
    if before is None or before.deleted:
        return False
    former = before.as_it_was.value
    return all(value.get(each) == former.get(each) for each in ("recipient", "inResponseTo", "partOf"))


async def _only_in_thread(writing: Writing) -> bool:
    is_message = thread.is_message(writing.proposal.value)
    return is_message and await writing.law.right(writing.person, "create", "message") == "own"


async def _outside(writing: Writing, replied: Sequence[Mapping[str, Any]]) -> list[int]:
    """The places of the recipients who are in no team that the writer sees, and in none of these threads."""
    base, keys = writing.base, thread.recipients(writing.proposal.value, writing.base)
    named = frozenset(key for key in keys if key is not None)
    if not named:
        return []
    first = [id for each in replied for id in thread.first_messages(each, base)]
    known = thread.in_thread([*replied, *await _read(writing, first)], base) | await around(writing)
    means = await meant(writing, named)
    stated = writing.proposal.value["recipient"]
    return [
        place
        for place, key in enumerate(keys)
        if key is not None and known.isdisjoint(means[key]) and not _is_by_number(stated[place], base)
    ]


async def _read(writing: Writing, ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Those of these messages about this person that the writer sees; of very many the first only."""
    known = list(dict.fromkeys(ids))[:_MOST]
    found = [await guarded.read(writing.transaction, writing.call, "Communication", id) for id in known]
    return [
        orjson.loads(each.served)
        for each in found
        if each is not None and not each.deleted and each.person == writing.person
    ]


def _is_by_number(recipient: Mapping[str, Any], base: str) -> bool:
    """Whether a person is named by number only: the number is looked up when the message is placed."""
    named = read_reference(recipient, base)
    return named.type == "Patient" and named.id is None


def _remarked(outside: Sequence[int]) -> tuple[Issue, ...]:
    return tuple(remark("recipient-outside-team", f"Communication.recipient[{place}]") for place in outside)


RULES: Final = Rules(ruled, removed_by_categories)
