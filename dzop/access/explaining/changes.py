"""What would change if a Consent were stored or withdrawn: tried out for real, and undone.

The write goes through every rule a real one does, in a transaction that is never committed; what the law and
the audience then say is compared with what they said before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.categories import ALL, BURDEN, codes
from consent.law import Permission, decide, permitted
from consent.matrix import ACTIONS
from dzop.access import facts
from dzop.access.explaining.inquiry import Inquiry
from dzop.access.explaining.people import Names, concerned, names
from dzop.access.guarded import shape_of
from dzop.access.proposal import Proposal
from dzop.access.unit import Unit
from dzop.actor import Actor
from dzop.explanation.words import sentence
from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.outcome import FhirError, Issue, NotFound
from dzop.store import explaining as statements
from dzop.store import writing
from dzop.store.database import Transaction

_FRAMES: Mapping[tuple[str, str], str] = {
    ("none", "all"): "gained",
    ("none", "own"): "gained_own",
    ("none", "authored"): "gained_authored",
    ("authored", "own"): "gained_own",
    ("authored", "all"): "widened",
    ("own", "all"): "widened",
    ("all", "own"): "narrowed",
    ("all", "authored"): "narrowed_authored",
    ("own", "authored"): "narrowed_authored",
    ("all", "none"): "lost",
    ("own", "none"): "lost",
    ("authored", "none"): "lost",
}


@dataclass(frozen=True, slots=True)
class AskedChange:
    """A Consent as it would be stored, or the reference of one that would be withdrawn; judged at an instant.

    `creates` tells that it would be a new one, `may_create` whether its id may be the client's.
    """

    at: datetime
    proposal: Proposal | None = None
    creates: bool = False
    may_create: bool = False
    remove: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody would gain or lose: of these categories, or of one entry."""

    actor: str
    name: str
    action: str
    before: str
    after: str
    categories: tuple[str, ...]
    entry: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Whether it could be stored, what there is to say of it, and what would change."""

    accepted: bool
    remarks: tuple[Issue, ...]
    changes: tuple[Change, ...]
    text: str


Opened = Mapping[tuple[str, str], frozenset[str]]
"""Per entry (type, id), the actor keys it is opened to."""


async def what_if(transaction: Transaction, inquiry: Inquiry, unit: Unit, asked: AskedChange) -> Changes:
    """Stores or withdraws it in this transaction, which the caller then undoes, and tells the difference."""
    opened = await _opened(inquiry, asked.at)
    try:
        remarks = await _write(inquiry, unit, asked)
        await unit.settle()
    except NotFound:
        raise
    except FhirError as refusal:
        return Changes(False, refusal.issues, (), sentence(inquiry.words.say("frame", "refused")))
    known = await facts.read(transaction, inquiry.person, inquiry.patient, inquiry.base)
    after = inquiry.about(known)
    people = await concerned([inquiry, after], asked.at)
    called = await names(inquiry, people)
    found = [each for actor in people for each in _of_actor(inquiry, after, actor, called, asked.at)]
    found += await _of_entries(inquiry, after, opened, people, called, asked.at)
    changes = sorted(
        dict.fromkeys(found), key=lambda each: (each.name, each.actor, ACTIONS.index(each.action))
    )
    return Changes(True, remarks, tuple(changes), _summary(inquiry, changes))


async def _write(inquiry: Inquiry, unit: Unit, asked: AskedChange) -> tuple[Issue, ...]:
    """The warnings of the write."""
    if asked.proposal is None:
        await inquiry.resource(asked.remove)
        return (await unit.amend("Consent", asked.remove.partition("/")[2], _withdrawn)).remarks
    if asked.creates:
        return (await unit.create(asked.proposal)).remarks
    return (await unit.update(asked.proposal, None, may_create=asked.may_create)).remarks


def _withdrawn(source: Source) -> Source:
    return json.parse(json.with_member(source.text, "status", '"inactive"').encode())


def _of_actor(before: Inquiry, after: Inquiry, actor: Actor, called: Names, at: datetime) -> Iterator[Change]:
    """Per action, and per way in which categories change, one change."""
    about = ALL if before.readable & BURDEN else ALL & ~BURDEN
    for action in ACTIONS:
        grouped: dict[tuple[str, str], list[str]] = {}
        was, will = (
            permitted(shape_of(actor), each.facts, at, action, each.matrix) for each in (before, after)
        )
        for code, bit in ((code, 1 << place) for place, code in enumerate(codes(ALL)) if about >> place & 1):
            change = _extent(was, bit), _extent(will, bit)
            if change in _FRAMES and not _is_without_object(before, code, action):
                grouped.setdefault(change, []).append(code)
        for (old, new), categories in grouped.items():
            text = _said(before, called, actor, action, (old, new), before.words.what(action, categories))
            yield Change(
                actor.individual, called.of_actor(actor), action, old, new, tuple(categories), None, text
            )


def _is_without_object(inquiry: Inquiry, code: str, action: str) -> bool:
    """Of coordination there is nothing to read."""
    return action == "read" and inquiry.matrix.cell(code, "person").read == "n/a"


def _extent(allowed: Permission, bit: int) -> str:
    if allowed.full & bit:
        return "all"
    if (allowed.own | allowed.shared & BURDEN) & bit:
        return "own"
    return "authored" if allowed.authored & bit else "none"


async def _opened(inquiry: Inquiry, at: datetime) -> Opened:
    found: dict[tuple[str, str], set[str]] = {}
    for row in await inquiry.connection.rows(statements.OPENED, person=inquiry.person, now=at):
        found.setdefault((row["type"], row["id"]), set()).add(row["actor"])
    return {key: frozenset(actors) for key, actors in found.items()}


async def _of_entries(
    before: Inquiry, after: Inquiry, opened: Opened, people: Sequence[Actor], called: Names, at: datetime
) -> list[Change]:
    """Entries that would be opened or closed by themselves, as far as the asker sees them."""
    opens, found = await _opened(before, at), []
    changed = {key for key in opened.keys() | opens.keys() if opened.get(key) != opens.get(key)}
    for type, id in sorted(changed):
        entry = f"{type}/{id}"
        if not await before.visible([entry]):
            continue
        mask = (await before.resource(entry)).mask
        rows = await before.connection.rows(
            writing.AUDIENCE_OF, person=before.person, type=type, id=id, now=at
        )
        for actor in people:
            kinds = {row["kind"] for row in rows if row["actor"] in actor.keys} - {"shared"}
            old, new = (
                "all" if _reads(each, actor, mask, kinds, set(to.get((type, id), ())), at) else "none"
                for each, to in ((before, opened), (after, opens))
            )
            if old != new:
                found.append(_of_entry(before, actor, called, (old, new), mask, entry))
    return found


def _of_entry(
    inquiry: Inquiry, actor: Actor, called: Names, change: tuple[str, str], mask: int, entry: str
) -> Change:
    words, (old, new) = inquiry.words, change
    what = words.say("this", "one", labels=words.labels(codes(mask)))
    text = _said(inquiry, called, actor, "read", change, what)
    return Change(actor.individual, called.of_actor(actor), "read", old, new, codes(mask), entry, text)


def _reads(
    inquiry: Inquiry, actor: Actor, mask: int, kinds: set[str], opened_to: set[str], at: datetime
) -> bool:
    tied = frozenset(kinds if opened_to.isdisjoint(actor.keys) else {*kinds, "shared"})
    return decide(shape_of(actor), inquiry.facts, at, "read", mask, tied, inquiry.matrix).permit


def _said(
    inquiry: Inquiry, called: Names, actor: Actor, action: str, change: tuple[str, str], what: str
) -> str:
    words = inquiry.words
    verb = words.texts["verb"][action]
    return sentence(words.say("frame", _FRAMES[change], who=called.of_actor(actor), what=what, verb=verb))


def _summary(inquiry: Inquiry, changes: Sequence[Change]) -> str:
    words = inquiry.words
    people = list(dict.fromkeys(each.name for each in changes))
    if not people:
        return sentence(words.say("frame", "nothing_changes"))
    return sentence(words.say("frame", "changes", people=words.listed(people)))
