"""The whole of a printed plan, for one reader and one moment: all that is told, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dzop.plan.paper.around import Around
from dzop.plan.paper.content import Paper, Section
from dzop.plan.paper.emergency import emergency
from dzop.plan.paper.goals import goals, what_matters
from dzop.plan.paper.scores import scores
from dzop.plan.paper.team import team, who_may_see
from dzop.plan.paper.work import agreements, appointments, tasks

__all__ = ["SECTIONS", "printed"]

SECTIONS = (what_matters, goals, tasks, appointments, agreements, scores, team, who_may_see)
_STANDING: Final = frozenset({"draft", "on-hold", "revoked", "completed", "entered-in-error"})
"""What a plan is that is not simply going on."""


def printed(around: Around) -> Paper:
    """What the reader may have on paper of this plan."""
    words = around.words
    at = words.moment(around.now)
    return Paper(
        language=words.language,
        title=around.title,
        copy=words.say("copy", "heading", moment=at),
        # The places of the numbers stay, for whoever knows how many pages there are.
        page=words.say("copy", "page", page="{page}", pages="{pages}"),
        preface=(
            words.say("copy", "printed", moment=at, reader=around.reader),
            words.say("copy", "partial", reader=around.reader),
            *(() if around.is_over else (words.say("copy", "going_on"),)),
            words.say("copy", "private"),
        ),
        standing=tuple(_standing(around)),
        sections=(*(section(around) for section in SECTIONS), *_emergency(around)),
    )


def _standing(around: Around) -> Iterator[str]:
    """That the person has died, and that the plan is not simply going on."""
    words, status = around.words, around.resources[around.plan].get("status")
    if around.has_died:
        died = around.resources[around.person].get("deceasedDateTime")
        on = {"date": words.date(died)} if died else {}
        yield words.say("standing", "died_on" if died else "died", name=around.name, **on)
    if status in _STANDING:
        yield words.say("standing", status)


def _emergency(around: Around) -> Iterator[Section]:
    """The same page whatever part of the plan is printed; none for who has died."""
    if not around.has_died:
        yield emergency(around.umbrella)
