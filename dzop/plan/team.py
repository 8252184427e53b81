"""Entries of a care team: who is a member, in which roles, when, and whether that is agreed.

The agreement, and who proposed an entry, are extensions that belong to the server; every other byte of a
participant stays as it was sent. https://hl7.org/fhir/R4/careteam.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from json import dumps
from typing import Any, Final

from dzop.fhir.json import Source, elements, members, with_member
from dzop.fhir.references import actor_key
from dzop.fhir.search.date import EARLIEST, LATEST, date_range

__all__ = [
    "COORDINATOR", "MEMBER_AGREEMENT", "MEMBER_DECIDER", "MEMBER_END_REASON", "MEMBER_PROPOSER", "MEMBER_REASON",
    "MEMBER_START_REASON", "REMUNERATED", "ROLE_SYSTEM", "STATES", "Entry", "Party", "agreed_participants",
    "agreement", "entries", "party_of",
]  # fmt: skip

MEMBER_AGREEMENT: Final = "https://dzop.example/fhir/StructureDefinition/member-agreement"
MEMBER_PROPOSER: Final = "https://dzop.example/fhir/StructureDefinition/member-proposer"
MEMBER_DECIDER: Final = "https://dzop.example/fhir/StructureDefinition/member-decider"
MEMBER_START_REASON: Final = "https://dzop.example/fhir/StructureDefinition/member-start-reason"
MEMBER_END_REASON: Final = "https://dzop.example/fhir/StructureDefinition/member-end-reason"
REMUNERATED: Final = "https://dzop.example/fhir/StructureDefinition/remunerated"
MEMBER_REASON: Final = "https://dzop.example/fhir/StructureDefinition/member-reason"
ROLE_SYSTEM: Final = "https://dzop.example/fhir/CodeSystem/role"
COORDINATOR: Final = f"{ROLE_SYSTEM}|care-coordinator"
STATES: Final = ("proposed", "agreed", "declined")

Party = tuple[str | None, str | None]
"""(individual, organisation) whom a member reference means, however it is written."""


@dataclass(frozen=True)
class Entry:
    """One participant: as sent or kept (`text`, `value`), and whom it means.

    `party` is None where nobody can tell who is meant.
    """

    text: str
    value: Mapping[str, Any]
    party: Party | None

    @cached_property
    def state(self) -> str | None:
        """`proposed`, `agreed` or `declined`; None when nothing is said."""
        return agreement(self.value)

    @property
    def proposer(self) -> str | None:
        """Who proposed it, as a literal reference: an extension of the agreement."""
        return self._who(MEMBER_PROPOSER)

    @property
    def decider(self) -> str | None:
        """Who agreed to what was proposed, or declined it, kept in the same way."""
        return self._who(MEMBER_DECIDER)

    def _who(self, url: str) -> str | None:
        for agreed in _extensions(self.value, MEMBER_AGREEMENT):
            for extension in (agreed.get("_valueCode") or {}).get("extension", ()):
                if extension.get("url") == url:
                    return (extension.get("valueReference") or {}).get("reference")
        return None

    @cached_property
    def roles(self) -> frozenset[str]:
        """Each role by its code in our system, else by its first code, else by its text."""
        return frozenset(_role(concept) for concept in self.value.get("role", ()))

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every code of every role, `system|code`: the law reads them all, wherever they stand."""
        return frozenset(code for concept in self.value.get("role", ()) for code in _codes(concept))

    @property
    def coordinates(self) -> bool:
        """Whether care coordinator is among the roles."""
        return COORDINATOR in self.codes

    @property
    def only_coordinates(self) -> bool:
        """Whether it is the entry of the coordination itself, beside that of the membership, and nothing else."""
        return self.roles == self.codes == {COORDINATOR}

    @cached_property
    def stretch(self) -> tuple[datetime, datetime]:
        """From .. until: a date is a day in Brussels, the last one included; a time is the instant itself."""
        return _stretch(self.value.get("period") or {})

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """What a client says of the member: all but the extensions that are the server's."""
        others = [each for each in self.value.get("extension", ()) if each.get("url") not in _OURS]
        rest = {name: value for name, value in self.value.items() if name != "extension"}
        return {**rest, "extension": others} if others else rest

    def is_like(self, other: Entry) -> bool:
        """Whether both are about the same member in the same roles."""
        return self.party is not None and (self.party, self.roles) == (other.party, other.roles)

    def meets(self, other: Entry) -> bool:
        """Whether there is a time at which both hold."""
        (start, end), (since, until) = self.stretch, other.stretch
        return max(start, since) < min(end, until)

    def said(self, state: str, proposer: str | None, decider: str | None = None) -> Entry:
        """The same with this agreement, this proposer and who decided on it, whatever it said of them itself."""
        wanted: dict[str, Any] = {"url": MEMBER_AGREEMENT, "valueCode": state}
        if named := [
            {"url": url, "valueReference": {"reference": who}}
            for url, who in ((MEMBER_PROPOSER, proposer), (MEMBER_DECIDER, decider))
            if who is not None
        ]:
            wanted["_valueCode"] = {"extension": named}
        if _extensions(self.value, *_OURS) == [wanted]:
            return self
        kept = [text for text, each in _extension_texts(self) if each.get("url") not in _OURS]
        others = [each for each in self.value.get("extension", ()) if each.get("url") not in _OURS]
        text = with_member(
            self.text, "extension", f"[{','.join([*kept, dumps(wanted, separators=(',', ':'))])}]"
        )
        return Entry(text, {**self.value, "extension": [*others, wanted]}, self.party)

    def telling(self, url: str, **value: Any) -> Entry:
        """The same with this extension, such as `valueBoolean=True`, in place of any with the same url."""
        wanted = {"url": url, **value}
        kept = [(text, each) for text, each in _extension_texts(self) if each.get("url") != url]
        texts = [
            *(text for text, _ in kept),
            dumps(wanted, separators=(",", ":"), ensure_ascii=False, default=float),
        ]
        text = with_member(self.text, "extension", f"[{','.join(texts)}]")
        return Entry(text, {**self.value, "extension": [*(each for _, each in kept), wanted]}, self.party)

    def during(self, **ends: str) -> Entry:
        """The same with another `start` or `end` of its period, each a FHIR dateTime."""
        place = members(self.text).get("period")
        text = "{}" if place is None else self.text[slice(*place)]
        for name, instant in ends.items():
            text = with_member(text, name, dumps(instant))
        period = {**(self.value.get("period") or {}), **ends}
        return Entry(with_member(self.text, "period", text), {**self.value, "period": period}, self.party)


def entries(source: Source, base: str, parties: Mapping[str, Party]) -> tuple[Entry, ...]:
    """The participants of a team; `parties` tells whom the actor keys mean that are no plain reference."""
    participants = source.value.get("participant", [])
    return tuple(
        Entry(text, value, None if key is None else parties.get(key, party_of(key)))
        for text, value in zip(_texts(source), participants, strict=True)
        for key in [actor_key(value.get("member") or {}, base)]
    )


def party_of(key: str) -> Party:
    """Whom an actor key means by itself, without the directory."""
    return (None, key) if key.startswith("Organization/") else (key, None)


def agreement(participant: Mapping[str, Any]) -> str | None:
    """`proposed`, `agreed` or `declined`; None when nothing is said."""
    for extension in _extensions(participant, MEMBER_AGREEMENT):
        return str(extension.get("valueCode"))
    return None


def agreed_participants(source: Source) -> str | None:
    """The JSON of `participant` in which every member about whom nothing was said has agreed.

    None when nothing has to be added. What was sent stays as it was, byte for byte.
    """
    participants = source.value.get("participant", [])
    if all(agreement(each) for each in participants):
        return None
    said = [
        text if agreement(value) else Entry(text, value, None).said("agreed", None).text
        for text, value in zip(_texts(source), participants, strict=True)
    ]
    return f"[{','.join(said)}]"


_OURS: Final = (MEMBER_AGREEMENT, MEMBER_PROPOSER)


def _extensions(participant: Mapping[str, Any], *urls: str) -> list[Mapping[str, Any]]:
    return [each for each in participant.get("extension", ()) if each.get("url") in urls]


def _extension_texts(entry: Entry) -> Iterator[tuple[str, Mapping[str, Any]]]:
    place = members(entry.text).get("extension")
    if place is not None:
        text = entry.text[slice(*place)]
        for (start, end), value in zip(elements(text), entry.value["extension"], strict=True):
            yield text[start:end], value


def _texts(source: Source) -> Sequence[str]:
    place = members(source.text).get("participant")
    if place is None:
        return ()
    text = source.text[slice(*place)]
    return [text[start:end] for start, end in elements(text)]


def _codes(concept: Mapping[str, Any]) -> list[str]:
    return [f"{each.get('system', '')}|{each.get('code', '')}" for each in concept.get("coding", ())]


def _role(concept: Mapping[str, Any]) -> str:
    codes = _codes(concept)
    ours = [code for code in codes if code.startswith(f"{ROLE_SYSTEM}|")]
    return next(iter(ours or codes), str(concept.get("text", "")))


def _stretch(period: Mapping[str, Any]) -> tuple[datetime, datetime]:
    start, end = period.get("start"), period.get("end")
    until = LATEST if end is None else date_range(end)[0 if "T" in end else 1]
    return EARLIEST if start is None else date_range(start)[0], until
