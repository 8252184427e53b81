"""The codes of others in the glossary are those of R4: systems, codes and, of what we ship, displays."""

from __future__ import annotations

import pytest
from glossary import OF_R4
from oracles import r4

from terminology.content import CONTENT

SYSTEMS = {each.url: each for each in CONTENT.code_systems.values()}
LOINC = "http://loinc.org"
OF_LOINC = [code for system, code in OF_R4 if system == LOINC]
OF_HL7 = [each for each in OF_R4 if each[0] != LOINC]


@pytest.mark.parametrize(("system", "code"), OF_HL7)
def test_a_code_of_hl7_is_there_with_the_display_of_r4(system: str, code: str) -> None:
    (found,) = [each for each in r4.concepts(system) if each.code == code]
    assert found.display == SYSTEMS[system].concepts[code].display


@pytest.mark.parametrize("code", OF_LOINC)
def test_a_code_of_loinc_stands_in_a_value_set_of_r4(code: str) -> None:
    named = [
        each["url"]
        for each in r4.definitions("valuesets")
        if each["resourceType"] == "ValueSet"
        for part in each.get("compose", {}).get("include", ())
        if part.get("system") == LOINC
        and code
        in {one.get("code") or one["value"] for one in (*part.get("concept", ()), *part.get("filter", ()))}
    ]
    assert named != []
