"""$declare-relation, $break-glass and $revoke: relations of care that are declared, and given up again."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from dzop.access import relation_declaring
from dzop.access.keeping import Written
from dzop.access.reach import is_whole
from dzop.access.relation_declaring import Declared, Evidence, may_break_glass, may_declare, may_prove
from dzop.access.unit import Unit
from dzop.auth.proofs import KINDS, Claim
from dzop.fhir.identifiers import is_ssin
from dzop.fhir.outcome import Forbidden, InsufficientScope, Invalid, Issue, Unprocessable
from dzop.fhir.parameters import Given, parameters
from dzop.fhir.references import SSIN, canonical_system
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes, written

NOT_DECLARING: Final = "a relation of care is declared by a professional, or by an organisation's software"
GLASS_IS_OFF: Final = "declaring an emergency is not offered here"
NOT_BREAKING: Final = "an emergency is declared by a recognised health profession only"
SSIN_OR_IDENTIFIER: Final = "give the number of the person either as `ssin` or as `identifier`"
REASON: Final = "say why in 10 to 200 characters"


async def declare_relation(ask: Ask, given: Given) -> Answer:
    """200 with the person, the Consent and its period, whether the person was known or is entered now.

    403 by who asks and 429 by how often, whatever the data; one constant 422 for all that depends on the person.
    """
    await _require_whole_scope(ask, "$declare-relation")
    if not may_declare(ask.call.actor):
        raise await _forbidden(ask, "$declare-relation", NOT_DECLARING)
    ssin, proof = _ssin(given), given.get("proof")
    if proof not in KINDS:
        text = f"`proof` is one of {', '.join(f'`{each}`' for each in KINDS)}"
        raise Unprocessable(Issue("code-invalid", text, _where("proof", "valueCode")))
    await _counted(ask, "$declare-relation")
    evidence = await _verified(ask, ssin, proof, given.get("evidence") or given.get("cardNumber", ""))

    async def work(unit: Unit) -> Declared:
        return await relation_declaring.declare_relation(unit, ask.call, ssin, proof, evidence)

    return _answer(await ask.service.gateway.commit(ask.call, work))


async def break_glass(ask: Ask, given: Given) -> Answer:
    """200 with the person, the Consent and its period of an hour; refusals as in `$declare-relation`."""
    await _require_whole_scope(ask, "$break-glass")
    if not ask.service.declarations.break_glass:
        raise await _forbidden(ask, "$break-glass", GLASS_IS_OFF)
    if not may_break_glass(ask.call.actor):
        raise await _forbidden(ask, "$break-glass", NOT_BREAKING)
    ssin, reason = _ssin(given), relation_declaring.as_reason(given.get("reason"))
    if reason is None:
        raise Unprocessable(Issue("value", REASON, _where("reason", "valueString")))
    await _counted(ask, "$break-glass")

    async def work(unit: Unit) -> Declared:
        return await relation_declaring.break_glass(unit, ask.call, ssin, reason)

    return _answer(await ask.service.gateway.commit(ask.call, work))


async def revoke(ask: Ask, given: Given) -> Answer:
    """200 with the Consent, now inactive, if the actor may still read it; 404, 409 when not in force, 403."""

    async def work(unit: Unit) -> Written:
        return await relation_declaring.revoke(unit, ask.call, ask.id)

    return written(ask, await ask.service.gateway.commit(ask.call, work))


# -- what they have in common ----------------------------------------------------------------------------


async def _require_whole_scope(ask: Ask, operation: str) -> None:
    """InsufficientScope where the token reaches some persons only: whom this is about is told too late."""
    if not is_whole(ask.call.actor, "Patient", "c"):
        await ask.service.gateway.refused(ask.call, operation, 403, "Patient", "")
        raise InsufficientScope(f"the scopes of this token do not include `{operation}` of everybody")


async def _forbidden(ask: Ask, operation: str, text: str) -> Forbidden:
    await ask.service.gateway.refused(ask.call, operation, 403, "Patient", "")
    return Forbidden(text)


async def _counted(ask: Ask, operation: str) -> None:
    """A transaction of its own: what fails afterwards has been counted."""

    async def work(unit: Unit) -> None:
        await relation_declaring.count(unit, ask.call, operation, ask.service.declarations.most_an_hour)

    await ask.service.gateway.commit(ask.call, work)


async def _verified(ask: Ask, ssin: str, proof: str, text: str) -> Evidence | None:
    """What the verifier of this kind of proof makes of the evidence, before anything is looked up."""
    actor, verify = ask.call.actor, ask.service.declarations.verifier(proof)
    if verify is None or not is_ssin(ssin) or not may_prove(actor, proof):
        return None
    proven = await verify(Claim(ssin, actor.individual, actor.keys, proof), text, ask.call.now)
    if proven is None:
        return None
    return Evidence(sha256(f"{proof}|{proven.nonce}".encode()).digest(), proven.expires)


def _ssin(given: Given) -> str:
    """The number as it was given; whether it is one is told by nothing but the constant refusal."""
    ssin, identifier = given.get("ssin"), given.get("identifier")
    if (ssin is None) == (identifier is None):
        raise Invalid(SSIN_OR_IDENTIFIER, expression="Parameters.parameter")
    if ssin is not None:
        return str(ssin)
    if canonical_system(identifier.get("system") or "") != SSIN or not identifier.get("value"):
        text = f"`identifier` has the `system` {SSIN}, and the number in `value`"
        raise Unprocessable(Issue("value", text, _where("identifier", "valueIdentifier")))
    return str(identifier["value"])


def _where(name: str, element: str) -> str:
    return f"Parameters.parameter.where(name = '{name}').{element}"


def _answer(declared: Declared) -> Answer:
    answer = parameters(
        ("patient", "Reference", {"reference": declared.patient}),
        ("relation", "Reference", {"reference": declared.relation}),
        ("period", "Period", declared.period),
    )
    return Answer(200, json_bytes(answer))
