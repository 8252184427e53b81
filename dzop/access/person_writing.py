"""Patient, RelatedPerson: what says who somebody is, and of what age, is not for those who care to change.

By the number a person is found; the date of birth says until when a parent represents a child, and from when on
a young person decides (access law, "Writing": the person never changes). By the number an informal carer or a
representative logs in: whoever changed it would hand their access to somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consent.decisions import DECISIONS
from consent.relations import birthday
from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.outcome import Forbidden
from dzop.fhir.references import SSIN, canonical_system

NOT_THE_NUMBER: Final = (
    "a national number is entered, changed and removed by the registry only; send it as it was"
)
NOT_WHO_LOGS_IN: Final = (
    "by a national number somebody logs in: it is changed by the person whose plan it is, or the registry; send it "
    "as it was"
)
NOT_THE_BIRTH: Final = (
    "a date of birth, by which somebody comes of age, is changed by the registry only; send it as it was"
)


async def ruled(writing: Writing) -> Ruled:
    """The Patient as it was sent; Forbidden where it says that this is somebody else, or of another age."""
    if writing.before is not None and not writing.call.actor.is_system:
        then, now = writing.before.as_it_was.value, writing.proposal.value
        if _numbers(then) != _numbers(now):
            raise Forbidden(NOT_THE_NUMBER, expression="Patient.identifier")
        if then.get("birthDate") != now.get("birthDate") and not await _may_add(writing, then, now):
            raise Forbidden(NOT_THE_BIRTH, expression="Patient.birthDate")
    return Ruled(writing.proposal)


async def ruled_related(writing: Writing) -> Ruled:
    """The RelatedPerson as it was sent; Forbidden where somebody else than the person makes it another one's."""
    actor, before = writing.call.actor, writing.before
    if before is None or _numbers(before.as_it_was.value) == _numbers(writing.proposal.value):
        return Ruled(writing.proposal)
    of_registry = actor.is_system or actor.is_registrar
    if not of_registry and actor.individual != (await writing.law.facts_of(writing.person)).person:
        raise Forbidden(NOT_WHO_LOGS_IN, expression="RelatedPerson.identifier")
    return Ruled(writing.proposal)


async def _may_add(writing: Writing, then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """What is not known yet may be told by the person; by others, where it takes no right from an adult."""
    if "birthDate" in then:
        return False
    if writing.call.actor.individual == (await writing.law.facts_of(writing.person)).person:
        return True
    of_age = birthday(now, DECISIONS.age_of_majority)
    return of_age is not None and of_age <= writing.call.now


def _numbers(value: Mapping[str, Any]) -> frozenset[Any]:
    found = [each for each in value.get("identifier", ()) if canonical_system(each.get("system", "")) == SSIN]
    return frozenset(each.get("value") for each in found)


RULES: Final = Rules(ruled, removed_by_categories)
RULES_OF_RELATED: Final = Rules(ruled_related, removed_by_categories)
