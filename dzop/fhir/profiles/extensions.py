"""Are the extensions of ours in a resource as they are defined, whatever profile it claims?

https://hl7.org/fhir/R4/extensibility.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from dzop.fhir.outcome import Issue
from dzop.fhir.profiles.definition import Profile
from dzop.fhir.profiles.registry import profile_of

__all__ = ["extension_issues"]

_MOST: Final = 50
_OURS: Final = "https://dzop.example/fhir/StructureDefinition/"


def extension_issues(value: Mapping[str, Any]) -> list[Issue]:
    """What is wrong with the extensions of ours in a resource, valid R4: their value, their number and their place.

    One that is not known is a warning: it is kept, and nobody reads it.
    """
    if not _has_extension(value):
        return []
    type = str(value.get("resourceType"))
    return list(islice(_within(value, type, type), _MOST))


def _has_extension(node: Any) -> bool:
    """Most resources have none, and are not walked through for their paths."""
    if isinstance(node, list):
        return any(_has_extension(each) for each in node)
    if not isinstance(node, dict):
        return False
    return "extension" in node or any(isinstance(e, dict | list) and _has_extension(e) for e in node.values())


def _within(node: Any, path: str, context: str) -> Iterator[Issue]:
    """`path` is where it stands, `context` the element that it is, as definitions of extensions name it."""
    if isinstance(node, list):
        for number, each in enumerate(node):
            yield from _within(each, f"{path}[{number}]", context)
    elif isinstance(node, Mapping):
        context = str(node.get("resourceType", context))
        yield from _of_element(node.get("extension", ()), f"{path}.extension", context)
        for name, child in node.items():
            if isinstance(child, list | dict):
                yield from _within(child, f"{path}.{name}", _context(context, name.removeprefix("_")))


def _context(above: str, name: str) -> str:
    if name == "extension":
        return "Extension"
    return "Extension.value[x]" if above == "Extension" else f"{above}.{name}"


def _of_element(extensions: Any, path: str, context: str) -> Iterator[Issue]:
    """What is wrong with those that stand in one element."""
    seen = Counter[str]()
    for number, each in enumerate(extensions):
        url, at = str(each.get("url")), f"{path}[{number}]"
        if not url.startswith(_OURS):
            continue
        profile = profile_of(url)
        if profile is None or profile.type != "Extension":
            yield Issue(
                "not-found", f"The extension `{url[:200]}` is not known here; nobody reads it.", at, "warning"
            )
            continue
        seen[url] += 1
        if context not in profile.context.split():
            places = " or ".join(f"`{place}`" for place in profile.context.split())
            yield Issue(
                "structure", f"The extension `{profile.name}` belongs in {places}; leave it out here.", at
            )
        if profile.max != "*" and seen[url] > int(profile.max):
            yield Issue(
                "structure", f"The extension `{profile.name}` is there once at most; leave this one out.", at
            )
        yield from _of_values(each, profile, "", at)


def _of_values(extension: Mapping[str, Any], profile: Profile, within: str, path: str) -> Iterator[Issue]:
    """Values of another type than those of the definition, also further within."""
    rule = next((each for each in profile.rules if each.at == f"{within}value[x]"), None)
    members = (name.removeprefix("_") for name in extension)
    member = next((name for name in members if name.startswith("value")), None)
    # About what the table does not mention, it says nothing.
    allowed = [] if rule is None else [f"value{each[0].upper()}{each[1:]}" for each in rule.types]
    if rule is not None and (member not in allowed if allowed else member is not None):
        named = extension["url"].rpartition("/")[2]
        said = " or ".join(f"`{each}`" for each in allowed) or "no value of its own"
        sent = f"not `{member}`" if member else "and none was sent"
        yield Issue("structure", f"The extension `{named}` has {said}, {sent}.", path)
    for number, each in enumerate(extension.get("extension", ())):
        below = f"{within}extension:{each.get('url')}."
        yield from _of_values(each, profile, below, f"{path}.extension[{number}]")
