"""Who may put on and take off labels, with `$meta-add` and `$meta-delete` (access law, "Writing", Labels).

https://hl7.org/fhir/R4/resource-operation-meta-add.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from consent.categories import BURDEN, SENSITIVE
from consent.law import Decision
from dzop.access.authorship import is_representative
from dzop.access.judgement import Judgement
from dzop.access.labels import is_labelled_sensitive, kept_meta
from dzop.access.proposal import Proposal
from dzop.access.versions import Before
from dzop.actor import Call
from dzop.definitions.conformance import claimed_issues, is_error
from dzop.fhir.outcome import Forbidden, Unprocessable

NOT_LIFTED: Final = "the label `sensitive` is lifted by the person, the representative or the author only"

_SETS: Final = ("profile", "security", "tag")


def changed(meta: Mapping[str, Any], given: Mapping[str, Any], *, add: bool) -> str:
    """The JSON of a client's own `meta` with what was given added or taken out; labels of ours do not count.

    Two codings are the same when system and code are (https://hl7.org/fhir/R4/resource.html#Meta).
    """
    own, wanted = dict(meta), orjson.loads(kept_meta(given))
    for name in _SETS:
        there, named = own.pop(name, []), wanted.get(name, [])
        known = [_identity(each) for each in there]
        kept = [each for each in there if add or _identity(each) not in map(_identity, named)]
        kept += [each for each in named if add and _identity(each) not in known]
        if kept:
            own[name] = kept
    if add and "source" in wanted:
        own["source"] = wanted["source"]
    return orjson.dumps(own, default=float).decode()


def require_conformance(call: Call, proposal: Proposal, given: Mapping[str, Any]) -> None:
    """Unprocessable when the resource does not do what a profile asks that it is to claim; `system` may say so."""
    claiming = {**proposal.value, "meta": {"profile": given.get("profile", [])}}
    issues = [] if call.actor.is_system else [each for each in claimed_issues(claiming) if is_error(each)]
    if issues:
        raise Unprocessable(*issues)


def sensitive(before: Before, given: Mapping[str, Any], *, add: bool) -> int:
    """The bit of the label as it will be, apart from what the codes of the resource say themselves."""
    if is_labelled_sensitive(given):
        return SENSITIVE if add else 0
    return int(before.row["mask"]) & SENSITIVE


async def decided(
    law: Judgement, call: Call, person: int, before: Before, given: Mapping[str, Any], *, add: bool
) -> Decision | None:
    """The decision on a change of nothing but the label `sensitive`; None where the right to update decides.

    Forbidden when somebody else than the person, the representative or the author would lift it.
    """
    if call.actor.is_system or not is_labelled_sensitive(given):
        return None
    rule = await _owner(law, call, person, before)
    if rule is None and not add:
        raise _refused(law, person, before)
    own = before.proposal.meta
    touches_more = orjson.loads(changed(own, given, add=add)) != dict(own)
    if rule is None or touches_more:
        return None
    return Decision(permit=True, rules=(rule,), matrix_version="")


async def _owner(law: Judgement, call: Call, person: int, before: Before) -> str | None:
    """By which rule the actor decides on the label; a carer's burden is the author's alone."""
    known = await law.facts_of(person)
    if known.closed(call.now) is not None:
        return None
    if "author" in before.kinds:
        return "label:author"
    if int(before.row["mask"]) & BURDEN:
        return None
    if call.actor.individual == known.person:
        return "label:person"
    return "label:representative" if is_representative(known, call) else None


def _refused(law: Judgement, person: int, before: Before) -> Forbidden:
    row = before.row
    law.refuse("update", 403, row["type"], row["id"], person, row["mask"])
    return Forbidden(NOT_LIFTED)


def _identity(each: Any) -> tuple[Any, ...]:
    return (each.get("system"), each.get("code")) if isinstance(each, Mapping) else (each,)
