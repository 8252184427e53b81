"""Which code systems an expansion takes, and in which versions, when the question says more than the value set.

https://hl7.org/fhir/R4/valueset-operation-expand.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from dzop.access.vocabulary.vocabulary import Vocabulary
from dzop.fhir.outcome import Invalid, Issue
from dzop.interactions.terminology.asked import Asked, split_canonical
from dzop.interactions.terminology.faults import told
from terminology.question import SystemVersion
from terminology.value_set import Composed

__all__ = ["in_versions_asked"]

_NAMES: Final = ("system-version", "check-system-version", "force-system-version")


async def in_versions_asked(asked: Asked, composed: Composed, vocabulary: Vocabulary) -> Composed:
    """What the value set is made of, without `exclude-system`, in the versions that are asked."""
    urls = {system.url for system, _ in composed}
    usual, checked, forced = [await _versions(asked, each, urls, vocabulary) for each in _NAMES]
    for system, _ in composed:
        _require_version(system, checked)
    taken = []
    for system, concepts in composed:
        url = system.url
        version = forced.get(url) or system.version or checked.get(url) or usual.get(url, "")
        taken.append((SystemVersion(url, version), concepts))
    left_out = [split_canonical(each) for each in asked.several("exclude-system")]
    return tuple([each for each in taken if not await _is_among(each[0], left_out, vocabulary)])


async def _versions(
    asked: Asked, name: str, urls: Collection[str], vocabulary: Vocabulary
) -> Mapping[str, str]:
    """The versions by URL, of the code systems that the value set has. Invalid for a canonical without version and for
    two versions of one; 404 for a version that is not held.
    """
    pairs = {split_canonical(each) for each in asked.several(name)}
    if any(not version for _, version in pairs):
        raise Invalid(f"`{name}` is a code system and its version, with `|` between", expression=name)
    found = {url: version for url, version in pairs if url in urls}
    if len(found) < sum(url in urls for url, _ in pairs):
        raise Invalid(f"`{name}` names two versions of one code system", expression=name)
    with told(name):
        for url, version in found.items():
            await vocabulary.code_system(url, version)
    return found


def _require_version(system: SystemVersion, checked: Mapping[str, str]) -> None:
    """Invalid when the value set names another version than must be used."""
    version = checked.get(system.url, system.version)
    if system.version not in ("", version):
        text = f"the value set takes `{system.url}` in version `{system.version}`, not `{version}`"
        raise Invalid(Issue("business-rule", text, "check-system-version"))


async def _is_among(system: SystemVersion, canonicals: list[tuple[str, str]], vocabulary: Vocabulary) -> bool:
    versions = {version for url, version in canonicals if url == system.url}
    if "" in versions or not versions:
        return bool(versions)
    with told("exclude-system"):
        held = await vocabulary.code_system(system.url, system.version)
    return held.version in versions
