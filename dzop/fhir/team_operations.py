"""Operations on a care team and on what there is to say of a plan as a whole."""

from __future__ import annotations

from typing import Final

from dzop.fhir.operation import Operation, Parameter

__all__ = ["TEAM_OPERATIONS"]

TEAM_OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "invite",
        ("CareTeam",),
        "instance",
        "u",
        affects_state=True,
        documentation=(
            "Invites an informal carer: makes a RelatedPerson and an entry in the team, by the usual rules, and gives "
            "a code with which that person takes it up, once. For the person, a representative, the care coordinator "
            "and the operator."
        ),
        also=(("RelatedPerson", "c"),),
        parameters=(
            Parameter("name", "string", "in", documentation="What who is invited is called; or else `relatedPerson`."),
            Parameter("relatedPerson", "Reference", "in", documentation="A relative known here who was never near."),
            Parameter("relationship", "Coding", "in", documentation="To the person, such as `DAU` of v3-RoleCode."),
            Parameter("role", "Coding", "in", documentation="informal-carer or informal-network; without, the first."),
            Parameter("period", "Period", "in", documentation="From when to when in the team; without, from now."),
            Parameter("relatedPerson", "Reference", "out", 1, documentation="Who is invited."),
            Parameter("code", "string", "out", 1, documentation="Shown here only; it counts once."),
            Parameter("expires", "instant", "out", 1, documentation="When the code ends."),
            Parameter("address", "url", "out", 1, documentation="Where the code is entered."),
            Parameter("page", "", "out", 4, "4", "The same to print, in each language.", (
                Parameter("language", "code", "out", 1, documentation="nl, fr, de or en."),
                Parameter("text", "string", "out", 1, documentation="Plain text."),
            )),
        ),
    ),
    Operation(
        "overview",
        ("CarePlan",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "What is missing in a plan or waits, in plain words: nobody coordinates, a goal serves no life goal, "
            "nobody does a task. It looks only at what you may see of the person; none of it is a mistake."
        ),
        parameters=(
            Parameter("language", "code", "in", documentation="nl, fr, de or en; else Accept-Language."),
            Parameter("remark", "", "out", 0, "*", "One thing to look at.", (
                Parameter("code", "Coding", "out", 1, documentation="Of CodeSystem/plan-remark."),
                Parameter("text", "string", "out", 1, documentation="The same in plain words."),
                Parameter("about", "Reference", "out", 0, "*", "What it is about, where it is about something."),
            )),
        ),
    ),
    Operation(
        "billing-facts",
        ("CarePlan",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "What an organisation did around a person in a time that is past, for who pays it: when it was in the "
            "team, when it coordinated, and the days of consultations of the team in which it took part; as far as "
            "you may see it. No names, no goals, no kinds of care, and not who is to be paid."
        ),
        also=(("CareTeam", "r"), ("Appointment", "r"), ("Encounter", "r"), ("PractitionerRole", "s")),
        parameters=(
            Parameter("organization", "Reference", "in", documentation="Without it, the one you act for."),
            Parameter("start", "date", "in", 1, documentation="The first day."),
            Parameter("end", "date", "in", 1, documentation="The last day: today, or before."),
            Parameter("organization", "Reference", "out", 1, documentation="The organisation."),
            Parameter("involvement", "Period", "out", 0, "*", "When it, or who works there, was in the team."),
            Parameter("coordination", "Period", "out", 0, "*", "When one of them was the care coordinator."),
            Parameter("consultation", "date", "out", 0, "*", "The day of each that took place with them."),
        ),
    ),
    Operation(
        "members",
        ("CareTeam",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "Who is in a team and who was: as what, from when to when, proposed by whom and since when agreed; by the "
            "versions that you may see. The contact comes first, then who is in the team now, then who was."
        ),
        parameters=(
            Parameter("member", "", "out", 0, "*", "An entry, as the last version that has it says.", (
                Parameter("member", "Reference", "out", 1, documentation="Who."),
                Parameter("role", "CodeableConcept", "out", 0, "*", "As what."),
                Parameter("period", "Period", "out", documentation="From when to when."),
                Parameter("state", "code", "out", 1, documentation="proposed, agreed or declined."),
                Parameter("current", "boolean", "out", 1, documentation="Whether it is agreed and holds now."),
                Parameter("contact", "boolean", "out", 1, documentation="Whether it is the contact of the team."),
                Parameter("proposer", "Reference", "out", documentation="Who proposed it."),
                Parameter("proposed", "instant", "out", documentation="Since when it was proposed."),
                Parameter("agreed", "instant", "out", documentation="Since when it was agreed."),
                Parameter("decider", "Reference", "out", documentation="Who agreed or declined."),
                Parameter("removed", "instant", "out", documentation="When it was taken out."),
                Parameter("telecom", "ContactPoint", "out", 0, "*", "How to reach who is in the team now."),
            )),
        ),
    ),
)  # fmt: skip
