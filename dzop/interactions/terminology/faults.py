"""What a fault of the terminology is over HTTP. https://hl7.org/fhir/R4/valueset-issue-type.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from dzop.fhir.outcome import FhirError, Invalid, Issue, NotFound, Unprocessable
from terminology.fault import Fault

__all__ = ["told"]

_ANSWERS: Final[Mapping[str, type[FhirError]]] = {
    "not-found": NotFound,
    "too-costly": Unprocessable,
    "not-supported": Invalid,
    "invalid": Invalid,
    "processing": Unprocessable,
}
_LONGEST: Final = 1_000  # characters


@contextmanager
def told(parameter: str) -> Iterator[None]:
    """A fault in here leaves as the answer that it is, about this parameter."""
    try:
        yield
    except Fault as fault:
        raise _ANSWERS[fault.code](Issue(fault.code, _short(fault.text), parameter)) from None


def _short(text: str) -> str:
    """The text without what makes it long: something that was given."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
