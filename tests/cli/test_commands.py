"""The other commands: what they print, and how they end."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from persons import Person, new_person
from resources import ref, task
from serving import Server, in_process, launched, ran, serving, stopped


def test_a_token_opens_the_plan(server: Server) -> None:
    bearer = ran(server.var.parent, "token", "--for", "Patient/jet-peeters").stdout.strip()
    answer = httpx.get(f"{server.fhir}/Patient/jet-peeters", headers={"Authorization": f"Bearer {bearer}"})
    assert (bearer.count("."), answer.status_code) == (2, 200)


def test_a_token_that_has_expired_is_refused(server: Server) -> None:
    bearer = ran(server.var.parent, "token", "--for", "Patient/jet-peeters", "--ttl", "-90").stdout.strip()
    assert httpx.get(f"{server.fhir}/Goal", headers={"Authorization": f"Bearer {bearer}"}).status_code == 401


def test_a_token_has_the_scopes_asked_for(server: Server) -> None:
    bearer = ran(
        server.var.parent, "token", "--for", "Patient/jet-peeters", "--scope", "patient/Task.rs"
    ).stdout.strip()
    asked = [
        httpx.get(f"{server.fhir}/{type}", headers={"Authorization": f"Bearer {bearer}"}).status_code
        for type in ("Task", "Goal")
    ]
    assert asked == [200, 403]


def test_without_the_sandbox_there_is_no_token(tmp_path: Path) -> None:
    refusal = ran(tmp_path, "token", "--for", "Patient/jet-peeters")
    assert (refusal.returncode, refusal.stdout, len(refusal.stderr.strip().splitlines())) == (1, "", 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["token", "--for", "Device/x"],
        ["token"],
        ["token", "--for", "Patient/x", "--role", "No Role"],
        ["token", "--for", "Patient/x", "--ttl", "99999999999999999999"],
        ["keys", "rotate"],
        ["nonsense"],
        ["serve", "--port", "x"],
        ["serve", "--nonsense"],
        ["load", "nowhere", "--as-system"],
        ["matrix", "export", "--format", "x"],
    ],
)
def test_wrong_use_is_one_line_and_exit_2(tmp_path: Path, arguments: list[str]) -> None:
    refusal = ran(tmp_path, *arguments, DZOP_SANDBOX="1")
    said = refusal.stderr.splitlines()
    assert (refusal.returncode, len(said), said[0].startswith("dzop: ")) == (2, 1, True)


def test_a_setting_that_cannot_be_meant_is_one_line_that_names_it(tmp_path: Path) -> None:
    refusal = ran(tmp_path, "serve", DZOP_REGISTRATION="perhaps")
    said = refusal.stderr.splitlines()
    assert (refusal.returncode, len(said), said[0].startswith("dzop: DZOP_REGISTRATION")) == (2, 1, True)


def test_without_a_command_the_help_is_shown(tmp_path: Path) -> None:
    answer = ran(tmp_path)
    assert (answer.returncode, answer.stderr, "explain" in ran(tmp_path, "access").stdout) == (2, "", True)


def test_a_database_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    refusal = ran(tmp_path, "migrate", "--database", "postgresql://nobody@127.0.0.1:1/none")
    assert (refusal.returncode, len(refusal.stderr.strip().splitlines())) == (1, 1)


def test_a_permit_is_explained(known: Person) -> None:
    said = ran(
        known.server.var.parent,
        "access",
        "explain",
        "--actor",
        known.who("nurse"),
        "--resource",
        known.ref("Goal", "care"),
    )
    assert (said.returncode, said.stdout.split()[0], "relation:team" in said.stdout) == (0, "permit", True)


def test_a_category_is_explained_in_the_language_asked_for(known: Person) -> None:
    said = ran(
        known.server.var.parent, "access", "explain", "--actor", known.who("nurse"), "--patient", known.patient,
        "--category", "task", "--action", "create", "--language", "fr",
    )  # fmt: skip
    assert (said.returncode, said.stdout.splitlines()[:2]) == (
        0,
        [
            "permit",
            f"Nurse-{known.mark} Test peut ajouter de nouvelles données sous « tâches et demandes », car "
            f"nurse-{known.mark} Test fait partie de l'équipe de soins depuis le 1er janvier 2020.",
        ],
    )


@pytest.mark.parametrize(
    "given",
    [
        ["--actor", "nurse", "--resource", "Goal/x"],
        ["--actor", "Practitioner/x"],
        ["--actor", "Practitioner/x", "--category", "task"],
        ["--actor", "Practitioner/x", "--resource", "Goal/x", "--action", "fly"],
        ["--actor", "Practitioner/x", "--resource", "Goal/x", "--language", "pt"],
        ["--actor", "Practitioner/x", "--patient", "Patient/x", "--category", "moon"],
    ],
)
def test_what_cannot_be_asked_of_the_law_is_wrong_use(tmp_path: Path, given: list[str]) -> None:
    said = ran(tmp_path, "access", "explain", *given)
    assert (said.returncode, len(said.stderr.strip().splitlines())) == (2, 1)


def test_what_is_in_no_plan_is_not_explained(known: Person) -> None:
    said = ran(
        known.server.var.parent,
        "access",
        "explain",
        "--actor",
        known.who("nurse"),
        "--resource",
        "Goal/nothing",
    )
    assert (said.returncode, said.stdout.splitlines()) == (
        1,
        ["deny", "  there is no Goal/nothing in a plan"],
    )


def test_a_refusal_is_explained(known: Person) -> None:
    said = ran(
        known.server.var.parent,
        "access",
        "explain",
        "--actor",
        known.who("stranger"),
        "--resource",
        known.ref("Goal", "care"),
    )
    assert (said.returncode, said.stdout.split()[0], "[relation:none]" in said.stdout) == (1, "deny", True)


def test_a_store_that_all_these_tests_wrote_to_agrees_with_itself_and_the_law(server: Server) -> None:
    report = ran(server.var.parent, "verify")
    assert (report.returncode, report.stdout.strip().splitlines()) == (0, ["No differences."])


def test_the_matrix_is_complete(tmp_path: Path) -> None:
    assert ran(tmp_path, "matrix", "check").returncode == 0


def test_the_service_ends_cleanly_and_its_database_with_it(tmp_path: Path) -> None:
    server = launched(tmp_path, "serve")
    code = stopped(server)
    assert (code, (tmp_path / "var" / "postgres" / "postmaster.pid").exists()) == (0, False)


def test_two_services_share_one_database(tmp_path: Path) -> None:
    first = launched(tmp_path, "serve", DZOP_SANDBOX="1")
    second = launched(tmp_path, "serve", DZOP_SANDBOX="1")
    made = (
        first.client("system")
        .post("/Organization", json={"resourceType": "Organization", "name": "Praktijk"})
        .json()
    )
    stopped(first)
    seen = second.client("system").get(f"/Organization/{made['id']}").status_code
    stopped(second)
    assert seen == 200


def test_system_does_not_exist_outside_the_sandbox(database: str, tmp_path: Path) -> None:
    with in_process(database, tmp_path, sandbox=False) as service:
        assert service.client("system").get("/Patient").status_code == 401


def test_a_reference_by_the_address_of_the_service_is_no_difference(tmp_path: Path) -> None:
    with serving(tmp_path, "serve", DZOP_SANDBOX="1", DZOP_CLIENT_IDS="any") as alone:
        person = new_person(alone)
        by_url = ref(f"{alone.fhir}/{person.ref('Goal', 'care')}")
        person.store(task(person.ref("Task", "by-url"), person.patient, focus=by_url))
        assert ran(tmp_path, "verify").stdout.strip() == "No differences."
