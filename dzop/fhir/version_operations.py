"""Operations on versions: what changed in a plan, and two changes brought together."""

from __future__ import annotations

from typing import Final

from dzop.fhir.operation import Operation, Parameter

__all__ = ["VERSION_OPERATIONS"]

_MOMENT: Final = (
    "A version of the CarePlan, which is the moment when it was written, or an instant, or a day: {day}."
)


def _out(name: str, type: str, documentation: str = "", min: int = 0) -> Parameter:
    return Parameter(name, type, "out", min, documentation=documentation)


_CHANGE: Final = (
    _out("what", "code", "added, changed, removed, or moved: the same in another order.", 1),
    _out("resource", "Reference", "Which resource.", 1),
    _out(
        "path", "string", "FHIRPath of the element; only the type where the whole resource came or went.", 1
    ),
    _out("from", "string", "What it was: as it is written in JSON, a text without its quotation marks."),
    _out("to", "string", "What it is, in the same way."),
    _out("text", "string", "The change in one plain sentence.", 1),
)
_CONFLICT: Final = (
    _out("path", "string", "FHIRPath of the element in `merged`.", 1),
    _out("base", "string", "What it was: as it is written in JSON, a text without its quotation marks."),
    _out("mine", "string", "What you made of it."),
    _out("theirs", "string", "What the others made of it; that is what `merged` has."),
)

VERSION_OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "diff",
        ("CarePlan",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "What changed in a plan and in all that belongs to it, between two moments, by what you may see today: "
            "each change with its place, what was and what is, and a sentence."
        ),
        parameters=(
            Parameter("from", "string", "in", 1, documentation=_MOMENT.format(day="at its beginning")),
            Parameter(
                "to", "string", "in", documentation=_MOMENT.format(day="at its end") + " Without: now."
            ),
            Parameter(
                "language",
                "code",
                "in",
                documentation="nl, fr, de or en; else Accept-Language, else the person's own.",
            ),
            _out("from", "instant", "The first moment.", 1),
            _out("to", "instant", "The second moment.", 1),
            Parameter("change", "", "out", max="*", documentation="One change.", parts=_CHANGE),
        ),
    ),
    Operation(
        "merge",
        ("Appointment", "CarePlan", "CareTeam", "Goal", "Task"),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "Two changes of one version brought together, element by element. Nothing is stored: send `merged` by PUT "
            "when the conflicts are settled."
        ),
        parameters=(
            Parameter(
                "base", "Resource", "in", 1, documentation="The version that both changes were made on."
            ),
            Parameter("mine", "Resource", "in", 1, documentation="What you made of it."),
            Parameter(
                "theirs", "Resource", "in", 1, documentation="What the others made of it: what is stored."
            ),
            _out(
                "merged",
                "Resource",
                "What came of it, without `meta.versionId` and `meta.lastUpdated`; where both contradict, as `theirs`.",
                1,
            ),
            Parameter("conflicts", "", "out", max="*", documentation="One conflict.", parts=_CONFLICT),
        ),
    ),
)
