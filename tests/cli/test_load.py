"""`dzop load`: files become resources without loss; what cannot be stored is said."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from resources import SSIN, Resource, goal
from serving import Server, ran, serving

from dzop.fhir import json as fhir_json
from dzop.fhir import xml
from dzop.fhir.json import Source
from dzop.fhir.outcome import FhirError
from dzop.fhir.resource_types import RESOURCE_TYPES


def patient(id: str) -> Resource:
    return {"resourceType": "Patient", "id": id, "name": [{"text": "Geladen"}]}


def lines(*resources: Resource) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in resources).encode()


BAD_LINES = (
    b"{bad",
    b"[]",
    b'{"a":1,"a":2}',
    b'{"resourceType":"Goal","id":"x"}',
    b'{"resourceType":"Patient","id":"a_b"}',
    b'{"resourceType":"Patient","birthDate":"x"}',
    b"\xff",
)
IN_BUNDLE = [{"resource": goal("Goal/in-bundle", "Patient/in-bundle")}, {"resource": patient("in-bundle")}]
IN_XML = [{"resource": patient("in-xml-bundle")}]
GOOD = {
    "lines.ndjson": lines(patient("in-lines"), goal("Goal/in-lines", "Patient/in-lines")),
    "compressed.ndjson.gz": gzip.compress(lines(patient("compressed"))),
    "bundle.json": json.dumps({"resourceType": "Bundle", "type": "collection", "entry": IN_BUNDLE}).encode(),
    "single.json": json.dumps(patient("single")).encode(),
    "others.ndjson": lines(
        {"resourceType": "Immunization"}, {"resourceType": "Immunization"}, {"resourceType": "Media"}
    ),
    "group.json": json.dumps(goal("Goal/of-a-group", "Group/some")).encode(),
    "below/schema.xml": b"<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'/>",
    "below/old.xml": b"<Patient xmlns='http://hl7.org/fhir'><animal/></Patient>",
    "below/readme.txt": b"Goedendag",
    "below/patient.xml": xml.written(patient("in-xml")),
    "below/bundle.xml.gz": gzip.compress(xml.written({"resourceType": "Bundle", "entry": IN_XML})),
}
STORED = (
    "Patient/in-lines",
    "Goal/in-lines",
    "Patient/compressed",
    "Goal/in-bundle",
    "Patient/in-bundle",
    "Patient/single",
    "Patient/in-xml",
    "Patient/in-xml-bundle",
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service without the demo persons."""
    with serving(tmp_path_factory.mktemp("load"), "serve", DZOP_SANDBOX="1") as server:
        yield server


def load(service: Server, folder: Path) -> CompletedProcess[str]:
    """Loads a folder beside the running service."""
    return ran(service.var.parent, "load", "--as-system", str(folder))


@pytest.fixture(scope="module")
def good(service: Server, tmp_path_factory: pytest.TempPathFactory) -> list[CompletedProcess[str]]:
    """The reports of loading a folder of files of every kind, twice."""
    folder = tmp_path_factory.mktemp("good")
    for name, content in GOOD.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return [load(service, folder) for _ in range(2)]


@pytest.fixture(scope="module")
def bad(service: Server, tmp_path_factory: pytest.TempPathFactory) -> CompletedProcess[str]:
    """The report of loading bad lines, an empty one before them and a good one behind."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "bad.ndjson").write_bytes(b"\n".join([b"", *BAD_LINES, lines(patient("after-bad"))]))
    return load(service, folder)


def counted(report: CompletedProcess[str], title: str) -> dict[str, int]:
    """The counts by type under a title of the report."""
    match = re.search(rf"^\d+ {title}: (.*)$", report.stdout, re.MULTILINE)
    parts = match[1].split(", ") if match else []
    return {type: int(number) for type, number in (part.split() for part in parts)}


def test_files_of_every_kind_are_loaded(good: list[CompletedProcess[str]]) -> None:
    assert (good[0].returncode, counted(good[0], "stored")) == (0, {"Goal": 3, "Patient": 6})


@pytest.mark.parametrize("reference", STORED)
def test_a_resource_is_loaded_under_its_own_id_as_version_1(
    good: list[CompletedProcess[str]], service: Server, reference: str
) -> None:
    assert service.client("system").get(reference).headers["ETag"] == 'W/"1"'


def test_loading_again_changes_nothing(good: list[CompletedProcess[str]]) -> None:
    assert (good[1].returncode, counted(good[1], "unchanged"), counted(good[1], "stored")) == (
        0,
        {"Goal": 3, "Patient": 6},
        {},
    )


def test_types_that_are_not_held_are_counted(good: list[CompletedProcess[str]]) -> None:
    assert counted(good[0], "of a type that stays at its source") == {"Media": 1, "Immunization": 2}


def test_what_is_no_r4_is_said_to_be_skipped(good: list[CompletedProcess[str]]) -> None:
    skipped = [
        line.partition("/below/")[2] for line in good[0].stdout.splitlines() if line.startswith("skipped")
    ]
    assert [each.partition(":")[0] for each in skipped] == ["old.xml", "readme.txt", "schema.xml"]


def test_what_is_wrong_with_skipped_xml_is_said(good: list[CompletedProcess[str]]) -> None:
    assert "old.xml: `animal` is no element of `Patient`" in good[0].stdout


def test_what_belongs_to_nobody_is_said(good: list[CompletedProcess[str]]) -> None:
    assert counted(good[0], "without a person, for `system` only") == {"Goal": 1}


def test_what_belongs_to_nobody_is_for_the_operator_alone(
    good: list[CompletedProcess[str]], service: Server
) -> None:
    actors = ("system", "Patient/some", "Practitioner/some")
    assert [service.client(who).get("/Goal/of-a-group").status_code for who in actors] == [200, 404, 404]


@pytest.mark.parametrize("number", range(len(BAD_LINES)))
def test_a_bad_line_is_reported_with_its_place(bad: CompletedProcess[str], number: int) -> None:
    assert f"bad.ndjson:{number + 2}: " in bad.stdout


def test_bad_lines_stop_nothing_else(bad: CompletedProcess[str]) -> None:
    assert counted(bad, "stored") == {"Patient": 1}


def test_bad_lines_make_exit_1_and_no_traceback(bad: CompletedProcess[str]) -> None:
    assert (bad.returncode, "Traceback" in bad.stderr + bad.stdout) == (1, False)


def test_a_folder_that_is_not_there_is_wrong_use(service: Server) -> None:
    assert ran(service.var.parent, "load", "--as-system", "/nowhere/at/all").returncode == 2


def test_without_the_operator_nothing_is_loaded(service: Server, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(patient("none")))
    report = ran(service.var.parent, "load", str(tmp_path))
    assert (report.returncode != 0, len(report.stderr.strip().splitlines())) == (True, 1)


# -- published guide data ------------------------------------------------------------------------------

FOLDERS = ("be/examples", "eu")


def resources_in(folder: Path) -> Iterator[Source]:
    """The resources that the files of a folder hold."""
    for path in sorted((*folder.rglob("*.json"), *folder.rglob("*.xml"))):
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        with suppress(FhirError):  # XML that is none of R4
            yield from resources_of(xml.parse(data) if path.suffix == ".xml" else fhir_json.parse(data))


def resources_of(source: Source) -> Iterator[Source]:
    if source.value["resourceType"] == "Bundle":
        yield from (each for each in fhir_json.entry_resources(source) if each is not None)
    else:
        yield source


def is_held(source: Source) -> bool:
    return "create" in getattr(RESOURCE_TYPES.get(source.value["resourceType"]), "interactions", ())


@pytest.fixture(scope="module", params=FOLDERS)
def published(
    request: pytest.FixtureRequest, service: Server, shared_data: Callable[[str], Path]
) -> tuple[Path, CompletedProcess[str]]:
    """A folder of examples, and the report of loading it twice."""
    folder = shared_data(request.param)
    return folder, load(service, folder)


def test_published_examples_load(published: tuple[Path, CompletedProcess[str]]) -> None:
    folder, report = published
    held = sum(is_held(each) for each in resources_in(folder))
    assert (report.returncode, sum(counted(report, "stored").values())) == (0, held)


def test_published_examples_of_types_not_held_are_counted(
    published: tuple[Path, CompletedProcess[str]],
) -> None:
    folder, report = published
    others = [each.value["resourceType"] for each in resources_in(folder) if not is_held(each)]
    assert counted(report, "of a type that stays at its source") == {
        type: others.count(type) for type in others
    }


def test_published_xml_is_loaded_unless_it_is_no_r4(published: tuple[Path, CompletedProcess[str]]) -> None:
    skipped = re.findall(r"^skipped .*/(\S+\.xml): ", published[1].stdout, re.MULTILINE)
    there = [path.name for path in published[0].rglob("Condition-addiction-example.xml")]
    assert skipped == there  # its elements are those of an Observation


def test_published_examples_loaded_again_are_unchanged(
    published: tuple[Path, CompletedProcess[str]], service: Server
) -> None:
    folder, report = published
    again = load(service, folder)
    assert (again.returncode, counted(again, "unchanged")) == (0, counted(report, "stored"))


def test_published_examples_are_served_with_their_bytes_unchanged(
    published: tuple[Path, CompletedProcess[str]], service: Server
) -> None:
    system, differing = service.client("system"), []
    for source in filter(is_held, resources_in(published[0])):
        type, id = source.value["resourceType"], source.value["id"]
        answer = fhir_json.parse(system.get(f"/{type}/{id}").content)
        if without_additions(answer, type, id) != without_additions(source, type, id):
            differing.append(f"{type}/{id}")
    assert differing == []


def without_additions(source: Source, type: str, id: str) -> Any:
    """The bytes apart from id and meta; for what the server adds to or withholds from, the values."""
    if type not in ("CareTeam", "Practitioner"):
        return fhir_json.stored(source, type, id)
    value = {name: element for name, element in source.value.items() if name != "meta"}
    for participant in value.get("participant", ()):
        participant.pop("extension", None)
    if type == "Practitioner":
        value["identifier"] = [
            each for each in value.get("identifier", ()) if "ssin" not in each.get("system", SSIN)
        ]
    return value


def test_members_whose_role_is_in_words_are_reported(published: tuple[Path, CompletedProcess[str]]) -> None:
    folder, report = published
    teams = [each.value for each in resources_in(folder) if each.value["resourceType"] == "CareTeam"]
    in_words = [
        f"CareTeam.participant[{place}])"
        for team in teams
        for place, member in enumerate(team.get("participant", ()))
        if member.get("role") and not any("coding" in role for role in member["role"])
        if member["member"].get("reference", "").startswith(("Practitioner", "Organization"))
    ]
    said = [line.rpartition(" ")[2] for line in report.stdout.splitlines() if "no access by it" in line]
    assert sorted(said) == sorted(in_words)


def test_published_teams_admit_nobody(published: tuple[Path, CompletedProcess[str]], service: Server) -> None:
    teams = [each.value for each in resources_in(published[0]) if each.value["resourceType"] == "CareTeam"]
    members = {
        member["member"].get("reference", "")
        for team in teams
        for member in team.get("participant", ())
        if "member" in member
    }
    individuals = sorted(
        each
        for each in members
        if each.partition("/")[0] in ("Practitioner", "PractitionerRole", "Organization")
    )
    readable = [
        (who, type)
        for who in individuals
        for type in ("CarePlan", "Goal", "CareTeam", "Patient")
        if service.client(who).get(f"/{type}").json().get("entry")
    ]
    assert readable == []


def test_all_that_is_published_is_kept_without_a_difference(
    service: Server, shared_data: Callable[[str], Path]
) -> None:
    load(service, shared_data("be/json"))
    report = ran(service.var.parent, "verify")
    assert (report.stdout, report.returncode) == ("No differences.\n", 0)
