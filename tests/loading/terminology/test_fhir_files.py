"""Code systems, value sets and concept maps in files: what is taken, and what is told and left."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from fhir_packages import SYSTEM, code_system

OTHER = "https://packaged.example/CodeSystem/other"


def written(path: Path, content: Any) -> Path:
    """The file with this content: bytes, or JSON."""
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def lines(*resources: Any) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in resources)


BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": code_system()}, {"resource": code_system(OTHER)}],
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("two.ndjson", lines(code_system(), code_system(OTHER))),
        ("two.ndjson.gz", gzip.compress(lines(code_system(), code_system(OTHER)))),
        ("bundle.json", BUNDLE),
        ("bundle.json.gz", gzip.compress(json.dumps(BUNDLE).encode())),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_the_resources_of_a_file_are_loaded(loading: Any, tmp_path: Path, name: str, content: Any) -> None:
    loading.load(written(tmp_path / name, content))
    assert loading.listed() == [(OTHER, "1.0", 2), (SYSTEM, "1.0", 2)]


def test_a_folder_is_searched_through(loading: Any, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    written(tmp_path / "in" / "a.json", code_system())
    written(tmp_path / "notes.txt", b"nothing")
    report = loading.load(tmp_path)
    assert (loading.listed(), dict(report.other)) == ([(SYSTEM, "1.0", 2)], {".txt": 1})


def test_concepts_come_in_the_order_of_the_code_system(loading: Any, tmp_path: Path) -> None:
    nested = [{"code": "z", "display": "Last letter", "concept": [{"code": "b"}]}, {"code": "a"}]
    loading.load(written(tmp_path / "a.json", code_system(concept=nested)))
    assert loading.displays(SYSTEM) == [("z", "Last letter"), ("b", ""), ("a", "")]


def test_what_is_served_is_what_was_sent_with_another_id(loading: Any, tmp_path: Path) -> None:
    sent = code_system(
        meta={"versionId": "7"},
        text={"status": "empty", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
    )
    loading.load(written(tmp_path / "a.json", sent))
    served = loading.served(SYSTEM)
    del sent["meta"]
    assert {**served, "id": "vessels"} == sent


def test_two_versions_stand_side_by_side_under_ids_of_their_own(loading: Any, tmp_path: Path) -> None:
    loading.load(written(tmp_path / "two.ndjson", lines(code_system(), code_system(version="2.0"))))
    ids = {id for (id,) in loading.rows("select id from terminology_definition")}
    assert (loading.listed(), len(ids)) == ([(SYSTEM, "1.0", 2), (SYSTEM, "2.0", 2)], 2)


def test_the_same_again_is_unchanged(loading: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", code_system())
    loading.load(path)
    assert list(loading.load(path).lines()) == ["1 unchanged: CodeSystem 1"]


def test_another_content_of_the_same_version_is_not_taken(loading: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", code_system())
    loading.load(path)
    report = loading.load(written(path, code_system(SYSTEM, "lid")))
    assert (report.faults, loading.displays(SYSTEM)) == (
        [f"{path}: `{SYSTEM}|1.0` is loaded with another content; replace it with --replace"],
        [("pot", "Pot"), ("pan", "Pan")],
    )


def test_another_content_of_the_same_version_replaces_it_when_asked(loading: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", code_system())
    loading.load(path)
    report = loading.load(written(path, code_system(SYSTEM, "lid")), again=True)
    assert (dict(report.replaced), loading.displays(SYSTEM)) == ({"CodeSystem": 1}, [("lid", "Lid")])


def test_a_replacement_that_is_not_taken_leaves_what_was_there(loading: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", code_system())
    loading.load(path)
    loading.load(written(path, code_system(SYSTEM, "lid", "lid")), again=True)
    assert loading.displays(SYSTEM) == [("pot", "Pot"), ("pan", "Pan")]


def test_a_definition_without_content_has_no_concepts(loading: Any, tmp_path: Path) -> None:
    loading.load(written(tmp_path / "a.json", code_system(content="not-present")))
    assert (loading.listed(), loading.displays(SYSTEM)) == ([(SYSTEM, "1.0", 0)], [])


CIRCLE = [
    {"code": "a", "property": [{"code": "parent", "valueCode": "b"}]},
    {"code": "b", "property": [{"code": "parent", "valueCode": "a"}]},
]
TARGET = {"code": "x", "equivalence": "equal", "dependsOn": [{"property": "urn:x", "value": "y"}]}
DEPENDENT = {
    "resourceType": "ConceptMap",
    "url": "https://packaged.example/ConceptMap/x",
    "status": "active",
    "group": [{"element": [{"code": "a", "target": [TARGET]}]}],
}


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        (code_system(concept=CIRCLE), "above itself"),
        (code_system(SYSTEM, "pot", "pot"), "`pot` stands twice"),
        (code_system(SYSTEM, "pot", "POT", caseSensitive=False), "`POT` stands twice"),
        (code_system(SYSTEM, "x" * 3000), "too long for a code"),
        (code_system(content="supplement", supplements=SYSTEM), "supplements are not taken"),
        (code_system("https://dzop.example/fhir/CodeSystem/role"), "is dzop's own"),
        (code_system("vessels"), "`vessels` is no absolute address"),
        (
            code_system("https://packaged.example/x|1"),
            "`https://packaged.example/x|1` is no absolute address",
        ),
        (
            code_system(f"https://packaged.example/{'x' * 3000}"),
            "`url` and `version` may have 1000 characters",
        ),
        ({"resourceType": "ValueSet", "status": "active"}, "`url` is missing"),
        (code_system(content=None), "`content` is null"),
        (code_system(status="open"), "`status` `open` must be one of"),
        (code_system(concept=[{"display": "no code"}]), "`code` is missing"),
        (code_system(concept="many"), "`concept` must be an array"),
        (DEPENDENT, "`dependsOn`"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_cannot_be_taken_is_told_and_the_rest_is_loaded(
    loading: Any, tmp_path: Path, resource: Any, told: str
) -> None:
    path = written(tmp_path / "two.ndjson", lines(resource, code_system(OTHER)))
    report = loading.load(path)
    assert (
        [told in fault and fault.startswith(f"{path}:1: ") for fault in report.faults],
        loading.listed(),
    ) == (
        [True],
        [(OTHER, "1.0", 2)],
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b"{bad"),
        ("a.json", b""),
        ("a.json.gz", b"no gzip"),
        ("a.json.gz", gzip.compress(json.dumps(code_system()).encode())[:-12]),
        ("a.ndjson.gz", gzip.compress(json.dumps(code_system()).encode())[:-12]),
        ("a.ndjson", b'{"a":1,"a":2}\n'),
    ],
    ids=["no json", "empty", "no gzip", "cut off", "lines cut off", "twice"],
)
def test_a_file_that_cannot_be_read_is_told(loading: Any, tmp_path: Path, name: str, content: bytes) -> None:
    report = loading.load(written(tmp_path / name, content))
    assert ([fault.startswith(f"{tmp_path / name}:") for fault in report.faults], loading.listed()) == (
        [True],
        [],
    )


def test_a_code_system_that_is_too_large_to_be_served_whole_is_served_without_its_concepts(
    loading: Any, tmp_path: Path
) -> None:
    long = [{"code": str(number), "definition": "x" * 900_000} for number in range(6)]
    loading.load(written(tmp_path / "a.json", code_system(concept=long)))
    served = loading.served(SYSTEM)
    assert (served["content"], "concept" in served, len(loading.displays(SYSTEM))) == (
        "not-present",
        False,
        6,
    )


def test_a_code_system_too_large_to_be_served_is_served_without_its_concepts(
    loading: Any, tmp_path: Path
) -> None:
    many = [{"code": f"c{number}", "definition": "x" * 3000} for number in range(2000)]
    loading.load(written(tmp_path / "a.json", code_system(concept=many)))
    served = loading.served(SYSTEM)
    assert (served["content"], served["count"], "concept" in served, len(loading.displays(SYSTEM))) == (
        "not-present",
        2000,
        False,
        2000,
    )


def test_what_was_loaded_before_a_stop_stays_and_the_rest_is_loaded(loading: Any, tmp_path: Path) -> None:
    path = tmp_path / "two.ndjson"
    loading.load(written(path, lines(code_system())))
    report = loading.load(written(path, lines(code_system(), code_system(OTHER))))
    assert list(report.lines())[:2] == ["1 loaded: CodeSystem 1", "1 unchanged: CodeSystem 1"]
