"""The commands about relations of care."""

from __future__ import annotations

from pathlib import Path

import pytest
from serving import ran

ARGUMENTS = ("proof", "--for", "Practitioner/x", "--ssin", "44031799819", "--kind")


def test_evidence_is_made_while_the_sandbox_is_on(tmp_path: Path) -> None:
    done = ran(tmp_path, *ARGUMENTS, "gmd", DZOP_SANDBOX="1")
    assert (0, 3) == (done.returncode, len(done.stdout.split(".")))


def test_no_evidence_is_made_without_the_sandbox(tmp_path: Path) -> None:
    done = ran(tmp_path, *ARGUMENTS, "gmd")
    assert (1, "", True) == (done.returncode, done.stdout, "the sandbox issuer is off" in done.stderr)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*ARGUMENTS, "horoscope"), "--kind takes one of eid-reading"),
        (("proof", "--for", "Patient/x", "--ssin", "44031799819", "--kind", "gmd"), "--for takes TYPE/ID"),
    ],
)
def test_wrong_use_is_one_line(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    done = ran(tmp_path, *arguments, DZOP_SANDBOX="1")
    assert (2, True, 1) == (done.returncode, told in done.stderr, len(done.stderr.splitlines()))


def test_a_verifier_that_cannot_be_had_stops_the_start(tmp_path: Path) -> None:
    done = ran(tmp_path, "serve", DZOP_PROOF_VERIFIERS="gmd=no.such.module:x")
    assert (1, 1, True) == (
        done.returncode,
        len(done.stderr.splitlines()),
        "DZOP_PROOF_VERIFIERS: there is no `x` in a module `no.such.module`" in done.stderr,
    )


def test_a_registrar_is_an_organisation(tmp_path: Path) -> None:
    done = ran(tmp_path, "serve", DZOP_REGISTRARS="Practitioner/x")
    assert (True, True) == (done.returncode != 0, "registrars" in done.stderr.lower())
