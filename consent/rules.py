"""The grammar of rules: what a decision, a grant and a line of the access log say for reason.

A rule is `kind` and, after a colon, what it points at; it holds no blank.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["RULE_KINDS", "STEPS", "kind_of"]

RULE_KINDS: Mapping[str, str] = {
    "relation:own-record": "the actor is the person",
    "relation:team": "`:CareTeam/<id>`, agreed and active member of that team",
    "relation:mandate": "`:Consent/<id>`, representative by that mandate",
    "relation:therapeutic": "`:Consent/<id>`, a declared relation of care",
    "relation:case-management": "`:Consent/<id>`, external case manager",
    "relation:grant": "`:Consent/<id>`, a personal grant, of categories or of single entries",
    "relation:break-glass": "`:Consent/<id>`, an emergency was declared",
    "relation:none": "no relation in force",
    "consent:sharing": "the person's sharing consent is in force",
    "consent:none": "it is not",
    "exclusion": "`:Consent/<id>`, the person keeps the actor out",
    "cell": "`:<category>/<role>`, the cell of the matrix that was looked up",
    "setting": "`:Consent/<id>#<n>`, the n-th provision of those settings, from 1; 0 is an outer one that denies",
    "share": "`:Consent/<id>`, single entries opened by that grant or those settings",
    "carer-burden:author": "such an entry belongs to the carer who gave it",
    "carer-share": "`:Consent/<id>`, that carer opened the own entries",
    "age:represented": "below the age of deciding, the representative decides on sharing and team",
    "age:decides": "from that age on the person does, and not a parent",
    "closing:death": "the person died: nothing is written any more",
    "closing:plan": "`:CarePlan/<id>`, the plan is completed: nothing is written any more",
    "closing:aftercare": "except a task of aftercare",
}
"""Every kind of rule and what it says. The caller adds `system` and `directory`, which are outside the law."""

STEPS = (
    "carer-burden",
    "relation",
    "exclusion",
    "closing",
    "sharing-consent",
    "age",
    "settings",
    "sensitive",
    "matrix",
)
"""The steps of the law that refuse, as `Decision.step` names them: the first that applies."""


def kind_of(rule: str) -> str:
    """The key of `RULE_KINDS` that a rule is of; ValueError for what is no rule."""
    first, _, rest = rule.partition(":")
    for kind in (f"{first}:{rest.partition(':')[0]}", first):
        if kind in RULE_KINDS:
            return kind
    raise ValueError(f"`{rule}` is no rule")
