"""dzop client: registering apps and systems, and taking them back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from typed import Done, typed

KEY = ECKey.generate_key("P-384", {"kid": "one"})
PUBLIC = KEY.as_dict(private=False)
APP = ("add", "Wound care", "--redirect", "https://app.test/cb")


def client(database: str, folder: Path, *arguments: str) -> Done:
    return typed(folder, "client", *arguments, "--database", database)


def shown(database: str, folder: Path, client_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client(database, folder, "show", client_id).stdout)
    return found


@pytest.fixture
def app(database: str, tmp_path: Path) -> str:
    """The id of an app that was added."""
    return client(database, tmp_path, *APP).stdout.strip()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A file with the public key of a system."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(PUBLIC))
    return file


def test_an_app_is_added_and_shown(database: str, tmp_path: Path, app: str) -> None:
    said = shown(database, tmp_path, app)
    assert {name: said[name] for name in ("client_name", "redirect_uris", "grant_types", "registered")} == {
        "client_name": "Wound care",
        "redirect_uris": ["https://app.test/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "registered": "by the operator",
    }


def test_all_that_an_app_may_have_is_kept(database: str, tmp_path: Path) -> None:
    client_id = f"full-{tmp_path.name}"
    added = client(
        database, tmp_path, "add", "dzop mobile", "--client-id", client_id,
        "--redirect", "com.example.app:/cb", "--redirect", "http://127.0.0.1:7000/cb",
        "--after-logout", "https://app.test/bye", "--launch-uri", "https://app.test/launch",
        "--scope", "launch/patient patient/*.rs", "--jwks-uri", "https://app.test/jwks",
    )  # fmt: skip
    said = shown(database, tmp_path, client_id)
    del said["created"]
    assert (added.stdout.strip(), said) == (
        client_id,
        {
            "client_id": client_id,
            "client_name": "dzop mobile",
            "redirect_uris": ["com.example.app:/cb", "http://127.0.0.1:7000/cb"],
            "post_logout_redirect_uris": ["https://app.test/bye"],
            "launch_uri": "https://app.test/launch",
            "scope": "launch/patient patient/*.rs",
            "jwks_uri": "https://app.test/jwks",
            "token_endpoint_auth_method": "private_key_jwt",
            "grant_types": ["authorization_code", "refresh_token"],
            "registered": "by the operator",
        },
    )


def test_a_system_is_added_with_its_organisation_and_key(database: str, tmp_path: Path, keys: Path) -> None:
    added = client(
        database, tmp_path, "add", "Practice", "--backend", "--jwks", str(keys),
        "--organization", "Organization/practice", "--scope", "system/*.rs",
    )  # fmt: skip
    said = shown(database, tmp_path, added.stdout.strip())
    assert (said["grant_types"], said["jwks"], said["https://dzop.example/fhir/client-organization"]) == (
        ["client_credentials"],
        {"keys": [PUBLIC]},
        "Organization/practice",
    )


def test_a_service_that_may_ask_about_all_tokens_is_added(database: str, tmp_path: Path, keys: Path) -> None:
    added = client(
        database, tmp_path, "add", "Documents", "--backend", "--introspects", "--jwks", str(keys),
        "--organization", "Organization/region", "--scope", "system/*.rs",
    )  # fmt: skip
    said = shown(database, tmp_path, added.stdout.strip())
    assert said["https://dzop.example/fhir/client-introspects"] is True


def test_clients_are_listed(database: str, tmp_path: Path, app: str) -> None:
    assert (
        f"{app}  enabled  by the operator  Wound care"
        in client(database, tmp_path, "list").stdout.splitlines()
    )


def test_a_client_is_disabled_and_enabled(database: str, tmp_path: Path, app: str) -> None:
    states = []
    for command in ("disable", "enable"):
        client(database, tmp_path, command, app)
        states.append("disabled" in shown(database, tmp_path, app))
    assert states == [True, False]


def test_a_client_of_another_issuer_can_be_disabled_too(database: str, tmp_path: Path) -> None:
    client_id = f"elsewhere-{tmp_path.name}"
    done = client(database, tmp_path, "disable", client_id)
    listed = client(database, tmp_path, "list").stdout.splitlines()
    assert (done.returncode, f"{client_id}  disabled  at another issuer" in listed) == (0, True)


def test_a_client_is_removed(database: str, tmp_path: Path, app: str) -> None:
    removed = client(database, tmp_path, "remove", app)
    assert (removed.returncode, client(database, tmp_path, "show", app).returncode) == (0, 1)


def test_a_private_key_is_refused_loudly(database: str, tmp_path: Path, keys: Path) -> None:
    keys.write_text(json.dumps(KEY.as_dict(private=True)))
    done = client(database, tmp_path, *APP, "--jwks", str(keys))
    assert (done.returncode, "This is a private key." in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("add", "App"), 2, "--redirect"),
        (("add", "App", "--redirect", "http://app.test/cb"), 2, "must begin with https://"),
        (("add", "App", "--redirect", "app:/cb"), 2, "cannot be a redirect URI"),
        ((*APP, "--client-id", "-x y"), 2, "--client-id"),
        ((*APP, "--client-id", "dzop-portal"), 2, "built in"),
        ((*APP, "--jwks", "nowhere.json"), 2, "nowhere.json"),
        ((*APP, "--jwks-uri", "http://app.test/jwks"), 2, "must begin with https://"),
        (("add", "Practice", "--backend"), 2, "needs a key"),
        (("disable", "dzop-portal"), 2, "built in"),
        (("show", "nobody"), 1, "not registered here"),
        (("remove", "nobody"), 1, "not registered here"),
        (("remove", "dzop-portal"), 2, "built in"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else None,
)
def test_what_cannot_be_done_is_one_line(
    database: str, tmp_path: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    done = client(database, tmp_path, *arguments)
    assert (done.returncode, len(done.stderr.splitlines()), told in done.stderr) == (code, 1, True)


def test_an_id_is_given_once(database: str, tmp_path: Path, app: str) -> None:
    done = client(database, tmp_path, *APP, "--client-id", app)
    assert (done.returncode, "is taken" in done.stderr) == (1, True)


def test_a_file_of_keys_that_is_no_json_is_told(database: str, tmp_path: Path, keys: Path) -> None:
    keys.write_text("-----BEGIN PUBLIC KEY-----")
    done = client(database, tmp_path, *APP, "--jwks", str(keys))
    assert (done.returncode, "is not JSON" in done.stderr) == (1, True)
