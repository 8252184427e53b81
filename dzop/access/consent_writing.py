"""Consent: what is consistent, and who may write, change and end which kind (access law, "Writing").

| kind | by whom | besides |
|---|---|---|
| sharing, settings, exclusion, grant, case-management | whoever the cells of `consent` let: person, representative | |
| mandate | the person, a registrar | never who is named in it; one by guardianship is not for the person to end |
| therapeutic-relation, break-glass | nobody: they are declared | whoever the cells let may end them, no more |
| carer-share | the carer | category carer-burden: the law lets nobody else |
| none of ours | whoever the cells of its categories let | |

`system` may write all of them, and is held to what is consistent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from consent.categories import ALL
from consent.law import Decision, permitted
from consent.parties import role_named
from consent.relations import GROUND
from consent.remarks import provisions
from consent.validation import KINDS, Remark, remarks
from dzop.access import case_management
from dzop.access.guarded import shape_of
from dzop.access.judgement import Judgement
from dzop.access.proposal import Proposal
from dzop.access.registering import REGISTERED
from dzop.access.versions import Before, before_of
from dzop.access.writing import Consequence, Permission, Removal, Ruled, Rules, Writing
from dzop.actor import Call
from dzop.fhir import json
from dzop.fhir.audience import consent_kinds
from dzop.fhir.outcome import Forbidden, Issue, Unprocessable
from dzop.fhir.paths import values
from dzop.fhir.references import Reference, actor_key, read_reference
from dzop.store import grants

NOT_YOURS: Final = "a mandate is registered by the person or by a registrar, never by who is named in it"
BY_GUARDIAN: Final = (
    "what a guardian set is changed by the guardian, and guardianship ends where it was ordered"
)
DECLARED: Final = "this is declared with an operation, and never written or changed: it can only be ended"
OTHER_KIND: Final = "a consent keeps its kind: end this one, and write another"
ABOUT_YOU: Final = (
    "what the person keeps from you stays as it is, and nobody gives himself anything: ask the person"
)
NOT_TO_OPEN: Final = "this entry is not known, or you may not open it to others: leave it out"

_IN_FORCE: Final = ("active", "draft", "proposed")
_ENDED: Final = ("inactive", "entered-in-error")


async def permission(writing: Writing) -> Decision | None:
    """The decision on this kind of Consent; None where the cells decide, Forbidden for who may not in spite of them."""
    kinds = consent_kinds(writing.proposal.value)
    if writing.call.actor.is_system:
        return None
    where = (writing.law, writing.call, writing.person, writing.before, writing.base)
    await _require_freedom(*where, writing.proposal.value)
    await _require_others(*where, writing.proposal.value)
    return await _PERMISSIONS.get(min(kinds, default=""), _by_cells)(writing)


async def ruled(writing: Writing) -> Ruled:
    """The Consent as it was sent; Unprocessable for what is inconsistent, with where and how to mend it."""
    value, before = writing.proposal.value, writing.before
    kinds = consent_kinds(value)
    if before is not None and not before.deleted and consent_kinds(before.as_it_was.value) != kinds:
        raise Unprocessable(OTHER_KIND, expression="Consent.category")
    if not kinds:
        return Ruled(writing.proposal)
    issues = [_issue(each) for each in await _remarks(writing, kinds)]
    if errors := [each for each in issues if each.severity == "error"]:
        raise Unprocessable(*errors)
    await _require_entries(writing)
    return Ruled(writing.proposal, tuple(issues), await _following(writing, min(kinds)))


async def removed(removal: Removal) -> None:
    """A Consent is deleted by whoever the cells let, with what the kinds add to that."""
    if removal.call.actor.is_system:
        return
    await _require_freedom(removal.law, removal.call, removal.person, removal.before, removal.base, {})
    value = removal.before.as_it_was.value
    await _require_others(removal.law, removal.call, removal.person, removal.before, removal.base, {})
    if "mandate" in consent_kinds(value):
        if removal.call.actor.individual != (await removal.law.facts_of(removal.person)).person:
            raise Forbidden(NOT_YOURS)
        _require_no_guardian(value)


# -- who may ---------------------------------------------------------------------------------------------


async def _by_cells(_: Writing) -> Decision | None:
    """The cells of the categories decide: the caller asks the law."""
    return None


async def _by_person_or_registrar(writing: Writing) -> Decision | None:
    actor, before = writing.call.actor, writing.before
    values_now_and_then = [writing.proposal.value, *([before.as_it_was.value] if before else [])]
    named = {key for each in values_now_and_then for key in _named_in(each, writing.base)}
    if not named.isdisjoint(actor.keys):
        raise Forbidden(NOT_YOURS)
    if actor.is_registrar and before is None:
        return REGISTERED
    if actor.individual != (await writing.law.facts_of(writing.person)).person:
        raise Forbidden(NOT_YOURS)
    if before is not None and not before.deleted:
        _require_no_guardian(before.as_it_was.value)
    return None


async def _only_ended(writing: Writing) -> Decision | None:
    before = writing.before
    if before is None or before.deleted:
        raise Forbidden(DECLARED)
    then, now = json.parse(before.row["kept"]).value, json.parse(writing.proposal.body).value
    same_state = now.get("status") == then.get("status")
    if {**then, "status": ""} != {**now, "status": ""} or not (same_state or now.get("status") in _ENDED):
        raise Forbidden(DECLARED)
    return None


_PERMISSIONS: Final[Mapping[str, Permission]] = {
    "mandate": _by_person_or_registrar,
    "therapeutic-relation": _only_ended,
    "break-glass": _only_ended,
}


async def _require_freedom(
    law: Judgement, call: Call, person: int, before: Before | None, base: str, value: Mapping[str, Any]
) -> None:
    """The person undoes what a representative set, but not what a guardian did, nor keeps a guardian out."""
    known = await law.facts_of(person)
    guardians = {
        each.party.individual
        for each in known.relations
        if each.kind == "representative" and each.ground == "guardianship" and each.period.covers(call.now)
    }
    if call.actor.individual != known.person or not guardians:
        return
    undone = before is not None and not guardians.isdisjoint(before.authors)
    if undone or _about(value, "deny", frozenset(guardians), base):
        raise Forbidden(BY_GUARDIAN)


async def _require_others(
    law: Judgement, call: Call, person: int, before: Before | None, base: str, value: Mapping[str, Any]
) -> None:
    """Who represents the person neither lifts what is kept from him, nor gives himself anything; a guardian may."""
    known, actor = await law.facts_of(person), call.actor.individual
    mandates = [
        each
        for each in known.relations
        if each.kind == "representative" and each.party.individual == actor and each.period.covers(call.now)
    ]
    if not mandates or any(each.ground == "guardianship" for each in mandates):
        return
    then = {} if before is None or before.deleted else before.as_it_was.value
    keys = frozenset(call.actor.keys)
    denied, still = _about(then, "deny", keys, base), _about(value, "deny", keys, base)
    given = [] if consent_kinds(value) == {"mandate"} else _about(value, "permit", keys, base)
    had = _about(then, "permit", keys, base)
    if any(each not in still for each in denied) or any(each not in had for each in given):
        raise Forbidden(ABOUT_YOU, expression="Consent.provision")


def _about(
    value: Mapping[str, Any], verb: str, keys: frozenset[str | None], base: str
) -> list[Mapping[str, Any]]:
    """The provisions in force that deny, or permit, something to these actors or to whoever represents the person.

    A setting that denies without an actor denies it to everyone.
    """
    root = value.get("provision") or {}
    if value.get("status") != "active":
        return []
    is_settings = consent_kinds(value) == {"settings"}
    return [
        {**provision, "provision": (), "within": root.get("period")}
        for _, provision in provisions(root)
        if provision.get("type") == verb
        and (_names(provision, keys, base) or (is_settings and verb == "deny" and not provision.get("actor")))
    ]


def _names(provision: Mapping[str, Any], keys: frozenset[str | None], base: str) -> bool:
    named = [actor.get("reference") or {} for actor in provision.get("actor") or []]
    return any(actor_key(each, base) in keys or role_named(each) == "representative" for each in named)


def _require_no_guardian(value: Mapping[str, Any]) -> None:
    """Guardianship is ended where it was ordered, and not by who is under it."""
    is_guardianship = "guardianship" in values(value, f"extension({GROUND}).valueCode")
    if is_guardianship and value.get("status") == "active":
        raise Forbidden(BY_GUARDIAN)


# -- what is consistent ----------------------------------------------------------------------------------


async def _remarks(writing: Writing, kinds: frozenset[str]) -> tuple[Remark, ...]:
    """Errors and warnings; several kinds at once, and one we do not know, are errors in every state."""
    value, share, others = writing.proposal.value, ALL, []
    matrix = (await writing.law.in_force()).active.matrix
    if len(kinds) > 1 or not kinds <= KINDS.keys():
        return remarks({**value, "status": "active"}, matrix)
    if not writing.call.actor.is_system:
        known = await writing.law.facts_of(writing.person)
        share = permitted(shape_of(writing.call.actor), known, writing.call.now, "share", matrix).full
    if "settings" in kinds:
        rows = await writing.transaction.rows(grants.FACTS, person=writing.person, types=["Consent"])
        bodies = [orjson.loads(row["body"]) for row in rows]
        others = [each for each in bodies if _goes_with(each, writing.proposal)]
    return remarks(value, matrix, share, others)


def _goes_with(other: Mapping[str, Any], proposal: Proposal) -> bool:
    is_other = other["id"] != proposal.id and other.get("status") == "active"
    return is_other and consent_kinds(other) == {"settings"}


def _issue(remark: Remark) -> Issue:
    return Issue(remark.code, remark.text, remark.expression, remark.severity)


async def _require_entries(writing: Writing) -> None:
    """Single entries that are opened are the person's, and the writer's to read and to share.

    What is hidden is refused in the words for what is not there.
    """
    value = writing.proposal.value
    if writing.call.actor.is_system or value.get("status") not in _IN_FORCE:
        return
    for path, provision in provisions(value.get("provision") or {}):
        for number, data in enumerate(provision.get("data") or []):
            if not await _may_open(writing, read_reference(data.get("reference") or {}, writing.base)):
                raise Unprocessable(NOT_TO_OPEN, expression=f"{path}.data[{number}].reference")


async def _may_open(writing: Writing, entry: Reference) -> bool:
    if entry.type is None or entry.id is None:
        return False
    where = (writing.person, entry.type, entry.id)
    before = await before_of(writing.transaction, writing.call, *where)
    if before is None or before.deleted:
        return False
    mask, law = before.row["mask"], writing.law
    return all([await law.permits(writing.person, each, mask, before.kinds) for each in ("read", "share")])


# -- what follows ----------------------------------------------------------------------------------------


async def _following(writing: Writing, kind: str) -> tuple[Consequence, ...]:
    return await case_management.report_asked_for(writing) if kind == "case-management" else ()


def _named_in(value: Mapping[str, Any], base: str) -> frozenset[str]:
    """The actor keys of those whom a consent is about."""
    return frozenset(
        key for element in values(value, "provision.actor.reference") if (key := actor_key(element, base))
    )


RULES: Final = Rules(ruled, removed)
