"""Whether codes are of the value sets that their elements are bound to, asked of all that is held, loaded ones too.

https://hl7.org/fhir/R4/terminologies.html#strength
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from dzop.access.vocabulary.vocabulary import Vocabulary
from dzop.fhir.bound import Bound
from dzop.fhir.outcome import Issue
from dzop.fhir.profiles.conformance import SEVERITIES
from terminology.fault import Fault
from terminology.value_set import Composed

__all__ = ["binding_issues"]

MOST: Final = 1_000
Coded = tuple[str | None, str]


async def binding_issues(vocabulary: Vocabulary, bound: Sequence[Bound]) -> list[Issue]:
    """A code outside a required value set is an error, outside an extensible one a warning, outside a preferred one
    information; words alone do unless a code is required. Of a value set that a profile names and that is not held,
    that it was not checked is information. No more than MOST elements are looked at.
    """
    first = bound[:MOST]
    asked: dict[str, set[Coded]] = defaultdict(set)
    for each in first:
        asked[each.binding.value_set].update(each.codings)
    outside = {url: await _outside(vocabulary, url, codings) for url, codings in asked.items()}
    return [issue for each in first if (issue := _issue(each, outside[each.binding.value_set])) is not None]


async def _outside(
    vocabulary: Vocabulary, value_set: str, codings: Iterable[Coded]
) -> frozenset[Coded] | None:
    """Those that are certainly not in the value set; None when that cannot be told from what is held."""
    try:
        composed = await vocabulary.composed(value_set)
        inside = await _inside(vocabulary, composed, codings)
    except Fault:
        return None
    systems = frozenset(system.url for system, _ in composed)
    return frozenset(
        [
            each
            for each in codings
            if each not in inside and not (each[0] in systems and await _may_exist(vocabulary, *each))
        ]
    )


async def _inside(vocabulary: Vocabulary, composed: Composed, codings: Iterable[Coded]) -> frozenset[Coded]:
    complete = [(system, code) for system, code in codings if system is not None]
    bare = [code for system, code in codings if system is None]
    members = [(None, code) for code in bare if await vocabulary.member(composed, None, "", code)]
    return frozenset((*await vocabulary.among(composed, complete), *members))


async def _may_exist(vocabulary: Vocabulary, system: str | None, code: str) -> bool:
    """Whether the code system is held only in part, and not with this code."""
    try:
        held = await vocabulary.code_system(str(system))
        return held.content == "fragment" and not await vocabulary.concepts(held.url, held.version, [code])
    except Fault:
        return False


def _issue(bound: Bound, outside: frozenset[Coded] | None) -> Issue | None:
    strength, value_set = bound.binding.strength, bound.binding.value_set
    by = f" (profile `{bound.by}`)" if bound.by else ""
    if outside is None:
        text = f"The codes of `{value_set}` are not all held here; `{bound.name}` was not checked{by}."
        return Issue("informational", text, bound.path, "information") if bound.by else None
    if not outside.issuperset(bound.codings) or (not bound.codings and strength != "required"):
        return None
    text = f"`{bound.name}` has no code of `{value_set}`{_WISHES[strength] if not bound.by else by}."
    return Issue("code-invalid", text, bound.path, SEVERITIES[strength])


_WISHES: Final[Mapping[str, str]] = {
    "required": "",
    "extensible": ", which R4 asks for where one fits",
    "preferred": ", which R4 prefers",
}
