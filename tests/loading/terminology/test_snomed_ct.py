"""Releases of SNOMED CT: editions, concepts and what they are called, and releases that are not in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from rf2_releases import (
    BLUE,
    BLUE_VESSEL,
    CAPACITY,
    COLOUR,
    CORE,
    DAY,
    EXTENSION,
    LOCAL_VESSEL,
    NL_BE,
    OLD_VESSEL,
    THING,
    VESSEL,
    Release,
    edition,
    extension,
    identifier,
    international,
)  # fmt: skip

from dzop.loading import files
from dzop.terminology_loading.rf2.concepts import concepts
from dzop.terminology_loading.rf2.release import snapshot_files
from dzop.terminology_loading.rf2.snapshot import in_order
from terminology.concept import Concept
from terminology.fault import Fault

SCT = "http://snomed.info/sct"
INTERNATIONAL = f"{SCT}/{CORE}/version/{DAY}"
LOCAL = f"{SCT}/{EXTENSION}/version/{DAY}"
SYNONYM = (SCT, "900000000000013009", "Synonym")
NAME = (SCT, "900000000000003001", "Fully specified name")


def read(*paths: Path) -> dict[str, Concept]:
    """The concepts of the releases at these paths, by code."""
    with in_order(snapshot_files(files(paths)), lambda read: None) as snapshot:
        return {each.code: each for each in concepts(snapshot)}


def names(concept: Concept, language: str) -> list[str]:
    return [each.value for each in concept.designations if each.language == language and each.use == SYNONYM]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Concept]:
    """The concepts of the whole made-up edition."""
    return read(edition().unpacked(tmp_path_factory.mktemp("edition")))


def test_all_concepts_are_read_in_order_of_their_code(known: dict[str, Concept]) -> None:
    assert list(known) == sorted(known, key=int)


def test_a_concept_has_all_its_parents(known: dict[str, Concept]) -> None:
    assert sorted(known[BLUE_VESSEL].parents) == sorted([VESSEL, identifier(12)])


def test_an_inactive_concept_stays_and_says_so(known: dict[str, Concept]) -> None:
    assert (known[OLD_VESSEL].inactive, known[OLD_VESSEL].display, known[BLUE_VESSEL].inactive) == (
        True, "Amphora", False,
    )  # fmt: skip


def test_the_display_is_the_preferred_english_term(known: dict[str, Concept]) -> None:
    assert known[BLUE_VESSEL].display == "Blue-colored vessel"


def test_without_an_english_synonym_the_display_is_the_fully_specified_name(
    known: dict[str, Concept],
) -> None:
    assert known[LOCAL_VESSEL].display == "Local vessel (made-up thing)"


def test_the_preferred_term_of_a_language_comes_first(known: dict[str, Concept]) -> None:
    found = {language: names(known[BLUE_VESSEL], language) for language in ("nl", "fr", "en")}
    assert found == {
        "nl": ["blauwe kuip", "blauw vat"],
        "fr": ["récipient bleu"],
        "en": ["Blue-colored vessel", "Blue-coloured vessel"],
    }


def test_what_a_dialect_prefers_has_its_own_language_too(known: dict[str, Concept]) -> None:
    assert names(known[BLUE_VESSEL], "en-GB") == ["Blue-coloured vessel"]


def test_what_a_country_prefers_goes_before_what_a_group_prefers(tmp_path: Path) -> None:
    made = edition()
    made.called(VESSEL, "nl", "pot van de huisarts", "701000172104")
    made.called(VESSEL, "nl", "vat", NL_BE)
    made.called(VESSEL, "nl", "bak")
    assert names(read(made.unpacked(tmp_path))[VESSEL], "nl") == ["vat", "pot van de huisarts", "bak"]


def test_fully_specified_names_have_their_use(known: dict[str, Concept]) -> None:
    found = [(each.language, each.value) for each in known[BLUE_VESSEL].designations if each.use == NAME]
    assert found == [("en", "Blue vessel (made-up thing)")]


def test_the_definition_in_words_is_read(known: dict[str, Concept]) -> None:
    assert known[BLUE_VESSEL].definition == "A vessel that is blue."


def test_relationships_are_properties(known: dict[str, Concept]) -> None:
    found = {each.code: (each.type, each.value) for each in known[BLUE_VESSEL].properties}
    assert found == {
        "moduleId": ("code", CORE),
        "sufficientlyDefined": ("boolean", True),
        COLOUR: ("code", BLUE),
        CAPACITY: ("decimal", "1.5"),
    }


@pytest.mark.parametrize(
    ("given", "value"),
    [("#10", ("integer", 10)), ("#-0.50", ("decimal", "-0.50")), ('"red"', ("string", "red"))],
)
def test_a_value_of_a_relationship_is_a_number_or_text(
    tmp_path: Path, given: str, value: tuple[str, Any]
) -> None:
    made = international()
    made.related(VESSEL, CAPACITY, given, kind="value")
    found = read(made.unpacked(tmp_path))[VESSEL].properties[-1]
    assert (found.type, found.value) == value


def test_the_newest_row_counts_where_files_differ(tmp_path: Path) -> None:
    newer = international("20260901")
    newer.rows["concept"][0][2] = "0"
    newer.unpacked(tmp_path)
    assert (
        read(international().unpacked(tmp_path), newer.zipped(tmp_path / "newer.zip"))[THING].inactive is True
    )


@pytest.mark.parametrize(
    ("given", "module", "version"),
    [
        (international, None, INTERNATIONAL),
        (edition, None, LOCAL),
        (edition, CORE, INTERNATIONAL),
    ],
    ids=["international", "national", "asked"],
)
def test_the_version_is_found_from_the_modules(
    loading: Any, tmp_path: Path, given: Callable[[], Release], module: str | None, version: str
) -> None:
    loading.load(given().unpacked(tmp_path), module=module)
    assert [(url, found) for url, found, _ in loading.listed()] == [(SCT, version)]


def test_a_zip_file_gives_what_its_folder_gives(loading: Any, tmp_path: Path) -> None:
    loading.load(edition().zipped(tmp_path / "release.zip"))
    zipped = loading.displays(SCT)
    loading.rows("delete from terminology_definition")
    loading.load(edition().unpacked(tmp_path / "folder"))
    assert zipped == loading.displays(SCT)


def test_an_extension_is_loaded_together_with_what_it_extends(loading: Any, tmp_path: Path) -> None:
    loading.load(
        extension().zipped(tmp_path / "extension.zip"), international().unpacked(tmp_path / "folder")
    )
    assert (loading.listed(), (LOCAL_VESSEL, "Local vessel (made-up thing)") in loading.displays(SCT)) == (
        [(SCT, LOCAL, 9)], True,
    )  # fmt: skip


def test_editions_and_days_stand_side_by_side(loading: Any, tmp_path: Path) -> None:
    loading.load(international().zipped(tmp_path / "first.zip"))
    loading.load(international("20260901").zipped(tmp_path / "second.zip"))
    loading.load(edition().zipped(tmp_path / "third.zip"))
    versions = [INTERNATIONAL, f"{SCT}/{CORE}/version/20260901", LOCAL]
    assert sorted(version for _, version, _ in loading.listed()) == sorted(versions)


def test_the_hierarchy_reaches_up_to_the_top(loading: Any, tmp_path: Path) -> None:
    loading.load(edition().unpacked(tmp_path))
    found = loading.rows(
        "select above.code from terminology_concept c join terminology_concept above on above.key = any(c.ancestors)"
        " where c.code = $1",
        BLUE_VESSEL,
    )
    assert {code for (code,) in found} == {BLUE_VESSEL, VESSEL, identifier(12), THING}


def test_what_is_served_names_the_edition_and_lists_no_concepts(loading: Any, tmp_path: Path) -> None:
    loading.load(edition().unpacked(tmp_path))
    served = loading.served(SCT)
    found = {
        name: served.get(name) for name in ("version", "content", "count", "hierarchyMeaning", "concept")
    }
    assert found == {
        "version": LOCAL, "content": "not-present", "count": 9, "hierarchyMeaning": "is-a", "concept": None
    }  # fmt: skip


def test_the_same_release_again_is_unchanged(loading: Any, tmp_path: Path) -> None:
    path = edition().zipped(tmp_path / "release.zip")
    loading.load(path)
    assert list(loading.load(path).lines()) == ["1 unchanged: CodeSystem 1"]


def cut_off(made: Release, folder: Path) -> Path:
    path = made.unpacked(folder)
    file = next(path.rglob("sct2_Concept_*"))
    file.write_bytes(file.read_bytes()[:-8])
    return path


def without(kind: str) -> Callable[[Release, Path], Path]:
    def removed(made: Release, folder: Path) -> Path:
        path = made.unpacked(folder)
        next(path.rglob(f"*{kind}*")).unlink()
        return path

    return removed


def changed(kind: str, row: int, column: int, text: str) -> Callable[[Release, Path], Path]:
    def written(made: Release, folder: Path) -> Path:
        made.rows[kind][row][column] = text
        return made.unpacked(folder)

    return written


def circular(made: Release, folder: Path) -> Path:
    made.is_a(THING, BLUE_VESSEL)
    return made.unpacked(folder)


def alone(made: Release, folder: Path) -> Path:
    return extension().unpacked(folder)


def two_editions(made: Release, folder: Path) -> Path:
    made.depends(identifier(2), CORE)
    return made.unpacked(folder)


def other_header(made: Release, folder: Path) -> Path:
    path = made.unpacked(folder)
    file = next(path.rglob("sct2_Concept_*"))
    file.write_bytes(file.read_bytes().replace(b"definitionStatusId", b"something"))
    return path


def damaged_zip(made: Release, folder: Path) -> Path:
    path = made.zipped(folder / "release.zip")
    content = bytearray(path.read_bytes())
    content[120:140] = bytes(20)
    path.write_bytes(content)
    return path


def no_zip(made: Release, folder: Path) -> Path:
    (folder / "release.zip").write_bytes(b"no archive")
    return folder


def empty_zip(made: Release, folder: Path) -> Path:
    with ZipFile(folder / "release.zip", "w") as archive:
        archive.writestr("../../etc/passwd", "x")
    return folder


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (cut_off, "the file ends in the middle of a row; get it again"),
        (other_header, "the first line should name the columns"),
        (without("Relationship_Snapshot"), "no snapshot of its relationships"),
        (without("LanguageSnapshot"), "no snapshot of its language reference sets"),
        (changed("concept", 0, 3, "a\tb"), ":2: the row has 6 columns instead of 5"),
        (changed("concept", 1, 2, "yes"), ":3: a column that holds a number holds something else"),
        (changed("concept", 0, 0, "9" * 30), ":2: a column that holds a number holds something else"),
        (changed("concept", 7, 0, "138875006"), "`138875006` is no identifier of SNOMED CT"),
        (changed("relationship", 0, 5, "138875005"), "`138875005`, to which `"),
        (circular, "above itself"),
        (alone, "give an extension together with the edition that it extends"),
        (two_editions, "say with --module which one names it"),
        (damaged_zip, "the file is damaged; get it again"),
        (no_zip, "the file is damaged; get it again"),
        (empty_zip, "no snapshot of its concepts, descriptions"),
    ],
    ids=lambda each: each[:60] if isinstance(each, str) else "",
)
def test_a_release_that_is_not_in_order_is_told_and_nothing_of_it_is_loaded(
    loading: Any, tmp_path: Path, spoilt: Callable[[Release, Path], Path], told: str
) -> None:
    report = loading.load(spoilt(edition(), tmp_path))
    assert ([told in fault for fault in report.faults], loading.listed()) == ([True], [])


def test_a_module_that_is_not_in_the_release_is_told(loading: Any, tmp_path: Path) -> None:
    report = loading.load(international().unpacked(tmp_path), module="11000172109")
    assert [fault.partition(";")[0] for fault in report.faults] == ["The release has no module `11000172109`"]


def test_a_file_larger_than_any_release_has_is_refused(tmp_path: Path) -> None:
    with (tmp_path / f"sct2_Concept_Snapshot_XX_{DAY}.txt").open("wb") as hollow:
        hollow.truncate((4 << 30) + 1)
    with pytest.raises(Fault, match="bytes are too many"):
        snapshot_files(files([tmp_path]))


def test_a_row_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = edition().zipped(tmp_path / "release.zip")
    with ZipFile(path, "a", ZIP_DEFLATED) as archive:
        archive.writestr(f"Release/sct2_Concept_Snapshot_YY_{DAY}.txt", bytes(64 << 20))
    with pytest.raises(Fault, match="in the middle of a row"):
        read(path)
