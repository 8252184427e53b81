"""Steps that build upon each other, each told in one line: what was done, or what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import httpx

from dzop.gp_sim.answers import Failed
from dzop.gp_sim.oauth import OAuthError

__all__ = ["LASTS", "Outcome", "Step", "taken"]

Known = TypeVar("Known")
LASTS = 240.0
"""Seconds after which no further step is begun."""


@dataclass(frozen=True, slots=True)
class Step(Generic[Known]):
    """`take` does it, on what is known so far, and says what came of it; `needs` are steps that must have gone well."""

    name: str
    take: Callable[[Known], str]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step went, and what there is to say about it."""

    step: str
    verdict: Literal["ok", "failed", "left out"]
    told: str


def taken(steps: Sequence[Step[Known]], known: Known) -> Iterator[Outcome]:
    """Takes the steps in turn; what needs a step that did not go well is left out."""
    missing: set[str] = set()
    until = time.monotonic() + LASTS
    for step in steps:
        lacking = [name for name in step.needs if name in missing]
        if lacking:
            outcome = Outcome(step.name, "left out", f"because of: {lacking[0]}")
        elif time.monotonic() > until:
            outcome = Outcome(step.name, "failed", f"was not begun, as the {LASTS:.0f} seconds were over")
        else:
            outcome = _taken(step, known)
        if outcome.verdict != "ok":
            missing.add(step.name)
        yield outcome


def _taken(step: Step[Known], known: Known) -> Outcome:
    try:
        return Outcome(step.name, "ok", step.take(known))
    except Failed as failed:
        told = str(failed)
    except OAuthError as refused:
        told = f"the server refused: {refused.description or refused.error}"
    except httpx.TimeoutException:
        told = "the server did not answer in time"
    except httpx.HTTPStatusError as error:
        told = f"{error.request.url.path} was answered {error.response.status_code}"
    except httpx.HTTPError as error:
        told = f"the server cannot be reached: {error}"
    except (LookupError, TypeError, ValueError, AttributeError):
        # What another server answers may miss anything, or have it as anything.
        told = "the server's answer has not the form that was expected"
    return Outcome(step.name, "failed", told)
