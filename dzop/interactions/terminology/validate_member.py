"""ValueSet/$validate-code: whether a code is in a value set, and is called so.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dzop.access.vocabulary.answers import Found
from dzop.access.vocabulary.vocabulary import Vocabulary
from dzop.fhir.outcome import Invalid
from dzop.fhir.parameters import Given
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.terminology.asked import Asked, Coded
from dzop.interactions.terminology.designations import is_called, values_of
from dzop.interactions.terminology.faults import told
from dzop.interactions.terminology.named import named_value_set
from dzop.interactions.terminology.verdict import Verdict, answered, judged
from terminology.fault import Fault
from terminology.value_set import Composed


@dataclass(frozen=True, slots=True)
class _Membership:
    """A question of membership: the value set, what it is called, and where codes are looked up."""

    asked: Asked
    vocabulary: Vocabulary
    composed: Composed
    name: str

    async def verdict(self, coded: Coded) -> Verdict:
        if not coded.system:
            system = await self._inferred(coded)
            if system is None:
                return Verdict(False, f"`{coded}` is not in {self.name}.")
            coded = replace(coded, system=system)
        with told("system" if coded.where == "code" else coded.where):
            found = await self.vocabulary.member(self.composed, coded.system, coded.version, coded.code)
        if found is None:
            return Verdict(False, await self._why_not(coded))
        names = values_of(found)
        if coded.display and not is_called(coded.display, names):
            names += values_of(known) if (known := await self._known(coded)) else []
        return judged(self.asked, coded, found, names)

    async def _inferred(self, coded: Coded) -> str | None:
        """The one code system of which the value set has this code; None when there is none."""
        candidates = [(system.url, coded.code) for system, _ in self.composed]
        with told(coded.where):
            found = sorted(system for system, _ in await self.vocabulary.among(self.composed, candidates))
        if len(found) > 1:
            listed = ", ".join(f"`{each}`" for each in found)
            raise Invalid(
                f"`{coded.code}` is a code of several systems in this value set; say which `system`: {listed}",
                expression="system" if coded.where == "code" else f"{coded.where}.system",
            )
        return found[0] if found else None

    async def _why_not(self, coded: Coded) -> str:
        if all(system.url != coded.system for system, _ in self.composed):
            return f"No code of `{coded.system}` is in {self.name}."
        if await self._known(coded) is None:
            return (
                f"`{coded.code}` is no code of `{coded.system}` that is known here, and not in {self.name}."
            )
        return f"`{coded}` is not in {self.name}."

    async def _known(self, coded: Coded) -> Found | None:
        """The concept as its code system has it; None where that does not have it, or is not held."""
        try:
            return (await self.vocabulary.concepts(coded.system, coded.version, [coded.code])).get(coded.code)
        except Fault:
            return None


async def validate_member(ask: Ask, given: Given) -> Answer:
    """200 with `result`, also false; 404 for a value set or version that is not held."""
    asked = Asked(ask, given)
    asked.require_today()
    codings = asked.coded("systemVersion")
    value_set, resource = await named_value_set(asked)
    with told(value_set.where):
        composed = await value_set.vocabulary.composed(resource)
    name = f"`{value_set.url}`" if value_set.url else "the value set"
    membership = _Membership(asked, value_set.vocabulary, composed, name)
    return answered([await membership.verdict(each) for each in codings])
