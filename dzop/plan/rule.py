"""What a rule of the plan says when it is broken: the table is the code system `plan-rule`.

A rule is named by its code, so that software can tell them apart, in `OperationOutcome.issue.details.coding`.
"""

from __future__ import annotations

from typing import Final

from dzop.fhir.outcome import Conflict, FhirError, Issue, Unprocessable
from terminology.concept import Concept
from terminology.content import CONTENT

__all__ = ["RULES", "page", "refusal", "remark"]

RULES: Final = CONTENT.code_systems["plan-rule"].concepts
"""The rules by code."""
_REFUSALS: Final = {409: Conflict, 422: Unprocessable}


def remark(code: str, expression: str | None = None, **given: str) -> Issue:
    """What is to be said of a write by this rule; `given` fills the words in braces, `expression` tells where."""
    rule = RULES[code]
    text = rule.definition.format(**{name: f"`{value}`" for name, value in given.items()})
    return Issue("business-rule", text, expression, str(_said(rule, "severity")), code)


def refusal(code: str, expression: str | None = None, **given: str) -> FhirError:
    """The error that refuses a write by this rule: 422, or what the table says."""
    status = _said(RULES[code], "status")
    return _REFUSALS[422 if status is None else int(status)](remark(code, expression, **given))


def page(code: str) -> str:
    """The page of the documents that explains this rule."""
    return str(_said(RULES[code], "page"))


def _said(rule: Concept, name: str) -> str | int | None:
    return next((each.value for each in rule.properties if each.code == name), None)
