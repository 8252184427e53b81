"""A plan for paper: what the actor may see around it, told in one language, and the resources that this rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson

from consent.categories import BURDEN
from dzop.access import guarded
from dzop.access.everything import MOST, AskedWhole, Whole, of_directory, of_person
from dzop.access.explaining.inquiry import Question, begin
from dzop.access.explaining.sight import WHOLE, AskedSight, who_can_see
from dzop.access.matrices import Matrices
from dzop.access.reach import allows
from dzop.access.shown import Shown
from dzop.actor import Actor, Call
from dzop.explanation.dates import day, moment
from dzop.explanation.languages import preferred
from dzop.explanation.words import WORDS
from dzop.fhir.names import name_of
from dzop.fhir.outcome import Forbidden, Issue, NotFound, Unprocessable
from dzop.fhir.referenced import referenced
from dzop.fhir.search.query import read_query
from dzop.plan.paper.around import Around, Party, person_of
from dzop.plan.paper.content import Paper
from dzop.plan.paper.printed import printed
from dzop.plan.paper.words import Words
from dzop.plan.team import ROLE_SYSTEM
from dzop.store.database import Connection, Transaction

__all__ = ["AskedPaper", "Papers", "gather", "papers"]

_TOLD: Final = (
    "Appointment", "CarePlan", "CareTeam", "Communication", "Condition", "DocumentReference", "Goal",
    "Observation", "Patient", "Provenance", "RelatedPerson", "Task",
)  # fmt: skip
_NAMED: Final = ("Organization", "Practitioner", "PractitionerRole")
_TOLD_FROM: Final = ("CareTeam", "Consent")
"""What who may see the plan is told from."""


@dataclass(frozen=True, slots=True)
class AskedPaper:
    """The language asked for, one of ours; without, the best of `accept_language`, else the person's."""

    language: str | None = None
    accept_language: str = ""


@dataclass(frozen=True, slots=True)
class Papers:
    """The paper, whom the plan is about (as the plan refers to it), and what goes along with it: `whole`."""

    paper: Paper
    person: Mapping[str, Any]
    whole: Whole


async def gather(
    transaction: Transaction, call: Call, matrices: Matrices, base: str, plan: Shown, asked: AskedPaper
) -> tuple[Around, dict[str, Shown]]:
    """What the actor sees around the plan, read at one moment; by key."""
    found = await _around(transaction, call, base, plan)
    resources = {key: orjson.loads(each.body) for key, each in found.items()}
    key = f"CarePlan/{plan.id}"
    person = person_of(key, resources, base)
    patient = resources.get(person, {})
    language = asked.language or preferred(asked.accept_language, patient)
    said = WORDS[language]
    words = Words(language, partial(day, said), partial(moment, said))
    reader = await _reader(transaction, call, words)
    parties = await _parties(transaction, call, matrices, base, person)
    return Around(key, resources, base, words, reader, call.now, parties), found


def papers(around: Around, found: Mapping[str, Shown]) -> Papers:
    """The paper of what was gathered, and all that it tells of, with what that references and the reader sees."""
    paper = printed(around)
    keys = _with_what_they_name([around.plan, *paper.sources], found, around.base)
    noted = [
        key for key in _provenances(around, found) if not _targets(found[key], around.base).isdisjoint(keys)
    ]
    told = [found[key] for key in dict.fromkeys((*keys, *noted))]
    matches = tuple(each for each in told if each.person == found[around.plan].person)
    included = tuple(each for each in told if each.person != found[around.plan].person)
    person = (
        {"reference": around.person} if around.person in found else around.resources[around.plan]["subject"]
    )
    return Papers(paper, person, Whole(matches, included, len(matches)))


async def _around(connection: Connection, call: Call, base: str, plan: Shown) -> dict[str, Shown]:
    """What may be told of by its key; a carer's burden is never on paper."""
    types = frozenset(each for each in (*_TOLD, *_NAMED) if allows(call.actor, each, "r"))
    whole = await of_person(connection, call, base, plan.person, AskedWhole(types), None, MOST)
    if whole.after is not None:
        text = (
            f"around this plan there is too much to print at once: at most {MOST} resources of 20 MB in all"
        )
        raise Unprocessable(Issue("too-costly", text))
    told = (each for each in (plan, *whole.matches, *whole.included) if not each.mask & BURDEN)
    found = {f"{each.type}/{each.id}": each for each in told}
    posts = await _posts(connection, call, base, found)
    employers = await of_directory(connection, call, base, posts, types, None)
    return found | {f"{each.type}/{each.id}": each for each in (*posts, *employers)}


async def _posts(
    connection: Connection, call: Call, base: str, found: Mapping[str, Shown]
) -> Sequence[Shown]:
    """Where the professionals around the person work, and how to reach them there."""
    people = [key for key in found if key.startswith("Practitioner/")]
    if not people or not allows(call.actor, "PractitionerRole", "s"):
        return ()
    query = read_query(
        "PractitionerRole",
        (("practitioner", ",".join(people)), ("active:not", "false")),
        base=base,
        lenient=False,
    )
    return (await guarded.find(connection, call, query, None, MOST)).matches


async def _reader(connection: Connection, call: Call, words: Words) -> str:
    """What the reader is called: by name, else by role."""
    actor: Actor = call.actor
    if actor.is_system:
        return words.plain("operator")
    type, _, id = actor.individual.partition("/")
    itself = await guarded.read(connection, call, type, id)
    known = None if itself is None or itself.deleted else name_of(orjson.loads(itself.body))
    return known or words.code(ROLE_SYSTEM, actor.role) or words.plain("somebody")


async def _parties(
    transaction: Transaction, call: Call, matrices: Matrices, base: str, person: str
) -> Sequence[Party] | None:
    """Who may see the plan, for who may ask; None for all others."""
    if not all(allows(call.actor, each, "r") for each in _TOLD_FROM):
        return None
    question = Question("document", person.partition("/")[2])
    try:
        inquiry = await begin(transaction, call, matrices, base, question)
    except (Forbidden, NotFound):
        return None
    seeing, _ = await who_can_see(inquiry, AskedSight(call.now))
    return [
        Party(each.name, each.role, each.organization_name, sees_part=each.category != WHOLE)
        for each in seeing
    ]


def _with_what_they_name(keys: Iterable[str], found: Mapping[str, Shown], base: str) -> list[str]:
    """These keys, and all that can be reached from them along references, in the order in which it is reached."""
    reached = [key for key in dict.fromkeys(keys) if key in found]
    known = set(reached)
    for key in reached:  # it grows while it is walked along
        added = sorted(_targets(found[key], base) & found.keys() - known)
        known.update(added)
        reached += added
    return reached


def _targets(each: Shown, base: str) -> set[str]:
    return {f"{type}/{id}" for type, id in referenced(each.body, base)}


def _provenances(around: Around, found: Mapping[str, Shown]) -> list[str]:
    return [key for key, _ in around.of("Provenance") if b'"onBehalfOf"' in found[key].body]
