"""The profiles that are known here, read once from the tables in `data`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from dzop import __version__
from dzop.fhir.profiles.definition import Profile, read_profiles
from dzop.fhir.profiles.tree import Node, tree

__all__ = ["PROFILES", "ancestry", "nodes_of", "profile_of", "profiles_of", "type_of"]

GUIDES: Final = ("r4", "belgium", "europe", "dzop")


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data", f"{name}.toml").read_text("utf-8"))


def _guide(name: str) -> dict[str, Any]:
    ours = {"version": __version__} if name == "dzop" else {}
    return {profile: {**ours, **table} for profile, table in _table(name).items()}


PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    read_profiles({name: table for guide in GUIDES for name, table in _guide(guide).items()})
)
"""All profiles, of extensions and data types too, by the name of their table."""

_BY_URL: Final = {url: profile for profile in PROFILES.values() for url in profile.canonicals}


def profile_of(canonical: str) -> Profile | None:
    """The profile claimed by a canonical; None for one not known, also by a version that is not ours."""
    url, _, version = canonical.partition("|")
    found = _BY_URL.get(url)
    return found if found is not None and version in ("", found.version) else None


def profiles_of(type: str) -> tuple[str, ...]:
    """The canonicals of the profiles on a resource type, as `CapabilityStatement.rest.resource.supportedProfile`."""
    return tuple(profile.url for profile in PROFILES.values() if profile.type == type)


def type_of(canonical: str) -> str:
    """The type a profile is on; for the canonical of a type of R4, that type."""
    found = _BY_URL.get(canonical)
    return canonical.rpartition("/")[2] if found is None else found.type


def ancestry(profile: Profile) -> tuple[Profile, ...]:
    """The profile behind those it narrows, from the widest."""
    above = _BY_URL.get(profile.base)
    return (*(ancestry(above) if above is not None else ()), profile)


@cache
def nodes_of(url: str) -> tuple[Node, ...]:
    """The rules of a known profile as a tree."""
    return tree(_BY_URL[url].rules)
