"""Code systems in several versions and places: chosen, looked up, compared; what their codes are called."""

from __future__ import annotations

from typing import Any

import pytest

from dzop.access.vocabulary.in_memory import InMemory
from dzop.access.vocabulary.vocabulary import SHIPPED, Vocabulary
from terminology.fault import Fault

FRUIT, CARE, SNOMED = "http://fruit.example", "http://care.example", "http://snomed.info/sct"
ROLE = "https://dzop.example/fhir/CodeSystem/role"
EDITION = f"{SNOMED}/11000172109"


def code_system(url: str, version: str, *codes: str, **given: Any) -> dict[str, Any]:
    shell = {"resourceType": "CodeSystem", "url": url, "version": version, "content": "complete"}
    return {**shell, "concept": [{"code": code} for code in codes], **given}


TREE = [
    {"code": "fruit", "concept": [{"code": "apple", "concept": [{"code": "elstar"}]}, {"code": "plum"}]},
    {"code": "elstar-2", "property": [{"code": "parent", "valueCode": "plum"}]},
]
HELD = Vocabulary(
    InMemory([code_system(CARE, "1", "loaded"), code_system(FRUIT, "1.9", "old")]),
    InMemory(
        [
            code_system(CARE, "1", "shipped"),
            code_system(FRUIT, "1.10", concept=TREE, id="fruit"),
            code_system(FRUIT, "2", "part", content="fragment"),
            code_system(SNOMED, f"{EDITION}/version/20240915", "100000001", "138875005"),
            code_system(SNOMED, f"{EDITION}/version/20250315", "200000002", "138875005"),
        ]
    ),
)


@pytest.mark.parametrize(
    ("url", "asked", "version"),
    [
        (FRUIT, "", "1.10"),
        (FRUIT, "1.9", "1.9"),
        (FRUIT, "2", "2"),
        (SNOMED, EDITION, f"{EDITION}/version/20250315"),
        (SNOMED, f"{EDITION}/version/20240915", f"{EDITION}/version/20240915"),
    ],
)
async def test_the_version_that_counts_is_the_one_asked_or_the_newest_that_is_complete(
    url: str, asked: str, version: str
):
    assert version == (await HELD.code_system(url, asked)).version


async def test_of_equal_versions_the_earlier_library_counts():
    assert ["loaded"] == list(await HELD.concepts(CARE, "", ["loaded", "shipped"]))


async def test_all_code_systems_are_told_by_url_the_version_that_counts_first():
    expected = [(CARE, "1"), (FRUIT, "1.10"), (FRUIT, "1.9"), (FRUIT, "2")]
    assert expected == [(each.url, each.version) for each in await HELD.code_systems()][:4]


@pytest.mark.parametrize(
    ("url", "version", "text"),
    [
        ("http://nowhere.example", "", "the code system `http://nowhere.example` is not held here"),
        (FRUIT, "1", f"the code system `{FRUIT}` is not held in version `1`"),
    ],
)
async def test_a_code_system_or_version_that_is_not_held_is_not_found(url: str, version: str, text: str):
    with pytest.raises(Fault) as refused:
        await HELD.code_system(url, version)
    assert ("not-found", text) == (refused.value.code, refused.value.text)


async def test_a_concept_is_looked_up_with_those_above_and_below():
    found = await HELD.lookup(FRUIT, "", "apple")
    assert (("fruit",), ("elstar",)) == (found.concept.parents, found.children)


async def test_a_code_that_there_is_not_cannot_be_looked_up():
    with pytest.raises(Fault, match=f"the code system `{FRUIT}` has no code `kiwi`"):
        await HELD.lookup(FRUIT, "", "kiwi")


async def test_a_code_that_there_is_not_cannot_be_compared():
    with pytest.raises(Fault, match=f"the code system `{FRUIT}` has no code `kiwi`"):
        await HELD.subsumption(FRUIT, "", "apple", "kiwi")


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("apple", "apple", "equivalent"),
        ("fruit", "elstar", "subsumes"),
        ("elstar-2", "fruit", "subsumed-by"),
        ("apple", "elstar-2", "not-subsumed"),
    ],
)
async def test_codes_are_compared_by_the_hierarchy(a: str, b: str, expected: str):
    assert expected == await HELD.subsumption(FRUIT, "", a, b)


async def test_what_is_above_and_below_begins_with_the_code():
    above, below = await HELD.ancestors((FRUIT, "elstar")), await HELD.descendants((FRUIT, "plum"), 2)
    assert (
        [(FRUIT, each) for each in ("elstar", "apple", "fruit")],
        [(FRUIT, "plum"), (FRUIT, "elstar-2")],
    ) == (
        [*above],
        [*below],
    )


async def test_a_code_that_there_is_not_is_all_that_is_above_and_below_it():
    kiwi = (FRUIT, "kiwi")
    assert ((kiwi,), (kiwi,)) == (await HELD.ancestors(kiwi), await HELD.descendants(kiwi, 1))


async def test_more_below_than_wanted_is_too_costly():
    with pytest.raises(Fault) as refused:
        await HELD.descendants((FRUIT, "fruit"), 4)
    assert "too-costly" == refused.value.code


async def test_known_codings_have_displays_in_the_language_asked():
    role = (ROLE, "informal-carer")
    assert {role: "mantelzorger"} == await SHIPPED.displays(
        [role, (ROLE, "x"), ("http://x.example", "y")], ["nl-BE"]
    )


async def test_a_code_system_of_ehealth_is_found_by_the_address_it_had_before():
    old = "https://www.ehealth.fgov.be/standards/fhir/CodeSystem/cd-hcparty"
    assert old.replace("/fhir/", "/fhir/core/") == (await SHIPPED.code_system(old)).url


async def test_a_definition_is_found_by_its_id():
    assert FRUIT == (await HELD.identified("CodeSystem", "fruit")).url


async def test_an_id_that_nothing_has_is_not_found():
    with pytest.raises(Fault, match="`CodeSystem/none` is not held here"):
        await HELD.identified("CodeSystem", "none")


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        (f"{SNOMED}?fhir_vs", "200000002 138875005"),
        (f"{EDITION}?fhir_vs", "200000002 138875005"),
        (f"{EDITION}/version/20240915?fhir_vs", "100000001 138875005"),
        (f"{SNOMED}?fhir_vs=isa/138875005", "138875005"),
    ],
)
async def test_snomed_ct_has_value_sets_that_need_no_definition(canonical: str, expected: str):
    assert expected == " ".join(code for _, code in await HELD.members(canonical, 9))


async def test_other_value_sets_of_snomed_ct_are_not_offered():
    with pytest.raises(Fault) as refused:
        await HELD.composed(f"{SNOMED}?fhir_vs=refset/1")
    assert "not-supported" == refused.value.code
