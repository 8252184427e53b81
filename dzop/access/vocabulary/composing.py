"""From the canonical of a value set to what is in it, with all that it imports put in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dzop.access.vocabulary.choosing import implied, value_set
from dzop.access.vocabulary.library import Library
from terminology.fault import Fault
from terminology.value_set import Composed, compose, imports, require_few

__all__ = ["Composing", "definition"]

Resource = Mapping[str, Any]
_DEEPEST: Final = 20
_MOST: Final = 200
# https://hl7.org/fhir/R4/snomedct.html#implicit
_SNOMED: Final = re.compile(
    r"(?P<system>http://snomed\.info/x?sct)(?P<edition>/[0-9]+(?:/version/[0-9]+)?)?\?fhir_vs(?:=(?P<which>.*))?"
)
_IS_A: Final = re.compile(r"isa/([0-9]{6,18})")


async def definition(libraries: Sequence[Library], canonical: str, version: str = "") -> Resource:
    """The ValueSet: one that is held, or that a code system or SNOMED CT implies. Fault `not-found`."""
    url, _, named = canonical.partition("|")
    found = value_set(libraries, url, named or version)
    resource = await found[1].value_set(found[0]) if found else None
    if resource is None:
        resource = _implicit(libraries, url, named or version)
    if resource is None:
        asked = f"{url}|{named or version}" if named or version else url
        raise Fault("not-found", f"the value set `{asked}` is not held here")
    return resource


class Composing:
    """One value set on its way; those that are imported more than once are composed once."""

    def __init__(self, libraries: Sequence[Library]) -> None:
        self._libraries = libraries
        self._composed: dict[str, Composed] = {}

    async def composed(self, resource: Resource, above: tuple[str, ...] = ()) -> Composed:
        """What is in it; `above` are the canonicals of the value sets that import it, the outermost first.

        Fault `processing` for a cycle, `too-costly` when too many are imported.
        """
        name = f"{resource.get('url', '')}|{resource.get('version', '')}"
        if name != "|" and name in above:
            ring = " imports ".join(f"`{each.rstrip('|')}`" for each in (*above[above.index(name) :], name))
            raise Fault("processing", f"the value set {ring}; take one of the imports out")
        if len(above) >= _DEEPEST or len(self._composed) >= _MOST:
            raise Fault(
                "too-costly",
                f"the value set `{above[0]}` imports more than {_MOST} others, or {_DEEPEST} deep",
            )
        imported = {url: await self._imported(url, (*above, name)) for url in imports(resource)}
        found = compose(resource, imported)
        require_few(found)
        return found

    async def _imported(self, canonical: str, above: tuple[str, ...]) -> Composed:
        if canonical not in self._composed:
            resource = await definition(self._libraries, canonical)
            self._composed[canonical] = await self.composed(resource, above)
        return self._composed[canonical]


def _implicit(libraries: Sequence[Library], url: str, version: str) -> Resource | None:
    """The value set that a code system names as that of all its codes, or one of SNOMED CT."""
    if (found := implied(libraries, url, version)) is not None:
        held = found.held
        return _of(url, {"system": held.url} | ({"version": held.version} if held.version else {}))
    snomed = _SNOMED.fullmatch(url)
    if snomed is None:
        return None
    include: dict[str, Any] = {"system": snomed["system"]}
    if snomed["edition"] or version:
        include["version"] = version or snomed["system"] + snomed["edition"]
    if snomed["which"] is not None:
        include["filter"] = [{"property": "concept", "op": "is-a", "value": _root(snomed["which"], url)}]
    return _of(url, include)


def _root(which: str, url: str) -> str:
    """The concept of `isa/ID`."""
    if found := _IS_A.fullmatch(which):
        return found[1]
    raise Fault("not-supported", f"of `{url}` only `?fhir_vs` and `?fhir_vs=isa/` with a concept are offered")


def _of(url: str, include: Resource) -> Resource:
    return {"resourceType": "ValueSet", "url": url, "status": "active", "compose": {"include": [include]}}
