"""Issues, the error tree, and the one place that renders an OperationOutcome.

https://hl7.org/fhir/R4/operationoutcome.html

    FhirError
    ├── Invalid               400  the request cannot be understood
    ├── Unauthenticated       401  no token, or a bad one
    ├── Forbidden             403  visible, but not allowed
    ├── NotFound              404  free, or not to be known
    ├── NotSupported          405  known to FHIR, not offered here
    ├── Conflict              409  against the present state
    ├── Gone                  410  deleted
    ├── PreconditionFailed    412  another version, or not exactly one match
    │   └── Overtaken         412  the same, with a proposal that has both changes
    ├── TooLarge              413  more than the limit
    ├── UnsupportedMediaType  415  neither FHIR JSON nor XML
    ├── Unprocessable         422  understood, but against a rule
    ├── TooManyRequests       429  asked too often
    └── Unavailable           503  try again later
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

__all__ = [
    "Conflict", "FhirError", "Forbidden", "Gone", "InsufficientScope", "Invalid", "Issue", "NotFound", "NotSupported",
    "Overtaken", "PreconditionFailed", "TooLarge", "TooManyRequests", "Unauthenticated", "Unavailable",
    "Unprocessable", "UnsupportedMediaType", "operation_outcome",
]  # fmt: skip

_PLAN_RULE: Final = "https://dzop.example/fhir/CodeSystem/plan-rule"
_MERGE_PROPOSAL: Final = "https://dzop.example/fhir/StructureDefinition/merge-proposal"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to say about a request.

    `code` is from http://hl7.org/fhir/ValueSet/issue-type, `text` one sentence that says what is
    wrong and how to mend it, `expression` a FHIRPath such as `Goal.target[0].due`, or where the fault is
    in none of the body `http.` and the name of a parameter or header (R4's `location`). `rule` is the code of
    the rule of a plan that says so, where one does.
    """

    code: str
    text: str
    expression: str | None = None
    severity: str = "error"
    rule: str = ""


class FhirError(Exception):
    """What leaves an interaction that cannot be answered; carries issues, never patient data."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "exception"

    def __init__(self, *issues: Issue | str, expression: str | None = None) -> None:
        self.issues: tuple[Issue, ...] = tuple(
            Issue(self.code, issue, expression) if isinstance(issue, str) else issue for issue in issues
        )
        super().__init__("; ".join(issue.text for issue in self.issues))

    @property
    def outcome(self) -> dict[str, Any]:
        """The OperationOutcome that is answered."""
        return operation_outcome(self.issues)


class Invalid(FhirError):
    status, code = 400, "invalid"


class Unauthenticated(FhirError):
    """`challenge` is what `WWW-Authenticate` tells who did send a token (RFC 6750)."""

    status, code = 401, "login"
    challenge = 'error="invalid_token"'


class Forbidden(FhirError):
    status, code = 403, "forbidden"


class InsufficientScope(Forbidden):
    """The scopes of the token do not reach so far, whatever the law says (RFC 6750, section 3.1)."""

    challenge = 'error="insufficient_scope"'


class NotFound(FhirError):
    status, code = 404, "not-found"


class NotSupported(FhirError):
    status, code = 405, "not-supported"


class Conflict(FhirError):
    status, code = 409, "conflict"


class Gone(FhirError):
    status, code = 410, "deleted"


class PreconditionFailed(FhirError):
    status, code = 412, "conflict"


class Overtaken(PreconditionFailed):
    """Another change came first. `proposal` has both, as JSON that can be sent again; `id` is that of the resource."""

    def __init__(self, *issues: Issue | str, id: str, proposal: Any) -> None:
        super().__init__(*issues)
        self._id, self._proposal = id, proposal

    @property
    def outcome(self) -> dict[str, Any]:
        extension = {"url": _MERGE_PROPOSAL, "valueReference": {"reference": f"#{self._id}"}}
        inside = {"contained": [self._proposal], "extension": [extension]}
        return {"resourceType": "OperationOutcome", **inside, **operation_outcome(self.issues)}


class TooLarge(FhirError):
    status, code = 413, "too-long"


class UnsupportedMediaType(FhirError):
    status, code = 415, "not-supported"


class Unprocessable(FhirError):
    status, code = 422, "processing"


class TooManyRequests(FhirError):
    """`retry_after` is in seconds, at least 1."""

    status, code = 429, "throttled"

    def __init__(self, *issues: Issue | str, expression: str | None = None, retry_after: int = 60) -> None:
        super().__init__(*issues, expression=expression)
        self.retry_after = retry_after


class Unavailable(FhirError):
    """`retry_after` is in seconds, at least 1."""

    status, code = 503, "transient"

    def __init__(self, *issues: Issue | str, expression: str | None = None, retry_after: int = 1) -> None:
        super().__init__(*issues, expression=expression)
        self.retry_after = retry_after


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The OperationOutcome that carries these issues, in the order given."""
    return {"resourceType": "OperationOutcome", "issue": [_rendered(issue) for issue in issues]}


def _rendered(issue: Issue) -> dict[str, Any]:
    coding = {"coding": [{"system": _PLAN_RULE, "code": issue.rule}]} if issue.rule else {}
    rendered: dict[str, Any] = {
        "severity": issue.severity,
        "code": issue.code,
        "details": {**coding, "text": issue.text},
        "diagnostics": issue.text,
    }
    if issue.expression is not None:
        rendered["location" if issue.expression.startswith("http.") else "expression"] = [issue.expression]
    return rendered
