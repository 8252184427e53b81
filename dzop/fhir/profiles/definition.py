"""The language in which profiles are written down: a table a profile, a row a constraint, in TOML.

    [be-goal]
    url = "be:patient-care/StructureDefinition/be-goal"   also = [...]   version = "1.0.0"   base = "..."
    type = "Goal"   title = "Goal"   must_support = ["status", ...]
    rules = [{ at = "subject", targets = ["be-patient", "Group"] }, ...]

A row says where it holds (`at`: the id of the element below the type, slices included, as in an
ElementDefinition) and what it asks:

    card = "1..1"       how often; either side may be left out       must = true     must be supported
    type = [...]        types of a choice                            fixed = ...     this value and no other
    targets = [...]     types or profiles a reference leads to       profile = ...   the profile of what is there
    bind = "required X" codes of value set X                         keeps = [...]   invariants, by name
    sliced = "system"   by what slices are told apart                text = "..."    in words, for people

Two more stand for the rows that every slice of their kind has: `system = X` on a slice of identifiers, and
`coding = X` or `coding = "X|code"` on one of concepts or codings. An extension has its `context`, or
several, and may be there more than once in it with `max = "*"`. A name in
`targets` or `profile` is that of another table, or of a type. https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from dzop.fhir.bindings import STRENGTHS, Binding

__all__ = ["Profile", "Rule", "expanded", "read_profiles"]

_R4: Final = "http://hl7.org/fhir/StructureDefinition/"
_PREFIXES: Final = {
    "be:": "https://www.ehealth.fgov.be/standards/fhir/",
    "dzop:": "https://dzop.example/fhir/",
    "eu:": "http://hl7.eu/fhir/ig/xshare-careplan/",
    "hl7:": "http://hl7.org/fhir/",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a profile asks of one element; what it does not mention it leaves as it was.

    `max` is `*` or a number as text. `targets` and `profile` are canonicals.
    """

    at: str
    min: int | None = None
    max: str | None = None
    types: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    profile: str = ""
    fixed: str | bool | None = None
    strength: str = ""
    value_set: str = ""
    sliced: str = ""
    invariants: tuple[str, ...] = ()
    must_support: bool = False
    text: str = ""

    @property
    def binding(self) -> Binding | None:
        """The value set that a code must be of, as strictly as it says; none for examples."""
        return next((Binding(self.value_set, each) for each in STRENGTHS if each == self.strength), None)

    @property
    def is_checked(self) -> bool:
        """Whether it asks anything of a resource; that an element must be supported does not."""
        return bool(
            self.min or self.max not in (None, "*") or self.types or self.targets or self.profile
            or self.fixed is not None or self.value_set or self.invariants
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile on a resource or a data type; `base` is the canonical of the one it narrows, R4's own without.

    `also` are canonicals under which it went before; `max` is how often an extension may be in one element.
    """

    name: str
    url: str
    type: str
    title: str
    rules: tuple[Rule, ...] = ()
    base: str = ""
    also: tuple[str, ...] = ()
    version: str = ""
    text: str = ""
    context: str = ""
    max: str = "1"

    @property
    def canonicals(self) -> tuple[str, ...]:
        """Every URL under which it is claimed."""
        return (self.url, *self.also)


def read_profiles(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Profile]:
    """The profiles of parsed TOML, by name."""
    urls = {name: expanded(table["url"]) for name, table in tables.items()}
    return {name: _profile(name, table, urls) for name, table in tables.items()}


def expanded(text: str) -> str:
    """The URL behind a prefix, or the text itself."""
    prefix, colon, rest = text.partition(":")
    return _PREFIXES.get(prefix + colon, prefix + colon) + rest


def _profile(name: str, table: Mapping[str, Any], urls: Mapping[str, str]) -> Profile:
    rows = (_rule(row, urls) for written in table.get("rules", ()) for row in _spelled_out(written))
    supported = (Rule(at, must_support=True) for at in table.get("must_support", ()))
    base = table.get("base", "")
    return Profile(
        name, urls[name], table["type"], table["title"], _merged((*rows, *supported)),
        _canonical(base, urls) if base else "",
        tuple(expanded(url) for url in table.get("also", ())), table.get("version", ""), table.get("text", ""),
        table.get("context", ""), table.get("max", "1"),
    )  # fmt: skip


def _spelled_out(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The row, and those that `system` and `coding` stand for."""
    at, above = row["at"], row["at"].rpartition(":")[0]
    own = {key: value for key, value in row.items() if key not in ("system", "coding")}
    if "system" in row:
        yield {"at": above, "sliced": "system"}
        yield own
        yield {"at": f"{at}.system", "card": "1..", "fixed": row["system"]}
        yield {"at": f"{at}.value", "card": "1.."}
    elif "coding" in row:
        system, _, code = row["coding"].partition("|")
        below = "" if above.endswith("coding") else "coding."
        yield {"at": above, "sliced": f"{below}system"}
        yield own
        yield {"at": f"{at}.{below}system", "card": "1..", "fixed": system}
        yield {"at": f"{at}.{below}code", "card": "1..", **({"fixed": code} if code else {})}
    else:
        yield own


def _rule(row: Mapping[str, Any], urls: Mapping[str, str]) -> Rule:
    low, _, high = row.get("card", "..").partition("..")
    strength, _, value_set = row.get("bind", "").partition(" ")
    fixed, profile = row.get("fixed"), row.get("profile", "")
    return Rule(
        row["at"], int(low) if low else None, high or None, tuple(row.get("type", ())),
        tuple(_canonical(each, urls) for each in row.get("targets", ())),
        _canonical(profile, urls) if profile else "",
        expanded(fixed) if isinstance(fixed, str) else fixed, strength, expanded(value_set),
        row.get("sliced", ""), tuple(row.get("keeps", ())), row.get("must", False), row.get("text", ""),
    )  # fmt: skip


def _canonical(name: str, urls: Mapping[str, str]) -> str:
    return urls.get(name) or (expanded(name) if ":" in name else _R4 + name)


def _merged(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """One rule an element, where it is mentioned first."""
    found: dict[str, Rule] = {}
    for rule in rules:
        known = found.get(rule.at, Rule(rule.at))
        said = {name: value for name in _FIELDS if (value := getattr(rule, name)) != getattr(_NOTHING, name)}
        found[rule.at] = replace(known, **said)
    return tuple(found.values())


_NOTHING: Final = Rule("")
_FIELDS: Final = tuple(name for name in Rule.__dataclass_fields__ if name != "at")
