"""What is shipped: the TOML files are read as they say, and they agree with each other and with the access law."""

from __future__ import annotations

from pathlib import Path

import pytest

from consent.professions import ROLE_OF_CODE, role_of
from consent.relations import TOKENS
from dzop import __version__
from dzop.definitions.concept_maps import CONCEPT_MAPS
from dzop.fhir.operations import OPERATIONS
from dzop.fhir.resource_types import RESOURCE_TYPES
from terminology.concept import Concept, Designation, Property
from terminology.concept_set import Filter, ListedConcept
from terminology.content import (
    BASE,
    CONTENT,
    VERSION,
    ConceptMap,
    Content,
    Group,
    Include,
    Mapped,
    display,
    read,
)

HEAD = 'name = "N"\ntitle = "T"\ndescription = "D"\nsource = "S"\n'
SYSTEMS = {each.url: each for each in CONTENT.code_systems.values()}
HCPARTY = CONTENT.code_systems["be-cd-hcparty"]
MAPS = list(CONCEPT_MAPS.values())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Folders of three publishers, without a file."""
    for folder in ("dzop", "belgium", "hl7"):
        (tmp_path / folder / "concept-maps").mkdir(parents=True)
    return tmp_path


def written(data: Path, path: str, *lines: str) -> Content:
    """All that is read when there is this one file."""
    (data / path).write_text(HEAD + "\n".join(lines))
    return read(data)


# -- reading -----------------------------------------------------------------------------------------


def test_a_code_system_of_ours_gets_its_canonicals_and_version_from_us(data: Path) -> None:
    system = written(data, "dzop/a.toml", "[concepts]").code_systems["a"]
    assert (f"{BASE}/CodeSystem/a", VERSION, f"{BASE}/ValueSet/a") == (
        system.url,
        system.version,
        system.value_set,
    )


def test_a_code_system_of_others_has_what_the_file_says_and_an_id_with_their_name(data: Path) -> None:
    system = written(
        data, "belgium/a.toml", 'url = "https://a.example"', 'version = "3"', "case_sensitive = false",
        'hierarchy = "is-a"', 'content = "fragment"', 'status = "draft"', "technical = true", "[concepts]",
    ).code_systems["be-a"]  # fmt: skip
    assert ("https://a.example", "3", "", False, "is-a", "fragment", "draft", True) == (
        system.url, system.version, system.value_set, system.case_sensitive, system.hierarchy_meaning,
        system.content, system.status, system.technical,
    )  # fmt: skip


def test_the_version_of_what_is_ours_is_that_of_dzop() -> None:
    assert __version__ == VERSION


def concept(data: Path, said: str) -> Concept:
    """The concept that a line of a file says."""
    return written(data, "dzop/a.toml", "[concepts]", f"c = {said}").code_systems["a"].concepts["c"]


def test_a_concept_is_displayed_in_english_with_designations_in_other_languages(data: Path) -> None:
    said = concept(data, '{ en = "cat", fr = "chat", nl = "cat" }')
    assert Concept("c", "cat", "", (Designation("nl", "cat"), Designation("fr", "chat"))) == said


def test_an_official_display_stands_beside_plain_english(data: Path) -> None:
    said = concept(data, '{ display = "FELIS", en = "cat" }')
    assert Concept("c", "FELIS", "", (Designation("en", "cat"),)) == said


def test_a_concept_may_stand_below_another_and_have_properties(data: Path) -> None:
    said = concept(
        data,
        '{ en = "cat", definition = "Purrs.", below = "pet", inactive = true, abstract = true,'
        ' properties = { legs = 4, tame = true, sound = "miaow" } }',
    )
    properties = (
        Property("legs", "integer", 4),
        Property("tame", "boolean", True),
        Property("sound", "string", "miaow"),
    )
    assert Concept("c", "cat", "Purrs.", (), properties, ("pet",), True, True) == said


def test_what_is_misspelt_of_a_concept_is_noticed(data: Path) -> None:
    with pytest.raises(ValueError, match="is said what is not known: nll"):
        concept(data, '{ en = "cat", nll = "kat" }')


def test_a_code_system_with_a_value_set_has_the_value_set_of_all_its_codes(data: Path) -> None:
    content = written(data, "dzop/a.toml", "[concepts]")
    assert (Include(f"{BASE}/CodeSystem/a"),) == content.value_sets[f"{BASE}/ValueSet/a"].include


def test_a_value_set_includes_and_excludes_by_code_by_filter_and_by_import(data: Path) -> None:
    (data / "hl7" / "value-sets.toml").write_text(
        f"""["https://v.example/ValueSet/a"]
{HEAD}
version = "1"
include = [
    {{ system = "s", codes = "x y" }},
    {{ system = "s", concepts = {{ z = {{ en = "zed", nl = "zet" }} }} }},
    {{ system = "s", filter = [{{ property = "concept", op = "is-a", value = "x" }}] }},
    {{ value_set = ["v", "w"] }},
]
exclude = [{{ value_set = "u" }}]"""
    )
    value_set = read(data).value_sets["https://v.example/ValueSet/a"]
    assert (
        "hl7-a",
        (
            Include("s", (ListedConcept("x"), ListedConcept("y"))),
            Include("s", (ListedConcept("z", "zed", (Designation("nl", "zet"),)),)),
            Include("s", (), (Filter("concept", "is-a", "x"),)),
            Include("", (), (), ("v", "w")),
        ),
        (Include("", (), (), ("u",)),),
    ) == (value_set.id, value_set.include, value_set.exclude)


def test_a_concept_map_has_a_table_for_each_equivalence(data: Path) -> None:
    content = written(
        data, "dzop/concept-maps/m.toml", 'source_value_set = "v"', 'target_value_set = "w"',
        "[[group]]", 'source = "s"', 'target = "t"', 'unmatched = "d"',
        "[group.wider]", 'a = "x"', "[group.narrower]", 'b = ["y", "z"]', "[group.comments]", 'b = "Why."',
    )  # fmt: skip
    mapped = (
        Mapped("a", "x", "wider"),
        Mapped("b", "y", "narrower", "Why."),
        Mapped("b", "z", "narrower", "Why."),
        Mapped("d", "", "unmatched"),
    )
    assert (Group("s", "t", mapped),) == content.concept_maps["m"].groups


def test_no_two_things_have_the_same_canonical(data: Path) -> None:
    written(data, "dzop/a.toml", "[concepts]")
    with pytest.raises(ValueError, match=f"stand twice: {BASE}/CodeSystem/a"):
        written(data, "hl7/b.toml", f'url = "{BASE}/CodeSystem/a"', 'version = "1"', "[concepts]")


def test_a_code_has_a_display_in_each_language() -> None:
    said = [display("role", "informal-carer", language) for language in ("nl", "fr", "de", "en")]
    assert ["mantelzorger", "aidant proche", "pflegende Angehörige", "informal carer"] == said


@pytest.mark.parametrize(
    ("system", "code", "language"), [("x", "person", "nl"), ("role", "x", "nl"), ("role", "person", "es")]
)
def test_what_there_is_not_has_no_display(system: str, code: str, language: str) -> None:
    with pytest.raises(KeyError):
        display(system, code, language)


# -- the content -------------------------------------------------------------------------------------


def test_an_id_stands_once() -> None:
    ids = [each.id for each in CONTENT.value_sets.values()]
    assert [id for id in ids if ids.count(id) > 1] == []


def test_a_concept_stands_below_one_of_its_code_system() -> None:
    lost = [
        (system.url, concept.code)
        for system in SYSTEMS.values()
        for concept in system.concepts.values()
        for above in concept.parents
        if above not in system.concepts
    ]
    assert lost == []


def test_words_are_clean_text() -> None:
    unclean = [
        (system.id, concept.code, said.value)
        for system in SYSTEMS.values()
        for concept in system.concepts.values()
        for said in concept.designations
        if said.value != said.value.strip() or not said.value.isprintable()
    ]
    assert unclean == []


def test_a_code_that_a_value_set_of_ours_or_of_belgium_names_exists() -> None:
    lost = [
        (value_set.url, each.code)
        for value_set in CONTENT.value_sets.values()
        if not value_set.id.startswith("hl7-")
        for part in (*value_set.include, *value_set.exclude)
        if part.system in SYSTEMS
        for each in part.concepts
        if each.code not in SYSTEMS[part.system].concepts
    ]
    assert lost == []


@pytest.mark.parametrize("each", MAPS, ids=lambda each: each.id)
def test_the_codes_of_a_concept_map_exist_at_both_ends(each: ConceptMap) -> None:
    lost = [
        (system, code)
        for group in each.groups
        for one in group.mapped
        for system, code in ((group.source, one.code), (group.target, one.target))
        if code and system in SYSTEMS and code not in SYSTEMS[system].concepts
    ]
    assert lost == []


@pytest.mark.parametrize("each", MAPS, ids=lambda each: each.id)
def test_a_concept_map_says_something_of_each_code_of_a_whole_code_system(each: ConceptMap) -> None:
    unsaid = [
        (group.source, code)
        for group in each.groups
        if SYSTEMS[group.source].content == "complete"
        for code in SYSTEMS[group.source].concepts
        if code not in {one.code for one in group.mapped}
    ]
    assert unsaid == []


@pytest.mark.parametrize("each", MAPS, ids=lambda each: each.id)
def test_a_code_is_mapped_to_another_once(each: ConceptMap) -> None:
    pairs = [(group.source, one.code, one.target) for group in each.groups for one in group.mapped]
    assert [pair for pair in pairs if pairs.count(pair) > 1] == []


@pytest.mark.parametrize("each", MAPS, ids=lambda each: each.id)
def test_what_loses_or_shifts_meaning_says_how(each: ConceptMap) -> None:
    """Invariant cmd-1 of R4's ConceptMap."""
    silent = [
        one
        for group in each.groups
        for one in group.mapped
        if one.equivalence in ("narrower", "inexact") and not one.comment
    ]
    assert silent == []


# -- beside the access law and the rest of dzop ------------------------------------------------------


def _roles(id: str, source: str) -> dict[str, str]:
    """What a concept map makes of the codes of a system; codes that are not matched are left out."""
    (group,) = [each for each in CONCEPT_MAPS[id].groups if each.source == source]
    return {each.code: each.target for each in group.mapped if each.target}


def test_a_profession_is_mapped_to_the_role_that_the_law_gives_it() -> None:
    codes = HCPARTY.concepts
    law = {code: role for code in codes if (role := role_of([(HCPARTY.url, code)])) is not None}
    assert law == _roles("cd-hcparty-to-role", HCPARTY.url)


def test_a_profession_of_the_law_is_a_code_of_cd_hcparty() -> None:
    named = {code for system, code in ROLE_OF_CODE if system == HCPARTY.url}
    assert named - set(HCPARTY.concepts) == set()


@pytest.mark.parametrize(
    ("id", "system"),
    [
        ("relationship-to-role", "http://terminology.hl7.org/CodeSystem/v3-RoleCode"),
        ("relationship-to-role", "http://terminology.hl7.org/CodeSystem/v3-RoleClass"),
    ],
)
def test_a_relationship_is_mapped_to_the_role_that_the_law_gives_it_if_any(id: str, system: str) -> None:
    mapped = _roles(id, system)
    law = {code: role_of([(system, code)]) or mapped[code] for code in mapped}
    assert law == mapped


def test_the_roles_of_the_belgian_guide_are_those_of_the_same_professions() -> None:
    same = {
        "physician": "persphysician", "nurse": "persnurse", "practical-nurse": "perspracticalnurse",
        "midwife": "persmidwife", "pharmacist-office": "perspharmacist",
        "pharmacist-hospital": "pershospitalpharmacist",
        "pharmacist-clinical-biologist": "perspharmacistclinicalbiologist", "dentist": "persdentist",
        "physiotherapist": "persphysiotherapist", "clinical-psychologist": "persclinicalpsychologist",
        "clinical-orthopedagogist": "persclinicalorthopedagogist",
        "pharmacist-technical-assistant": "perspharmacyassistant", "audiologist": "persaudiologist",
        "audicien": "persaudician", "truss-maker": "perstrussmaker", "dietician": "persdietician",
        "occupational-therapist": "persoccupationaltherapist", "lab-technologist": "perslabtechnologist",
        "logopedist": "perslogopedist", "orthopedist": "persorthopedist", "podologist": "perspodologist",
        "dental-hygienist": "persdentalhygienist", "imaging-technologist": "persmedicalimaging",
    }  # fmt: skip
    mapped = _roles("data-access-roles-to-role", "http://ehealth.hl7.org/CodeSystem/data-access-roles")
    assert {role: role_of([(HCPARTY.url, code)]) for role, code in same.items()} == {
        role: mapped[role] for role in same
    }


def test_the_kinds_of_relation_are_those_of_the_law() -> None:
    assert tuple(TOKENS) == tuple(CONTENT.code_systems["relation-kind"].concepts)


def test_each_operation_that_the_log_can_name_has_words() -> None:
    logged = {
        f"${each.code}"
        for each in OPERATIONS
        if any(RESOURCE_TYPES[type].compartment == "person" for type in each.types)
    }
    assert logged == set(CONTENT.code_systems["operation"].concepts)
