"""The profiles as a page for people: what each asks, a line an element, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dzop.fhir.profiles.definition import Profile, Rule
from dzop.fhir.profiles.registry import PROFILES, profile_of
from terminology.shipped import codes

__all__ = ["profile_page"]

_INTRODUCTION: Final = """\
# Profiles

What Belgium, Europe and dzop ask of a resource beyond R4. `make profiles` makes this page from the tables in
[dzop/fhir/profiles/data](../dzop/fhir/profiles/data); ours are also read at the server, as `StructureDefinition`.

**On a write**, each profile that `meta.profile` claims is checked. What breaks it is refused with 422; a code outside
an extensible value set is stored with a warning. **Extensions of ours** are checked whatever the profile: their value
has the type that is defined, they are there once where once is enough, and in the element they belong to (422); one of
ours that does not exist is a warning. A profile that is not known here, or not in the version that is
claimed, is kept and not checked. What the operator enters (`system`, `dzop load`) is stored also where it breaks a
profile it claims: the data of others are as they are; it is said as a warning. That an element must be supported asks
nothing of a resource.

**On demand**, `POST [type]/$validate` takes a resource, by itself or in `Parameters` with `mode` and `profile`;
`[type]/[id]/$validate` takes new content for that one, and without any says it of what is stored. The answer is 200
with an OperationOutcome, whatever there is to say; a profile asked for that is not known is an error in it
(`not-found`), one that the resource claims is information. It looks at the resource alone: not at who asks, and not
at what it refers to. A reference is held against the types it may lead to; a contained resource against the profiles.

**Codes.** A code outside a value set that R4 itself requires is refused; media types and currencies are known by
their form. `$validate` also tells of codes outside the value sets that R4 binds as extensible (a warning) or
preferred (information). Where a value set is marked with \u2020, its codes are not all shipped: a write is not
checked against it, `$validate` does it [once it is loaded](load-terminology.md). Whatever it is bound to, a code that
its code system does not have is a warning, a `display` that is none of its names information. Of a code system that
is held in part only, nothing is said of a code that is not in that part.

Slicing is open everywhere.
"""
_GUIDES: Final = (
    ("Ours", "https://dzop.example/"),
    ("Belgium", "https://www.ehealth.fgov.be/"),
    ("Europe", "http://hl7.eu/"),
    ("R4", "http://hl7.org/"),
)


def profile_page() -> str:
    """Markdown of all profiles."""
    parts = [_INTRODUCTION]
    for title, start in _GUIDES:
        parts.append(f"## {title}\n")
        parts += [_section(each) for each in PROFILES.values() if each.url.startswith(start)]
    return "\n".join(parts)


def _section(profile: Profile) -> str:
    supported = ", ".join(f"`{rule.at}`" for rule in profile.rules if rule.must_support)
    lines = [line for rule in profile.rules if (line := _line(rule))]
    base = profile_of(profile.base)
    return "\n".join(
        [
            f"### {profile.title} (`{profile.name}`)\n",
            f"{profile.type}, `{profile.url}`" + (f", narrows {_named(base.url)}" if base else "") + ".",
            *([profile.text] if profile.text else []),
            *([f"To be supported: {supported}."] if supported else []),
            *(["", "| element | asks |", "|---|---|", *lines] if lines else []),
            "",
        ]
    )


def _line(rule: Rule) -> str:
    said = [*_said(rule), *([rule.text] if rule.text else [])]
    return f"| `{rule.at}` | {'; '.join(said)} |" if said else ""


def _said(rule: Rule) -> Iterator[str]:
    if count := _count(rule):
        yield count
    if rule.fixed is not None:
        yield f"is `{rule.fixed}`"
    if rule.types:
        yield f"is {_either(rule.types)}"
    if rule.targets:
        yield f"refers to {_either([_named(each) for each in rule.targets])}"
    if rule.profile:
        yield f"is as {_named(rule.profile)} says"
    if rule.value_set:
        mark = "" if codes(rule.value_set) is not None else " \u2020"
        yield f"{rule.strength} codes: `{rule.value_set}`{mark}"
    if rule.sliced:
        yield f"told apart by `{rule.sliced}`"
    if rule.invariants:
        yield f"keeps {', '.join(rule.invariants)}"


def _count(rule: Rule) -> str:
    if rule.max == "0":
        return "must not be there"
    if rule.min:
        return "exactly one" if rule.max == "1" else "at least one"
    return "at most one" if rule.max == "1" else "any number" if rule.max == "*" else ""


def _either(names: list[str] | tuple[str, ...]) -> str:
    return " or ".join(([", ".join(names[:-1])] if names[:-1] else []) + [names[-1]])


def _named(canonical: str) -> str:
    """A profile by its name here, anything else by the last part of its URL."""
    known = profile_of(canonical)
    return f"`{known.name}`" if known else canonical.rpartition("/")[2]
