"""dzop keys: what is there, and taking new keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from typed import typed

from dzop.auth.keys import identity_ring, issuer_ring, signing_key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which a service has its keys."""
    signing_key(tmp_path / "var" / "keys")
    return tmp_path


def kids(folder: Path) -> set[str]:
    return set(issuer_ring(folder / "var" / "keys").public_keys())


def test_the_keys_are_listed_with_what_they_do(folder: Path) -> None:
    (kid,) = kids(folder)
    done = typed(folder, "keys", "list")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert (done.returncode, lines[0], [line[0] for line in lines]) == (
        0,
        ["issuer", kid, "signs"],
        ["issuer", "identity"],
    )


def test_a_new_key_is_printed_and_waits(folder: Path) -> None:
    new = typed(folder, "keys", "rotate", "issuer").stdout.strip()
    listed = {
        line.split()[1]: line.split()[2:4] for line in typed(folder, "keys", "list").stdout.splitlines()
    }
    assert listed[new] == ["signs", "from"]


def test_a_new_key_signs_at_once(folder: Path) -> None:
    new = typed(folder, "keys", "rotate", "issuer", "--at-once").stdout.strip()
    assert signing_key(folder / "var" / "keys").kid == new


def test_the_key_of_id_tokens_is_rotated_by_itself(folder: Path) -> None:
    before = kids(folder)
    new = typed(folder, "keys", "rotate", "identity", "--at-once").stdout.strip()
    assert (new in identity_ring(folder / "var" / "keys").public_keys(), kids(folder)) == (True, before)


def test_a_compromised_key_is_gone_and_another_signs(folder: Path) -> None:
    (stolen,) = kids(folder)
    new = typed(folder, "keys", "rotate", "issuer", "--revoke", stolen).stdout.strip()
    assert kids(folder) == {new}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("rotate", "issuer", "--revoke", "nothing"), 1, "there is no key `nothing`"),
        (("rotate", "issuer", "--revoke", "x", "--at-once"), 2, "at once by itself"),
        (("rotate", "audit"), 2, "audit"),
    ],
    ids=["unknown key", "both", "unknown purpose"],
)
def test_what_cannot_be_done_is_one_line(
    folder: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    done = typed(folder, "keys", *arguments)
    assert (done.returncode, len(done.stderr.splitlines()), told in done.stderr) == (code, 1, True)


@pytest.mark.parametrize("command", [("keys", "list"), ("serve",)], ids=str)
def test_keys_that_others_can_read_are_told_in_one_line(folder: Path, command: tuple[str, ...]) -> None:
    (folder / "var" / "keys" / "issuer.jwks.json").chmod(0o644)
    done = typed(folder, *command)
    assert (done.returncode, len(done.stderr.splitlines()), "chmod go-rwx" in done.stderr) == (1, 1, True)
