"""What is known around a plan to the one who prints it, and how it is looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from dzop.fhir.names import name_of
from dzop.fhir.paths import values
from dzop.fhir.references import canonical_system, read_reference
from dzop.fhir.search.date import date_range
from dzop.plan.belonging import TYPES, belonging
from dzop.plan.paper.content import Line, Section
from dzop.plan.paper.words import Words
from terminology.content import BASE

__all__ = ["Around", "Party", "codes_at", "person_of"]

_ENDED: Final = frozenset({"revoked", "completed", "entered-in-error"})
_TO_FILL_IN: Final = "." * 20

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who may see the plan, or only a part of it: the name, and the role as a code of ours."""

    name: str
    role: str
    organization: str | None = None
    sees_part: bool = False


@dataclass(frozen=True)
class Around:
    """The `resources` (by key) that the reader may see, `plan` (a key) among them, at the instant `now`.

    `parties` are all who may see the plan; None where the reader may not be told. `base` is this server's own.
    """

    plan: str
    resources: Mapping[str, Resource]
    base: str
    words: Words
    reader: str
    now: datetime
    parties: Sequence[Party] | None = None

    @cached_property
    def mine(self) -> frozenset[str]:
        """The keys of what is told of: all there is where the plan is an umbrella, else what belongs to the plan."""
        if not self.resources[self.plan].get("partOf"):
            return frozenset(self.resources)
        walked = {key: each for key, each in self.resources.items() if each["resourceType"] in TYPES}
        return belonging(self.plan, walked, self.base)

    @cached_property
    def person(self) -> str:
        """The key of the Patient, also where the reader does not see it; empty where nobody says."""
        return person_of(self.plan, self.resources, self.base)

    @cached_property
    def name(self) -> str:
        """What the person is called."""
        subject = self.resources[self.plan].get("subject")
        return name_of(self.resources.get(self.person)) or self.who(subject) or self.words.plain("person")

    @cached_property
    def title(self) -> str:
        """What the plan is called, and of whom it is; of a part that it is one."""
        plan = self.resources[self.plan]
        if not plan.get("partOf"):
            return self.words.plain("title", name=self.name)
        return self.words.topic(self.words.plain("part", name=self.name), plan.get("title", ""))

    @cached_property
    def umbrella(self) -> Around:
        """The same around the plan that this one is part of, as far up as the reader sees."""
        plan, passed = self.plan, {""}
        while plan not in passed:
            passed.add(plan)
            above = (self.key(each) or "" for each in self.resources[plan].get("partOf", ()))
            plan = next((each for each in above if each in self.resources and each not in passed), plan)
        return replace(self, plan=plan)

    @cached_property
    def is_over(self) -> bool:
        """Whether nothing of the plan goes on: it has ended, or the person has died."""
        return self.resources[self.plan].get("status") in _ENDED or self.has_died

    @cached_property
    def has_died(self) -> bool:
        """Whether the person was dead at the instant."""
        patient = self.resources.get(self.person, {})
        died = patient.get("deceasedDateTime")
        return date_range(died)[0] <= self.now if died else patient.get("deceasedBoolean") is True

    @cached_property
    def spoken_for(self) -> Mapping[str, tuple[str, str]]:
        """By key of what somebody entered for somebody else: who did, for whom."""
        found: dict[str, tuple[str, str]] = {}
        for _, provenance in self.of("Provenance"):
            for agent in provenance.get("agent", ()):
                if whom := self.who(agent.get("onBehalfOf")):
                    who = self.who(agent.get("who")) or self.words.plain("somebody")
                    for target in provenance.get("target", ()):
                        found.setdefault(self.key(target) or "", (who, whom))
        return found

    @cached_property
    def by_type(self) -> Mapping[str, Sequence[tuple[str, Resource]]]:
        """All resources with their keys, in order."""
        found = defaultdict[str, list[tuple[str, Resource]]](list)
        for key in sorted(self.resources):
            found[self.resources[key]["resourceType"]].append((key, self.resources[key]))
        return found

    def of(self, type: str) -> Sequence[tuple[str, Resource]]:
        """The resources of this type with their keys, in order."""
        return self.by_type.get(type, ())

    def told(self, type: str) -> Sequence[tuple[str, Resource]]:
        """Those of them that the plan tells of."""
        return [(key, each) for key, each in self.of(type) if key in self.mine]

    def section(self, code: str, lines: Sequence[Line], *others: str, remark: str = "") -> Section:
        """A section of these lines; `others` are keys of what it tells of beside those that the lines name.

        What somebody entered for somebody else is marked.
        """
        named = (*others, *(each.source for each in lines))
        sources = dict.fromkeys(key for key in named if key in self.resources)
        title = self.words.code(f"{BASE}/CodeSystem/document-section", code)
        said = remark or ("" if lines else self.words.plain("none"))
        return Section(code, title, said, tuple(self._marked(each) for each in lines), tuple(sources))

    def key(self, reference: Any) -> str | None:
        """The `Type/id` that a Reference means here."""
        return read_reference(reference, self.base).local if isinstance(reference, Mapping) else None

    def who(self, reference: Any) -> str | None:
        """What somebody is called: by the own record, else by whoever wrote the reference; None where nobody says."""
        if not isinstance(reference, Mapping):
            return None
        resource = self.resources.get(self.key(reference) or "")
        if resource is not None and resource["resourceType"] == "PractitionerRole":
            return self.who(resource.get("practitioner")) or self.who(resource.get("organization"))
        return name_of(resource) or reference.get("display")

    def phones(self, *resources: Resource | None) -> str:
        """The telephone numbers of these, those preferred first; where none is known, room to write one."""
        points = [each for resource in resources for each in (resource or {}).get("telecom") or ()]
        calls = [each for each in points if each.get("system") in ("phone", "sms") and each.get("value")]
        numbers = [each["value"] for each in sorted(calls, key=lambda each: each.get("rank", 9))]
        return self.words.say("team", "phone", number=", ".join(dict.fromkeys(numbers)) or _TO_FILL_IN)

    def _marked(self, line: Line) -> Line:
        """The line with the mark, and without notes that say nothing."""
        marks = [self.spoken_for[line.source]] if line.source in self.spoken_for else []
        entered = [self.words.say("written", "entered", who=who, whom=whom) for who, whom in marks]
        return replace(line, notes=tuple(each for each in (*line.notes, *entered) if each))


def person_of(plan: str, resources: Mapping[str, Resource], base: str) -> str:
    """The key of the Patient whom a plan is about: the one there is, else the one it names; empty without."""
    named = read_reference(resources[plan].get("subject") or {}, base).local or ""
    there = (key for key, each in resources.items() if each["resourceType"] == "Patient")
    return next(there, named)


def codes_at(resource: Resource, path: str, system: str) -> list[str]:
    """The codes of this system at a path that leads to concepts."""
    return [
        each["code"]
        for each in values(resource, f"{path}.coding")
        if canonical_system(str(each.get("system"))) == system and "code" in each
    ]
