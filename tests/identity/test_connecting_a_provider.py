"""What the page about identity providers says, typed against a real one."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from documents import WITH_A_PROVIDER, placed, run
from providers import Provider
from serving import Server, free_port, in_process

from dzop.access import actors, identified
from dzop.auth import assurance, identities
from dzop.auth.resource_server import access_token, issuers, verifier
from dzop.store.embedded import embedded

SHOWN_ISSUER, SHOWN = "https://idp.example/realms/care", "127.0.0.1:8000"
TOML = re.findall(r"```toml\n(.*?)```", WITH_A_PROVIDER.read_text(), re.DOTALL)
DOCTOR = {"typ": "Bearer", "care": {"nihdi": "19999024004", "discipline": "DOCTOR"}}


def test_the_commands_of_the_page_print_what_it_says(
    server: Server, provider: Provider, tmp_path: Path
) -> None:
    if shutil.which("curl") is None and os.environ.get("CI") != "true":
        pytest.skip("no `curl`, which the commands of the page use")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    provider.client(client_id="dzop-trial", client_secret="trial-secret", token={"claims": DOCTOR})
    port = free_port()
    places = {SHOWN_ISSUER: provider.issuer, SHOWN: f"127.0.0.1:{port}"}
    file = tmp_path / "issuers.toml"
    file.write_text(placed(TOML[0], places))
    with embedded(server.var) as url, in_process(url, server.var, issuers=file, port=port):
        expected, told = run(WITH_A_PROVIDER, tmp_path, places)
    assert expected == told


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (TOML[0], ["care"]),
        (TOML[0] + TOML[1], ["care"]),
        (TOML[2], ["iam-healthcare", "iam-m2m"]),
        (TOML[0] + TOML[3], ["care"]),
    ],
    ids=["keycloak", "assurance", "i.am connect", "login"],
)
def test_the_tables_of_the_page_are_understood(text: str, names: list[str], tmp_path: Path) -> None:
    (tmp_path / "dzop.secret").write_text("secret")
    assert names == [each.name for each in issuers.read_issuers(text, tmp_path)]


def test_every_refusal_of_the_page_is_one_of_ours() -> None:
    told = re.findall(r"^\| 40[13] \| `([^`]+)`", WITH_A_PROVIDER.read_text(), re.MULTILINE)
    modules = (actors, identified, assurance, identities, access_token, verifier)
    said = "".join(Path(str(each.__file__)).read_text() for each in modules)
    assert [] == [each for each in told if each not in said]
