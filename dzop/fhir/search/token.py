"""Tokens in search: codes, codings, concepts, identifiers and booleans as (system, code).

https://hl7.org/fhir/R4/search.html#token

An indexed token without system has system '' (never None); a `code` element has none of its own. Codes
are compared as they are written, systems in their canonical form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dzop.fhir.references import canonical_system

__all__ = ["Token", "indexed_tokens", "read_token"]


@dataclass(frozen=True, slots=True)
class Token:
    """A token asked for. System None: any; '': none at all. Code None: any code of that system."""

    system: str | None
    code: str | None


def read_token(parts: tuple[str, ...]) -> Token:
    """A token from the text between its unescaped `|`; ValueError when it is none."""
    if len(parts) > 2:
        raise ValueError("a token has at most one `|` that is not escaped")
    if not any(parts):
        raise ValueError("a token has a system or a code")
    if len(parts) == 1:
        return Token(None, parts[0])
    return Token(canonical_system(parts[0]), parts[1] or None)


def indexed_tokens(node: Any) -> tuple[tuple[str, str], ...]:
    """(system, code) of a code, string, boolean, Coding, CodeableConcept or Identifier."""
    if isinstance(node, bool):
        return (("", "true" if node else "false"),)
    if isinstance(node, str):
        return (("", node),) if node else ()
    if not isinstance(node, Mapping):
        return ()
    if isinstance(node.get("coding"), list):
        return tuple(row for coding in node["coding"] for row in indexed_tokens(coding))
    code = node.get("code", node.get("value"))
    if not isinstance(code, str) or not code:
        return ()
    system = node.get("system")
    return ((canonical_system(system) if isinstance(system, str) else "", code),)
