"""The whole of a printed plan, for one reader and one moment: all that is told, in order."""

from __future__ import annotations

from dzop.plan.paper.around import Around
from dzop.plan.paper.content import Paper
from dzop.plan.paper.emergency import emergency
from dzop.plan.paper.goals import goals, what_matters
from dzop.plan.paper.team import team, who_may_see
from dzop.plan.paper.work import agreements, appointments, tasks

__all__ = ["SECTIONS", "printed"]

SECTIONS = (what_matters, goals, tasks, appointments, agreements, team, who_may_see, emergency)


def printed(around: Around) -> Paper:
    """What the reader may have on paper of this plan."""
    words = around.words
    at = words.moment(around.now)
    return Paper(
        language=words.language,
        title=words.plain("title", name=around.name),
        copy=words.say("copy", "heading", moment=at),
        # The places of the numbers stay, for whoever knows how many pages there are.
        page=words.say("copy", "page", page="{page}", pages="{pages}"),
        preface=(
            words.say("copy", "printed", moment=at, reader=around.reader),
            words.say("copy", "partial", reader=around.reader),
            words.say("copy", "private"),
        ),
        sections=tuple(section(around) for section in SECTIONS),
    )
