"""All steps of the example, in turn: from knowing an address to working with a plan, by itself and through an app."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Final

import httpx

from dzop.gp_sim import launching, meeting, working
from dzop.gp_sim.known import TIMEOUT, Known
from dzop.gp_sim.steps import Outcome, Step, taken

__all__ = ["KNOWN_PERSONS", "visit"]

KNOWN_PERSONS: Final = ("44031799819", "57052999744")
"""Social security numbers of made-up persons of the demo: Jet Peeters and Raymond Claes."""


def visit(
    fhir: str, *, user: str = "General practitioner", persons: Sequence[str] = KNOWN_PERSONS
) -> Iterator[Outcome]:
    """Takes all steps against the sandbox at this FHIR base, one outcome each.

    `user` is part of what the login page says of the person to log in as, `persons` social security numbers.
    """
    with ExitStack() as opened:
        http = opened.enter_context(httpx.Client(timeout=TIMEOUT))
        yield from taken(_STEPS, Known(fhir.rstrip("/"), user, persons, http, opened))


_STEPS: tuple[Step[Known], ...] = (
    Step("discovery", meeting.discover),
    Step("capability statement", meeting.look_up_fhir, ("discovery",)),
    Step("register the app", meeting.register_app, ("discovery", "capability statement")),
    Step("log in", meeting.log_in, ("register the app",)),
    Step("register the practice's software", meeting.register_system, ("log in",)),
    Step("token of the software", meeting.get_system_token, ("register the practice's software",)),
    Step("send an assertion twice", meeting.send_twice, ("token of the software",)),
    Step("enrol persons", working.enrol, ("token of the software",)),
    Step("read the plan", working.read_plan, ("enrol persons",)),
    Step("make a goal once", working.make_goal, ("enrol persons",)),
    Step("change a task", working.change_task, ("make a goal once",)),
    Step("search with what belongs to it", working.search, ("change a task",)),
    Step("history", working.look_back, ("change a task",)),
    Step("ask beyond the scopes", working.ask_too_much, ("enrol persons",)),
    Step("ask for somebody unknown", working.ask_for_nobody, ("token of the software",)),
    Step("launch the app", launching.launch, ("enrol persons",)),
    Step("log in to the launched app", launching.log_in_launched, ("launch the app",)),
    Step("read in the app", launching.read_in_app, ("log in to the launched app",)),
    Step("refresh the tokens", launching.refresh, ("log in to the launched app",)),
    Step("introspect a token", launching.introspect, ("token of the software",)),
    Step("revoke a token", launching.revoke, ("refresh the tokens",)),
    Step("remove the app", launching.remove_app, ("register the app",)),
    Step("remove the practice's software", launching.remove_system, ("register the practice's software",)),
    Step(
        "use what was removed",
        launching.use_removed,
        ("token of the software", "remove the practice's software"),
    ),
)
