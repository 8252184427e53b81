"""CareTeam/[id]/$invite: an informal carer is invited, with a code that counts once and a page to print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dzop.access import inviting
from dzop.access.inviting import Invited, Wanted
from dzop.access.labels import instant
from dzop.access.unit import Unit
from dzop.explanation.invited import page_of_invitation
from dzop.explanation.words import WORDS
from dzop.fhir.outcome import Invalid
from dzop.fhir.parameters import Given, parameters
from dzop.fhir.references import read_reference
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes
from dzop.interactions.team import as_concept
from dzop.plan.invitation import INFORMAL_CARER, is_plain, role_of_invited
from dzop.plan.rule import refusal
from dzop.plan.team import Entry

__all__ = ["NAME_OR_RELATED", "invite"]

NAME_OR_RELATED: Final = "give the `name` of who is invited, or `relatedPerson` for who is known here already"
NO_NAME: Final = "a `name` has 1 to 200 characters"


async def invite(ask: Ask, given: Given) -> Answer:
    """200 with the RelatedPerson, the code and the pages; 403 for who may not invite, 422 for whom no code is given,
    429 for who invites too often.
    """
    wanted = _wanted(ask, given)

    async def count(unit: Unit) -> None:
        await inviting.counted(unit, ask.call)

    async def work(unit: Unit) -> Invited:
        return await inviting.invite(unit, ask.call, ask.service.base, ask.id, wanted)

    await ask.service.gateway.commit(ask.call, count)
    return _answer(ask, await ask.service.gateway.commit(ask.call, work))


def _wanted(ask: Ask, given: Given) -> Wanted:
    related, name = given.get("relatedPerson"), given.get("name")
    if (related is None) == (name is None):
        raise Invalid(NAME_OR_RELATED, expression="Parameters.parameter")
    if name is not None and not 1 <= len(name.strip()) <= 200:
        raise Invalid(NO_NAME, expression="Parameters.parameter.where(name = 'name')")
    if name is not None and not is_plain(name.strip()):
        raise refusal("invitation-name", "Parameters.parameter.where(name = 'name')")
    role = as_concept(given.get("role")) if given.get("role") is not None else INFORMAL_CARER
    if role_of_invited(role) is None:
        raise refusal("invitation-role", "Parameters.parameter.where(name = 'role')")
    period = given.get("period")
    if period is not None and Entry("", {"period": period}, None).stretch[1] <= ask.call.now:
        raise refusal("invitation-period", "Parameters.parameter.where(name = 'period')")
    key = None if related is None else read_reference(related, ask.service.base).local or ""
    relationship = given.get("relationship")
    return Wanted(
        (name or "").strip(),
        key,
        None if relationship is None else as_concept(relationship),
        role,
        period,
    )


def _answer(ask: Ask, invited: Invited) -> Answer:
    address = f"{ask.service.issuer}/invitation"
    pages = (
        (
            "page",
            "part",
            (("language", "code", language), ("text", "string", _page(invited, language, address))),
        )
        for language in WORDS
    )
    answer: Mapping[str, Any] = parameters(
        ("relatedPerson", "Reference", {"reference": invited.related}),
        ("code", "string", invited.code),
        ("expires", "instant", instant(invited.until)),
        ("address", "url", address),
        *pages,
    )
    return Answer(200, json_bytes(answer))


def _page(invited: Invited, language: str, address: str) -> str:
    return page_of_invitation(
        WORDS[language], invited.name, invited.person, address, invited.code, invited.until
    )
