"""CodeSystem/$validate-code: whether a code is in a code system, and is called so.

https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
"""

from __future__ import annotations

from collections.abc import Iterable

from dzop.access.vocabulary.answers import Found
from dzop.access.vocabulary.source import Held
from dzop.fhir.outcome import Invalid
from dzop.fhir.parameters import Given
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.terminology.asked import Asked, Coded
from dzop.interactions.terminology.designations import values_of
from dzop.interactions.terminology.faults import told
from dzop.interactions.terminology.named import named
from dzop.interactions.terminology.verdict import Verdict, answered, judged


async def validate_code(ask: Ask, given: Given) -> Answer:
    """200 with `result`, also false; 404 for a code system or version that is not held."""
    asked = Asked(ask, given)
    asked.require_today()
    codings = asked.coded("version")
    system = await named(asked, "CodeSystem", "version")
    if system.sent is not None and not system.url:
        raise Invalid("a code system that is sent along needs a `url`", expression="codeSystem.url")
    url = system.url or _only_system(codings)
    version = system.version or _only_version(codings, url)
    with told(system.where):
        held = await system.vocabulary.code_system(url, version)
        within = [each.code for each in codings if each.system in ("", url)]
        found = await system.vocabulary.concepts(url, held.version, within)
    return answered([_verdict(asked, each, held, found.get(each.code)) for each in codings])


def _only_system(codings: Iterable[Coded]) -> str:
    systems = {each.system for each in codings}
    if len(systems) == 1 and (system := systems.pop()):
        return system
    raise Invalid("say which code system: `url` or `codeSystem`", expression="url")


def _only_version(codings: Iterable[Coded], url: str) -> str:
    """The version that the codings of this system are of, where they say so and agree."""
    versions = {each.version for each in codings if each.system in ("", url) and each.version}
    if len(versions) > 1:
        raise Invalid("the codings are of several versions; say which one: `version`", expression="version")
    return "".join(versions)


def _verdict(asked: Asked, coded: Coded, held: Held, found: Found | None) -> Verdict:
    if coded.system not in ("", held.url):
        return Verdict(False, f"`{coded}` is not of the code system `{held.url}`.")
    if coded.version not in ("", held.version):
        return Verdict(False, f"`{coded}` is said to be of version `{coded.version}`, not `{held.version}`.")
    if found is None:
        where = f"`{held.url}`" + (f" in version `{held.version}`" if held.version else "")
        partly = " Only part of that code system is held here." if held.content == "fragment" else ""
        return Verdict(False, f"`{coded.code}` is no code of {where}.{partly}")
    return judged(asked, coded, found, values_of(found))
