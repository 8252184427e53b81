"""What a code is elsewhere, by one map or by all."""

from __future__ import annotations

from typing import Any

import pytest
from vocabulary_worlds import FROM, MAPS, OTHER, TO, concept_map, group

from dzop.access.vocabulary.in_memory import InMemory
from dzop.access.vocabulary.vocabulary import SHIPPED, Vocabulary
from terminology.fault import Fault

HELD = Vocabulary(InMemory(MAPS))


async def translated(code: str, system: str = FROM, **asked: Any) -> list[str]:
    if "url" in asked:
        asked["url"] = asked["url"] if "/" in asked["url"] else f"http://map.example/{asked['url']}"
    found = await HELD.translate((system, code), **asked)
    return [
        f"{each.equivalence} {each.coding[0][7:].partition('.')[0]} {each.coding[1]}".strip()
        for each in found
    ]


@pytest.mark.parametrize(
    ("code", "asked", "expected"),
    [
        ("a", {"url": "main"}, ["wider to A", "narrower to B", "equivalent other x"]),
        ("a", {"url": "main", "target_system": OTHER}, ["equivalent other x"]),
        ("a", {"url": "main", "version": "0.9"}, ["equal to OLD"]),
        ("a", {"url": "main|0.9"}, ["equal to OLD"]),
        ("a", {"url": "ConceptMap/second"}, ["wider to A", "relatedto to Z"]),
        ("d", {"url": "main"}, ["disjoint to D"]),
        ("e", {"url": "main"}, ["unmatched to"]),
        ("z", {"url": "main"}, []),
        ("b", {"url": "fixed"}, ["equal other y"]),
        ("z", {"url": "fixed"}, ["relatedto other none"]),
        ("z", {"url": "provided", "system": OTHER}, ["relatedto to z"]),
        ("c", {"url": "leads"}, ["equal to C"]),
        ("c", {"source": "http://vs.example/from"}, ["equal to C"]),
        ("c", {"target": "http://vs.example/elsewhere"}, []),
        ("z", {"target_system": OTHER}, ["relatedto other none"]),
    ],
)
async def test_a_code_becomes_what_the_maps_say(code: str, asked: dict[str, Any], expected: list[str]):
    assert expected == await translated(code, **asked)


async def test_all_maps_of_the_code_system_are_read_when_none_is_named():
    found = await HELD.translate((FROM, "a"), target_system=TO)
    expected = [("main|1", "A"), ("main|1", "B"), ("second|1", "A"), ("second|1", "Z")]
    assert expected == [(each.map.rpartition("/")[2], each.coding[1]) for each in found][:4]


@pytest.mark.parametrize(
    ("code", "expected"),
    [("A", ["narrower from a"]), ("B", ["wider from a"]), ("C", ["equal from c"]), ("z", [])],
)
async def test_a_map_is_read_backwards_with_equivalences_turned(code: str, expected: list[str]):
    assert expected == await translated(code, TO, url="main", reverse=True)


async def test_the_versions_of_a_map_are_told_in_both_directions():
    there = await HELD.translate((FROM, "v"), target_system="http://v.example")
    back = await HELD.translate(("http://v.example", "V"), reverse=True)
    assert ["2", "3"] == [there[0].version, back[0].version]


async def test_backwards_the_system_asked_is_that_of_the_sources():
    found = await HELD.translate((TO, "A"), target_system=FROM, reverse=True)
    assert {(FROM, "a")} == {each.coding for each in found}


async def test_a_map_that_is_not_held_is_not_found():
    with pytest.raises(Fault, match=r"the concept map `http://map.example/none\|2` is not held here"):
        await translated("a", url="none", version="2")


async def test_maps_that_lead_in_a_ring_are_refused():
    with pytest.raises(Fault) as refused:
        await translated("a", url="ring-a")
    assert "processing" == refused.value.code


async def test_a_map_that_is_sent_along_is_read_alone():
    sent = concept_map("sent", group(FROM, TO, a="Q equal"))
    assert [(TO, "Q")] == [each.coding for each in await HELD.translate_with(sent, (FROM, "a"))]


async def test_a_code_without_a_system_is_looked_for_in_all():
    assert ["equal to C"] == await translated("c", "", url="main")


async def test_the_professions_of_ehealth_become_roles():
    nurse = ("https://www.ehealth.fgov.be/standards/fhir/core/CodeSystem/cd-hcparty", "persnurse")
    found = await SHIPPED.translate(nurse, target_system="https://dzop.example/fhir/CodeSystem/role")
    assert ["health-professional"] == [each.coding[1] for each in found]
