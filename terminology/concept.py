"""A concept of a code system: its code, what it is called, where it stands, what is said of it.

https://hl7.org/fhir/R4/codesystem.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Coding", "Concept", "Designation", "Property"]

# (system, code)
Coding = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Designation:
    """What a concept is called in a language (BCP 47, such as `nl` or `nl-BE`), for a `use` of R4 where one is told.

    `use` is (system, code, display), each empty where it is not given.
    """

    language: str
    value: str
    use: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True, slots=True)
class Property:
    """What is said of a concept. `type` is the suffix of R4's `value[x]`: code, string, Coding, boolean, ..."""

    code: str
    type: str
    value: Any


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept; `parents` are the codes right above it, none at the top of the hierarchy or without one."""

    code: str
    display: str = ""
    definition: str = ""
    designations: tuple[Designation, ...] = ()
    properties: tuple[Property, ...] = ()
    parents: tuple[str, ...] = ()
    inactive: bool = False
    abstract: bool = False
