"""Where real persons are served, what lets everybody in is refused before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dzop.app import from_environment
from dzop.auth.production import is_production, objection
from dzop.cli.commands import app, main
from dzop.problems import Problem
from dzop.serving import proxying
from dzop.settings import Settings

SAFE = {"base_url": "https://plans.example", "database_url": "postgresql://dzop:Xw3-9kd-p2@db/dzop"}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the settings of whoever runs the tests, in a folder of its own."""
    for name in ("PGPASSWORD", "PGPASSFILE", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def settings(**given: Any) -> Settings:
    return Settings(**{**SAFE, **given})


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        (None, False),
        ("http://127.0.0.1:8000", False),
        ("http://localhost:9000", False),
        ("http://[::1]:8000", False),
        ("https://plans.example", True),
        ("http://192.168.1.20:8000", True),
        ("https://localhost.plans.example", True),
        ("https://127.0.0.1.plans.example", True),
    ],
)
def test_it_is_production_when_others_can_reach_it(base_url: str | None, expected: bool) -> None:
    assert is_production(Settings(base_url=base_url)) is expected


@pytest.mark.parametrize("production", [True, False])
def test_the_operator_has_the_last_word(production: bool) -> None:
    assert is_production(settings(production=production)) is production


def test_production_starts_with_what_is_safe() -> None:
    assert objection(settings()) is None


def test_the_sandbox_is_refused_in_production() -> None:
    assert "DZOP_SANDBOX" in str(objection(settings(sandbox=True)))


@pytest.mark.parametrize(
    "base_url", ["http://plans.example", "http://192.168.1.20:8000", "HTTPS+X://plans.example"]
)
def test_production_without_tls_is_refused(base_url: str) -> None:
    assert "https://" in str(objection(settings(base_url=base_url)))


def test_another_server_than_ours_does_not_start_it_either(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SAFE, "sandbox": "1"}.items():
        monkeypatch.setenv(f"DZOP_{name.upper()}", value)
    with pytest.raises(RuntimeError, match="DZOP_SANDBOX"):
        from_environment()


@pytest.mark.parametrize(
    ("proxies", "is_refused"),
    [("*", True), ("10.0.0.1, *", True), ("0.0.0.0/0", True), ("::/0", True), ("10.0.0.0/8, ::1", False)],
)
def test_production_where_everybody_chooses_their_address_is_refused(proxies: str, is_refused: bool) -> None:
    assert (objection(settings(trusted_proxies=proxies)) is not None) is is_refused


def test_production_that_is_said_to_be_one_needs_an_address() -> None:
    assert "https://" in str(objection(settings(base_url=None, production=True)))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://dzop:dzop@db/dzop",
        "postgresql://dzop:postgres@db/dzop",
        "postgresql://dzop:Password@db/dzop",
        "postgresql://dzop:change%6De@db/dzop",
        "postgresql://careplans:careplans@db/dzop",
        "postgresql://dzop@db/dzop",
        "postgresql://dzop:@db/dzop",
        "postgresql://dzop@db/dzop?password=dzop",
        "postgresql:///dzop?host=db.example",
    ],
)
def test_a_database_password_that_everybody_knows_is_refused(url: str) -> None:
    assert "password of the database" in str(objection(settings(database_url=url)))


@pytest.mark.parametrize(
    "url",
    [
        None,
        "postgresql:///dzop",
        "postgresql:///dzop?host=/run/postgresql",
        "postgresql://dzop@db/dzop?sslcert=client.crt",
        "postgresql://dzop@db/dzop?passfile=pgpass",
    ],
)
def test_a_database_that_takes_no_password_over_the_network_is_accepted(url: str | None) -> None:
    assert objection(settings(database_url=url)) is None


@pytest.mark.parametrize(("password", "accepted"), [("Xw3-9kd-p2", True), ("postgres", False)])
def test_a_password_of_the_environment_counts_too(
    monkeypatch: pytest.MonkeyPatch, password: str, accepted: bool
) -> None:
    monkeypatch.setenv("PGPASSWORD", password)
    assert (objection(settings(database_url="postgresql://dzop@db/dzop")) is None) is accepted


def test_elsewhere_all_this_is_allowed() -> None:
    assert objection(Settings(sandbox=True, database_url="postgresql://dzop:dzop@db/dzop")) is None


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_refused_start_is_one_line_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setenv("DZOP_BASE_URL", "https://plans.example")
    monkeypatch.setenv("DZOP_SANDBOX", "1")
    monkeypatch.setattr("sys.argv", ["dzop", command])
    with pytest.raises(SystemExit) as end:
        main()
    told = capsys.readouterr().err
    assert (end.value.code, told.count("\n"), "DZOP_SANDBOX" in told) == (1, 1, True)


def test_a_refused_start_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DZOP_BASE_URL", "http://plans.example")
    CliRunner().invoke(app, ["serve"])
    assert list(tmp_path.iterdir()) == []


def test_keys_that_others_can_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "var" / "keys" / "issuer.jwks.json"
    key.parent.mkdir(mode=0o700, parents=True)
    key.touch(0o644)
    monkeypatch.setenv("DZOP_BASE_URL", "https://plans.example")
    assert isinstance(CliRunner().invoke(app, ["serve"]).exception, Problem)


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [
        (None, {"proxy_headers": False, "forwarded_allow_ips": ""}),
        ("10.0.0.1,10.0.0.2", {"proxy_headers": True, "forwarded_allow_ips": "10.0.0.1,10.0.0.2"}),
    ],
)
def test_only_trusted_proxies_say_where_a_request_comes_from(
    trusted: str | None, expected: dict[str, Any]
) -> None:
    assert proxying(Settings(trusted_proxies=trusted)) == expected
