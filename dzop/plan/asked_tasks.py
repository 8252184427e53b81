"""Tasks that the server asks for: it acts on what they are about, so that stays. https://hl7.org/fhir/R4/task.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.plan import closing_report, pivotal_moment, reviews
from dzop.plan.rule import refusal

__all__ = ["require_about_the_same"]

Task = Mapping[str, Any]

_ABOUT: Final = ("basedOn", "code", "focus", "partOf", "reasonCode")
_KINDS: Final = frozenset({reviews.REVIEW, closing_report.CODE, pivotal_moment.ASKED})


def require_about_the_same(before: Task, after: Task) -> None:
    """A FhirError says what has changed of a Task without author that only the server asks for."""
    changed = next((name for name in _ABOUT if before.get(name) != after.get(name)), None)
    if changed is not None and _is_asked(before):
        raise refusal("task-asked", f"Task.{changed}", element=changed)


def _is_asked(task: Task) -> bool:
    """A review, a closing report, a consultation, or what else is to be seen to after a pivotal moment."""
    kinds = {(each.get("system"), each.get("code")) for each in values(task, "code.coding")}
    reasons = {each.get("system") for each in values(task, "reasonCode.coding")}
    return pivotal_moment.PIVOTAL_MOMENT in reasons or any(
        (reviews.TASK_KIND, each) in kinds for each in _KINDS
    )
