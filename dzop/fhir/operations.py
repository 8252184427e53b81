"""THE table of operations: `$name` on a type or an instance, with the parameters it takes and gives.

Routes, CapabilityStatement and OpenAPI follow from here. https://hl7.org/fhir/R4/operations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dzop.fhir.operation import Level, Operation, Parameter
from dzop.fhir.plan_operations import PLAN_OPERATIONS
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.terminology_operations import TERMINOLOGY_OPERATIONS
from dzop.fhir.xshare import CARE_PLAN

__all__ = ["OPERATIONS", "Operation", "Parameter", "operation_on"]


def _parts(**types: str) -> tuple[Parameter, ...]:
    """Parts that come out, by name and data type; one whose type ends in `*` may be there several times."""
    return tuple(
        Parameter(name, type.rstrip("*"), "out", max="*" if type.endswith("*") else "1")
        for name, type in types.items()
    )


_WHO_MAY: Final = (("CareTeam", "r"), ("Consent", "r"))
"""What a decision is told from: who is near the person, and what the person settled."""

_PERSON: Final = (
    Parameter("ssin", "string", "in", documentation="The person's SSIN, or BIS number."),
    Parameter("identifier", "Identifier", "in", documentation="The same with its system."),
)
_DECLARED: Final = (
    Parameter("patient", "Reference", "out", 1, documentation="The person."),
    Parameter("relation", "Reference", "out", 1, documentation="The Consent that was made."),
    Parameter("period", "Period", "out", 1, documentation="From when to when it holds."),
)

_ENTRY: Final = (
    Parameter("member", "Reference", "in", documentation="Whose entry; or else `entry`."),
    Parameter("role", "Coding", "in", documentation="Which entry, where the member has several."),
    Parameter("entry", "string", "in", documentation="The id of the element `CareTeam.participant`."),
)
_WHY_ENDED: Final = Parameter(
    "reasonCode", "Coding", "in", documentation="Why, a code of CodeSystem/end-of-membership."
)
_TEAM: Final = Parameter(
    "return", "CareTeam", "out", documentation="The team as it is now, if you may read it."
)

_LABELLED: Final = tuple(
    name
    for name, entry in RESOURCE_TYPES.items()
    if entry.compartment == "person" and "update" in entry.interactions
)
_VALIDATED: Final = tuple(
    name
    for name, entry in RESOURCE_TYPES.items()
    if entry.compartment != "definition" and "create" in entry.interactions
)
_VALIDATE: Final[Mapping[Level, str]] = {
    "type": "What is to be said of a resource: R4, the profiles that it claims or that are asked, national numbers.",
    "instance": "The same of a change to this one; without a resource, of this one as it is stored.",
}
_META: Final = Parameter(
    "return", "Meta", "out", 1, documentation="The meta as it is now, if you may read it."
)

_ACTORS: Final = "Practitioner, PractitionerRole, Organization, RelatedPerson or Patient"
_ASKED: Final = (
    Parameter("resource", "Reference", "in", documentation="An entry of the plan; or else `category`."),
    Parameter("category", "code", "in", documentation="A code of CodeSystem/data-category."),
)
_CAPACITY: Final = (
    Parameter("actor", "Reference", "in", 1, documentation=f"Who: a {_ACTORS}."),
    Parameter("role", "code", "in", documentation="The profession, where the actor has several."),
    Parameter("organization", "Reference", "in", documentation="The employer, where the actor has several."),
)
_LANGUAGE: Final = Parameter(
    "language", "code", "in", documentation="nl, fr, de or en; else Accept-Language, else the person's own."
)
_AT: Final = Parameter("at", "instant", "in", documentation="When, by what is recorded now; else now.")
_SINCE: Final = Parameter("_since", "dateTime", "in", documentation="Only what began then or later.")
_TEXT: Final = Parameter("text", "string", "out", 1, documentation="The answer in one plain sentence.")
_REMARK: Final = Parameter("remarks", "OperationOutcome", "out", documentation="What there is to say of it.")

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "meta",
        _LABELLED,
        "instance",
        "r",
        affects_state=False,
        documentation="The profiles, tags and labels of a resource.",
        parameters=(_META,),
        standard="Resource-meta",
    ),
    Operation(
        "meta-add",
        _LABELLED,
        "instance",
        "u",
        affects_state=True,
        documentation=(
            "Adds profiles, tags and labels, in a new version. The label `sensitive` may also be added by the person, "
            "the representative and the author when they may not update."
        ),
        parameters=(Parameter("meta", "Meta", "in", 1, documentation="What is added."), _META),
        standard="Resource-meta-add",
    ),
    Operation(
        "meta-delete",
        _LABELLED,
        "instance",
        "u",
        affects_state=True,
        documentation=(
            "Takes out profiles, tags and labels, in a new version. The label `sensitive` is lifted by the person, the "
            "representative and the author only; the categories are the server's and stay."
        ),
        parameters=(Parameter("meta", "Meta", "in", 1, documentation="What is taken out."), _META),
        standard="Resource-meta-delete",
    ),
    Operation(
        "everything",
        ("Patient",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "All that is kept of a person and that you may see: the Patient first, then by type and id; after them, as "
            "includes, the care providers and organisations that the page names. The log of who looked is apart."
        ),
        parameters=(
            Parameter(
                "start",
                "date",
                "in",
                documentation="Only care from this day on; what has no date of care, such as a goal, is always there.",
            ),
            Parameter("end", "date", "in", documentation="Only care up to this day, included."),
            Parameter("_since", "instant", "in", documentation="Only what changed then or later."),
            Parameter("_type", "code", "in", 0, "*", "Only these types, also joined by commas."),
            Parameter("_count", "integer", "in", documentation="How many on a page; without, 10,000."),
            Parameter("_page", "string", "in", documentation="From the link to the next page."),
            Parameter("return", "Bundle", "out", 1, documentation="A searchset."),
        ),
        standard="Patient-everything",
        own_id="Patient-everything",
    ),
    Operation(
        "everything",
        ("CarePlan",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "A plan, then what belongs to it and you may see: goals and those they relate to, teams, tasks and other "
            "activities, plans that are part of it, what is written about them; after it, as includes, whom it names."
        ),
        parameters=(
            Parameter(
                "_at",
                "dateTime",
                "in",
                documentation="As it was then, by what you may see today; of a day, at its end.",
            ),
            Parameter(
                "_profile",
                "canonical",
                "in",
                documentation=(
                    f"`{CARE_PLAN}`: in the European shape, where each activity written in the plan is a Task."
                ),
            ),
            Parameter("return", "Bundle", "out", 1, documentation="A searchset."),
        ),
        own_id="CarePlan-everything",
    ),
    *(
        Operation(
            "validate",
            _VALIDATED,
            level,
            "r",
            affects_state=False,
            documentation=documentation,
            parameters=(
                Parameter(
                    "resource", "Resource", "in", documentation="What is validated; also as the body itself."
                ),
                Parameter(
                    "mode",
                    "code",
                    "in",
                    documentation="create, update, delete or profile: what it is for. Whether you may is not told.",
                ),
                Parameter("profile", "uri", "in", documentation="A profile besides those that it claims."),
                Parameter("return", "OperationOutcome", "out", 1, documentation="What is to be said of it."),
            ),
            standard="Resource-validate",
            own_id=f"validate-{level}",
            judges_resource=True,
        )
        for level, documentation in _VALIDATE.items()
    ),
    Operation(
        "declare-relation",
        ("Patient",),
        "type",
        "c",
        affects_state=True,
        documentation=(
            "Declares a relation of care with the person who has this number, with proof. The answer is the same "
            "whether the person was known here or is entered now; how long it lasts follows from the proof."
        ),
        parameters=(
            *_PERSON,
            Parameter(
                "proof", "code", "in", 1, documentation="The kind of proof, a code of CodeSystem/proof."
            ),
            Parameter("cardNumber", "string", "in", documentation="Of the identity card that was read."),
            Parameter("evidence", "string", "in", documentation="What else the verifier of that kind needs."),
            *_DECLARED,
        ),
    ),
    Operation(
        "break-glass",
        ("Patient",),
        "type",
        "c",
        affects_state=True,
        documentation=(
            "Declares an emergency, where that is offered: a health professional reads for an hour. The person is "
            "told, and a reviewer sees the reason."
        ),
        parameters=(
            *_PERSON,
            Parameter("reason", "string", "in", 1, documentation="Why, in 10 to 200 characters."),
            *_DECLARED,
        ),
    ),
    Operation(
        "revoke",
        ("Consent",),
        "instance",
        "u",
        affects_state=True,
        documentation="Ends a consent: by whoever may change it, or by the one who gives up what it gives.",
        parameters=(
            Parameter("return", "Consent", "out", documentation="As it is now, if you may read it."),
        ),
    ),
    Operation(
        "propose",
        ("CareTeam",),
        "instance",
        "u",
        affects_state=True,
        documentation="Adds a member: agreed at once where you decide on the team, else waiting for who does.",
        parameters=(
            Parameter("member", "Reference", "in", 1, documentation="Who, recognisably: no display only."),
            Parameter("role", "Coding", "in", 1, "*", "As what, a code of CodeSystem/role."),
            Parameter(
                "period", "Period", "in", documentation="From when to when; without a start, from now."
            ),
            _TEAM,
        ),
    ),
    Operation(
        "agree",
        ("CareTeam",),
        "instance",
        "u",
        affects_state=True,
        documentation=(
            "Agrees to an entry that waits: the person or a representative; to a coordinator an informal carer too."
        ),
        parameters=(*_ENTRY, _TEAM),
    ),
    Operation(
        "decline",
        ("CareTeam",),
        "instance",
        "u",
        affects_state=True,
        documentation="Declines an entry that waits, withdraws your own proposal, or ends an entry that was agreed.",
        parameters=(*_ENTRY, _WHY_ENDED, _TEAM),
    ),
    Operation(
        "leave",
        ("CareTeam",),
        "instance",
        "u",
        affects_state=True,
        documentation="Ends your own membership now, or what you are in one role. Any member may.",
        parameters=(
            Parameter("member", "Reference", "in", documentation="You: nobody leaves for somebody else."),
            Parameter("role", "Coding", "in", documentation="In this role only, such as care-coordinator."),
            _WHY_ENDED,
            _TEAM,
        ),
    ),
    Operation(
        "claim-coordination",
        ("CareTeam",),
        "instance",
        "u",
        affects_state=True,
        documentation=(
            "Offers, as a member, to be the care coordinator: from now on, or for a period. It waits for the "
            "person, a representative or an informal carer to agree; there is one coordinator at a time."
        ),
        parameters=(
            Parameter("start", "dateTime", "in", documentation="From when on; else now."),
            Parameter("period", "Period", "in", documentation="Or from when to when."),
            Parameter("reason", "string", "in", documentation="Why, for those who agree."),
            Parameter(
                "reasonCode", "Coding", "in", documentation="Why, a code of CodeSystem/coordination-reason."
            ),
            Parameter("remunerated", "boolean", "in", documentation="Whether it is paid for."),
            _TEAM,
        ),
    ),
    Operation(
        "explain-access",
        ("Patient",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "Why somebody may or may not do something with an entry, or with a data category, in plain words. For "
            "the person, a representative and the operator."
        ),
        also=_WHO_MAY,
        parameters=(
            *_CAPACITY,
            *_ASKED,
            Parameter(
                "action", "code", "in", documentation="read, create, update, delete or share; else read."
            ),
            _AT,
            _LANGUAGE,
            Parameter("decision", "code", "out", 1, documentation="permit or deny."),
            Parameter(
                "extent", "code", "out", 1, documentation="all, own (what concerns them), authored or none."
            ),
            _TEXT,
            Parameter(
                "reason",
                "",
                "out",
                0,
                "*",
                "A determining rule.",
                _parts(rule="string", text="string", source="Reference"),
            ),
            Parameter("matrixVersion", "string", "out", 1, documentation="Of the access matrix."),
        ),
    ),
    Operation(
        "who-can-see",
        ("Patient",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "Who can see an entry, a data category, or else anything of the plan: people and organisations, since and "
            "until when, and why. Without a parameter each is told with the plan as a whole, or else with the first "
            "category that is seen. For the person, a representative and the operator."
        ),
        also=_WHO_MAY,
        parameters=(
            *_ASKED,
            _AT,
            _SINCE,
            _LANGUAGE,
            Parameter(
                "party",
                "",
                "out",
                0,
                "*",
                "Somebody who sees it.",
                _parts(
                    actor="Reference",
                    name="string",
                    role="code",
                    organization="Reference",
                    organizationName="string",
                    since="instant",
                    until="instant",
                    extent="code",
                    rule="string*",
                    text="string",
                ),
            ),
        ),
    ),
    Operation(
        "preview-as",
        ("Patient",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "What somebody would see of the plan now, as far as you see it too. For the person, a representative and "
            "the operator."
        ),
        parameters=(
            *_CAPACITY,
            Parameter("type", "code", "in", 0, "*", "Resource types; else all of a plan."),
            Parameter("_count", "integer", "in", documentation="How many entries at most."),
            Parameter("_page", "string", "in", documentation="From the link to the next page."),
            Parameter("return", "Bundle", "out", 1, documentation="A searchset."),
        ),
    ),
    Operation(
        "access-log",
        ("Patient",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "Who looked at the plan, changed it or was refused, in plain words: alike events of a day as one, "
            "emergencies first. For the person, a representative and the operator."
        ),
        also=(("AuditEvent", "s"),),
        parameters=(
            *_ASKED,
            _SINCE,
            Parameter("start", "date", "in", documentation="From this day on."),
            Parameter("end", "date", "in", documentation="Up to this day, included."),
            Parameter("agent", "Reference", "in", documentation=f"Only what this one did: a {_ACTORS}."),
            Parameter(
                "_count", "integer", "in", documentation="How many events are looked at, newest first."
            ),
            _LANGUAGE,
            Parameter(
                "entry",
                "",
                "out",
                0,
                "*",
                "What one actor did in one day.",
                _parts(
                    text="string",
                    first="instant",
                    last="instant",
                    count="positiveInt",
                    agent="Reference",
                    name="string",
                    role="code",
                    organization="Reference",
                    organizationName="string",
                    interaction="string",
                    category="code*",
                    outcome="code",
                    breakGlass="boolean",
                    rule="string*",
                    reason="string",
                ),
            ),
            Parameter("more", "boolean", "out", 1, documentation="Whether there are older events."),
        ),
    ),
    Operation(
        "what-if",
        ("Patient",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "What would change in who may do what if a Consent were stored or withdrawn; nothing is. For the person, a "
            "representative and the operator."
        ),
        also=_WHO_MAY,
        parameters=(
            Parameter("consent", "Resource", "in", documentation="The Consent to store; or else `remove`."),
            Parameter("remove", "Reference", "in", documentation="The Consent that would be withdrawn."),
            _AT,
            _LANGUAGE,
            Parameter("accepted", "boolean", "out", 1, documentation="Whether it could be stored."),
            _TEXT,
            Parameter(
                "change",
                "",
                "out",
                0,
                "*",
                "What one actor could do and then can; `before` and `after` are extents.",
                _parts(
                    actor="Reference",
                    name="string",
                    action="code",
                    before="code",
                    after="code",
                    category="code*",
                    entry="Reference",
                    text="string",
                ),
            ),
            _REMARK,
        ),
    ),
    *PLAN_OPERATIONS,
    *TERMINOLOGY_OPERATIONS,
)


def operation_on(type: str, code: str, level: str) -> Operation | None:
    """The operation of this name (without `$`) on a type or an instance of it."""
    for operation in OPERATIONS:
        if operation.code == code and type in operation.types and operation.level == level:
            return operation
    return None
