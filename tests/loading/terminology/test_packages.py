"""FHIR packages: what is in them is loaded; what is wrong with one as a whole keeps all of it out."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path
from typing import Any

import pytest
from fhir_packages import SYSTEM, code_system, link, manifest, packed, usual

from dzop.terminology_loading.package import package, resources
from terminology.fault import Fault

VALUE_SET = {
    "resourceType": "ValueSet",
    "id": "vessels",
    "url": "https://packaged.example/ValueSet/vessels",
    "status": "active",
    "compose": {"include": [{"system": SYSTEM}]},
}
CONCEPT_MAP = {
    "resourceType": "ConceptMap",
    "id": "to-kitchen",
    "url": "https://packaged.example/ConceptMap/to-kitchen",
    "status": "active",
    "group": [
        {
            "source": SYSTEM,
            "target": "https://packaged.example/CodeSystem/kitchen",
            "element": [{"code": "pot", "target": [{"code": "p", "equivalence": "equivalent"}]}],
        }
    ],
}


def refusal(path: Path) -> str:
    """Why the package is refused, without the folder it is in."""
    with pytest.raises(Fault) as refused:
        package(path)
    return refused.value.text.replace(f"{path.parent}/", "")


def test_code_systems_value_sets_and_concept_maps_of_a_package_are_loaded(
    loading: Any, tmp_path: Path
) -> None:
    loading.load(packed(tmp_path / "p.tgz", usual(code_system(), VALUE_SET, CONCEPT_MAP)))
    assert loading.listed() == [(SYSTEM, "1.0", 2), (CONCEPT_MAP["url"], "", 1), (VALUE_SET["url"], "", 0)]


def test_the_report_counts_what_is_loaded_and_what_is_no_terminology(loading: Any, tmp_path: Path) -> None:
    patient = {"resourceType": "Patient", "id": "p"}
    report = loading.load(packed(tmp_path / "p.tgz", usual(code_system(), VALUE_SET, patient)))
    assert list(report.lines()) == [
        "2 loaded: CodeSystem 1, ValueSet 1",
        "1 left out, as no terminology: Patient 1",
        "2 concepts written",
    ]


def test_the_package_is_named_as_the_source(loading: Any, tmp_path: Path) -> None:
    loading.load(packed(tmp_path / "p.tgz", usual(code_system())))
    assert loading.rows("select source from terminology_definition") == [("made-up.package#1.2.3",)]


def test_examples_and_other_folders_of_a_package_are_left_out(tmp_path: Path) -> None:
    files = usual() | {
        "package/example/CodeSystem-vessels.json": code_system(),
        "package/other/CodeSystem-vessels.json": code_system(),
        "package/.index.json": {"files": []},
        "package/readme.md": b"nothing",
    }
    assert list(resources(package(packed(tmp_path / "p.tgz", files)))) == []


def test_a_bad_resource_is_told_with_its_file_and_the_others_are_loaded(loading: Any, tmp_path: Path) -> None:
    bad = code_system("https://packaged.example/CodeSystem/bad", content="perhaps")
    report = loading.load(packed(tmp_path / "p.tgz", usual(bad, code_system())))
    assert (loading.listed(), [fault.rpartition("/")[2].partition(": ")[0] for fault in report.faults]) == (
        [(SYSTEM, "1.0", 2)],
        ["CodeSystem-bad.json"],
    )


def test_what_is_no_json_is_told_with_its_file(loading: Any, tmp_path: Path) -> None:
    report = loading.load(packed(tmp_path / "p.tgz", usual() | {"package/CodeSystem-x.json": b"{bad"}))
    assert [fault.replace(f"{tmp_path}/", "").partition(": ")[0] for fault in report.faults] == [
        "p.tgz:package/CodeSystem-x.json"
    ]


@pytest.mark.parametrize(
    "name",
    [
        "package/../../etc/passwd.json",
        "/package/x.json",
        "../package/x.json",
        "package\\..\\x.json",
        "package/a\nb.json",
    ],
)
def test_a_package_with_a_name_that_leads_out_of_it_is_refused(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "p.tgz", usual() | {name: code_system()})
    assert refusal(path) == "p.tgz: the package has a file whose name leads out of it; nothing of it is taken"


@pytest.mark.parametrize(
    "type",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE],
    ids=["symbolic", "hard", "device", "fifo"],
)
def test_a_package_with_a_link_or_a_device_is_refused(tmp_path: Path, type: bytes) -> None:
    path = packed(tmp_path / "p.tgz", usual(), link("package/CodeSystem-x.json", "/etc/passwd", type))
    assert refusal(path) == "p.tgz: the package has a link or a device in it; nothing of it is taken"


def test_nothing_of_a_refused_package_is_loaded(loading: Any, tmp_path: Path) -> None:
    loading.load(packed(tmp_path / "p.tgz", usual(code_system()), link("package/x.json", "/etc/passwd")))
    assert loading.listed() == []


@pytest.mark.parametrize("versions", [("3.0.2",), ("4.3.0",), ("5.0.0", "4.3.0")])
def test_a_package_of_another_version_of_fhir_is_refused(tmp_path: Path, versions: tuple[str, ...]) -> None:
    path = packed(tmp_path / "p.tgz", {"package/package.json": manifest(*versions)})
    listed = ", ".join(f"`{each}`" for each in versions)
    assert refusal(path) == f"p.tgz: the package is of FHIR {listed}; dzop takes packages of R4 (`4.0.1`)"


def test_a_package_of_r4_among_others_is_taken(tmp_path: Path) -> None:
    path = packed(tmp_path / "p.tgz", {"package/package.json": manifest("5.0.0", "4.0.1")})
    assert package(path).name == "made-up.package"


def test_an_archive_without_a_manifest_is_no_package(tmp_path: Path) -> None:
    path = packed(tmp_path / "p.tgz", {"package/CodeSystem-x.json": code_system()})
    assert refusal(path) == "p.tgz: the package has no `package/package.json`; it is none of FHIR"


@pytest.mark.parametrize("kept", [0.3, 0.9], ids=["early", "late"])
def test_a_package_that_is_cut_off_is_refused(tmp_path: Path, kept: float) -> None:
    many = [code_system(f"https://packaged.example/CodeSystem/s{number}") for number in range(50)]
    path = packed(tmp_path / "p.tgz", usual(*many))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert refusal(path) == "p.tgz: the package is damaged; get it again"


@pytest.mark.parametrize(
    "content", [b"", b"no archive", gzip.compress(b"no archive" * 100)], ids=["empty", "text", "gzip"]
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.tgz"
    path.write_bytes(content)
    assert refusal(path).startswith("p.tgz: the package ")


def test_a_file_that_unpacks_to_more_than_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.tgz"
    entry = tarfile.TarInfo("package/CodeSystem-x.json")
    entry.size = 300 << 20
    with gzip.open(path, "wb", compresslevel=1) as archive:
        archive.write(entry.tobuf())
    assert refusal(path).startswith("p.tgz: the package is too large")


def test_headers_that_unpack_without_end_are_refused_before_they_are_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "p.tgz"
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 3 << 30
    with gzip.open(path, "wb", compresslevel=1) as archive:
        archive.write(entry.tobuf())
        archive.write(bytes(8 << 20))
    assert refusal(path).startswith("p.tgz: the package is too large")
