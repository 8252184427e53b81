"""Why somebody may or may not do something: the decision of the law, and each rule of it in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.facts import CarerShare, Exclusion, Facts, Relation, Share
from consent.law import Decision, decide
from consent.periods import Period
from dzop.access.explaining.inquiry import About, Inquiry, category_mask
from dzop.access.explaining.people import Names, capacities, meant, names
from dzop.access.guarded import shape_of
from dzop.actor import Actor
from dzop.explanation import reasons
from dzop.explanation.reasons import Said
from dzop.explanation.words import sentence
from dzop.store import writing

SUSPENDED = "directory:suspended"
EXTENTS = ("all", "own", "authored", "none")
"""How much of a category: everything, what concerns the actor, what the actor wrote, or nothing."""

TIES = frozenset({"author", "acting", "addressed", "derived"})
_ACTING = TIES - {"author"}


@dataclass(frozen=True, slots=True)
class AskedAccess:
    """May `actor` (an actor key) do `action` with this resource, or with this category, at an instant?

    `role` and `organization` choose among the capacities of somebody who has several.
    """

    actor: str
    at: datetime
    action: str = "read"
    resource: str = ""
    category: str = ""
    role: str = ""
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """A determining rule, in words, and the resource that says so where the asker may see it."""

    rule: str
    text: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Explained:
    """The decision: `extent` is one of EXTENTS; `about` what it was about; `text` one sentence."""

    permit: bool
    extent: str
    reasons: tuple[Reason, ...]
    matrix_version: str
    text: str
    about: About


@dataclass(frozen=True, slots=True)
class _Found:
    actor: Actor
    decision: Decision
    extent: str


async def explain(inquiry: Inquiry, asked: AskedAccess) -> Explained:
    """The law's answer for the capacity in which the actor may most."""
    about, tied = await _about(inquiry, asked)
    who = await meant(inquiry, asked.actor)
    acting = [each for each in await capacities(inquiry, who, asked.at) if _is_asked(each, asked)]
    found = [_decided(inquiry, asked, each, about, tied) for each in acting]
    # A permit of everything comes before one of what is their own, and that before a refusal.
    best = min(found, key=lambda each: EXTENTS.index(each.extent), default=None)
    actor = best.actor if best else Actor(who, "")
    called = await names(inquiry, [actor])
    decision = best.decision if best else Decision(False, (SUSPENDED,), inquiry.matrix.version, "relation")
    extent = best.extent if best else "none"
    given = tuple(await reasons_of(inquiry, called, actor, decision, asked.action, asked.at))
    text = text_of(inquiry, called, actor, decision, extent, asked.action, asked.category, asked.at)
    return Explained(
        extent != "none", extent, given, inquiry.matrix.version, text, About(about, asked.resource)
    )


def text_of(
    inquiry: Inquiry,
    called: Names,
    actor: Actor,
    decision: Decision,
    extent: str,
    action: str,
    category: str,
    at: datetime,
) -> str:
    """The decision as one sentence with its main reason; of one entry that is their own, that it is."""
    words, who = inquiry.words, called.of_actor(actor)
    if not category and extent == "own":
        return reasons.decision(words, who, action, None, "all", words.say("frame", "concerns", who=who))
    main = reasons.main(decision.step, decision.rules)
    said = main and said_of(inquiry, called, actor, decision.permit, main, action, at)
    because = reasons.reason(words, said) if said else None
    return reasons.decision(words, who, action, category or None, extent, because)


async def reasons_of(
    inquiry: Inquiry, called: Names, actor: Actor, decision: Decision, action: str, at: datetime
) -> Sequence[Reason]:
    """Each determining rule in words; rules that nobody knows any more are left out."""
    sources = {rule: source for rule in decision.rules if (source := source_of(rule))}
    visible = await inquiry.visible(list(sources.values()))
    found = []
    for rule in decision.rules:
        said = said_of(inquiry, called, actor, decision.permit, rule, action, at)
        if (text := reasons.reason(inquiry.words, said)) is not None:
            source = sources.get(rule)
            found.append(Reason(rule, sentence(text), source if source in visible else None))
    return found


def said_of(
    inquiry: Inquiry, called: Names, actor: Actor, permit: bool, rule: str, action: str, at: datetime
) -> Said:
    """A rule with what its sentence needs: names, the period of its fact, what its cell or line says."""
    facts = inquiry.facts
    period = _period(facts, rule, actor, at)
    permits = next((each.permit for each in facts.settings if each.rule == rule), permit)
    return Said(
        rule,
        called.of_actor(actor),
        called.of(facts.person),
        action,
        permits,
        _cell(inquiry, rule, action),
        period.start,
        period.end,
    )


def source_of(rule: str) -> str | None:
    """`Type/id` of the resource a rule points at."""
    last = rule.rpartition(":")[2].partition("#")[0]
    return last if last.startswith(("Consent/", "CareTeam/", "CarePlan/")) else None


async def _about(inquiry: Inquiry, asked: AskedAccess) -> tuple[int, list[tuple[str, str]]]:
    """The categories it is about, and (kind, actor key) of whom the resource concerns."""
    if asked.category:
        categories = category_mask(asked.category)
        inquiry.require_askable(categories)
        return categories, []
    shown = await inquiry.resource(asked.resource)
    rows = await inquiry.connection.rows(
        writing.AUDIENCE_OF, person=inquiry.person, type=shown.type, id=shown.id, now=asked.at
    )
    return shown.mask, [(row["kind"], row["actor"]) for row in rows]


def _is_asked(actor: Actor, asked: AskedAccess) -> bool:
    return asked.role in ("", actor.role) and asked.organization in ("", actor.organization)


def _decided(
    inquiry: Inquiry, asked: AskedAccess, actor: Actor, about: int, tied: Iterable[tuple[str, str]]
) -> _Found:
    if asked.resource:
        kinds = frozenset(kind for kind, key in tied if key in actor.keys)
        decision = _law(inquiry, asked, actor, about, kinds)
        if not decision.permit:
            return _Found(actor, decision, "none")
        untied = _law(inquiry, asked, actor, about, frozenset())
        return _Found(actor, decision, "all" if untied.permit else "own")
    whole = _law(inquiry, asked, actor, about, frozenset())
    if whole.permit:
        return _Found(actor, whole, "all")
    own = _law(inquiry, asked, actor, about, _ACTING)
    if own.permit:
        return _Found(actor, own, "own")
    authored = _law(inquiry, asked, actor, about, TIES)
    return _Found(actor, authored, "authored" if authored.permit else "none")


def _law(inquiry: Inquiry, asked: AskedAccess, actor: Actor, about: int, kinds: frozenset[str]) -> Decision:
    return decide(shape_of(actor), inquiry.facts, asked.at, asked.action, about, kinds, inquiry.matrix)


def _cell(inquiry: Inquiry, rule: str, action: str) -> str:
    if not rule.startswith("cell:"):
        return "none"
    category, _, role = rule.removeprefix("cell:").partition("/")
    extent: str = getattr(inquiry.matrix.cell(category, role), action)
    return extent if extent in ("all", "own", "propose") else "none"


def _period(facts: Facts, rule: str, actor: Actor, at: datetime) -> Period:
    """The period of the fact that a rule is about, as it concerns this actor at this instant."""
    individual, organisation = shape_of(actor).individual, actor.organization
    of_parties: tuple[Relation | Exclusion | CarerShare | Share, ...] = (
        *facts.relations, *facts.exclusions, *facts.carer_shares, *facts.shares,
    )  # fmt: skip
    periods = [
        each.period
        for each in of_parties
        if each.rule == rule and each.party.includes(individual, organisation)
    ]
    periods += [each.period for each in facts.settings if each.rule == rule]
    covering = [each for each in periods if each.covers(at)]
    return next(iter(covering), Period())


__all__ = [
    "AskedAccess", "Explained", "Reason", "explain", "reasons_of", "source_of", "text_of",
]  # fmt: skip
