"""Operations on goals."""

from __future__ import annotations

from typing import Final

from dzop.fhir.operation import Operation, Parameter

__all__ = ["GOAL_OPERATIONS"]

_TIME: Final = Parameter("time", "dateTime", "out", 1, documentation="When.")
_SOURCE: Final = Parameter("source", "Reference", "out", 1, documentation="The Observation.")

GOAL_OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "accept",
        ("Goal",),
        "instance",
        "u",
        affects_state=True,
        documentation=(
            "Says whether somebody stands behind a goal, also for who may not change the goal: whoever may make such a "
            "goal. It replaces what the same individual said before; the version history keeps that."
        ),
        parameters=(
            Parameter("status", "code", "in", 1, documentation="agree, disagree or pending."),
            Parameter(
                "priority", "code", "in", documentation="high-priority, medium-priority or low-priority."
            ),
            Parameter(
                "individual",
                "Reference",
                "in",
                documentation="For whom you speak, such as the person whom you represent; else you.",
            ),
            Parameter("return", "Goal", "out", documentation="The goal as it is now, if you may read it."),
        ),
    ),
    Operation(
        "progress",
        ("Goal",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "How a goal goes, in order of time: its states, how far each rater finds it reached, and the scores of "
            "instruments that belong to it; of what you may see."
        ),
        also=(("Observation", "s"),),
        parameters=(
            Parameter(
                "status",
                "",
                "out",
                0,
                "*",
                "A state of the goal, from when on.",
                (
                    _TIME,
                    Parameter("version", "string", "out", 1),
                    Parameter("lifecycleStatus", "code", "out", 1),
                    Parameter("achievementStatus", "CodeableConcept", "out"),
                ),
            ),
            Parameter(
                "rating",
                "",
                "out",
                0,
                "*",
                "A rating on the scale of the goal.",
                (
                    _TIME,
                    Parameter("value", "integer", "out", documentation="From -2 to 2."),
                    Parameter(
                        "meaning", "string", "out", documentation="The level in the words of the goal."
                    ),
                    Parameter("rater", "Reference", "out"),
                    Parameter("raterKind", "code", "out", documentation="person, carer or professional."),
                    _SOURCE,
                ),
            ),
            Parameter(
                "score",
                "",
                "out",
                0,
                "*",
                "A score or another result.",
                (
                    _TIME,
                    Parameter("code", "CodeableConcept", "out", 1, documentation="What was measured."),
                    Parameter("value", "Element", "out", documentation="Of the data type of the result."),
                    Parameter("interpretation", "CodeableConcept", "out", 0, "*"),
                    _SOURCE,
                ),
            ),
        ),
    ),
)
