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

__all__ = ["Codes", "Token", "indexed_texts", "indexed_tokens", "indexed_types", "read_token", "read_typed"]


@dataclass(frozen=True, slots=True)
class Token:
    """A token asked for. System None: any; '': none at all. Code None: any code of that system."""

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Codes:
    """Many tokens of one system, asked for all at once. System '': none at all."""

    system: str
    codes: frozenset[str]


def read_token(parts: tuple[str, ...]) -> Token:
    """A token from the text between its unescaped `|`; ValueError when it is none."""
    if len(parts) > 2:
        raise ValueError("a token has at most one `|` that is not escaped")
    if not any(parts):
        raise ValueError("a token has a system or a code")
    if len(parts) == 1:
        return Token(None, parts[0])
    return Token(canonical_system(parts[0]), parts[1] or None)


def read_typed(parts: tuple[str, ...]) -> Token:
    """An identifier asked for with its type, `system|code|value`, as it is kept; ValueError if it is none."""
    if len(parts) != 3 or not all(parts):
        raise ValueError("an identifier of a type is written `system|code|value`")
    return Token(f"{canonical_system(parts[0])}|{parts[1]}", parts[2])


def indexed_types(node: Any) -> tuple[tuple[str, str], ...]:
    """(`system|code`, value) for each type of an Identifier."""
    if not isinstance(node, Mapping) or not isinstance(node.get("type"), Mapping):
        return ()
    value = node.get("value")
    if not isinstance(value, str) or not value:
        return ()
    return tuple((f"{system}|{code}", value) for system, code in indexed_tokens(node["type"]))


def indexed_texts(node: Any) -> tuple[str, ...]:
    """What people call it: `CodeableConcept.text`, `Coding.display`, `Identifier.type.text`."""
    if not isinstance(node, Mapping):
        return ()
    type, codings = node.get("type"), node.get("coding")
    texts = [node.get("text"), node.get("display"), type.get("text") if isinstance(type, Mapping) else None]
    if isinstance(codings, list):
        texts += [each.get("display") for each in codings if isinstance(each, Mapping)]
    return tuple(text for text in texts if isinstance(text, str))


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
