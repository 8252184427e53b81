"""Who can see something, from the compiled grants and the audience; and what somebody would see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import pairwise
from operator import itemgetter, or_
from typing import Final

from consent.categories import BURDEN, CATEGORIES
from consent.law import decide
from dzop.access.explaining.inquiry import About, Inquiry, category_mask
from dzop.access.explaining.people import capacities, concerned, meant, names
from dzop.access.explaining.reasons import EXTENTS, TIES, text_of
from dzop.access.guarded import binds, fitting_shapes, shape_of
from dzop.access.shown import Shown
from dzop.actor import Actor, Call
from dzop.fhir.outcome import Unprocessable
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.store import explaining as statements
from dzop.store import grants
from dzop.store.database import Row
from dzop.store.sight import JUDGED
from dzop.store.tables import ALWAYS, FOREVER

SEVERAL = "this actor has several capacities, or none now: name one with `role` or `organization`"

_BATCH = 500
PREVIEWED = tuple(
    name for name, entry in RESOURCE_TYPES.items() if entry.compartment == "person" and name != "AuditEvent"
)
"""What a preview shows: the plan, and not who looked at it."""
WHOLE: Final = "plan"
"""The category of the plan as a whole."""
_APART: Final = frozenset({WHOLE, "about-me", "carer-burden", "sensitive", "access-log"})
_PLAN: Final = (WHOLE, *(each for each in CATEGORIES if each not in _APART), "about-me")
"""What there is to see in a plan: not what carers say of themselves, nor what is hidden in the other categories."""


@dataclass(frozen=True, slots=True)
class AskedSight:
    """Who sees this resource, or this category, at an instant? Without either: anything of the plan."""

    at: datetime
    resource: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Seeing:
    """Somebody who sees it: since when and until when without interruption (None: always), how much, and why.

    `category` is what is seen, where that was not asked of one entry.
    """

    category: str
    actor: str
    name: str
    role: str
    organization: str | None
    organization_name: str | None
    since: datetime | None
    until: datetime | None
    extent: str
    rules: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is looked at: its categories, and whom it concerns (of a category: to whom single entries are open)."""

    mask: int
    tied: Sequence[Row]
    category: str = ""

    @property
    def is_resource(self) -> bool:
        return not self.category

    def kinds(self, actor: Actor, at: datetime) -> frozenset[str]:
        """How it concerns the actor at an instant."""
        return frozenset(row["kind"] for row in self.tied if row["actor"] in actor.keys and _holds(row, at))


async def who_can_see(inquiry: Inquiry, asked: AskedSight) -> tuple[list[Seeing], list[About]]:
    """Everybody who sees it at that instant, by name; and what that tells of.

    Of several things somebody is told with the first that is seen at all.
    """
    looked = await _looked_at(inquiry, asked)
    rows = await inquiry.connection.rows(
        grants.GRANTS, person=inquiry.person, generation=inquiry.law.generation
    )
    by_shape: dict[str, list[Row]] = {}
    for row in rows:
        by_shape.setdefault(row["shape"], []).append(row)
    found = []
    for actor in await concerned([inquiry], asked.at):
        fitting = [row for shape in fitting_shapes(actor) for row in by_shape.get(shape, ())]
        sights = ((seen, _extent(fitting, seen, actor, asked.at)) for seen in looked)
        seen, extent = next((each for each in sights if each[1] != "none"), (looked[0], "none"))
        if extent != "none" and _may_be_told(inquiry, seen, actor):
            found.append((actor, seen, extent, *_stretch(fitting, seen, actor, asked.at)))
    return await _told(inquiry, asked, found), [About(looked[0].mask, asked.resource)]


async def _looked_at(inquiry: Inquiry, asked: AskedSight) -> Sequence[_Seen]:
    """One entry, one category, or all there are in a plan, the plan as a whole first."""
    if asked.resource:
        shown = await inquiry.resource(asked.resource)
        rows = await inquiry.connection.rows(
            statements.AUDIENCE, person=inquiry.person, type=shown.type, id=shown.id
        )
        return [_Seen(shown.mask, rows)]
    inquiry.require_askable(category_mask(asked.category))
    opened = await inquiry.connection.rows(statements.OPENED, person=inquiry.person, now=asked.at)
    return [_of_category(inquiry, each, opened) for each in ([asked.category] if asked.category else _PLAN)]


def _of_category(inquiry: Inquiry, category: str, opened: Collection[Row]) -> _Seen:
    about = category_mask(category)
    entries = [
        {"actor": row["actor"], "kind": "shared", "valid_from": ALWAYS, "valid_until": FOREVER}
        for row in opened
        if row["mask"] & about and not row["mask"] & BURDEN & ~inquiry.readable
    ]
    return _Seen(about, entries, category)


def _may_be_told(inquiry: Inquiry, seen: _Seen, actor: Actor) -> bool:
    """Whom a carer told of the burden is for that carer to know; and that carers see what they wrote."""
    if not seen.mask & BURDEN or inquiry.call.actor.is_system:
        return True
    shape = shape_of(actor)
    return actor.individual == inquiry.call.actor.individual or any(
        each.party.includes(shape.individual, shape.organisation) for each in inquiry.facts.carer_shares
    )


def _extent(rows: Collection[Row], seen: _Seen, actor: Actor, at: datetime) -> str:
    """all, own, authored or none: the same choice of a grant, and the same test, as in every statement that reads."""
    valid = [row for row in rows if _holds(row, at)]
    if not valid:
        return "none"
    row, mask = max(valid, key=itemgetter("rank")), seen.mask
    if mask & row["full"] == mask:
        return "all"
    own, kinds = row["full"] | row["own"], seen.kinds(actor, at)
    # Of a category somebody sees what is their own, whatever that is.
    ties = kinds if seen.is_resource else kinds | TIES
    by_kind = (
        ("own", own, bool(ties)),
        ("authored", own | row["authored"], "author" in ties),
        ("own", own | row["shared"], "shared" in ties),
    )
    found = [extent for extent, opened, tied in by_kind if tied and mask & opened == mask]
    if seen.is_resource and found:
        return "own"
    return min(found, key=EXTENTS.index, default="none")


def _stretch(
    rows: Collection[Row], seen: _Seen, actor: Actor, at: datetime
) -> tuple[datetime | None, datetime | None]:
    """Since when and until when it is seen without interruption, as things stand."""
    mine = [row for row in seen.tied if row["actor"] in actor.keys]
    bounds = {_aware(row[end]) for row in (*rows, *mine) for end in ("valid_from", "valid_until")}
    edges = sorted(bounds | {ALWAYS, FOREVER})
    since, until, reached = ALWAYS, FOREVER, False
    for start, end in pairwise(edges):
        sees = _extent(rows, seen, actor, start) != "none"
        if start <= at < end:
            reached = True
        if not sees and not reached:
            since = end
        elif not sees:
            until = start
            break
    return (None if since == ALWAYS else since), (None if until == FOREVER else until)


async def _told(
    inquiry: Inquiry,
    asked: AskedSight,
    found: Sequence[tuple[Actor, _Seen, str, datetime | None, datetime | None]],
) -> list[Seeing]:
    called = await names(inquiry, [actor for actor, *_ in found])
    told = []
    for actor, seen, extent, since, until in found:
        kinds = seen.kinds(actor, asked.at) | (frozenset() if seen.is_resource else TIES)
        decision = decide(shape_of(actor), inquiry.facts, asked.at, "read", seen.mask, kinds, inquiry.matrix)
        organization = actor.organization
        text = text_of(inquiry, called, actor, decision, extent, "read", seen.category, asked.at)
        told.append(
            Seeing(
                seen.category, actor.individual, called.of_actor(actor), _role(decision.rules, actor), organization,
                called.of(organization) if organization else None, since, until, extent, decision.rules, text,
            )
        )  # fmt: skip
    return sorted(told, key=lambda each: (each.name, each.actor, each.organization or ""))


def _role(rules: Sequence[str], actor: Actor) -> str:
    """The role whose row of the matrix counted, else that of the token."""
    roles = (rule.rpartition("/")[2] for rule in rules if rule.startswith("cell:"))
    return next(roles, actor.role)


@dataclass(frozen=True, slots=True)
class AskedPreview:
    """What would `actor` (a key) see now of these types, behind (type, id), at most `count` entries?"""

    actor: str
    types: Sequence[str]
    count: int
    after: tuple[str, str] = ("", "")
    role: str = ""
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What that actor would see and the asker sees too; `after` continues behind the last, None at the end."""

    entries: tuple[Shown, ...]
    after: tuple[str, str] | None

    @property
    def about(self) -> list[About]:
        """What it tells of: the plan, and apart from it each entry on a carer's burden."""
        burdens = [About(each.mask, f"{each.type}/{each.id}") for each in self.entries if each.mask & BURDEN]
        masks = [each.mask for each in self.entries if not each.mask & BURDEN]
        return [About(reduce(or_, masks, 0)), *burdens]


async def preview(inquiry: Inquiry, asked: AskedPreview) -> Preview:
    """The search of that actor, cut down to what the asker sees.

    It is read on until one entry more is visible than asked for: nothing of an answer, not even whether another
    page follows, tells of what the asker does not see.
    """
    acting = await _acting(inquiry, asked)
    visible: list[Shown] = []
    after, rest = asked.after, acting is not None
    while acting is not None and rest and len(visible) <= asked.count:
        rows = await inquiry.connection.rows(
            statements.seen(JUDGED), person=inquiry.person, types=list(asked.types), count=_BATCH,
            after_type=after[0], after_id=after[1], **binds(Call(acting, inquiry.call.now)),
        )  # fmt: skip
        batch = [Shown.of(row) for row in rows]
        visible += await _both(inquiry, batch)
        rest = len(batch) == _BATCH
        after = (batch[-1].type, batch[-1].id) if batch else after
    entries = visible[: asked.count]
    last = (entries[-1].type, entries[-1].id) if len(visible) > asked.count else None
    return Preview(tuple(entries), last)


async def _acting(inquiry: Inquiry, asked: AskedPreview) -> Actor | None:
    """The one capacity that is meant; None for who does not act at all now."""
    found = await capacities(inquiry, await meant(inquiry, asked.actor), inquiry.call.now)
    acting = [
        each
        for each in found
        if asked.role in ("", each.role) and asked.organization in ("", each.organization)
    ]
    if len(acting) > 1 or (found and not acting):
        raise Unprocessable(SEVERAL)
    return acting[0] if acting else None


async def _both(inquiry: Inquiry, found: Sequence[Shown]) -> list[Shown]:
    """Those among these that the asker sees."""
    known: Mapping[str, object] = await inquiry.visible([f"{each.type}/{each.id}" for each in found])
    return [each for each in found if f"{each.type}/{each.id}" in known]


def _holds(row: Row, at: datetime) -> bool:
    return _aware(row["valid_from"]) <= at < _aware(row["valid_until"])


def _aware(at: datetime) -> datetime:
    """An open end comes back from the database as an instant without a zone."""
    return at if at.tzinfo else at.replace(tzinfo=ALWAYS.tzinfo)
