"""$subsumes: how one code stands to another. https://hl7.org/fhir/R4/codesystem-operation-subsumes.html"""

from __future__ import annotations

from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.parameters import Given, parameters
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes
from dzop.interactions.terminology.asked import Asked, Coded, split_canonical
from dzop.interactions.terminology.faults import told
from dzop.interactions.terminology.named import of_path
from terminology.fault import Fault


async def subsumes(ask: Ask, given: Given) -> Answer:
    """200 with the outcome; 404 for a code system, version or code that is not held."""
    asked = Asked(ask, given)
    first, second = asked.one_of("codeA", "codingA"), asked.one_of("codeB", "codingB")
    url, version = await _system(asked, first, second)
    try:
        outcome = await ask.service.vocabulary.subsumption(url, version, first.code, second.code)
    except Fault as fault:
        with told(await _parameter(ask, url, version, first, second)):
            raise fault
    return Answer(200, json_bytes(parameters(("outcome", "code", outcome))))


async def _parameter(ask: Ask, url: str, version: str, *coded: Coded) -> str:
    """Which parameter it is that names something that there is not."""
    with told("system"):
        known = await ask.service.vocabulary.concepts(url, version, [each.code for each in coded])
    return next((each.where for each in coded if each.code not in known), "system")


async def _system(asked: Asked, first: Coded, second: Coded) -> tuple[str, str]:
    """The one code system in which both are."""
    own = await of_path(asked, "CodeSystem")
    given, version = split_canonical(asked.text("system"), asked.text("version"))
    urls = {each for each in (own[0], given, first.system, second.system) if each}
    versions = {each for each in (own[1], version, first.version, second.version) if each}
    if not urls:
        raise Invalid("`$subsumes` needs the `system` of the codes", expression="system")
    if len(urls) > 1 or len(versions) > 1:
        text = "codes are compared within one version of one code system only"
        raise Invalid(Issue("not-supported", text, "system"))
    return urls.pop(), "".join(versions)
