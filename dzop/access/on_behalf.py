"""The Provenance that the server writes when an actor spoke for somebody else.

https://hl7.org/fhir/R4/provenance.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

import orjson

from dzop.access.labels import instant
from dzop.access.proposal import Proposal
from dzop.access.versions import Before, Concerned
from dzop.access.writing import Consequence, Ruled, Rules, Writing, removed_by_categories
from dzop.actor import Actor, Call
from dzop.fhir import json
from dzop.fhir.outcome import Forbidden

UNCHANGED: Final = "a Provenance says what happened and is never changed; write another one"

_AGENT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_ACTIVITY: Final = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"


def provenance(
    call: Call, written: Proposal, version: int, named: Concerned, spoken_for: Sequence[Mapping[str, Any]]
) -> tuple[Consequence, ...]:
    """One that says for whom the actor wrote this version; none when the actor spoke for nobody.

    It concerns the actor, and whomever the resource concerns.
    """
    if not spoken_for:
        return ()
    target, activity = f"{written.type}/{written.id}", "CREATE" if version == 1 else "UPDATE"
    body = {
        "resourceType": "Provenance",
        "id": str(uuid4()),
        "target": [{"reference": f"{target}/_history/{version}"}],
        "recorded": instant(call.now),
        "activity": {"coding": [{"system": _ACTIVITY, "code": activity}]},
        "agent": [
            _agent(who, {"onBehalfOf": each}) for each in spoken_for for who in _capacities(call.actor)
        ],
    }
    proposal = Proposal("Provenance", str(body["id"]), json.parse(orjson.dumps(body, default=str)))
    concerned = [("author", call.actor.individual, "")]
    concerned += [(kind, key, via or f"target:{target}") for kind, key, via in named]
    return (Consequence(proposal, tuple(dict.fromkeys(concerned)), is_new=True),)


def _agent(who: str, for_whom: Mapping[str, Any]) -> Mapping[str, Any]:
    entered = {"coding": [{"system": _AGENT_TYPE, "code": "enterer"}]}
    return {"type": entered, "who": {"reference": who}, **for_whom}


def _capacities(actor: Actor) -> tuple[str, ...]:
    """Who acted, and in which capacity; the PractitionerRole says where."""
    return tuple(who for who in (actor.individual, actor.practitioner_role) if who is not None)


async def ruled(writing: Writing) -> Ruled:
    """A Provenance stands as it was written; only its labels and tags may change."""
    before: Before | None = writing.before
    same = before is None or before.deleted or before.row["kept"] == writing.proposal.body
    if not same and not writing.call.actor.is_system:
        raise Forbidden(UNCHANGED)
    return Ruled(writing.proposal)


RULES = Rules(ruled, removed_by_categories)
