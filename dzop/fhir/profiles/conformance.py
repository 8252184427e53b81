"""Does a resource do what a profile asks? One walk over the tree of its rules.

What is asked of an element holds only where its parent is; slicing is open, as it is in all profiles known here.
https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from dzop.fhir.bindings import RESOURCE_TYPE_NAMES, Binding
from dzop.fhir.bound import Bound, codings_of
from dzop.fhir.outcome import Issue
from dzop.fhir.paths import values
from dzop.fhir.profiles.definition import Profile, Rule
from dzop.fhir.profiles.invariants import PROFILE_INVARIANTS
from dzop.fhir.profiles.registry import ancestry, nodes_of, profile_of, type_of
from dzop.fhir.profiles.tree import Node, Slice
from terminology.shipped import Codes, codes

__all__ = ["SEVERITIES", "conformance", "unchecked"]

MAX_ISSUES: Final = 50
SEVERITIES: Final = {"required": "error", "extensible": "warning", "preferred": "information"}
"""How bad it is that an element has no code of its value set, by the strength of the binding."""
_LITERAL: Final = re.compile(r"(?:[^#]*/)?([A-Z][A-Za-z]++)/[A-Za-z0-9.-]{1,64}(?:/_history/[^/]++)?")


def conformance(value: Mapping[str, Any], profile: Profile) -> list[Issue]:
    """What keeps a resource, valid R4, from conforming to a profile and to those which that one narrows.

    A code outside an extensible value set is a warning, outside a preferred one information; codes of value sets
    that are not shipped are not checked. That an element must be supported asks nothing of a resource.
    """
    return _walked(value, profile).issues[:MAX_ISSUES]


def unchecked(value: Mapping[str, Any], profile: Profile) -> list[Bound]:
    """The elements that were not checked because the codes of their value sets are not all shipped."""
    return _walked(value, profile).unchecked[:MAX_ISSUES]


def _walked(value: Mapping[str, Any], profile: Profile) -> _Walk:
    walk = _Walk(value)
    type = str(value.get("resourceType", profile.type))
    if type == profile.type:
        walk.conform(value, None, profile, type)
    else:
        text = f"The profile `{profile.url}` is on `{profile.type}`, not on `{type}`; leave it out."
        walk.issues.append(Issue("invalid", text, f"{type}.meta.profile"))
    return walk


@dataclass(frozen=True, slots=True)
class _Found:
    """An element that is there: its path, its member, its value, and what stands beside a primitive (`_name`)."""

    path: str
    member: str
    value: Any
    beside: Mapping[str, Any] | None

    @property
    def object(self) -> Mapping[str, Any]:
        """Where the elements below are."""
        return self.value if isinstance(self.value, Mapping) else self.beside or {}


@dataclass(slots=True)
class _Walk:
    """The issues of one resource; `inside` are the contained resources being looked at, by profile."""

    root: Mapping[str, Any]
    issues: list[Issue] = field(default_factory=list)
    unchecked: list[Bound] = field(default_factory=list)
    inside: set[tuple[str, str]] = field(default_factory=set)

    def conform(
        self, value: Mapping[str, Any], beside: Mapping[str, Any] | None, profile: Profile, path: str
    ) -> None:
        for each in ancestry(profile):
            for node in nodes_of(each.url):
                self._check(value, node, path, each)

    def _say(self, profile: Profile, code: str, text: str, path: str, severity: str = "error") -> None:
        self.issues.append(Issue(code, f"{text} (profile `{profile.url}`).", path, severity))

    def _check(self, value: Mapping[str, Any], node: Node, path: str, profile: Profile) -> None:
        found = [each for each in _elements(value, node.name, path) if _is_meant(each, node)]
        self._count(found, node.rule, node.name, f"{path}.{node.name.removesuffix('[x]')}", profile)
        for each in found:
            self._check_one(each, node, profile)
        for slice in node.slices:
            self._check_slice(found, slice, node, f"{path}.{node.name.removesuffix('[x]')}", profile)

    def _check_slice(
        self, found: Sequence[_Found], slice: Slice, node: Node, at: str, profile: Profile
    ) -> None:
        within = [each for each in found if _is_in(each, slice)]
        named = f"{node.name} with {slice.path} {slice.value}" if slice.path != "$this" else slice.value
        self._count(within, slice.node.rule, named, at, profile)
        for each in within:
            self._check_one(each, slice.node, profile)

    def _check_one(self, found: _Found, node: Node, profile: Profile) -> None:
        rule = node.rule
        self._check_value(found, rule, profile)
        if rule.targets:
            self._check_target(found, rule, profile)
        for key in rule.invariants:
            invariant = PROFILE_INVARIANTS[key]
            if not invariant.holds(found.object):
                self._say(profile, "invariant", f"`{node.name}`: {invariant.text} ({key})", found.path)
        inner = profile_of(rule.profile) if rule.profile else None
        if inner is not None:
            self.conform(found.object, found.beside, inner, found.path)
        for child in node.children:
            self._check(found.object, child, found.path, profile)

    def _count(self, found: Sequence[_Found], rule: Rule, name: str, at: str, profile: Profile) -> None:
        number = len(found)
        if rule.min is not None and number < rule.min:
            there = f"is there {_times(number)}" if number else "is missing"
            self._say(profile, "required", f"`{name}` {there}; send at least {rule.min}", at)
        elif rule.max not in (None, "*") and number > int(str(rule.max)):
            mend = f"send at most {rule.max}" if rule.max != "0" else "leave it out"
            self._say(profile, "structure", f"`{name}` is there {_times(number)}; {mend}", at)

    def _check_value(self, found: _Found, rule: Rule, profile: Profile) -> None:
        if rule.fixed is not None and found.value != rule.fixed:
            self._say(profile, "value", f"`{found.member}` must be `{_said(rule.fixed)}`", found.path)
        if rule.types and rule.at.endswith("[x]"):
            stem = rule.at.rpartition(".")[2].removesuffix("[x]")
            members = [f"{stem}{each[0].upper()}{each[1:]}" for each in rule.types]
            if found.member not in members:
                listed = ", ".join(f"`{each}`" for each in members)
                self._say(profile, "structure", f"`{found.member}` must be {listed}", found.path)
        if rule.value_set and (binding := rule.binding) is not None:
            self._check_codes(found, binding, profile)

    def _check_codes(self, found: _Found, binding: Binding, profile: Profile) -> None:
        allowed = codes(binding.value_set)
        if allowed is None:
            self.unchecked.append(Bound(found.path, binding, codings_of(found.value), profile.url))
        elif not _is_coded(found.value, allowed, binding):
            text = f"`{found.member}` has no code of `{binding.value_set}`"
            self._say(profile, "code-invalid", text, found.path, SEVERITIES[binding.strength])

    def _check_target(self, found: _Found, rule: Rule, profile: Profile) -> None:
        reference = found.object
        literal, allowed = reference.get("reference"), _types(rule.targets)
        inner = self._contained(literal)
        type = str(inner.get("resourceType")) if inner is not None else _target_type(reference)
        if type is not None and type not in allowed:
            listed = ", ".join(f"`{each}`" for each in allowed)
            text = f"`{found.member}` refers to a `{type}`; it may refer to {listed}"
            self._say(profile, "value", text, found.path)
        elif inner is not None:
            wanted = [each for each in rule.targets if type_of(each) == type]
            self._check_contained(inner, str(literal), [profile_of(each) for each in wanted])

    def _contained(self, reference: Any) -> Mapping[str, Any] | None:
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        contained = self.root.get("contained")
        for each in contained if isinstance(contained, list) else ():
            if isinstance(each, Mapping) and each.get("id") == reference[1:]:
                return each
        return None

    def _check_contained(
        self, inner: Mapping[str, Any], reference: str, profiles: Sequence[Profile | None]
    ) -> None:
        """A contained resource conforms to one of the profiles; none known, or R4's own, asks nothing of it."""
        known = [profile for profile in profiles if profile is not None]
        if len(known) < len(profiles) or not known or (reference, known[0].url) in self.inside:
            return
        self.inside.add((reference, known[0].url))
        place = self.root["contained"].index(inner)
        walks = [_Walk(self.root, inside=self.inside) for _ in known]
        for walk, profile in zip(walks, known, strict=True):
            walk.conform(inner, None, profile, f"{self.root.get('resourceType')}.contained[{place}]")
        self.unchecked += walks[0].unchecked
        if all(_has_errors(walk.issues) for walk in walks):
            self.issues += walks[0].issues


def _elements(value: Mapping[str, Any], name: str, path: str) -> Iterator[_Found]:
    for member in _members(value, name):
        item, beside = value.get(member), value.get(f"_{member}")
        if isinstance(item, list) or isinstance(beside, list):
            items, besides = item or [], beside or []
            for index in range(max(len(items), len(besides))):
                one = items[index] if index < len(items) else None
                other = besides[index] if index < len(besides) else None
                yield _Found(f"{path}.{member}[{index}]", member, one, other)
        else:
            yield _Found(f"{path}.{member}", member, item, beside)


def _members(value: Mapping[str, Any], name: str) -> list[str]:
    """The members of an element that are there, one for most; a primitive may be there by extension only."""
    if not name.endswith("[x]"):
        return [name] if name in value or f"_{name}" in value else []
    stem = name[:-3]
    there = (member.removeprefix("_") for member in value)
    return list(dict.fromkeys(m for m in there if m.startswith(stem) and m[len(stem) :][:1].isupper()))


def _is_meant(found: _Found, node: Node) -> bool:
    return node.only is None or node.only[1] in values(found.object, node.only[0])


def _is_in(found: _Found, slice: Slice) -> bool:
    return (
        found.member == slice.value
        if slice.path == "$this"
        else slice.value in values(found.object, slice.path)
    )


def _is_coded(value: Any, allowed: Codes, binding: Binding) -> bool:
    """Whether a code, Coding or CodeableConcept has one of the codes; words alone do unless one is required."""
    if isinstance(value, str):
        return any(value in of_system for of_system in allowed.values())
    if not isinstance(value, Mapping):
        return True
    codings = codings_of(value)
    if not codings and binding.strength != "required":
        return True
    return any(code in allowed.get(str(system), ()) for system, code in codings)


@cache
def _types(targets: tuple[str, ...]) -> tuple[str, ...]:
    """The types that these profiles and types are on."""
    return tuple(dict.fromkeys(type_of(each) for each in targets))


def _target_type(reference: Mapping[str, Any]) -> str | None:
    """The type a reference leads to, as far as it says so."""
    literal, declared = reference.get("reference"), reference.get("type")
    match = _LITERAL.fullmatch(literal) if isinstance(literal, str) else None
    type = match[1] if match is not None else declared
    return type if type in RESOURCE_TYPE_NAMES else None


def _has_errors(issues: Sequence[Issue]) -> bool:
    return any(issue.severity == "error" for issue in issues)


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _said(fixed: str | bool) -> str:
    return str(fixed).lower() if isinstance(fixed, bool) else fixed
