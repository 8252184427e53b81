"""Whether codes exist in their code systems and are called so, whatever they are bound to, asked of all that is held.

https://hl7.org/fhir/R4/terminologies.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from dzop.access.vocabulary.answers import Found
from dzop.access.vocabulary.source import Held
from dzop.access.vocabulary.vocabulary import Vocabulary
from dzop.fhir.outcome import Issue
from dzop.interactions.terminology.designations import is_called, values_of
from terminology.fault import Fault

__all__ = ["coding_issues"]

_MOST: Final = 1_000
_SHOWN: Final = 200
_System = tuple[str, str]
_Known = tuple[Held, Mapping[str, Found]]


async def coding_issues(vocabulary: Vocabulary, value: Mapping[str, Any]) -> list[Issue]:
    """A code that its code system does not have is a warning, a display that is none of its names information. Of code
    systems that are not held nothing is said. No more than _MOST codings are looked at.
    """
    found = list(islice(_codings(value, str(value.get("resourceType"))), _MOST))
    asked: dict[_System, set[str]] = defaultdict(set)
    for _, coding in found:
        asked[_system(coding)].add(coding["code"])
    known = {system: await _known(vocabulary, system, codes) for system, codes in asked.items()}
    return [
        issue
        for path, coding in found
        if (held := known[_system(coding)]) is not None
        if (issue := _issue(coding, path, held)) is not None
    ]


async def _known(vocabulary: Vocabulary, system: _System, codes: Iterable[str]) -> _Known | None:
    """The code system and those of the codes that it has; None when it is not held."""
    try:
        held = await vocabulary.code_system(*system)
        return held, await vocabulary.concepts(held.url, held.version, sorted(codes))
    except Fault:
        return None


def _issue(coding: Mapping[str, Any], path: str, known: _Known) -> Issue | None:
    held, concepts = known
    code, display = coding["code"], coding.get("display")
    if (found := concepts.get(code)) is None:
        if held.content == "fragment":
            return None
        text = f"`{code[:_SHOWN]}` is no code of `{held.url}`" + (
            f" in version `{held.version}`." if held.version else "."
        )
        return Issue("code-invalid", text, f"{path}.code", "warning")
    names = [each for each in values_of(found) if each]
    if not isinstance(display, str) or not names or is_called(display, names):
        return None
    text = f"`{display[:_SHOWN]}` is not what `{code[:_SHOWN]}` is called in `{held.url}`; see `$lookup`."
    return Issue("informational", text, f"{path}.display", "information")


def _codings(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each Coding, and each Quantity with a coded unit: what has a system and a code."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _codings(each, f"{path}[{number}]")
    elif isinstance(value, Mapping):
        if isinstance(value.get("system"), str) and isinstance(value.get("code"), str):
            yield path, value
        for name, each in value.items():
            yield from _codings(each, f"{path}.{name}")


def _system(coding: Mapping[str, Any]) -> _System:
    version = coding.get("version")
    return coding["system"], version if isinstance(version, str) else ""
