"""The table cases of `cases/*.toml`: facts in short form, an actor, a question, the answer and its reason.

A fact is a line of words: `team m1 Practitioner/nele health-professional 2024-01-01..2024-12-31`,
`sharing c1`, `exclusion x1 Organization/o`, `settings s1 deny Practitioner/nele document access`. Words may
come in any order behind the first two; several of one kind are joined by `+`. A consent may be `documented`,
and tell its `by=`, `proof=` and `ground=`; what opens single entries, its `data=`; a plan its `part-of=`; a
patient is `dead`, `dead=` since a day, or `alive`. An actor is `Practitioner/nele@Organization/o role`; `*` is no
individual.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from consent.categories import CATEGORIES, mask
from consent.facts import Facts, read_facts
from consent.law import Decision, Shape, decide
from consent.matrix import ROLES, load
from tests.consent.worlds import (
    PERSON,
    consent,
    extension,
    opening,
    participant,
    patient,
    plan,
    provision,
    related_person,
    resolve,
    team,
)

NOW = datetime.fromisoformat("2024-06-03T10:00:00+02:00")
ACTIONS = {"access", "collect", "correct", "disclose"}
PLAN_STATES = {"active", "completed", "draft", "on-hold", "revoked"}
STATES = {"agreed", "proposed", "declined", "unanswered"}


@dataclass(frozen=True)
class Case:
    """One line of the casebook."""

    name: str
    facts: tuple[str, ...]
    actor: str
    category: tuple[str, ...]
    expect: str
    rule: str
    step: str | None = None
    action: str = "read"
    audience: frozenset[str] = frozenset()
    at: datetime = NOW

    def decide(self) -> Decision:
        """What the law answers."""
        shape, facts = read_actor(self.actor), read_lines(self.facts)
        return decide(shape, facts, self.at, self.action, mask(self.category), self.audience, load())


def cases() -> Iterator[Case]:
    """Every case of every file, in order; a file's `facts` come before those of each case."""
    for path in sorted((Path(__file__).parent / "cases").glob("*.toml")):
        table = tomllib.loads(path.read_text())
        for case in table["case"]:
            yield Case(
                **case
                | {
                    "name": f"{path.stem}: {case['name']}",
                    "facts": (*table.get("facts", ()), *case.get("facts", ())),
                    "category": tuple(case["category"].split(" + ")),
                    "audience": frozenset(case.get("audience", ())),
                }
            )


def read_actor(text: str) -> Shape:
    """`Practitioner/nele@Organization/o health-professional`; either part of the first word may be `*`."""
    who, role = text.split()
    individual, _, organisation = who.partition("@")
    return Shape(None if individual == "*" else individual, organisation or None, role)


def read_lines(lines: Iterable[str]) -> Facts:
    """The facts these lines tell about Patient/p."""
    return read_facts(PERSON, resources(lines), resolve)


def resources(lines: Iterable[str]) -> list[dict[str, Any]]:
    """The FHIR resources these lines stand for; Patient/p is the person."""
    return [_resource(line) for line in lines]


def _resource(line: str) -> dict[str, Any]:
    kind, id, *words = line.split()
    told = _Words(words)
    match kind:
        case "patient":
            return patient(**told.about_the_patient())
        case "related":
            return related_person(id.removeprefix("RelatedPerson/"))
        case "team":
            agreement = None if "unanswered" in words else told.one(STATES) or "agreed"
            member = participant(
                told.actors()[0], *told.many(ROLES), agreement=agreement, period=told.period()
            )
            return team(id, member, status=told.one({"inactive", "suspended"}) or "active")
        case "plan":
            part_of = dict(told.pairs()).get("part-of")
            return plan(id, told.one(PLAN_STATES) or "active", part_of, told.period())
        case "settings":
            line_ = (
                provision(
                    told.one({"permit", "deny"}) or "deny",
                    [*told.actors(), *told.many(ROLES)],
                    told.many(CATEGORIES),
                    told.many(ACTIONS),
                    told.period(),
                )
                | told.entries()
            )
            return consent(id, "settings", {"type": "permit", "provision": [line_]})
        case _:
            verb = told.one({"permit", "deny"}) or ("deny" if kind == "exclusion" else "permit")
            body = provision(verb, told.actors(), told.many(CATEGORIES), None, told.period())
            body |= told.entries()
            return (
                consent(id, kind, body, told.one({"inactive", "rejected"}) or "active")
                | told.about_the_consent()
            )


@dataclass(frozen=True)
class _Words:
    words: list[str]

    def many(self, known: Iterable[str]) -> list[str]:
        return [part for word in self.words for part in word.split("+") if part in set(known)]

    def one(self, known: Iterable[str]) -> str | None:
        return next(iter(self.many(known)), None)

    def actors(self) -> list[str]:
        words = [word for word in self.words if "=" not in word]
        return [part for word in words for part in word.split("+") if "/" in part or part == "display-only"]

    def pairs(self) -> Iterator[tuple[str, str]]:
        for word in self.words:
            key, sign, value = word.partition("=")
            if sign:
                yield key, value

    def entries(self) -> dict[str, Any]:
        references = [value for key, value in self.pairs() if key == "data"]
        return opening(*references) if references else {}

    def about_the_patient(self) -> dict[str, Any]:
        born = [("birthDate", word) for word in self.words if word[0].isdigit()]
        died = [("deceasedDateTime", day) for key, day in self.pairs() if key == "dead"]
        is_dead = [("deceasedBoolean", word == "dead") for word in self.words if word in ("dead", "alive")]
        return dict([*born, *died, *is_dead])

    def about_the_consent(self) -> dict[str, Any]:
        told = dict(self.pairs())
        names = {"ground": "mandate-ground", "proof": "proof"}
        return {
            "performer": [{"reference": told.get("by", PERSON)}],
            "extension": [extension(name, told[key]) for key, name in names.items() if key in told],
        } | ({"sourceReference": {"reference": "DocumentReference/d"}} if "documented" in self.words else {})

    def period(self) -> dict[str, str] | None:
        for word in self.words:
            if ".." in word:
                start, end = word.split("..")
                return {key: day for key, day in (("start", start), ("end", end)) if day}
        return None
