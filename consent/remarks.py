"""A remark about a Consent, and the words and paths that remarks are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["ROOT", "Body", "Remark", "coded", "error", "listed", "provisions", "warning"]

Body = Mapping[str, Any]
ROOT = "Consent.provision"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing found. `code` is a FHIR issue type; `expression` the FHIRPath of the element; `text` says what
    and how to mend.

    An error keeps the Consent from being stored; a warning tells the effect it will not have.
    """

    severity: Literal["error", "warning"]
    code: str
    text: str
    expression: str


def error(code: str, text: str, expression: str) -> Remark:
    """What keeps the Consent from being stored."""
    return Remark("error", code, text, expression)


def warning(code: str, text: str, expression: str) -> Remark:
    """What the writer should know of the effect."""
    return Remark("warning", code, text, expression)


def listed(words: Iterable[str]) -> str:
    """The words, each as code."""
    return ", ".join(f"`{word}`" for word in words)


def provisions(root: Body) -> Iterator[tuple[str, Body]]:
    """The root provision and those directly in it, each with its path."""
    yield ROOT, root
    for number, nested in enumerate(root.get("provision") or []):
        yield f"{ROOT}.provision[{number}]", nested


def coded(element: Body, url: str) -> list[Any]:
    """The `valueCode` of each extension of this URL."""
    return [each.get("valueCode") for each in element.get("extension") or [] if each.get("url") == url]
