"""ServiceRequest: anybody around a person raises a need; a case manager is asked for and accepted (`dzop.plan.needs`).

The cells of tasks let not everybody around a person ask for something. Who may send a message to the team may raise a
need: so the law is asked about a message where it does not let the writer make a task.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consent.categories import mask
from consent.law import Decision
from dzop.access.notices import told
from dzop.access.surroundings import capacity, coordinators, is_sensitive, visible
from dzop.access.task_writing import with_authors
from dzop.access.versions import before_of
from dzop.access.writing import Consequence, Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.audience import consent_kinds
from dzop.plan import needs
from dzop.plan.closing_report import TASK_KIND

__all__ = ["RULES", "RULES_OF_CONSENT", "permission"]

_TASK, _MESSAGE = mask(["task"]), mask(["message"])
_AS_AUTHOR: Final = frozenset({"author"})

Request = Mapping[str, Any]


async def permission(writing: Writing) -> Decision | None:
    """The law on raising a need; None where its own cells decide."""
    request, law, person = writing.proposal.value, writing.law, writing.person
    if writing.former is not None or needs.kind(request) is None:
        return None
    if await law.permits(person, "create", _TASK, writing.ties | _AS_AUTHOR):
        return None
    return await law.require(person, "create", _MESSAGE, _AS_AUTHOR, "ServiceRequest", str(request["id"]))


async def ruled(writing: Writing) -> Ruled:
    """The request as it was sent; who coordinates is told of a need, who raised it how it ended."""
    before, after = writing.former, writing.proposal.value
    if writing.call.actor.is_system or needs.kind(after) is None:
        return Ruled(writing.proposal)
    needs.require_consistent(after)
    needs.require_sensitive(after, is_sensitive=is_sensitive(writing))
    if before is None:
        return Ruled(writing.proposal, following=await _asked(writing))
    needs.require_step(before, after, decides=(await capacity(writing)).decides)
    return Ruled(writing.proposal, following=await _ended(writing, before, after))


async def appointed(writing: Writing) -> Ruled:
    """A Consent; one that admits a case manager is the answer to the requests for one that its writer sees."""
    value, was = writing.proposal.value, writing.before
    is_grant = consent_kinds(value) == {"case-management"} and value.get("status") == "active"
    if writing.call.actor.is_system or not is_grant or (was is not None and not was.deleted):
        return Ruled(writing.proposal)
    code = ("code", f"{TASK_KIND}|{needs.CASE_MANAGEMENT}")
    found = await visible(writing, "ServiceRequest", code, ("status", "active,on-hold"))
    following: list[Consequence] = []
    for request in found:
        following += await _answered(writing, request)
    return Ruled(writing.proposal, following=tuple(following))


async def _asked(writing: Writing) -> tuple[Consequence, ...]:
    """Who is asked is told; if nobody is named, who coordinates; if nobody does, the person."""
    request = writing.proposal.value
    whom = request.get("performer") or await coordinators(writing) or (request["subject"],)
    return tuple(await told(writing, "need-raised", *whom)) if request["status"] == "active" else ()


async def _ended(writing: Writing, before: Request, after: Request) -> tuple[Consequence, ...]:
    ended = before["status"] in needs.OPEN and after["status"] in ("completed", "revoked")
    return tuple(await told(writing, "need-ended", *_raised_by(after))) if ended else ()


async def _answered(writing: Writing, request: Request) -> list[Consequence]:
    id = str(request["id"])
    was = await before_of(writing.transaction, writing.call, writing.person, "ServiceRequest", id)
    if was is None or was.deleted:
        return []
    value = needs.appointed({**was.as_it_was.value, "id": id})
    heard = await told(writing, "need-ended", *_raised_by(value), about=f"ServiceRequest/{id}")
    return [with_authors(value, was.authors, writing.base), *heard]


def _raised_by(request: Request) -> tuple[Mapping[str, Any], ...]:
    return (request["requester"],) if "requester" in request else ()


RULES: Final = Rules(ruled, removed_by_categories)
RULES_OF_CONSENT: Final = Rules(appointed, removed_by_categories)
